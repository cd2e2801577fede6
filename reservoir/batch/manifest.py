"""The file batch.json of a store: the one seed that all its results are for, agreed on by whoever comes first."""

from __future__ import annotations

import contextlib
import json
import platform
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from reservoir.batch.files import StoreError, opened
from reservoir.whole_files import PART, replace_file, write_new_file

NAME = "batch.json"
FORMAT = 1
_LARGEST = 1 << 16
_OWN = re.compile(rf"[0-9a-f]{{2}}|running|lost\+found|\..*|{re.escape(NAME)}\..*{re.escape(PART)}")

RecordedSeed = Callable[[], tuple[bool, int | None]]
"""Whether there are results, and the seed that they name."""


def agree_on_seed(folder: Path, seed: int, mode: int, recorded: RecordedSeed) -> None:
    """Make the file for this seed, or see that it was made for it; one that is lost or cut is made from the results."""
    path = folder / NAME
    try:
        found = _parsed(path, _read(path))
    except FileNotFoundError:
        found = _parsed(path, _first(path, seed, mode, recorded))
    if found is None or (found["seed"] != seed and recorded()[1] == seed):  # a changed digit, perhaps
        found = _recovered(path, recorded)
    if found["seed"] != seed:
        raise StoreError(
            f"The store '{folder}' holds results for seed={found['seed']}, not {seed}: take another store."
        )


def _first(path: Path, seed: int, mode: int, recorded: RecordedSeed) -> bytes:
    """The bytes of a file that was not there: those of another caller, where one was faster."""
    if any(not _OWN.fullmatch(entry.name) for entry in path.parent.iterdir()) and not path.exists():
        raise StoreError(f"The store '{path.parent}' is a folder with other files: name a new one.")
    results, known = recorded()
    if results and known is None and not path.exists():
        raise _damaged(path, "is missing")
    with contextlib.suppress(FileExistsError):
        write_new_file(path, _content(seed if known is None else known), mode & 0o666)
    return _read(path)


def _read(path: Path) -> bytes:
    with opened(path) as file:
        return file.read(_LARGEST)


def _parsed(path: Path, data: bytes) -> dict[str, Any] | None:
    """What the file says, or None where it was cut or is another one."""
    try:
        found = json.loads(data.decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or type(found.get("format")) is not int:
        return None
    if found["format"] != FORMAT:
        known = f"format {found['format']}, and this release knows format {FORMAT}"
        raise StoreError(f"The file '{path}' is of {known}: use the release that wrote it, or name a new store.")
    return found if type(found.get("seed")) is int else None


def _recovered(path: Path, recorded: RecordedSeed) -> dict[str, Any]:
    _, known = recorded()
    if known is None:
        raise _damaged(path, "is damaged")
    replace_file(path, lambda file: file.write(_content(known)))
    return {"seed": known}


def _damaged(path: Path, what: str) -> StoreError:
    remedy = f'write {{"format": {FORMAT}, "seed": 0}} into it, with the seed of the batch, or name a new store'
    return StoreError(f"The file '{path}' {what}, and no result names the seed: {remedy}.")


def _content(seed: int) -> bytes:
    versions = {"python": platform.python_version(), "numpy": np.__version__, "platform": platform.platform()}
    return json.dumps({"format": FORMAT, "seed": seed, **versions}, indent=1).encode()
