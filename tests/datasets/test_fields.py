"""Fields on a ring against exact solutions, another solver, and their order."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import solve_ivp

from reservoir.datasets import make_kuramoto_sivashinsky, make_lorenz96

FIELD = make_kuramoto_sivashinsky(1, discard=400, random_state=0)[0]


def orders_of(solve, steps):
    """Orders of convergence of a solver, held against twice as many steps each."""
    solutions = [solve(dt) for dt in (*steps, steps[-1] / 8)]
    errors = [np.abs(one - solutions[-1]).max() for one in solutions[:-1]]
    return np.log2(errors[:-1]) - np.log2(errors[1:])


def test_lorenz96_agrees_with_another_solver():
    def flow(t, x):
        return [(x[(i + 1) % 5] - x[i - 2]) * x[i - 1] - x[i] + 8 for i in range(5)]

    start = np.array([8.0, 8.5, 7.0, 8.0, 9.0])
    truth = solve_ivp(flow, (0, 1), start, "DOP853", np.arange(0, 1.01, 0.25), rtol=1e-12, atol=1e-12).y.T
    assert_allclose(make_lorenz96(5, n_sites=5, x0=start, dt=1 / 2048, sample=0.25, discard=0), truth, rtol=1e-6)


def test_lorenz96_integrator_is_of_order_four():
    def solve(dt):
        return make_lorenz96(2, n_sites=7, dt=dt, sample=0.5, discard=0, random_state=0)[1]

    assert_allclose(orders_of(solve, (1 / 32, 1 / 64, 1 / 128)), 4, atol=0.4)


def test_kuramoto_sivashinsky_integrator_is_of_order_four():
    """Where steps resolve the stiff waves; above that it is of order 3."""

    def solve(dt):
        return make_kuramoto_sivashinsky(2, x0=FIELD, dt=dt, sample=0.5, discard=0)[1]

    assert_allclose(orders_of(solve, (1 / 4, 1 / 8, 1 / 16)), 3, atol=0.5)
    assert_allclose(orders_of(solve, (1 / 128, 1 / 256)), 4, atol=0.4)


def test_small_waves_grow_by_themselves():
    """Every one at the rate q^2 - q^4."""
    points = 2 * np.pi / 22 * np.arange(64) * 22 / 64
    waves = 1e-7 * (np.cos(points) + np.cos(2 * points + 1) + np.cos(5 * points + 2))
    found = np.fft.rfft(make_kuramoto_sivashinsky(9, x0=waves, discard=0), axis=1)
    q = 2 * np.pi / 22 * np.array([1, 2, 5])
    assert_allclose(np.abs(found[8] / found[0])[[1, 2, 5]], np.exp(2.0 * (q**2 - q**4)), rtol=1e-4)


def test_the_field_obeys_the_equation():
    """Derivatives in time by differences, those in space by another Fourier transform."""
    before, now, after = make_kuramoto_sivashinsky(3, x0=FIELD, dt=1e-3, sample=1e-3, discard=0)
    q = 2j * np.pi * np.fft.fftfreq(64, 22 / 64)
    q[32] = 0
    first, second, fourth = (np.fft.ifft(q**power * np.fft.fft(now)).real for power in (1, 2, 4))
    assert_allclose((after - before) / 2e-3, -now * first - second - fourth, atol=1e-3)


def test_the_mean_of_the_field_is_conserved_and_carries_it_along():
    """A field that is higher by c moves by c for each unit of time."""
    rows = make_kuramoto_sivashinsky(400, discard=0, random_state=1)
    assert np.abs(rows.mean(axis=1)).max() < 1e-12
    speed = 4 * 22 / 64  # four points a unit of time
    carried = make_kuramoto_sivashinsky(9, x0=FIELD + speed, dt=1 / 64, discard=0)
    still = make_kuramoto_sivashinsky(9, x0=FIELD, dt=1 / 64, discard=0)
    assert_allclose(carried - speed, [np.roll(row, k) for k, row in enumerate(still)], atol=1e-3)


@pytest.mark.parametrize(("make", "size"), [(make_kuramoto_sivashinsky, 64), (make_lorenz96, 40)])
def test_fields(make, size):
    start = make(1, discard=100, random_state=0)[0]
    rows = make(20, x0=start, discard=0)
    assert_allclose(make(20, x0=np.roll(start, 5), discard=0), np.roll(rows, 5, axis=1), rtol=1e-6, atol=1e-9)
    assert_array_equal(make(5, x0=start, discard=15), rows[15:])
    assert rows.shape == (20, size)


@pytest.mark.parametrize(("make", "options", "name"), [
    (make_lorenz96, {"n_sites": 3}, "n_sites"), (make_lorenz96, {"sample": 0.017}, "sample"),
    (make_lorenz96, {"dt": 1e-15, "sample": 1.0}, "dt"), (make_lorenz96, {"x0": [1.0]}, "x0"),
    (make_kuramoto_sivashinsky, {"n_points": 9}, "n_points"), (make_kuramoto_sivashinsky, {"length": 0}, "length"),
    (make_kuramoto_sivashinsky, {"dt": 1e-12}, "dt"), (make_lorenz96, {"return_system": 1}, "return_system"),
])  # fmt: skip
def test_parameters_out_of_range(make, options, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of {make.__name__} must be"):
        make(10, **options)
