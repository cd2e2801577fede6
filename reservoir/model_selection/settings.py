"""The settings of a search as its parts take them: candidates, splits, scorers and seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import KFold, ParameterGrid, ParameterSampler, StratifiedKFold, check_cv

from reservoir.model_selection.problem import seed_names
from reservoir.model_selection.scorer import sequence_scorer
from reservoir.model_selection.splits import WarmTimeSeriesSplit
from reservoir.sequences import n_dimensions
from reservoir.validation import as_generator, check_integer, parameter_error

_N_SPLITS = 5


def read_candidates(owner: str, distributions: Any, n_iter: int | None, random_state: Any) -> list[dict]:
    """All points of a grid, or so many random ones."""
    if n_iter is not None:
        check_integer(owner, "n_iter", n_iter, 1)
    if isinstance(random_state, np.random.Generator | np.random.SeedSequence):
        random_state = int(as_generator(owner, random_state).integers(2**32))
    try:
        if n_iter is None:
            candidates = list(ParameterGrid(distributions))
        else:
            candidates = list(ParameterSampler(distributions, n_iter, random_state=random_state))
    except (TypeError, ValueError) as error:
        wanted = f"a dict of names and values, or a list of such dicts ({error})"
        raise parameter_error(owner, "param_distributions", wanted, distributions) from error
    if not candidates:
        raise parameter_error(owner, "param_distributions", "at least one candidate", distributions)
    return candidates


def read_splitter(owner: str, cv: Any, kind: str, estimator: Any, y: Any) -> Any:
    """The splitter; a number of folds means one that suits the container."""
    if cv is not None and (not isinstance(cv, int | np.integer) or isinstance(cv, bool)):
        try:
            return check_cv(cv)
        except ValueError as error:
            wanted = "None, a number of folds, a splitter or an iterable of splits"
            raise parameter_error(owner, "cv", wanted, cv) from error
    n_splits = _N_SPLITS if cv is None else check_integer(owner, "cv", cv, 2)
    if kind == "series":
        forecasts = hasattr(estimator, "forecast")
        return WarmTimeSeriesSplit(n_splits, warmup=max(estimator.washout, 1) if forecasts else 100)
    labels = is_classifier(estimator) and y is not None and not any(map(n_dimensions, y))
    return StratifiedKFold(n_splits) if labels else KFold(n_splits)


def read_scorers(owner: str, scoring: Any, estimator: Any, splitter: Any, kind: str) -> dict[str, Callable]:
    """Scorers by the name of their metric, which is "score" for a single one."""
    if isinstance(scoring, list | tuple | set):
        named: Mapping = {name: name for name in scoring}
    else:
        named = scoring if isinstance(scoring, Mapping) else {"score": scoring}
    wanted = "None, a name of sklearn.metrics.get_scorer_names(), a scorer, or a list or dict of these"
    if not named or not all(isinstance(name, str) for name in named):
        raise parameter_error(owner, "scoring", wanted, scoring)
    for entry in named.values():
        if not (entry is None or callable(entry) or (isinstance(entry, str) and entry in get_scorer_names())):
            raise parameter_error(owner, "scoring", wanted, scoring)
    return {name: _scorer(entry, estimator, splitter, kind) for name, entry in named.items()}


def _scorer(entry: Any, estimator: Any, splitter: Any, kind: str) -> Callable:
    if callable(entry):
        return check_scoring(estimator, entry)
    if entry is None and not (is_classifier(estimator) or is_regressor(estimator)):
        return check_scoring(estimator)
    if hasattr(splitter, "scorer"):
        return splitter.scorer(entry)
    return check_scoring(estimator, entry) if entry is None or kind == "series" else sequence_scorer(entry)


def read_seeds(owner: str, n_seeds: int | None, random_state: Any, estimator: Any, candidates: list[dict]) -> list[int]:
    """Seeds for the reservoir; none where it keeps its own."""
    own = [name for parameters in candidates for name in parameters if name.split("__")[-1] == "random_state"]
    names, present = seed_names(estimator), estimator.get_params()
    if n_seeds is None:
        unseeded = not own and any(present.get(name, 0) is None for name in names)
        n_drawn = 1 if unseeded else 0
    else:
        n_drawn = check_integer(owner, "n_seeds", n_seeds, 1)
        if own or not names:
            why = f"the candidates set {own[0]}" if own else "the estimator has no random_state outside its readout"
            raise parameter_error(owner, "n_seeds", f"None, since {why}", n_seeds)
    return [int(seed) for seed in as_generator(owner, random_state).integers(2**31, size=n_drawn)]
