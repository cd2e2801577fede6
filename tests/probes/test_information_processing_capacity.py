"""Information processing capacity against theory and a naive twin."""

import numpy as np
import pytest

from reservoir import EchoState, LiquidState
from reservoir.probes import counted_functions, information_processing_capacity, memory_capacity
from reservoir.probes.information_processing_capacity import capacity_floor
from reservoir.probes.legendre import Products, functions
from reservoir.spikes import Current
from reservoir.topologies import Cycle, DelayLine, Orthogonal
from tests import oracles


class Mapped:
    """The delayed inputs (n_rows, n_delays), through a function."""

    def __init__(self, function, n_delays=6):
        self.function, self.n_delays = function, n_delays

    def fit(self, X):
        return self

    def run(self, X):
        padded = np.concatenate([np.zeros(self.n_delays - 1), X[:, 0]])
        states = self.function(np.lib.stride_tricks.sliding_window_view(padded, self.n_delays)[:, ::-1])
        return states, states[-1]


def dambre(n_units=20, seed=0, scaling=1.0, norm=0.95, **parameters):
    """The network of the paper: W uniform, scaled to its largest singular value."""
    rng = np.random.default_rng(seed)
    W, w_in = rng.uniform(-1, 1, (n_units, n_units)), rng.uniform(-1, 1, (n_units, 1))
    W *= norm / np.linalg.norm(W, 2)
    return EchoState(n_units, topology=W, spectral_radius=None, input_weights=scaling * w_in, **parameters)


@pytest.mark.parametrize("n_states, published", [(50, 1.7e-4), (25, 1.1e-4), (1, 2.2e-5)])
def test_the_floor_of_the_paper(n_states, published):
    floor = capacity_floor(n_states, 10**6, 1e-3, 2.0)
    assert float(f"{floor:.1e}") == published
    found = information_processing_capacity(Mapped(lambda u: u, n_states), 1, 3, n_steps=1000, random_state=0)
    assert found.floor == pytest.approx(1000 * floor)


@pytest.mark.parametrize("system", [
    dambre(4, scaling=2.0), dambre(4, 1, 2.0, bias_scaling=0.5, random_state=0),
    Mapped(lambda u: np.column_stack([u, u[:, 0], u[:, :2] ** 2]), 3),
])  # fmt: skip
@pytest.mark.parametrize("patience", [4, 25])
def test_the_table_equals_the_naive_regressions(system, patience):
    n_steps, washout, n_delays, amplitude = 300, 5, 5, 0.8
    found = information_processing_capacity(
        system, 4, n_delays, n_steps=n_steps, washout=washout, amplitude=amplitude, factor=1.0, patience=patience,
        random_state=3,
    )  # fmt: skip
    inputs = np.random.default_rng(3).uniform(-1, 1, n_delays + washout + n_steps)
    states = system.fit(np.zeros((1, 1))).run(amplitude * inputs[:, None])[0][-n_steps:]
    table, n_functions = oracles.information_processing_capacity(states, inputs, 4, n_delays, patience, 1e-3, 1.0)
    np.testing.assert_allclose(found.table, table, atol=1e-7)
    assert found.n_functions == n_functions and np.count_nonzero(table) > 3


class Both:
    """Products of two inputs: u_1(t) u_2(t - 1), u_2(t)^2 less its mean, and u_1(t - 2)."""

    n_features_in_ = 2

    def fit(self, X):
        return self

    def run(self, X):
        padded = np.concatenate([np.zeros((2, 2)), X])
        states = np.column_stack([padded[2:, 0] * padded[1:-1, 1], padded[2:, 1] ** 2 - 1 / 3, padded[:-2, 0]])
        return states, states[-1]


def test_functions_of_several_inputs():
    found = information_processing_capacity(Both(), 3, 4, n_steps=4000, patience=60, random_state=0)
    expected = np.zeros((3, 4))
    expected[1, 1] = expected[1, 0] = expected[0, 2] = 1
    np.testing.assert_allclose(found.table, expected, atol=1e-2)
    assert found.n_functions > 8 + 36 and found.total <= 3


def test_the_first_delay_of_functions():
    """What is heard at delay 2 stands in the first column where delays begin there."""
    delayed = Mapped(lambda u: np.column_stack([u[:, 2], u[:, 2] * u[:, 4]]))
    found = information_processing_capacity(delayed, 2, 4, n_steps=3000, first_delay=2, random_state=0)
    np.testing.assert_allclose(found.table, [[1, 0, 0, 0], [0, 0, 1, 0]], atol=1e-2)


def test_the_sums():
    found = information_processing_capacity(dambre(5), 3, 7, n_steps=2000, random_state=0)
    assert found.table.shape == (3, 7)
    np.testing.assert_allclose(found.per_degree, [row.sum() for row in found.table])
    np.testing.assert_allclose(found.per_delay, [column.sum() for column in found.table.T])
    assert found.linear == pytest.approx(found.per_degree[0])
    assert found.linear + found.nonlinear == pytest.approx(found.total)


@pytest.mark.parametrize("topology, n_units", [(Orthogonal(), 10), (Cycle(), 12), (DelayLine(), 8)])
def test_a_linear_reservoir_has_no_nonlinear_capacity(topology, n_units):
    radius = None if isinstance(topology, DelayLine) else 0.9
    parameters = {"input_weights": np.eye(n_units)[:, :1]} if radius is None else {"bias_scaling": 0.0}
    system = EchoState(n_units, topology=topology, spectral_radius=radius, activation="identity", **parameters)
    found = information_processing_capacity(system.set_params(random_state=1), 3, n_steps=20_000, random_state=0)
    assert found.nonlinear == 0
    assert 0.99 * n_units < found.linear <= n_units * (1 + 1e-9)
    memory = memory_capacity(system, n_steps=20_000, random_state=0)
    np.testing.assert_allclose(found.table[0], memory.per_delay, atol=0.02)


def test_squares_of_a_delay_line():
    """The square of an input is a constant and P_2; the constant belongs to no function, so it is lost."""
    found = information_processing_capacity(Mapped(np.square), 4, n_steps=20_000, random_state=0)
    # u^2 = (2 P_2 + 1) / 3 with E[u^2]^2 = 1/9 and E[u^4] = 1/5: six states, of which one direction is a constant.
    gram = np.full((6, 6), 1 / 9) + np.diag(np.full(6, 1 / 5 - 1 / 9))
    cross = np.sqrt(4 / 45) * np.eye(6)
    expected = np.diag(cross @ np.linalg.inv(gram) @ cross)
    np.testing.assert_allclose(found.table[1, :6], expected, atol=0.02)
    assert found.total == pytest.approx(found.table[1].sum()) and not found.table[1, 6:].any()


def test_a_known_mixture_of_functions():
    """u(t)^3 is 3/5 P_1 + 2/5 P_3, and u(t) u(t - 2) a function of degree 2 by itself."""
    states = Mapped(lambda u: np.column_stack([u[:, 0] ** 3, u[:, 0] * u[:, 2]]), 3)
    found = information_processing_capacity(states, 4, 10, n_steps=20_000, random_state=0)
    expected = np.zeros((4, 10))
    expected[0, 0] = (9 / 25) / 3 * 7
    expected[1, 2] = 1
    expected[2, 0] = (4 / 25) / 7 * 7
    np.testing.assert_allclose(found.table, expected, atol=0.02)


def test_tanh_is_odd():
    """Without a bias, and for symmetric input, even degrees vanish; with a bias they do not."""
    odd = information_processing_capacity(dambre(20), 6, n_steps=20_000, random_state=0)
    assert not odd.per_degree[1::2].any() and (odd.per_degree[::2] > 0).all()
    biased = information_processing_capacity(dambre(20, bias_scaling=0.5, random_state=0), 2, n_steps=20_000)
    assert biased.per_degree[1] > 1


@pytest.mark.parametrize("seed", range(12))
def test_the_total_never_exceeds_the_number_of_states(seed):
    """Nor where few steps and a low floor let chance count: plain sums of the capacities do exceed it there."""
    for n_steps, factor in ((300, 0.5), (2000, 1.0)):
        found = information_processing_capacity(
            dambre(6, seed), 4, 12, n_steps=n_steps, factor=factor, patience=300, random_state=seed
        )
        assert 0 < found.total <= 6


def test_chance_does_not_inflate_the_total():
    """States of another input hold nothing of this one, whatever the shape of the functions."""
    deaf = Mapped(lambda u: np.random.default_rng(0).standard_normal((len(u), 10)))
    found = information_processing_capacity(deaf, 7, 30, n_steps=5000, random_state=0)
    assert found.n_functions > 6000 and found.total == 0


def test_heavy_functions_do_not_count_by_chance():
    """The plain floor lets in a few of the products of degree 8, which a tanh without bias cannot hold."""
    system = dambre(20, scaling=0.3)
    found = information_processing_capacity(system, 8, 12, n_steps=5000, patience=4000, random_state=0)
    assert not found.per_degree[1::2].any() and found.total > 19


@pytest.mark.parametrize("scaling", [0.3, 1.0])
def test_fading_memory_uses_every_state(scaling):
    found = information_processing_capacity(dambre(8, scaling=scaling), 7, n_steps=50_000, random_state=0)
    assert 0.97 * 8 < found.total <= 8


def test_capacity_is_shared_among_inputs_of_equal_power():
    """A linear system that hears K of them has N / K for the one that is asked about."""

    class Distracted:
        def fit(self, X):
            places = np.eye(12)[:, ::4]  # so that a turn of the cycle makes one input another
            self.cycle = EchoState(12, topology=Cycle(), activation="identity", input_weights=places)
            self.cycle.fit(np.zeros((1, 3)))
            return self

        def run(self, X):
            others = np.random.default_rng(7).uniform(-1, 1, (len(X), 2))
            return self.cycle.run(np.column_stack([X, others]))

    found = information_processing_capacity(Distracted(), 2, n_steps=50_000, random_state=0)
    assert found.nonlinear == 0
    assert found.total == pytest.approx(4, rel=0.02)


def test_a_liquid():
    """It forgets in a tenth of a second, and answers to squares of its input too."""
    liquid = LiquidState(encoder=Current(low=-1.0, high=1.0), random_state=0)
    found = information_processing_capacity(liquid, 2, 20, n_steps=5000, random_state=0)
    assert 0 < found.linear < 20 and found.nonlinear > 0
    assert not found.table[:, 15:].any()


def test_a_silent_system():
    found = information_processing_capacity(Mapped(np.zeros_like), 2, 5, n_steps=100, random_state=0)
    assert found.total == found.floor == 0 and not found.table.any()


@pytest.mark.parametrize("name, value", [
    ("system", 3), ("max_degree", 0), ("n_delays", 0), ("n_steps", 29), ("washout", -1), ("amplitude", 0.0),
    ("significance", 1), ("factor", 0), ("patience", 0), ("random_state", "x"),
])  # fmt: skip
def test_parameters_out_of_range(name, value):
    parameters = {"system": EchoState(3, random_state=0), "n_steps": 100, name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of information_processing_capacity must be"):
        information_processing_capacity(parameters.pop("system"), **parameters)


def test_short_cuts_change_nothing(monkeypatch):
    """Neither that hopeless functions are told in single precision, nor that the products of pairs are made once."""
    system, options = dambre(8, bias_scaling=0.5, random_state=0), {"n_steps": 3000, "patience": 60, "random_state": 1}
    found = information_processing_capacity(system, 4, 12, **options)
    for changed in (
        {"_MOST_FUNCTIONS": 0},
        {"_ERROR": np.inf},
        {"_FUNCTIONS_AT_ONCE": 1},
        {"_FUNCTIONS_AT_ONCE": 9999},
    ):
        with monkeypatch.context() as other:
            for name, value in changed.items():
                other.setattr(counted_functions, name, value)
            again = information_processing_capacity(system, 4, 12, **options)
        np.testing.assert_allclose(again.table, found.table, rtol=0, atol=1e-9)
        assert again.n_functions == found.n_functions


@pytest.mark.parametrize("n_columns", [1, 30])
def test_single_precision_is_as_good_as_is_said(n_columns):
    rng = np.random.default_rng(0)
    inputs, delays = rng.uniform(-1, 1, 5020), np.concatenate([*functions(5, 2), *functions(5, 3)])
    products = Products(inputs[:, None], 5000, 5)
    basis = np.linalg.qr(
        np.column_stack([products.values(delays[:1], 0, 5000)[0], rng.normal(size=(5000, n_columns))])
    )[0]
    rough = products.in_single_precision().onto(basis.astype(np.float32), np.ones((5000, 1), np.float32), delays)
    exact = products.onto(basis, np.ones((5000, 1)), delays)
    lengths = [np.sqrt(np.square(projected).sum(axis=1) / sizes[:, 0]) for projected, sizes in (rough, exact)]
    bound = counted_functions._ERROR * (lengths[0] + np.sqrt(basis.shape[1]))
    assert (np.abs(lengths[0] - lengths[1]) < bound).all() and 0.99 < lengths[1].max() <= 1 + 1e-12
