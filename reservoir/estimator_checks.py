"""The data contract as a test: series, stack and ragged list, and what must come out of each.

scikit-learn's own `check_estimator` knows tables of independent rows. `check_sequence_estimator` adds what
holds for time series; an estimator from elsewhere that passes both can stand wherever one from here can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pickle import dumps, loads
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError

_EXTRA_ROWS = (5, 0, 3, 8, 1, 6)  # beyond the shortest sequence
_FORECAST_STEPS = 4


@dataclass(frozen=True)
class Case:
    """One estimator, not fitted, with data that fit it."""

    name: str  # how messages call the estimator
    estimator: Any
    per_step: bool  # whether there is an answer for every step
    ragged: list[np.ndarray]  # arrays (T_i, n_features)
    targets: Any  # list of arrays (T_i,), array (n_sequences,), or None where there are none
    tolerance: float

    @property
    def stack(self) -> Any:
        """The heads of all sequences, (n_sequences, n_rows, n_features)."""
        return np.stack([member[: self._shortest] for member in self.ragged])

    @property
    def stack_targets(self) -> Any:
        """Targets of `stack`, as one array."""
        if self.targets is None or not self.per_step:
            return self.targets
        return np.stack([member[: self._shortest] for member in self.targets])

    @property
    def forecasts(self) -> bool:
        """Whether the answer is a forecast."""
        return hasattr(self.estimator, "forecast")

    def fit(self, X: Any = None, y: Any = None) -> Any:
        """A fresh estimator, fitted on X, or on the ragged list."""
        X, y = (self.ragged, self.targets) if X is None else (X, y)
        return self.fit_again(clone(self.estimator), X, y)

    def fit_again(self, model: Any, X: Any, y: Any) -> Any:
        """`model`, fitted anew."""
        return model.fit(X) if self.targets is None else model.fit(X, y)

    def ask(self, model: Any, X: Any) -> Any:
        """The answer to X: a forecast, predictions or states."""
        if self.forecasts:
            return model.forecast(_FORECAST_STEPS, context=X)
        if hasattr(model, "predict"):
            return model.predict(X)
        return model.transform(X) if hasattr(model, "transform") else model.run(X)[0]

    def answers(self, model: Any, X: Any) -> list[Any]:
        """The answer, one entry per sequence."""
        return _each(X, self.ask(model, X), self.per_step)

    def require(self, kept: bool, what: str) -> None:
        """Raise AssertionError where a part of the contract is not kept."""
        if not kept:
            raise AssertionError(f"{self.name} breaks the data contract: {what}.")

    @property
    def _shortest(self) -> int:
        return min(map(len, self.ragged))


def check_sequence_estimator(
    estimator: Any, *, n_features: int = 2, random_state: int = 0, tolerance: float = 0.0
) -> None:
    """Check that an estimator keeps the data contract for sequences.

    Four kinds of estimator are known: a system (with ``run``), a regressor, a classifier, and a forecaster (with
    ``forecast``). A classifier is checked with a label per step and with a label per sequence, a regressor with a
    target per sequence if it has a parameter ``pooling`` that is not None. The rules: a series, a list of one and a
    stack of one get the same answer; a sequence gets the same bits alone, in a list, in a stack and in any order; the
    container that goes in comes out; rows in are rows out; a run may be cut in two; bad data are refused by ValueError;
    a failed `fit` changes nothing; `clone` and `pickle` work; data are not written to.

    Parameters
    ----------
    estimator : system, regressor, classifier or forecaster
        It is cloned, so it stays as it is. Every parameter ``random_state`` of the clone is set.
    n_features : int >= 1, default 2
        Features of the series it is checked on. Their values lie in [0, 1).
    random_state : int, default 0
        Seed of the data and of the clone.
    tolerance : float >= 0, default 0.0
        Relative difference allowed between one run and the same run in two pieces, for an estimator whose
        arithmetic depends on the number of rows, such as a readout on BLAS. All else is compared bit for bit.
        With a part that says ``piecewise = False``, none is asked for pieces.

    Raises
    ------
    AssertionError
        With the name of the estimator and the rule that it breaks.

    Examples
    --------
    >>> from reservoir import EchoState, ReservoirRegressor
    >>> from reservoir.estimator_checks import check_sequence_estimator
    >>> check_sequence_estimator(EchoState(20))
    >>> check_sequence_estimator(ReservoirRegressor(EchoState(20)), n_features=1)
    """
    for case in _cases(estimator, n_features, random_state, tolerance):
        for check in CHECKS:
            try:
                check(case)
            except AssertionError:
                raise
            except Exception as error:
                what = f"{check.__name__} ended in {type(error).__name__}: {error}"
                raise AssertionError(f"{case.name} breaks the data contract: {what}") from error


def check_methods(case: Case) -> None:
    """A system has `run`; a model has `predict` or `forecast`."""
    asked = [name for name in ("run", "predict", "forecast") if hasattr(case.estimator, name)]
    case.require(bool(asked), "it has none of run, predict and forecast")
    if hasattr(case.estimator, "transform"):
        case.require("run" in asked, "a system with transform must have run(X, state)")


def check_not_fitted(case: Case) -> None:
    """Before `fit` there is no answer."""
    try:
        case.ask(clone(case.estimator), case.ragged)
    except NotFittedError:
        return
    case.require(False, "used before fit it does not raise NotFittedError")


def check_one_series(case: Case) -> None:
    """A series, a list of one and a stack of one get the same answer."""
    model = case.fit()
    for member in case.ragged:
        for name, X in {"list": [member], "stack": member[None]}.items():
            same = _equal(case.answers(model, member), case.answers(model, X))
            case.require(same, f"a series and a {name} of one get different answers")


def check_one_by_one(case: Case) -> None:
    """A sequence in a ragged list gets the bits it gets alone."""
    model = case.fit()
    together = case.answers(model, case.ragged)
    alone = [case.answers(model, [member])[0] for member in case.ragged]
    case.require(_equal(together, alone), "a ragged list and its members one by one get different bits")


def check_list_and_stack(case: Case) -> None:
    """A list of equal lengths gets the bits of the stack."""
    model = case.fit()
    stacked, listed = (case.answers(model, X) for X in (case.stack, list(case.stack)))
    case.require(_equal(stacked, listed), "a stack and the list of its members get different bits")


def check_order(case: Case) -> None:
    """The order of the sequences changes nothing."""
    model = case.fit()
    forwards, backwards = case.answers(model, case.ragged), case.answers(model, case.ragged[::-1])
    case.require(_equal(forwards, backwards[::-1]), "the order of the sequences changes an answer")
    case.require(_equal(forwards, case.answers(model, case.ragged)), "a second call gets another answer")


def check_container(case: Case) -> None:
    """The container that goes in comes out; a tuple and an object array come out as a list."""
    model = case.fit()
    boxed = np.empty(len(case.ragged), dtype=object)
    boxed[:] = case.ragged
    kinds: dict[str, Any] = {"list": case.ragged, "tuple": tuple(case.ragged), "1-D object array": boxed}
    for name, X in kinds.items():
        answer = case.ask(model, X)
        wanted = list if case.per_step else np.ndarray
        case.require(type(answer) is wanted, f"a {name} gets {type(answer).__name__}, not {wanted.__name__}")
        case.require(len(answer) == len(X), f"a {name} of {len(X)} sequences gets {len(answer)} answers")
    answer = case.ask(model, case.stack)
    case.require(isinstance(answer, np.ndarray), f"a stack gets {type(answer).__name__}, not ndarray")
    case.require(len(answer) == len(case.stack), "a stack gets another number of answers")
    if case.per_step:
        series = case.ask(model, case.ragged[0])
        case.require(isinstance(series, np.ndarray), f"a series gets {type(series).__name__}, not ndarray")


def check_rows(case: Case) -> None:
    """Rows in are rows out; a forecast has the rows that were asked for, with the features of the series."""
    if not case.per_step:
        return
    model = case.fit()
    for X in (case.ragged, case.stack):
        for member, answer in zip(X, case.ask(model, X), strict=True):
            rows = _FORECAST_STEPS if case.forecasts else len(member)
            case.require(len(answer) == rows, f"{rows} rows expected, {len(answer)} rows came out")
            columns = answer.shape[1:] == member.shape[1:]
            case.require(columns or not case.forecasts, "a forecast has not the features of the series")


def check_two_pieces(case: Case) -> None:
    """A run in two pieces, the state handed over, is one run; the state handed over is not written to."""
    if case.forecasts or not case.per_step or not hasattr(case.estimator, "run") or not _piecewise(case.estimator):
        return
    model = case.fit()
    heads = [member[: len(member) // 2] for member in case.ragged]
    tails = [member[len(member) // 2 :] for member in case.ragged]
    for whole, head, tail in [(case.ragged[0], heads[0], tails[0]), (case.ragged, heads, tails)]:
        (at_once, end), (first, middle) = model.run(whole), model.run(head)
        second, same_end = model.run(tail, middle)
        pieces = [np.concatenate(pair) for pair in zip(_each(head, first), _each(tail, second), strict=True)]
        what = "a run in two pieces, the state handed over, differs from one run"
        case.require(_close(_each(whole, at_once), pieces, case.tolerance), what)
        case.require(_equal(second, model.run(tail, middle)[0]), "run writes to the state that it gets")
        after, same_after = (_each(tail, model.run(tail, final)[0]) for final in (end, same_end))
        case.require(_close(after, same_after, case.tolerance), f"{what} in its final state")


def check_refusals(case: Case) -> None:
    """Unusable data are refused by ValueError, in `fit` and afterwards."""
    model, first = case.fit(), case.ragged[0]
    twice = np.hstack([first, first])
    bad = {
        "NaN": _spoilt(case.ragged, np.nan),
        "infinity": _spoilt(case.ragged, np.inf),
        "1-D X": first[:, 0],
        "4-D X": first[None, None],
        "an empty list": [],
        "a list with an empty series": [*case.ragged[:-1], first[:0]],
        "a list of 1-D arrays": [member[:, 0] for member in case.ragged],
        "different numbers of features": [*case.ragged[:-1], twice],
    }
    for name, X in bad.items():
        _refuses(case, f"fit does not refuse {name}", partial(case.fit, X, case.targets))
        _refuses(case, f"{name} after fit is not refused", partial(case.ask, model, X))
    for X in (twice, twice[None], [twice]):
        _refuses(case, "a wrong number of features is not refused", partial(case.ask, model, X))


def check_failed_fit(case: Case) -> None:
    """A `fit` that fails leaves the estimator as it was, fitted or not."""
    model = case.fit()
    answer = case.answers(model, case.ragged)
    failing = [(_spoilt(case.ragged, np.nan), case.targets)]
    if case.targets is not None:
        failing.append((case.ragged, case.targets[:-1]))
    for X, y in failing:
        for present in (clone(case.estimator), model):
            before = dict(vars(present))
            _refuses(case, "fit accepts bad data", partial(case.fit_again, present, X, y))
            after = vars(present)
            same = before.keys() == after.keys() and all(after[name] is before[name] for name in before)
            case.require(same, "a failed fit changes the attributes of the estimator")
    case.require(_equal(answer, case.answers(model, case.ragged)), "a failed fit changes the answers")


def check_fit_container(case: Case) -> None:
    """`fit` does not depend on the container."""
    X, y = case.stack, case.stack_targets
    fits = [(X, y)] + [(kind(X), y if y is None else kind(y)) for kind in (list, tuple)]
    answers = [case.answers(case.fit(*data), case.ragged) for data in fits]
    what = "fit depends on the container of the data"
    case.require(all(_equal(answers[0], answer) for answer in answers), what)
    if case.per_step:
        member, target = case.ragged[0], np.zeros(1) if y is None else case.targets[0]
        fits = [(member, target), ([member], [target]), (member[None], target[None])]
        answers = [case.answers(case.fit(*data), case.ragged) for data in fits]
        case.require(all(_equal(answers[0], answer) for answer in answers), what)


def check_clone(case: Case) -> None:
    """`clone` drops what was learnt."""
    same = vars(clone(case.fit())).keys() == vars(case.estimator).keys()
    case.require(same, "clone keeps fitted attributes")


def check_pickle(case: Case) -> None:
    """A pickled copy answers with the same bits."""
    model = case.fit()
    copy = loads(dumps(model))
    same = _equal(case.answers(model, case.ragged), case.answers(copy, case.ragged))
    case.require(same, "a pickled copy gives other answers")


def check_data_unchanged(case: Case) -> None:
    """Data are not written to, not even where they are writeable."""
    for X, y in [(case.stack, case.stack_targets), (case.ragged, case.targets)]:
        data = [*X] if y is None else [*X, *y]
        before = [np.array(member) for member in data]
        case.ask(case.fit(X, y), X)
        case.require(_equal(before, data), "fit or the call after it writes to the data")


def check_forecast_after_fit(case: Case) -> None:
    """A forecast without a context continues the series of `fit`."""
    if case.forecasts:
        for X in (case.ragged, case.stack, case.ragged[0]):
            model = case.fit(X)
            answer, same = model.forecast(_FORECAST_STEPS), model.forecast(_FORECAST_STEPS, context=X)
            what = "forecast(n) differs from forecast(n, context=training series)"
            case.require(type(answer) is type(same) and _equal(answer, same), what)


CHECKS: tuple[Callable[[Case], None], ...] = (
    check_methods,
    check_data_unchanged,  # before another check could hide a write
    check_not_fitted,
    check_one_series,
    check_one_by_one,
    check_list_and_stack,
    check_order,
    check_container,
    check_rows,
    check_two_pieces,
    check_refusals,
    check_failed_fit,
    check_fit_container,
    check_clone,
    check_pickle,
    check_forecast_after_fit,
)


def _cases(estimator: Any, n_features: int, random_state: int, tolerance: float) -> Iterable[Case]:
    """The estimator, seeded, with each kind of target that it takes."""
    seeded = clone(estimator)
    seeds = {name: random_state for name in seeded.get_params() if name.split("__")[-1] == "random_state"}
    seeded.set_params(**seeds)
    rng = np.random.default_rng(random_state)
    given = [getattr(estimator, name, 0) for name in ("washout", "lags")]
    shortest = 8 + sum(int(rows) for rows in given if not isinstance(rows, str))
    ragged = [rng.uniform(size=(shortest + extra, n_features)) for extra in _EXTRA_ROWS]
    name = type(estimator).__name__
    if is_classifier(estimator):
        steps = [np.resize(["a", "b", "c"], len(member)) for member in ragged]
        yield Case(f"{name} (a label per step)", seeded, True, ragged, steps, tolerance)
        labels = np.resize(["a", "b", "c"], len(ragged))
        yield Case(f"{name} (a label per sequence)", seeded, False, ragged, labels, tolerance)
    elif is_regressor(estimator) and getattr(estimator, "pooling", None) is not None:
        yield Case(f"{name} (a target per sequence)", seeded, False, ragged, rng.uniform(size=6), tolerance)
    else:
        values = [rng.uniform(size=len(member)) for member in ragged] if is_regressor(estimator) else None
        yield Case(name, seeded, True, ragged, values, tolerance)


def _each(X: Any, answer: Any, per_step: bool = True) -> list[Any]:
    """The answer for X, one entry per sequence."""
    return [answer] if per_step and isinstance(X, np.ndarray) and X.ndim == 2 else list(answer)


def _equal(one: Iterable[Any], other: Iterable[Any]) -> bool:
    """Whether all members have the same type, shape and bits."""
    return all(_same_bits(a, b) for a, b in zip(map(np.asarray, one), map(np.asarray, other), strict=True))


def _same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return bool((a == b).all()) if a.dtype == object else a.tobytes() == b.tobytes()


def _close(one: list[Any], other: list[Any], tolerance: float) -> bool:
    """Whether all members are equal, numbers within the tolerance times the largest."""
    if tolerance == 0 or one[0].dtype.kind not in "fc":
        return _equal(one, other)
    largest = max(np.abs(member).max() for member in one)
    return all(np.abs(a - b).max() <= tolerance * largest for a, b in zip(one, other, strict=True))


def _piecewise(estimator: Any) -> bool:
    return all(getattr(part, "piecewise", True) for part in (estimator, *estimator.get_params().values()))


def _spoilt(members: list[np.ndarray], value: float) -> list[np.ndarray]:
    """The sequences with one value in the second replaced."""
    spoilt = [member.copy() for member in members]
    spoilt[1][2, 0] = value
    return spoilt


def _refuses(case: Case, what: str, call: Callable[[], Any]) -> None:
    try:
        call()
    except ValueError:
        return
    except Exception as error:
        case.require(False, f"{what} by ValueError but by {type(error).__name__}: {error}")
    case.require(False, what)
