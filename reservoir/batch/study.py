"""What a batch has found, read from its store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from reservoir.batch.identity import Task
from reservoir.batch.records import Record
from reservoir.batch.store import Store
from reservoir.batch.tables import Columns, columns_of, frame, write_table
from reservoir.validation import check_path, parameter_error

_STATES = ("done", "failed", "pending")


class Failure(NamedTuple):
    """A task that gave no result."""

    parameters: dict[str, Any]
    error: str
    traceback: str
    attempts: int


class Study:
    """The tasks of a batch and what its store holds of them; every call looks anew.

    Attributes
    ----------
    tasks : list of dict
        Parameters, in the order of the table.
    store : Path
    """

    def __init__(self, tasks: list[Task], store: Store):
        self._tasks, self._store = tasks, store
        self.tasks = [task.parameters for task in tasks]
        self.store = store.folder

    def __repr__(self) -> str:
        found = self._store.scan()
        states = [self._state(task, found) for task in self._tasks]
        counts = ", ".join(f"{states.count(state)} {state}" for state in _STATES)
        return f"Study({len(states)} tasks: {counts}; store='{self.store}')"

    def results(self) -> list[Any]:
        """What the function returned, task by task; None for a task without a result. Tuples come back as lists."""
        return list(self.iter_results())

    def iter_results(self) -> Iterator[Any]:
        """The same, read one at a time, so that large results are never held together."""
        return (record.result if state == "done" else None for _, state, record in self._read(_STATES))

    def pending(self) -> list[dict[str, Any]]:
        """Parameters of the tasks that have neither a result nor an error."""
        found = self._store.scan()
        return [task.parameters for task in self._tasks if self._state(task, found) == "pending"]

    def failed(self) -> list[Failure]:
        """The tasks that ended in an error, with the traceback."""
        read = ((task, record.run) for task, state, record in self._read(("failed",)))
        return [
            Failure(task.parameters, run.get("error", ""), run.get("traceback", ""), run.get("attempts", 1))
            for task, run in read
        ]

    def to_frame(self) -> Any:
        """A pandas DataFrame with one row per task: parameters, status ("done", "failed", "pending") and result.

        A result that is a dictionary has one column per key, any other the column ``result``. A name that is taken
        already gets an underscore behind it.
        """
        return frame(self._columns()[0])

    def runs(self) -> Any:
        """A pandas DataFrame with one row per task: identity, random_state, seconds, attempts, finished (seconds since
        1970), host, process, warnings (a list of texts), error, traceback."""
        return frame(self._columns()[1])

    def consolidate(self, path: str | os.PathLike[str]) -> None:
        """Write `to_frame` to one Parquet or CSV file, and `runs` beside it, to ``<name>_runs.<ending>``.

        The first has the same bytes whatever the order, number of workers, engine and interruptions. Arrays are nested
        lists in Parquet and JSON in CSV; lists and dictionaries are JSON in both.

        In CSV, texts stand in quotes, and one that a spreadsheet would run as a formula (it begins with ``= + - @``, a
        tab or a line break, and is no number) has an apostrophe before it, in the names of columns too;
        ``docs/batches.md`` tells the way back. Parquet holds all texts as they are.

        Each file is written whole or not at all, with the rights of the one that it replaces, as by `reservoir.save`.

        Raises
        ------
        ValueError
            For another ending, and for what is no regular file: a pipe, a device.
        OSError
            Where the file cannot be written.
        """
        path = Path(check_path("consolidate", "path", path))
        if path.suffix not in (".parquet", ".csv"):
            raise parameter_error("consolidate", "path", "a name that ends in .parquet or .csv", str(path))
        results, runs = self._columns()
        write_table(results, path)
        write_table(runs, path.with_name(f"{path.stem}_runs{path.suffix}"))

    def _columns(self) -> tuple[Columns, Columns]:
        return columns_of(self._read(_STATES))

    def _read(self, states: tuple[str, ...]) -> Iterator[tuple[Task, str, Record]]:
        """Task, state and record of the tasks in these states; a damaged record leaves its task pending."""
        found = self._store.scan()
        for task in self._tasks:
            state = self._state(task, found)
            if state in states:
                record = self._store.read(found[state][task.identity]) if state != "pending" else None
                state = state if record is not None else "pending"
                if state in states:
                    yield task, state, record or Record({}, "", None)

    @staticmethod
    def _state(task: Task, found: dict[str, dict[str, str]]) -> str:
        return next((kind for kind in ("done", "failed") if task.identity in found[kind]), "pending")
