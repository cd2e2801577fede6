"""Losses are what they say, and so are their gradients."""

import numpy as np
import pytest
from scipy import optimize, stats

from reservoir.rnn.losses import LOSSES


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_of_a_loss(name):
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(7, 3))
    targets = rng.integers(0, 3, size=7) if name == "cross_entropy" else rng.uniform(size=(7, 3))
    value, gradient = LOSSES[name].of(outputs, targets)
    for index in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[index] = 1e-6
        above, below = (LOSSES[name].of(outputs + sign * step, targets)[0] for sign in (1, -1))
        assert gradient[index] == pytest.approx((above - below) / 2e-6, abs=1e-8)
    assert np.isfinite(value)


def test_losses_are_likelihoods():
    rng = np.random.default_rng(0)
    outputs, codes, bits = rng.normal(size=(7, 3)), rng.integers(0, 3, size=7), rng.integers(0, 2, size=(7, 3))
    p = LOSSES["cross_entropy"].answer(outputs)
    expected = -np.mean([stats.multinomial(1, row).logpmf(np.eye(3)[code]) for row, code in zip(p, codes, strict=True)])
    assert LOSSES["cross_entropy"].of(outputs, codes)[0] == pytest.approx(expected)
    expected = -stats.bernoulli(LOSSES["bernoulli"].answer(outputs)).logpmf(bits).sum(axis=1).mean()
    assert LOSSES["bernoulli"].of(outputs, bits)[0] == pytest.approx(expected)


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_of_the_best_constant(name):
    """It is what a minimiser finds."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 3, size=40) if name == "cross_entropy" else rng.uniform(size=(40, 3))
    loss = LOSSES[name]

    def of(constant):
        value, gradient = loss.of(np.tile(constant, (40, 1)), targets)
        return value, gradient.sum(axis=0)

    assert loss.of_a_constant(targets) == pytest.approx(optimize.minimize(of, np.zeros(3), jac=True).fun, rel=1e-6)
