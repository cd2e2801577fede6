"""The command: measure in an environment with aeon, write the page and the picture.

python -m benchmarks.leaderboard                                       the sets at hand, three seeds
python -m benchmarks.leaderboard --resume                              go on after an interrupt
python -m benchmarks.leaderboard --here --sets GunPoint --store my.csv  in this environment, where aeon may be missing
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import environments
from benchmarks.leaderboard.picture import write
from benchmarks.leaderboard.report import page
from benchmarks.leaderboard.results import HERE, read, read_environment

MARK = "<!-- the page of classification goes on here -->"


HEAD = "# Leaderboard of classification\n\n`make leaderboard` writes this page.\n\n" + MARK + "\n\n"


def main() -> None:
    """Measure, and report all of it."""
    parser = argparse.ArgumentParser("python -m benchmarks.leaderboard", description=__doc__.split("\n")[0])
    parser.add_argument("--here", action="store_true", help="measure in this environment, not in one with aeon")
    parser.add_argument("--folder", type=Path, default=environments.FOLDER, help="where environments stand")
    parser.add_argument("--store", type=Path, default=HERE / "results.csv", help="where runs are kept")
    parser.add_argument("--resume", action="store_true", help="keep the runs of the store, and make those it lacks")
    parser.add_argument("--page", type=Path, default=HERE / "README.md")
    parser.add_argument("--picture", type=Path, default=Path("leaderboard.png"))
    chosen, rest = parser.parse_known_args()
    python = Path(sys.executable) if chosen.here else environments.ensure("aeon", chosen.folder.resolve())
    if not chosen.resume:
        chosen.store.unlink(missing_ok=True)
    root = str(environments.ROOT)
    command = [str(python), "-m", "benchmarks.leaderboard.measure", "--store", str(chosen.store.resolve()), *rest]
    subprocess.run(command, check=True, cwd=root, env={**os.environ, "PYTHONPATH": root})
    results = read(chosen.store)
    chosen.page.write_text(HEAD + page(results, read_environment(chosen.store)), encoding="utf-8")
    write(chosen.picture, results)
    print(f"wrote {chosen.page} and {chosen.picture}")


if __name__ == "__main__":
    main()
