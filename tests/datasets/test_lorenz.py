"""The Lorenz system against other solvers."""

import math

import numpy as np
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from reservoir.datasets import (
    make_lorenz,
)


def test_lorenz_agrees_with_an_independent_file(shared_data):
    with np.load(shared_data / "lorenz_dde" / "lorenz63_dop853.npz", allow_pickle=False) as stored:
        truth = stored["xyz"][:751]
    assert_allclose(make_lorenz(751, x0=(1, 1, 1), discard=0), truth, atol=1e-3)
    assert_allclose(make_lorenz(251, discard=0), truth[:251], atol=1e-7)


def test_lorenz_agrees_with_an_implicit_solver():
    def flow(t, s):
        return [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]]

    times = np.arange(0, 2.01, 0.5)
    truth = solve_ivp(flow, (0, 2), [1, 1, 1], method="Radau", t_eval=times, rtol=1e-9, atol=1e-9)
    assert_allclose(make_lorenz(5, dt=0.5, discard=0), truth.y.T, atol=1e-5)


def test_lorenz_with_small_rho_comes_to_rest():
    assert_allclose(make_lorenz(2, rho=0.5, discard=5000), 0, atol=1e-9)
    rest = math.sqrt(8 / 3 * 9)
    assert_allclose(np.abs(make_lorenz(2, rho=10, discard=5000)), [[rest, rest, 9]] * 2, atol=1e-6)


def test_lorenz_discards_the_first_rows():
    assert_allclose(make_lorenz(10, discard=20), make_lorenz(30, discard=0)[20:], atol=1e-10)
    assert make_lorenz(1, discard=0).tolist() == [[1, 1, 1]]
