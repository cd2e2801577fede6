"""Models hear spike trains through a liquid: exactly what the liquid hears, from any record of spikes."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score

import reservoir
from reservoir import EchoState, LiquidState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.circuits import MaassColumn
from reservoir.probes import diagnose
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Counts, SpikeTrains
from reservoir.systems import Recording
from tests.spikes.parts import generator

LABELS = np.array([0, 1] * 6)


def liquid(**parameters):
    return LiquidState(MaassColumn((3, 3, 2), weight_scale=2.0), **{"random_state": 0, **parameters})


def trial(rates, duration, seed):
    rng = generator(seed)
    return SpikeTrains.of_lists([np.sort(rng.random(rng.poisson(r * duration)) * duration) for r in rates], duration)


@pytest.fixture(scope="module")
def trials():
    return [trial((20, 90) if label else (90, 20), 0.2 + 0.01 * k, k) for k, label in enumerate(LABELS)]


def test_a_classifier_hears_what_the_liquid_hears(trials):
    model = ReservoirClassifier(liquid(), RidgeReadout(1.0), pooling="mean").fit(trials, LABELS)
    heard = liquid().fit(trials)
    learnt, answered = (
        np.stack([states.mean(axis=0) for states in found])
        for found in (heard.run(trials, trial=range(len(trials)))[0], heard.transform(trials))
    )
    by_hand = RidgeReadout(1.0).fit(learnt, 2.0 * LABELS - 1)
    np.testing.assert_array_equal(model.decision_function(trials), by_hand.predict(answered).ravel())
    np.testing.assert_array_equal(model.predict(trials[3]), model.predict(trials)[3:4])
    assert model.score(trials, LABELS) == 1 and model.n_features_in_ == 2
    counted = ReservoirClassifier(liquid(), RidgeReadout(1.0), pooling="mean", include_input=True).fit(trials, LABELS)
    assert counted.readout_.coef_.shape[-1] == model.readout_.coef_.shape[-1] + 2


def test_every_kind_of_record_is_heard_alike(trials):
    model = ReservoirClassifier(liquid(), RidgeReadout(1.0), pooling="mean").fit(trials, LABELS)
    monitors = [
        SimpleNamespace(i=one.units, t=one.times, source=range(2), clock=SimpleNamespace(t=one.duration))
        for one in trials
    ]
    for others in (list(map(Recording, trials)), monitors):
        np.testing.assert_array_equal(model.decision_function(others), model.decision_function(trials))
        np.testing.assert_array_equal(
            liquid().fit(others).transform(others)[0], liquid().fit(trials).transform(trials)[0]
        )
        assert diagnose(liquid(), others, warn=False).mean_rate == diagnose(liquid(), trials, warn=False).mean_rate


def test_an_answer_for_every_row_and_blocks_that_go_on():
    """One record of more rows than a block holds, whose spikes lie anywhere."""
    record = trial((60, 60), 45.0, 1)
    counts = record.binned(0.01)[:, 0]
    model = ReservoirRegressor(liquid(), RidgeReadout(1e-3), washout=10, include_input=False).fit(record, counts)
    states = liquid().fit(record).transform(record)
    assert len(states) == 4500 == len(model.predict(record))
    np.testing.assert_allclose(model.predict(record), model.readout_.predict(states), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(model.predict([record])[0], model.predict(record))
    assert not np.array_equal(counts, np.roll(counts, 1))


def test_searches_files_copies_and_members(trials, tmp_path):
    model = ReservoirClassifier(liquid(), RidgeReadout(1.0), pooling="mean", n_members=2)
    assert (cross_val_score(model, trials, LABELS, cv=3) > 0.5).all()
    model.fit(trials, LABELS)
    reservoir.save(model, tmp_path / "model")
    for other in (reservoir.load(tmp_path / "model"), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.decision_function(trials), model.decision_function(trials))
    found = diagnose(
        ReservoirClassifier(liquid(trace=Counts(0.05)), RidgeReadout(1.0), pooling="mean"), trials, LABELS, warn=False
    )
    assert found.mean_rate > 0


def test_what_is_refused(trials):
    model = ReservoirClassifier(liquid(), RidgeReadout(1.0), pooling="mean").fit(trials, LABELS)
    with pytest.raises(ValueError, match="X has 3 features, but ReservoirClassifier is expecting 2"):
        model.predict([trial((5, 5, 5), 0.2, 0)])
    with pytest.raises(ValueError, match="X of LiquidState must be SpikeTrains of 2 channels"):
        model.predict([np.ones((20, 2))])
    with pytest.raises(ValueError, match="Record 1 of X of ReservoirClassifier must last at least one step"):
        model.predict([trials[0], trial((5, 5), 0.005, 0)])
    numbers = ReservoirClassifier(liquid(), RidgeReadout(1.0), pooling="mean")
    numbers.fit([one.binned(0.01) for one in trials], LABELS)
    with pytest.raises(ValueError, match="X of LiquidState must be as in fit"):
        numbers.predict(trials)
    for other in (ReservoirClassifier(EchoState(5)), ReservoirForecaster(EchoState(5))):
        with pytest.raises(ValueError, match="is spike trains, which it does not read"):
            other.fit(trials, LABELS) if hasattr(other, "pooling") else other.fit(trials)
