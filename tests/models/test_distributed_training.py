"""Training on parts is training on the whole."""

import itertools
import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.batch import TaskError
from reservoir.models import fit_in_parts
from reservoir.readouts import RecursiveLeastSquares, RidgeReadout
from tests.loops import looped


def sequences(seed, lengths=(60, 90, 75)):
    rng = np.random.default_rng(seed)
    X = [rng.uniform(-0.5, 0.5, size=(length, 2)) for length in lengths]
    return X, [np.column_stack([np.roll(x[:, 0], 2), x.sum(axis=1)]) for x in X]


def joined(parts):
    return [x for X, _ in parts for x in X], [y for _, ys in parts for y in ys]


READOUTS = {
    "gram": RidgeReadout(1e-4),
    "qr": RidgeReadout(1e-4, solver="qr"),
    "no intercept": RidgeReadout(1e-4, fit_intercept=False),
    "gcv": RidgeReadout("gcv", alphas=[1e-6, 1e-4, 1e-3, 1e-2, 1.0, 1e2]),
}


@pytest.mark.filterwarnings("ignore::reservoir.readouts.ridge.PenaltyWarning")
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("readout", READOUTS.values(), ids=READOUTS)
def test_equal_to_one_fit(readout, n_jobs):
    parts = [sequences(seed) for seed in range(4)]
    reservoir = EchoState(40, input_scaling=1.0, bias_scaling=0.0, noise=1e-3, random_state=0)
    model = ReservoirRegressor(reservoir, readout, washout=10)
    whole = clone(model).fit(*joined(parts))
    assert fit_in_parts(model, parts, n_jobs=n_jobs) is model
    for name in ("coef_", "intercept_", "alpha_"):
        expected = getattr(whole.readout_, name)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(getattr(model.readout_, name), expected, rtol=0, atol=1e-10 * scale)
    X, _ = sequences(9)
    np.testing.assert_allclose(model.predict(X)[0], whole.predict(X)[0], rtol=0, atol=1e-10)


def test_the_number_of_workers_changes_no_bit():
    parts = [sequences(seed) for seed in range(4)]
    models = [ReservoirRegressor(EchoState(40, random_state=0)) for _ in range(2)]
    one, two = (fit_in_parts(model, parts, n_jobs=n + 1).readout_.coef_ for n, model in enumerate(models))
    assert np.array_equal(one, two)


def test_an_unseeded_reservoir_is_the_same_in_every_worker():
    parts = [sequences(seed, (300,)) for seed in range(4)]
    model = fit_in_parts(ReservoirRegressor(EchoState(40), washout=10), parts, n_jobs=2)
    again = ReservoirRegressor(model.reservoir_, washout=10)
    assert model.score(*sequences(9)) > 0.9 and again.reservoir.W_ is model.reservoir_.W_


@pytest.mark.parametrize("per_step", [False, True])
def test_a_classifier_with_classes_that_a_part_lacks(per_step):
    X, _ = sequences(0, (50,) * 6)
    labels = ["b", "a", "b", "c", "c", "b"]
    y = [np.full(50, label) for label in labels] if per_step else labels
    whole = ReservoirClassifier(EchoState(30, random_state=0), RidgeReadout(1e-3), pooling="mean").fit(X, y)
    parts = [(X[:3], y[:3]), (X[3:], y[3:])]
    model = ReservoirClassifier(EchoState(30, random_state=0), RidgeReadout(1e-3), pooling="mean")
    fit_in_parts(model, parts, classes=["c", "a", "b"], n_jobs=2)
    assert model.classes_.tolist() == ["a", "b", "c"] and model.per_step_ == per_step
    np.testing.assert_allclose(model.readout_.coef_, whole.readout_.coef_, rtol=0, atol=1e-10)
    assert all(np.array_equal(one, other) for one, other in zip(model.predict(X), whole.predict(X), strict=True))


def test_parts_that_workers_load_themselves(tmp_path):
    pairs = [tuple(np.stack(part) for part in sequences(seed, (70, 70))) for seed in range(3)]
    for number, (X, y) in enumerate(pairs):
        np.savez(tmp_path / f"{number}.npz", X=X, y=y)
    model = ReservoirRegressor(EchoState(40, random_state=0), RidgeReadout(1e-6))
    whole = clone(model).fit(*(np.concatenate(part) for part in zip(*pairs, strict=True)))
    callables = [lambda number=number: sequences_stacked(number) for number in range(3)]
    for parts in (sorted(tmp_path.glob("*.npz")), callables):
        fit_in_parts(model, parts, n_jobs=2)
        np.testing.assert_allclose(model.readout_.coef_, whole.readout_.coef_, rtol=0, atol=1e-10)


def sequences_stacked(seed):
    return tuple(np.stack(part) for part in sequences(seed, (70, 70)))


def test_memory_here_does_not_grow_with_the_data():
    """Peaks with 4 and 16 parts of 1.6 MB each, whose states are 26 MB."""

    def part(seed):
        X = np.random.default_rng(seed).uniform(-0.5, 0.5, size=(100_000, 2))
        return X, X[:, 0]

    peaks = []
    for n_parts in (2, 2, 8):  # the first warms up
        tracemalloc.start()
        parts = [lambda seed=seed: part(seed) for seed in range(n_parts)]
        fit_in_parts(ReservoirRegressor(EchoState(30, random_state=0)), parts, n_jobs=2)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.2 * peaks[1] < 1.2 * 16e6


def test_what_cannot_be_trained_so():
    model, parts = ReservoirRegressor(EchoState(20, random_state=0)), [sequences(0), sequences(1)]
    with pytest.raises(ValueError, match="'model' parameter of fit_in_parts must be a ReservoirRegressor"):
        fit_in_parts(looped(), parts)
    with pytest.raises(ValueError, match="'classes' parameter of fit_in_parts must be all labels"):
        fit_in_parts(ReservoirClassifier(), parts)
    with pytest.raises(ValueError, match="'parts' parameter of fit_in_parts must be"):
        fit_in_parts(model, [])
    with pytest.raises(ValueError, match=r"a merging readout with .* \(missing: .*to_record, add_record\)"):
        fit_in_parts(ReservoirRegressor(readout=RecursiveLeastSquares()), parts)
    bad = [parts[0], (parts[1][0], [y[:, 0] for y in parts[1][1]])]
    with pytest.raises(TaskError, match="another depth than y of the first part"):
        fit_in_parts(model, bad, n_jobs=1)
    assert not hasattr(model, "readout_")


@pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")
@pytest.mark.parametrize("alpha", [1.0, "gcv"])
def test_fewer_sequences_than_pooled_columns(alpha):
    X, y = [values[:, :1] for values in sequences(0, range(30, 50))[0]], np.arange(20) % 3
    whole = ReservoirClassifier(EchoState(20, random_state=0), RidgeReadout(alpha), pooling="model_space").fit(X, y)
    for edges in ([0, 3, 20], range(21)):
        parts = [(X[start:stop], y[start:stop]) for start, stop in itertools.pairwise(edges)]
        model = ReservoirClassifier(EchoState(20, random_state=0), RidgeReadout(alpha), pooling="model_space")
        fit_in_parts(model, parts, classes=[0, 1, 2], n_jobs=1)
        np.testing.assert_allclose(model.readout_.coef_, whole.readout_.coef_, rtol=0, atol=1e-10)
