"""The command: searches, runs, the table on the console and the report."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.comparison.environment import environment
from benchmarks.comparison.page import write_page
from benchmarks.comparison.report import console, markdown
from benchmarks.comparison.run import compare
from benchmarks.comparison.search import Budget
from benchmarks.comparison.systems import SYSTEMS
from benchmarks.comparison.tasks import DEFAULT, TASKS

MARK = "<!-- written by --markdown; what follows is replaced -->\n"


def arguments() -> argparse.ArgumentParser:
    """All options."""
    parser = argparse.ArgumentParser("python -m benchmarks.comparison", description="Systems compared on tasks.")
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(DEFAULT), metavar="TASK")
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS), metavar="SYSTEM")
    parser.add_argument("--seeds", type=_count, default=5, help="runs of each system on each task (default 5)")
    parser.add_argument("--budget", type=float, default=30.0, help="processor seconds of each search (default 30)")
    parser.add_argument("--settings", type=_count, default=10_000, help="the most settings that a search may try")
    parser.add_argument("--store", default="comparison_runs", help="folder of results; what it holds is not run again")
    parser.add_argument("--jobs", type=int, default=-1, help="processes (default one for every core)")
    parser.add_argument("--report", default="comparison.html", help="the page to write")
    parser.add_argument("--markdown", help="a file behind whose mark table and losses are put")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.epilog = f"tasks: {', '.join(TASKS)}; systems: {', '.join(SYSTEMS)}"
    return parser


def main(words: Sequence[str] | None = None) -> None:
    """Run and report."""
    chosen = arguments().parse_args(words)
    budget = Budget(chosen.budget, chosen.settings)
    table = compare(
        chosen.tasks, chosen.systems, budget, chosen.seeds, chosen.store, chosen.jobs, progress=not chosen.quiet
    )
    around = environment()
    print(console(table))
    write_page(chosen.report, table, budget, around)
    print(f"wrote {chosen.report}")
    if chosen.markdown:
        path = Path(chosen.markdown)
        known = path.read_text(encoding="utf-8") if path.exists() else ""
        text = known.partition(MARK)[0] + MARK + "\n" + markdown(table, budget, around)
        path.write_text(text, encoding="utf-8")


def _count(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"at least 1 is needed, not {number}")
    return number


if __name__ == "__main__":
    main()
