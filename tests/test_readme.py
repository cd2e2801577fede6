"""What the README shows runs as it stands there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_scripts(capsys):
    """The largest error of a forecast, and the score of a recurrent network."""
    scripts = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for script in scripts:
        exec(compile(script, "README.md", "exec"), {})
    error, score = map(float, capsys.readouterr().out.split())
    assert error < 0.05 and score > 0.95


def test_both_commands_are_shown():
    first_screen = (ROOT / "README.md").read_text()[:2500]
    assert "make demo" in first_screen and "make test" in first_screen
