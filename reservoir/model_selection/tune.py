"""A staged search for the settings of a forecaster, in one line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from reservoir.models.forecasting.origins import courses_at, futures_of
from reservoir.models.precomputed import with_attributes
from reservoir.parts import Forecaster, SequenceData, check_part
from reservoir.readouts import RidgeReadout
from reservoir.sequences import read_sequences
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


class _Found(NamedTuple):
    score: float  # smaller is better
    parameters: dict[str, Any]
    alpha: float | None  # per row that was learnt from; None: the readout is as it was given
    as_given: bool = False  # the whole model is


def tune(
    model: Any, series: SequenceData, *, budget: float = 30.0, horizon: int | None = None, n_origins: int = 12
) -> Any:
    """A forecaster like this one, fitted to a series with the settings that forecast its last rows best.

    Candidates learn the first three quarters of the series, once each, and forecast from origins in the last quarter
    that they have not learnt; all penalties come from one factorisation, and all origins from one run. A candidate's
    score is the mean over h = 1, ..., horizon, weighted by h^-1/2, of the logarithm of its mean absolute error. They
    come in a fixed order:

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

    Returns
    -------
    ReservoirForecaster, fitted to all of the series
        ``get_params()`` tells what was found.

    Raises
    ------
    ValueError
        For a parameter outside its range, and a series too short for the model to learn three quarters of it.

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
    check_part(_OWNER, "model", model, Forecaster)
    end = time.monotonic() + check_real(_OWNER, "budget", budget, 0, closed="neither")
    n_rows = len(series)  # type: ignore[arg-type]
    horizon = min(max(n_rows // 10, 1), 50) if horizon is None else check_integer(_OWNER, "horizon", horizon, 1)
    search = _Search(model, series, horizon, check_integer(_OWNER, "n_origins", n_origins, 1))
    best = search.first()
    for stage in (search.reservoirs, search.lessons, search.refinements):
        for parameters in stage(best.parameters):
            if time.monotonic() >= end:
                break
            best = min(best, search.tried(best.parameters | parameters), key=lambda found: found.score)
    return search.made(best, n_rows).fit(series)


class _Search:
    """Candidates of one forecaster on one series."""

    def __init__(self, model: Any, series: Any, horizon: int, n_origins: int):
        self.model, self.series, self.horizon = model, series, horizon
        n_rows = len(series)
        self.n_learnt = n_rows - max(n_rows // 4, horizon + 1)
        if self.n_learnt < 2:
            raise parameter_error(_OWNER, "horizon", f"less than {n_rows - 2} with {n_rows} rows", horizon)
        self.origins = np.unique(np.linspace(self.n_learnt, n_rows - horizon, n_origins).astype(int))
        self.ridge = model.readout is None or type(model.readout) is RidgeReadout

    def first(self) -> _Found:
        """The model as it is; what it settles by itself is settled for all candidates."""
        fitted = self._learnt(clone(self.model))
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
        parameters = {name: settled[name] if given[name] == "auto" else given[name] for name in settled}
        parameters["reservoir"] = clone(fitted._members()[0].reservoir_)
        courses = courses_at(fitted, self.series, self.origins, self.horizon)
        return _Found(self._score(fitted, courses), parameters, None, as_given=True)

    def reservoirs(self, best: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Those of the model itself, then pairs of leak and input scaling."""
        yield {}
        for leak, scale in _FIRST:
            wanted = {"leak": leak, "input_scaling": scale / np.sqrt(self.n_features)}
            yield self._with_reservoir(best, wanted | {"spectral_radius": 0.9, "bias_scaling": 0.5})

    def lessons(self, best: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What the readout learns, and how far it looks back."""
        more = min(16, self.n_learnt // 20)
        for target in ("increments", "values"):
            for lags in sorted({0, more, best["lags"]}):
                if (target, lags) != (best["target"], best["lags"]):
                    yield {"target": target, "lags": lags}

    def refinements(self, best: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """One setting of the reservoir after the other, around the best."""
        known = best["reservoir"].get_params()
        for name, factors in _LATER.items():
            value = known.get(name)
            if isinstance(value, float | int) and not isinstance(value, bool):
                for factor in factors:
                    moved = value * factor
                    yield self._with_reservoir(best, {name: min(moved, 1.0) if name == "leak" else moved})

    def tried(self, parameters: dict[str, Any]) -> _Found:
        """A candidate with these parameters, judged."""
        return self._judged(self._learnt(self._candidate(parameters)), parameters)

    def made(self, found: _Found, n_rows: int) -> Any:
        """The model with what was found, not fitted."""
        made = clone(self.model)
        if not found.as_given:
            made.set_params(**found.parameters)
        return made if found.alpha is None else made.set_params(readout=RidgeReadout(found.alpha * n_rows))

    def _candidate(self, parameters: dict[str, Any]) -> Any:
        candidate = clone(self.model).set_params(**parameters, n_members=1)
        return candidate.set_params(readout=RidgeReadout()) if self.ridge else candidate

    def _learnt(self, candidate: Any) -> Any:
        return candidate.set_params(n_members=1).fit(self.series[: self.n_learnt])

    def _judged(self, fitted: Any, parameters: dict[str, Any]) -> _Found:
        """The best penalty of a fitted candidate, all of which run from the same states."""
        courses = courses_at(fitted, self.series, self.origins, self.horizon)
        if not self.ridge:
            return _Found(self._score(fitted, courses), parameters, None)
        alphas = _ALPHAS * self.n_learnt
        copies = [with_attributes(fitted, {"readout_": one}) for one in fitted.readout_.solve_path(list(alphas))]
        scores = [self._score(one, courses) for one in copies]
        best = int(np.argmin(scores))
        return _Found(scores[best], parameters, float(_ALPHAS[best]))

    def _score(self, fitted: Any, courses: list[Any]) -> float:
        forecasts = np.stack(futures_of(fitted, courses))[:, : self.horizon]
        rows = read_sequences(fitted, self.series, reset=False).rows[:, fitted._feedback.channels]
        sizes = np.where(fitted.training_deviations_ > 0, fitted.training_deviations_, 1.0)
        missed = np.abs(rows[self.origins[:, None] + np.arange(self.horizon)] - forecasts) / sizes
        errors = np.log(np.nan_to_num(missed, nan=np.exp(_LOST), posinf=np.exp(_LOST)).mean(axis=(0, 2)) + 1e-6)
        return float(np.average(np.minimum(errors, _LOST), weights=np.arange(1, self.horizon + 1) ** -0.5))

    def _with_reservoir(self, best: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
        """The reservoir with those of the wanted settings that it has."""
        reservoir = clone(best["reservoir"])
        return {"reservoir": reservoir.set_params(**{k: v for k, v in wanted.items() if k in reservoir.get_params()})}
