"""How an error falls while a model learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.base import clone

from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, OnlineReadout, check_part
from reservoir.plotting.display import Display, legend_above, styled
from reservoir.plotting.names import plain
from reservoir.plotting.palette import BLACK, line
from reservoir.validation import check_integer, parameter_error, real_array


class FittedNetwork(Protocol):
    """A network that was trained in epochs, of this library or of scikit-learn."""

    @property
    def loss_curve_(self) -> Sequence[float]: ...


@documented_with(Display)
@dataclass(eq=False, repr=False)
class TrainingDisplay(Display):
    """Loss of a recurrent network by epoch, or error of an online readout by row.

    Parameters
    ----------
    curves : dict of str to array (n_points,)
        What to draw, by name; the first point is number 1.
    along : str, default "epoch"
        What is counted.
    measure : str, default "loss"
        What falls.
    best : int or None, default None
        Number of the point that was kept, from 1; it is marked.

    Raises
    ------
    ValueError
        For a model that keeps no losses, and a readout without ``step``.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.plotting import TrainingDisplay
    >>> from reservoir.readouts import RecursiveLeastSquares
    >>> X = np.random.default_rng(0).normal(size=(300, 3))
    >>> display = TrainingDisplay.from_readout(RecursiveLeastSquares(), X, X @ [1.0, -2.0, 0.5], window=10)
    >>> curve = display.curves["error before each update"]
    >>> curve.shape, bool(curve[-1] < 0.01 * curve[0])
    ((300,), True)
    """

    curves: dict[str, np.ndarray]
    _: KW_ONLY
    along: str = "epoch"
    measure: str = "loss"
    best: int | None = None

    @classmethod
    def from_estimator(cls, estimator: FittedNetwork, *, ax: Any = None) -> TrainingDisplay:
        """Draw ``loss_curve_`` of a fitted model, and minus its ``validation_scores_``, the loss of held-out data.

        With the latter the epoch whose parameters were kept is marked. Models of `reservoir.rnn` have both.
        """
        check_part(cls.__name__, "estimator", estimator, FittedNetwork)
        curves = {"training": np.array(estimator.loss_curve_, dtype=float)}
        scores = getattr(estimator, "validation_scores_", None)
        if scores is not None:
            curves["held-out data"] = -np.array(scores, dtype=float)
        if not curves["training"].size:
            raise parameter_error(cls.__name__, "estimator", "a model trained for an epoch or more", estimator)
        best = None if scores is None else int(np.nanargmin(curves["held-out data"])) + 1
        return cls(curves, best=best).plot(ax)

    @classmethod
    def from_readout(
        cls, readout: OnlineReadout, X: Numbers, y: Numbers, *, window: int = 100, ax: Any = None
    ) -> TrainingDisplay:
        """Draw how a copy of an online readout, which has learned nothing yet, learns these rows one by one.

        The error of a row is that of the output before the update; the root of its mean square over the last `window`
        rows, or as many as there are, and over the outputs is drawn.

        Parameters
        ----------
        readout : readout with ``step``, such as `RecursiveLeastSquares`
        X : array (n_rows, n_features)
        y : array (n_rows,) or (n_rows, n_outputs)
        window : int >= 1, default 100
        ax : None or Axes, default None

        Returns
        -------
        TrainingDisplay
        """
        owner = cls.__name__
        check_part(owner, "readout", readout, OnlineReadout)
        window = check_integer(owner, "window", window, 1)
        rows, targets = real_array(X), real_array(y)
        if rows is None or rows.ndim != 2 or not rows.size:
            raise parameter_error(owner, "X", "an array of numbers (n_rows, n_features)", X)
        if targets is None or targets.ndim not in (1, 2) or len(targets) != len(rows):
            raise parameter_error(owner, "y", f"an array of {len(rows)} rows, as X", y)
        learner = clone(readout)
        outputs = [learner.step(row, target) for row, target in zip(rows, targets, strict=True)]
        squares = np.square(np.array(outputs) - targets.reshape(len(rows), -1)).mean(axis=1)
        name = "error before each update"
        measure = "RMSE" if window == 1 else f"RMSE of the last {window} rows"
        return cls({name: np.sqrt(_moving_mean(squares, window))}, along="row", measure=measure).plot(ax)

    @styled
    def plot(self, ax: Any = None, *, log: bool | None = None) -> TrainingDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : None or Axes, default None
            None makes a figure.
        log : bool or None, default None
            Whether the vertical axis is logarithmic. None: where all values are positive and span a decade.

        Returns
        -------
        self
        """
        (panel,) = self._open(ax, size=(4.8, 3.2))
        values = np.concatenate(list(self.curves.values()))
        values = values[np.isfinite(values)]
        if log is None:
            log = bool(values.size and values.min() > 0 and values.max() > 10 * values.min())
        for number, (name, curve) in enumerate(self.curves.items()):
            single = {"marker": "o", "markersize": 4} if len(curve) == 1 else {}
            panel.plot(np.arange(1, len(curve) + 1), curve, label=plain(name), **line(number), **single)
        if self.best is not None:
            curve = list(self.curves.values())[-1]
            label = f"kept: {plain(self.along)} {self.best}"
            panel.plot(self.best, curve[self.best - 1], "*", color=BLACK, markersize=10, linestyle="none", label=label)
        panel.set(xlabel=plain(self.along), ylabel=plain(self.measure), yscale="log" if log else "linear")
        panel.xaxis.get_major_locator().set_params(integer=True)
        legend_above(panel)
        return self


def _moving_mean(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of the last `window` values, or as many as there are, at every place."""
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    sums = [np.sum(values[start:end]) for start, end in zip(starts, ends, strict=True)]
    return np.array(sums) / (ends - starts)
