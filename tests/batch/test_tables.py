"""Tables in files: texts that no spreadsheet runs, and files that are written as models are."""

import csv
import os
import re
import stat
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir.batch import run_batch
from reservoir.batch.tables import write_table

FORMULAS = [
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\uff1d1",
    "-",
    "='x",
    "'=1",
    "''\t",
]
TEXTS = ["", "it's", "a=1", "'", "''", "'a", "-1.5", "+2e-3", " -.5 ", "two\rlines\n", 'with "quotes", and commas']


def cells(path):
    """Rows of texts, as a reader without types sees them."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def as_it_was(text):
    return text[1:] if re.match(r"'+(\s*[=+@\uff1d\uff0b\uff0d\uff20-]|[\t\r\n])", text) else text


def runs(text):
    """Whether a spreadsheet would run it."""
    number = re.fullmatch(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?\s*", text, re.IGNORECASE)
    return text[:1] in "\t\r\n=+-@" and text != "" and number is None


@pytest.mark.parametrize("text", [*FORMULAS, *TEXTS])
def test_no_text_is_a_formula_and_all_come_back(text, tmp_path):
    write_table({text: [1], "x": [text]}, tmp_path / "table.csv")
    (name, x), (one, cell) = cells(tmp_path / "table.csv")
    assert (x, one) == ("x", "1") and as_it_was(name) == as_it_was(cell) == text
    assert not runs(cell) and (cell == f"'{text}") == (text in FORMULAS)


@given(st.lists(st.text(st.sampled_from("'=+-@ \t\r\n1.e,\"a")) | st.text(), min_size=1, max_size=9))
def test_any_texts_come_back(tmp_path_factory, texts):
    path = tmp_path_factory.getbasetemp() / "texts.csv"
    write_table({"x": texts, "n": list(range(len(texts)))}, path)
    found = [row[0] for row in cells(path)[1:]]
    assert list(map(as_it_was, found)) == texts and not any(map(runs, found))


def test_numbers_stay_numbers(tmp_path):
    """Beside missing ones too; a text of digits can be told from them by its quotes."""
    columns = {
        "x": [-1.5, None, -np.inf],
        "n": [-(2**70), 0, -1],
        "truth": [True, None, False],
        "text": ["1", "-1", None],
    }
    write_table(columns, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text().splitlines()[1] == f'-1.5,{-(2**70)},True,"1"'
    found = pd.read_csv(tmp_path / "table.csv")
    assert found.x[0] == -1.5 and np.isnan(found.x[1]) and found.x[2] == -np.inf and int(found.n[2]) == -1


@pytest.fixture
def study(tmp_path):
    def text(task, *, random_state):
        return {"=answer": task["text"]}

    return run_batch(text, {"text": ["=1", "-1.5"]}, store=tmp_path / "store", n_jobs=1, progress=False)


@pytest.mark.skipif(sys.platform == "win32", reason="asks for the rights and pipes of Unix")
def test_a_table_is_written_as_a_model_is(study, tmp_path):
    """Rights are kept, links at a name of old do no harm, pipes are refused, several may write at once."""
    folder = tmp_path / "tables"
    folder.mkdir()
    (tmp_path / "precious").write_bytes(b"precious")
    for ending in ("csv", "parquet"):
        path = folder / f"t.{ending}"
        path.touch(0o600)
        os.symlink(tmp_path / "precious", folder / f"t.{ending}.part")
        with ThreadPoolExecutor(2) as pool:
            for _ in range(4):
                list(pool.map(study.consolidate, [path, path]))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and not path.is_symlink()
        assert stat.S_IMODE((folder / f"t_runs.{ending}").stat().st_mode) == 0o666 & ~umask()
        os.mkfifo(folder / f"pipe.{ending}")
        with pytest.raises(ValueError, match="no regular file but a pipe"):
            study.consolidate(folder / f"pipe.{ending}")
    names = {f"{one}.{ending}" for one in ("t", "t_runs", "pipe") for ending in ("csv", "parquet")}
    assert set(os.listdir(folder)) == names | {"t.csv.part", "t.parquet.part"}
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert cells(folder / "t.csv") == [["text", "status", "'=answer"], ["'=1", "done", "'=1"], ["-1.5", "done", "-1.5"]]
    assert list(pd.read_parquet(folder / "t.parquet")["=answer"]) == ["=1", "-1.5"]


def umask():
    os.umask(found := os.umask(0o077))
    return found


@pytest.mark.parametrize("path", ["", None, 3])
def test_paths_that_name_nothing(path, study):
    for owner, work in (
        ("consolidate", lambda: study.consolidate(path)),
        ("run_batch", lambda: run_batch(umask, [{"a": 1}], store=path, n_jobs=1)),
    ):
        with pytest.raises(ValueError, match=f"parameter of {owner} must be a path"):
            work()
