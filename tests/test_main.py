"""``python -m reservoir``: what a report of a bug needs."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import reservoir
from reservoir.__main__ import NEEDED, OPTIONAL, main

ROOT = Path(__file__).resolve().parents[1]


def test_the_environment_is_told():
    command = [sys.executable, "-W", "error", "-m", "reservoir", "--version"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = dict(re.split(r":\s+", line, maxsplit=1) for line in run.stdout.splitlines())
    assert found["reservoir-spiking"] == reservoir.__version__
    assert found["numpy"] == np.__version__ and found["Python"].startswith("{}.{}.{}".format(*sys.version_info[:3]))
    assert set(found) >= {*NEEDED, *OPTIONAL, "processor", "cores", "C++ compiler", "threads, numba"}
    assert Path(found["compiled kernels"]).is_absolute()


def test_the_command_line_says_what_it_is_for(capsys):
    main([])
    said = capsys.readouterr().out
    assert "--version" in said and "report of a bug" in said
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert capsys.readouterr().out == said


def test_no_package_is_forgotten():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    extras = config["options.extras_require"]
    wanted = [config["options"]["install_requires"]] + [
        text for name, text in extras.items() if name not in ("test", "lint", "docs", "bench")
    ]
    names = {
        re.match(r"[\w-]+", line).group().lower()
        for text in wanted
        for line in text.splitlines()
        if line and not line.startswith("#")
    }
    assert names <= {name.lower() for name in (*NEEDED, *OPTIONAL)}
