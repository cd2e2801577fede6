"""Studies of circuits that learn, a small part of each."""

import numpy as np
import pytest

from reservoir.spikes import SpikeTrains
from tests.house.scripts import STUDIES, load


@pytest.fixture(scope="module")
def coding():
    return load(STUDIES, "coding_and_connectivity")


@pytest.fixture(scope="module")
def distant():
    return load(STUDIES, "distant_reward")


@pytest.fixture(scope="module")
def digits():
    return load(STUDIES, "digits_without_labels")


def test_connections_follow_the_order_of_firing(coding):
    """Of every unit to the next and back, after ten rounds."""
    found = coding.means(coding.learn(coding.temporal_code(2.0, None), None))
    assert found["to the next"] > 0.42 > 0.39 > found["back"]
    assert found["low to low"] == pytest.approx(found["high to high"], abs=0.03)


def test_what_units_do_is_what_they_are_told(coding):
    """The voltage is that of the paper's spike; `learn` itself asks that the units fire in these steps."""
    fires = coding.rate_code(1.0, np.random.default_rng(0))
    volts = coding.voltages(fires)
    steps, units = np.nonzero(fires)
    assert (volts[steps, units] == 0.033).all() and volts.max() == 0.033
    assert (volts[0] == coding.REST).all() or fires[0].any()
    late = steps < len(fires) - 3
    after = volts[steps[late] + 2, units[late]]
    assert ((after == 0.033) | (np.abs(after + 0.0496) < 1e-6)).all()


def test_who_is_rewarded_and_when(distant):
    """Once for each spike of the receiver within the window behind one of the sender, 0.2 to 1 s later."""
    reward = distant.Coincidence(sender=0, receiver=1)
    times, units = [0.001, 0.004, 0.006, 0.3, 0.31, 0.9, 0.95], [0, 1, 1, 1, 0, 0, 1]
    trains = SpikeTrains(times, units, 2, 3.0)
    paid = []
    for k in range(300):
        paid.append(reward((k + 1) * 0.01, trains.window(k * 0.01, (k + 1) * 0.01)))
    assert np.sum(paid) == distant.AMOUNT
    assert 0.2 <= np.argmax(paid) * 0.01 <= 1.01


def test_a_chosen_synapse_begins_at_zero(distant):
    circuit = distant.make_circuit(np.random.default_rng(0))
    part = circuit.recurrent
    assert (
        part.weight[0] == 0 and part.post[0] < 80 and (np.signbit(part.weight) == ~circuit.excitatory[part.pre]).all()
    )
    assert (np.bincount(part.pre) == distant.N_EACH).all() and (part.pre != part.post).all()
    weights, rate = distant.learn(circuit, distant.Coincidence(0, int(part.post[0])), 0.5, n_trials=2)
    assert weights.shape == (2, 800) and rate > 0


def test_digits_are_learned_with_a_sum_that_is_kept_and_thresholds_that_stand_still(digits):
    """Of a few images; inhibitory units have thresholds that never move, and spare the unit that excites them."""
    images = np.random.default_rng(0).random((5, 64))
    system = digits.make_system().fit(images)
    before, after = system.initial_circuit_.inputs, system.circuit_.inputs
    sums = np.bincount(after.post, after.weight, 2 * digits.N_UNITS)
    np.testing.assert_allclose(sums[: digits.N_UNITS], digits.TOTAL, rtol=1e-9)
    assert not sums[digits.N_UNITS :].any() and (after.weight != before.weight).any()
    theta = system.learned_variables_["theta"]
    assert theta[: digits.N_UNITS].max() > 0 and not theta[digits.N_UNITS :].any()
    first = system.transform(images)
    np.testing.assert_array_equal(system.transform(images), first)
    assert first.shape == (5, digits.N_UNITS) and first.sum() > 0
    inhibition = system.circuit_.projection("IE")
    assert len(inhibition) == digits.N_UNITS * (digits.N_UNITS - 1) and (inhibition.weight < 0).all()


def test_units_vote_for_the_digit_that_they_answer(digits):
    counts = np.array([[5, 0, 1], [4, 1, 0], [0, 3, 3], [1, 4, 4]])
    labels = np.array([7, 7, 2, 2])
    np.testing.assert_array_equal(
        digits.predict(counts, labels, np.array([[3, 0, 0], [0, 2, 1], [1, 0, 3]])), [7, 2, 2]
    )
