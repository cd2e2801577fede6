"""Every function has types but for kernels, whose types Numba infers, and the files with kernels are known to mypy."""

import ast
import fnmatch
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("reservoir/**/*.py"), *ROOT.glob("spiking/**/*.py")])
COMPILERS = {"kernel", "overload", "instruction", "numba.njit"}


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def is_compiled(function):
    return any(ast.unparse(getattr(mark, "func", mark)) in COMPILERS for mark in function.decorator_list)


def is_typed(function, in_class):
    own = function.args
    given = [*own.posonlyargs, *own.args, *own.kwonlyargs, *filter(None, (own.vararg, own.kwarg))]
    if in_class and not any(ast.unparse(mark) == "staticmethod" for mark in function.decorator_list):
        given = given[1:]
    constructor = function.name == "__init__" and len(given) > 0
    return all(one.annotation is not None for one in given) and (function.returns is not None or constructor)


def untyped(node, in_class=False):
    """The functions without types below, but for compiled ones and what stands inside of these."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and is_compiled(child):
            continue
        if isinstance(child, ast.FunctionDef) and not is_typed(child, in_class):
            yield child.name
        yield from untyped(child, isinstance(child, ast.ClassDef))


def excepted():
    """The patterns of modules in which mypy lets functions without types pass."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    return [name for one in overrides if one.get("disallow_untyped_defs") is False for name in one["module"]]


@pytest.mark.parametrize("source, found", [
    ("def f(x): pass", ["f"]), ("def f(x: int): pass", ["f"]), ("def f(x: int) -> None: pass", []),
    ("@kernel()\ndef f(x): pass", []), ("@overload(g)\ndef f(x):\n    def h(x): pass", []),
    ("class C:\n    def __init__(self, x: int): pass\n    def f(self): pass", ["f"]),
    ("class C:\n    @staticmethod\n    @kernel(*FILES)\n    def step(cells): pass", []),
])  # fmt: skip
def test_a_function_without_types_is_found(source, found):
    assert list(untyped(ast.parse(source))) == found


def test_what_is_not_compiled_has_types():
    found = {module_of(path): names for path in SOURCES if (names := list(untyped(ast.parse(path.read_text()))))}
    assert not found, "give these functions types"


def test_mypy_excepts_files_with_kernels_alone():
    trees = {module_of(path): ast.walk(ast.parse(path.read_text())) for path in SOURCES}
    compiled = [
        name for name, nodes in trees.items()
        if any(isinstance(node, ast.FunctionDef) and is_compiled(node) for node in nodes)
    ]  # fmt: skip
    idle = [pattern for pattern in excepted() if not fnmatch.filter(compiled, pattern)]
    assert excepted() and not idle, "take these out of pyproject.toml: no kernel there"
