"""Published tasks of the liquid-state machine, on trials and circuits no setting was chosen on."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from reservoir import LiquidState
from reservoir.circuits import MaassColumn
from reservoir.datasets.multitask import make_multitask
from tests.house.scripts import EXAMPLES, load

TOLERANCE = 0.05  # how far a correlation may stay behind the published one


@pytest.fixture(scope="module")
def multitask():
    return load(EXAMPLES, "multitask")


@pytest.fixture(scope="module")
def separation():
    return load(EXAMPLES, "separation")


# the task


def naive_targets(trains, t):
    """The seven targets at one time, by the definition, spike by spike."""

    def rate(numbers, start, stop):
        counts = [sum(t - start / 1e3 <= spike < t - stop / 1e3 for spike in trains[number - 1]) for number in numbers]
        return sum(counts) / len(numbers) / ((start - stop) / 1e3) / 80

    recent = [[spike for spike in trains[number - 1] if t - 0.02 <= spike < t] for number in (1, 3)]
    coincidences = 0
    for own, other in (recent, recent[::-1]):
        coincidences += sum(any(abs(spike - partner) <= 0.005 for partner in other) for spike in own)
    f1, f2 = rate([1, 2], 30, 0), rate([3, 4], 30, 0)
    f3, f4 = rate([1, 2, 3, 4], 60, 30), rate([1, 2, 3, 4], 150, 0)
    return [f1, f2, f3, f4, coincidences, f1 * f2, 2 * f1 - 4 * f1**2 + 1.5 * (f2 - 0.3) ** 2]


@pytest.mark.parametrize(("duration", "step"), [(1.0, 0.02), (0.5, 0.03), (0.31, 0.007), (0.02, 0.02)])
def test_multitask_targets_obey_their_definition(duration, step):
    for trial, targets in zip(*make_multitask(4, duration, step=step, random_state=11), strict=True):
        lists = [times.tolist() for times in trial.to_lists()]
        expected = [naive_targets(lists, (row + 1) * step) for row in range(len(targets))]
        assert_allclose(targets, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("duration", "step"), [(1.0, 0.02), (0.9, 0.03), (0.31, 0.007)])
def test_multitask_has_a_row_for_every_state_of_a_liquid(duration, step):
    trains, targets = make_multitask(2, duration, step=step, random_state=12)
    states = LiquidState(MaassColumn((2, 2, 2)), step=step, random_state=0).fit_transform(trains)
    assert [len(rows) for rows in states] == [len(rows) for rows in targets]
    assert {trial.duration for trial in trains} == {duration}


def test_multitask_rates_are_shared_by_pairs_and_drawn_anew_every_30_ms():
    """Counts in 30 ms: mean r T, variance r T + Var(r) T^2, covariance Var(r) T^2 within a pair, else none."""
    trains, _ = make_multitask(600, 0.9, random_state=13)
    counts = np.stack([trial.binned(0.03) for trial in trains])  # (600, 30, 4)
    mean, shared = 40 * 0.03, 80**2 / 12 * 0.03**2
    flat = counts.reshape(-1, 4)
    assert_allclose(flat.mean(axis=0), mean, atol=5 * np.sqrt((mean + shared) / len(flat)))
    expected = np.kron(np.eye(2), np.full((2, 2), shared)) + mean * np.eye(4)
    assert_allclose(np.cov(flat.T), expected, atol=0.1)  # standard errors are below 0.02
    before, after = counts[:, :-1].reshape(-1, 4), counts[:, 1:].reshape(-1, 4)
    assert_allclose(np.cov(before.T, after.T)[:4, 4:], 0, atol=0.1)


def test_multitask_spikes_are_even_within_the_30_ms():
    """Shares of a Poisson process are uniform: their mean and variance."""
    times = np.concatenate([trial.times for trial in make_multitask(200, 0.9, random_state=14)[0]])
    shares = times / 0.03 % 1
    assert_allclose([shares.mean(), shares.var()], [1 / 2, 1 / 12], atol=5 * np.sqrt(1 / 12 / len(shares)))


def test_multitask_seed_gives_the_same_bits_and_leaves_the_global_seed():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    (first, one), (again, two) = (make_multitask(2, random_state=seed) for seed in (3, np.random.default_rng(3)))
    assert first == again and first != make_multitask(2, random_state=4)[0]
    assert_array_equal(one, two)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_trials": 0}, "The 'n_trials' parameter of make_multitask must be an integer >= 1. Got 0."),
        ({"n_trials": 1, "duration": 0.0}, "The 'duration' parameter of make_multitask must be a number > 0. Got 0.0."),
        ({"n_trials": 1, "step": 1.5}, r"The 'step' parameter of make_multitask must be in \(0, 1\]. Got 1.5."),
    ],
)
def test_multitask_refuses(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make_multitask(**arguments)


# the liquid


def least(multitask, n_train, n_test):
    """Correlations to be reached on fewer trials than the example's.

    A regression on p states and n rows adds p / (n - p) of the unexplained variance; and a correlation r over n test
    rows has the standard error (1 - r^2) / sqrt(n), of which three are granted.
    """
    n_rows = round(1 // multitask.STEP) - multitask.WASHOUT
    unexplained = 1 - (multitask.PUBLISHED - TOLERANCE) ** 2
    grown = [1 + 270 / (n_rows * n - 270) for n in (n_train, multitask.N_TRAIN)]
    reached = np.sqrt(1 - unexplained * grown[0] / grown[1])
    return reached - 3 * (1 - reached**2) / np.sqrt(n_rows * n_test)


def test_multitask_in_short(multitask):
    raw, liquids = multitask.compare(150, 60, circuits=range(100, 103), seed=100)
    medians = np.median(liquids, axis=0)
    assert (medians >= least(multitask, 150, 60)).all(), medians
    assert (medians[[2, 3, 4]] > raw[[2, 3, 4]] + 0.05).all()


def test_multitask_example_draws_every_question(multitask):
    figure = multitask.draw(np.full(7, 0.5), np.full((3, 7), 0.8))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(multitask.QUESTIONS)
    multitask.plt.close(figure)


@pytest.mark.long
@pytest.mark.parametrize("seed", [200, 300])
def test_multitask_in_full(multitask, seed):
    """200 new trials, 7 new circuits: within 0.05 of the published correlations, or better."""
    raw, liquids = multitask.compare(multitask.N_TRAIN, multitask.N_TEST, range(seed, seed + 7), seed)
    medians = np.median(liquids, axis=0)
    assert (medians >= multitask.PUBLISHED - TOLERANCE).all(), medians
    assert (medians >= raw).all() and (medians[[2, 3, 4]] > raw[[2, 3, 4]] + 0.08).all()


# separation


def test_input_distance_is_the_integral(separation):
    """Of the squared difference of trains of Gaussians, summed on a fine grid."""
    rng, grid = np.random.default_rng(0), np.arange(-0.05, 0.55, 1e-5)
    for first, second in (separation.draw_train(rng), separation.draw_train(rng)), (np.array([0.1]), np.zeros(0)):
        trains = [np.exp(-(((grid[:, None] - train) / 5e-3) ** 2)).sum(axis=1) for train in (first, second)]
        expected = ((trains[0] - trains[1]) ** 2).sum() * 1e-5 / 0.5
        assert_allclose(separation.input_distance(first, second), expected, rtol=1e-9)


def test_pairs_have_their_distance(separation):
    for distance, pairs in separation.draw_pairs(5, np.random.default_rng(1)).items():
        assert len(pairs) == 5
        assert all(abs(separation.input_distance(*pair) - distance) < 0.01 for pair in pairs)


def test_the_same_train_and_voltages_give_the_same_states(separation):
    rng = np.random.default_rng(2)
    circuit, train = MaassColumn(input_probability=1.0).draw(rng), separation.draw_train(rng)
    first, again, other = (separation.states(circuit, [train], seed) for seed in (1, 1, 2))
    assert_array_equal(first, again)
    assert (first != other).any()


def ordered(curves):
    """Whether the means over pairs are, for the further inputs, the larger in every 100 ms but the first."""
    means = np.array([rows.mean(axis=0).reshape(5, -1).mean(axis=1) for rows in curves.values()])
    return (np.diff(means, axis=0)[:, 1:] < 0).all()


def test_separation_in_short(separation):
    curves = separation.separation(60, seed=100)
    assert list(curves) == [0.4, 0.2, 0.1, 0.0] and ordered(curves)


@pytest.mark.long
@pytest.mark.parametrize("seed", [200, 201, 202])
def test_separation_in_full(separation, seed):
    """200 pairs, other circuits: ordered, at most three standard errors aside at any moment after the first 100 ms."""
    curves = separation.separation(separation.N_PAIRS, seed)
    assert ordered(curves)
    means, errors = (np.array([f(rows[:, 20:], axis=0) for rows in curves.values()]) for f in (np.mean, np.std))
    errors /= np.sqrt(separation.N_PAIRS)
    assert (means[:-1] - means[1:] > -3 * np.hypot(errors[:-1], errors[1:])).all()
    assert (means[:-1] > means[1:]).mean() > 0.95
