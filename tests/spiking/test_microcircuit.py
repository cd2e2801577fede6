"""The Brian2 transformer: the twin in Numba, learning, its face."""

import dataclasses

import numpy as np
import pytest
from sklearn.base import clone

from reservoir import LiquidState, ReservoirClassifier
from reservoir.circuits import MaassColumn
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.neurons import LIF
from reservoir.plasticity import Normalised
from reservoir.spikes import Current, Latency, Poisson, SpikeTrains, Voltages
from reservoir.systems.presentations import in_a_row
from reservoir.trials import state_values
from spiking import STDP, Microcircuit, execution, simulate
from spiking.circuit_text import write_circuit
from tests.spiking.test_own_equations import LEAKY
from tests.spiking.test_own_units import OwnUnit

COLUMN = MaassColumn((3, 3, 3), input_probability=1.0, weight_scale=2.0)


def system(**parameters):
    return Microcircuit(**{"circuit": COLUMN, "encoder": Latency(), "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def series():
    rng = np.random.default_rng(0)
    return [rng.random((length, 2)) for length in (12, 5, 20)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"encoder": Current(5e-9)},
        {"encoder": Poisson(400.0), "neuron": LIF(noise=5e-4)},
        {"trace": Voltages(), "units": ["E", "I"]},
    ],
    ids=str,
)
def test_frozen_states_are_those_of_the_liquid(series, options):
    ours = system(twin=False, **options).fit(series)
    known = LiquidState().get_params(deep=False)
    parameters = {name: value for name, value in ours.get_params(deep=False).items() if name in known}
    twin = LiquidState(**parameters).fit(series)
    states, finals = ours.run(series, trial=[4, 0, 1])
    expected, same_finals = twin.run(series, trial=[4, 0, 1])
    for mine, theirs in zip(states, expected, strict=True):
        assert mine.max() > 0
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(state_values(finals), state_values(same_finals))
    fast = system(**options).fit(series)
    for mine, theirs in zip(fast.run(series, trial=[4, 0, 1])[0], expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.long
def test_the_data_contract():
    check_sequence_estimator(system(circuit=MaassColumn((2, 2, 2), input_probability=1.0)), tolerance=1e-9)


def test_learning_is_one_simulation_of_all_series(series):
    """`fit` gives the weights that `simulate` gives for the series put end to end."""
    trains = [
        SpikeTrains(np.sort(np.random.default_rng(k).uniform(0, 0.2, 20)), np.zeros(20, int), 1, 0.2) for k in (1, 2)
    ]
    learned = system(plasticity={"recurrent": STDP(A_plus=0.1)}).fit(trains)
    before, after = learned.initial_circuit_.recurrent.weight, learned.circuit_.recurrent.weight
    assert (before != after).sum() > 10 and ((before > 0) | (before == after)).all()
    frozen = system().fit(trains)
    assert frozen.circuit_.recurrent.equals(learned.initial_circuit_.recurrent)
    neuron = LIF(initial=0.0)
    same = system(neuron=neuron, plasticity={"recurrent": STDP(A_plus=0.1)}).fit(trains).circuit_.recurrent.weight
    whole = SpikeTrains.concatenated(trains)
    rules = {"recurrent": STDP(A_plus=0.1)}
    recording = simulate(frozen.circuit_, whole, neuron=neuron, plasticity=rules, record="weights", random_state=5)
    np.testing.assert_allclose(recording.circuit.recurrent.weight, same, rtol=1e-12)


def test_what_was_learned_is_frozen(series):
    learned = system(plasticity={"recurrent": STDP(A_plus=0.1)}).fit(series)
    weights = learned.circuit_.recurrent.weight.copy()
    first = learned.set_params(twin=False).transform(series)
    np.testing.assert_array_equal(weights, learned.circuit_.recurrent.weight)
    for mine, again in zip(first, learned.transform(series), strict=True):
        np.testing.assert_array_equal(mine, again)
    other = clone(learned).set_params(twin=True).fit(series)
    np.testing.assert_array_equal(weights, other.circuit_.recurrent.weight)


def test_learning_time_cuts_inside_a_series(series):
    """The weights are those after so many steps of one series, whatever follows."""
    rules = {"recurrent": STDP(A_plus=0.1)}

    def weights(seconds, X):
        return system(plasticity=rules, learning_time=seconds).fit(X).circuit_.recurrent.weight

    whole = np.concatenate(series)
    early, later = weights(0.0533, whole), weights(0.21, whole)
    assert not np.array_equal(early, later) and not np.array_equal(later, weights(None, whole))
    low, high = whole.min(axis=0), whole.max(axis=0)
    part = system(plasticity=rules, encoder=Latency(low=low, high=high), learning_time=0.21)
    shorter = part.fit(whole[:21]).circuit_.recurrent.weight
    np.testing.assert_array_equal(later, shorter)
    np.testing.assert_array_equal(early, part.set_params(learning_time=0.0533).fit(whole[:6]).circuit_.recurrent.weight)


@pytest.mark.parametrize("neuron", [LIF(), LIF(noise=5e-4)])
def test_presentations_are_trials(neuron):
    """Each hears dice of its own; the learning phase is one run of both engines, of which the trials follow."""
    image = np.full((8, 2), 0.5)
    encoder = Poisson(300.0, low=0.0, high=1.0)
    part = system(neuron=neuron, encoder=encoder, plasticity={"recurrent": STDP(A_plus=0.1)}).fit([image] * 4)
    part._n_presented = 0
    heard = in_a_row(list(part._presentations([image] * 4, None)[0]))
    counts = [len(np.unique(heard.events[(heard.events[:, 0] // 800) == k], axis=0)) for k in range(4)]
    steps = {(heard.events[heard.events[:, 0] // 800 == k] % [800, 10**6]).tobytes() for k in range(4)}
    assert len(steps) == 4 and min(counts) > 5
    frozen = system(neuron=neuron, encoder=encoder).fit([image] * 4)
    parts = [frozen._heard(image, 8, trial)[0].events + np.array([800 * trial, 0]) for trial in range(4)]
    np.testing.assert_array_equal(heard.events, np.concatenate(parts))
    first, second = (system(neuron=neuron, encoder=encoder, plasticity={"recurrent": STDP(A_plus=0.1)}).fit([image] * n)
                     for n in (1, 2))  # fmt: skip
    assert not np.array_equal(first.circuit_.recurrent.weight, second.circuit_.recurrent.weight)


def test_a_teacher_makes_units_fire(series):
    """Inputs of the units that are made to fire learn more than those of the others."""
    teacher = np.zeros((len(series[0]), 27))
    teacher[:, :5] = 2e-8
    weak = MaassColumn((3, 3, 3), input_probability=1.0, input_scale=0.1, weight_scale=0.0)
    part = system(circuit=weak, plasticity={"inputs": STDP(A_plus=0.1, A_minus=0.01)})
    taught = part.fit(series[0], teacher=teacher)
    change = np.abs(taught.circuit_.inputs.weight - taught.initial_circuit_.inputs.weight)
    hit = np.isin(taught.circuit_.inputs.post, np.arange(5))
    assert change[hit].min() > 0 and change[~hit].max() == 0


def test_in_a_model(series):
    rng = np.random.default_rng(1)
    X, y = [rng.random((8, 2)) / 2 + label / 2 for label in (0, 1) for _ in range(8)], np.repeat([0, 1], 8)
    model = ReservoirClassifier(system(encoder=Latency(low=0.0, high=1.0))).fit(X, y)
    assert model.score(X, y) > 0.9


def test_long_jobs_are_compiled_where_there_is_a_compiler(monkeypatch, caplog):
    circuit = COLUMN.draw(np.random.default_rng(0))
    fixed, scaled = (
        write_circuit("test", circuit, LIF(), rules, 1e-4) for rules in (None, {"recurrent": Normalised()})
    )

    def target(codegen, n_steps, network=fixed):
        return execution.choose_target("Microcircuit", network, codegen, n_steps)

    monkeypatch.setattr(execution.shutil, "which", lambda name: "/bin/" + name)
    assert [target("auto", n_steps) for n_steps in (1000, 10**7)] == ["numpy", "standalone"]
    assert "Microcircuit: 10000000 steps of Brian2, codegen standalone" in caplog.text
    assert [target(codegen, 10**7) for codegen in ("numpy", "cython")] == ["numpy", "cython"]
    assert execution.choose_target("test", fixed, "auto", 10**7, drawn=10**8) == "cython"  # more than fit at once
    assert target("standalone", 1) == "standalone" and [target("auto", n, scaled) for n in (10**5, 10**7)] == [
        "numpy", "cython"]  # fmt: skip
    with pytest.raises(ValueError, match="'codegen' parameter of Microcircuit must be another one for normalised"):
        target("standalone", 1, scaled)
    monkeypatch.setattr(execution.shutil, "which", lambda name: None)
    for codegen in ("auto", "cython", "standalone"):
        with pytest.warns(execution.CompilerWarning, match="no C"):
            assert target(codegen, 10**7) == "numpy"


class RungeKutta(OwnUnit):
    """Its equations, solved in Brian2 by another method than in Numba."""

    def equations(self):
        return super().equations()._replace(method="rk2")


@pytest.mark.parametrize("neuron", [RungeKutta(), LEAKY], ids=["rk2", "equations"])
def test_units_of_brian2_alone_go_on_from_a_state(series, neuron):
    """In pieces as at once, with spikes on their way and a random encoder; states are those of the trial."""
    column = COLUMN.draw(np.random.default_rng(0), n_inputs=2)
    late = dataclasses.replace(column.inputs, delay=np.linspace(0, 12e-3, len(column.inputs)))
    circuit, encoder = dataclasses.replace(column, inputs=late), Poisson(200.0, low=-1, high=1)
    part = system(circuit=circuit, neuron=neuron, encoder=encoder)
    rows = part.fit(series[0]).transform(series[0])
    assert part.piecewise and rows.any()
    first, state = part.run(series[0][:5])
    second, final = part.run(series[0][5:], state)
    np.testing.assert_array_equal(np.concatenate([first, second]), rows)
    assert (final.trial, final.step) == (0, 12)
    whole, ends = part.run(series, trial=[1, 0, 2])
    np.testing.assert_array_equal(whole[1], part.transform(series[1]))
    assert [(end.trial, end.step) for end in ends] == [(1, 12), (0, 5), (2, 20)]
    with pytest.raises(ValueError, match="'state' parameter of Microcircuit must be None or a finite"):
        part.run(series[0], final.values[:-1])


@pytest.mark.parametrize(
    "parameters",
    [
        *({"codegen": value} for value in ("numba", None, 3)),
        *({"twin": value} for value in (1, None, "a")),
        *({"learning_time": value} for value in (0.0, -1.0, "a")),
        *({"epochs": value} for value in (0, 1.5, "a")),
        *({"gap": value} for value in (-0.1, 2.5e-4, "a")),
        *({"plasticity": value} for value in ({"outputs": STDP()}, {"recurrent": "STDP"}, ["STDP"], 3)),
    ],
)
def test_bad_parameters(series, parameters):
    (name,) = parameters
    part = system(**{"plasticity": {"recurrent": STDP()}} | parameters)
    with pytest.raises(ValueError, match=f"'{name}' parameter of Microcircuit must be"):
        part.fit(series)
    assert not hasattr(part, "circuit_")


def test_a_bad_teacher(series):
    with pytest.raises(ValueError, match="'teacher' parameter of Microcircuit must be"):
        system(plasticity={"inputs": STDP()}).fit(series[0], teacher=np.zeros((3, 27)))
