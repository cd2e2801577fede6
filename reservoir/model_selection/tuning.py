"""A staged search for the settings of a forecaster, in one line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from reservoir.model_selection.backtests import read_one_series
from reservoir.model_selection.reservoir_judges import Judge, Tried, judge_of
from reservoir.model_selection.seeds import seeded
from reservoir.parts import SequenceData
from reservoir.systems import EchoState
from reservoir.systems.weights import default_scalings
from reservoir.threads import one_blas_thread
from reservoir.validation import InvalidParameterError, check_integer, check_real

_OWNER = "tune"
_SHORT = 500  # rows, below which a reservoir costs so little that twice as many are tried
_FIRST = [  # leak, spectral radius, input scaling
    (0.3, 0.9, 0.3),
    (1.0, 0.9, 0.3),
    (0.1, 0.9, 1.0),
    (0.1, 0.9, 0.3),
    (0.3, 0.9, 1.0),
    (1.0, 0.4, 0.3),
    (0.3, 1.2, 0.3),
    (1.0, 0.9, 1.0),
    (0.1, 0.4, 1.0),
]
_MORE = list(product((0.1, 0.3, 1.0), (0.4, 0.9, 1.2), (0.3, 1.0)))
_LATER = {
    "bias_scaling": (0.3, 2.0),
    "input_scaling": (0.5, 2.0),
    "leak": (0.56, 1.78),
    "spectral_radius": (0.75, 1.2),
}
_FINALISTS, _SEEDS = 3, (1, 2)


def tune(model: Any, series: SequenceData, *, budget: float = 30.0, horizon: int | None = None) -> Any:
    """A forecaster like this one, fitted to a series with the settings that forecast its last rows best.

    Everything is judged by forecasts from rolling origins inside the rows given, with the folds and the score by which
    a `ReservoirForecaster` chooses what is "auto" (see the page on ordinary series), from readouts that learn all rows
    before a fold that a model of the first of them would learn, in this order:

    1. what the model chooses by itself, which stays the answer if nothing beats it;
    2. nine reservoirs (eighteen where there are fewer than 500 rows) that differ in leak, spectral radius and input
       scaling (times 1 / sqrt(n_features)), with a bias scaling of 0.5;
    3. around the best so far of those that see states one setting after the other: bias scaling times 0.3 and 2, input
       scaling times 0.5 and 2, leak times 0.56 and 1.78, spectral radius times 0.75 and 1.2;
    4. with 500 rows or more the three best once more, with two more seeds: the mean over three seeds decides.

    On each reservoir are tried, with all penalties, increments by its states alone and beside up to eight earlier rows,
    and, where the series is not smooth, what the choice in 1 sees, with the states. If that choice sees no states, they
    must be better by 0.3, twice as much as there, since of some thirty reservoirs one is better by chance. The best one
    learns all rows.

    Parameters
    ----------
    model : ReservoirForecaster
        What it leaves "auto" is found; what is given stays, and so do size, seed, topology and members, of which the
        first alone is searched; a seed that is None becomes 0. A readout that is given stays too, a `RidgeReadout` but
        for its penalty; then, and where nothing is "auto", models are fitted before every fold.
    series : series (T, n_features)
    budget : float > 0, default 30.0
        Seconds. The clock is looked at between reservoirs: 1 is always done, and the last reservoir and the fit to all
        rows may end later. A search that its budget did not end gives the same bits every time; one that it ended
        depends on how fast the machine is, but for what was tried, which is always a first part of the same order.
    horizon : None or int >= 1, default None
        Rows to forecast well. None is that of the model, or what suits the series (see `ReservoirForecaster`).

    Returns
    -------
    ReservoirForecaster, fitted to all of the series
        ``get_params()`` tells what was found, and nothing is "auto" any more but `washout`: a clone learns other rows
        with the same settings. Where the model chooses, its readout is a `ChosenReadout` (of
        `reservoir.models.forecasting.chosen`), and `chosen_` tells its score and errors.

    Raises
    ------
    ValueError
        For a parameter outside its range, and a series too short for the model to learn what stands before the folds.

    Warns
    -----
    BaselineWarning
        Where what was found loses to the last value at the rolling origins.

    Notes
    -----
    Only a copy of `model` is searched, so that an interrupt (Ctrl-C) leaves it as it was.

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
    end = time.monotonic() + check_real(_OWNER, "budget", budget, 0, closed="neither")
    asked, sequences = read_one_series(_OWNER, model, series)
    if horizon is not None:
        asked.horizon = check_integer(_OWNER, "horizon", horizon, 1)
    asked._check_parameters()
    with one_blas_thread():
        judge = judge_of(seeded(asked, 0, redraw=False), series, sequences)
        return judge.made(_found(judge, len(sequences.rows), end))


def _found(judge: Judge, n_rows: int, end: float) -> Tried:
    """The best of all that is tried until the clock shows `end`."""
    pool = [judge.first]
    for settings in _settings(judge, n_rows, pool):
        if time.monotonic() >= end:
            return _best(judge, pool)
        pool += _tried(judge, settings)
    return _best(judge, pool if n_rows < _SHORT else _judged_again(judge, pool, end))


def _best(judge: Judge, pool: list[Tried]) -> Tried:
    """The best, the first where the others are not better by the margin."""
    best = min(pool, key=lambda tried: tried.score)
    return best if best.score < judge.first.score - judge.margin else judge.first


def _settings(judge: Judge, n_rows: int, pool: list[Tried]) -> Iterator[dict[str, float]]:
    """Settings to try, of those that the reservoir has, each once; what was found joins the pool on the way."""
    known, root = judge.reservoir.get_params(), judge.n_features**0.5
    if isinstance(judge.reservoir, EchoState):
        of_none = default_scalings(judge.reservoir, judge.n_features)
        known |= {name: value for name, value in of_none.items() if known[name] is None}
    seen: list[dict[str, float]] = []

    def new(wanted: dict[str, float]) -> Iterator[dict[str, float]]:
        settings = {k: value for k, value in wanted.items() if k in known and not np.array_equal(known[k], value)}
        if settings not in seen:
            seen.append(settings)
            yield settings

    yield from new({})
    for leak, radius, scale in _MORE if n_rows < _SHORT else _FIRST:
        scaled = float(scale / root)
        yield from new({"leak": leak, "spectral_radius": radius, "input_scaling": scaled, "bias_scaling": 0.5})
    for name, factors in _LATER.items():
        seeing = (tried for tried in pool if tried.sees_states)
        best = min(seeing, key=lambda tried: tried.score, default=judge.first).settings
        value = best.get(name, known.get(name))
        for factor in factors if isinstance(value, int | float) and not isinstance(value, bool) else ():
            moved = float(value * factor)
            yield from new(best | {name: min(moved, 1.0) if name == "leak" else moved})


def _tried(judge: Judge, settings: dict[str, float], seed: int = 0, kind: Any = None) -> list[Tried]:
    """What is tried on a reservoir; nothing where it cannot have these settings."""
    try:
        return judge.tried(settings, seed, kind)
    except InvalidParameterError:
        if not settings:
            raise
        return []


def _judged_again(judge: Judge, pool: list[Tried], end: float) -> list[Tried]:
    """The best of several kinds with their mean scores over three seeds, or the pool where the time is over."""
    kinds: dict[Any, Tried] = {}
    for tried in sorted(pool, key=lambda tried: tried.score):
        kinds.setdefault(tried.kind, tried)
    found = []
    for kind, best in list(kinds.items())[:_FINALISTS]:
        of_seeds = {tried.readout: [tried] for tried in pool if tried.kind == kind}
        for seed in _SEEDS:
            if time.monotonic() >= end:
                return pool
            for tried in _tried(judge, best.settings, seed, best.readout):
                of_seeds.setdefault(tried.readout, []).append(tried)
        means = [(sum(one.score for one in ones) / len(ones), ones[0]) for ones in of_seeds.values()]
        found += [ones._replace(score=mean) for mean, ones in means]
    return found
