"""What the README shows runs as it stands there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_first_script(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    assert float(capsys.readouterr().out) < 0.05


def test_both_commands_are_shown():
    first_screen = (ROOT / "README.md").read_text()[:2500]
    assert "make demo" in first_screen and "make test" in first_screen
