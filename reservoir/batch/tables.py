"""The tables of a study as columns of plain values, and how they are written."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from reservoir.batch.identity import Task
from reservoir.batch.records import Record
from reservoir.whole_files import replace_file

_RUN = ("seconds", "attempts", "finished", "host", "process", "warnings", "error", "traceback")
_FORMULA = re.compile(r"'*(\s*[=+@\uff1d\uff0b\uff0d\uff20-]|[\t\r\n])")  # also in the width of East Asian letters
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
Columns: TypeAlias = dict[str, list[Any]]
"""A table as lists of one length by their names."""
INSTALL = 'pip install "reservoir-spiking[batch]"'


def columns_of(rows: Iterable[tuple[Task, str, Record]]) -> tuple[Columns, Columns]:
    """(Parameters, status and results), and what differs from run to run: columns of tasks in their order."""
    rows = list(rows)
    parameters = _columns([task.parameters for task, _, _ in rows])
    values = [record.result if state == "done" else {} for _, state, record in rows]
    results = _columns([value if isinstance(value, Mapping) else {"result": value} for value in values])
    table = dict(parameters)
    for name, column in [("status", [state for _, state, _ in rows]), *results.items()]:
        while name in table:
            name += "_"
        table[name] = column
    runs: Columns = {"task": [task.identity for task, _, _ in rows]}
    runs["random_state"] = [task.random_state for task, _, _ in rows]
    return table, runs | {name: [record.run.get(name) for _, _, record in rows] for name in _RUN}


def frame(columns: Columns) -> Any:
    """The columns as a DataFrame."""
    pandas = _pandas()
    return pandas.DataFrame({name: pandas.Series(_objects(column)).infer_objects() for name, column in columns.items()})


def write_table(columns: Columns, path: Path) -> None:
    """Write to Parquet or CSV; an old file stays where that fails."""
    write = _write_csv if path.suffix == ".csv" else _write_parquet
    replace_file(path, lambda file: write(columns, file))


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise ImportError(f"Tables need pandas, which is not installed: {INSTALL}") from error
    return pandas


def _write_csv(columns: Columns, file: BinaryIO) -> None:
    """Numbers as they are and texts in quotes; as objects, so that whole numbers stay whole beside missing ones."""
    cells = {_no_formula(name): [_no_formula(_cell(one)) for one in column] for name, column in columns.items()}
    table = _pandas().DataFrame(cells, dtype=object)
    table.to_csv(file, index=False, mode="wb", quoting=csv.QUOTE_NONNUMERIC)


def _no_formula(value: Any) -> Any:
    """An apostrophe before a text that a spreadsheet would run, or that looks as if it had one from here already."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def _write_parquet(columns: Columns, file: BinaryIO) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(f"Parquet needs pyarrow, which is not installed: {INSTALL}") from error

    def typed(column: list[Any]) -> Any:
        values = [value.tolist() if isinstance(value, np.ndarray) else _cell(value) for value in column]
        try:
            return pyarrow.array(values)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):  # values of several kinds
            return pyarrow.array([None if value is None else json.dumps(value) for value in values])

    parquet.write_table(pyarrow.table({name: typed(column) for name, column in columns.items()}), file)


def _columns(rows: list[Mapping[str, Any]]) -> Columns:
    """One list per key, in the order in which keys come up; None where a row has none."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [_python(row.get(name)) for row in rows] for name in names}


def _python(value: Any) -> Any:
    """NumPy scalars as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def _cell(value: Any) -> Any:
    """Arrays, lists and dictionaries as JSON text, all else as it is."""
    if isinstance(value, list | tuple | Mapping | np.ndarray):
        return json.dumps(value, default=lambda part: part.tolist() if isinstance(part, np.ndarray) else part.item())
    return value


def _objects(column: list[Any]) -> np.ndarray:
    """A 1-D array of objects, also where all are arrays of one shape."""
    array = np.empty(len(column), dtype=object)
    for place, value in enumerate(column):
        array[place] = value
    return array
