"""What `make test-oldest` installs is what setup.cfg allows."""

import configparser
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def floors(text):
    """Names, and the oldest release that is allowed."""
    return dict(re.findall(r"^([A-Za-z0-9-]+)>=([0-9.]+)", text, re.MULTILINE))


def test_the_oldest_releases_are_the_floors():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    needed, extras = config["options"]["install_requires"], config["options.extras_require"]
    pins = dict(
        re.findall(r"^([A-Za-z0-9-]+)==([0-9.]+)\.\*$", (ROOT / ".ci" / "oldest.txt").read_text(), re.MULTILINE)
    )
    allowed = floors(needed) | {name: low for room in extras for name, low in floors(extras[room]).items()}
    assert floors(needed).keys() <= pins.keys() and len(pins) > 10
    for name, pin in pins.items():
        assert f"{pin}.".startswith(f"{allowed[name]}."), f"{name}: setup.cfg says {allowed[name]}, oldest.txt {pin}"
