"""Dynamical systems: what holds for all of them, exponents against theory, and the measures that they say."""

import inspect
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from reservoir.datasets import (
    System,
    make_coupled_maps,
    make_double_scroll,
    make_food_chain,
    make_henon,
    make_ikeda,
    make_kuramoto_sivashinsky,
    make_logistic,
    make_lorenz,
    make_lorenz96,
    make_mackey_glass,
    make_rabinovich_fabrikant,
    make_roessler,
    make_superimposed_oscillators,
)
from reservoir.metrics import valid_prediction_time
from reservoir.probes import lyapunov_spectrum
from tests.datasets.samples import exported

SYSTEMS = [make for make in exported("make_") if "return_system" in inspect.signature(make).parameters]
KNOWN = {make: make(2, discard=30, return_system=True) for make in SYSTEMS}
FIELDS = [make for make in SYSTEMS if KNOWN[make][1].function is not None]
FLOWS = [make_double_scroll, make_food_chain, make_lorenz, make_rabinovich_fabrikant, make_roessler]


def spectrum(rows, system, **options):
    """Exponents of a system from its last row on."""
    step = None if system.is_map else system.dt
    return lyapunov_spectrum(system.function, system.jacobian, rows[-1], **{"dt": step, **options})


@pytest.mark.parametrize("make", SYSTEMS)
def test_the_system_stands_beside_the_same_series(make):
    rows, system = KNOWN[make]
    assert_array_equal(rows, make(2, discard=30))
    assert isinstance(system, System) and system.source and system.dt > 0
    assert system.lyapunov_exponent is not None and system.dimension > 0
    assert pickle.loads(pickle.dumps(system)).parameters == system.parameters


@pytest.mark.parametrize("make", FIELDS)
def test_the_jacobian_holds_the_derivatives_of_the_function(make):
    rows, system = KNOWN[make]
    x, shift = rows[-1], 1e-6 * np.eye(rows.shape[1])
    slopes = [np.subtract(system.function(x + one), system.function(x - one)) / 2e-6 for one in shift]
    assert_allclose(system.jacobian(x), np.transpose(slopes), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("make", FIELDS)
def test_rows_follow_the_function(make):
    rows, system = KNOWN[make]
    if system.is_map:
        assert_array_equal(rows[1], system.function(rows[0]))
    else:
        step = {"sample": 1e-3, "dt": 1e-3} if make is make_lorenz96 else {"dt": 1e-3}
        near = make(3, x0=rows[0], discard=0, **step)
        assert_allclose((near[2] - near[0]) / 2e-3, system.function(near[1]), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("make", "options", "total"), [
    (make_lorenz, {}, -(10 + 1 + 8 / 3)), (make_lorenz96, {"n_sites": 6, "forcing": 8.0}, -6.0),
    (make_henon, {"b": 0.2}, np.log(0.2)), (make_ikeda, {"loss": 0.8}, 2 * np.log(0.8)),
])  # fmt: skip
def test_the_sum_of_the_exponents_is_the_rate_at_which_volume_shrinks(make, options, total):
    rows, system = make(1, discard=100, return_system=True, **options)
    found = spectrum(rows, system, n_steps=200, discard=0, **({"dt": 0.01} if system.dt < 1 else {}))
    assert found.total == pytest.approx(total, rel=1e-4)


@pytest.mark.parametrize(("make", "options"), [
    (make_henon, {}), (make_logistic, {}), (make_logistic, {"r": 4.0}), (make_ikeda, {}),
])  # fmt: skip
def test_exponents_of_maps(make, options):
    """4000 steps: what they scatter by is told."""
    rows, system = make(1, return_system=True, **options)
    found = spectrum(rows, system, n_steps=4000)
    assert found.largest == pytest.approx(system.lyapunov_exponent, abs=5 * found.standard_errors[0] + 0.01)
    if len(found.exponents) > 1:
        assert found.kaplan_yorke_dimension == pytest.approx(system.dimension, abs=0.05)


@pytest.mark.long
@pytest.mark.parametrize(("make", "dt", "n_steps"), [
    (make_lorenz, 0.01, 30_000), (make_roessler, 0.05, 50_000), (make_double_scroll, 0.03, 50_000),
    (make_rabinovich_fabrikant, 0.01, 30_000), (make_food_chain, 0.5, 30_000), (make_lorenz96, 0.025, 10_000),
    (make_coupled_maps, None, 10_000),
])  # fmt: skip
def test_exponents_of_long_runs(make, dt, n_steps):
    rows, system = make(1, return_system=True)
    found = spectrum(rows, system, dt=dt, n_steps=n_steps, discard=n_steps // 10, interval=5)
    tolerance = 4 * found.standard_errors[0] + 0.02 * system.lyapunov_exponent
    assert found.largest == pytest.approx(system.lyapunov_exponent, abs=tolerance)
    assert found.kaplan_yorke_dimension == pytest.approx(system.dimension, rel=0.02)


@pytest.mark.long
@pytest.mark.parametrize(("make", "n_pieces", "rows", "share"), [
    (make_kuramoto_sivashinsky, 80, 160, 0.25), (make_mackey_glass, 60, 200, 0.35),
])  # fmt: skip
def test_small_differences_grow_at_the_stated_rate(make, n_pieces, rows, share):
    """Of fields and delays, which have no function of a vector, from pairs of series that begin close together."""
    system, growths = KNOWN[make][1], []
    if make is make_mackey_glass:
        for seed in range(n_pieces):
            one, other = (make(1200, x0=level, discard=500, random_state=seed) for level in (1.2, 1.2 + 1e-9))
            sizes = np.log(np.abs(one - other).reshape(12, 100).max(axis=1))
            growths.append((sizes[-1] - sizes[0]) / 1100)
    else:
        field = make(1, discard=2000, random_state=0)[-1]
        other = field + 1e-7 * np.random.default_rng(0).normal(size=field.size)
        for _ in range(n_pieces):
            size = np.linalg.norm(other - field)
            field, other = (make(rows + 1, x0=start, discard=0)[-1] for start in (field, other))
            growths.append(np.log(np.linalg.norm(other - field) / size) / (rows * system.dt))
            other = field + (other - field) * (1e-7 / np.linalg.norm(other - field))
    assert np.mean(growths[3:]) == pytest.approx(system.lyapunov_exponent, rel=share)


@pytest.mark.parametrize(("make", "options"), [
    (make_lorenz, {"rho": 30.0}), (make_henon, {"a": 1.3}), (make_mackey_glass, {"tau": 18.0}),
])  # fmt: skip
def test_what_is_not_known_is_not_said(make, options):
    rows, system = make(50, discard=0, return_system=True, **options)
    assert system.lyapunov_exponent is system.dimension is system.lyapunov_time is None
    with pytest.raises(ValueError, match="'system' parameter of valid_prediction_time must be one whose Lyapunov"):
        valid_prediction_time(rows, rows, system=system)
    assert valid_prediction_time(rows, rows, system=system, lyapunov_exponent=2.0) == 50 * system.dt * 2


def test_valid_times_in_lyapunov_times():
    rows, system = make_lorenz(300, discard=50, return_system=True)
    wrong = np.where(np.arange(300)[:, None] < 120, rows, 99.0)
    assert valid_prediction_time(rows, wrong, system=system) == pytest.approx(120 * 0.02 * 0.9056)
    assert valid_prediction_time(rows, wrong, system=system, step=1.0) == pytest.approx(120 * 0.9056)
    assert system.lyapunov_time == pytest.approx(1 / 0.9056)
    with pytest.raises(ValueError, match="must be a chaotic system with dt and lyapunov_exponent"):
        valid_prediction_time(rows, rows, system=0.9)
    calm = make_superimposed_oscillators(50, return_system=True)
    with pytest.raises(ValueError, match="known and above 0"):
        valid_prediction_time(calm[0], calm[0], system=calm[1])


@pytest.mark.parametrize("make", SYSTEMS)
def test_the_page_has_these_numbers(make):
    page = (Path(__file__).parents[2] / "docs/chaotic_systems.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{make.__name__}` |")]
    system = KNOWN[make][1]
    assert [cell.strip() for cell in row.split(" | ")][2:4] == [str(system.lyapunov_exponent), str(system.dimension)]


# What each of them is


def test_mirrored_states():
    """The double scroll is odd, the two others turn about the z axis."""
    for make, mirror in (
        (make_double_scroll, [-1, -1, -1]), (make_lorenz, [-1, -1, 1]), (make_rabinovich_fabrikant, [-1, -1, 1]),
    ):  # fmt: skip
        start = np.array([-0.9, 0.1, 0.5])
        one, other = (make(10, x0=x, discard=0) for x in (start, mirror * start))
        assert_allclose(other, mirror * one, rtol=1e-7)


def test_fixed_points():
    C = 0.5 / (2.876 - 1)  # at which predators neither grow nor shrink
    R = np.roots([-1 / 0.98, 1 - 0.16129 / 0.98, 0.16129 - 0.4 * 2.009 * C]).max()
    P = 0.4 * C * (2.009 * R / (R + 0.16129) - 1) / (0.08 * 2.876 * C / (C + 0.5))
    assert_allclose(make_food_chain(3, x0=[R, C, P], discard=0, dt=5.0), [[R, C, P]] * 3, rtol=1e-7)
    root = np.sqrt(5.7**2 - 4 * 0.2 * 0.2)
    x = (5.7 - root) / 2
    assert_allclose(make_roessler(3, x0=[x, -x / 0.2, x / 0.2], discard=0), [[x, -x / 0.2, x / 0.2]] * 3, rtol=1e-7)
    assert_array_equal(make_lorenz96(3, x0=np.full(40, 8.0), discard=0), np.full((3, 40), 8.0))
    assert_allclose(make_kuramoto_sivashinsky(3, x0=np.full(64, 0.7), discard=0), np.full((3, 64), 0.7), rtol=1e-12)


@pytest.mark.long
def test_predators_die_out_beyond_the_crisis():
    """The published critical value is 0.99976."""
    options = {"dt": 10.0, "discard": 2500, "rtol": 1e-6}
    alive, dead = (make_food_chain(300, K=K, **options)[:, 2] for K in (0.9990, 1.0020))
    assert alive.min() > 0.4 and dead.max() < 0.01


def test_the_logistic_map_at_four_turns_an_angle():
    angle = 0.123
    expected = np.sin(2.0 ** np.arange(20) * angle) ** 2
    assert_allclose(make_logistic(20, r=4.0, x0=[np.sin(angle) ** 2], discard=0)[:, 0], expected, atol=1e-8)


def test_coupled_maps():
    free = make_coupled_maps(30, coupling=0.0, n_sites=4, discard=0, random_state=0)
    assert_allclose(free[1:], 1 - 1.9 * free[:-1] ** 2, rtol=1e-12)
    start = np.random.default_rng(0).uniform(-1, 1, 8)
    one, turned = (make_coupled_maps(5, n_sites=8, x0=x, discard=0) for x in (start, np.roll(start, 3)))
    assert_allclose(turned, np.roll(one, 3, axis=1), rtol=1e-12)


@pytest.mark.parametrize(("make", "options"), [
    (make_lorenz96, {"dt": 1.0, "sample": 1.0, "forcing": 50.0}), (make_henon, {"x0": [9.0, 9.0]}),
    (make_kuramoto_sivashinsky, {"dt": 50.0, "sample": 50.0}), (make_food_chain, {"x0": [-0.16129, 0.1, 0.1]}),
    (make_rabinovich_fabrikant, {"x0": [9.0, 9.0, -9.0]}),
])  # fmt: skip
def test_what_leaves_every_bound_is_told(make, options):
    with pytest.raises(ValueError, match=r"leaves every bound|overflowed|solver of"):
        make(200, discard=0, **options)


@pytest.mark.parametrize("make", FLOWS)
def test_a_row_that_would_never_come_is_refused(make, monkeypatch):
    monkeypatch.setattr("reservoir.datasets.trajectories._MOST_EVALUATIONS", 200)
    with pytest.raises(ValueError, match=f"'dt' parameter of {make.__name__} must be shorter"):
        make(3, dt=1e200, discard=0)
