"""An environment of its own for each peer, with the library beside it.

    python benchmarks/environments.py                           all peers, under .venv-bench
    python benchmarks/environments.py rclib --folder peers
    .venv-bench/rclib/bin/python benchmarks/states.py --peer rclib

An environment is built anew when the versions below or the Python that builds it change.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv-bench"
# What pip is given, call by call. torch alone comes first: set PIP_EXTRA_INDEX_URL to an index of its CPU wheels to
# spare the download of the GPU libraries. Of tslearn nothing but a file of data is read.
PEERS = {
    "reservoirpy": [["reservoirpy==0.4.2"]],
    "rclib": [["rclib==0.2.0"]],
    "orc": [["OpenReservoirComputing==0.4.0"]],
    "pyrcn": [["torch==2.13.0"], ["pyrcn==0.1.0"]],
    "torch": [["torch==2.13.0"], ["jax==0.10.2"]],
    "nest": [["nest-simulator==3.10.0"]],
    "aeon": [["--no-deps", "tslearn==0.10.0"], ["aeon==1.6.0"]],
}


class NotInstalled(RuntimeError):
    """A peer that pip could not install; the text is pip's last word."""


def interpreter(peer: str, folder: Path) -> Path:
    """Where the Python of a peer's environment stands."""
    return folder / peer / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        lines = [line.strip() for line in answer.stderr.splitlines()]
        errors = [line for line in lines if line.startswith("ERROR")]
        raise NotInstalled((errors or lines or ["pip gave no reason"])[-1])


def ensure(peer: str, folder: Path) -> Path:
    """The Python of the peer's environment, which is made if it is not there."""
    python = interpreter(peer, folder)
    mark = folder / peer / ".made-of"
    content = f"{sys.version}\n{PEERS[peer]}\n{ROOT}\n"
    if mark.exists() and mark.read_text() == content:
        return python
    print(f"making the environment of {peer} in {folder / peer}", flush=True)
    shutil.rmtree(folder / peer, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / peer)], check=True)
    *before, last = PEERS[peer]
    for packages in before:
        _pip(python, *packages)
    _pip(python, "--editable", str(ROOT), *last)  # in one call, so that pip finds versions that fit both
    mark.write_text(content)
    return python


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("peers", nargs="*", metavar="peer", help=f"of {', '.join(PEERS)}; default all")
    options.add_argument("--folder", type=Path, default=FOLDER, help="where the environments stand")
    options = options.parse_args()
    unknown = set(options.peers) - set(PEERS)
    if unknown:
        raise SystemExit(f"unknown peers: {', '.join(sorted(unknown))}")
    failed = False
    for peer in options.peers or PEERS:
        try:
            print(peer, ensure(peer, options.folder.resolve()))
        except NotInstalled as error:
            failed = True
            print(f"{peer} could not be installed: {error}", file=sys.stderr)
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
