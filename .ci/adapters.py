"""Every adapter in an environment of its own, with the checks of its library: ``make test-adapters``.

The environments stand in the folder `.adapters`; each has what the extra of its library in setup.cfg allows.

    python .ci/adapters.py sktime --pytest -x
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".adapters"
LIBRARIES = ("sktime", "aeon", "statsforecast", "darts")
# Doctests and tests as in pyproject.toml, but that warnings of the libraries are none of ours.
SETTINGS = ("-o", "addopts=-ra --strict-markers --doctest-modules --import-mode=importlib", "-W", "default")


def environment(library: str) -> Path:
    """The interpreter of an environment with this library, made or brought up to date."""
    folder = FOLDER / library
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    own = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    packages = ["--editable", f".[{library}]", "pytest>=8", "hypothesis>=6.100"]
    subprocess.run([own, "-m", "pip", "install", "--quiet", *packages], cwd=ROOT, check=True)
    return own


def main() -> None:
    """Test the adapters that are asked for, or all; end with 1 where a test has failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", default=[], metavar="library", help=", ".join(LIBRARIES))
    parser.add_argument("--pytest", nargs=argparse.REMAINDER, default=[], help="all that follows goes to pytest")
    given = parser.parse_args()
    unknown = set(given.libraries) - set(LIBRARIES)
    if unknown:
        parser.error(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(LIBRARIES)}.")
    codes = {}
    for library in given.libraries or LIBRARIES:
        python = environment(library)
        tests = [f"tests/adapters/test_{library}.py", f"reservoir/adapters/{library}.py"]
        pages = f"tests/house/test_documentation.py::test_other_libraries[{library}]"
        command = [python, "-m", "pytest", *SETTINGS, *tests, pages, *given.pytest]
        codes[library] = subprocess.run(command, cwd=ROOT, check=False).returncode
    print("", *(f"{library:14} {'RED' if code else 'green'}" for library, code in codes.items()), sep="\n")
    sys.exit(any(codes.values()))


if __name__ == "__main__":
    main()
