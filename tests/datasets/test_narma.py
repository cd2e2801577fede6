"""NARMA obeys its recursion."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from reservoir.datasets import (
    make_narma,
)


def naive_narma(u, y, t, order):
    """The next value by the published formula, with y(t+1) stored in row t and zeros before the start."""
    zeros = [0.0] * order
    past = (zeros + list(y[:t]))[-order:]
    product = (zeros + list(u[: t + 1]))[-order] * u[t]
    if order == 10:
        return 0.3 * past[-1] + 0.05 * past[-1] * sum(past) + 1.5 * product + 0.1
    if order == 20:
        return math.tanh(0.3 * past[-1] + 0.05 * past[-1] * sum(past) + 1.5 * product + 0.01)
    return 0.2 * past[-1] + 0.04 * past[-1] * sum(past) + 1.5 * product + 0.001


@pytest.mark.parametrize("order", [10, 20, 30])
def test_narma_obeys_its_recursion_in_every_row(order):
    u, y = make_narma(400, order=order, discard=0, random_state=1)
    assert u.shape == (400, 1) and y.shape == (400,)
    assert 0 <= u.min() and u.max() <= 0.5
    expected = [naive_narma(u[:, 0], y, t, order) for t in range(400)]
    assert_allclose(y, expected, rtol=0, atol=1e-14)


def test_narma_discards_the_first_steps_of_one_run():
    u, y = make_narma(120, discard=0, random_state=5)
    u_late, y_late = make_narma(100, discard=20, random_state=5)
    assert_array_equal(u[20:], u_late)
    assert_array_equal(y[20:], y_late)


def test_narma_draws_again_when_it_diverges():
    seeds = range(60)
    series = [make_narma(1000, random_state=seed)[1] for seed in seeds]
    assert all(np.isfinite(y).all() and np.abs(y).max() <= 1 for y in series)
    first_draws = [np.random.default_rng(seed).uniform(0, 0.5, 1200)[200:] for seed in seeds]
    inputs = [make_narma(1000, random_state=seed)[0][:, 0] for seed in seeds]
    redrawn = [seed for seed in seeds if not np.array_equal(inputs[seed], first_draws[seed])]
    assert 0 < len(redrawn) < 30


def test_narma_reports_a_divergence_that_no_draw_avoids():
    with pytest.raises(ValueError, match=r"order 10 diverged in each of 100 draws .* input in \[0, 5\]"):
        make_narma(500, input_range=(0, 5), random_state=0)
