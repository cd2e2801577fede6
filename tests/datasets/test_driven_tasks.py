"""Tasks of a random input, and sums of sines, against their formulas."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from reservoir.datasets import (
    make_channel_equalisation,
    make_narma,
    make_nonlinear_memory,
    make_superimposed_oscillators,
)
from reservoir.datasets.channel_equalisation import _variance


def test_the_channel():
    """Without noise every row is the formula of the symbols, which the targets show once they are all known."""
    u, late = make_channel_equalisation(200, signal_to_noise=200, delay=7, random_state=0)
    _, now = make_channel_equalisation(200, signal_to_noise=200, delay=0, random_state=0)
    assert_array_equal(now[:-7], late[7:])
    taps = {2: 0.08, 1: -0.12, 0: 1, -1: 0.18, -2: -0.1, -3: 0.091, -4: -0.05, -5: 0.04, -6: 0.03, -7: 0.01}
    for n in range(7, 198):
        q = sum(tap * now[n + shift] for shift, tap in taps.items())
        assert u[n, 0] == pytest.approx(q + 0.036 * q**2 - 0.011 * q**3, abs=1e-8)


def test_the_noise_of_the_channel():
    quiet, loud = (make_channel_equalisation(20_000, signal_to_noise=db, random_state=1)[0] for db in (200, 10))
    assert quiet.var() == pytest.approx(_variance(), rel=0.03)
    assert (loud - quiet).var() == pytest.approx(_variance() / 10, rel=0.03)


def test_narma_of_any_order():
    for order, known in ((10, (0.3, 0.05, 1.5, 0.1)), (20, (0.3, 0.05, 1.5, 0.01)), (30, (0.2, 0.04, 1.5, 0.001))):
        given = make_narma(100, order=order, coefficients=known, bounded=order == 20, random_state=0)
        for one, other in zip(make_narma(100, order=order, random_state=0), given, strict=True):
            assert_array_equal(one, other)
    u, y = make_narma(60, order=3, coefficients=[0.2, 0.1, 1.0, 0.05], bounded=True, discard=0, random_state=0)
    for t in range(3, 60):
        drive = 0.2 * y[t - 1] + 0.1 * y[t - 1] * y[t - 3 : t].sum() + u[t - 2, 0] * u[t, 0] + 0.05
        assert y[t] == pytest.approx(np.tanh(drive), abs=1e-14)


@pytest.mark.parametrize(("options", "name"), [
    ({"coefficients": (1, 2, 3)}, "coefficients"), ({"coefficients": (1, 2, 3, np.nan)}, "coefficients"),
    ({"coefficients": (0.1, 0.1, 0.1, 0.1), "order": 0}, "order"), ({"bounded": 1}, "bounded"),
])  # fmt: skip
def test_narma_refuses(options, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of make_narma must be"):
        make_narma(50, **options)


def test_nonlinear_memory():
    u, y = make_nonlinear_memory(500, delay=4, strength=3.0, amplitude=0.5, random_state=0)
    assert_array_equal(y[4:], np.sin(3 * u[:-4, 0]))
    assert 0.45 < np.abs(u).max() <= 0.5 and np.abs(y[:4]).max() > 0


def test_superimposed_oscillators():
    """A sum of K sines satisfies a linear recursion of order 2 K."""
    turns = [0.2, 0.311, 0.42]
    rows = make_superimposed_oscillators(300, frequencies=turns, random_state=0)[:, 0]
    recursion = np.ones(1)
    for turn in turns:
        recursion = np.convolve(recursion, [1, -2 * np.cos(turn), 1])
    assert_allclose(np.convolve(rows, recursion, mode="valid"), 0, atol=1e-12)
    late = make_superimposed_oscillators(200, frequencies=turns, discard=100, random_state=0)[:, 0]
    assert_allclose(late, rows[100:], atol=1e-12)
    with pytest.raises(ValueError, match="'frequencies' parameter"):
        make_superimposed_oscillators(10, frequencies=[0.1, 4.0])
