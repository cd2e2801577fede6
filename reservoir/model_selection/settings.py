"""The settings of a search as its parts take them: candidates, splits and scorers."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Callable, Mapping, Sized
from math import prod
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring
from sklearn.model_selection import KFold, ParameterGrid, ParameterSampler, StratifiedKFold, check_cv

from reservoir.model_selection.forecast_scorer import FORECAST_NAMES, ForecastScorer, forecaster_in
from reservoir.model_selection.scorer import SequenceScorer, is_name, n_rows_of, sequence_scorer
from reservoir.model_selection.splits import RollingOrigins, WarmTimeSeriesSplit
from reservoir.models.forecasting.lessons import LONGEST_WASHOUT
from reservoir.sequences import container_kind, n_dimensions
from reservoir.sizes import check_fits
from reservoir.targets import filled_labels
from reservoir.trains import are_spikes
from reservoir.validation import Parameters, parameter_error

Scorer = Callable[..., Any]
"""scorer(model, X, y) gives a number."""

_N_SPLITS = 5
_POINT_BYTES = 100.0


def _check_number(p: Parameters, distributions: Any) -> None:
    """Refuse more points than fit into the memory."""
    n_iter = p.part.n_iter
    if n_iter is not None and _has_distributions(distributions):
        check_fits(p.owner, "n_iter", n_iter, _POINT_BYTES * n_iter, "the candidates")
    elif n_iter is None and isinstance(distributions, Mapping):
        n_points = prod(len(values) for values in distributions.values() if isinstance(values, Sized))
        check_fits(p.owner, "param_distributions", distributions, _POINT_BYTES * n_points, f"{n_points:.3g} candidates")


def read_candidates(search: Any) -> list[dict[str, Any]]:
    """All points of a grid, or so many random ones."""
    p, distributions, random_state = Parameters(search), search.param_distributions, search.random_state
    if search.n_iter is not None:
        p.integer("n_iter", 1)
    if isinstance(random_state, np.random.Generator | np.random.SeedSequence):
        random_state = int(p.generator().integers(2**32))
    if search.n_iter is None and _has_distributions(distributions):
        raise p.error("n_iter", "the number of points to draw, since param_distributions holds distributions")
    _check_number(p, distributions)
    try:
        if search.n_iter is None:
            candidates = list(ParameterGrid(distributions))
        else:
            candidates = list(ParameterSampler(distributions, search.n_iter, random_state=random_state))
    except (TypeError, ValueError) as error:
        raise p.error(
            "param_distributions", f"a dict of names and values, or a list of such dicts ({error})"
        ) from error
    if not candidates:
        raise p.error("param_distributions", "at least one candidate")
    return candidates


def _has_distributions(distributions: Any) -> bool:
    """Whether a dict, or one of a list of dicts, has a value to draw from."""
    dicts = [distributions] if isinstance(distributions, Mapping) else distributions
    if not isinstance(dicts, list | tuple):
        return False
    return any(hasattr(value, "rvs") for one in dicts if isinstance(one, Mapping) for value in one.values())


def read_splitter(search: Any, kind: str, y: Any, n_context: int) -> Any:
    """The splitter; a number of folds means one that suits the container, with so many rows before a forecast."""
    p, cv, estimator = Parameters(search), search.cv, search.estimator
    if cv is not None and (not isinstance(cv, int | np.integer) or isinstance(cv, bool)):
        try:
            return check_cv(cv)
        except ValueError as error:
            raise p.error("cv", "None, a number of folds, a splitter or an iterable of splits") from error
    n_splits = _N_SPLITS if cv is None else p.integer("cv", 2)
    if kind == "series":
        return WarmTimeSeriesSplit(n_splits, warmup=100 if forecaster_in(estimator) is None else n_context)
    return StratifiedKFold(n_splits) if _is_labelled(estimator, kind, y) else KFold(n_splits)


def labels_to_split(estimator: Any, kind: str, y: Any) -> Any:
    """y as a splitter takes it: a sequence whose label is missing, of which it knows nothing, has that of another."""
    return filled_labels(type(estimator).__name__, y) if _is_labelled(estimator, kind, y) else y


def _is_labelled(estimator: Any, kind: str, y: Any) -> bool:
    """Whether y has one label for every sequence."""
    return kind != "series" and is_classifier(estimator) and y is not None and not any(map(n_dimensions, y))


def context_length(estimator: Any, candidates: list[dict[str, Any]], shortest: int) -> int:
    """Rows before a forecast that do for every candidate: the largest washout, and at least one."""
    given = [item for parameters in (estimator.get_params(), *candidates) for item in parameters.items()]
    washouts = [value for name, value in given if name.split("__")[-1] == "washout"]
    return max([1, *(longest_washout(washout, shortest) for washout in washouts)])


def kind_to_divide(X: Any, owner: str) -> str:
    """The kind of container that X is, of which folds get rows of a series, sequences or trials of spike trains."""
    if not are_spikes(X):
        return container_kind(X, owner)
    if not isinstance(X, list | tuple):
        raise ValueError(f"X of {owner} must be a list of spike trains, whole trials of which go to folds. Got {X!r}.")
    return "list"


def shortest_of(X: Any, kind: str) -> int:
    """Rows of the shortest series of a container; 0 for spike trains, whose rows are made by the model."""
    if are_spikes(X):
        return 0
    return n_rows_of(X) if kind == "series" else min(map(n_rows_of, X))


def longest_washout(washout: Any, shortest: int) -> int:
    """Rows of a washout, as many as it may have where the shortest series has so many; 0 for what is none."""
    if isinstance(washout, str):
        return min(LONGEST_WASHOUT, shortest // 10) if washout == "auto" else 0
    return int(washout) if isinstance(washout, numbers.Integral) else 0


class Scorers(NamedTuple):
    """Scorers by the name of their metric, which is "score" for a single one."""

    of_folds: dict[str, Scorer]  # warm, on the rows that a fold asks for
    of_all_rows: dict[str, Scorer]


def read_scorers(search: Any, splitter: Any, kind: str, n_context: int) -> Scorers:
    """The scorers of the folds and of whole test sets."""
    scoring = search.scoring
    if isinstance(scoring, list | tuple | set):
        named: Mapping[str, Any] = {name: name for name in scoring}
    else:
        named = scoring if isinstance(scoring, Mapping) else {"score": scoring}
    wanted = (
        "None, a name of sklearn.metrics.get_scorer_names(), a scorer, a list of names, or a dict of names or scorers"
    )
    if not named or not all(isinstance(name, str) for name in named):
        raise Parameters(search).error("scoring", wanted)
    for entry in named.values():
        if not (entry is None or callable(entry) or (isinstance(entry, str) and is_name(entry))):
            raise Parameters(search).error("scoring", wanted)
    pairs = {name: _scorers(entry, search.estimator, splitter, kind, n_context) for name, entry in named.items()}
    return Scorers(*({name: pair[which] for name, pair in pairs.items()} for which in range(2)))


def _scorers(
    entry: Any, estimator: Any, splitter: Any, kind: str, n_context: int
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The scorer of the folds, and that of all rows."""
    if isinstance(entry, SequenceScorer):
        return entry, entry
    if callable(entry):
        check_scoring(scoring=entry)  # refuses a metric that is no scorer
    if isinstance(splitter, RollingOrigins):
        if forecaster_in(estimator) is None:
            raise parameter_error("ReservoirSearchCV", "cv", "another for a model that is no forecaster", splitter)
        return splitter.scorer(entry), splitter.scorer(entry)
    if forecaster_in(estimator) is not None:
        return ForecastScorer(entry, getattr(splitter, "warmup", n_context)), ForecastScorer(entry, None)
    if isinstance(entry, str) and entry in FORECAST_NAMES:
        raise parameter_error("ReservoirSearchCV", "scoring", f"another: {entry!r} scores forecasters", entry)
    supervised = is_classifier(estimator) or is_regressor(estimator)
    if supervised and hasattr(splitter, "scorer"):
        return splitter.scorer(entry), sequence_scorer(entry)
    as_it_is = not supervised or kind == "series" or entry is None
    return (check_scoring(estimator, entry) if as_it_is else sequence_scorer(entry),) * 2


def warn_of_overlap(splits: list[tuple[np.ndarray, np.ndarray]], scorers: dict[str, Scorer]) -> None:
    """Say so where rows that a fold has learnt from are scored, as the warm-up is when its splitter was lost."""
    told = all(isinstance(scorer, SequenceScorer) and scorer.warmup > 0 for scorer in scorers.values())
    if not told and any(np.isin(test, train).any() for train, test in splits):
        warnings.warn(
            "Test rows that are training rows too are scored. The splits of a WarmTimeSeriesSplit want its scorer: "
            "give the splitter itself as cv, or scoring=splitter.scorer(...).",
            UserWarning,
            stacklevel=5,
        )
