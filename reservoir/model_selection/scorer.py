"""Scores over the rows of sequences."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from reservoir.model_selection.forecast_scorer import FORECAST_NAMES, ForecastScorer, forecaster_in
from reservoir.sequences import container_kind, n_dimensions, read_sequences, refuse_masked
from reservoir.targets import known_rows
from reservoir.trains import are_spikes
from reservoir.validation import check_integer, parameter_error

_RESPONSES = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def sequence_scorer(scoring: str | Callable[..., Any] | None = None, *, warmup: int = 0) -> Callable[..., Any]:
    """A scorer for series, stacks and lists that drops the first rows of every sequence.

    With predictions p and targets y of sequences i of T_i rows, a metric m scores the rows joined:

        m([y_i(t)], [p_i(t)]),   t = warmup, ..., T_i - 1,   i = 0, 1, ...

    so each step counts once. The model still sees every row; rows whose target is NaN are not scored. Targets of one
    number, vector or label per sequence are passed through uncut.

    Parameters
    ----------
    scoring : None, str or scorer, default None
        A name of `sklearn.metrics.get_scorer_names`, what `make_scorer` made of a metric, or a callable ``(estimator,
        X, y)``, which gets all of X, the scored rows of y, and a model that answers to this X for these rows alone.
        None is "accuracy" for a classifier and "r2" for a regressor.
    warmup : int >= 0, default 0
        Rows at the head of every sequence, of the training part too, that are predicted but not scored. With 0 this is
        the scorer for stacks and lists with a target per step, where the names alone fail.

    Returns
    -------
    callable ``(estimator, X, y)``, which can be pickled if `scoring` can

    Raises
    ------
    ValueError
        For a parameter outside its range. When called: for y that is None or does not fit X, a sequence of no more than
        `warmup` rows, and an estimator that is neither classifier nor regressor with ``scoring=None``.

    Notes
    -----
    The cut goes by `warmup`, not by the `washout` of the model; both work together. y has a target per step where its
    members are at least 1-D and as long as their sequences; a regressor with a `pooling` has one per sequence.

    A forecaster is called without y: the first max(`warmup`, 1) rows of every series are the context of a free forecast
    of the others, whatever its `washout`, and the score is the mean over series. None is its own `score`. A callable
    ``(estimator, X)`` that `make_scorer` has not made is called as it is. Two names are for forecasters alone, with a
    mean over series that one lost forecast does not spoil: "valid_prediction_time", in rows, with errors in deviations
    of the training rows, and "log_mae", minus the decimal logarithm of the mean absolute error in units of the training
    range, from -10 to 10.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import KFold, cross_val_score
    >>> from reservoir import EchoState, ReservoirRegressor
    >>> from reservoir.model_selection import sequence_scorer
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.uniform(-0.5, 0.5, size=(length, 1)) for length in (60, 80, 70, 90)]
    >>> y = [np.roll(x[:, 0], 1) for x in X]  # the input one step ago
    >>> model = ReservoirRegressor(EchoState(30, random_state=0), washout=5)
    >>> scores = cross_val_score(model, X, y, cv=KFold(2), scoring=sequence_scorer("r2", warmup=5))
    >>> bool(scores.min() > 0.99)
    True
    """
    warmup = check_integer("sequence_scorer", "warmup", warmup, 0)
    known = is_name(scoring) if isinstance(scoring, str) else scoring is None or callable(scoring)
    if not known:
        wanted = "None, a name of sklearn.metrics.get_scorer_names() or a scorer (several metrics: a dict of such)"
        raise parameter_error("sequence_scorer", "scoring", wanted, scoring)
    if callable(scoring):
        check_scoring(scoring=scoring)  # refuses a metric that is no scorer
    return SequenceScorer(scoring, warmup)


def is_name(scoring: str) -> bool:
    """Whether it names a score, of scikit-learn or of forecasts alone."""
    return scoring in FORECAST_NAMES or scoring in get_scorer_names()


class SequenceScorer:
    """The callable that `sequence_scorer` returns."""

    def __init__(self, scoring: Any, warmup: int):
        self.scoring = scoring
        self.warmup = warmup
        of_targets = isinstance(scoring, str) and scoring not in FORECAST_NAMES
        self._named = get_scorer(scoring) if of_targets else None

    def __repr__(self) -> str:
        return f"sequence_scorer({self.scoring!r}, warmup={self.warmup})"

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        if y is None:
            if forecaster_in(estimator) is not None:
                return ForecastScorer(self.scoring, self.warmup)(estimator, X)
            raise ValueError("sequence_scorer compares predictions with y, but y is None.")
        if isinstance(self.scoring, str) and self._named is None:
            raise ValueError(f"The score {self.scoring!r} is one of forecasts: it takes a forecaster, and no y.")
        scorer = self._named
        if scorer is None:
            scorer = check_scoring(estimator, _default_scoring(estimator) if self.scoring is None else self.scoring)
        kind, lengths = _kind_and_lengths(estimator, X)
        refuse_masked(y, "y", "sequence_scorer")
        targets = list(y) if isinstance(y, list | tuple) and kind != "series" else np.asarray(y)
        if kind != "series" and not _per_step(estimator, targets, lengths):
            return scorer(estimator, *_with_targets(X, y))
        rows = _Rows(kind, lengths, self.warmup)
        truth = rows.scored(targets, "y")
        if is_classifier(estimator) and truth.ndim == 2 and truth.shape[1] == 1:
            truth = truth[:, 0]
        known = _known(truth)
        truth = _given(truth, known)
        return scorer(_WithoutWarmup(estimator, rows._replace(known=known), X), X, truth)


def _kind_and_lengths(estimator: Any, X: Any) -> tuple[str, list[int]]:
    """The kind of container that X is, and the rows of its sequences; spike trains have those of the estimator."""
    if are_spikes(X) and getattr(estimator, "spike_step", None) is not None:
        sequences = read_sequences(estimator, X, reset=False)
        return sequences.kind, sequences.lengths.tolist()
    kind = container_kind(X, "sequence_scorer")
    return kind, [n_rows_of(member) for member in ([X] if kind == "series" else X)]


class _Rows(NamedTuple):
    """Which rows of sequences are scored: those after the first `warmup` of each."""

    kind: str
    lengths: list[int]
    warmup: int
    known: np.ndarray | None = None  # of the scored rows, those that have a target; None: all

    def scored(self, values: Any, name: str) -> np.ndarray:
        """The scored rows of all sequences, joined; `values` has one entry per row, in the container of X."""
        members = [np.asarray(member) for member in ([values] if self.kind == "series" else values)]
        if len(members) != len(self.lengths):
            raise ValueError(
                f"{name} must have one member per sequence. Got {len(members)} for {len(self.lengths)} sequences."
            )
        for index, (member, length) in enumerate(zip(members, self.lengths, strict=True)):
            which = "" if self.kind == "series" else f" of sequence {index}"
            if member.ndim == 0 or len(member) != length:
                got = f"shape {member.shape} for {length} rows"
                raise ValueError(f"{name}{which} must have one entry for every row of X. Got {got}.")
            if length <= self.warmup:
                raise ValueError(
                    f"X{which} has {length} row(s), but sequence_scorer with warmup={self.warmup} needs at least "
                    f"{self.warmup + 1}."
                )
        rows = np.concatenate([member[self.warmup :] for member in members])
        return rows if self.known is None else rows[self.known]


class _WithoutWarmup:
    """A fitted estimator as a scorer sees it: its answers to this X are the scored rows, joined."""

    def __init__(self, estimator: Any, rows: _Rows, X: Any):
        self._estimator, self._rows, self._X = estimator, rows, X

    def __sklearn_tags__(self) -> Any:
        return get_tags(self._estimator)

    def __sklearn_is_fitted__(self) -> bool:
        check_is_fitted(self._estimator)
        return True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "score":  # `score` would not know of the cut
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        attribute = getattr(self._estimator, name)
        if name not in _RESPONSES:
            return attribute

        @functools.wraps(attribute)  # scikit-learn reads its name
        def answer(X: Any) -> Any:
            found = attribute(X)
            return self._rows.scored(found, f"The answer of {name}") if X is self._X else found

        return answer


def _with_targets(X: Any, y: Any) -> tuple[Any, Any]:
    """The sequences that have a target, and their targets."""
    targets = np.array(y, dtype=object) if isinstance(y, list | tuple) else np.asarray(y)
    known = _known(targets)
    if known.all():
        return X, y
    kept = np.flatnonzero(known)
    return X[kept] if hasattr(X, "shape") else [X[index] for index in kept], _given(targets, known)


def _known(targets: np.ndarray) -> np.ndarray:
    known = known_rows(targets)
    if not known.any():
        raise ValueError("sequence_scorer finds no target in what is scored: all of y is NaN there.")
    return known


def _given(targets: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The known targets, in a type of their own where None stood beside them."""
    return np.array(targets[known].tolist()) if targets.dtype == object else targets[known]


def _default_scoring(estimator: Any) -> str:
    if is_classifier(estimator):
        return "accuracy"
    if is_regressor(estimator):
        return "r2"
    raise ValueError(
        f"sequence_scorer has no default scoring for {type(estimator).__name__}, which is neither a classifier nor a "
        "regressor: name one, or leave scoring out to use its own score."
    )


def _per_step(estimator: Any, targets: Any, lengths: list[int]) -> bool:
    """Whether targets of a stack or list hold one entry per step."""
    last = _innermost(estimator)
    if is_regressor(last) and getattr(last, "pooling", None) is not None:
        return False
    found = [n_rows_of(member) if n_dimensions(member) else None for member in targets]
    if None in found or len(found) != len(lengths):
        return False
    # Vectors of one length, which is not that of the sequences, are one target per sequence.
    return found == lengths or len(set(found)) > 1


def _innermost(estimator: Any) -> Any:
    """The model that a pipeline ends in, a search has found, or a regressor of transformed targets holds."""
    held = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    held = getattr(held, "best_estimator_", getattr(held, "regressor_", held))
    return held if held is estimator else _innermost(held)


def n_rows_of(member: Any) -> int:
    """Rows of a series, or entries of a container."""
    return member.shape[0] if hasattr(member, "shape") else len(member)
