"""Bad data and bad parameters through every public entry: a clear error, and the object as it was before.

What is no error has a right answer: one row, a constant series, and every way to store the same numbers.
"""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.linear_model import Ridge

from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.models import Segments
from reservoir.readouts import RidgeReadout
from reservoir.topologies import CirculantGraph, Cycle, Random

T, F = 12, 2
RNG = np.random.default_rng(3)
X = RNG.uniform(size=(T, F))
Y = X[:, 0] + 1
SYSTEM = EchoState(20, random_state=0)
MODELS = {
    "EchoState": SYSTEM,
    "RidgeReadout": RidgeReadout(),
    "ReservoirRegressor": ReservoirRegressor(SYSTEM),
    "pooled": ReservoirRegressor(SYSTEM, pooling="mean", washout=2),
    "ReservoirClassifier": ReservoirClassifier(SYSTEM),
    "labels a sequence": ReservoirClassifier(SYSTEM, washout=2),
    "ReservoirForecaster": ReservoirForecaster(SYSTEM, washout=2),
}
POOLED = ("pooled", "labels a sequence")
METHODS = {
    "EchoState": ("fit", "fit_transform", "transform", "run"),
    "RidgeReadout": ("fit", "partial_fit", "accumulate", "predict", "score"),
    "ReservoirRegressor": ("fit", "predict", "run", "score"),
    "pooled": ("fit", "predict", "run", "score"),
    "ReservoirClassifier": ("fit", "predict", "decision_function", "run", "score"),
    "labels a sequence": ("fit", "predict", "decision_function", "run", "score"),
    "ReservoirForecaster": ("fit", "forecast", "score"),
}
ENTRIES = [(name, method) for name in METHODS for method in METHODS[name]]
TEMPORAL = [entry for entry in ENTRIES if entry[0] != "RidgeReadout"]
# Texts of NumPy and Python that name neither what was wrong nor what to do.
RAW = "inhomogeneous|unsized|0-d array|ambiguous|not iterable|subscriptable|out of bounds|positional argument"


def targets(name, n=T):
    """Good targets for n rows, or n sequences."""
    return list("ab" * n)[:n] if name in ("ReservoirClassifier", "labels a sequence") else np.arange(float(n))


def fitted(name):
    data = [X, X[::-1], X] if name in POOLED else X
    model = clone(MODELS[name])
    return (
        model.fit(data)
        if name in ("EchoState", "ReservoirForecaster")
        else model.fit(data, targets(name, len(data)))
    )


def call(name, method, data, y=None, model=None):
    """A method of a model, with these data and fitting targets; a pooled model gets the series in a list."""
    y = targets(name) if y is None else y
    if name in POOLED and not isinstance(data, list) and np.ndim(data) == 2 and not sparse.issparse(data):
        data, y = [X, X, data], targets(name, 3)
    model = (clone(MODELS[name]) if "fit" in method else fitted(name)) if model is None else model
    if method == "forecast":
        return model.forecast(3, context=data)
    takes_y = method in ("fit", "partial_fit", "accumulate", "score") and hasattr(model, "readout") | (
        name == "RidgeReadout"
    )
    return getattr(model, method)(data, y) if takes_y else getattr(model, method)(data)


def refused(action, *arguments, text=None, **more):
    with pytest.raises((ValueError, TypeError), match=text) as caught:
        action(*arguments, **more)
    assert not isinstance(caught.value, np.linalg.LinAlgError)
    assert len(str(caught.value)) > 10 and not re.search(RAW, str(caught.value)), f"unclear: {caught.value}"


def spoilt(value, dtype=float):
    data = X.astype(dtype)
    data[5, 1] = value
    return data


# Data

BAD = {
    "NaN": spoilt(np.nan),
    "infinity": spoilt(-np.inf),
    "1e200": spoilt(1e200),
    "no rows": X[:0],
    "no features": X[:, :0],
    "1-D": X[:, 0],
    "0-D": np.float64(1.0),
    "None": None,
    "strings": spoilt("a", object),
    "None inside": spoilt(None, object),
    "pd.NA in objects": pd.DataFrame(spoilt(pd.NA, object)),
    "pd.NA in integers": pd.DataFrame({"a": [1, pd.NA] * 6, "b": [2] * T}, dtype="Int64"),
    "complex": X + 1j,
    "sparse": sparse.csr_array(X),
    "masked": np.ma.masked_array(X, mask=X > 0.9),
    "a generator": (row for row in X),
    "ragged rows": [[1.0, 2.0], [3.0]],
}
BAD_SEQUENCES = {
    "4-D": X[None, None],
    "empty list": [],
    "empty stack": np.zeros((0, T, F)),
    "stack without rows": np.zeros((3, 0, F)),
    "stack with NaN": np.stack([X, spoilt(np.nan)]),
    "complex stack": np.stack([X, X]) * 1j,
    "empty series in a list": [X, X[:0], X],
    "NaN in a list": [X, spoilt(np.nan), X],
    "1e200 in a list": [X, X, spoilt(1e200)],
    "strings in a list": [X, spoilt("a", object), X],
    "complex in a list": [X, X * 1j, X],
    "masked in a list": [X, np.ma.masked_array(X, mask=X > 0.9), X],
    "sparse in a list": [sparse.csr_array(X)] * 3,
    "None in a list": [X, None, X],
    "other features in a list": [X, X[:, :1], X],
    "other depth in a list": [X, X[:, 0], X],
    "1-D arrays": [X[:, 0]] * 3,
    "Series of pandas": [pd.Series(X[:, 0])] * 3,
    "a dictionary": {"a": X},
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
@pytest.mark.parametrize("name, method", ENTRIES)
def test_bad_data(name, method, data):
    refused(call, name, method, data)


@pytest.mark.parametrize("data", BAD_SEQUENCES.values(), ids=BAD_SEQUENCES)
@pytest.mark.parametrize("name, method", TEMPORAL)
def test_bad_sequences(name, method, data):
    y = None
    if name not in ("EchoState", "ReservoirForecaster"):
        y = targets(name, 3) if name in POOLED else [targets(name)] * 3
    refused(call, name, method, data, y)


@pytest.mark.parametrize("name, method", [entry for entry in ENTRIES if "fit" not in entry[1]])
def test_wrong_features(name, method):
    if method != "accumulate":
        refused(
            call,
            name,
            method,
            np.hstack([X, X]),
            text="X has 4 features, but .* is expecting 2 features as input",
        )
        model = clone(MODELS[name])
        with pytest.raises(NotFittedError):
            call(name, method, X, model=model)


@pytest.mark.parametrize(
    "name", [name for name in METHODS if name not in ("EchoState", "ReservoirForecaster")]
)
def test_bad_targets(name):
    bad = [
        targets(name)[:-1],
        [*targets(name)[:-1], None],
        np.ones(T) * np.nan,
        np.ones((T, 2, 2)),
        1j * Y,
        "ab",
        3.0,
        {},
    ]
    if name not in POOLED and "Classifier" not in name:
        bad += [np.array(["a"] * T), np.full(T, 1e200), np.full(T, np.inf), np.zeros((T, 0))]
        bad += [np.ma.masked_array(Y, mask=Y > 1.9), pd.Series([1, pd.NA] * 6, dtype="Int64")]
    if "Classifier" in name or "labels" in name:
        bad += [
            pd.Series([*"abc" * 3, "a", "b", pd.NA], dtype="string"),
            pd.Series([*"abc" * 3, "a", "b", np.nan], dtype=object),
        ]
    data = [X] * T if name in POOLED else X
    model, before = fitted(name), dict(vars(fitted(name)))
    for y in bad:
        refused(model.fit, data, y)
        refused(model.score, data, y)
        assert vars(model).keys() == before.keys()


@pytest.mark.parametrize("y", ["ab", 3.0, None, [Y, "abc"], [Y, None], [Y, Y[:-1]], [list("ab" * 6), "a"]])
@pytest.mark.parametrize("model", [ReservoirRegressor(SYSTEM), ReservoirClassifier(SYSTEM)])
def test_bad_targets_of_a_list(model, y):
    refused(model.fit, [X, X], y, text=r"\by\b|Member")


@pytest.mark.parametrize("n_rows", [1, 5, 6])
@pytest.mark.parametrize("include_input", [True, False])
def test_nothing_left_after_the_washout(n_rows, include_input):
    text = f"{n_rows} sample.*washout=6 needs at least 7 rows"
    data, long = [RNG.uniform(size=(9, F)), X[:n_rows]], [RNG.uniform(size=(9, F))] * 2
    steps = [np.zeros(9), np.zeros(n_rows)]
    regressor = ReservoirRegressor(SYSTEM, washout=6, include_input=include_input)
    refused(regressor.fit, data, steps, text="Sequence 1 of X has " + text)
    regressor.fit(long, [np.zeros(9)] * 2)
    refused(regressor.score, data, steps, text="Sequence 1 of X has " + text)
    assert len(regressor.predict(X[:n_rows])) == n_rows  # every row gets an answer
    for model, y in [
        (regressor.set_params(pooling="mean"), [0.0, 1.0]),
        (ReservoirClassifier(SYSTEM, washout=6), ["a", "b"]),
    ]:
        refused(model.fit, data, y, text=text)
        refused(model.fit(long, y).predict, data, text=text)
        refused(model.score, data, y, text=text)
    forecaster = ReservoirForecaster(SYSTEM, washout=6)
    refused(forecaster.fit, X[: n_rows + 1], text="needs at least 8 rows")
    forecaster.fit(X)
    if n_rows < 6:
        refused(forecaster.forecast, 3, X[:n_rows], text="at least 6 rows")
    refused(forecaster.score, X[: n_rows + 1], text="at least 8 rows")


# No errors: one row, a constant series, a number at the bound, and other ways to store the same numbers


def test_one_row():
    """With nothing to tell apart the penalised coefficients are 0, and the mean is predicted."""
    assert EchoState(20).fit_transform(X[:1]).shape == (1, 20)
    for model in (RidgeReadout(), RidgeReadout(alpha=0), ReservoirRegressor(SYSTEM)):
        assert model.fit(X[:1], [3.0]).predict(X[5:7]) == pytest.approx([3.0, 3.0], abs=1e-12)
        with pytest.warns(UndefinedMetricWarning):
            assert np.isnan(model.score(X[:1], [3.0]))
    for y in (["a"], ["b"]):
        assert ReservoirClassifier(SYSTEM).fit(X[:1], y).predict(X[:2]).tolist() == y * 2


@pytest.mark.parametrize("level", [0.0, 0.7, -1e6])
def test_constant_series(level):
    constant, size = np.full((40, F), level), max(1.0, abs(level))
    for model in (RidgeReadout(), ReservoirRegressor(SYSTEM), ReservoirRegressor(SYSTEM, pooling="max")):
        data, y = (
            ([constant] * 3, [level] * 3) if "pooling='max'" in repr(model) else (constant, constant[:, 0])
        )
        assert model.fit(data, y).predict(data) == pytest.approx(np.asarray(y), abs=1e-9 * size)
    forecast = ReservoirForecaster(SYSTEM, washout=5).fit(constant).forecast(100)
    assert forecast == pytest.approx(np.full((100, F), level), abs=1e-6 * size)


@given(arrays(float, (6, F), elements=st.floats(-1e100, 1e100)), st.sampled_from(["float64", "float32"]))
def test_states_are_bounded(data, dtype):
    """Whatever the data are within the bound, a state of tanh units is a number in [-1, 1]."""
    states = EchoState(20, dtype=dtype, random_state=0).fit(X).transform(data)
    assert (np.abs(states) <= 1).all()
    assert np.isfinite(RidgeReadout().fit(data, data[:, 0]).predict(data)).all()


@pytest.mark.parametrize("parameters", [{"input_scaling": 1e300}, {"noise": 1e308}, {"bias_scaling": 1e308}])
def test_states_never_turn_into_nan(parameters):
    try:
        states = (
            EchoState(20, random_state=0, **parameters)
            .fit(X)
            .transform(RNG.uniform(-1e90, 1e90, size=(T, F)))
        )
    except ValueError as error:
        assert "EchoState" in str(error)
    else:
        assert np.isfinite(states).all()


def test_overflow_is_an_error():
    system = EchoState(20, activation="identity", spectral_radius=1e60, random_state=0).fit(X)
    refused(system.transform, X, text="overflow at row . of sequence 0")


def stored(data, tmp_path):
    """The same numbers, stored in other ways."""
    data = np.asarray(data, dtype=float)
    read_only = data.copy()
    read_only.flags.writeable = False
    np.save(tmp_path / f"{data.ndim}.npy", data)
    forms = {"list": data.tolist(), "Fortran": np.asfortranarray(data), "negative": data[::-1].copy()[::-1]}
    forms |= {"read-only": read_only, "memmap": np.load(tmp_path / f"{data.ndim}.npy", mmap_mode="r")}
    forms |= {
        "big-endian": data.astype(">f8"),
        "not masked": np.ma.masked_array(data),
        "slice": np.repeat(data, 2, 0)[::2],
    }
    types = ("uint8", "int64", "float32", "object", ">i4", *(["bool"] if data.max() <= 1 else []))
    return forms | {dtype: data.astype(dtype) for dtype in types}


@pytest.mark.parametrize(
    "numbers", [np.arange(T * F).reshape(T, F) % 7, np.arange(T * F).reshape(T, F) % 3 > 0]
)
@pytest.mark.parametrize("name", METHODS)
def test_how_numbers_are_stored(name, numbers, tmp_path):
    numbers = np.asarray(numbers, dtype=float)
    method = {"EchoState": "transform", "ReservoirForecaster": "forecast"}.get(name, "predict")

    def answers(data, y):
        data = [data, data] if name in POOLED else data
        model = clone(MODELS[name])
        model = model.fit(data) if method != "predict" else model.fit(data, y)
        return np.asarray(call(name, method, data, model=model))

    y = numbers[:2, 0] if name in POOLED else numbers[:, 0]
    right = answers(numbers, y)
    ys = stored(y, tmp_path)
    for form, data in stored(numbers, tmp_path).items():
        assert np.array_equal(right, answers(data, y)), form
        assert np.array_equal(right.astype(float), answers(numbers, ys[form]).astype(float)), form


# Parameters

MATRIX = np.eye(20)
REAL = (-1, np.nan, np.inf, "a", True, [1.0], 1j)

PARAMETERS = {
    EchoState: {
        "n_units": (0, -1, 2.5, True, "a", None, np.array([2, 3])),
        "topology": ("a", 3, np.ones(20), MATRIX[:3], np.eye(3), MATRIX * np.nan, MATRIX * 1j, Random),
        "spectral_radius": REAL,
        "input_scaling": (*REAL, None),
        "bias_scaling": (*REAL, None),
        "leak": (
            *REAL,
            None,
            0,
            1.5,
            np.ones(3),
            np.full(20, np.nan),
            ["a"] * 20,
            np.ones(20) * 1j,
            [[1], [1, 2]],
        ),
        "activation": ("sine", None, 3, ["tanh"], np.tanh),
        "noise": (*REAL, None),
        "input_weights": (
            3,
            "a",
            np.ones((20, 3)),
            np.full((20, F), np.inf),
            np.ones((20, F)) * 1j,
            [[1], [1, 2]],
        ),
        "bias": (3, "a", np.ones(3), np.full(20, np.nan), np.ones(20) * 1j),
        "dtype": ("float16", int, None, "a", 3, np.ones(2)),
        "random_state": (-1, 1.5, "a", True, [1, 2]),
    },
    RidgeReadout: {"alpha": (*REAL, None), "fit_intercept": (1, None, "a")},
    CirculantGraph: {"in_degree": (0, -1, 2.5, True, "a", None)},
    Random: {"in_degree": (0, -1, 2.5, True, "a", None)},
    Cycle: {},
    Segments: {"n_segments": (0, -1, 2.5, True, "a", None)},
}
SHARED = {
    "reservoir": ("a", 3, Ridge(), EchoState),
    "readout": ("a", 3, EchoState(), Ridge),
    "washout": (-1, 2.5, True, "a", None),
    "include_input": (1, None, "a"),
}
PARAMETERS[ReservoirRegressor] = {**SHARED, "pooling": ("median", 3, True, Segments)}
PARAMETERS[ReservoirClassifier] = {**SHARED, "pooling": ("median", 3, True, Segments, None)}
PARAMETERS[ReservoirForecaster] = SHARED


@pytest.mark.parametrize("owner", PARAMETERS)
def test_table_of_parameters_is_complete(owner):
    assert PARAMETERS[owner].keys() <= owner().get_params().keys()
    assert PARAMETERS[owner].keys() >= owner().get_params(deep=False).keys()


@pytest.mark.parametrize("owner, name", [(owner, name) for owner in PARAMETERS for name in PARAMETERS[owner]])
def test_bad_parameter(owner, name):
    """Every bad value is refused in `fit`, in one shape, and the estimator stays as it was."""
    for value in PARAMETERS[owner][name]:
        part = owner(**{name: value})
        estimator = part
        if hasattr(part, "draw"):
            estimator = EchoState(20, topology=part)
        elif hasattr(part, "pool"):
            estimator = ReservoirRegressor(SYSTEM, pooling=part)
        elif owner is EchoState and name != "n_units":
            estimator.set_params(n_units=20)
        before = dict(vars(estimator))
        data, y = ([X, X], [0, 1]) if hasattr(part, "pool") or owner is ReservoirClassifier else (X, Y)
        shape = rf"^The '{name}' parameter of {owner.__name__} must be (.|\n)+\. Got (.|\n)+\.$"
        with pytest.raises((ValueError, TypeError), match=shape):
            estimator.fit(data, y)
        assert vars(estimator) is not before and {k: id(v) for k, v in vars(estimator).items()} == {
            k: id(v) for k, v in before.items()
        }


# Other entries


@pytest.mark.parametrize("n_steps", [0, -1, 2.5, True, "a", None])
def test_bad_number_of_steps(n_steps):
    refused(
        fitted("ReservoirForecaster").forecast,
        n_steps,
        text="'n_steps' parameter of .* must be an integer >= 1. Got",
    )


@pytest.mark.parametrize(
    "state", [3, "abc", np.zeros(3), np.full(20, np.nan), np.zeros((2, 20)), np.ones(20) * 1j, {}]
)
@pytest.mark.parametrize("name", ["EchoState", "ReservoirRegressor", "ReservoirClassifier"])
def test_bad_state(name, state):
    refused(fitted(name).run, X, state, text="'state' parameter of .* must be")


@pytest.mark.parametrize(
    "state", [3, {}, [], [np.zeros(20)], [np.zeros(20)] * 3, [np.zeros(20), np.zeros(3)], np.zeros(20)]
)
@pytest.mark.parametrize("name", ["EchoState", "ReservoirRegressor", "ReservoirClassifier"])
def test_bad_states_of_a_list(name, state):
    refused(fitted(name).run, [X, X], state, text="'state' parameter of .* must be")


@pytest.mark.parametrize(
    "coef, n_steps", [((3, 20), 3), ((F, 3), 3), ((F, 0), 3), ((F, 20), -1), ((F, 99), 3)]
)
def test_bad_loop(coef, n_steps):
    refused(
        fitted("EchoState").close_loop,
        np.ones(coef),
        np.zeros(F),
        np.zeros(20),
        np.zeros(F),
        n_steps,
        text="must be",
    )


@pytest.mark.parametrize("weights", [["a"] * T, -Y, Y * np.nan, Y * 1j, Y[:3], Y[:, None], 0 * Y])
def test_bad_weights(weights):
    refused(RidgeReadout().fit, X, Y, weights, text="[Ss]ample.weight")


OTHERS = {
    "no readout": 3,
    "another class": Ridge().fit(X, Y),
    "not fitted": RidgeReadout(),
    "other features": RidgeReadout().fit(X[:, :1], Y),
    "other outputs": RidgeReadout().fit(X, np.c_[Y, Y]),
    "a column": RidgeReadout().fit(X, Y[:, None]),
    "other alpha": RidgeReadout(alpha=1.0).fit(X, Y),
    "no intercept": RidgeReadout(fit_intercept=False).fit(X, Y),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_bad_merge(other):
    readout = RidgeReadout().fit(X, Y)
    before = dict(vars(readout))
    refused(readout.merge, other, text="RidgeReadout")
    assert vars(readout) == before
    refused(RidgeReadout().merge, readout, text="not fitted")


def test_blocks_must_match():
    readout = RidgeReadout().partial_fit(X, Y)
    before = dict(vars(readout))
    refused(readout.partial_fit, X[:, :1], Y, text="X has 1 features, but RidgeReadout is expecting 2")
    refused(readout.partial_fit, X, np.c_[Y, Y], text="outputs")
    refused(readout.partial_fit, X, Y[:, None], text="outputs")
    refused(readout.partial_fit, X * np.nan, Y, text="NaN")
    assert vars(readout) == before
    readout.set_params(fit_intercept=False)
    refused(readout.partial_fit, X, Y, text="fit_intercept")  # centred and raw moments cannot be added


@pytest.mark.parametrize("name", METHODS)
def test_failed_fit_changes_nothing(name):
    y = targets(name, 3) if name in POOLED else targets(name)
    good = [X, X[::-1], X] if name in POOLED else X
    late = "readout" if name not in ("EchoState", "RidgeReadout") else None
    method = {"EchoState": "transform", "ReservoirForecaster": "forecast"}.get(name, "predict")
    trained = fitted(name)
    answer = np.asarray(call(name, method, good, model=trained))
    for model in (clone(MODELS[name]), trained):
        before = dict(vars(model))
        for data in (spoilt(np.nan), X[:0], [], X[:, 0], "a"):
            refused(call, name, "fit", data, y, model=model)
            assert vars(model) == before
        if late:  # an error of the readout, after the reservoir was drawn and run
            model.set_params(readout=Ridge(alpha=-1.0))
            before = dict(vars(model))
            refused(call, name, "fit", good, y, model=model, text="alpha")
            assert vars(model) == before
            model.set_params(readout=None)
    assert np.array_equal(answer, call(name, method, good, model=trained))
