"""What synapses of every kind must be, through all that makes, joins, damages, keeps and judges circuits."""

import dataclasses
import warnings

import networkx
import numpy as np
import pytest
from sklearn.base import clone

from reservoir import LiquidState, load, save, simulate
from reservoir.circuits import (
    Circuit,
    Connection,
    MaassColumn,
    PairStatistics,
    PoissonBackground,
    Population,
    PopulationCircuit,
    Projection,
    RandomCircuit,
    damaged,
)
from reservoir.circuits.synapse_statistics import KINDS, PRESETS, RECEPTORS
from reservoir.circuits.time_course import exponentials
from reservoir.neurons import LIF, AdaptiveExponential
from reservoir.plasticity import STDP
from reservoir.plotting import WeightsDisplay
from reservoir.quantities import PlausibilityWarning
from reservoir.spikes import SpikeTrains

NONE = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 1e-3)
NMDA = {"reversal": 0.0, "rise_time": 2e-3, "magnesium": 1.0}
KIND = {
    "delta": {"weight": 1e-4, "time_constant": 0.0},
    "alpha": {"weight": 1e-10, "time_constant": 2e-3, "rise_time": 2e-3},
    "NMDA": {"weight": 1e-9, "time_constant": 0.1, "release_probability": 0.5, "dendritic_delay": 1e-3, **NMDA},
}
every_kind = pytest.mark.parametrize("kind", KIND)


@pytest.mark.parametrize("rise", [1e-5, 1e-3, 4.9e-3, 4.9999e-3, 5e-3])
def test_courses_have_their_peak_and_their_area(rise):
    t = np.linspace(0, 0.1, 400_001)
    slow, fast, peak = exponentials(np.array([5e-3]), np.array([rise]))
    course = peak * (np.exp(-t / slow) - np.exp(-t / fast))
    assert course.max() == pytest.approx(1, rel=1e-5)
    area = exponentials(np.array([5e-3]), np.array([rise])).area[0]
    assert area == pytest.approx(np.trapezoid(course, t), rel=1e-3) and (slow > fast).all()


@pytest.mark.parametrize(
    "changes, name",
    [
        ({"time_constant": [0.0, 1e-3]}, "time_constant"),
        ({"time_constant": -1e-3}, "time_constant"),
        ({"time_constant": 0.0, "reversal": 0.0}, "reversal"),
        ({"time_constant": 0.0, "rise_time": 1e-3}, "rise_time"),
        ({"rise_time": 0.0}, "rise_time"),
        ({"rise_time": 6e-3}, "rise_time"),
        ({"magnesium": 1.0}, "magnesium"),
        ({"magnesium": -1.0, "reversal": 0.0}, "magnesium"),
        ({"release_probability": 0.0}, "release_probability"),
        ({"release_probability": [0.5, 1.1]}, "release_probability"),
        ({"dendritic_delay": 2e-3}, "dendritic_delay"),
        ({"dendritic_delay": -1e-3}, "dendritic_delay"),
    ],
)
def test_numbers_that_do_not_fit(changes, name):
    numbers = {"weight": 1e-4, "delay": 1e-3, "time_constant": 5e-3, **changes}
    with pytest.raises(ValueError, match=f"The '{name}' parameter of Projection must be"):
        Projection([0, 1], [1, 0], **numbers)


def test_volts_are_doubted_where_none_can_be_meant():
    with pytest.warns(PlausibilityWarning, match="'weight' parameter of Projection is 2 V"):
        Projection([0], [0], 2.0, 1e-3, 0.0)
    with pytest.warns(PlausibilityWarning, match="is 3e-09 V at most, since the time constant is 0"):
        Projection([0], [0], 3e-9, 1e-3, 0.0)
    assert "delta" in repr(Projection([0, 1], [0, 1], 1e-4, 1e-3, 0.0))


def synapses(kind, n=2, **changes):
    return Projection(np.arange(n), np.arange(n)[::-1], delay=2e-3, **{**KIND[kind], **changes})


@every_kind
def test_conversion_joining_and_damage_keep_all_numbers(kind, tmp_path):
    numbers = {name: value for name, value in KIND[kind].items() if name != "weight"}
    weight = KIND[kind]["weight"]
    excitatory = np.ones(2, bool)
    wanted = synapses(kind)
    matrix = Circuit.from_matrix([[0, weight], [weight, 0]], 2e-3, excitatory=excitatory, **numbers)
    graph = networkx.DiGraph([(0, 1), (1, 0)])
    networked = Circuit.from_networkx(graph, weight=weight, delay=2e-3, excitatory=excitatory, **numbers)
    for circuit in (matrix, networked):
        assert circuit.recurrent.equals(wanted)
    joined = Circuit.joined([matrix, matrix])
    assert joined.projection("b_recurrent").select([0, 1]).equals(dataclasses.replace(wanted, pre=[2, 3], post=[3, 2]))
    assert Projection.joined([wanted, wanted]).weight_unit == wanted.weight_unit
    assert damaged(matrix, fraction=0.0, rng=np.random.default_rng(0)).recurrent.equals(wanted)
    save(LiquidState(matrix), tmp_path / "model")
    assert load(tmp_path / "model").circuit.equals(matrix)
    unit = {"delta": "V", "alpha": "A", "NMDA": "S"}[kind]
    assert WeightsDisplay.from_snapshots([wanted, wanted]).unit == unit


def test_kinds_do_not_mix_in_one_projection():
    others = [synapses(kind) for kind in KIND] + [synapses("alpha", rise_time=None)]
    for one in others:
        for other in others:
            if one is not other:
                with pytest.raises(ValueError, match=r"Projection.joined must be a list of projections, all dynamic"):
                    Projection.joined([one, other])


def test_weights_of_jumps_are_bounded_in_volts():
    with pytest.raises(ValueError, match=r"'w_max' parameter of STDP must be None or at least 0\.0001 volt"):
        STDP(w_max=1e-5).rule(synapses("delta"))


# What comes from outside


def test_backgrounds():
    for numbers in ({"reversal": 0.0, "rise_time": 1e-3, "magnesium": 1.0}, {"rise_time": 1e-3}, {}):
        one = PoissonBackground([100.0, 50.0], 1e-10, 5e-3, **numbers)
        area = 5e-3 if not numbers else exponentials(np.array([5e-3]), np.array([1e-3])).area[0]
        np.testing.assert_allclose(one.mean, np.array([100, 50]) * 1e-10 * area, rtol=1e-9)
    for numbers, name in (
        ({"weight": -1e-9, "reversal": 0.0}, "weight"),
        ({"magnesium": 1.0}, "magnesium"),
        ({"rise_time": 9e-3}, "rise_time"),
        ({"time_constant": 0.0, "rise_time": 1e-3}, "rise_time"),
    ):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of PoissonBackground must be"):
            PoissonBackground([1.0], **{"weight": 1e-9, "time_constant": 5e-3, **numbers})


def test_populations_with_backgrounds_of_one_kind():
    heard = [PoissonBackground([10.0], 1e-9, 5e-3, reversal=0.0, rise_time=1e-3), PoissonBackground([10.0], 1e-9, 5e-3)]

    def circuit(*backgrounds):
        named = {name: Population(3, background=one) for name, one in zip("ABC", backgrounds, strict=True)}
        return PopulationCircuit(named, {}).draw(np.random.default_rng(0), 0)

    made = circuit(heard[0], None, heard[0]).background
    assert made.rate.tolist() == [10] * 3 + [0] * 3 + [10] * 3 and (made.reversal == 0).all()
    with pytest.raises(ValueError, match="The 'joined' parameter of PoissonBackground must be backgrounds"):
        circuit(*heard, None)


# Circuits that are drawn


@every_kind
def test_connections_draw_all_kinds(kind):
    part = Connection("A", "A", in_degree=2, delay=2e-3, **KIND[kind])
    circuit = PopulationCircuit({"A": Population(5)}, {"AA": part}).draw(np.random.default_rng(0), 0)
    found = circuit.projection("AA")
    for name, value in KIND[kind].items():
        np.testing.assert_array_equal(getattr(found, name), np.full(10, value))


def statistics(**changes):
    preset, pairs = PRESETS["maass2002"], {}
    for kind in KINDS:
        signed = {name: -value if kind[0] == "I" and name == "weight" else value for name, value in changes.items()}
        pairs[kind] = dataclasses.replace(getattr(preset, kind), **signed)
    return dataclasses.replace(preset, **pairs)


def test_columns_draw_all_kinds():
    static = statistics(U=None, D=None, F=None, rise_time=2e-3, release_probability=0.5)
    delta = statistics(weight=1e-3, time_constant=0.0)
    nmda = statistics(weight=1e-9, reversal=0.06, rise_time=1e-3, magnesium=1.0)
    for preset, unit in ((static, "amp"), (delta, "volt"), (nmda, "siemens")):
        found = MaassColumn((3, 3, 3), preset=preset).draw(np.random.default_rng(0)).recurrent
        assert found.weight_unit == unit and found.dynamic == (preset is not static)
    rising = dataclasses.replace(PRESETS["maass2002"], input_rise_time=1e-3)
    assert (MaassColumn((3, 3, 3), preset=rising).draw(np.random.default_rng(0)).inputs.rise_time == 1e-3).all()
    with pytest.raises(ValueError, match="The 'IE' parameter of SynapseStatistics must be with rise_time like EE"):
        dataclasses.replace(static, IE=dataclasses.replace(static.IE, rise_time=None))
    with pytest.raises(ValueError, match="The 'II' parameter of SynapseStatistics must be of delta synapses"):
        dataclasses.replace(delta, II=dataclasses.replace(delta.II, weight=-1e-9, time_constant=1e-3))
    for changes, name in (({"rise_time": 9e-3}, "rise_time"), ({"U": None}, "U"), ({"magnesium": -1.0}, "magnesium")):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of PairStatistics must be"):
            dataclasses.replace(PRESETS["maass2002"].EE, **changes)


def test_jumps_suit_other_units_by_their_volts():
    """Currents by the charge as well; a rise does not change what a spike carries."""
    neuron = LIF(resistance=1e7, threshold=0.0165, background=1.35e-9)
    delta = statistics(weight=1e-3, time_constant=0.0).suited_to(neuron)
    assert delta.EE.weight == pytest.approx(2e-3, rel=1e-9)
    assert PRESETS["maass2002"].suited_to(neuron).EE.weight == pytest.approx(30e-9 * 2 / 10, rel=1e-9)
    assert isinstance(PairStatistics(0.1, 1e-3, 1e-3, 0.0).charge, float)


# Synapses that suit units


PUBLISHED = {
    "brunel2000": LIF(time_constant=0.02, threshold=0.02, reset=0.01, refractory=2e-3, background=0.0),
    "vogels2005_currents": LIF(
        time_constant=0.02, resistance=1e8, rest=-0.049, threshold=-0.05, reset=-0.06, background=0.0, initial=-0.06
    ),
    "vogels2005_conductances": LIF(
        time_constant=0.02, resistance=1e8, rest=-0.06, threshold=-0.05, reset=-0.06, background=0.0, initial=-0.06
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_synapses_move_their_units_as_they_should(name):
    """The peak of a potential that an excitatory and an inhibitory spike leave, from the papers' own numbers."""
    preset, neuron = PRESETS[name], PUBLISHED[name]
    circuit = RandomCircuit(50, preset=preset).draw(np.random.default_rng(0))
    assert not circuit.recurrent.dynamic and len(set(np.abs(circuit.recurrent.weight))) == 2
    neuron = clone(neuron).set_params(threshold=1.0, rest=neuron.reset, initial=neuron.reset)
    found = []
    for pair in (preset.EE, preset.IE):
        numbers = {"reversal": pair.reversal} if pair.reversal is not None else {}
        one = Projection([0], [0], pair.weight, 0.0, pair.time_constant, **numbers)
        trains = SpikeTrains([0.0], [0], 1, 0.1)
        v = simulate(Circuit([True], NONE, one, 1), trains, neuron=neuron, record="voltages", random_state=0).voltages
        found.append(np.ptp(v))
    if name == "brunel2000":
        assert found == pytest.approx([1e-4 * np.exp(-1e-4 / 0.02), 5e-4 * np.exp(-1e-4 / 0.02)], rel=1e-6)
    if name == "vogels2005_currents":  # g_e + g_i - v jumps by 1.62 and -9 mV
        peaks = [mv * tau / abs(tau - 0.02) * np.ptp(np.exp(-T / tau) - np.exp(-T / 0.02)) for mv, tau in _CUBA]
        assert found == pytest.approx(peaks, rel=1e-3)
    if name == "vogels2005_conductances":
        assert 1e-3 < found[0] < 1e-2 and 1e-2 < found[1] < 0.02


T, _CUBA = np.linspace(0, 0.1, 10_001), ((1.62e-3, 5e-3), (9e-3, 10e-3))


def test_receptors_are_numbers_of_a_connection():
    for name, numbers in RECEPTORS.items():
        part = Connection("A", "A", in_degree=1, weight=1e-10, delay=1e-3, **numbers)
        made = PopulationCircuit({"A": Population(3)}, {name: part}).draw(np.random.default_rng(0), 0).projection(name)
        assert made.weight_unit == "siemens" and (made.magnesium is None) == (name != "NMDA")


def test_few_synapses_that_are_absurd_are_told():
    """And many are refused, jumps of the voltage too; those to dead ends of other models are not asked."""
    one = SpikeTrains([0.001], [0], 1, 0.005)
    weights = np.full(20, 1e-9)
    weights[3] = 1e-5
    circuit = Circuit(np.ones(20, bool), Projection(np.arange(20), np.arange(20), weights, 1e-3, 5e-3), NONE, 1)
    with pytest.warns(PlausibilityWarning, match="1 of 20 synapses of the circuit of simulate move a unit of LIF"):
        simulate(circuit, one, random_state=0)
    jumps = Circuit(np.ones(2, bool), NONE, Projection([0, 0], [0, 1], 0.1, 1e-3, 0.0), 1)
    for neuron in (LIF(), AdaptiveExponential()):
        with pytest.raises(ValueError, match=r"half of which move a unit by 0.1 volts or more a spike"):
            simulate(jumps, one, neuron=neuron, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(MaassColumn().draw(np.random.default_rng(0)), one, random_state=0)
