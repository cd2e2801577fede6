"""Every rate unit, and one from outside the package with more state, in every place that takes rate units."""

import itertools

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from reservoir import DeepEchoState, EchoState, ReservoirRegressor, load, save
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.neurons import rate
from reservoir.neurons.activations import ACTIVATIONS
from reservoir.probes import closed_loop_exponents, lyapunov_exponent, memory_capacity
from reservoir.probes.closed_loop_exponents import loop_of
from reservoir.probes.tangent import tangent_of
from reservoir.readouts import Force, RecursiveLeastSquares, RidgeReadout
from reservoir.systems import EchoStateLanes
from reservoir.topologies import CirculantGraph, CirculantMatrix
from tests import oracles
from tests.loops import looped
from tests.neurons.rate.adapting import Adapting, adapting

TWINS = {**oracles.RATE_UNITS, "Adapting": adapting}
KINDS = [*(getattr(rate, name) for name in rate.__all__), Adapting]
EVERY = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
RNG = np.random.default_rng(3)
N = 14
X = RNG.uniform(-1, 1, (60, 2))
FULL = RNG.uniform(-1, 1, (N, N)) * (RNG.random((N, N)) < 0.4) * 0.5
MATRICES = {
    "dense": FULL,
    "sparse": sparse.csr_array(FULL),
    "circulant": CirculantMatrix(RNG.uniform(-0.3, 0.3, (5, N)), np.array([1, 7, 13, 4, 9])),
}


def with_matrices(*others):
    """Units, matrices and other values; those in short, where each value stands beside each other one."""
    values, found = (KINDS, list(MATRICES), *others), []
    fewest = min(map(len, values))
    for places in itertools.product(*map(range, map(len, values))):
        chosen = [one[place] for one, place in zip(values, places, strict=True)]
        marks = [pytest.mark.long] * (sum(places) % fewest > 0)
        found.append(pytest.param(*chosen, marks=marks, id="-".join([chosen[0].__name__, *chosen[1:]])))
    return found


class StepByStep(EchoState):
    """The same equation, of which the compiled loops may not know."""

    def run(self, X, state=None):
        return super().run(X, state)


def made(kind, system=EchoState, **parameters):
    options = {"n_units": N, "bias_scaling": 0.3, "random_state": 1, "unit": kind()}
    return system(**options | parameters)


@pytest.mark.parametrize("kind, structure, activation", with_matrices(list(ACTIVATIONS)))
def test_states_equal_the_twin(kind, structure, activation):
    W = MATRICES[structure]
    system = made(kind, topology=W, spectral_radius=None, unit=kind().set_params(activation=activation)).fit(X)
    start = RNG.uniform(-0.5, 0.5, kind.n_arrays * N)
    states, final = system.run(X, start)
    expected, last = oracles.rate_states(TWINS[kind.__name__], system, W, X, start)
    largest = max(1, np.abs(expected).max())
    np.testing.assert_allclose(states, expected, rtol=0, atol=1e-11 * largest)
    np.testing.assert_allclose(final, last, rtol=0, atol=1e-11 * largest)
    np.testing.assert_array_equal(final[:N], states[-1])


@pytest.mark.parametrize("kind, structure, dtype", with_matrices(["float64", "float32"]))
def test_containers_and_pieces_change_no_bit(kind, structure, dtype):
    system = made(kind, topology=MATRICES[structure], dtype=dtype).fit(X)
    states, final = system.run(X)
    assert states.dtype == final.dtype == dtype and final.shape == (kind.n_arrays * N,)
    listed, finals = system.run([X[:7], X, X[30:]])
    np.testing.assert_array_equal(listed[1], states)
    np.testing.assert_array_equal(finals[1], final)
    np.testing.assert_array_equal(listed[2], system.transform(X[30:]))
    np.testing.assert_array_equal(system.run(X.reshape(3, 20, 2))[0][0], states[:20])
    first, middle = system.run(X[:23])
    second, end = system.run(X[23:], middle)
    np.testing.assert_array_equal(np.concatenate([first, second]), states)
    np.testing.assert_array_equal(end, final)
    both, ends = system.run([X[:23], X[23:]], np.stack([np.zeros_like(middle), middle]))
    np.testing.assert_array_equal(both[1], second)
    np.testing.assert_array_equal(ends[1], final)


@EVERY
def test_float32_follows_float64(kind):
    double, single = (made(kind, dtype=dtype).fit_transform(X) for dtype in ("float64", "float32"))
    np.testing.assert_allclose(single, double, atol=1e-4)


@EVERY
def test_noise_is_what_the_units_hear(kind):
    """With the identity, a step is linear: the difference that noise makes is what the tangent makes of it."""
    unit = kind().set_params(activation="identity")
    quiet, noisy = (made(kind, unit=unit, noise=noise).fit(X) for noise in (0.0, 0.1))
    change = noisy.transform(X[:1]) - quiet.transform(X[:1])
    heard_more = clone(quiet).set_params(bias=quiet.bias_ + change[0]).fit(X)
    assert change.std() > 0
    scale = (heard_more.transform(X[:1]) - quiet.transform(X[:1])) / change
    np.testing.assert_allclose(scale, scale[0, 0], rtol=1e-9)
    np.testing.assert_array_equal(noisy.without_noise().transform(X), quiet.transform(X))


RIDGE, FORCE, RECURSIVE = RidgeReadout(1e-3), Force(), RecursiveLeastSquares()
LOOPS = [  # each value beside each other one
    (RIDGE, 1, False), (RIDGE, 3, True), (FORCE, 1, True),
    (FORCE, 3, False), (RECURSIVE, 1, False), (RECURSIVE, 3, True),
]  # fmt: skip


@EVERY
@pytest.mark.parametrize("readout, n_members, squared", LOOPS, ids=str)
def test_closed_loops_equal_steps_by_themselves(kind, squared, n_members, readout):
    """A readout that learns in the loop, one that learnt before it, and ensembles."""
    forecasts = []
    for system in (EchoState, StepByStep):
        options = {"washout": 5, "squared_states": squared, "n_members": n_members}
        model = looped(made(kind, system, spectral_radius=0.5), readout, **options).fit(X)
        forecasts.append(model.forecast(8))
    np.testing.assert_allclose(*forecasts, rtol=0, atol=1e-7)


def sizes_of(difference, function, n_values):
    """Central differences of a function in all directions, as the columns of a matrix."""
    return np.array([function(d) - function(-d) for d in difference * np.eye(n_values)]).T / (2 * difference)


@pytest.mark.parametrize("kind, structure, activation", with_matrices(["tanh", "logistic", "identity"]))
def test_the_tangent_is_the_derivative(kind, structure, activation):
    unit = kind().set_params(activation=activation)
    system = made(kind, topology=MATRICES[structure], unit=unit).fit(X)
    check_tangent(system, kind.n_arrays * N)


@EVERY
@pytest.mark.parametrize("options", [{}, {"input_to_all": True}, {"arrangement": "grouped"}], ids=str)
def test_the_tangent_of_layers(kind, options):
    system = DeepEchoState(made(kind), 2, random_state=0, **options).fit(X)
    assert system.transform(X).shape == (len(X), 2 * N)
    check_tangent(system, 2 * kind.n_arrays * N)


def check_tangent(system, n_values):
    tangent, state, row = tangent_of(system), RNG.uniform(-0.5, 0.5, n_values), X[:1]
    points, seen, final = tangent.follow(row, state)
    states, expected = system.run(row, state)
    np.testing.assert_allclose(seen, states, rtol=0, atol=1e-12)
    np.testing.assert_allclose(final, expected, rtol=0, atol=1e-12)
    naive = sizes_of(1e-6, lambda d: system.run(row, state + d)[1], n_values)
    np.testing.assert_allclose(tangent.move(points[0], np.eye(n_values)), naive, rtol=0, atol=1e-8)
    naive = sizes_of(1e-6, lambda d: system.run(row + d, state)[1], 2)
    moved = tangent.move(points[0], np.zeros((n_values, 2)), np.eye(2))
    np.testing.assert_allclose(moved, naive, rtol=0, atol=1e-8)


@EVERY
def test_layers_are_reservoirs_on_the_states_of_others(kind):
    first, second = made(kind), made(kind, random_state=2)
    below = clone(first).fit_transform(X)
    states = DeepEchoState(layers=[first, second], inter_scaling=None).fit_transform(X)
    np.testing.assert_array_equal(states, np.hstack([below, second.fit_transform(below)]))


@EVERY
def test_both_ways_to_the_exponent_agree(kind):
    series = np.random.default_rng(0).uniform(-1, 1, (600, 2))
    methods = ("jacobian", "two_trajectories")
    exact, plain = (lyapunov_exponent(made(kind), series, method=m, washout=100).largest for m in methods)
    assert plain == pytest.approx(exact, abs=2e-3)
    assert memory_capacity(made(kind), random_state=0).total >= 0


@pytest.mark.filterwarnings("ignore:The forecast of ReservoirForecaster settles")  # four units learn nothing of noise
@EVERY
def test_exponents_of_the_closed_loop(kind):
    """The sum of all exponents is the mean logarithm of the determinants, here of naive Jacobians."""
    model = looped(made(kind, n_units=4), washout=5).fit(X)
    n_values = kind.n_arrays * 4
    start = model.reservoir_.run(X[:-1])[1]

    def step(values):
        states, final = model.reservoir_.run(values[None, n_values:], values[:n_values])
        return np.concatenate([final, model.readout_.predict(np.hstack([states, values[None, n_values:]]))[0]])

    values = np.concatenate([start, X[-1]])
    loop = loop_of(model)
    point, after, _ = loop.members[0].tangent.follow(values[None, n_values:], start)
    moved = loop._move(((point[0], after[0]),), np.eye(n_values + 2))
    naive = sizes_of(1e-6, lambda d: step(values + d), n_values + 2)
    np.testing.assert_allclose(moved, naive, rtol=0, atol=1e-6 * max(1, np.abs(naive).max()))
    assert np.isfinite(closed_loop_exponents(model, n_steps=40, discard=5).largest)


def numbers_of(kind):
    """Another value for every parameter of a unit that is a number."""
    return {name: value * 0.9 for name, value in kind().get_params().items() if isinstance(value, float)}


@EVERY
@pytest.mark.parametrize("structure", [*MATRICES, "graph"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_lanes_equal_single_runs(kind, structure, dtype):
    topology = MATRICES.get(structure, CirculantGraph(3))
    base = made(kind, topology=topology, dtype=dtype)
    own = {f"unit__{name}": value for name, value in numbers_of(kind).items()}
    settings = [{}, {"spectral_radius": 0.4, "noise": 0.02}, {"input_scaling": 0.3, "bias_scaling": 0.1}, own]
    settings += [{name: value, "spectral_radius": 0.2} for name, value in own.items()]
    lanes = EchoStateLanes(base, settings).fit(X)
    whole = np.concatenate([states for _, states in lanes.blocks(X, len(X))], axis=1)
    tolerance = 1e-11 if dtype == "float64" else 1e-4
    for states, setting in zip(whole, settings, strict=True):
        expected = clone(base).set_params(**setting).fit_transform(X)
        np.testing.assert_allclose(states, expected, rtol=0, atol=tolerance)
    noisy = EchoStateLanes(base, [own | {"noise": 0.1}]).fit(X)
    pieces = [np.concatenate([states for _, states in noisy.blocks(X, n)], axis=1) for n in (len(X), 9)]
    np.testing.assert_array_equal(*pieces)


@EVERY
def test_the_search_reaches_the_unit(kind):
    y = np.roll(X[:, 0], 1)
    own = {f"reservoir__unit__{name}": [value, 0.5 * value] for name, value in numbers_of(kind).items()}
    grid = {"reservoir__spectral_radius": [0.3, 0.9], **dict(list(own.items())[:1])}
    model = ReservoirRegressor(made(kind), RidgeReadout(1e-2))
    cv = WarmTimeSeriesSplit(2, warmup=5)
    plain = GridSearchCV(model, grid, cv=cv, scoring=cv.scorer("r2")).fit(X, y)
    quick = ReservoirSearchCV(model, grid, cv=cv).fit(X, y)
    scores = [found.cv_results_["mean_test_score"] for found in (plain, quick)]
    np.testing.assert_allclose(*scores, rtol=0, atol=1e-7)
    name = next(iter(own)).removeprefix("reservoir__unit__")
    assert getattr(quick.best_estimator_.reservoir_.unit_, name) == quick.best_params_[next(iter(own))]


@EVERY
def test_saved_and_loaded(kind, tmp_path):
    model = looped(made(kind), washout=5).fit(X)
    if kind is Adapting:
        with pytest.raises(ValueError, match="unit' cannot be saved"):
            save(model, tmp_path / "model")
        return
    for one in (model, made(kind, dtype="float32").fit(X), EchoStateLanes(made(kind), [{}, {"noise": 0.1}]).fit(X)):
        save(one, tmp_path / "model")
        again = load(tmp_path / "model")
        ask = {"forecast": lambda m: m.forecast(4), "transform": lambda m: m.transform(X)}
        answer = next((ask[name] for name in ask if hasattr(one, name)), lambda m: next(m.blocks(X))[1])
        np.testing.assert_array_equal(answer(again), answer(one))


@pytest.mark.parametrize("name", rate.__all__)
def test_every_unit_has_a_twin_a_page_and_checks(name):
    assert name in oracles.RATE_UNITS, "a function in tests/oracles.py, and its line in RATE_UNITS"
    kind = getattr(rate, name)
    assert "doi:" in kind.__doc__ and ">>>" in kind.__doc__
    for parameter, value in kind().get_params().items():
        if isinstance(value, float) or parameter == "activation":
            with pytest.raises(ValueError, match=f"The '{parameter}' parameter of {name} must be"):
                made(kind, unit=kind(**{parameter: -1.0})).fit(X)
