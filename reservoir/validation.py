"""The one error shape: what a parameter must be, and what was given instead.

Every message about a parameter reads
``The 'leak' parameter of EchoState must be in (0, 1]. Got 1.5.``
"""

from __future__ import annotations

import functools
import math
import numbers
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard, TypeVar

import numpy as np
from sklearn.exceptions import NotFittedError

from reservoir.quantities import UNITS, doubt, is_quantity, magnitude, measured_in
from reservoir.trainers import begin_training, end_training, this_thread

_Method = TypeVar("_Method", bound=Callable[..., Any])
_FLOAT_TYPES = ("float64", "float32", np.float64, np.float32)
_SOURCES = (np.random.Generator, np.random.RandomState)
_BRACKETS = {"both": "[]", "left": "[)", "right": "(]", "neither": "()"}
_MOST_SHOWN, _LONGEST_TEXT = 50, 400  # values of an array, and characters, that an error shows
_FEW_NUMBERS = 10_000  # of which BLAS takes a product in one thread

LARGEST = 1e100
"""Bound on the magnitude of data: its square and the sums of squares stay finite in float64."""


class InvalidParameterError(ValueError, TypeError):
    """A parameter outside its legal set; both a ValueError and a TypeError, as in scikit-learn."""


def parameter_error(owner: str, name: str, requirement: str, value: Any) -> InvalidParameterError:
    """Error in the fixed shape, to be raised by the caller."""
    return InvalidParameterError(f"The '{name}' parameter of {owner} must be {requirement}. Got {_shown(value)}.")


def is_masked(value: Any) -> bool:
    """Whether an array, or one in a list, has masked values, whose numbers NumPy would use all the same."""
    if isinstance(value, np.ma.MaskedArray):
        return bool(np.ma.is_masked(value))
    nested = isinstance(value, list | tuple) and len(value) > 0 and isinstance(value[0], list | tuple | np.ndarray)
    return nested and any(map(is_masked, value))


def is_plain(value: Any) -> TypeGuard[np.ndarray]:
    """Whether a value is an array in which there is nothing to convert and nothing wrong.

    That is no subclass, in float64 and C order, whose numbers are finite and at most `LARGEST`. Most data are such, and
    what else reads them takes ten times as long for a row.
    """
    if type(value) is not np.ndarray or value.dtype != np.float64 or not value.flags.c_contiguous:
        return False
    if value.size <= _FEW_NUMBERS:
        return bool(np.vdot(value, value) <= LARGEST**2)
    return bool(max(value.max(), -value.min()) <= LARGEST)


def check_integer(owner: str, name: str, value: Any, low: int | None = None, high: int | None = None) -> int:
    """The value as int if it is an integer in [low, high]; booleans are refused."""
    whole = type(value) is int or (isinstance(value, numbers.Integral) and not isinstance(value, (bool, np.bool_)))
    if not whole or not _inside(value, low, high, "both"):
        raise parameter_error(owner, name, "an integer" + _range_text(low, high, "both"), value)
    return int(value)


def check_path(owner: str, name: str, value: Any) -> str:
    """A path as text; the empty one, which names nothing, is refused."""
    try:
        text = os.fsdecode(value)
    except TypeError:
        text = ""
    if not text or "\0" in text:
        raise parameter_error(owner, name, "a path", value)
    return text


def check_real(
    owner: str,
    name: str,
    value: Any,
    low: float | None = None,
    high: float | None = None,
    *,
    closed: str = "both",
    unit: str | None = None,
) -> float:
    """The value as float if it is a finite real number in the interval, or with a `unit` such a quantity."""
    if unit is None and type(value) in (int, float) and abs(value) <= LARGEST and _inside(value, low, high, closed):
        return float(value)
    number = bare(owner, name, value, unit)
    real = isinstance(number, numbers.Real) and not isinstance(number, (bool, np.bool_))
    if not real or not np.isfinite(float(number)) or not _inside(number, low, high, closed):
        requirement = ("a number" + _range_text(low, high, closed)) if high is None else _interval(low, high, closed)
        raise parameter_error(owner, name, requirement, value)
    doubt(owner, name, value, unit)
    return float(number)


def without_unit(owner: str, name: str, value: Any, unit: str | None) -> Any:
    """See `bare`; implausible numbers are doubted."""
    doubt(owner, name, value, unit)
    return bare(owner, name, value, unit)


def bare(owner: str, name: str, value: Any, unit: str | None) -> Any:
    """A quantity of this unit as SI number or plain array, or a list with such; what is no quantity as it is."""
    if not is_quantity(value):
        return value
    if unit is None or not measured_in(value, unit):
        wanted = "a number without a unit" if unit is None else f"a number or a quantity of {UNITS[unit][0]}"
        raise parameter_error(owner, name, wanted, value)
    return magnitude(value)


def check_choice(owner: str, name: str, value: Any, choices: Sequence[Any]) -> Any:
    """The value if it is one of the choices."""
    if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
        raise parameter_error(owner, name, "one of " + ", ".join(map(repr, choices)), value)
    return value


def check_flag(owner: str, name: str, value: Any) -> bool:
    """The value as bool if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise parameter_error(owner, name, "True or False", value)
    return bool(value)


def is_function(value: Any) -> bool:
    """Whether it can be called with numbers: a class could be too, and makes an object of them."""
    return callable(value) and not isinstance(value, type)


def real_array(value: Any) -> np.ndarray | None:
    """The value as a new float64 array, or None where it holds no plain real numbers; quantities in SI units.

    Masked values are none.
    """
    if is_masked(value):
        return None
    try:
        array = np.asarray(value.toarray() if hasattr(value, "toarray") else value)
        return array.astype(np.float64) if array.dtype.kind in "fiub" else None
    except (TypeError, ValueError):  # ragged lists, objects without numbers
        return None


def check_finite_array(owner: str, name: str, value: Any, shape: tuple[int, ...], prefix: str = "") -> np.ndarray:
    """The value as a new float64 array if it is finite, real and of this shape."""
    if is_plain(value) and value.shape == shape:
        return value.copy()
    array = real_array(without_unit(owner, name, value, None))
    if array is None or array.shape != shape or not np.isfinite(array).all():
        raise parameter_error(owner, name, f"{prefix}a finite real array of shape {shape}", value)
    return array


def check_channels(
    owner: str, name: str, value: Any, n_features: int, names: Sequence[str] | np.ndarray | None = None
) -> np.ndarray:
    """The value as indices of channels, given as distinct integers in [0, n_features) or some of their `names`."""
    indices = np.asarray(value if np.size(value) else np.zeros(0, dtype=np.intp))
    wanted = f"distinct column indices in [0, {n_features})"
    if names is not None:
        wanted += f", or distinct names among {list(names)}"
        if indices.ndim == 1 and all(isinstance(one, str) for one in value):
            places = {one: place for place, one in enumerate(names)}
            indices = np.array([places.get(one, -1) for one in value], dtype=np.intp)
    good = not is_masked(value) and indices.ndim == 1 and indices.dtype.kind in "iu"
    good = good and len(set(indices.tolist())) == indices.size
    if not good or (indices.size and not 0 <= indices.min() <= indices.max() < n_features):
        raise parameter_error(owner, name, wanted, value)
    return indices.astype(np.intp)


class Parameters:
    """The parameters of a part, read and checked by their names: ``Parameters(self).real("leak", 0, 1)``."""

    def __init__(self, part: Any):
        self.part = part
        self.owner = type(part).__name__

    def integer(self, name: str, low: int | None = None, high: int | None = None) -> int:
        """See `check_integer`."""
        return check_integer(self.owner, name, getattr(self.part, name), low, high)

    def integer_or(self, name: str, word: str | None, low: int) -> int | str | None:
        """The parameter, which is this word or None, or an integer of at least `low`."""
        value = getattr(self.part, name)
        if value is word if word is None else isinstance(value, str) and value == word:
            return word
        try:
            return self.integer(name, low)
        except ValueError:
            shown = "None" if word is None else f'"{word}"'
            raise self.error(name, f"{shown} or an integer >= {low}") from None

    def real(
        self, name: str, low: float | None = None, high: float | None = None, *, closed: str = "both", unit: str = ""
    ) -> float:
        """See `check_real`."""
        return check_real(self.owner, name, getattr(self.part, name), low, high, closed=closed, unit=unit or None)

    def choice(self, name: str, choices: Sequence[Any]) -> Any:
        """See `check_choice`."""
        return check_choice(self.owner, name, getattr(self.part, name), choices)

    def flag(self, name: str) -> bool:
        """See `check_flag`."""
        return check_flag(self.owner, name, getattr(self.part, name))

    def finite_array(self, name: str, shape: tuple[int, ...], prefix: str = "") -> np.ndarray:
        """See `check_finite_array`."""
        return check_finite_array(self.owner, name, getattr(self.part, name), shape, prefix)

    def float_type(self, name: str) -> np.dtype[Any]:
        """The type of weights and states, float64 or float32, given by its name, its class or itself."""
        value = getattr(self.part, name)
        if not isinstance(value, str | type | np.dtype) or value not in _FLOAT_TYPES:
            raise self.error(name, "'float64' or 'float32'")
        return np.dtype(value)

    def generator(self, name: str = "random_state") -> np.random.Generator:
        """See `as_generator`."""
        return as_generator(self.owner, getattr(self.part, name))

    def error(self, name: str, requirement: str) -> InvalidParameterError:
        """Error in the fixed shape about a parameter of the part, to be raised by the caller."""
        return parameter_error(self.owner, name, requirement, getattr(self.part, name))


def as_generator(owner: str, random_state: Any) -> np.random.Generator:
    """One NumPy Generator for an int, None, Generator, SeedSequence or RandomState.

    The global NumPy seed is neither read nor changed. A Generator or RandomState
    is advanced, so that a second use draws other numbers.
    """
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(0, 2**32, size=4, dtype=np.uint32))
    if random_state is None or isinstance(random_state, np.random.SeedSequence):
        return np.random.default_rng(random_state)
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool) and random_state >= 0:
        return np.random.default_rng(int(random_state))
    requirement = "None, an integer >= 0, a numpy Generator, SeedSequence or RandomState"
    raise parameter_error(owner, "random_state", requirement, random_state)


def unchanged_on_error(method: _Method) -> _Method:
    """Decorator of ``fit`` methods: when they raise, the estimator is as it was before, random numbers included.

    No second thread may train it meanwhile, see `reservoir.trainers`.
    """

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        mine = this_thread()
        try:
            begin_training(self, mine)
            before = dict(self.__dict__)
            sources = [(source, _position(source)) for source in before.values() if isinstance(source, _SOURCES)]
            try:
                return method(self, *args, **kwargs)
            except BaseException:
                self.__dict__.clear()
                self.__dict__.update(before)
                for source, position in sources:
                    _set_position(source, position)
                raise
        finally:
            end_training(self, mine)

    return guarded  # type: ignore[return-value]


def _position(source: np.random.Generator | np.random.RandomState) -> Any:
    """How far a source of random numbers has come."""
    return source.bit_generator.state if isinstance(source, np.random.Generator) else source.get_state()


def _set_position(source: np.random.Generator | np.random.RandomState, position: Any) -> None:
    if isinstance(source, np.random.Generator):
        source.bit_generator.state = position
    else:
        source.set_state(position)


def default_parts_first(
    estimator: Any, params: dict[str, Any], defaults: Mapping[str, Callable[[], Any]]
) -> dict[str, Any]:
    """Parameters for `set_params`, where those of a part that is None, ``reservoir__leak``, have become a part.

    That is the default part with these parameters. Nothing has been set yet where it does not have them.
    """
    left = dict(params)
    for name, make in defaults.items():
        own = [key for key in params if key.startswith(f"{name}__")]
        if own and params.get(name, getattr(estimator, name)) is None:
            left[name] = make().set_params(**{key.removeprefix(f"{name}__"): left.pop(key) for key in own})
    return left


def not_fitted(estimator: Any) -> NotFittedError:
    """scikit-learn's own error for an estimator that is used before ``fit``."""
    name = type(estimator).__name__
    return NotFittedError(f"This {name} instance is not fitted yet. Call 'fit' with appropriate arguments first.")


def check_unweighted(estimator: Any, sample_weight: Any) -> None:
    """Refuse weights where a `score` takes them only since scikit-learn's pipelines hand None on."""
    if sample_weight is not None:
        raise parameter_error(
            type(estimator).__name__, "sample_weight", "None, since its score has no weights", "weights"
        )


def _shown(value: Any) -> str:
    """A value as errors show it: itself where it is short, else what it is."""
    if is_masked(value):
        return "masked values: fill them or leave them out"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and math.prod(shape) > _MOST_SHOWN:
        return f"{type(value).__name__} of shape {shape}"
    text = repr(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


def _inside(value: Any, low: float | None, high: float | None, closed: str) -> bool:
    above = low is None or value > low or (value == low and closed in ("both", "left"))
    below = high is None or value < high or (value == high and closed in ("both", "right"))
    return above and below


def _interval(low: float | None, high: float | None, closed: str) -> str:
    left, right = _BRACKETS[closed][0], _BRACKETS[closed][1]
    return f"in {left if low is not None else '('}{'-inf' if low is None else f'{low:g}'}, {high:g}{right}"


def _range_text(low: float | None, high: float | None, closed: str) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f" {'>=' if closed in ('both', 'left') else '>'} {low:g}"
    return " " + _interval(low, high, closed)
