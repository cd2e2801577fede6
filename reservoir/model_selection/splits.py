"""Test folds that start warm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator, TimeSeriesSplit

from reservoir.model_selection.forecast_scorer import ROLLING, ForecastScorer, Origins
from reservoir.model_selection.scorer import n_rows_of, sequence_scorer
from reservoir.parts import Labels, SequenceData, Targets
from reservoir.sequences import container_kind
from reservoir.validation import Parameters


class WarmTimeSeriesSplit(TimeSeriesSplit):
    """Splits of one series whose test part starts warm: history rows first, then the rows to be scored.

    "Warm" speaks of the state of the model; it has nothing to do with scikit-learn's ``warm_start``. With a fold of
    `TimeSeriesSplit` that trains on ``train`` and scores the rows first..last, a split is

        train,   test = first - warmup, ..., first - 1, first, ..., last

    one contiguous, increasing index array. The scored rows never overlap the training rows. The `warmup` rows may:
    only their inputs are used, to bring the state to where it would be.

    A scorer must drop the warm-up rows again, and `scorer` makes one that does, so that the number is written once.
    **A plain scoring name scores the cold start as well, and is wrong.**

    Parameters
    ----------
    n_splits : int >= 2, default 5
        Number of splits.
    warmup : int >= 0, default 100
        Rows before the scored rows. As many as the model remembers; more do no harm.
    max_train_size : None or int >= 1, default None
        Only the last so many rows are trained on.
    test_size : None or int >= 1, default None
        Scored rows of a fold; None is ``n_rows // (n_splits + 1)``.
    gap : int >= 0, default 0
        Rows between the training rows and the scored rows. Set it to the horizon where y looks ahead. The warm-up
        stands directly before the scored rows, so it includes the gap.

    Raises
    ------
    ValueError
        In `split`: for a stack or a list of sequences, too few rows before the first scored row (the warm-up is never
        shortened), too many splits for the rows, and a parameter outside its range.

    Notes
    -----
    Works with every tool that takes a splitter and a scorer: `cross_val_score`, `cross_validate` (several metrics: a
    dict of scorers), searches, `learning_curve`, a Pipeline before the model. Test parts overlap, so that
    `cross_val_predict` refuses: a warm-up row of one fold is a scored row of another. For a `ReservoirForecaster`
    with `scorer` the warm-up is the context of a forecast of the scored rows, whatever its `washout`.

    References
    ----------
    Bergmeir and Benitez 2012, On the use of cross-validation for time series predictor evaluation, Information
    Sciences 191:192-213, doi:10.1016/j.ins.2011.12.028.

    Examples
    --------
    >>> from sklearn.model_selection import cross_val_score
    >>> from reservoir import EchoState, ReservoirRegressor
    >>> from reservoir.datasets import make_mackey_glass
    >>> from reservoir.model_selection import WarmTimeSeriesSplit
    >>> series = make_mackey_glass(1001)
    >>> X, y = series[:-1], series[1:, 0]
    >>> model = ReservoirRegressor(EchoState(50, random_state=0), washout=50)
    >>> cv = WarmTimeSeriesSplit(4, warmup=100)
    >>> scores = cross_val_score(model, X, y, cv=cv, scoring=cv.scorer("r2"))
    >>> bool(scores.min() > 0.99)
    True
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        warmup: int = 100,
        max_train_size: int | None = None,
        test_size: int | None = None,
        gap: int = 0,
    ):
        super().__init__(n_splits, max_train_size=max_train_size, test_size=test_size, gap=gap)
        self.warmup = warmup

    def split(
        self, X: SequenceData, y: Targets | None = None, groups: Labels | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Index arrays of the training rows, and of the warm-up rows with the scored rows behind them.

        Parameters
        ----------
        X : series (T, F)
        y : ignored
        groups : ignored
        """
        owner = type(self).__name__
        warmup = self._check_parameters()
        _check_one_series(owner, X)
        folds = list(super().split(X, y, groups))
        first = folds[0][1][0]
        if first < warmup:
            raise ValueError(
                f"{owner} with warmup={warmup} needs {warmup} rows before the first scored row, which is row {first}: "
                "give more rows, or lower warmup, n_splits or test_size."
            )
        return ((train, np.arange(test[0] - warmup, test[-1] + 1)) for train, test in folds)

    def scorer(self, scoring: str | Callable[..., Any] | None = None) -> Callable[..., Any]:
        """The scorer that leaves out the warm-up rows: ``sequence_scorer(scoring, warmup=self.warmup)``."""
        return sequence_scorer(scoring, warmup=self._check_parameters())

    def _check_parameters(self) -> int:
        p = Parameters(self)
        p.integer("gap", 0)
        for name in ("max_train_size", "test_size"):
            if getattr(self, name) is not None:
                p.integer(name, 1)
        return p.integer("warmup", 0)


@dataclass(eq=False, repr=False)
class RollingOrigins(BaseCrossValidator):
    """One split of a series for a forecaster: it learns the first rows once, and forecasts from many origins behind.

        train = 0, ..., n - 1,   test = n - warmup, ..., T - 1,   n = T - test_size

    and `scorer` makes the scorer that forecasts `horizon` rows from so many origins in the last `test_size` rows, all
    rows of the test part before an origin being its context. Nothing is fitted again for an origin, and the states of
    the test part are computed once. In a search penalties that differ alone share one factorisation.

    Parameters
    ----------
    n_origins : int >= 1, default 10
        Evenly spaced, fewer where there is no room. What lies behind the last row is not scored.
    horizon : None or int >= 1, default None
        Rows of every forecast. None is the `horizon` of the forecaster, or what it chose, or what suits the length of
        its training rows.
    test_size : None or int >= 1, default None
        Rows behind those that are learnt. None is a third.
    warmup : int >= 0, default 100
        Rows before the first origin that are heard.

    Raises
    ------
    ValueError
        In `split`: for a stack or a list, too few rows before the test rows, and a parameter outside its range.

    See Also
    --------
    WarmTimeSeriesSplit : several folds; its scorer("rolling_origins") forecasts from ten origins in each.

    References
    ----------
    Tashman 2000, doi:10.1016/S0169-2070(00)00065-0, as for `backtest`.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from reservoir import EchoState, ReservoirForecaster
    >>> from reservoir.datasets import make_mackey_glass
    >>> from reservoir.model_selection import RollingOrigins
    >>> from reservoir.readouts import RidgeReadout
    >>> model = ReservoirForecaster(EchoState(50, random_state=0), RidgeReadout())
    >>> cv = RollingOrigins(horizon=20)
    >>> grid = {"readout__alpha": [1e-6, 1e2]}
    >>> search = GridSearchCV(model, grid, cv=cv, scoring=cv.scorer()).fit(make_mackey_glass(900))
    >>> search.best_params_
    {'readout__alpha': 1e-06}
    """

    n_origins: int = 10
    _: KW_ONLY
    horizon: int | None = None
    test_size: int | None = None
    warmup: int = 100

    def split(
        self, X: SequenceData, y: Targets | None = None, groups: Labels | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The index arrays of the one split of a series X (T, F); y and groups are ignored."""
        owner, (_, warmup) = type(self).__name__, self._check_parameters()
        _check_one_series(owner, X)
        n_rows = n_rows_of(X)
        first = n_rows - (max(n_rows // 3, 1) if self.test_size is None else int(self.test_size))
        if first < max(warmup, 1):
            raise ValueError(
                f"{owner} with warmup={warmup} needs at least {max(warmup, 1)} rows before the test rows, of which "
                f"there are {n_rows - first} of {n_rows}: give more rows, or lower warmup or test_size."
            )
        return iter([(np.arange(first), np.arange(first - warmup, n_rows))])

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """One."""
        return 1

    def scorer(self, scoring: str | Callable[..., Any] | None = None) -> Callable[..., Any]:
        """The scorer of forecasts from the origins, the mean over them for a metric.

        None is "rolling_origins"; other names and metrics are those of `sequence_scorer`.
        """
        origins, warmup = self._check_parameters()
        sequence_scorer(scoring)  # refuses what is none
        return ForecastScorer(ROLLING if scoring is None else scoring, warmup, origins)

    def _check_parameters(self) -> tuple[Origins, int]:
        p = Parameters(self)
        for name in ("horizon", "test_size"):
            p.integer_or(name, None, 1)
        return Origins(p.integer("n_origins", 1), self.horizon), p.integer("warmup", 0)


def _check_one_series(owner: str, X: SequenceData) -> None:
    """Refuse a stack or a list."""
    kind = container_kind(X, owner)
    if kind != "series":
        raise ValueError(f"{owner} cuts one series; for sequences use KFold. Got a {kind} of {n_rows_of(X)}.")
