"""Data sets: the series obey their equations, the bundled data is intact, and fetching fails clearly."""

from __future__ import annotations

import functools
import hashlib
import math
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import solve_ivp

from reservoir import datasets
from reservoir.datasets import (
    DatasetNotFoundError,
    fetch_polyphonic_music,
    fetch_santa_fe_laser,
    fetch_spoken_digits,
    load_japanese_vowels,
    make_lorenz,
    make_mackey_glass,
    make_narma,
    remote,
)


def exported(prefix):
    return [getattr(datasets, name) for name in datasets.__all__ if name.startswith(prefix)]


def flat(data):
    """Lists, stacks, series and spike trains alike as one array."""
    if isinstance(data, (tuple, list)):
        return np.concatenate([flat(part) for part in data])
    return np.ravel(data.times if hasattr(data, "times") else data)


@pytest.mark.parametrize("make", exported("make_"))
def test_a_seed_gives_the_same_bits_and_another_seed_another_series(make):
    first = flat(make(12, random_state=3))
    assert_array_equal(first, flat(make(12, random_state=np.random.default_rng(3))))
    assert not np.array_equal(first, flat(make(12, random_state=4)))


@pytest.mark.parametrize("make", exported("make_"))
def test_the_global_seed_is_neither_read_nor_moved(make):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = flat(make(12, random_state=1))
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert_array_equal(flat(make(12, random_state=1)), first)


# NARMA


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


# Mackey-Glass


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


# Lorenz


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


# Parameters


PAIR = "a pair (low, high) with low < high"


@pytest.mark.parametrize(
    ("make", "name", "value", "requirement"),
    [
        (make_narma, "n_steps", 0, "an integer >= 1"),
        (make_narma, "order", 5, "10, 20 or 30"),
        (make_narma, "order", [10], "10, 20 or 30"),
        (make_narma, "discard", -1, "an integer >= 0"),
        (make_narma, "input_range", (1, 0), PAIR),
        (make_narma, "input_range", 0.5, PAIR),
        (make_mackey_glass, "n_steps", 2.0, "an integer >= 1"),
        (make_mackey_glass, "tau", 17.05, "a whole multiple of dt=0.1"),
        (make_mackey_glass, "sample", 0.01, "a whole multiple of dt=0.1"),
        (make_mackey_glass, "gamma", 0, "a number > 0"),
        (make_mackey_glass, "x0", np.inf, "a number > 0"),
        (make_lorenz, "dt", -1, "a number > 0"),
        (make_lorenz, "rtol", 1, "in [1e-13, 0.001]"),
        (make_lorenz, "x0", [1, 2], "three finite numbers or None"),
        (make_lorenz, "x0", "abc", "three finite numbers or None"),
        (load_japanese_vowels, "return_X_y", 1, "True or False"),
        (fetch_polyphonic_music, "collection", "muse", "one of 'jsb', 'nottingham'"),
    ],
)
def test_a_bad_parameter_is_named(make, name, value, requirement):
    with pytest.raises(ValueError) as caught:
        make(**{name: value})
    message = f"The '{name}' parameter of {make.__name__} must be {requirement}. Got {value!r}."
    assert str(caught.value) == message


# Bundled data


def test_japanese_vowels_have_the_published_shape():
    vowels = load_japanese_vowels()
    assert (len(vowels.X_train), len(vowels.X_test)) == (270, 370)
    assert np.bincount(vowels.y_train).tolist() == [30] * 9
    assert np.bincount(vowels.y_test).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    series = vowels.X_train + vowels.X_test
    assert {x.shape[1] for x in series} == {12} and {x.dtype for x in series} == {np.dtype(np.float64)}
    assert (min(map(len, series)), max(map(len, series))) == (7, 29)
    assert len(vowels.target_names) == 9 and len(vowels.feature_names) == 12
    assert "CC BY 4.0" in vowels.DESCR and "Kudo" in vowels.DESCR
    parts = load_japanese_vowels(return_X_y=True)
    for part, name in zip(parts, ("X_train", "X_test", "y_train", "y_test"), strict=True):
        assert all(map(np.array_equal, part, vowels[name]))


def test_japanese_vowels_are_those_of_the_source(shared_data):
    vowels = load_japanese_vowels()
    with np.load(shared_data / "japanese_vowels" / "JapaneseVowels.npz", allow_pickle=False) as stored:
        for part in ("train", "test"):
            assert_array_equal(np.concatenate(vowels[f"X_{part}"]), stored[f"X_{part}_flat"])
            assert_array_equal([len(x) for x in vowels[f"X_{part}"]], stored[f"lengths_{part}"])
            assert_array_equal(vowels[f"y_{part}"], stored[f"y_{part}"])


# Fetched data


@pytest.fixture
def local(shared_data, monkeypatch):
    monkeypatch.setenv("RESERVOIR_DATA", str(shared_data))


def test_spoken_digits(local):
    digits = fetch_spoken_digits()
    assert len(digits.X) == len(digits.y) == len(digits.speaker) == 2000
    assert np.bincount(digits.y).tolist() == [200] * 10
    assert sorted(set(digits.speaker)) == ["george", "jackson", "nicolas", "theo"]
    assert_array_equal(digits.is_test, digits.repetition < 5)
    assert all(x.ndim == 2 and x.shape[1] == 1 and x.dtype == np.float64 for x in digits.X)
    assert all(-1 <= x.min() and x.max() < 1 for x in digits.X)
    assert_array_equal(np.rint(digits.X[0] * 32768), digits.X[0] * 32768)
    assert digits.sampling_rate == 8000 and "CC BY-SA 4.0" in digits.DESCR


def test_santa_fe_laser(local):
    series = fetch_santa_fe_laser().data
    assert series.shape == (6000, 1) and series.dtype == np.float64
    assert (series.min(), series.max()) == (series.min().round(), 255)
    error = np.mean(np.diff(series[:, 0]) ** 2) / series.var()
    assert_allclose(error, 0.92, atol=0.03)


@pytest.mark.parametrize(("collection", "sizes"), [("jsb", (229, 76, 77)), ("nottingham", (694, 173, 170))])
def test_polyphonic_music(local, collection, sizes):
    music = fetch_polyphonic_music(collection=collection)
    assert (len(music.train), len(music.valid), len(music.test)) == sizes
    pieces = music.train + music.valid + music.test
    assert all(piece.shape[1] == 88 and set(np.unique(piece)) == {0.0, 1.0} for piece in pieces)


FAKE = b"86\n141\n95\n"
WRONG_CHECKSUM = r"'santafe_laser/santafe_laser_A_1_6000\.csv' .* wrong SHA-256 checksum"


@pytest.fixture
def pooch(tmp_path, monkeypatch):
    """pooch with an empty cache of its own and a registry of one small file."""
    pooch = pytest.importorskip("pooch")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache")
    monkeypatch.setitem(remote.REGISTRY, remote.SANTA_FE_LASER, hashlib.sha256(FAKE).hexdigest())
    monkeypatch.delenv("RESERVOIR_DATA", raising=False)
    monkeypatch.delenv("RESERVOIR_DATA_URL", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return pooch


@pytest.fixture
def mirror(tmp_path, pooch, monkeypatch):
    """Directory that a local server shows under RESERVOIR_DATA_URL."""
    root = tmp_path / "mirror"
    (root / remote.SANTA_FE_LASER).parent.mkdir(parents=True)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("RESERVOIR_DATA_URL", f"http://127.0.0.1:{server.server_port}")
        yield root
        server.shutdown()
        thread.join()


def files_below(directory):
    return [path for path in directory.rglob("*") if path.is_file()]


def test_a_download_is_checked_and_kept(mirror, tmp_path, monkeypatch):
    (mirror / remote.SANTA_FE_LASER).write_bytes(FAKE)
    assert fetch_santa_fe_laser().data.ravel().tolist() == [86, 141, 95]
    cached = tmp_path / "cache" / remote.SANTA_FE_LASER
    assert files_below(tmp_path / "cache") == [cached]
    cached.write_bytes(b"damaged")
    assert fetch_santa_fe_laser().data.shape == (3, 1)
    assert cached.read_bytes() == FAKE
    (mirror / remote.SANTA_FE_LASER).unlink()
    assert fetch_santa_fe_laser().data.shape == (3, 1)
    monkeypatch.delenv("RESERVOIR_DATA_URL")
    assert fetch_santa_fe_laser().data.shape == (3, 1)


def test_a_download_with_a_wrong_checksum_is_refused_and_not_kept(mirror, tmp_path):
    (mirror / remote.SANTA_FE_LASER).write_bytes(b"86\n141\n")
    with pytest.raises(ValueError, match=WRONG_CHECKSUM):
        fetch_santa_fe_laser()
    assert files_below(tmp_path / "cache") == []


def test_a_local_file_with_a_wrong_checksum_is_refused(pooch, tmp_path, monkeypatch):
    path = tmp_path / remote.SANTA_FE_LASER
    path.parent.mkdir()
    path.write_bytes(b"86\n141\n")
    monkeypatch.setenv("RESERVOIR_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=WRONG_CHECKSUM):
        fetch_santa_fe_laser()
    path.write_bytes(FAKE)
    assert fetch_santa_fe_laser().data.shape == (3, 1)


def assert_names_both_ways_out(error, name):
    parts = [name, "RESERVOIR_DATA ", "RESERVOIR_DATA_URL", 'pip install "reservoir-spiking[datasets]"']
    assert all(part in str(error) for part in parts)


@pytest.mark.parametrize("fetch", exported("fetch_"))
def test_nothing_configured_is_one_clear_error(pooch, tmp_path, monkeypatch, fetch):
    with pytest.raises(DatasetNotFoundError) as caught:
        fetch()
    (name,) = (name for name in remote.REGISTRY if f"'{name}' was not found" in str(caught.value))
    assert_names_both_ways_out(caught.value, name)
    monkeypatch.setenv("RESERVOIR_DATA", str(tmp_path))
    with pytest.raises(OSError) as caught:
        fetch()
    assert_names_both_ways_out(caught.value, name)


def test_no_network_and_a_missing_file_are_the_same_clear_error(mirror, tmp_path, monkeypatch):
    with pytest.raises(DatasetNotFoundError, match="404") as caught:
        fetch_santa_fe_laser()
    assert_names_both_ways_out(caught.value, remote.SANTA_FE_LASER)
    monkeypatch.setenv("RESERVOIR_DATA_URL", "http://127.0.0.1:9")
    with pytest.raises(DatasetNotFoundError, match=r"from http://127\.0\.0\.1:9 failed") as caught:
        fetch_santa_fe_laser()
    assert_names_both_ways_out(caught.value, remote.SANTA_FE_LASER)
    assert files_below(tmp_path / "cache") == []
    monkeypatch.setenv("RESERVOIR_DATA_URL", "somewhere")
    with pytest.raises(ValueError, match=r"must be an http or https address\. Got 'somewhere'"):
        fetch_santa_fe_laser()


def test_a_download_without_pooch_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    monkeypatch.delenv("RESERVOIR_DATA", raising=False)
    monkeypatch.setenv("RESERVOIR_DATA_URL", "http://127.0.0.1:9")
    with pytest.raises(ImportError, match=r'pip install "reservoir-spiking\[datasets\]"'):
        fetch_santa_fe_laser()
    monkeypatch.delenv("RESERVOIR_DATA_URL")
    with pytest.raises(DatasetNotFoundError):
        fetch_santa_fe_laser()


def test_pooch_is_not_imported_with_the_library():
    code = "import sys, reservoir.datasets; sys.exit('pooch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
