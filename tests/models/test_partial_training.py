"""`partial_fit` of models: more sequences, each from rest, are one `fit` on all of them."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge, SGDClassifier, SGDRegressor

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor, load, save
from reservoir.models import fit_in_parts
from reservoir.readouts import ParallelPerceptronClassifier, RecursiveLeastSquares, RidgeReadout

X = np.random.default_rng(0).uniform(-0.5, 0.5, size=(150, 2))
Y = np.stack([np.roll(X[:, 0], 1), np.roll(X[:, 1], 2)], axis=1)
LABELS = np.where(Y[:, 0] > 0.2, "high", np.where(Y[:, 0] > -0.2, "middle", "low"))
PARTS = [slice(0, 60), slice(60, 90), slice(90, 150)]


def small(**options):
    return EchoState(20, random_state=0, **options)


def same(one, other, tolerance=1e-9):
    return one.readout_.coef_ == pytest.approx(other.readout_.coef_, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("readout", [RidgeReadout(1e-2), RecursiveLeastSquares(alpha=1e-2)])
@pytest.mark.parametrize("y", [Y, Y[:, 0]])
def test_calls_are_one_fit_on_all_sequences(readout, noise, y):
    model = ReservoirRegressor(small(noise=noise), readout, washout=5)
    whole = ReservoirRegressor(small(noise=noise), readout, washout=5).fit([X[p] for p in PARTS], [y[p] for p in PARTS])
    for part in PARTS:
        assert model.partial_fit(X[part], y[part]) is model
    assert same(model, whole)
    assert model.predict(X).shape == whole.predict(X).shape
    begun = ReservoirRegressor(small(noise=noise), readout, washout=5).fit(X[PARTS[0]], y[PARTS[0]])
    begun.partial_fit([X[p] for p in PARTS[1:]], [y[p] for p in PARTS[1:]])
    assert same(begun, whole)


def test_the_trial_goes_on_in_files_and_after_parts(tmp_path):
    model = ReservoirRegressor(small(noise=0.05), RidgeReadout(1e-2))
    pairs = [(X[part], Y[part]) for part in PARTS]
    whole = ReservoirRegressor(small(noise=0.05), RidgeReadout(1e-2)).fit(*map(list, zip(*pairs, strict=True)))
    fit_in_parts(model, [([x], [y]) for x, y in pairs[:2]], n_jobs=1)
    save(model, tmp_path / "model")
    assert same(load(tmp_path / "model").partial_fit(*pairs[2]), whole)


def test_classes_are_told_in_the_first_call():
    model = ReservoirClassifier(small(), RidgeReadout(1e-2))
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X, LABELS)
    assert not hasattr(model, "classes_")
    model.partial_fit(X[:2], LABELS[:2], classes=["low", "middle", "high"])
    model.partial_fit(X[2:], LABELS[2:])
    assert model.classes_.tolist() == ["high", "low", "middle"]
    assert same(model, ReservoirClassifier(small(), RidgeReadout(1e-2)).fit([X[:2], X[2:]], [LABELS[:2], LABELS[2:]]))
    with pytest.raises(ValueError, match="those of before"):
        model.partial_fit(X, LABELS, classes=["low", "high"])
    before = model.readout_.coef_
    with pytest.raises(ValueError, match="labels"):
        model.partial_fit(X, np.full(len(X), "other"))
    assert model.readout_.coef_ is before
    with pytest.raises(ValueError, match="class_weight"):
        ReservoirClassifier(small(), class_weight="balanced").partial_fit(X, LABELS, classes=np.unique(LABELS))


def test_pooled_sequences():
    sequences, labels = [X[start : start + 10] for start in range(0, 120, 10)], np.array([0, 1] * 6)
    model = ReservoirClassifier(small(), RidgeReadout(1e-2), pooling="mean")
    model.partial_fit(sequences[:5], labels[:5], classes=[0, 1]).partial_fit(sequences[5:], labels[5:])
    assert same(model, ReservoirClassifier(small(), RidgeReadout(1e-2), pooling="mean").fit(sequences, labels))


@pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")  # of targets without noise
@pytest.mark.parametrize("alpha", ["gcv", "blocked"])
def test_chosen_penalties(alpha):
    sequences = [X[start : start + 10] for start in range(0, 120, 10)]
    targets = [Y[start : start + 10] for start in range(0, 120, 10)]
    model = ReservoirRegressor(small(), RidgeReadout(alpha))
    model.partial_fit(sequences[:7], targets[:7]).partial_fit(sequences[7:], targets[7:])
    whole = ReservoirRegressor(small(), RidgeReadout(alpha)).fit(sequences, targets)
    assert np.array_equal(model.readout_.alpha_, whole.readout_.alpha_)
    assert same(model, whole, 1e-6)
    series = ReservoirRegressor(small(), RidgeReadout(alpha))
    assert np.isfinite(series.partial_fit(X[:80], Y[:80]).partial_fit(X[80:], Y[80:]).readout_.coef_).all()


def test_members_learn_each():
    model = ReservoirRegressor(small(noise=0.05), RidgeReadout(1e-2), n_members=2)
    whole = ReservoirRegressor(small(noise=0.05), RidgeReadout(1e-2), n_members=2)
    whole.fit([X[p] for p in PARTS], [Y[p] for p in PARTS])
    for part in PARTS:
        model.partial_fit(X[part], Y[part])
    assert all(same(mine, theirs) for mine, theirs in zip(model.members_, whole.members_, strict=True))
    assert model.predict(X) == pytest.approx(whole.predict(X), rel=1e-9)


def test_readouts_of_scikit_learn():
    readout = SGDRegressor(random_state=0)
    model = ReservoirRegressor(small(), readout).partial_fit(X[:80], Y[:80, 0]).partial_fit(X[80:], Y[80:, 0])
    assert np.isfinite(model.predict(X)).all()
    classifier = ReservoirClassifier(small(), SGDClassifier(random_state=0))
    classifier.partial_fit(X[:9], LABELS[:9], classes=np.unique(LABELS)).partial_fit(X[9:], LABELS[9:])
    assert set(classifier.predict(X)) <= set(LABELS)


def test_readouts_that_learn_at_once_have_none():
    for model in (ReservoirRegressor(small(), Ridge()), ReservoirClassifier(small(), ParallelPerceptronClassifier())):
        if not hasattr(model.readout, "partial_fit"):
            assert not hasattr(model, "partial_fit")
            with pytest.raises(AttributeError, match="has no partial_fit with the readout"):
                model.partial_fit(X, LABELS)


@pytest.mark.parametrize(
    "data", [(X[:, :1], Y), (X, Y[:, 0]), (X, Y[:, [0, 0, 0]]), ([X, X * np.nan], [Y, Y]), (X[:3], Y[:3])]
)
def test_bad_data_change_nothing(data):
    model = ReservoirRegressor(small(), RidgeReadout(1e-2), washout=3).partial_fit(X, Y)
    twin = ReservoirRegressor(small(), RidgeReadout(1e-2), washout=3).partial_fit(X, Y)
    with pytest.raises(ValueError):
        model.partial_fit(*data)
    assert same(model.partial_fit(X, Y), twin.partial_fit(X, Y), 0)


def test_weights_of_rows():
    weights = np.linspace(0, 2, len(X))
    model = ReservoirRegressor(small(), RidgeReadout(1e-2)).partial_fit(X, Y, sample_weight=weights)
    assert same(model, ReservoirRegressor(small(), RidgeReadout(1e-2)).fit(X, Y, sample_weight=weights))
