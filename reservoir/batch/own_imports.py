"""The user's own modules that a function imports when it is called: no name of its globals leads there."""

from __future__ import annotations

import dis
import importlib
import importlib.util
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from reservoir.foreign_code import OURS

_INSTALLED = tuple(sysconfig.get_paths()[name] for name in ("purelib", "platlib", "stdlib", "platstdlib"))


def is_installed(module: str) -> bool:
    """Whether a module changes with its release only. `__main__` does not, though a notebook's kernel has a file."""
    path = getattr(sys.modules.get(module), "__file__", None)
    return module != "__main__" and (_is_known(module) or _stands_in(path))


def own_imports(function: FunctionType) -> list[ModuleType]:
    """Modules outside installed packages, imported here too; what cannot be imported here is left out."""
    package, found = function.__globals__.get("__package__") or None, []
    for name in sorted(set(_imports(function.__code__))):
        try:
            absolute = importlib.util.resolve_name(name, package)
            if _is_own(absolute):
                found.append(importlib.import_module(absolute))
        except Exception:  # any code runs there; a worker may have what is absent here
            continue
    return found


def _imports(code: CodeType) -> Iterator[str]:
    """What code imports, relative names with their dots; ``from a import b`` may mean the module a.b."""
    level: int = 0
    members: tuple[str, ...] = ()
    for line in dis.get_instructions(code):
        if line.opname == "IMPORT_NAME":
            name = "." * level + line.argval
            yield name
            yield from (f"{name}{'.' if line.argval else ''}{member}" for member in members)
        elif isinstance(line.argval, int) and line.opname.startswith("LOAD_"):
            level, members = line.argval, ()
        elif isinstance(line.argval, tuple):
            members = line.argval
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _imports(part)


def _is_own(module: str) -> bool:
    root = importlib.util.find_spec(module.partition(".")[0])
    if root is None or _is_known(module):
        return False
    places = [root.origin, *(root.submodule_search_locations or ())]
    return not any(_stands_in(place) for place in places)


def _is_known(module: str) -> bool:
    root = module.partition(".")[0]
    return root in OURS or root in sys.stdlib_module_names


def _stands_in(path: str | None) -> bool:
    return path is not None and any(Path(path).is_relative_to(folder) for folder in _INSTALLED)
