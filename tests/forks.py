"""A script that runs again and again while files beside it are edited, as if in a new process each time.

Each run is a fork of one process that has loaded the package and has compiled nothing.
"""

import json
import os
import subprocess
import sys
import textwrap

DRIVER = """
import json, os, pathlib, runpy, sys
import reservoir
sys.dont_write_bytecode = True  # two edits within a second look alike
for files in json.loads(sys.argv[2]):
    for name, text in files.items():
        path = pathlib.Path(name)
        path.unlink(missing_ok=True) if text is None else path.write_text(text)
    if not os.fork():
        runpy.run_path(sys.argv[1], run_name="__main__")
        sys.stdout.flush()
        os._exit(0)
    assert os.wait()[1] == 0
"""


def printed(script, edits, folder, **environment):
    """The words that the script prints after each edit, {file name: its text or None for no file}, in the folder."""
    edits = [{name: text and textwrap.dedent(text) for name, text in files.items()} for files in edits]
    (folder / "script.py").write_text(textwrap.dedent(script))
    path = os.pathsep.join([str(folder), *sys.path])
    run = subprocess.run(
        [sys.executable, "-c", DRIVER, "script.py", json.dumps(edits)], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": path, **environment}, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return [line.split() for line in run.stdout.splitlines()]
