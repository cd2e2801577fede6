"""The online readouts against naive twins, exact solutions, and themselves in pieces."""

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
    RidgeReadout,
)
from tests import oracles

LINEAR = [
    RecursiveLeastSquares(),
    RecursiveLeastSquares(0.97, 0.1, fit_intercept=False),
    Force(),
    LeastMeanSquares(),
    LeastMeanSquares(0.01, normalized=False, fit_intercept=False),
    BackpropagationDecorrelation(),
    BackpropagationDecorrelation(dt=0.4, output_feedback=False),
    BackpropagationDecorrelation(dt=0.4, fit_intercept=False),
]
REGRESSORS = [*LINEAR, ParallelPerceptronRegressor(20, output_range=(-3, 3), n_epochs=1, shuffle=False, random_state=0)]


def problem(seed=0, n_rows=150, n_features=7, n_outputs=2):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) @ rng.normal(size=(n_features, n_features)) / 3 + 0.5
    return X, np.tanh(X @ rng.normal(size=(n_features, n_outputs))) + 0.1 * rng.normal(size=(n_rows, n_outputs))


def with_constant(X, constant=1.0):
    return np.column_stack([X, np.full(len(X), constant)])


def weights_of(readout):
    return np.column_stack([readout.coef_, readout.intercept_])


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


@given(seed=st.integers(0, 2**32), alpha=st.floats(1e-4, 1e3))
def test_recursive_least_squares_is_ridge(seed, alpha):
    """The intercept is penalised, so ridge sees a constant feature instead of an intercept."""
    X, y = problem(seed)
    readout = RecursiveLeastSquares(alpha=alpha).fit(X, y)
    ridge = RidgeReadout(alpha, fit_intercept=False).fit(with_constant(X), y)
    np.testing.assert_allclose(readout.predict(X), ridge.predict(with_constant(X)), rtol=0, atol=1e-8)
    correlation = with_constant(X).T @ with_constant(X) + alpha * np.eye(8)
    np.testing.assert_allclose(readout.inverse_correlation_ @ correlation, np.eye(8), rtol=0, atol=1e-7)
    force = Force(alpha, fit_intercept=True).fit(X, y)
    np.testing.assert_array_equal(force.coef_, readout.coef_)


@pytest.mark.parametrize("n_features", [1, 2, 7, 8])
@pytest.mark.parametrize("forgetting", [1.0, 0.99, 0.9])
def test_recursive_least_squares_equals_its_twin(forgetting, n_features):
    X, y = problem(n_features=n_features)
    readout = RecursiveLeastSquares(forgetting, 0.3).fit(X, y)
    weights, P = oracles.recursive_least_squares(with_constant(X), y, 0.3, forgetting)
    np.testing.assert_allclose(weights_of(readout), weights, rtol=0, atol=1e-9)
    np.testing.assert_allclose(readout.inverse_correlation_, P, rtol=1e-8, atol=1e-10)


def test_forgetting_is_least_squares_with_fading_weights():
    X, y = problem(n_rows=2000)
    readout = RecursiveLeastSquares(0.98, fit_intercept=False).fit(X, y)
    roots = 0.98 ** (np.arange(len(X))[::-1, None] / 2)
    expected = np.linalg.lstsq(roots * X, roots * y, rcond=None)[0].T
    np.testing.assert_allclose(readout.coef_, expected, rtol=0, atol=1e-9)


def test_forgetting_does_not_wind_up():
    """Rows that say nothing of three directions, then rows that do; what is told is still forgotten."""
    rng = np.random.default_rng(0)
    silent = rng.normal(size=(20_000, 2)) @ rng.normal(size=(2, 5))
    readout = RecursiveLeastSquares(0.95, 0.1, fit_intercept=False).fit(silent, silent @ np.ones(5))
    values = np.linalg.eigvalsh(readout.inverse_correlation_)
    assert values[0] > 0 and values[-1] < 5 * 10 / 0.1 / 0.95
    readout.partial_fit(silent[:300], silent[:300] @ np.arange(5))
    np.testing.assert_allclose(readout.predict(silent), silent @ np.arange(5), atol=0.01)
    X = rng.normal(size=(300, 5))
    readout.partial_fit(X, X @ np.arange(5))
    np.testing.assert_allclose(readout.coef_, np.arange(5), atol=1e-3)


@pytest.mark.parametrize("forgetting", [1.0, 0.999])
@pytest.mark.parametrize("alpha", [1.0, 1e-9])
def test_a_million_steps_stay_positive_definite(forgetting, alpha):
    """The features are collinear up to 1e-6."""
    rng = np.random.default_rng(0)
    readout = RecursiveLeastSquares(forgetting, alpha)
    for _ in range(20):
        X = rng.normal(size=(50_000, 3)) @ np.ones((3, 12)) + 1e-6 * rng.normal(size=(50_000, 12))
        readout.partial_fit(X, X.sum(axis=1))
    P = readout.inverse_correlation_
    assert np.isfinite(readout.coef_).all() and np.isfinite(P).all()
    np.testing.assert_allclose(P, P.T, rtol=1e-9)
    assert (readout.memory_["scales"] > 0).all()
    np.testing.assert_allclose(readout.predict(X), X.sum(axis=1), atol=1e-3)


@pytest.mark.parametrize("epsilon", [None, 1e-6, 1.0])
def test_least_mean_squares_equals_its_twin(epsilon):
    X, y = problem()
    parameters = {"normalized": False} if epsilon is None else {"epsilon": epsilon}
    readout = LeastMeanSquares(0.02, **parameters).fit(X, y)
    expected = oracles.least_mean_squares(with_constant(X), y, 0.02, epsilon)
    np.testing.assert_allclose(weights_of(readout), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("readout", [LeastMeanSquares(), LeastMeanSquares(0.05, normalized=False)], ids=str)
def test_least_mean_squares_converges(readout):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 5))
    readout.fit(X, X @ np.arange(5) - 1)
    np.testing.assert_allclose(np.append(readout.coef_, readout.intercept_), [0, 1, 2, 3, 4, -1], atol=1e-9)


def test_epochs_are_repeated_passes():
    X, y = problem()
    for readout in (LeastMeanSquares(), ParallelPerceptronRegressor(9, random_state=0, shuffle=False)):
        twice = clone(readout).set_params(n_epochs=2).fit(X, y)
        once = clone(readout).partial_fit(X, y).partial_fit(X, y)
        np.testing.assert_array_equal(twice.coef_, once.coef_)


def test_least_mean_squares_that_diverges_is_refused():
    X, y = problem(n_rows=2000)
    readout = LeastMeanSquares(0.01, normalized=False).fit(X, y)
    before = readout.predict(X)
    with pytest.raises(ValueError, match="grew beyond every bound"):
        readout.set_params(learning_rate=50.0).partial_fit(X, y)
    np.testing.assert_array_equal(readout.predict(X), before)


def test_force_learns_a_sum_of_sines_in_a_closed_loop():
    """A chaotic network that hears its own output from the first step on, and then runs freely (Sussillo 2009)."""
    rng = np.random.default_rng(0)
    n_units, dt, n_steps, period = 400, 0.1, 12_000, 600
    J, feedback = 1.5 * rng.normal(size=(n_units, n_units)) / np.sqrt(n_units), rng.uniform(-1, 1, n_units)
    angle = 2 * np.pi / period * np.arange(n_steps + 2 * period)
    target = 0.7 / 1.5 * (np.sin(angle) + np.sin(2 * angle) / 2 + np.sin(3 * angle) / 6 + np.sin(4 * angle) / 3)
    readout, potential, output, outputs = Force(), rng.normal(size=n_units) / 2, 0.0, []
    assert readout.closed_loop_training
    for t, wanted in enumerate(target):
        potential += dt * (J @ np.tanh(potential) + feedback * output - potential)
        rates = np.tanh(potential)
        output = readout.step(rates, wanted)[0] if t < n_steps else readout.coef_ @ rates
        outputs.append(output)
    errors = np.abs(np.array(outputs) - target)
    assert errors[:period].mean() < 0.1  # small from the first period on
    assert errors[n_steps - period : n_steps].mean() < 0.02
    assert errors[n_steps:].mean() < 0.03


@pytest.mark.parametrize("output_feedback", [False, True])
@pytest.mark.parametrize("dt", [1.0, 0.3])
def test_backpropagation_decorrelation_equals_its_twin(dt, output_feedback):
    X, y = problem()
    readout = BackpropagationDecorrelation(0.2, dt=dt, output_feedback=output_feedback, epsilon=0.1).fit(X, y)
    weights, outputs = oracles.backpropagation_decorrelation(with_constant(X), y, 0.2, dt, output_feedback, 0.1)
    np.testing.assert_allclose(weights_of(readout), weights[:, :8], rtol=0, atol=1e-12)
    np.testing.assert_allclose(readout.feedback_, weights[:, 8:], rtol=0, atol=1e-12)
    stepped = clone(readout)
    np.testing.assert_allclose([stepped.step(*pair) for pair in zip(X, y, strict=True)], outputs, rtol=0, atol=1e-12)


def test_backpropagation_decorrelation_is_normalised_least_mean_squares_at_dt_1_only():
    X, y = problem()
    expected = LeastMeanSquares(0.2, epsilon=0.1).fit(X, y).coef_
    near = BackpropagationDecorrelation(0.2, output_feedback=False, epsilon=0.1).fit(X, y)
    far = clone(near).set_params(dt=0.9).fit(X, y)
    np.testing.assert_allclose(near.coef_, expected, rtol=0, atol=1e-13)
    assert near.row_wise and not far.row_wise
    assert np.abs(far.coef_ - expected).max() > 0.01


def test_backpropagation_decorrelation_rests_where_there_is_no_error():
    """Two rows without error change nothing; after an error the row before it still counts."""
    X, _ = problem(n_rows=200)
    teacher = BackpropagationDecorrelation(dt=0.5, output_feedback=False).fit(*problem())
    y = teacher.predict(X)
    student = clone(teacher).fit(*problem())
    student.memory_["outputs"][:] = student.memory_["errors"][:] = 0
    before = student.coef_
    np.testing.assert_allclose(student.partial_fit(X, y).coef_, before, rtol=0, atol=1e-14)
    student.partial_fit(X[:1], y[:1] + 1)
    assert np.abs(student.coef_ - before).max() > 1e-3


def test_backpropagation_decorrelation_learns_units_with_dynamics():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(20_000, 4))
    teacher = BackpropagationDecorrelation(dt=0.3).fit(X[:500], X[:500, :2])
    y = teacher.predict(X)
    student = BackpropagationDecorrelation(0.3, dt=0.3).fit(X, y)
    errors = [((r.predict(X[:500]) - y[:500]) ** 2).mean() for r in (student, RidgeReadout().fit(X, y))]
    assert errors[0] < 1e-3 * errors[1]


@pytest.mark.parametrize("adapt_every", [None, 40])
def test_parallel_perceptrons_equal_their_twin(adapt_every):
    X, y = problem()
    y = np.clip(y, -1, 1)
    settings = {"mu": 0.7, "margin": 0.1, "learning_rate": 0.02}
    readout = ParallelPerceptronRegressor(
        20, epsilon=0.2, rho=13.0, output_range=(-1, 1), adapt_every=adapt_every, random_state=5, **settings
    ).partial_fit(X, y)
    first = np.random.default_rng(5).normal(size=(2, 20, 8))
    first /= np.linalg.norm(first, axis=2, keepdims=True)
    for k in range(2):
        weights, margin, rate = oracles.parallel_perceptron(
            with_constant(X, -1), y[:, k], first[k], 13.0, 0.2, 0.7, 0.1, 0.02, adapt_every
        )
        ours = np.column_stack([readout.coef_[k], -readout.intercept_[k]])
        np.testing.assert_allclose(ours, weights, rtol=0, atol=1e-9)
        assert readout.margin_[k] == pytest.approx(margin) and readout.learning_rate_[k] == pytest.approx(rate)
        votes = np.where(with_constant(X, -1) @ weights.T >= 0, 1, -1).sum(axis=1)
        np.testing.assert_allclose(readout.predict(X)[:, k], np.clip(votes / 13, -1, 1), atol=1e-12)


def test_parallel_perceptrons_tune_their_margin_and_rate():
    X, y = problem(n_rows=1000, n_outputs=1)
    readout = ParallelPerceptronRegressor(random_state=0, margin=0.0).fit(X, y[:, 0])
    assert readout.margin_[0] > 0 and 1e-5 <= readout.learning_rate_[0] <= 0.1
    heard = X @ readout.coef_[0].T + readout.intercept_[0]
    n_near = (np.abs(heard) < readout.margin_[0]).sum(axis=1).mean()
    wanted = readout.epsilon * readout._rho()
    assert 0.3 * wanted < n_near < 4 * wanted


def test_parallel_perceptrons_learn_what_one_cannot():
    X = np.random.default_rng(0).uniform(-1, 1, size=(600, 2))
    labels = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
    assert ParallelPerceptronClassifier(random_state=0).fit(X, labels).score(X, labels) > 0.9
    readout = ParallelPerceptronRegressor(random_state=0).fit(X, np.sin(3 * X[:, 0]))
    assert readout.score(X, np.sin(3 * X[:, 0])) > 0.8


def test_parallel_perceptron_classifier_in_pieces():
    X, y = problem(n_outputs=1)
    labels = np.digitize(y[:, 0], [-0.3, 0.3])
    whole = ParallelPerceptronClassifier(n_epochs=1, shuffle=False, random_state=0).fit(X, labels)
    blocks = clone(whole).partial_fit(X[:40], labels[:40], classes=[0, 1, 2]).partial_fit(X[40:], labels[40:])
    np.testing.assert_array_equal(blocks.decision_function(X), whole.decision_function(X))
    with pytest.raises(ValueError, match="not among the classes"):
        blocks.partial_fit(X, labels + 1)
    with pytest.raises(ValueError, match="'classes' parameter of partial_fit"):
        clone(whole).partial_fit(X, labels)
    np.testing.assert_array_equal(blocks.decision_function(X), whole.decision_function(X))


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
    np.testing.assert_array_equal(
        clone(readout).set_params(**{name: kind().get_params()[name]}).fit(X, y) is None, False
    )
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


@pytest.mark.parametrize("readout", [r for r in REGRESSORS if r.row_wise], ids=str)
def test_a_row_is_predicted_alone(readout):
    X, y = problem()
    readout = clone(readout).fit(X, y)
    alone = np.concatenate([readout.predict(row[None]) for row in X])
    np.testing.assert_array_equal(alone, readout.predict(X))
