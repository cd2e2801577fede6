"""A staged search for the settings of a forecaster, in one line."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from reservoir.model_selection.backtests import length_of
from reservoir.models.forecasting.candidates import is_auto
from reservoir.models.forecasting.divergence import BaselineWarning
from reservoir.models.forecasting.origins import courses_at, futures_of
from reservoir.models.precomputed import with_attributes
from reservoir.parts import SequenceData
from reservoir.readouts import RidgeReadout
from reservoir.sequences import read_sequences
from reservoir.systems import EchoState
from reservoir.systems.weights import default_scalings
from reservoir.validation import check_integer, check_real, parameter_error

_OWNER = "tune"
_ALPHAS = np.logspace(-10, 3, 14)
_FIRST = [(0.3, 0.3), (0.3, 0.1), (1.0, 0.1), (0.1, 0.3), (0.1, 1.0), (0.3, 1.0), (1.0, 0.3), (0.1, 0.1), (1.0, 1.0)]
_LATER = {
    "spectral_radius": (0.4, 0.7, 1.2),
    "bias_scaling": (0.3, 2.0),
    "leak": (0.56, 1.78),
    "input_scaling": (0.56, 1.78),
}
_LOST = 10.0
_AS_GOOD = 0.02


class _Found(NamedTuple):
    score: float  # smaller is better
    parameters: dict[str, Any]
    alpha: float | None  # per row that was learnt from; None: the readout is as it was given
    as_given: bool = False  # the whole model is


def tune(
    model: Any, series: SequenceData, *, budget: float = 30.0, horizon: int | None = None, n_origins: int = 12
) -> Any:
    """A forecaster like this one, fitted to a series with the settings that forecast its last rows best.

    Candidates learn the series up to three folds at its end, each a sixth of it or less, and forecast from origins in
    that fold, which they have not learnt; all penalties of a fold come from one factorisation, and all origins from one
    run. A candidate's score is the mean over h = 1, ..., horizon, weighted by h^-1/2, of the logarithm of its mean
    absolute error, with the largest penalty that is within 0.02 of the best. They come in a fixed order:

    1. the model itself, then nine pairs of leak and input scaling (over the root of the number of columns);
    2. for the best of them, values or increments as `target`, with and without `lags`;
    3. around the best, its spectral radius times 0.4, 0.7 and 1.2, its bias scaling times 0.3 and 2, leak and input
       scaling times 0.56 and 1.78.

    The best one learns all rows in the end.

    Parameters
    ----------
    model : ReservoirForecaster
        Its seed, size, season, scaling, exogenous columns and members stay. A readout that is neither None nor
        `RidgeReadout` stays too. Members are searched with the first alone.
    series : series (T, n_features)
    budget : float > 0, default 30.0
        Seconds. The clock is looked at between candidates, one of which is always tried; the last, and the fit to all
        rows, may end later.
    horizon : None or int >= 1, default None
        Rows to forecast well. None is a tenth of the series, at most 50.
    n_origins : int >= 1, default 12
        Of every fold.

    Returns
    -------
    ReservoirForecaster, fitted to all of the series
        ``get_params()`` tells what was found.

    Raises
    ------
    ValueError
        For a parameter outside its range, and a series too short for the model to learn what stands before the folds.

    References
    ----------
    Racca and Magri 2021, Robust optimization and validation of echo state networks for learning chaotic dynamics,
    Neural Networks 142:252-268, doi:10.1016/j.neunet.2021.05.004.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirForecaster
    >>> from reservoir.model_selection import tune
    >>> series = np.sin(np.arange(300) / 5).reshape(-1, 1)
    >>> model = tune(ReservoirForecaster(EchoState(20, random_state=0)), series[:280], budget=0.1)
    >>> bool(np.abs(model.forecast(20) - series[280:]).max() < 0.1)
    True
    """
    n_rows = length_of(_OWNER, model, series)
    end = time.monotonic() + check_real(_OWNER, "budget", budget, 0, closed="neither")
    horizon = min(max(n_rows // 10, 1), 50) if horizon is None else check_integer(_OWNER, "horizon", horizon, 1)
    search = _Search(model, series, n_rows, horizon, check_integer(_OWNER, "n_origins", n_origins, 1))
    best = search.first()
    for stage in (search.reservoirs, search.lessons, search.refinements):
        for parameters in stage(best.parameters):
            if time.monotonic() >= end:
                break
            best = min(best, search.tried(best.parameters | parameters), key=lambda found: found.score)
    return search.made(best).fit(series)


class _Search:
    """Candidates of one forecaster on one series."""

    def __init__(self, model: Any, series: Any, n_rows: int, horizon: int, n_origins: int):
        self.model, self.series, self.horizon, self.n_rows = model, series, horizon, n_rows
        n_fold = max(self.n_rows // 10, min(self.n_rows // 6, 2 * horizon), 1)
        last = self.n_rows - horizon
        if last - 3 * n_fold < 2:
            wanted = f"at most {self.n_rows - 3 * n_fold - 2} with {self.n_rows} rows"
            raise parameter_error(_OWNER, "horizon", wanted, horizon)
        self.folds = []
        for end in self.n_rows - n_fold * np.array([3, 2, 1]):
            end = min(end, last)
            origins = np.linspace(end, min(end + n_fold - 1, last), n_origins).astype(int)
            self.folds.append((int(end), np.unique(origins)))
        self.ridge = model.readout is None or type(model.readout) is RidgeReadout

    def first(self) -> _Found:
        """The model as it is; what it settles by itself is settled for all candidates."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BaselineWarning)  # the last fit says so
            fitted = [self._learnt(clone(self.model), end) for end, _ in self.folds]
        return self._settled(fitted[-1])._replace(
            score=self._score([self._missed(one, k) for k, one in enumerate(fitted)])
        )

    def _settled(self, fitted: Any) -> _Found:
        """The model as it is, with what it settled in one fold."""
        lessons, season, self.n_features = fitted._lessons, fitted.season_, fitted.n_features_in_
        settled = {
            "target": "increments" if lessons.increments else "values",
            "lags": lessons.lags,
            "washout": fitted.washout_,
            "strategy": "direct" if lessons.horizon > 1 else "recursive",
            "season": None if season is None else list(season.periods),
            "transform": "log" if fitted.units_.logarithmic.any() else None,
        }
        given = {name: value for name, value in self.model.get_params(deep=False).items() if name in settled}
        parameters = {name: settled[name] if is_auto(given[name]) else given[name] for name in settled}
        if parameters["strategy"] == "direct":
            parameters["horizon"] = lessons.horizon
        parameters["reservoir"] = clone(fitted._members()[0].reservoir_)
        return _Found(np.inf, parameters, None, as_given=True)

    def reservoirs(self, best: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Those of the model itself, then pairs of leak and input scaling."""
        yield {}
        for leak, scale in _FIRST:
            wanted = {"leak": leak, "input_scaling": scale / self.n_features**0.5}
            yield self._with_reservoir(best, wanted | {"spectral_radius": 0.9, "bias_scaling": 0.5})

    def lessons(self, best: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What the readout learns, and how far it looks back."""
        more = min(16, self.folds[0][0] // 20)
        for target in ("increments", "values"):
            for lags in sorted({0, more, best["lags"]}):
                if (target, lags) != (best["target"], best["lags"]):
                    yield {"target": target, "lags": lags}

    def refinements(self, best: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """One setting of the reservoir after the other, around the best."""
        known = best["reservoir"].get_params()
        if isinstance(best["reservoir"], EchoState):
            known |= {n: v for n, v in default_scalings(best["reservoir"], self.n_features).items() if known[n] is None}
        for name, factors in _LATER.items():
            value = known.get(name)
            if isinstance(value, float | int) and not isinstance(value, bool):
                for factor in factors:
                    moved = value * factor
                    yield self._with_reservoir(best, {name: min(moved, 1.0) if name == "leak" else moved})

    def tried(self, parameters: dict[str, Any]) -> _Found:
        """A candidate with these parameters, and its best penalty."""
        by_fold = [
            self._judged(self._learnt(self._candidate(parameters), end), k) for k, (end, _) in enumerate(self.folds)
        ]
        scores = np.array([self._score(list(of_alpha)) for of_alpha in zip(*by_fold, strict=True)])
        best = int(np.flatnonzero(scores <= scores.min() + _AS_GOOD).max())
        return _Found(float(scores[best]), parameters, float(_ALPHAS[best]) if self.ridge else None)

    def made(self, found: _Found) -> Any:
        """The model with what was found, not fitted."""
        made = clone(self.model)
        if not found.as_given:
            made.set_params(**found.parameters)
        return made if found.alpha is None else made.set_params(readout=RidgeReadout(found.alpha * self.n_rows))

    def _candidate(self, parameters: dict[str, Any]) -> Any:
        candidate = clone(self.model).set_params(**parameters, n_members=1)
        return candidate.set_params(readout=RidgeReadout()) if self.ridge else candidate

    def _learnt(self, candidate: Any, end: int) -> Any:
        return candidate.set_params(n_members=1).fit(self.series[:end])

    def _judged(self, fitted: Any, fold: int) -> list[np.ndarray]:
        """What a candidate misses in a fold with every penalty, all of which run from the same states."""
        if not self.ridge:
            return [self._missed(fitted, fold)]
        readouts = fitted.readout_.solve_path(list(_ALPHAS * self.folds[fold][0]))
        courses = courses_at(fitted, self.series, self.folds[fold][1], self.horizon)
        return [self._missed(with_attributes(fitted, {"readout_": one}), fold, courses) for one in readouts]

    def _missed(self, fitted: Any, fold: int, courses: list[Any] | None = None) -> np.ndarray:
        """Absolute errors (n_origins, horizon, n_outputs) in deviations of the training rows; infinite where lost."""
        origins = self.folds[fold][1]
        courses = courses_at(fitted, self.series, origins, self.horizon) if courses is None else courses
        forecasts = np.stack(futures_of(fitted, courses))[:, : self.horizon]
        rows = read_sequences(fitted, self.series, reset=False).rows[:, fitted._feedback.channels]
        sizes = np.where(fitted.training_deviations_ > 0, fitted.training_deviations_, 1.0)
        missed = np.abs(rows[origins[:, None] + np.arange(self.horizon)] - forecasts) / sizes
        return np.nan_to_num(missed, nan=np.exp(_LOST), posinf=np.exp(_LOST))

    def _score(self, missed: list[np.ndarray]) -> float:
        """The weighted mean over the rows ahead of the logarithms of mean errors, all folds together."""
        errors = np.log(np.concatenate(missed).mean(axis=(0, 2)) + 1e-6)
        return float(np.average(np.minimum(errors, _LOST), weights=np.arange(1, self.horizon + 1) ** -0.5))

    def _with_reservoir(self, best: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
        """The reservoir with those of the wanted settings that it has."""
        reservoir = clone(best["reservoir"])
        return {"reservoir": reservoir.set_params(**{k: v for k, v in wanted.items() if k in reservoir.get_params()})}
