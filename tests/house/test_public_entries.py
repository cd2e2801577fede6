"""Whatever is given to a public name, it answers finite numbers or says in words what is wrong.

Arguments and data are drawn from all that people pass by mistake. Nothing else than an error that is raised on purpose
may come out, and an object whose `fit` fails stays as it was.
"""

import contextlib
import inspect
import linecache
import signal
import traceback
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags

import reservoir
import spiking
from reservoir import EchoState
from reservoir.models import DivergenceWarning
from tests.house.entries import Entry, object_of
from tests.house.exports import modules
from tests.house.public_entries import ALSO_PUBLIC, ENTRIES, NOT_CALLED

OURS = tuple(str(Path(package.__file__).parent) for package in (reservoir, spiking))
SCIKIT_LEARN = str(Path(sklearn.__file__).parent)
# Where they say nothing of a unit, as their docstrings have it.
SAYS_NAN = {f"reservoir.spikes.{name}" for name in ("fano_factors", "interval_variation", "spike_correlations")}
WITH_DATA = [name for name in ENTRIES if ENTRIES[name].X is not None]


def exports():
    """The full name of everything public, by the shortest way to it."""
    found = {}
    for module in modules():
        for name in getattr(module, "__all__", ()):
            found.setdefault(id(getattr(module, name)), f"{module.__name__}.{name}")
    return sorted([*found.values(), *ALSO_PUBLIC])


def test_every_export_has_an_entry():
    missing = [name for name in exports() if name not in ENTRIES and name not in NOT_CALLED]
    lines = "\n".join(f'    "{name}": function(...),' for name in missing)
    assert not missing, f"add to ENTRIES, or the names to NOT_CALLED, of tests/house/public_entries.py:\n{lines}"


# What may come out


def on_purpose(error):
    """Whether an error was raised by a statement of ours, not by accident, or anyhow in scikit-learn."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next(frame for frame in reversed(frames) if frame.filename.endswith(".py"))  # and not that of an extension
    line = linecache.getline(last.filename, last.lineno).strip()
    ours = last.filename.startswith(OURS) and line.startswith("raise")
    return (ours or last.filename.startswith(SCIKIT_LEARN)) and len(str(error)) > 10


@contextlib.contextmanager
def within(seconds):
    """Raise TimeoutError where it takes more processor time; kernels give way after half a second."""

    def stop(*_):
        raise TimeoutError(f"more than {seconds} s")

    if not hasattr(signal, "SIGPROF"):
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def answers(entry: Entry, name, arguments, X, y):
    """Finite numbers, or None where an error was raised on purpose; anything else fails."""
    made, stage, before = None, "made", {}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            with within(120):  # the first call of a machine compiles
                made = entry.called(name)(**arguments)
                if entry.fit is not None:
                    stage, before = "fit", dict(vars(made))
                    entry.fit(made, X, y)
                stage, before = "ask", dict(getattr(made, "__dict__", {}))
                found = entry.ask(made, X)
        except (ValueError, TypeError) as error:
            assert on_purpose(error), f"in {stage}: {''.join(traceback.format_exception(error)[-6:])}"
            after = getattr(made, "__dict__", {})
            assert stage == "made" or after.keys() == before.keys(), "an error changes the attributes"
            assert stage == "made" or all(after[key] is before[key] for key in before), "an error changes the object"
            found = None
        except FileNotFoundError:
            found = None
    strange = [one for one in said if not issubclass(one.category, UserWarning | DivergenceWarning)]
    assert not strange, f"{strange[0].category.__name__}: {strange[0].message} ({strange[0].filename})"
    if found is not None and not any(issubclass(one.category, DivergenceWarning) for one in said):
        keeps_gaps = isinstance(made, BaseEstimator) and get_tags(made).input_tags.allow_nan
        odd = np.isinf if keeps_gaps or name in SAYS_NAN else lambda array: ~np.isfinite(array)
        assert not any(odd(array).any() for array in found if array.dtype.kind in "fc"), "an answer is not finite"
    return found


@pytest.mark.parametrize("name", ENTRIES)
def test_the_entry_itself_answers(name):
    """Also in programs where NumPy raises what it else lets pass."""
    entry = ENTRIES[name]
    with np.errstate(all="raise"):
        assert answers(entry, name, entry.arguments, entry.X, entry.y) is not None


# Any arguments

NUMBERS = [-np.inf, -1e200, -1.5, -1, -1e-200, 0, 0.0, 1e-200, 1e-3, 0.5, 1, 1.0, 1.5, 2, 3, 7, 1e200, np.inf, np.nan]
ODD = [
    *(None, True, False, "", "a", "mean", b"a", 1j, pd.NA, np.datetime64("2000-01-01"), {}, [], ()),
    *([1.0], (0.5, 1.0), (1, 2, 3), ["a"], [None], [[1.0], [1.0, 2.0]], {"a": 1}, {1: 2}, range(3), np.zeros(0)),
    *(np.ones(3), np.eye(2), np.full(6, np.nan), np.zeros((1, 1, 1)), np.array("a"), np.array(0.5), np.ma.masked),
    *(np.float32(0.5), np.int8(1), np.bool_(True), np.array([1, None]), sparse.csr_array(np.eye(6)), object, EchoState),
    *(EchoState(3), float("nan"), pd.Series([1.0]), pd.DataFrame({"a": [1.0]}), ..., slice(3)),
]  # fmt: skip


def changed(number):
    """Numbers about a default: the size of a parameter with a unit is no accident."""
    factors = st.sampled_from([-1, 0, 0.1, 0.5, 2, 10])
    return factors.map(lambda factor: type(number)(number * factor))


def parameters(name):
    """A strategy of arguments: those of the entry, of which one or two are replaced by anything."""
    entry = ENTRIES[name]
    signature = inspect.signature(object_of(name)).parameters
    free = [one for one in signature if one not in entry.fixed]

    def other(one):
        value = entry.arguments.get(one, signature[one].default)
        plain = isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
        anything = st.sampled_from([*NUMBERS, *ODD])
        return changed(value) | anything if plain else anything

    some = st.lists(st.sampled_from(free), min_size=1, max_size=2, unique=True) if free else st.just([])
    new = some.flatmap(lambda names: st.fixed_dictionaries({one: other(one) for one in names}))
    return new.map(lambda arguments: entry.arguments | arguments)


def draws(data, name, n_examples):
    """A property of one entry, over as many examples."""
    profile = settings(max_examples=n_examples, suppress_health_check=list(HealthCheck), print_blob=False)
    return lambda test: profile(given(data(name))(test))()


def examples(name):
    """As many as the profile says; of what is slow a tenth in the short one, and 200 in the long one."""
    usual = settings().max_examples
    if not ENTRIES[name].slow:
        return usual
    return usual // 10 if usual < 200 else 200


@pytest.mark.parametrize("name", ENTRIES)
def test_any_arguments(name):
    entry = ENTRIES[name]

    @draws(parameters, name, examples(name))
    def check(arguments):
        answers(entry, name, arguments, entry.X, entry.y)


# Any data


def stored(X):
    """The same numbers, stored in another way."""
    wide = np.repeat(X, 2, axis=0)
    frozen = X.copy()
    frozen.flags.writeable = False
    yield from (X.tolist(), np.asfortranarray(X), X[::-1].copy()[::-1], wide[::2], frozen, X.astype(object))
    yield from (
        X.astype(">f8"),
        np.ma.masked_array(X),
        X.astype("float32"),
        X.astype("float16"),
        X.astype("longdouble"),
    )
    yield from (X > 0.5, (9 * X).astype("uint8"), (9 * X).astype(">i2"), (9 * X).astype("int64"), [*X])
    if X.ndim == 2:
        yield from (pd.DataFrame(X), pd.DataFrame(X).convert_dtypes(), sparse.csr_array(X))


def spoilt(X):
    """Data with one thing that does not belong there."""
    for value in (np.nan, np.inf, -np.inf, 1e200, -1e200, 1e-200, 1e100, 5e-324, None, pd.NA, "a", 1j, b"1", [1, 2]):
        other = X.astype(object if not isinstance(value, float) else float)
        other[(len(X) // 2,) + (0,) * (X.ndim - 1)] = value
        yield other
    yield from (X * 1e-200, X * 1e100, X * 0, X * 0 + 3e5, X + 1j, np.ma.masked_array(X, mask=X > 0.9))


def misshapen(X):
    yield from (X[:0], X[..., :0], X[:1], X[..., :1], X[:2], X[0], X[None], X[None, None], X.ravel(), X.ravel()[0])
    yield from (None, "a", 3, {}, [], [[]], (), {"a": X}, iter(X), [X], [X, X[:1]], [X, X[:0]], [X, None], (X, X.T))
    yield from (np.zeros((2, 3)), np.zeros((3, 2, 2)), X.astype("datetime64[s]"), X.astype("S3"), object())


def variants(X):
    """All of these, of data of numbers; or what becomes of labels."""
    X = np.asarray(X)
    if X.dtype.kind in "fiub":
        return [*stored(X.astype(float)), *spoilt(X.astype(float)), *misshapen(X.astype(float))]
    return [X, list(X), X.astype(object), X[:-1], X[:0], X[:1].repeat(len(X)), None, "a", X[None], [*X[1:], None]]


def anything_like(X):
    kinds = variants(X)
    known = st.sampled_from(range(len(kinds))).map(kinds.__getitem__)
    if np.asarray(X).dtype.kind not in "fiub":
        return known
    small = st.integers(1, len(X)).map(lambda n: X[:n])
    return known | small | st.floats(-1e100, 1e100).map(lambda factor: X * factor)


def inputs(name):
    entry = ENTRIES[name]
    X, y = anything_like(entry.X), st.just(entry.y)
    if entry.y is None:
        return st.tuples(X, y)
    other = anything_like(entry.y)
    return st.tuples(X, y) | st.tuples(st.just(entry.X), other) | st.tuples(X, other)


@pytest.mark.parametrize("name", WITH_DATA)
def test_any_data(name):
    entry = ENTRIES[name]

    @draws(inputs, name, examples(name))
    def check(data):
        answers(entry, name, entry.arguments, *data)


@pytest.mark.parametrize("name", [name for name in WITH_DATA if not ENTRIES[name].slow])
def test_every_kind_of_data(name):
    """One after the other, X or y."""
    entry = ENTRIES[name]
    cases = [(X, entry.y) for X in variants(entry.X)]
    cases += [(entry.X, y) for y in variants(entry.y)] if entry.y is not None else []
    for X, y in cases:
        answers(entry, name, entry.arguments, X, y)
