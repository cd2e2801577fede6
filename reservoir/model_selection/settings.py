"""The settings of a search as its parts take them: candidates, splits and scorers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import KFold, ParameterGrid, ParameterSampler, StratifiedKFold, check_cv

from reservoir.model_selection.scorer import sequence_scorer
from reservoir.model_selection.splits import WarmTimeSeriesSplit
from reservoir.parts import Splitter
from reservoir.sequences import n_dimensions
from reservoir.validation import Parameters

_N_SPLITS = 5


def read_candidates(search: Any) -> list[dict[str, Any]]:
    """All points of a grid, or so many random ones."""
    p, distributions, random_state = Parameters(search), search.param_distributions, search.random_state
    if search.n_iter is not None:
        p.integer("n_iter", 1)
    if isinstance(random_state, np.random.Generator | np.random.SeedSequence):
        random_state = int(p.generator().integers(2**32))
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


def read_splitter(search: Any, kind: str, y: Any) -> Any:
    """The splitter; a number of folds means one that suits the container."""
    p, cv, estimator = Parameters(search), search.cv, search.estimator
    if cv is not None and (not isinstance(cv, int | np.integer) or isinstance(cv, bool)):
        try:
            return check_cv(cv)
        except ValueError as error:
            raise p.error("cv", "None, a number of folds, a splitter or an iterable of splits") from error
    n_splits = _N_SPLITS if cv is None else p.integer("cv", 2)
    if kind == "series":
        forecasts = hasattr(estimator, "forecast")
        return WarmTimeSeriesSplit(n_splits, warmup=max(estimator.washout, 1) if forecasts else 100)
    labels = is_classifier(estimator) and y is not None and not any(map(n_dimensions, y))
    return StratifiedKFold(n_splits) if labels else KFold(n_splits)


def read_scorers(search: Any, splitter: Splitter, kind: str) -> dict[str, Callable[..., Any]]:
    """Scorers by the name of their metric, which is "score" for a single one."""
    scoring = search.scoring
    if isinstance(scoring, list | tuple | set):
        named: Mapping[str, Any] = {name: name for name in scoring}
    else:
        named = scoring if isinstance(scoring, Mapping) else {"score": scoring}
    wanted = "None, a name of sklearn.metrics.get_scorer_names(), a scorer, or a list or dict of these"
    if not named or not all(isinstance(name, str) for name in named):
        raise Parameters(search).error("scoring", wanted)
    for entry in named.values():
        if not (entry is None or callable(entry) or (isinstance(entry, str) and entry in get_scorer_names())):
            raise Parameters(search).error("scoring", wanted)
    return {name: _scorer(entry, search.estimator, splitter, kind) for name, entry in named.items()}


def _scorer(entry: Any, estimator: Any, splitter: Any, kind: str) -> Callable[..., Any]:
    if callable(entry):
        return check_scoring(estimator, entry)
    if entry is None and not (is_classifier(estimator) or is_regressor(estimator)):
        return check_scoring(estimator)
    if hasattr(splitter, "scorer"):
        return splitter.scorer(entry)
    return check_scoring(estimator, entry) if entry is None or kind == "series" else sequence_scorer(entry)
