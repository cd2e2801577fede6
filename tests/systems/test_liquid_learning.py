"""Liquids whose synapses learn: pieces, epochs, gaps, files in between, searches, and what is frozen then."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import reservoir
from reservoir import LiquidState, ReservoirClassifier
from reservoir.circuits import MaassColumn
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.neurons import LIF, AdaptiveThreshold
from reservoir.plasticity import STDP, CalciumSTDP, InhibitorySTDP
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Counts, Current, Latency, Poisson, SpikeTrains
from reservoir.systems import learning_system
from reservoir.systems.learning_system import LearningSystem

COLUMN = MaassColumn((3, 3, 3), input_probability=1.0, weight_scale=2.0)
IMAGES = [np.full((4, 2), level) for level in (0.3, 0.9, 0.6)]
RULES = {"recurrent": STDP(A_plus=0.1)}


def liquid(**parameters):
    defaults = {"encoder": Poisson(300.0, low=0.0, high=1.0), "plasticity": RULES, "random_state": 0}
    return LiquidState(**{"circuit": COLUMN} | defaults | parameters)


def changed(system):
    """How many weights are others than in the beginning."""
    pairs = zip(system.circuit_.pathways(), system.initial_circuit_.pathways(), strict=True)
    return sum(int((one.projection.weight != other.projection.weight).sum()) for one, other in pairs)


def assert_same_learning(one, other):
    assert one.circuit_.equals(other.circuit_)
    assert (one.learning_state_.step, one._n_presented) == (other.learning_state_.step, other._n_presented)
    assert one.learning_state_.arrays.keys() == other.learning_state_.arrays.keys()
    for name, values in one.learning_state_.arrays.items():
        np.testing.assert_array_equal(values, other.learning_state_.arrays[name])
    for mine, theirs in zip(one.transform(IMAGES), other.transform(IMAGES), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("parameters", [
    {},
    {"neuron": AdaptiveThreshold(increment=1e-3, noise=5e-4), "gap": 0.0123},
    {"plasticity": [STDP(between=("E", "E"), pairing="nearest"), InhibitorySTDP()],
     "encoder": Current(2e-8, low=0.0, high=1.0)},
], ids=["bare", "noise and gaps", "two rules and currents"])  # fmt: skip
def test_learning_in_pieces_is_learning_at_once_also_after_a_crash(parameters, tmp_path):
    whole = liquid(**parameters).fit(IMAGES)
    pieces = liquid(**parameters).fit(IMAGES[:1])
    reservoir.save(pieces, tmp_path / "checkpoint.npz")
    pieces = reservoir.load(tmp_path / "checkpoint.npz").partial_fit(IMAGES[1:])
    assert_same_learning(whole, pieces)
    assert changed(whole) > 10
    assert_same_learning(whole, liquid(**parameters).partial_fit(IMAGES[0]).partial_fit(IMAGES[1:]))


def test_what_is_recorded_changes_nothing(monkeypatch):
    """Without a record presentations are heard a few at a time, and their spikes are not kept."""
    monkeypatch.setattr(learning_system, "_STEPS_OF_A_ROW", 600)
    quiet = liquid(gap=0.01, neuron=LIF(noise=5e-4)).fit(IMAGES)
    told = liquid(gap=0.01, neuron=LIF(noise=5e-4), record=["voltages", {"weights": [0, 1]}], period=0.01).fit(IMAGES)
    assert quiet.recording_ is None
    assert_same_learning(quiet, told)
    assert len(told.recording_.spikes) > 10 and told.recording_.voltages.shape == (1500, 27)
    assert told.recording_.weights["recurrent"].shape == (15, 2) and told.recording_.spikes.duration == pytest.approx(
        0.15
    )


def test_epochs_present_all_again_with_other_numbers():
    twice = liquid(epochs=2, record=()).fit(IMAGES)
    assert_same_learning(twice, liquid(record=()).fit(IMAGES * 2))
    first, second = (twice.recording_.spikes.window(k * 0.12, (k + 1) * 0.12) for k in (0, 1))
    assert len(first) > 10 and first != second


def test_learning_time_cuts_inside_a_presentation():
    for gap, steps in ((0.0, 533), (0.02, 533), (0.03, 1700)):
        part = liquid(learning_time=steps * 1e-4, gap=gap, record=()).fit(IMAGES)
        assert part.learning_state_.step == steps
        whole = liquid(gap=gap, record=()).fit(IMAGES).recording_.spikes
        assert part.recording_.spikes == whole.window(0, steps * 1e-4)
    assert part._n_presented == 3 and liquid(learning_time=0.04).fit(IMAGES)._n_presented == 1


def test_learning_is_a_simulation_of_what_is_presented():
    """Of spike trains one after the other, with silence between them."""
    trains = [SpikeTrains([0.001, 0.02, 0.0399], [0, 0, 0], 1, 0.04), SpikeTrains([0.0, 0.01], [0, 0], 1, 0.02)]
    learned = liquid(gap=0.03, record=(), neuron=LIF(initial=0.0135)).fit(trains)
    whole = SpikeTrains([0.001, 0.02, 0.0399, 0.07, 0.08], [0] * 5, 1, 0.12)
    same = reservoir.simulate(
        learned.initial_circuit_, whole, plasticity=RULES, neuron=LIF(initial=0.0135), random_state=0, record="weights"
    )
    assert len(same.spikes) > 10 and changed(learned) > 10
    np.testing.assert_array_equal(learned.recording_.spikes.steps(1e-4), same.spikes.steps(1e-4))
    np.testing.assert_array_equal(learned.recording_.spikes.units, same.spikes.units)
    np.testing.assert_array_equal(learned.circuit_.recurrent.weight, same.circuit.recurrent.weight)


def test_what_was_learned_is_frozen():
    learned, naive = liquid().fit(IMAGES), liquid(plasticity=None).fit(IMAGES)
    weights = learned.circuit_.recurrent.weight.copy()
    states = learned.transform(IMAGES)
    assert naive.circuit_.equals(learned.initial_circuit_) and naive.learning_state_ is None
    assert any((mine != theirs).any() for mine, theirs in zip(states, naive.transform(IMAGES), strict=True))
    head, state = learned.run(IMAGES[1][:2])
    np.testing.assert_array_equal(np.concatenate([head, learned.run(IMAGES[1][2:], state)[0]]), states[1])
    np.testing.assert_array_equal(learned.circuit_.recurrent.weight, weights)
    fixed = liquid(circuit=learned.circuit_, plasticity=None).fit(IMAGES)
    for mine, theirs in zip(states, fixed.transform(IMAGES), strict=True):
        assert mine.shape == theirs.shape


def test_thresholds_stay_as_learning_has_left_them():
    units = {"E": AdaptiveThreshold(increment=1e-3), "I": LIF()}
    learned = liquid(neuron=units).fit(IMAGES)
    theta, excites = learned.learned_variables_["theta"], learned.circuit_.excitatory
    assert theta[excites].max() > 1e-3 and not theta[~excites].any()
    learned.transform(IMAGES)
    np.testing.assert_array_equal(learned.learned_variables_["theta"], theta)


def test_a_teacher_makes_units_fire():
    teacher = np.zeros((4, 27))
    teacher[:, :5] = 2e-8
    weak = MaassColumn((3, 3, 3), input_probability=1.0, input_scale=0.1, weight_scale=0.0)
    rules, encoder = {"inputs": STDP(A_plus=0.1, A_minus=0.01)}, Latency(low=0.0, high=1.0)
    part = liquid(circuit=weak, plasticity=rules, encoder=encoder, epochs=2)
    taught = part.fit(IMAGES[0], teacher=teacher)
    change = np.abs(taught.circuit_.inputs.weight - taught.initial_circuit_.inputs.weight)
    hit = np.isin(taught.circuit_.inputs.post, np.arange(5))
    assert (change[hit] > 0).mean() > 0.5 and change[~hit].max() == 0


def labelled(n=12):
    rng = np.random.default_rng(1)
    labels = np.arange(n) % 2
    return [rng.random((5, 1)) / 2 + label / 2 for label in labels], labels


def test_a_search_reaches_the_rules():
    """And independent learners in processes are those of one."""
    X, y = labelled()
    model = ReservoirClassifier(liquid(encoder=Poisson(300.0)), RidgeReadout(1.0))
    grid = {"reservoir__plasticity__recurrent__A_plus": [0.0, 0.2], "reservoir__epochs": [1, 2]}
    one, two = (GridSearchCV(model, grid, cv=2, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    assert one.best_estimator_.reservoir_.circuit_.equals(two.best_estimator_.reservoir_.circuit_)
    other = clone(model).set_params(reservoir__plasticity__recurrent__A_plus=0.3).fit(X, y).reservoir_
    assert other.plasticity["recurrent"].A_plus == 0.3 and RULES["recurrent"].A_plus == 0.1
    assert not other.circuit_.equals(clone(model).fit(X, y).reservoir_.circuit_)


@pytest.mark.long
def test_the_data_contract():
    check_sequence_estimator(liquid(circuit=MaassColumn((2, 2, 2), input_probability=1.0)), tolerance=1e-9)


def test_trials_of_a_list_learn_apart():
    """Each from the weights of the circuit, with the numbers of its trial."""
    circuit = COLUMN.draw(np.random.default_rng(0), n_inputs=2)
    weights = circuit.recurrent.weight.copy()
    rng = np.random.default_rng(1)
    trains = [SpikeTrains(np.sort(rng.uniform(0, 0.1, 30)), rng.integers(2, size=30), 2, 0.1) for _ in range(3)]
    options = {"plasticity": RULES, "neuron": LIF(noise=5e-4), "record": "weights", "random_state": 0}
    together = reservoir.simulate(circuit, trains, **options)
    alone = [reservoir.simulate(circuit, one, trial=k, **options) for k, one in enumerate(trains)]
    for one, other in zip(together, alone, strict=True):
        assert one.spikes == other.spikes
        np.testing.assert_array_equal(one.circuit.recurrent.weight, other.circuit.recurrent.weight)
    assert len({one.circuit.recurrent.weight.tobytes() for one in together}) == 3
    np.testing.assert_array_equal(circuit.recurrent.weight, weights)


@pytest.mark.parametrize("parameters", [
    *({"learning_time": value} for value in (0.0, -1.0, "a")),
    *({"epochs": value} for value in (0, 1.5, "a")),
    *({"gap": value} for value in (-0.1, 2.5e-4 / 3, "a")),
    *({"record": value} for value in ("nothing", 3, {"weights": {"other": True}})),
    {"period": 0.01, "record": ()},
    *({"plasticity": value} for value in ({"outputs": STDP()}, {"recurrent": "STDP"}, ["STDP"], 3)),
    {"plasticity": {"recurrent": CalciumSTDP()}},
], ids=str)  # fmt: skip
def test_bad_parameters(parameters):
    name = next(iter(parameters))
    part = liquid(**parameters)
    with pytest.raises(ValueError, match=f"'{name}' parameter of LiquidState must be"):
        part.fit(IMAGES)
    assert not hasattr(part, "circuit_")


def test_rules_of_brian_alone_say_so():
    with pytest.raises(ValueError, match="Brian2"):
        liquid(plasticity={"recurrent": CalciumSTDP()}).fit(IMAGES)


def test_what_learning_in_steps_refuses():
    with pytest.raises(AttributeError, match="LiquidState has no partial_fit without plasticity"):
        liquid(plasticity=None).partial_fit(IMAGES[0])
    with pytest.raises(ValueError, match="'teacher' parameter of LiquidState must be"):
        liquid().fit(IMAGES[0], teacher=np.zeros((3, 27)))
    part = liquid().fit(IMAGES[:1])
    before = dict(vars(part))
    with pytest.raises(ValueError, match="features"):
        part.partial_fit(np.zeros((3, 5)))
    with pytest.raises(ValueError, match=r"'state' parameter .* the same circuit, units and rules"):
        part.set_params(plasticity=[STDP(between=("E", "E"))]).partial_fit(IMAGES[1])
    assert part.circuit_ is before["circuit_"] and part.learning_state_ is before["learning_state_"]


def test_a_trace_that_does_not_fit_the_step_is_refused_before_anything_is_learned(monkeypatch):
    monkeypatch.setattr(LearningSystem, "_taught", lambda *given: pytest.fail("it learns"))
    part = liquid(trace=Counts(0.1), step=0.16)
    with pytest.raises(ValueError, match="The 'window' parameter of Counts must be a whole multiple of the step"):
        part.fit(IMAGES)
    assert not hasattr(part, "circuit_")
