"""The tempotron: its voltage on a fine grid, its rule in plain NumPy, and what it can learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import reservoir
from reservoir.readouts.spiking import Tempotron
from reservoir.spikes import SpikeTrains
from reservoir.systems import Recording
from tests.spikes.parts import generator, trains

MEMBRANE, SYNAPTIC = 15e-3, 3.75e-3


def kernel(lags):
    latest = MEMBRANE * SYNAPTIC / (MEMBRANE - SYNAPTIC) * np.log(MEMBRANE / SYNAPTIC)
    peak = np.exp(-latest / MEMBRANE) - np.exp(-latest / SYNAPTIC)
    return np.where(lags > 0, (np.exp(-lags / MEMBRANE) - np.exp(-lags / SYNAPTIC)) / peak, 0.0)


def voltage(record, weights, times):
    return sum(weights[u] * kernel(times - s) for s, u in zip(record.times, record.units, strict=True)) + 0 * times


def peak(record, weights):
    """The largest voltage and its time, on a grid and on a finer one around what was found."""
    grid = np.linspace(0, record.duration, 2001)
    for _ in range(3):
        over = voltage(record, weights, grid)
        highest, when = over.max(), grid[over.argmax()]
        width = grid[1] - grid[0]
        grid = np.linspace(max(0, when - width), min(record.duration, when + width), 201)
    return highest, when


def patterns(n_trials, n_units=30, duration=0.2, seed=0):
    rng = generator(seed)
    return [SpikeTrains(rng.random(n_units) * duration, np.arange(n_units), n_units, duration) for _ in range(n_trials)]


@given(record=trains(), seed=st.integers(0, 1000))
def test_the_peak_is_that_of_a_fine_grid(record, seed):
    readout = Tempotron()
    readout.coef_, readout.classes_, readout.n_features_in_ = generator(seed).normal(size=(1, 3)), np.array([0, 1]), 3
    found = readout.decision_function(record)[0] + 1
    assert found == pytest.approx(max(0.0, peak(record, readout.coef_[0])[0]), abs=1e-6)


def test_the_rule_in_plain_numpy():
    trials, labels, rate = patterns(6, 8), np.array([0, 1, 1, 0, 1, 0]), 0.3
    readout = Tempotron(learning_rate=rate, n_epochs=3, random_state=7).fit(trials, labels)
    rng = np.random.default_rng(7)
    weights = rate * rng.standard_normal((1, 8))[0]
    for _ in range(readout.n_iter_):
        for k in rng.permutation(6):
            highest, when = peak(trials[k], weights)
            if (highest >= 1) != labels[k]:
                when = when if highest > 0 else 0.2
                np.add.at(weights, trials[k].units, (1 if labels[k] else -1) * rate * kernel(when - trials[k].times))
    np.testing.assert_allclose(readout.coef_[0], weights, atol=1e-5)


def test_as_many_random_patterns_as_synapses_are_learnt():
    reached = []
    for seed in range(3):
        trials, labels = patterns(60, 60, seed=seed), generator(seed + 50).integers(0, 2, 60)
        readout = Tempotron(n_epochs=300, random_state=0).fit(trials, labels)
        reached.append(readout.score(trials, labels))
    assert np.median(reached) == 1


def test_an_order_of_spikes_and_many_classes():
    first, second = (SpikeTrains(times, [0, 1], 2, 0.1) for times in ([0.01, 0.016], [0.016, 0.01]))
    readout = Tempotron(learning_rate=0.1, random_state=0).fit([first, second] * 3, ["ab", "ba"] * 3)
    assert readout.predict([second, first]).tolist() == ["ba", "ab"] and readout.n_iter_ < 100
    trials, labels = patterns(30, 60), np.repeat(list("xyz"), 10)
    many = Tempotron(random_state=0).fit(trials, labels)
    assert many.score(trials, labels) == 1 and many.decision_function(trials).shape == (30, 3)
    assert many.coef_.shape == (3, 60)


def test_recordings_copies_and_files(tmp_path):
    trials, labels = patterns(10), [True, False] * 5
    readout = Tempotron(random_state=0, n_epochs=20).fit(trials, labels)
    again = clone(readout).fit(list(map(Recording, trials)), labels)
    np.testing.assert_array_equal(again.coef_, readout.coef_)
    reservoir.save(readout, tmp_path / "readout")
    loaded = reservoir.load(tmp_path / "readout")
    np.testing.assert_array_equal(loaded.decision_function(trials), readout.decision_function(trials))


def test_what_is_refused():
    trials = patterns(4)
    with pytest.raises(NotFittedError):
        Tempotron().predict(trials)
    for name, options in [
        ("membrane_time", {"membrane_time": 3e-3}),
        ("synaptic_time", {"synaptic_time": 0}),
        ("learning_rate", {"learning_rate": 0}),
        ("n_epochs", {"n_epochs": 0}),
    ]:
        with pytest.raises(ValueError, match=f"The '{name}' parameter of Tempotron must be"):
            Tempotron(**options).fit(trials, [0, 1, 0, 1])
    readout = Tempotron(random_state=0)
    for y, match in (([0, 1], "a label for each of 4 trials"), ([1] * 4, "at least two classes")):
        with pytest.raises(ValueError, match=match):
            readout.fit(trials, y)
    with pytest.raises(ValueError, match="The 'X' parameter of Tempotron must be"):
        readout.fit(np.zeros((4, 3)), [0, 1, 0, 1])
    assert not hasattr(readout, "coef_")
    readout.fit(trials, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="X has 5 features, but Tempotron is expecting 30"):
        readout.predict(patterns(2, 5))
