"""Bad data and bad parameters through every public entry: a clear error, and the object as it was before.

What is no error has a right answer: one row, a constant series, and every way to store the same numbers.
"""

import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.linear_model import Ridge

from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.neurons.rate.loops import Levels
from reservoir.readouts import RidgeReadout
from reservoir.systems import rate_runs
from tests.loops import looped

T, F = 12, 2
RNG = np.random.default_rng(3)
X = RNG.uniform(size=(T, F))
Y, AB = X[:, 0] + 1, list("ab" * 6)
SYSTEM = EchoState(20, random_state=0)
PAIRS = {  # an instance, and the methods that take data
    "EchoState": (SYSTEM, "fit fit_transform transform run"),
    "RidgeReadout": (RidgeReadout(), "fit partial_fit accumulate predict score"),
    "values": (ReservoirRegressor(SYSTEM), "fit predict run score"),
    "pooled values": (ReservoirRegressor(SYSTEM, pooling="mean", washout=2), "fit predict run score"),
    "labels": (ReservoirClassifier(SYSTEM), "fit predict decision_function run score"),
    "pooled labels": (ReservoirClassifier(SYSTEM, washout=2), "fit predict decision_function run score"),
    "forecast": (ReservoirForecaster(SYSTEM, RidgeReadout(1.0), washout=2), "fit forecast score"),
}
MODELS = {name: model for name, (model, _) in PAIRS.items()}
ENTRIES = [(name, method) for name in PAIRS for method in PAIRS[name][1].split()]
AFTER_FIT = [entry for entry in ENTRIES if "fit" not in entry[1] and entry[1] != "accumulate"]
ANSWERS = {"EchoState": "transform", "forecast": "forecast"}  # all others predict
POOLED, WITHOUT_TARGETS = ("pooled values", "pooled labels"), ("EchoState", "forecast")
# Texts of NumPy and Python that name neither what was wrong nor what to do.
RAW = "inhomogeneous|unsized|0-d array|ambiguous|not iterable|subscriptable|out of bounds|positional argument"


def targets(name, n=T):
    return list("ab" * n)[:n] if is_classifier(MODELS[name]) else np.arange(float(n))


def fitted(name):
    data = [X, X[::-1], X] if name in POOLED else X
    return call(name, "fit", data, targets(name, len(data)), clone(MODELS[name]))


def call(name, method, data, y=None, model=None):
    """A method of a model, with these data and fitting targets; a pooled model gets a series in a list."""
    y = targets(name) if y is None else y
    if name in POOLED and getattr(data, "ndim", 0) == 2 and not sparse.issparse(data):
        data, y = [X, X, data], targets(name, 3)
    if model is None:
        model = fitted(name) if (name, method) in AFTER_FIT else clone(MODELS[name])
    if method == "forecast":
        return model.forecast(3, context=data)
    takes_y = name not in WITHOUT_TARGETS and method in ("fit", "partial_fit", "accumulate", "score")
    return getattr(model, method)(data, y) if takes_y else getattr(model, method)(data)


def refused(action, *arguments, text=None, **more):
    with pytest.raises((ValueError, TypeError), match=text) as caught:
        action(*arguments, **more)
    assert not isinstance(caught.value, np.linalg.LinAlgError)
    assert len(str(caught.value)) > 10 and not re.search(RAW, str(caught.value)), f"unclear: {caught.value}"


def unchanged(model, before):
    return vars(model).keys() == before.keys() and all(vars(model)[key] is before[key] for key in before)


def spoilt(value, dtype=float):
    data = X.astype(dtype)
    data[5, 1] = value
    return data


BAD = {
    "NaN": spoilt(np.nan),
    "infinity": spoilt(-np.inf),
    "1e200": spoilt(1e200),
    "no rows": X[:0],
    "1-D": X[:, 0],
    "0-D": np.float64(1.0),
    "strings": spoilt("a", object),
    "None inside": spoilt(None, object),
    "pd.NA in objects": pd.DataFrame(spoilt(pd.NA, object)),
    "pd.NA in integers": pd.DataFrame({0: [1, pd.NA] * 6, 1: [2] * T}, dtype="Int64"),
    "complex": X + 1j,
    "sparse": sparse.csr_array(X),
    "masked": np.ma.masked_array(X, mask=X > 0.9),
    "generator": (row for row in X),
}
BAD_SEQUENCES = {
    "4-D": X[None, None],
    "empty list": [],
    "stack without rows": np.zeros((3, 0, F)),
    "stack with NaN": np.stack([X, spoilt(np.nan)]),
    "masked stack": np.ma.masked_array([X, X], mask=np.array([X, X]) > 0.9),
    "empty series in a list": [X, X[:0], X],
    "NaN in a list": [X, spoilt(np.nan), X],
    "1e200 in a list": [X, X, spoilt(1e200)],
    "complex in a list": [X, X * 1j, X],
    "masked in a list": [X, np.ma.masked_array(X, mask=X > 0.9), X],
    "sparse in a list": [sparse.csr_array(X)] * 3,
    "None in a list": [X, None, X],
    "other features in a list": [X, X[:, :1], X],
    "other depth in a list": [X, X[:, 0], X],
    "1-D arrays": [X[:, 0]] * 3,
    "pandas Series": [pd.Series(X[:F, 0])] * 3,  # as a table, 3 rows of F features
    "dictionary": {"a": X},
    "ragged rows": [[1.0, 2.0], [3.0]],
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name, method", ENTRIES)
def test_bad_data(name, method, kind):
    refused(call, name, method, BAD[kind])


@pytest.mark.parametrize("kind", BAD_SEQUENCES)
@pytest.mark.parametrize("name, method", [entry for entry in ENTRIES if entry[0] != "RidgeReadout"])
def test_bad_sequences(name, method, kind):
    y = targets(name, 3) if name in POOLED else [targets(name)] * 3
    refused(call, name, method, BAD_SEQUENCES[kind], y)


@pytest.mark.parametrize("name, method", AFTER_FIT)
def test_wrong_features_and_not_fitted(name, method):
    text = "X has 4 features, but .* is expecting 2 features as input"
    refused(call, name, method, np.hstack([X, X]), text=text)
    with pytest.raises(NotFittedError):
        call(name, method, X, model=clone(MODELS[name]))


def bad_targets():
    for name in MODELS.keys() - set(WITHOUT_TARGETS):
        good = targets(name)
        numbers = {"short": good[:-1], "None": [*good[:-1], None], "NaN": Y * np.nan, "complex": 1j * Y}
        others = {"deep": np.ones((T, 2, 2)), "string": "ab", "number": 3.0, "dictionary": {}}
        if is_classifier(MODELS[name]):
            others["pd.NA"] = pd.Series([*AB[1:], pd.NA], dtype="string")
            others["NaN object"] = pd.Series([*AB[1:], np.nan], dtype=object)
        else:
            others["pd.NA"] = pd.Series([1, pd.NA] * 6, dtype="Int64")
            others |= {"strings": np.array(["a"] * T), "1e200": Y * 1e200, "no outputs": np.zeros((T, 0))}
            others |= {"infinity": np.full(T, np.inf), "masked": np.ma.masked_array(Y, mask=Y > 1.5)}
        bad = numbers | others
        if name != "RidgeReadout":  # models leave out what has no target
            bad = {kind: y for kind, y in bad.items() if kind not in ("None", "pd.NA", "NaN object")}
        yield from (pytest.param(name, y, id=f"{name}-{kind}") for kind, y in bad.items())


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("name", sorted(MODELS.keys() - set(WITHOUT_TARGETS) - {"RidgeReadout"}))
def test_a_target_that_is_missing_is_left_out(name, missing):
    good, data = targets(name), [X] * T if name in POOLED else X
    y = pd.Series([*good[:-1], missing], dtype=object)
    whole = fitted(name).fit(data, y)
    assert np.isfinite(whole.score(data, y))
    if "RNN" not in name:
        marked = clone(whole).fit(data, good, sample_weight=[1.0] * (T - 1) + [0.0])
        assert all(map(np.array_equal, whole.predict(data), marked.predict(data)))


@pytest.mark.parametrize("name, y", sorted(bad_targets(), key=lambda case: case.id))
def test_bad_targets(name, y):
    data, model = [X] * T if name in POOLED else X, fitted(name)
    before = dict(vars(model))
    refused(model.fit, data, y)
    assert unchanged(model, before)
    if name != "RidgeReadout":  # whose score is scikit-learn's own
        refused(model.score, data, y)


@pytest.mark.parametrize("y", ["ab", 3.0, None, [Y, "abc"], [Y, None], [Y, Y[:-1]], [AB, "a"], ["a", AB]])
@pytest.mark.parametrize("model", [ReservoirRegressor(SYSTEM), ReservoirClassifier(SYSTEM)])
def test_bad_targets_of_a_list(model, y):
    refused(model.fit, [X, X], y, text=r"\by\b|Member")


@pytest.mark.parametrize("n_rows", [1, 5, 6])
def test_nothing_left_after_the_washout(n_rows):
    text = f"{n_rows} sample.*washout=6 needs at least 7 rows"
    long, data, steps = [X, X], [X, X[:n_rows]], [Y, Y[:n_rows]]
    regressor = ReservoirRegressor(SYSTEM, washout=6)
    refused(regressor.fit, data, steps, text="Sequence 1 of X has " + text)
    refused(regressor.fit(long, [Y, Y]).score, data, steps, text="Sequence 1 of X has " + text)
    assert len(regressor.predict(X[:n_rows])) == n_rows  # every row gets an answer
    pooled = ReservoirRegressor(SYSTEM, washout=6, pooling="mean"), ReservoirClassifier(SYSTEM, washout=6)
    for model, y in zip(pooled, ([0.0, 1.0], ["a", "b"]), strict=True):
        refused(model.fit, data, y, text=text)
        refused(model.fit(long, y).predict, data, text=text)
        refused(model.score, data, y, text=text)
    forecaster = looped(SYSTEM, washout=6).fit(X)
    for method in (forecaster.fit, forecaster.score):
        refused(method, X[: n_rows + 1], text="at least 8 rows")
    if n_rows < 6:
        refused(forecaster.forecast, 3, X[:n_rows], text="washout=6 needs at least 6 rows")


def test_one_row():
    """With nothing to tell apart the penalised coefficients are 0, and the mean is predicted."""
    assert EchoState(20).fit_transform(X[:1]).shape == (1, 20)
    for model in (RidgeReadout(), RidgeReadout(alpha=0), ReservoirRegressor(SYSTEM)):
        assert model.fit(X[:1], [3.0]).predict(X[5:7]) == pytest.approx([3.0, 3.0], abs=1e-12)
        with pytest.warns(UndefinedMetricWarning):
            assert np.isnan(model.score(X[:1], [3.0]))
    assert ReservoirClassifier(SYSTEM).fit(X[:1], ["b"]).predict(X[:2]).tolist() == ["b", "b"]


@pytest.mark.parametrize("level", [0.0, 0.7, -1e6])
def test_constant_series(level):
    """The mean is predicted, and the forecast is the series."""
    constant, size = np.full((40, F), level), max(1.0, abs(level))
    pooled = ReservoirRegressor(SYSTEM, pooling="max").fit([constant] * 3, [level] * 3)
    assert pooled.predict([constant]) == pytest.approx([level], abs=1e-9 * size)
    for model in (RidgeReadout(), ReservoirRegressor(SYSTEM)):
        answer = model.fit(constant, constant[:, 0]).predict(constant)
        assert answer == pytest.approx(constant[:, 0], abs=1e-9 * size)
    forecast = ReservoirForecaster(SYSTEM, washout=5).fit(constant).forecast(100)
    assert forecast == pytest.approx(np.full((100, F), level), abs=1e-6 * size)


@given(arrays(float, (6, F), elements=st.floats(-1e100, 1e100)), st.sampled_from(["float64", "float32"]))
def test_numbers_within_the_bound_are_answered(data, dtype):
    """Predictions are finite, and states of tanh units lie in [-1, 1]; float32 may be too narrow."""
    assert np.isfinite(RidgeReadout().fit(data, data[:, 0]).predict(data)).all()
    try:
        states = EchoState(20, dtype=dtype, random_state=0).fit(X).transform(data)
    except ValueError as error:
        assert dtype == "float32" and "EchoState" in str(error)
    else:
        assert (np.abs(states) <= 1).all()


@pytest.mark.parametrize("scale", [{"input_scaling": 1e250}, {"noise": 1e308}, {"spectral_radius": 1e308}])
@pytest.mark.parametrize("activation", ["tanh", "logistic", "identity", "relu"])
def test_states_never_turn_into_nan(scale, activation):
    system = EchoState(20, activation=activation, random_state=0, **scale).fit(X)
    try:
        assert np.isfinite(system.transform(RNG.uniform(-1e90, 1e90, size=(T, F)))).all()
    except ValueError as error:
        assert re.search("states of EchoState overflow at row .* of sequence 0", str(error))


def stored(data, folder):
    """The same numbers, stored in other ways."""
    np.save(folder / f"{data.ndim}.npy", data)
    yield "list", data.tolist()
    yield "Fortran", np.asfortranarray(data)
    yield "negative strides", data[::-1].copy()[::-1]
    yield "every second row", np.repeat(data, 2, axis=0)[::2]
    yield "read-only memmap", np.load(folder / f"{data.ndim}.npy", mmap_mode="r")
    yield "not masked", np.ma.masked_array(data)
    for dtype in ("uint8", "int64", "float32", "object", ">f8", ">i4", "bool"):
        if dtype != "bool" or data.max() <= 1:
            yield dtype, data.astype(dtype)


@pytest.mark.parametrize("largest", [1, 6])
@pytest.mark.parametrize("name", MODELS)
def test_how_numbers_are_stored(name, largest, tmp_path):
    numbers = RNG.integers(0, largest, size=(T, F), endpoint=True).astype(float)
    y = np.arange(2.0) if name in POOLED else np.minimum(np.arange(float(T)), largest)

    def answer(data, y):
        data = [data, X] if name in POOLED else data
        model = call(name, "fit", data, y, clone(MODELS[name]))
        return np.asarray(call(name, ANSWERS.get(name, "predict"), data, model=model))

    right = answer(numbers, y)
    for form, data in stored(numbers, tmp_path):
        assert np.array_equal(right, answer(data, y)), form
    for form, values in stored(y, tmp_path):
        if form != "object" or not is_classifier(MODELS[name]):  # as labels, objects must be strings
            assert np.array_equal(right, answer(numbers, values)), form


@pytest.mark.parametrize("n_steps", [0, -1, 2.5, True, "a", None])
def test_bad_number_of_steps(n_steps):
    refused(fitted("forecast").forecast, n_steps, text="'n_steps' .* must be an integer >= 1. Got")


REST = np.zeros(20)
ONE = (3, "abc", np.zeros(3), REST * np.nan, np.zeros((2, 20)), REST * 1j, {})
TWO = (3, {}, [], REST, [REST], [REST] * 3, [REST, np.zeros(3)], [REST, REST * np.nan])


@pytest.mark.parametrize("data, state", [*((X, s) for s in ONE), *(([X, X], s) for s in TWO)])
@pytest.mark.parametrize("name", ["EchoState", "values", "labels"])
def test_bad_state(name, data, state):
    refused(fitted(name).run, data, state, text="'state' parameter of .* must be")


@pytest.mark.parametrize("shape, n", [((3, 20), 3), ((F, 3), 3), ((F, 0), 3), ((F, 99), 3), ((F, 20), 0)])
def test_bad_loop(shape, n):
    """A readout of another shape would be read beyond its end."""
    weights = rate_runs.weights_of(fitted("EchoState"))
    refused(rate_runs.close_loop, weights, np.ones(shape), X[0], REST, X[0], n, text="must be")


UNKNOWN = np.full((3, F), np.nan)


@pytest.mark.parametrize(
    "options",
    [
        *({"channels": value} for value in ([0, 99], [-1, 0], [0, 0], "ab", [0.5, 1], [[0]])),
        *({"known": value} for value in (np.zeros((2, F)), np.zeros(F))),
        *({"scaling": value} for value in (np.nan, "2", None)),
        *({"bounds": value} for value in ((1, 0), np.zeros((F + 1, 2)), "training", (0, np.nan))),
        *({"past": value} for value in (np.zeros(F), np.zeros((2, F + 1)), np.full((1, F), np.nan))),
        *({"levels": Levels(*value)} for value in ((np.zeros(F + 1), UNKNOWN), (np.zeros(F), UNKNOWN[1:]))),
        {"squares": 1},
    ],
)
def test_bad_loop_options(options):
    """Indices outside the input would be written beyond its end."""
    n_outputs = len(options.get("channels", range(F)))
    coef, intercept = np.ones((n_outputs, 20)), np.zeros(n_outputs)
    close_loop = partial(rate_runs.close_loop, rate_runs.weights_of(fitted("EchoState")))
    with pytest.raises(ValueError, match="must be"):
        close_loop(coef, intercept, REST, X[0], 3, **options)


@pytest.mark.parametrize("name", MODELS)
def test_failed_fit_changes_nothing(name):
    good, trained = [X, X[::-1], X] if name in POOLED else X, fitted(name)
    y, method = targets(name, len(good)), ANSWERS.get(name, "predict")
    answer = np.asarray(call(name, method, good, model=trained))
    for model in (clone(MODELS[name]), trained):
        before = dict(vars(model))
        for data in (spoilt(np.nan), X[:0], [], X[:, 0], "a"):
            refused(call, name, "fit", data, y, model=model)
            assert unchanged(model, before)
        if hasattr(model, "readout"):  # an error of the readout, after the reservoir was drawn and run
            before = dict(vars(model.set_params(readout=Ridge(alpha=-1.0))))
            refused(call, name, "fit", good, y, model=model, text="alpha")
            assert unchanged(model, before)
            model.set_params(readout=None)
    assert np.array_equal(answer, call(name, method, good, model=trained))
