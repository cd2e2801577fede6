"""Models without a readout of their own choose the penalty from the data, and always have an answer."""

import warnings

import numpy as np
import pytest
from scipy.signal import lfilter

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.model_selection import ReservoirSearchCV
from reservoir.models import fit_in_parts
from reservoir.readouts import RidgeReadout
from tests.loops import looped

RNG = np.random.default_rng(0)
RESERVOIR = EchoState(50, bias_scaling=0.3, input_scaling=1.0, random_state=0)
SERIES = RNG.normal(size=(300, 1))
TARGET = np.roll(SERIES[:, 0], 1) + RNG.normal(size=300)
RECORDINGS = [RNG.normal(size=(20, 1)) + k % 2 for k in range(20)]


@pytest.mark.parametrize("X, y", [(SERIES, TARGET), ([SERIES[:100], SERIES[100:]], [TARGET[:100], TARGET[100:]])])
def test_no_readout_is_one_that_chooses(X, y):
    model = ReservoirRegressor(RESERVOIR).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = ReservoirRegressor(RESERVOIR, RidgeReadout("blocked", slack=0.02)).fit(X, y)
    assert model.readout is None and model.readout_.alpha_ == given.readout_.alpha_ > 1e-3
    np.testing.assert_array_equal(model.readout_.coef_, given.readout_.coef_)
    assert ReservoirRegressor(RESERVOIR).set_params(readout__alpha=1.0).readout.alpha == 1.0
    assert RidgeReadout().alpha == looped(RESERVOIR).fit(SERIES).readout_.alpha == 1e-6


def test_noise_is_not_learnt():
    """One step ahead of a noisy second-order process the old penalty loses to the mean of the series."""
    found = {None: [], 1e-6: []}
    for seed in range(3):
        x = lfilter([1], [1, -1.6, 0.8], np.random.default_rng(seed).normal(size=2000))
        X, y = x[:-1, None] / x.std(), x[1:] / x.std()
        for alpha, scores in found.items():
            readout = None if alpha is None else RidgeReadout(alpha)
            reservoir = EchoState(400, bias_scaling=0.3, input_scaling=1.0, random_state=seed)
            scores.append(ReservoirRegressor(reservoir, readout).fit(X[:500], y[:500]).score(X[500:], y[500:]))
    assert np.median(found[None]) > 0.85 > 0.5 > np.median(found[1e-6])


def test_an_edge_is_not_spoken_of():
    clean = ReservoirRegressor(RESERVOIR).fit(SERIES, SERIES[:, 0])
    assert clean.readout_.alpha_ == 1e-8
    parts = [(SERIES[:150], SERIES[:150, 0]), (SERIES[150:], SERIES[150:, 0])]
    fit_in_parts(ReservoirRegressor(RESERVOIR), parts, n_jobs=1)
    ReservoirRegressor(RESERVOIR, n_members=2).fit(SERIES, SERIES[:, 0])
    ReservoirRegressor(RESERVOIR).partial_fit(*parts[0]).stream().update(SERIES[0], SERIES[0, 0])
    alike = (
        ReservoirClassifier(RESERVOIR, preset="classic"),
        RECORDINGS,
        np.random.default_rng(0).permutation(["a", "b"] * 10),
    )
    with pytest.warns(UserWarning, match="edge"):
        ReservoirClassifier(RESERVOIR, RidgeReadout("gcv"), preset="classic").fit(*alike[1:])
    ReservoirSearchCV(alike[0], {"reservoir__leak": [0.5, 1.0]}, cv=2).fit(*alike[1:])


@pytest.mark.parametrize("model, X, y", [
    (ReservoirRegressor(RESERVOIR), SERIES[:1], TARGET[:1]),
    (ReservoirRegressor(RESERVOIR, washout=2), SERIES[:3], TARGET[:3]),
    (ReservoirRegressor(RESERVOIR, pooling="mean"), RECORDINGS[:1], [1.0]),
    (ReservoirRegressor(RESERVOIR), [SERIES[:9], SERIES[9:20]], [TARGET[:9], np.full(11, np.nan)]),
    (ReservoirClassifier(RESERVOIR, preset="classic"), RECORDINGS[:2], ["a", None]),
    (ReservoirClassifier(RESERVOIR, preset="classic"), [*RECORDINGS[:1], *RECORDINGS[5:9]], ["a", *[None] * 4]),
    (ReservoirRegressor(RESERVOIR, n_members=2), SERIES[:1], TARGET[:1]),
    (ReservoirRegressor(RESERVOIR, gaps="split"), np.where(np.arange(8) == 4, np.nan, 0.5)[:, None],
     np.where(np.arange(8) > 4, np.nan, 0.5)),
])  # fmt: skip
def test_without_two_blocks_the_penalty_is_the_fixed_one(model, X, y):
    assert model.fit(X, y).readout_.alpha_ == RidgeReadout().alpha


def test_two_blocks_are_enough():
    assert ReservoirRegressor(RESERVOIR).fit(SERIES[:2], TARGET[:2]).readout_.alpha == "blocked"
    assert ReservoirClassifier(RESERVOIR, preset="classic").fit(RECORDINGS[:2], ["a", "b"]).readout_.alpha == "gcv"


@pytest.mark.parametrize("first", [1, 2, 40])
def test_a_model_goes_on_learning_from_the_first_row_on(first):
    """The penalty is the fixed one as long as there is too little, and then it is chosen anew."""
    regressor, labels = ReservoirRegressor(RESERVOIR), np.where(TARGET > 0, "a", "b")
    regressor.partial_fit(SERIES[:first], TARGET[:first])
    assert first > 1 or regressor.readout_.alpha_ == RidgeReadout().alpha
    regressor.partial_fit(SERIES[first:], TARGET[first:])
    assert regressor.readout_.alpha == "blocked" and regressor.readout_.alpha_ > 1e-3
    classifier = ReservoirClassifier(RESERVOIR, preset="classic").partial_fit(
        SERIES[:first], labels[:first], classes=["a", "b"]
    )
    classifier.partial_fit(SERIES[first:], labels[first:])
    assert classifier.readout_.alpha == "gcv" and classifier.readout_.alpha_ > 1e-3
    pooled = ReservoirClassifier(RESERVOIR, preset="classic").partial_fit(RECORDINGS[:1], ["a"], classes=["a", "b"])
    assert pooled.partial_fit(RECORDINGS[1:], ["b", *["a", "b"] * 9]).score(RECORDINGS, ["a", "b"] * 10) > 0.8
    part = ([SERIES[:first]], [TARGET[:first]])
    assert fit_in_parts(ReservoirRegressor(RESERVOIR), [part], n_jobs=1).predict(SERIES).shape == (300,)


@pytest.mark.parametrize("pooling", [None, "mean"])
def test_intervals_are_those_of_the_readout_that_chooses(pooling):
    """What the fixed penalty misses of rows that it has not learnt says nothing of the model."""
    X, y = (SERIES, TARGET) if pooling is None else (RECORDINGS, np.arange(20) % 2 + RNG.normal(size=20))
    widths = []
    for readout in (None, RidgeReadout("blocked", slack=0.02, alphas=np.logspace(-8, 6, 29))):
        model = ReservoirRegressor(RESERVOIR, readout, pooling=pooling).fit(X, y)
        _, lower, upper = model.predict_interval(X, 0.8)
        widths.append(upper[0] - lower[0])
    assert widths[0] == pytest.approx(widths[1], rel=0.05)


@pytest.mark.parametrize("even", [np.square, lambda u: u * np.roll(u, 1)], ids=["square", "product"])
def test_a_first_call_learns_an_even_function(even):
    """From a series whose first rows, at rest, are unlike all others: they do not decide about the penalty."""
    found = []
    for seed in range(3):
        X = np.random.default_rng(seed).uniform(-1, 1, size=(1500, 1))
        y = even(np.roll(X[:, 0], 1))
        score = {b: ReservoirRegressor(EchoState(300, bias_scaling=b, random_state=seed)) for b in (None, 0.0)}
        score = {b: model.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) for b, model in score.items()}
        assert score[0.0] < 0.3
        found.append(score[None])
    assert np.median(found) > 0.93
