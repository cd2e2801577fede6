"""Learning over more stimuli: pieces, epochs, gaps, files in between, and what is kept of it."""

import numpy as np
import pytest

import reservoir
from reservoir.circuits import MaassColumn
from reservoir.neurons import LIF, AdaptiveThreshold
from reservoir.plasticity import CalciumSTDP, InhibitorySTDP, Normalised, TripletSTDP
from reservoir.spikes import Poisson, SpikeTrains
from reservoir.systems import LiquidState
from spiking import STDP, Microcircuit, simulate

COLUMN = MaassColumn((3, 3, 3), input_probability=1.0, weight_scale=2.0)
IMAGES = [np.full((4, 2), level) for level in (0.3, 0.9, 0.6)]


def system(**parameters):
    defaults = {"encoder": Poisson(300.0, low=0.0, high=1.0), "plasticity": [STDP(A_plus=0.1), InhibitorySTDP()],
                "codegen": "numpy", "twin": False, "random_state": 0}  # fmt: skip
    return Microcircuit(**{"circuit": COLUMN} | defaults | parameters)


def assert_same_learning(one, other):
    for pathway, same in zip(one.circuit_.pathways(), other.circuit_.pathways(), strict=True):
        np.testing.assert_array_equal(pathway.projection.weight, same.projection.weight)
    assert one.learning_state_.step == other.learning_state_.step
    for name, values in one.learning_state_.arrays.items():
        np.testing.assert_array_equal(values, other.learning_state_.arrays[name], err_msg=name)
    np.testing.assert_array_equal(one.transform(IMAGES[0]), other.transform(IMAGES[0]))


@pytest.mark.parametrize("parameters", [
    {"neuron": AdaptiveThreshold(increment=1e-3, noise=5e-4), "gap": 0.0123},
    {"plasticity": [Normalised(TripletSTDP(), every=0.03)]},
])  # fmt: skip
def test_learning_in_pieces_is_learning_at_once_also_after_a_crash(parameters, tmp_path):
    whole = system(**parameters).fit(IMAGES)
    pieces = system(**parameters).fit(IMAGES[:1])
    reservoir.save(pieces, tmp_path / "checkpoint.npz")
    pieces = reservoir.load(tmp_path / "checkpoint.npz").partial_fit(IMAGES[1:])
    assert_same_learning(whole, pieces)
    assert (whole.circuit_.recurrent.weight != whole.initial_circuit_.recurrent.weight).sum() > 10
    other = system(**parameters).partial_fit(IMAGES[0]).partial_fit(IMAGES[1:])
    assert_same_learning(whole, other)


@pytest.mark.parametrize("parameters", [
    {"gap": 0.0123},
    {"neuron": AdaptiveThreshold(increment=1e-3, noise=5e-4), "plasticity": [STDP(between=("E", "I"), mu_plus=1.0)]},
], ids=["gaps", "noise"])  # fmt: skip
def test_numba_learns_the_same(parameters):
    """Where the rules can: the spikes, the weights, what the units keep, and what the frozen circuit answers."""
    options = {"plasticity": {"recurrent": STDP(A_plus=0.1)}, "epochs": 2, "record": ()} | parameters
    known = LiquidState().get_params(deep=False)
    brian, numba = (system(**options, twin=twin).fit(IMAGES) for twin in (False, True))
    liquid = LiquidState(**{name: value for name, value in numba.get_params(deep=False).items() if name in known})
    assert_same_learning(numba, liquid.fit(IMAGES))
    assert (brian.learning_state_.engine, numba.learning_state_.engine) == ("brian2", "numba")
    assert brian.learning_state_.step == numba.learning_state_.step and not hasattr(numba, "codegen_")
    assert brian.recording_.spikes == numba.recording_.spikes and len(brian.recording_.spikes) > 20
    ours, theirs = (one.circuit_.recurrent.weight for one in (numba, brian))
    assert (ours != numba.initial_circuit_.recurrent.weight).sum() > 5
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12 * np.abs(theirs).max())
    for name, values in brian.learned_variables_.items():
        np.testing.assert_allclose(numba.learned_variables_[name], values, rtol=1e-12)
    for mine, other in zip(numba.transform(IMAGES), brian.transform(IMAGES), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-12)


def test_learning_goes_on_where_it_has_begun():
    """Also where the other engine is asked for in between; one that no rule of it knows is refused."""
    rules = {"plasticity": {"recurrent": STDP(A_plus=0.1)}, "gap": 0.01}
    for first, second in ((True, False), (False, True)):
        part = system(**rules, twin=first).fit(IMAGES[:1]).set_params(twin=second).partial_fit(IMAGES[1:])
        assert_same_learning(part, system(**rules, twin=first).fit(IMAGES))
    part = system(**rules, twin=True).fit(IMAGES[:1]).set_params(plasticity={"recurrent": CalciumSTDP()})
    with pytest.raises(ValueError, match=r"'plasticity' parameter of Microcircuit must be .* kernel"):
        part.partial_fit(IMAGES[1])


def test_epochs_present_all_again_with_other_numbers():
    """Two epochs are the list twice, also of currents, whose table stands once."""
    twice = system(epochs=2, record=()).fit(IMAGES)
    listed = system(record=()).fit(IMAGES * 2)
    assert_same_learning(twice, listed)
    assert twice.recording_.spikes == listed.recording_.spikes
    first, second = (twice.recording_.spikes.window(k * 0.12, (k + 1) * 0.12) for k in (0, 1))
    assert len(first) > 10 and first != second


def test_a_gap_is_silence_after_each_presentation():
    """The learning phase is one run of `simulate`, in which channels pause."""
    trains = [SpikeTrains([0.001, 0.02, 0.0399], [0, 0, 0], 1, 0.04), SpikeTrains([0.0, 0.01], [0, 0], 1, 0.02)]
    rules = {"recurrent": STDP(A_plus=0.1)}
    learned = system(plasticity=rules, gap=0.03, record=["voltages", {"weights": [0, 1]}], period=0.01).fit(trains)
    whole = SpikeTrains([0.001, 0.02, 0.0399, 0.07, 0.08], [0] * 5, 1, 0.12)
    same = simulate(learned.initial_circuit_, whole, plasticity=rules, neuron=LIF(initial=0.0135), random_state=0,
                    codegen="numpy", record="weights")  # fmt: skip
    started = system(plasticity=rules, neuron=LIF(initial=0.0135), gap=0.03, record=()).fit(trains)
    assert len(same.spikes) > 10
    np.testing.assert_array_equal(started.recording_.spikes.steps(1e-4), same.spikes.steps(1e-4))
    np.testing.assert_array_equal(started.recording_.spikes.units, same.spikes.units)
    np.testing.assert_array_equal(started.circuit_.recurrent.weight, same.circuit.recurrent.weight)
    assert learned.recording_.voltages.shape == (1200, 27) and learned.recording_.weights["recurrent"].shape == (12, 2)
    assert system(plasticity=rules, gap=0.03, learning_time=0.05).fit(trains).learning_state_.step == 500


def test_teachers_in_every_epoch():
    teacher = np.zeros((4, 27))
    teacher[:, :3] = 3e-8
    weak = MaassColumn((3, 3, 3), input_probability=1.0, input_scale=0.1, weight_scale=0.0)
    taught = system(circuit=weak, plasticity={"inputs": STDP()}, epochs=2, gap=0.02, record=())
    spikes = taught.fit(IMAGES[0], teacher=teacher).recording_.spikes
    for begin, end in ((0.0, 0.04), (0.06, 0.1)):
        shown, gap = (
            np.bincount(spikes.window(*one).units, minlength=27)[:3] for one in ((begin, end), (end, end + 0.02))
        )
        assert shown.min() >= 5 and gap.max() <= 2


def test_what_learning_in_steps_refuses():
    with pytest.raises(AttributeError, match="Microcircuit has no partial_fit without plasticity"):
        system(plasticity=None).partial_fit(IMAGES[0])
    part = system().fit(IMAGES[:1])
    before = dict(vars(part))
    with pytest.raises(ValueError, match="features"):
        part.partial_fit(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="'record' parameter of Microcircuit must be"):
        part.set_params(record="nothing").partial_fit(IMAGES[1])
    assert part.circuit_ is before["circuit_"] and part.learning_state_ is before["learning_state_"]
    with pytest.raises(ValueError, match=r"'state' parameter .* the same circuit, units and rules"):
        part.set_params(record=None, plasticity=[TripletSTDP()]).partial_fit(IMAGES[1])
    assert system(plasticity=None).fit(IMAGES[0]).learning_state_ is None
