"""What the pages show runs as it stands there, and prints what stands below it.

A fence ``python`` runs after those above it on its page; ``output`` is what the fence before it prints, words exactly
and numbers within a fifth. A second word after ``python`` names a package without which a fence does not run, so that
the pages can show other libraries; ``python everywhere`` runs for all, and ``python elsewhere`` needs a cluster.
"""

import ast
import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.scripts import load

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(ROOT.glob("docs/*.md"))
SLOW = {"batches"}  # starts workers
FENCE = re.compile(r"^```([a-z]+)(?: ([\w.]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def fences(page):
    """(language, second word, text) of every fence of a page."""
    return FENCE.findall(page.read_text())


def same(printed, expected):
    """Whether two texts have the same words, and numbers that differ by less than a fifth."""
    if NUMBER.sub("#", printed).split() != NUMBER.sub("#", expected).split():
        return False
    pairs = zip(map(float, NUMBER.findall(printed)), map(float, NUMBER.findall(expected)), strict=True)
    return all(abs(a - b) <= 0.2 * abs(b) for a, b in pairs)


def run(page, package=""):
    """Run the fences of one package, each in the names that those before it left."""
    names, printed = {"__name__": "__main__"}, None
    for language, word, text in fences(page):
        if language == "output" and printed is not None:
            assert same(printed, text), f"{page.name} says\n{text}but it prints\n{printed}"
        if language != "output":
            printed = None
        if language == "python" and word in (package, "everywhere"):
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec(compile(text, f"docs/{page.name}", "exec"), names)
            printed = stream.getvalue()


CASES = [
    pytest.param(page, id=page.stem, marks=[pytest.mark.long] if page.stem in SLOW else [])
    for page in PAGES
    if any(language == "python" and not word for language, word, _ in fences(page))
]


@pytest.mark.parametrize("page", CASES)
def test_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if page.stem in SLOW:  # where workers find what they are sent
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; "
        code += f"from tests.house.test_documentation import run; run(Path({str(page)!r}))"
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    else:
        run(page)


@pytest.mark.parametrize(
    "package", sorted({word for page in PAGES for _, word, _ in fences(page)} - {"", "everywhere", "elsewhere"})
)
def test_other_libraries(package, tmp_path, monkeypatch):
    pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    for page in PAGES:
        run(page, package)


def test_a_wrong_number_is_seen():
    assert same("NRMSE 0.26\n", "NRMSE 0.25\n")
    assert not same("NRMSE 0.26\n", "NRMSE 0.16\n") and not same("R2 0.26\n", "NRMSE 0.26\n")
    assert not same("1 2\n", "1\n")


def test_the_picture():
    plt = pytest.importorskip("matplotlib.pyplot")
    names = {}
    exec(compile((ROOT / "docs/pictures/state.py").read_text(), "docs/pictures/state.py", "exec"), names)
    assert len(names["figure"].axes) == 2
    plt.close(names["figure"])


def test_equations_fit_their_column():
    """Indented lines of docstrings, which pages do not break, before the parameters."""
    wide = []
    for path in [*ROOT.glob("reservoir/**/*.py"), *ROOT.glob("spiking/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
            text = (
                re.split(r"(?:Parameters|Attributes|Returns)\n---", ast.get_docstring(node) or "")[0] if named else ""
            )
            wide += [(node.name, line) for line in text.split("\n") if line.startswith("    ") and len(line) > 104]
    assert not wide


def test_every_page_is_reached():
    """From the index, and no page includes a file that is not there."""
    index = (ROOT / "docs/index.md").read_text()
    assert {page.stem for page in PAGES} - {"index"} <= set(re.findall(r"^\w+$", index, re.MULTILINE))
    for page in PAGES:
        for name in re.findall(r"^`{3,}\{(?:literal)?include\} (\S+)", page.read_text(), re.MULTILINE):
            assert (page.parent / name).is_file(), f"{page.name} includes {name}"


def test_every_promise_has_its_test():
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", (ROOT / "docs/reliability.md").read_text())
    assert len(named) > 40
    for file, name in named:
        assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text(), f"{file}::{name}"


@pytest.fixture
def gallery(monkeypatch):
    module = load(ROOT / "docs", "gallery")
    monkeypatch.delenv("RESERVOIR_DATA", raising=False)
    monkeypatch.delenv("RESERVOIR_DATA_URL", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/nowhere")
    return module


def test_the_gallery_shows_all_and_runs_what_it_can(gallery, tmp_path, monkeypatch):
    names = {path.name for path in ROOT.glob("examples/*.py")}
    monkeypatch.setenv("EXAMPLES_SKIP", "lorenz|^force")
    gallery.prepare(ROOT / "examples", tmp_path)
    assert {path.name for path in tmp_path.glob("*.py")} == names
    runs = {name for name in names if re.search(gallery.runs(ROOT / "examples"), f"/somewhere/{name}")}
    assert "triplet.py" in runs and not runs & {"lorenz.py", "force.py", "laser.py"}
    for name in names:
        text = (tmp_path / name).read_text()
        compile(text, name, "exec")
        title, line = text.split("\n")[:2]
        assert set(line) == {"="} and len(line) == len(title.removeprefix('r"""')) <= 30
        assert ("Not run for these pages" in text) == (name not in runs)


@pytest.mark.long
def test_the_pages_build(tmp_path):
    """Without a warning, and without running the examples."""
    pytest.importorskip("sphinx_gallery")
    pytest.importorskip("myst_parser")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-b", "html", "-d", tmp_path / "trees"]
    environment = {**os.environ, "EXAMPLES_SKIP": ".", "RESERVOIR_DATA": str(tmp_path)}
    build = subprocess.run(
        [*command, ROOT / "docs", tmp_path / "html"], env=environment, capture_output=True, text=True
    )
    assert build.returncode == 0, build.stderr


@pytest.mark.long
def test_doctests_of_one_module_run_alone():
    """Also of one that bears the name of its function, which pytest would put in the place of that function."""
    subprocess.run([sys.executable, "-m", "pytest", "-q", "reservoir/probes/washout_estimate.py"], cwd=ROOT, check=True)
