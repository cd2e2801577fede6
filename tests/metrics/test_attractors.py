"""Measures of an attractor against theory, and what they must tell apart."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import wasserstein_distance

from reservoir.datasets import make_henon, make_ikeda, make_logistic, make_lorenz, make_mackey_glass
from reservoir.metrics import (
    correlation_dimension,
    density_distance,
    kaplan_yorke_dimension,
    return_map,
    spectrum_distance,
)

RNG = np.random.default_rng(0)
LORENZ = make_lorenz(3000, dt=0.05, discard=100, rtol=1e-8)
HALVES = LORENZ[:1500], LORENZ[1500:]
RING = np.exp(2j * np.pi * RNG.random(4000)).view(float).reshape(-1, 2)
SHUFFLED = np.random.default_rng(1).permutation(LORENZ)
DISTANCES = (density_distance, spectrum_distance)


def test_a_shuffled_orbit_is_told_by_its_spectrum_and_not_by_its_density():
    for method in ("mixture", "wasserstein"):
        null = density_distance(*HALVES, method=method)
        assert density_distance(LORENZ, SHUFFLED, method=method) < max(2 * null, 0.05)
    assert spectrum_distance(LORENZ, SHUFFLED) > 4 * spectrum_distance(*HALVES)


def test_a_surrogate_of_the_same_spectrum_is_told_by_its_density():
    modes = np.fft.rfft(LORENZ - LORENZ.mean(axis=0), axis=0)
    turned = np.abs(modes) * np.exp(2j * np.pi * RNG.random((len(modes), 1)))
    surrogate = np.fft.irfft(turned, len(LORENZ), axis=0) + LORENZ.mean(axis=0)
    assert spectrum_distance(LORENZ, surrogate) < 1.5 * spectrum_distance(*HALVES)
    assert density_distance(LORENZ, surrogate) > 4 * density_distance(*HALVES)


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_fixed_point_is_far_away_and_the_series_itself_is_not(distance):
    still = np.tile(LORENZ.mean(axis=0), (500, 1))
    assert distance(LORENZ, still) > 5 * distance(*HALVES)
    assert distance(LORENZ, LORENZ) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(distance(LORENZ, np.full((500, 3), 1e300)))


@pytest.mark.parametrize("distance", DISTANCES)
def test_units_do_not_count(distance):
    near, other = HALVES[1], LORENZ * [2.0, -3.0, 1e-4] + 100
    assert distance(other[:1500], near * [2.0, -3.0, 1e-4] + 100) == pytest.approx(distance(*HALVES), abs=0.03)


def test_mixtures_of_gaussians():
    """Of N(0, 1) and N(m, 1) made wider by the bandwidth b, the divergence is m^2 / (2 (1 + b^2))."""
    one, other = RNG.normal(size=(2, 20_000))
    found = density_distance(one, other + 1.5, bandwidth=0.3)
    assert found == pytest.approx(1.5**2 / (2 * 1.09), rel=0.15)
    pairs = zip(*(half.T / HALVES[0].std(axis=0)[:, None] for half in HALVES), strict=True)
    plain = np.mean([wasserstein_distance(*pair) for pair in pairs])
    assert density_distance(*HALVES, method="wasserstein") == pytest.approx(plain, rel=1e-9)


def test_spectra_of_sines():
    """Where two frequencies carry shares of the power, the distance is that of the shares."""
    time = np.arange(4096)
    low, high = (np.sin(2 * np.pi * k / 32 * time) for k in (2, 9))
    for a, b in ((1.0, 0.0), (0.8, 0.6), (0.6, 0.8)):
        found = spectrum_distance(a * low + b * high, 0.6 * low + 0.8 * high)
        assert found == pytest.approx(np.sqrt(1 - (a * 0.6 + b * 0.8) / np.hypot(a, b)), abs=0.01)
    assert spectrum_distance(low, low + high, step=0.5, band=(0, 0.3)) < 0.01  # cycles per unit of time
    assert spectrum_distance(low, low + high, step=0.5) > 0.5


def test_neither_length_nor_place_of_a_piece_counts():
    """The trap of spectra by the whole series: their band and resolution follow its length."""
    near = [spectrum_distance(LORENZ, LORENZ[first : first + n]) for first, n in ((0, 700), (900, 1400), (2000, 1000))]
    assert max(near) < 3 * spectrum_distance(*HALVES)


@pytest.mark.parametrize(("rows", "options", "dimension", "tolerance"), [
    (make_henon(4000), {}, 1.22, 0.06), (make_ikeda(4000), {}, 1.69, 0.08), (make_logistic(4000), {}, 0.9, 0.1),
    (RNG.normal(size=(4000, 2)), {}, 2.0, 0.08), (RNG.normal(size=3000), {"n_delays": 2}, 2.0, 0.08),
    (make_henon(4000)[:, :1], {"n_delays": 2}, 1.22, 0.06), (LORENZ, {}, 2.05, 0.15),
    (RING, {}, 1.0, 0.05), (np.full((200, 3), 2.5), {}, 0.0, 0.0),
    (np.tile(np.arange(4.0), 100), {}, 0.0, 0.0),
])  # fmt: skip
def test_correlation_dimensions(rows, options, dimension, tolerance):
    assert correlation_dimension(rows, **options) == pytest.approx(dimension, abs=tolerance)


@pytest.mark.long
def test_correlation_dimensions_of_long_series():
    """2.05 of the Lorenz equations (Grassberger and Procaccia); near the Kaplan-Yorke dimension of Mackey-Glass."""
    lorenz = make_lorenz(40_000, dt=0.05, rtol=1e-8)
    assert correlation_dimension(lorenz, n_points=8000) == pytest.approx(2.05, abs=0.04)
    glass = make_mackey_glass(40_000, return_system=True)
    found = correlation_dimension(glass[0], n_delays=6, lag=6, n_points=8000, exclude=100)
    assert found == pytest.approx(glass[1].dimension, abs=0.25)


def test_points_that_follow_one_another_do_not_count():
    """On a slow orbit they would make any dimension 1."""
    slow = make_lorenz(2000, dt=0.004, discard=1000, rtol=1e-8)
    assert correlation_dimension(slow, exclude=0) < correlation_dimension(slow, exclude=100)


@pytest.mark.parametrize(("exponents", "dimension"), [
    ([0.9056, 0.0, -14.5723], 2.06215), ([-14.5723, 0.9056, 0.0], 2.06215), ([-1.0, -2.0], 0.0), ([0.0, -2.0], 1.0),
    ([1.0, -4.0], 1.25), ([0.5, 0.5, -np.inf], 2.0), ([1.0, 0.5, -3.0, -9.0], 2.5),
])  # fmt: skip
def test_kaplan_yorke_dimensions(exponents, dimension):
    assert kaplan_yorke_dimension(exponents) == pytest.approx(dimension, abs=1e-5)


def test_return_maps():
    """Every maximum is followed by the next; between rows it is that of the parabola."""
    times = np.arange(0, 60, 0.2)
    heights = 2 + np.sin(times / 9)
    pairs = return_map(np.c_[times, heights * np.cos(times)], channel=1)
    assert_allclose(pairs[1:, 0], pairs[:-1, 1])
    assert_allclose(pairs[:, 0], 2 + np.sin(2 * np.pi * np.arange(1, len(pairs) + 1) / 9), atol=0.02)
    exact = return_map(5 - 3 * (np.tile(np.arange(-2, 3), 4) - 0.3) ** 2)
    assert_allclose(exact, 5, rtol=1e-12)
    assert return_map(np.arange(50.0)).shape == (0, 2)


def test_the_return_map_of_the_lorenz_equations_is_a_cusp():
    """A curve: neighbours have neighbours as images, below the cusp in the same order and above it in the reverse."""
    first, second = return_map(make_lorenz(3000, rtol=1e-8), channel=2).T
    order = np.argsort(first)
    top = second[order].argmax()
    rising, falling = np.diff(second[order][:top]), np.diff(second[order][top:])
    assert (rising > -0.5).mean() > 0.95 and (falling < 0.5).mean() > 0.95
    good, bad = return_map(HALVES[1], channel=2), return_map(SHUFFLED, channel=2)
    reference = return_map(HALVES[0], channel=2)
    assert density_distance(reference, bad) > 4 * density_distance(reference, good)


@pytest.mark.parametrize(("call", "name"), [
    (lambda: density_distance(np.ones(9), np.ones(9)), "y_true"),
    (lambda: density_distance([1.0, 2], [1, np.nan]), "y_pred"),
    (lambda: density_distance([1.0, 2], [[1.0, 2]]), "y_pred"),
    (lambda: density_distance([1.0, 2], [1.0], method="kl"), "method"),
    (lambda: density_distance([1.0, 2], [1.0], bandwidth=0), "bandwidth"),
    (lambda: spectrum_distance(LORENZ[:7], LORENZ), "y_true"),
    (lambda: spectrum_distance(LORENZ, LORENZ[:7]), "y_pred"),
    (lambda: spectrum_distance(LORENZ, LORENZ, band=(1, 0)), "band"),
    (lambda: spectrum_distance(LORENZ, LORENZ, band=(0.1, 0.1001)), "band"),
    (lambda: kaplan_yorke_dimension([1.0, -0.5]), "exponents"),
    (lambda: kaplan_yorke_dimension([[1.0]]), "exponents"),
    (lambda: correlation_dimension(LORENZ[:99]), "series"),
    (lambda: correlation_dimension(LORENZ, quantiles=(0.1, 0.01)), "quantiles"),
    (lambda: return_map(LORENZ, channel=3), "channel"),
])  # fmt: skip
def test_parameters_out_of_range(call, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of"):
        call()
