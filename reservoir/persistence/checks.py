"""What a value in a file must be like: types and shapes, whose lengths go by names.

A check gets a value and the lengths known so far, and says whether it fits. In ``reals("n", "f")`` n and f are the
same numbers wherever they stand in one part; ``"k?"`` is an axis that may be missing. A part that learns says the
same in plain text, in its attribute `learned`, so that it need not know this room: ``"optional number or reals (k)"``,
and a dictionary for a dictionary. `check_of` reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from reservoir.distributions import is_distribution
from reservoir.estimators import AnyEstimator
from reservoir.topologies import CirculantMatrix, HadamardMatrix

Lengths = dict[str, int]
LABELS = "biufUmM"  # the kinds of arrays that classes may be


class Check(NamedTuple):
    """Whether a value fits, and what it should be."""

    fits: Callable[[Any, Lengths], bool]
    what: str
    optional: bool = False


def optional(check: Check) -> Check:
    """For what may be missing."""
    return check._replace(optional=True)


def either(*checks: Check) -> Check:
    """One of several."""
    what = " or ".join(check.what for check in checks)
    return Check(lambda value, lengths: any(check.fits(value, lengths) for check in checks), what)


def reals(*axes: str) -> Check:
    """An array of float64 or float32."""
    return Check(lambda value, lengths: _fits(value, axes, lengths, "f48"), f"real numbers ({', '.join(axes)})")


def integers(*axes: str) -> Check:
    """An array of int64."""
    return Check(lambda value, lengths: _fits(value, axes, lengths, "i8"), f"integers ({', '.join(axes)})")


def indices(*axes: str) -> Check:
    """An array of int64 or int32."""
    return Check(lambda value, lengths: _fits(value, axes, lengths, "i48"), f"integers ({', '.join(axes)})")


def unsigned(*axes: str) -> Check:
    """An array of uint32."""
    return Check(lambda value, lengths: _fits(value, axes, lengths, "u4"), f"integers ({', '.join(axes)})")


def endings() -> Check:
    """How the indices of tables end: plain texts and numbers."""

    def fits(value: Any, lengths: Lengths) -> bool:
        return type(value) is list and all(one is None or _is_ending(one) for one in value)

    return Check(fits, "a list of ends of indices")


def ending() -> Check:
    """The end of an index, or None."""
    return Check(lambda value, lengths: value is None or _is_ending(value), "the end of an index")


def flags(*axes: str) -> Check:
    """An array of booleans."""
    return Check(lambda value, lengths: _fits(value, axes, lengths, "b1"), f"booleans ({', '.join(axes)})")


def matrix(axis: str) -> Check:
    """Weights of a reservoir (n, n): dense, compressed sparse rows or structured."""

    def fits(value: Any, lengths: Lengths) -> bool:
        known = isinstance(value, CirculantMatrix | HadamardMatrix)
        if not known and not (sparse.issparse(value) and value.format == "csr"):
            return _fits(value, (axis, axis), lengths, "f48")
        return value.dtype in (np.float64, np.float32) and _same(value.shape, (axis, axis), lengths)

    return Check(fits, f"a matrix of weights ({axis}, {axis})")


def size(axis: str) -> Check:
    """A length that other shapes share, at least 1."""

    def fits(value: Any, lengths: Lengths) -> bool:
        return type(value) is int and value >= 1 and _same((value,), (axis,), lengths)

    return Check(fits, f"the length {axis}")


def names(axis: str) -> Check:
    """An array of texts."""

    def fits(value: Any, lengths: Lengths) -> bool:
        texts = isinstance(value, np.ndarray) and (value.dtype == object or value.dtype.kind == "U")
        return texts and _same(value.shape, (axis,), lengths)

    return Check(fits, f"texts ({axis})")


def labels(axis: str) -> Check:
    """A vector of classes, each once."""

    def fits(value: Any, lengths: Lengths) -> bool:
        good = (
            isinstance(value, np.ndarray) and value.ndim == 1 and (value.dtype == object or value.dtype.kind in LABELS)
        )
        return good and len(np.unique(value)) == len(value) > 0 and _same(value.shape, (axis,), lengths)

    return Check(fits, f"distinct labels ({axis})")


def dtype(*names: str) -> Check:
    """A type of numbers."""
    return Check(lambda value, lengths: isinstance(value, np.dtype) and value.name in names, f"one of {names}")


def word(*words: Any) -> Check:
    """One of some texts, or None where it stands among them."""
    return Check(lambda value, lengths: type(value) in (str, type(None)) and value in words, f"one of {words}")


def part(*methods: str) -> Check:
    """A part with these methods."""

    def fits(value: Any, lengths: Lengths) -> bool:
        return isinstance(value, AnyEstimator) and all(hasattr(value, method) for method in methods)

    return Check(fits, f"a part with {', '.join(methods)}")


def parts(*methods: str) -> Check:
    """A list of such parts, not empty."""
    one = part(*methods)
    fits = lambda value, lengths: type(value) is list and len(value) > 0 and all(one.fits(v, lengths) for v in value)  # noqa: E731
    return Check(fits, f"a list of {one.what}")


def record(*kinds: str) -> Check:
    """A record of one of these classes."""
    return Check(lambda value, lengths: type(value).__name__ in kinds, f"a {' or '.join(kinds)}")


def records(*kinds: str) -> Check:
    """A list of such records."""
    one = record(*kinds)
    return Check(
        lambda value, lengths: type(value) is list and all(one.fits(member, lengths) for member in value),
        f"a list with each {one.what}",
    )


def table(**columns: Check) -> Check:
    """A dictionary with exactly these entries, in this order."""

    def fits(value: Any, lengths: Lengths) -> bool:
        named = type(value) is dict and list(value) == list(columns)
        return named and all(check.fits(value[name], lengths) for name, check in columns.items())

    return Check(fits, f"a dictionary of {', '.join(columns)}")


def named(one: Check) -> Check:
    """A dictionary whose entries all are such."""

    def fits(value: Any, lengths: Lengths) -> bool:
        return type(value) is dict and all(one.fits(member, lengths) for member in value.values())

    return Check(fits, f"a dictionary, each entry {one.what}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def equation_parameter(default: Any) -> Check:
    """What a part that writes equations may get: numbers, distributions, parts, and a word where the default is one.

    Whatever stands in an equation is compiled, so no other text may come from a file. That the word is one of its
    choices the part checks itself, before it writes anything.
    """

    def fits(value: Any, lengths: Lengths) -> bool:
        if isinstance(default, str):
            return type(value) is str and value.isidentifier()
        return _is_numeric(value) or isinstance(value, AnyEstimator) or is_distribution(value)

    return Check(fits, "a word" if isinstance(default, str) else "numbers, a distribution, None or a part")


def _is_numeric(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list | tuple):
        return depth < 3 and all(_is_numeric(one, depth + 1) for one in value)
    plain = isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
    return value is None or plain or isinstance(value, bool | np.bool_) or _is_number(value)


def _is_pair_of_names(value: Any) -> bool:
    return type(value) in (list, tuple) and len(value) == 2 and all(type(one) is str for one in value)


FLAG = Check(lambda value, lengths: type(value) is bool, "True or False")
NUMBER = Check(lambda value, lengths: _is_number(value), "a number")
COUNT = Check(lambda value, lengths: type(value) is int and 0 <= value < 1 << 63, "an integer >= 0")
NUMERIC = Check(lambda value, lengths: _is_numeric(value), "numbers or None")
NAMES = Check(lambda value, lengths: value is None or _is_pair_of_names(value), "two names or None")
LISTED = Check(lambda value, lengths: value is None or type(value) in (np.ndarray, list, tuple), "an array or None")
NONE = Check(lambda value, lengths: value is None, "None")
ANY = Check(lambda value, lengths: True, "anything")
# The words that a part may use for what it has learned.
_WORDS: dict[str, Callable[..., Check]] = {
    **{one.__name__: one for one in (reals, integers, flags, labels, size, part, parts, record, records)},
    **{"flag": lambda: FLAG, "number": lambda: NUMBER, "count": lambda: COUNT, "numeric": lambda: NUMERIC},
    "none": lambda: NONE,
}


def check_of(said: str | dict[str, Any]) -> Check:
    """The check that a text of a part means, or a dictionary of texts."""
    if isinstance(said, dict):
        return table(**{name: check_of(one) for name, one in said.items()})
    if said.startswith("optional "):
        return optional(check_of(said.removeprefix("optional ")))
    checks = []
    for one in said.split(" or "):
        word, _, axes = one.removesuffix(")").partition(" (")
        checks.append(_WORDS[word](*filter(None, axes.split(", "))))
    return checks[0] if len(checks) == 1 else either(*checks)


def _fits(value: Any, axes: tuple[str, ...], lengths: Lengths, types: str) -> bool:
    """Whether this is an array of a type, a letter and its sizes in bytes, with these axes."""
    good = type(value) is np.ndarray and value.dtype.kind == types[0] and str(value.dtype.itemsize) in types[1:]
    return good and value.dtype.isnative and _same(value.shape, axes, lengths)


def _is_ending(value: Any) -> bool:
    if value == {"kind": "rows"}:
        return True
    if type(value) is not dict or set(value) != {"kind", "last", "step", "unit", "zone", "name"}:
        return False
    numbers = value["kind"] == "number"
    kinds: tuple[type, ...] = (int, float) if numbers else (str,)
    return (
        (numbers or value["kind"] in ("time", "span", "period"))
        and all(type(value[name]) in kinds for name in ("last", "step"))
        and all(type(value[name]) in (str, type(None)) for name in ("unit", "zone", "name"))
    )


def _same(shape: tuple[int, ...], axes: tuple[str, ...], lengths: Lengths) -> bool:
    """Whether the lengths of a shape are those known by these names; new ones become known."""
    if axes and axes[0].endswith("?"):
        axes = axes[1:] if len(shape) == len(axes) - 1 else (axes[0][:-1], *axes[1:])
    if len(shape) != len(axes):
        return False
    known = [int(axis) if axis.isdigit() else lengths.setdefault(axis, n) for axis, n in zip(axes, shape, strict=True)]
    return known == list(shape)
