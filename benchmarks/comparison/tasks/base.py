"""What a task is."""

from __future__ import annotations

from typing import Any, NamedTuple


class Task(NamedTuple):
    """A task: where its data come from, and how answers are scored.

    Attributes
    ----------
    name : str
        Short name, also that of its file.
    title : str
        One line for tables.
    kind : "classify", "regress" or "forecast"
        What is asked for, see `kinds`.
    draw : callable
        ``draw(seed)`` gives `Recordings` or a `Series`. Data that do not depend on a seed ignore it.
    score : str
        What the number is.
    better : "lower" or "higher"
    scale : "difference" or "ratio"
        Whether two scores are compared by their difference, or by how many times one is the other.
    published : str
        What others have reported, and under which conditions.
    note : str
        What a reader must know to read the numbers.
    step : float
        Forecasts: Lyapunov times that a row lasts.
    ahead : int
        Forecasts: the row whose error counts; 0 asks how long the forecast holds.
    """

    name: str
    title: str
    kind: str
    draw: Any
    score: str
    better: str = "lower"
    scale: str = "ratio"
    published: str = ""
    note: str = ""
    step: float = 1.0
    ahead: int = 0


class Recordings(NamedTuple):
    """Sequences with a label each; the test part is None in what a search sees."""

    X: list
    y: Any
    X_test: list | None = None
    y_test: Any = None

    def training(self) -> Recordings:
        """The training recordings alone."""
        return Recordings(self.X, self.y)


class Series(NamedTuple):
    """One series, whose first `n_train` rows are for training; y is None where the series itself is forecast."""

    X: Any
    y: Any
    n_train: int

    def training(self) -> Series:
        """The training rows alone."""
        y = None if self.y is None else self.y[: self.n_train]
        return Series(self.X[: self.n_train], y, self.n_train)
