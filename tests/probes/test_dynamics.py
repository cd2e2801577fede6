"""Lyapunov exponents, echo index and washout against closed forms, known equations and naive twins."""

import math

import numba
import numpy as np
import pytest

from reservoir import DeepEchoState, EchoState, LiquidState, ReservoirRegressor
from reservoir.circuits import RandomCircuit
from reservoir.neurons.activations import ACTIVATIONS, activation_of, slope
from reservoir.probes import (
    LyapunovExponents,
    echo_state_index,
    lyapunov_exponent,
    lyapunov_spectrum,
    washout_estimate,
)
from reservoir.probes.tangent import tangent_of
from reservoir.rnn import RNNRegressor
from reservoir.systems import SideBySide
from reservoir.topologies import Cycle, DelayLine, Hadamard, Orthogonal, Random

METHODS = ["jacobian", "two_trajectories"]


def noise(n_rows=400, n_features=1, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, size=(n_rows, n_features))


def linear(matrix_or_topology, radius=None, n_units=20, **parameters):
    options = {"activation": "identity", "random_state": 0, **parameters}
    return EchoState(n_units, topology=matrix_or_topology, spectral_radius=radius, **options)


# ---- driven systems


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("leak", [1.0, 0.3])
def test_a_linear_reservoir_has_the_logarithm_of_its_spectral_radius(method, leak):
    """Symmetric, so that differences settle in the direction of one real eigenvalue; leaky it is (1 - a) I + a W."""
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    W = turn @ np.diag([0.9, 0.5, -0.4, 0.2, 0.1, -0.05]) @ turn.T
    found = lyapunov_exponent(linear(W, n_units=6, leak=leak), noise(), method=method, washout=250)
    assert found.largest == pytest.approx(np.log(1 - leak + leak * 0.9), abs=1e-6)
    assert found.standard_errors[0] < 1e-6
    half = lyapunov_exponent(linear(W, n_units=6, leak=leak), noise(), method=method, washout=250, dt=0.5)
    assert half.largest == pytest.approx(2 * found.largest, rel=1e-12)


def test_the_whole_spectrum_of_a_linear_reservoir():
    """Moduli of all eigenvalues, as the triangular matrix shows them."""
    W = np.triu(np.random.default_rng(0).uniform(-0.3, 0.3, (5, 5)), 1) + np.diag([0.9, -0.7, 0.5, 0.3, -0.2])
    found = lyapunov_exponent(linear(W, n_units=5), noise(1000), n_exponents=5, washout=300)
    np.testing.assert_allclose(found.exponents, np.log([0.9, 0.7, 0.5, 0.3, 0.2]), atol=1e-3)
    assert found.total == pytest.approx(np.log(abs(np.linalg.det(W))), abs=1e-9)


@pytest.mark.parametrize("topology", [Orthogonal(), Cycle(), Hadamard()])
@pytest.mark.parametrize("interval", [1, 7])
def test_all_exponents_of_a_scaled_orthogonal_matrix_are_equal(topology, interval):
    found = lyapunov_exponent(linear(topology, 0.8), noise(300), n_exponents=20, interval=interval, washout=60)
    np.testing.assert_allclose(found.exponents, np.log(0.8), atol=1e-9)
    np.testing.assert_allclose(found.standard_errors, 0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_scalar_unit_falls_to_its_fixed_point(method):
    """x' = tanh(w x): at the fixed point the slope is w (1 - x^2)."""
    fixed = 0.5
    for _ in range(200):
        fixed = np.tanh(2 * fixed)
    unit = linear([[2.0]], n_units=1, activation="tanh", bias=[0.0])
    X = np.where(np.arange(600) < 50, 0.1, 0.0)[:, None]
    found = lyapunov_exponent(unit, X, washout=300, method=method)
    assert found.largest == pytest.approx(np.log(2 * (1 - fixed**2)), abs=1e-6)


def test_the_jacobian_of_a_driven_step_equals_finite_differences():
    system = DeepEchoState(EchoState(4, leak=0.4, bias_scaling=0.5), 3, input_to_all=True, random_state=0)
    for one in (system, EchoState(12, leak=np.linspace(0.2, 1, 12), bias_scaling=0.3, random_state=1)):
        one.fit(np.zeros((1, 2)))
        state, row, tangent = np.linspace(-0.8, 0.7, 12), np.array([[0.3, -0.6]]), tangent_of(one)
        (point,), _, _ = tangent.follow(row, state)
        step = 1e-6 * np.eye(12)
        naive = [(one.run(row, state + d)[1] - one.run(row, state - d)[1]) / 2e-6 for d in step]
        np.testing.assert_allclose(tangent.move(point, np.eye(12)), np.array(naive).T, atol=1e-8)
        naive = [(one.run(row + d, state)[1] - one.run(row - d, state)[1]) / 2e-6 for d in 1e-6 * np.eye(2)]
        moved = tangent.move(point, np.zeros((12, 2)), np.eye(2))
        np.testing.assert_allclose(moved, np.array(naive).T, atol=1e-8)


def test_every_activation_has_its_slope():
    @numba.njit
    def soft_sign(x):
        return x / (1 + abs(x))

    for activation in [*ACTIVATIONS, soft_sign]:
        unit = linear([[0.0]], n_units=1, activation=activation, input_weights=[[1.0]], bias=[0.0])
        unit.fit(noise())
        at = np.array([[-1.3], [-0.2], [0.4], [2.0]])
        naive = (unit.transform(at + 1e-6) - unit.transform(at - 1e-6)) / 2e-6
        slopes = at[:, 0].copy()
        slope(activation_of(activation), slopes)
        np.testing.assert_allclose(slopes, naive[:, 0], rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    "system",
    [
        EchoState(30, spectral_radius=1.1, leak=0.5, bias_scaling=0.2, random_state=0),
        EchoState(30, spectral_radius=3.0, topology=Random(in_degree=8), input_scaling=0.3, random_state=2),
        EchoState(30, activation="logistic", spectral_radius=2.0, random_state=0),
        EchoState(30, spectral_radius=0.8, noise=0.1, random_state=0),
        DeepEchoState(EchoState(15, leak=0.7), 2, input_to_all=True, random_state=0),
        DeepEchoState(EchoState(15, leak=0.7), 2, arrangement="grouped", random_state=0),
    ],
)
def test_both_routes_agree(system):
    X = noise(800)
    exact, plain = (lyapunov_exponent(system, X, method=method, washout=200).largest for method in METHODS)
    assert plain == pytest.approx(exact, abs=2e-3)


def test_chaos_shows_above_zero():
    X = 0.1 * noise(2000)
    options = {"input_scaling": 1.0, "bias_scaling": 0.0, "random_state": 0}
    quiet, wild = (EchoState(100, spectral_radius=radius, **options) for radius in (0.9, 2.0))
    assert lyapunov_exponent(quiet, X).largest < -0.05
    assert lyapunov_exponent(wild, X).largest > 0.05


def test_types_of_float_and_own_systems_take_two_trajectories():
    X = noise(600)
    double, single = (EchoState(20, dtype=dtype, random_state=0) for dtype in ("float64", "float32"))
    exact = lyapunov_exponent(double, X).largest
    assert lyapunov_exponent(single, X).largest == pytest.approx(exact, abs=1e-4)
    assert lyapunov_exponent(single, X, method="two_trajectories").largest == pytest.approx(exact, abs=0.01)

    class Halving:
        def fit(self, X):
            return self

        def run(self, X, state=None):
            states, x = [], np.zeros(2) if state is None else state
            for u in X:
                x = x / 2 + u
                states.append(x)
            return np.array(states), x

    assert lyapunov_exponent(Halving(), X).largest == pytest.approx(np.log(0.5), abs=1e-6)
    assert washout_estimate(Halving(), X) == 10 and echo_state_index(Halving(), X) == 1


def test_a_subclass_with_another_equation_is_not_taken_for_its_weights():
    class Halved(EchoState):
        def run(self, X, state=None):
            rows = []
            for row in X:
                state = super().run(row[None], state)[1] / 2
                rows.append(state)
            return np.array(rows), state

    halved = Halved(10, topology=Orthogonal(), spectral_radius=0.9, activation="identity", random_state=0).fit(noise())
    assert tangent_of(halved) is None
    assert lyapunov_exponent(halved, noise(60), washout=10).largest == pytest.approx(np.log(0.45), abs=1e-6)
    with pytest.raises(ValueError, match="for its Jacobian"):
        lyapunov_exponent(halved, noise(60), washout=10, method="jacobian")


def test_a_delay_line_loses_all():
    line = linear(DelayLine(), n_units=5, input_weights=np.eye(5)[:, :1])
    assert lyapunov_exponent(line, noise(), method="two_trajectories").largest == -np.inf
    assert lyapunov_exponent(line, noise(), n_exponents=2, interval=6).largest == -np.inf
    assert washout_estimate(line, noise()) == 5


def test_models_and_networks():
    X = noise(400)
    model = ReservoirRegressor(EchoState(20, random_state=0)).fit(X, X[:, 0])
    np.testing.assert_array_equal(
        lyapunov_exponent(model, X).exponents, lyapunov_exponent(model.reservoir_, X).exponents
    )
    network = RNNRegressor("lstm", (5,), max_iter=1, tol=None, random_state=0)
    with pytest.raises(ValueError, match="'system' parameter of lyapunov_exponent must be a system, or a fitted model"):
        lyapunov_exponent(network, X)


# ---- known equations

SIGMA, RHO, BETA = 10.0, 28.0, 8 / 3


def lorenz(v):
    return np.array([SIGMA * (v[1] - v[0]), v[0] * (RHO - v[2]) - v[1], v[0] * v[1] - BETA * v[2]])


def lorenz_jacobian(v):
    return np.array([[-SIGMA, SIGMA, 0], [RHO - v[2], -1, -v[0]], [v[1], v[0], -BETA]])


def test_the_lorenz_equations():
    """The volume shrinks by sigma + 1 + beta everywhere; along the trajectory nothing grows."""
    found = lyapunov_spectrum(lorenz, lorenz_jacobian, [1.0, 1.0, 1.0], dt=0.01, n_steps=20_000)
    assert found.total == pytest.approx(-(SIGMA + 1 + BETA), rel=1e-3)
    assert abs(found.exponents[1]) < 4 * found.standard_errors[1] + 0.005
    assert found.largest == pytest.approx(0.906, rel=0.05)
    assert found.exponents[2] == pytest.approx(-14.57, rel=0.005)
    assert found.kaplan_yorke_dimension == pytest.approx(2.062, abs=0.005)


def test_known_maps():
    """The Henon map shrinks areas by b; a flow of constant turns is its matrix; a rotation has a zero exponent."""
    henon = lyapunov_spectrum(
        lambda x: np.array([1 - 1.4 * x[0] ** 2 + x[1], 0.3 * x[0]]),
        lambda x: np.array([[-2.8 * x[0], 1.0], [0.3, 0.0]]),
        [0.1, 0.1], n_steps=20_000, interval=3,
    )  # fmt: skip
    assert henon.total == pytest.approx(np.log(0.3), abs=1e-9)
    assert henon.largest == pytest.approx(0.419, abs=0.01)
    A = np.diag([-0.3, -1.0])
    flow = lyapunov_spectrum(lambda x: A @ x, lambda x: A, [1.0, 1.0], dt=0.01, n_steps=2000, n_exponents=1)
    assert flow.exponents == pytest.approx([-0.3], abs=1e-6) and flow.kaplan_yorke_dimension == 0
    turn = np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])
    circle = lyapunov_spectrum(lambda x: turn @ x, lambda x: turn, [1.0, 0.0], n_steps=100)
    np.testing.assert_allclose(circle.exponents, 0, atol=1e-12)
    assert math.isnan(circle.kaplan_yorke_dimension) or circle.kaplan_yorke_dimension == 2


def test_a_trajectory_that_leaves_every_bound():
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="leaves every bound"):
        lyapunov_spectrum(lambda x: x**3, lambda x: np.diag(3 * x**2), [10.0], n_steps=100)


# ---- where it began


@pytest.mark.parametrize("radius, tolerance", [(0.9, 1e-3), (0.5, 1e-6), (0.99, 0.1)])
def test_the_washout_of_a_linear_reservoir(radius, tolerance):
    found = washout_estimate(linear(Orthogonal(), radius), noise(500), tolerance=tolerance)
    assert found == math.ceil(np.log(tolerance) / np.log(radius))


def test_a_system_that_does_not_forget():
    unit = linear([[1.0]], n_units=1)
    assert washout_estimate(unit, noise()) == math.inf
    assert washout_estimate(linear(Orthogonal(), 0.99), noise(100)) == math.inf  # too short


def test_the_echo_index_of_a_unit_that_holds_its_sign():
    unit = linear([[2.0]], n_units=1, activation="tanh", input_weights=[[1.0]], bias=[0.0])
    wave = np.sin(np.arange(500) / 3)[:, None]
    assert echo_state_index(unit, 0.1 * wave, n_starts=20) == 2
    assert echo_state_index(unit, 3 * wave, n_starts=20) == 1
    assert washout_estimate(unit, 0.1 * wave) == math.inf and washout_estimate(unit, 3 * wave) < 100


def test_independent_units_multiply_their_responses():
    units = linear(2 * np.eye(3), n_units=3, activation="tanh", input_weights=np.zeros((3, 1)), bias=np.zeros(3))
    assert echo_state_index(units, noise(), n_starts=100) == 8


def test_a_chaotic_system_has_as_many_responses_as_starts():
    wild = EchoState(100, spectral_radius=3.0, input_scaling=0.01, bias_scaling=0.0, random_state=0)
    assert echo_state_index(wild, noise(), n_starts=6) == 6


def test_spiking_units_are_compared_after_different_histories():
    X = np.sin(np.arange(150) / 5)[:, None]
    apart = LiquidState(RandomCircuit(20, weight_scale=0.0), random_state=0).fit(X)
    assert echo_state_index(apart, X, n_starts=4) == 1
    rows = washout_estimate(apart, X, n_starts=3)
    assert 0.03 * np.log(1e3) / 0.01 < rows < 100  # no faster than the trace of 30 ms forgets in rows of 10 ms
    liquid = LiquidState(random_state=0).fit(X)
    assert washout_estimate(liquid, X, n_starts=3) > rows
    pair = SideBySide([("liquid", apart), ("echo", EchoState(10, spectral_radius=0.1, random_state=0))])
    assert 0.03 * np.log(1e3) / 0.01 < washout_estimate(pair, X, n_starts=3) < 100
    deep = DeepEchoState(layers=[liquid, EchoState(10, random_state=0)])
    for system in (liquid, deep):
        with pytest.raises(ValueError, match="'system' parameter of lyapunov_exponent must be one of rate units: ask"):
            lyapunov_exponent(system, X, washout=0)


# ---- parameters


@pytest.mark.parametrize("name, value", [
    ("system", 3), ("X", np.zeros((50, 1))), ("n_exponents", 0), ("n_exponents", 11), ("method", "x"), ("washout", -1),
    ("interval", 0), ("dt", 0), ("random_state", "x"),
])  # fmt: skip
def test_lyapunov_exponent_refuses(name, value):
    parameters = {"system": EchoState(10, random_state=0), "X": noise(), name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of lyapunov_exponent must be"):
        lyapunov_exponent(parameters.pop("system"), parameters.pop("X"), **parameters)


def test_the_jacobian_is_refused_where_it_is_not_known():
    class Zero:
        def fit(self, X):
            return self

        def run(self, X, state=None):
            return np.zeros((len(X), 1)), np.zeros(1)

    for options in ({"method": "jacobian"}, {"n_exponents": 2}):
        with pytest.raises(ValueError, match="for its Jacobian"):
            lyapunov_exponent(Zero(), noise(), **options)


@pytest.mark.parametrize("name, value", [
    ("start", [[1.0]]), ("start", [np.nan]), ("function", 3), ("jacobian", 3), ("dt", 0), ("n_exponents", 2),
    ("function", object), ("function", np.sum), ("function", np.diag), ("jacobian", object), ("jacobian", np.cos),
    ("n_steps", 3), ("discard", -1), ("interval", 0),
])  # fmt: skip
def test_lyapunov_spectrum_refuses(name, value):
    parameters = {"function": np.cos, "jacobian": lambda x: -np.diag(np.sin(x)), "start": [1.0], name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of lyapunov_spectrum must be"):
        lyapunov_spectrum(parameters.pop("function"), parameters.pop("jacobian"), parameters.pop("start"), **parameters)


@pytest.mark.parametrize("probe, name, value", [
    (washout_estimate, "tolerance", 1), (washout_estimate, "n_starts", 0), (washout_estimate, "X", [noise()]),
    (echo_state_index, "tolerance", 0), (echo_state_index, "n_starts", 1), (echo_state_index, "X", noise(5)),
])  # fmt: skip
def test_starts_refuse(probe, name, value):
    parameters = {"X": noise(), name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {probe.__name__} must be"):
        probe(EchoState(10, random_state=0), parameters.pop("X"), **parameters)


def test_the_record():
    found = LyapunovExponents(np.array([1.0, 0.0, -4.0]), np.zeros(3))
    assert (found.largest, found.total, found.kaplan_yorke_dimension) == (1.0, -3.0, 2.25)
