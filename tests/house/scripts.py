"""Scripts of the examples and the studies as modules."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES, STUDIES = ROOT / "examples", ROOT / "benchmarks" / "studies"


def load(folder, name):
    """The script `name` of a folder, imported and not run."""
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
