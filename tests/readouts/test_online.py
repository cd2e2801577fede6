"""What all online readouts have in common: pieces give the bits of one fit, a row is predicted alone."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from reservoir import EchoState, ReservoirRegressor
from reservoir.models.blocks import BLOCK_ROWS
from reservoir.readouts import (
    BackpropagationDecorrelation,
    Force,
    LeastMeanSquares,
    ParallelPerceptronClassifier,
    ParallelPerceptronRegressor,
    RecursiveLeastSquares,
)
from tests.readouts.problems import LINEAR, REGRESSORS, problem


@pytest.mark.parametrize("readout", REGRESSORS, ids=str)
@given(cuts=st.lists(st.integers(1, 149), max_size=5))
def test_pieces_and_steps_give_the_same_bits(readout, cuts):
    X, y = problem()
    whole = clone(readout).fit(X, y)
    blocks = clone(readout)
    for a, b in itertools.pairwise([0, *sorted(set(cuts)), len(X)]):
        blocks.partial_fit(X[a:b], y[a:b])
    np.testing.assert_array_equal(blocks.coef_, whole.coef_)
    np.testing.assert_array_equal(blocks.predict(X), whole.predict(X))
    if hasattr(readout, "step"):
        stepped = clone(readout)
        outputs = [stepped.step(x, target) for x, target in zip(X, y, strict=True)]
        np.testing.assert_array_equal(stepped.coef_, whole.coef_)
        np.testing.assert_array_equal(outputs[0], 0)


@pytest.mark.parametrize("readout", LINEAR, ids=str)
def test_a_model_streams_and_gives_the_bits_of_one_fit(readout):
    """Two and a half blocks of rows; a readout with a memory is not started anew at the edge of a block."""
    X = np.random.default_rng(0).uniform(-1, 1, size=(5 * BLOCK_ROWS // 2, 1))
    y = np.column_stack([np.roll(X[:, 0], 1), X[:, 0] ** 2])
    model = ReservoirRegressor(EchoState(8, random_state=0), readout, washout=5).fit(X, y)
    features = np.column_stack([model.reservoir_.transform(X), X])
    whole = clone(readout).fit(features[5:], y[5:])
    np.testing.assert_array_equal(model.readout_.coef_, whole.coef_)
    np.testing.assert_array_equal(model.predict(X), whole.predict(features))
    np.testing.assert_array_equal(model.predict([X[:9], X])[1], whole.predict(features))


def test_only_one_pass_streams():
    X, y = problem()
    for kind in (LeastMeanSquares, BackpropagationDecorrelation):
        assert hasattr(kind(), "accumulate") and hasattr(kind(), "solve")
        assert not hasattr(kind(n_epochs=2), "accumulate") and not hasattr(kind(n_epochs=2), "solve")
        readout = kind().accumulate(X[:40], y[:40])
        with pytest.raises(NotFittedError):
            readout.predict(X)
        np.testing.assert_array_equal(readout.accumulate(X[40:], y[40:]).solve().coef_, kind().fit(X, y).coef_)
        with pytest.raises(NotFittedError):
            kind().solve()


@pytest.mark.parametrize("readout", REGRESSORS, ids=str)
def test_one_output_of_two_is_the_one_alone(readout):
    X, y = problem()
    both = clone(readout).set_params(**{"output_feedback": False} if "output_feedback" in readout.get_params() else {})
    alone = clone(both).fit(X, y[:, 0]).predict(X)
    assert alone.shape == (len(X),)
    np.testing.assert_allclose(both.fit(X, y).predict(X)[:, 0], alone, rtol=1e-12, atol=1e-12)


def test_epochs_are_repeated_passes():
    X, y = problem()
    for readout in (LeastMeanSquares(), ParallelPerceptronRegressor(9, random_state=0, shuffle=False)):
        twice = clone(readout).set_params(n_epochs=2).fit(X, y)
        once = clone(readout).partial_fit(X, y).partial_fit(X, y)
        np.testing.assert_array_equal(twice.coef_, once.coef_)


BAD = [
    (RecursiveLeastSquares, {"forgetting": [0, 1.1, "a"], "alpha": [0, -1, np.nan], "fit_intercept": [1]}),
    (Force, {"alpha": [0, None], "forgetting": [0], "fit_intercept": ["no"]}),
    (
        LeastMeanSquares,
        {"learning_rate": [0, 2, None], "normalized": [1], "epsilon": [0], "n_epochs": [0], "fit_intercept": [0]},
    ),
    (
        BackpropagationDecorrelation,
        {"learning_rate": [0, 2], "dt": [0, 1.5], "output_feedback": [1], "epsilon": [0], "n_epochs": [0.5]},
    ),
    (
        ParallelPerceptronRegressor,
        {
            "n_perceptrons": [0], "epsilon": [0, 2], "rho": [0, 1000], "mu": [-1], "margin": [-1],
            "learning_rate": [0, 1], "adapt_every": [0], "n_epochs": [0], "shuffle": [None],
            "output_range": [(1, 1), 3, ("a", "b")], "random_state": [-1],
        },
    ),
    (ParallelPerceptronClassifier, {"n_perceptrons": [4, True], "rho": [16]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind, cases in BAD for name, values in cases.items() for value in values],
)
def test_bad_parameters(kind, name, value):
    X, y = problem(n_outputs=1)
    y = y[:, 0] > 0
    readout = kind().fit(X, y)
    before = readout.predict(X)
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {kind.__name__} must be .* Got "):
        readout.set_params(**{name: value}).fit(X, y)
    readout.set_params(**{name: kind().get_params()[name]})
    np.testing.assert_array_equal(readout.predict(X), before)


@pytest.mark.parametrize("readout", REGRESSORS, ids=str)
def test_other_data_than_before_is_refused(readout):
    X, y = problem()
    readout = clone(readout).fit(X, y)
    before = readout.predict(X)
    for wrong in (y[:, :1], y[:, 0]):
        with pytest.raises(ValueError, match="outputs of the rows before"):
            readout.partial_fit(X, wrong)
    with pytest.raises(ValueError, match="features"):
        readout.partial_fit(X[:, :3], y)
    with pytest.raises(ValueError, match="magnitude"):
        readout.partial_fit(X * 1e101, y)
    if hasattr(readout, "step"):
        for x, target in ((X[0, :3], y[0]), (X[0], y[0, :1]), (X[0] * np.nan, y[0]), (X[0], None)):
            with pytest.raises(ValueError, match="parameter of step must be"):
                readout.step(x, target)
    np.testing.assert_array_equal(readout.predict(X), before)


SETTLED = {
    "alpha": 3.0, "fit_intercept": None, "margin": 0.3, "learning_rate": 0.05, "n_perceptrons": 11,
    "output_range": (-9, 9),
}  # fmt: skip
OF_EPOCHS = {"n_epochs", "shuffle", "random_state"}  # of `fit` alone


@pytest.mark.parametrize(
    "kind", [RecursiveLeastSquares, Force, LeastMeanSquares, BackpropagationDecorrelation, ParallelPerceptronRegressor]
)
def test_a_parameter_that_changes_on_the_way_is_obeyed_or_refused(kind):
    """Never ignored: what was settled with the first row is refused by name, the rest makes a difference."""
    X, y = problem()
    obeyed = {"forgetting": 0.9, "epsilon": 1.5, "normalized": False, "dt": 0.5, "output_feedback": False, "rho": 3.0,
              "mu": 0.1, "adapt_every": 3, "learning_rate": 0.01}  # fmt: skip
    options = {"random_state": 0} if "random_state" in kind().get_params() else {}
    for name in set(kind().get_params()) - OF_EPOCHS:
        settled = name in SETTLED and not (name == "learning_rate" and kind is not ParallelPerceptronRegressor)
        readouts = [kind(**options).fit(X[:100], y[:100]) for _ in range(2)]
        value = SETTLED[name] if settled else obeyed[name]
        changed = readouts[0].set_params(**{name: not readouts[0].fit_intercept if name == "fit_intercept" else value})
        if settled:
            before = changed.coef_.copy()
            ways = ["partial_fit", *(way for way in ("accumulate", "step") if hasattr(changed, way))]
            for way in ways:
                data = (X[0], y[0]) if way == "step" else (X[100:], y[100:])
                with pytest.raises(ValueError, match=f"{name} of {kind.__name__} was changed after the first rows"):
                    getattr(changed, way)(*data)
            np.testing.assert_array_equal(changed.coef_, before)
        else:
            results = [readout.partial_fit(X[100:], y[100:]).coef_ for readout in readouts]
            assert np.abs(np.subtract(*results)).max() > 0, name


@pytest.mark.parametrize("readout", [r for r in REGRESSORS if r.row_wise], ids=str)
def test_a_row_is_predicted_alone(readout):
    X, y = problem()
    readout = clone(readout).fit(X, y)
    alone = np.concatenate([readout.predict(row[None]) for row in X])
    np.testing.assert_array_equal(alone, readout.predict(X))
