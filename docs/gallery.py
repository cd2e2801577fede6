"""The gallery: copies of the examples for sphinx-gallery, and which of them run while the pages are built.

An example is shown and not run if it needs data that are not on this machine, or if its name matches the regular
expression EXAMPLES_SKIP:

    EXAMPLES_SKIP=. make docs               runs none
    EXAMPLES_SKIP='lorenz|force' make docs  runs all but these
"""

import os
import re
import shutil
from pathlib import Path

import reservoir.datasets as datasets

_TITLES = {  # where the name of the file is no title
    "force": "FORCE learning",
    "laser": "Santa Fe laser",
    "lorenz": "Lorenz attractor",
    "mackey_glass": "Mackey-Glass series",
    "search_with_optuna": "Search with Optuna",
    "triplet": "Triplets of spikes",
}
_HEADER = """Examples
========

Each makes one claim, measures it and draws one figure. They are the files in ``examples/``; run one with
``python examples/lorenz.py``.
"""


def prepare(source: Path, target: Path) -> str:
    """Write copies of all examples, with what a page needs: a title, and a word on why it was not run.

    The examples write pictures where they run; here that is beside the copies.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / "GALLERY_HEADER.rst").write_text(_HEADER)
    for path in sorted(source.glob("*.py")):
        (target / path.name).write_text(_as_page(path))
    return str(target)


def draw_missing(path: Path) -> str:
    """Draw the thumbnail of examples that are not run, and give its name."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(4, 2.8), dpi=100)
    figure.text(0.5, 0.5, "not run\nfor these pages", ha="center", va="center", color="#777777", size=18)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)
    return str(path)


def forget(pages: Path, source: Path) -> None:
    """Remove pages of examples that are there no more, which earlier builds left."""
    names = {path.stem for path in source.glob("*.py")} | {"index"}
    for page in pages.glob("*.*"):
        if page.name.split(".")[0] not in names:
            page.unlink()


def runs(source: Path) -> str:
    """A regular expression for the examples that run."""
    names = [re.escape(path.name) for path in sorted(source.glob("*.py")) if _why_not(path) is None]
    return rf"[/\\]({'|'.join(names) or '(?!)'})$"


def link_pages(app, name: str, source: list[str]) -> None:
    """Turn links to the files of examples, which serve in the repository, into links to their pages, in place."""
    source[0] = re.sub(r"\]\(\.\./examples/(\w+)\.py\)", r"](examples/\1)", source[0])


def _as_page(path: Path) -> str:
    claim, rest = path.read_text().removeprefix('"""').split("\n", 1)
    title, reason = _TITLES.get(path.stem, path.stem.replace("_", " ").capitalize()), _why_not(path)
    note = f"\n.. note:: Not run for these pages: {reason}.\n" if reason else ""
    body, rest = rest.split('"""', 1)
    return f'r"""{title}\n{"=" * len(title)}\n\n{claim}\n{body.rstrip()}\n{note}"""{rest}'


def _why_not(path: Path) -> str | None:
    """Why an example does not run; None if it does."""
    skip = os.environ.get("EXAMPLES_SKIP")
    if skip and re.search(skip, path.stem):
        return "it was left out"
    try:
        for name in set(re.findall(r"\bfetch_\w+", path.read_text())):
            getattr(datasets, name)()
    except datasets.DatasetNotFoundError:
        return "its data were not on the machine, see RESERVOIR_DATA"
    return None
