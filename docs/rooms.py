"""The index of the API: every package that says what it exports, and one module."""

import importlib
import pkgutil
import shutil
from pathlib import Path

import reservoir
import spiking

MODULES = ("reservoir.estimator_checks",)
_TEXT = """API
===

What each package exports, from its docstrings. The names of everyday use come from ``reservoir`` itself: {names}.

.. autosummary::
   :toctree: generated

{rooms}
"""


def rooms() -> list[str]:
    """Names of the rooms, those of `reservoir` first."""
    found = [*MODULES, "spiking"]
    for package in (reservoir, spiking):
        for part in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if part.ispkg and hasattr(importlib.import_module(part.name), "__all__"):
                found.append(part.name)
    return sorted(found)


def write_index(folder: Path) -> None:
    """Write the index anew, and remove what earlier builds left beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names = ", ".join(f"`{name}`" for name in reservoir.__all__)
    (folder / "index.rst").write_text(_TEXT.format(names=names, rooms="\n".join(f"   {room}" for room in rooms())))
