"""The solution of the Mackey-Glass equation against exact ones."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import solve_ivp

from reservoir.datasets import (
    make_mackey_glass,
)


def test_mackey_glass_is_the_exact_solution_in_the_first_delay():
    # With a constant history the delayed term is constant, so that the solution is an exponential.
    x = make_mackey_glass(18, discard=0)[:, 0]
    level = 0.2 * 1.2 / (1 + 1.2**10) / 0.1
    assert_allclose(x, level + (1.2 - level) * np.exp(-0.1 * np.arange(18)), rtol=1e-9)


def test_mackey_glass_agrees_with_the_method_of_steps_in_the_second_delay():
    level = 0.2 * 1.2 / (1 + 1.2**10) / 0.1

    def first_delay(t):
        return level + (1.2 - level) * math.exp(-0.1 * t)

    def flow(t, x):
        delayed = first_delay(t - 17)
        return 0.2 * delayed / (1 + delayed**10) - 0.1 * x

    start, times = [first_delay(17)], np.arange(17.0, 35.0)
    truth = solve_ivp(flow, (17, 34), start, method="DOP853", t_eval=times, rtol=1e-12, atol=1e-12)
    assert_allclose(make_mackey_glass(35, discard=0)[17:, 0], truth.y[0], rtol=1e-7)


@pytest.mark.parametrize("random_state", [None, 0])
def test_mackey_glass_integrator_is_of_order_four(random_state):
    def solve(dt):
        return make_mackey_glass(61, dt=dt, discard=0, random_state=random_state)

    truth = solve(1 / 128)
    errors = [np.abs(solve(dt) - truth).max() for dt in (1 / 4, 1 / 8, 1 / 16)]
    orders = np.log2(errors[:-1]) - np.log2(errors[1:])
    assert_allclose(orders, 4, atol=0.25)


def test_mackey_glass_rows_do_not_depend_on_how_they_are_cut_out():
    x = make_mackey_glass(60, discard=0, random_state=2)
    assert x.shape == (60, 1)
    assert_array_equal(make_mackey_glass(20, discard=40, random_state=2), x[40:])
    assert_array_equal(make_mackey_glass(20, discard=0, sample=3.0, random_state=2), x[::3])


def test_mackey_glass_runs_in_chunks_without_a_seam(monkeypatch):
    whole = make_mackey_glass(100, discard=0)
    monkeypatch.setattr("reservoir.datasets.mackey_glass._CHUNK", 7)
    assert_array_equal(make_mackey_glass(100, discard=0), whole)


def test_mackey_glass_reports_an_overflow():
    with pytest.raises(ValueError, match="overflowed at dt=10"):
        make_mackey_glass(2000, tau=20, dt=10, sample=10, gamma=2.0)
