"""ReSuMe: the rule step by step in plain Python, and spikes that are learnt."""

import math

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import reservoir
from reservoir.readouts.spiking import ReSuMe
from reservoir.spikes import SpikeTrains
from reservoir.systems import Recording
from tests.spikes.parts import generator


def heard(n_units=60, duration=0.3, seed=0, rate=8.0):
    rng = generator(seed)
    lists = [np.sort(rng.random(rng.poisson(rate * duration)) * duration) for _ in range(n_units)]
    return SpikeTrains.of_lists(lists, duration)


def naive(weights, record, teacher, dt, rates, taus, refractory):
    """One pass over one trial, whose weights it changes: (step, output) of all spikes."""
    membrane, synaptic, trace = taus
    n_outputs, n_inputs = weights.shape
    voltage, current, ready = [0.0] * n_outputs, [0.0] * n_outputs, [0] * n_outputs
    traces, fired = [0.0] * n_inputs, []
    heard_at = [(int((t + 1e-3 * dt) / dt), u) for t, u in zip(record.times, record.units, strict=True)]
    taught_at = {(int((t + 1e-3 * dt) / dt), u) for t, u in zip(teacher.times, teacher.units, strict=True)}
    for step in range(round(record.duration / dt)):
        for k in range(n_outputs):
            gain = synaptic / (synaptic - membrane) * (math.exp(-dt / synaptic) - math.exp(-dt / membrane))
            voltage[k] = voltage[k] * math.exp(-dt / membrane) + gain * current[k] if step >= ready[k] else 0.0
            current[k] *= math.exp(-dt / synaptic)
        traces = [x * math.exp(-dt / trace) for x in traces]
        for unit in [u for when, u in heard_at if when == step]:
            traces[unit] += 1
            for k in range(n_outputs):
                current[k] += weights[k, unit]
        for k in range(n_outputs):
            fires = step >= ready[k] and voltage[k] >= 1
            if fires:
                voltage[k], ready[k] = 0.0, step + round(refractory / dt) + 1
                fired.append((step, k))
            sign = int((step, k) in taught_at) - int(fires)
            for i in range(n_inputs):
                weights[k, i] += rates[0] * sign * (rates[1] + traces[i])
    return fired


def test_the_rule_step_by_step():
    record = heard(20, 0.1)
    teacher = SpikeTrains([0.02, 0.05, 0.05, 0.09], [0, 0, 1, 1], 2, 0.1)
    readout = ReSuMe(n_epochs=1, learning_rate=0.05, random_state=3)
    begun = ReSuMe(n_epochs=1, learning_rate=1e-12, random_state=3).fit([record], [teacher]).coef_
    weights = begun.copy()
    for _ in range(4):
        naive(weights, record, teacher, 1e-3, (0.05, 0.05), (10e-3, 5e-3, 5e-3), 2e-3)
    trained = readout.set_params(n_epochs=4).fit([record], [teacher])
    np.testing.assert_allclose(trained.coef_, weights, rtol=1e-7, atol=1e-9)
    fired = naive(weights.copy(), record, SpikeTrains([], [], 2, 0.1), 1e-3, (0, 0), (10e-3, 5e-3, 5e-3), 2e-3)
    (answer,) = trained.predict([record])
    assert [(round(t / 1e-3), u) for t, u in zip(answer.times, answer.units, strict=True)] == fired


def test_spikes_at_given_times_are_learnt():
    before, after = [], []
    for seed in range(3):
        record = heard(200, seed=seed)
        teacher = SpikeTrains([0.05, 0.12, 0.2, 0.26], np.zeros(4, int), 1, 0.3)
        begun = ReSuMe(n_epochs=1, learning_rate=1e-9, random_state=0).fit([record], [teacher])
        before.append(begun.score([record], [teacher]))
        after.append(ReSuMe(random_state=0).fit([record], [teacher]).score([record], [teacher]))
    assert np.median(after) == 1 and np.median(before) < 0.5


def test_scores_count_pairs():
    record = heard()
    readout = ReSuMe(n_epochs=1, random_state=0).fit([record], [SpikeTrains([0.1], [0], 1, 0.3)])
    (answer,) = readout.predict([record])
    assert len(answer) and readout.score([record], [answer]) == 1
    near = SpikeTrains(np.minimum(answer.times + 1e-3, 0.2999), answer.units, 1, 0.3)
    far = SpikeTrains([], [], 1, 0.3)
    assert readout.score([record], [near]) > 0.9 and readout.score([record], [far]) == 0


@pytest.mark.parametrize("taus", [(5e-3, 5e-3), (5e-3, 20e-3)])
def test_equal_and_slow_synapses(taus):
    readout = ReSuMe(*taus, n_epochs=2, random_state=0).fit([heard()], [SpikeTrains([0.1], [0], 1, 0.3)])
    assert np.isfinite(readout.coef_).all()


def test_recordings_copies_and_files(tmp_path):
    record, teacher = heard(), SpikeTrains([0.1, 0.2], [0, 1], 2, 0.3)
    readout = ReSuMe(n_epochs=5, random_state=0).fit([record], [teacher])
    again = clone(readout).fit([Recording(record)], Recording(teacher))
    np.testing.assert_array_equal(again.coef_, readout.coef_)
    reservoir.save(readout, tmp_path / "readout")
    assert reservoir.load(tmp_path / "readout").predict([record]) == readout.predict([record])


def test_what_is_refused():
    record, teacher = heard(), SpikeTrains([0.1], [0], 1, 0.3)
    with pytest.raises(NotFittedError):
        ReSuMe().predict([record])
    names = ("membrane_time", "synaptic_time", "trace_time", "learning_rate", "n_epochs", "dt")
    for name, bad in [*((one, 0) for one in names), ("refractory", -1.0), ("bias", -1.0)]:
        with pytest.raises(ValueError, match=f"The '{name}' parameter of ReSuMe must be"):
            ReSuMe(**{name: bad}).fit([record], [teacher])
    readout = ReSuMe(n_epochs=1, random_state=0)
    for y in ([teacher, teacher], [SpikeTrains([0.1], [0], 1, 0.2)], [SpikeTrains([], [], 0, 0.3)], [0.1]):
        with pytest.raises(ValueError, match="The 'y' parameter of ReSuMe must be"):
            readout.fit([record], y)
    readout.fit([record], [teacher])
    with pytest.raises(ValueError, match="The 'y' parameter of ReSuMe must be"):
        readout.score([record], [SpikeTrains([], [], 2, 0.3)])
    with pytest.raises(ValueError, match="X has 5 features, but ReSuMe is expecting 60"):
        readout.predict([heard(5)])
