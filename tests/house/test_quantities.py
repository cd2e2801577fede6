"""Quantities of Brian2 in place of numbers: the same results, and an error for a wrong dimension.

Which parameters of all exported parts have a unit, and which, is read from docstrings: "Seconds ...", "..., volts".
"""

import inspect
import itertools
import pickle
import re

import numpy as np
import pytest
from sklearn.base import clone

import spiking
from reservoir import EchoState, LiquidState, circuits, neurons, plasticity, simulate, spikes
from reservoir.circuits import Circuit, Connection, GraphCircuit, MaassColumn, Projection, Synapses, damaged
from reservoir.circuits.synapse_statistics import PRESETS
from reservoir.neurons import LIF, Izhikevich
from reservoir.quantities import UNITS, is_quantity, powers_of
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Current, Exponential, Poisson, SpikeTrains
from reservoir.systems import TrialState
from reservoir.validation import InvalidParameterError
from spiking import STDP, Microcircuit, _brian

B = _brian.engine()
ROOTED = "volt * second**-0.5"
BY_UNIT = {name: B.Quantity(1, dim=B.get_or_create_dimension(powers_of(name))) for name in UNITS}
# Where the default is 0 or None.
TYPICAL = {"second": 2e-3, "amp": 1e-10, "volt": 1e-3, ROOTED: 1e-3, "hertz": 5.0, "mmolar": 0.8}
TYPICAL |= {"w_max": 1e-7, "rise_time": 4e-4, "input_rise_time": 4e-4, "dendritic_delay": 5e-4}  # what suits `PAIR`


PARTS = {name: getattr(room, name) for room in (neurons, circuits, spikes, plasticity) for name in room.__all__}
# Not what a rule hands to Brian2, in SI units.
PARTS = {name: part for name, part in PARTS.items() if not hasattr(part, "_fields")}
# What docstrings call the units; where several stand in one, the first counts.
WORDS = {words: name for name, (words, _) in UNITS.items() if name != "metre"} | {"1 / second": "hertz"}
UNIT = re.compile(rf"\b({'|'.join(sorted(WORDS, key=len, reverse=True))})\b", re.IGNORECASE)


def measured_by(part):
    """The parameters of a part that have a unit, and which, by the words of its docstring."""
    found, text = {}, inspect.getdoc(part).partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    for entry in re.split(r"\n(?=\S)", text):
        names, _, what = entry.partition(" : ")
        named, like = UNIT.search(" ".join(what.split())), re.match(r"as in `(\w+)`", what)
        units = measured_by(PARTS[like[1]]) if like else {}
        found |= {one: WORDS[named[1].lower()] if named else units.get(one) for one in names.split(", ")}
    return {name: unit for name, unit in found.items() if unit}


MEASURED = {name: measured for name, part in PARTS.items() if (measured := measured_by(part))}
MEASURED["Circuit"]["positions"] = "metre"  # or in grid steps
MADE = {  # how a part is made whose constructor wants more than defaults
    "Projection": dict(pre=[0, 1], post=[1, 0], weight=[3e-8, -2e-8], delay=[1e-3, 2e-3], time_constant=3e-3)
    | dict(U=0.5, D=[0.5, 0.2], F=0.1),
    "PoissonBackground": dict(rate=[800.0, 400.0], weight=9e-11, time_constant=[5e-4, 2e-3], current=2e-10),
    "PairStatistics": vars(PRESETS["maass2002"].EI),
    "SynapseStatistics": vars(PRESETS["maass2002"]) | dict(input_delay=1e-3),
    "Connection": dict(source="a", target="b", graph="all_to_all", weight=1e-9, delay=2e-3, time_constant=3e-3)
    | dict(U=0.5, D=0.5, F=0.1),
    "SpikeTrains": dict(times=[0.3, 0.1], units=[0, 1], n_units=2, duration=0.5),
    "RewardSTDP": dict(reward_times=[0.05, 0.2], reward_amounts=[1.0, -0.5], w_max=1e-7),
    "Counts": dict(window=0.02),
    "PotjansDiesmann": dict(scale=0.01),
    "ResonateAndFire": dict(reset=-0.06),  # a tenth above its default lies above the threshold
}
PAIR = Projection(**MADE["Projection"])
MADE["Circuit"] = dict(excitatory=np.array([True, False]), recurrent=PAIR, inputs=PAIR, n_inputs=2)
MADE["Circuit"] |= dict(positions=np.arange(6.0).reshape(2, 3), spontaneous_rate=[0.0, 30.0])
MADE["damaged"] = dict(circuit=Circuit(**MADE["Circuit"]), kind="noise", fraction=1.0, rate=10.0)
COLUMN = MaassColumn((3, 3, 2), weight_scale=3.0).draw(np.random.default_rng(0))
TIMES = np.arange(5.0, 60.0, 4.0)
TRAINS = SpikeTrains(TIMES * 1e-3, np.zeros(len(TIMES), int), 1, 0.06)
MADE |= {name: dict(trains=TRAINS, step=0.02) for name in ("firing_rates", "spike_correlations")}
MADE |= {name: dict(trains=[TRAINS, TRAINS]) for name in ("van_rossum_distance", "victor_purpura_distance")}
READOUT = RidgeReadout(1.0).fit(np.arange(3.0)[:, None], np.arange(3.0))
MADE["ReadoutReward"] = dict(readout=READOUT, targets=[2.0], trace=spikes.Counts())
MADE["fano_factors"] = dict(trains=TRAINS, window=0.02)
ROWS = np.sin(np.arange(12.0)).reshape(-1, 1)
measured = pytest.mark.parametrize("name, parameter", [(name, one) for name in MEASURED for one in MEASURED[name]])


def given(name, parameter):
    """A value of this parameter that is not its default."""
    value = MADE.get(name, {}).get(parameter)
    if value is None:
        default, unit = inspect.signature(PARTS[name]).parameters[parameter].default, MEASURED[name][parameter]
        typical = TYPICAL.get(parameter, TYPICAL.get(unit))
        value = 0.9 * np.array(default, float) if np.any(default) else typical
    return np.array(value, dtype=float)


def make(name, **changes):
    if name == "damaged":
        return lambda: damaged(**MADE.get(name, {}) | changes, rng=np.random.default_rng(0))
    needed = {"reversal": 0.0} if "magnesium" in changes else {}
    return PARTS[name](**MADE.get(name, {}) | needed | changes)


def used(part):
    """All that a part computes from its parameters."""
    if isinstance(part, plasticity.ReadoutReward):
        return np.array([part(0.06, TRAINS)])
    if callable(part):  # a call of `damaged`
        return used(part())
    if isinstance(part, np.ndarray):  # what a function answers
        return part
    if isinstance(part, SpikeTrains):
        return part.times, part.duration
    if hasattr(part, "cells"):
        drawn = part.initial_state(4, np.random.default_rng(0))
        cells = part.cells(np.array([True, True, False, False]), np.array([3e-3, 6e-3]), 1e-4)
        return drawn, cells
    if hasattr(part, "filter"):
        return part.filter(TRAINS, 0.01, 6)
    if hasattr(part, "weights"):
        return part.weights(2, 3, np.random.default_rng(0))
    if hasattr(part, "encode"):
        return used(part.fit(ROWS).encode(ROWS, 0.01, np.random.default_rng(0)))
    if hasattr(part, "rule"):
        rule = part.rule(PAIR)
        signals = [signal(np.linspace(0, 0.5, 9)) for _, signal in rule.signals]
        return signals, rule.traces, rule.on_pre, rule.on_post, rule.parameters, rule.model, rule.scaling
    if isinstance(part, Connection):
        return used(part.connect(np.arange(2), np.arange(3), np.random.default_rng(0)))
    if isinstance(part, Synapses):
        return used(GraphCircuit(4, synapses=part))
    if hasattr(part, "draw") and not isinstance(part, Circuit):
        return used(part.draw(np.random.default_rng(0)))
    return {key: used(value) if isinstance(value, Projection) else value for key, value in vars(part).items()}


def same(one, other):
    """Equal bit for bit and of equal types, with no quantity left."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, TrialState):
        return type(other) is TrialState and same(vars(one), vars(other))
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and not is_quantity(one) and np.array_equal(one, other)


def shape_of(name, parameter, words):
    return re.escape(f"The '{parameter}' parameter of {name} must be {words}. Got ")


def view_of(value, unit):
    """A variable of a Brian2 group, as `monitor.t` and `defaultclock.t` are, of this value and unit."""
    group = B.NeuronGroup(max(value.size, 1), f"x : {unit}" + " (shared)" * (value.ndim == 0))
    group.variables["x"].set_value(value)
    return group.x


# Each parameter by itself


@measured
def test_a_quantity_gives_what_its_number_gives(name, parameter):
    """A scalar, an array, a list of scalars, and for records of units one for both kinds and two."""
    value, unit = given(name, parameter), BY_UNIT[MEASURED[name][parameter]]
    plain = value.tolist()
    plain = tuple(plain) if value.ndim and "cells" in dir(PARTS[name]) else plain
    expected = used(make(name, **{parameter: plain}))
    several = [[one * unit for one in value]] if value.ndim == 1 else []
    viewed = [] if value.ndim > 1 else [view_of(value, MEASURED[name][parameter])]
    for quantity in [value * unit, *several, *viewed]:
        assert same(used(make(name, **{parameter: quantity})), expected)


@measured
def test_a_wrong_dimension_is_refused(name, parameter):
    words = "a number or a quantity of " + UNITS[MEASURED[name][parameter]][0]
    value = given(name, parameter)
    for wrong in (B.metre**2, B.second**2, B.volt * B.amp):
        with pytest.raises(InvalidParameterError, match=shape_of(name, parameter, words)):
            used(make(name, **{parameter: value * wrong}))


@pytest.mark.parametrize("name", PARTS)
def test_a_parameter_without_unit_refuses_quantities(name):
    """Of every unit, so that no unit is missing in a docstring."""
    options = {key: one.default for key, one in inspect.signature(PARTS[name]).parameters.items()} | MADE.get(name, {})
    numbers = [key for key in options if type(options[key]) in (int, float) and key not in MEASURED.get(name, {})]
    for parameter, unit in itertools.product(numbers, BY_UNIT.values()):
        refused = rf"^The '{parameter}' parameter of {name} must be (?!a number or a quantity).*\. Got "
        with pytest.raises(InvalidParameterError, match=refused):
            used(make(name, **{parameter: (options[parameter] or 1) * unit}))


def test_arrays_without_unit_refuse_volts():
    for value in ([0.5, 0.4] * B.volt, [0.5, 0.1 * B.volt]):
        with pytest.raises(InvalidParameterError, match=shape_of("Projection", "U", "a number without a unit")):
            make("Projection", U=value)
    with pytest.raises(InvalidParameterError, match="'leak' parameter of EchoState"):
        EchoState(2, leak=[0.5, 0.4] * B.volt).fit(ROWS)


def test_weights_are_of_one_unit():
    """Amperes, or siemens with a reversal potential."""
    amperes, siemens = (
        shape_of("Projection", "weight", f"a number or a quantity of {one}") for one in ("amperes", "siemens")
    )
    for value in ([3e-8, 2e-8 * B.amp], [3e-8 * B.amp, 2e-8 * B.volt], [3, 2] * B.nS):
        with pytest.raises(InvalidParameterError, match=amperes):
            make("Projection", weight=value)
    with pytest.raises(InvalidParameterError, match=siemens):
        make("Projection", weight=[3, 2] * B.nA, reversal=0 * B.mV)
    pair = make("Projection", weight=[3, 2] * B.nS, reversal=-70 * B.mV)
    assert pair.equals(make("Projection", weight=[3 * float(B.nS), 2 * float(B.nS)], reversal=float(-70 * B.mV)))
    assert STDP(w_max=5 * B.nS).rule(pair).parameters == STDP(w_max=float(5 * B.nS)).rule(pair).parameters
    for rule in (STDP(w_max=5 * B.nA), plasticity.Normalised(total=5 * B.nA)):
        with pytest.raises(InvalidParameterError, match=r"must be a number or a quantity of siemens\. Got "):
            rule.rule(pair)


def test_the_bounds_hold_for_quantities():
    """And the message shows what was given."""
    with pytest.raises(InvalidParameterError, match=r"must be a number > 0\. Got -30\. \* msecond\."):
        used(LIF(time_constant=-30 * B.ms))
    with pytest.raises(InvalidParameterError, match=r"must be in \(-inf, 0.015\]\. Got 16\. \* mvolt\."):
        used(LIF(reset=16 * B.mV))
    with pytest.raises(InvalidParameterError, match=r"must be a number, two numbers .* or a distribution"):
        used(LIF(refractory=[1, 2, 3] * B.ms))
    with pytest.raises(InvalidParameterError, match="must be finite numbers >= 0 of shape"):
        make("Projection", delay=[-1, 1] * B.ms)
    with pytest.raises(InvalidParameterError, match="must be a number > 0"):
        used(LIF(time_constant=[30, -20] * B.ms))


@pytest.mark.parametrize("unit", UNITS)
def test_the_units_are_those_of_brian2(unit):
    own, _ = B.equations.equations.dimensions_and_type_from_string(unit.replace("mmolar", "mole / metre**3"))
    assert own is BY_UNIT[unit].dim


# Whole records, systems and simulations


IN_SHORT = ("LIF", "Izhikevich")  # which Brian2 runs too: numbers are read before any engine
UNITS_BY_ENGINE = [(name, simulate) for name in neurons.__all__] + [
    pytest.param(name, spiking.simulate, marks=[pytest.mark.long] * (name not in IN_SHORT)) for name in neurons.__all__
]


@pytest.mark.parametrize("name, run", UNITS_BY_ENGINE)
def test_units_spike_alike_in_both_engines(name, run):
    """With all parameters as quantities, with noise and, where that is quick, without."""
    circuit = MaassColumn((3, 3, 2), weight_scale=0.03, input_scale=0.03).draw(np.random.default_rng(0))
    numbers = {parameter: given(name, parameter).tolist() for parameter in MEASURED[name]}
    numbers = {key: tuple(value) if isinstance(value, list) else value for key, value in numbers.items()}
    quantities = {parameter: value * BY_UNIT[MEASURED[name][parameter]] for parameter, value in numbers.items()}
    for quiet in (False, True) if run is simulate or name == "LIF" else (False,):
        if quiet:
            numbers["noise"], quantities["noise"] = 0.0, 0 * quantities["noise"]
        found, expected = (
            run(circuit, TRAINS, neuron=PARTS[name](**options), record="voltages", random_state=0)
            for options in (quantities, numbers)
        )
        assert found.spikes == expected.spikes and np.array_equal(found.voltages, expected.voltages)


@pytest.mark.parametrize("run", [simulate, spiking.simulate])
def test_a_simulation_reads_quantities(run):
    currents = np.random.default_rng(1).uniform(0, 5, (30, COLUMN.n_units))
    found = run(COLUMN, currents=currents * B.nA, dt=0.2 * B.ms, random_state=0)
    assert found.spikes == run(COLUMN, currents=currents * float(B.nA), dt=float(0.2 * B.ms), random_state=0).spikes
    assert len(found.spikes)
    both = run(COLUMN, currents=[currents * B.nA] * 2, dt=0.2 * B.ms, random_state=0, trial=0)
    assert both[1].spikes == found.spikes
    timed = [run(COLUMN, currents=currents * 1e-9, current_dt=last, random_state=0).spikes for last in (1 * B.ms, 1e-3)]
    assert timed[0] == timed[1] and len(timed[0])
    with pytest.raises(
        InvalidParameterError, match=shape_of("simulate", "currents", "a number or a quantity of amperes")
    ):
        run(COLUMN, currents=currents * B.mV)
    for name in ("dt", "current_dt"):
        words = shape_of("simulate", name, "a number or a quantity of seconds")
        with pytest.raises(InvalidParameterError, match=words):
            run(COLUMN, TRAINS, **{"currents": currents * 1e-9, name: 0.1 * B.mV})


@pytest.mark.parametrize("encoder", [Poisson(400 * B.Hz), Current(9 * B.nA)])
@pytest.mark.parametrize("kind", [LiquidState, Microcircuit])
def test_a_liquid_reads_quantities(kind, encoder):
    column = MaassColumn((3, 3, 2), input_scale=3.0, input_probability=1.0)
    quantities = kind(column, LIF(threshold=15 * B.mV), step=5 * B.ms, dt=0.1 * B.ms, random_state=0)
    quantities.set_params(encoder=encoder, trace=Exponential(20 * B.ms))
    plain = kind(column, LIF(threshold=float(15 * B.mV)), step=float(5 * B.ms), dt=float(0.1 * B.ms), random_state=0)
    bare = {name: float(value) for name, value in encoder.get_params().items() if is_quantity(value)}
    plain.set_params(encoder=clone(encoder).set_params(**bare), trace=Exponential(float(20 * B.ms)))
    found, expected = (clone(system).fit(ROWS).run(ROWS) for system in (quantities, plain))
    assert found[0].any() and same(found, expected)
    system = quantities.fit(TRAINS)
    assert same(system.transform(TRAINS), plain.fit(TRAINS).transform(TRAINS))
    assert same(pickle.loads(pickle.dumps(system)).transform(TRAINS), system.transform(TRAINS))
    for name in ("step", "dt"):
        with pytest.raises(
            InvalidParameterError, match=shape_of(kind.__name__, name, "a number or a quantity of seconds")
        ):
            clone(quantities).set_params(**{name: 1 * B.mV}).fit(ROWS)


def test_a_circuit_learns_alike():
    teacher = np.random.default_rng(2).uniform(0, 3, (len(ROWS), COLUMN.n_units))
    learned = [
        Microcircuit(COLUMN, plasticity={"recurrent": STDP(tau_plus=tau, w_max=w_max)}, learning_time=time, step=0.005,
                     random_state=0).fit(ROWS, teacher=teacher * amperes).circuit_
        for tau, w_max, time, amperes in (
            (15 * B.ms, 400 * B.nA, 40 * B.ms, B.nA),
            (float(15 * B.ms), float(400 * B.nA), float(40 * B.ms), float(B.nA)),
        )
    ]  # fmt: skip
    assert learned[0].equals(learned[1]) and not learned[0].equals(COLUMN)
    system = Microcircuit(COLUMN, plasticity={"recurrent": STDP()}, step=0.005)
    with pytest.raises(
        InvalidParameterError, match="'teacher' parameter of Microcircuit must be a number or a quantity of"
    ):
        system.fit(ROWS, teacher=teacher * B.mV)
    with pytest.raises(
        InvalidParameterError, match="'learning_time' parameter of Microcircuit must be a number or a q"
    ):
        clone(system).set_params(learning_time=3 * B.metre).fit(ROWS)


def test_spike_trains_read_quantities():
    trains = SpikeTrains(TIMES * B.ms, TRAINS.units, 1, 60 * B.ms)
    assert (
        trains == SpikeTrains(TIMES * float(B.ms), TRAINS.units, 1, float(60 * B.ms)) and type(trains.duration) is float
    )
    assert SpikeTrains.of_lists([TIMES * B.ms], 60 * B.ms) == trains
    assert np.array_equal(trains.steps(0.1 * B.ms), trains.steps(float(0.1 * B.ms)))
    assert np.array_equal(trains.binned(10 * B.ms), trains.binned(float(10 * B.ms)))
    assert trains.window(10 * B.ms, 40 * B.ms) == trains.window(float(10 * B.ms), float(40 * B.ms))
    for call, name in ((trains.steps, "dt"), (trains.binned, "step"), (lambda x: trains.window(x, 0.04), "start")):
        with pytest.raises(InvalidParameterError, match=f"'{name}' .* must be a number or a quantity of seconds"):
            call(1 * B.metre)


@pytest.mark.parametrize("name", [name for name in spikes.__all__ if hasattr(PARTS[name], "get_params")])
def test_the_length_of_a_row_may_be_a_quantity(name):
    part, rows, seconds = PARTS[name](), np.abs(np.round(ROWS)), "a number or a quantity of seconds"
    if hasattr(part, "filter"):
        assert same(part.filter(TRAINS, 10 * B.ms, 6), part.filter(TRAINS, float(10 * B.ms), 6))
        assert part.n_memory(10 * B.ms) == part.n_memory(float(10 * B.ms))
    elif hasattr(part, "encode"):
        found, expected = (
            part.fit(rows).encode(rows, step, np.random.default_rng(0)) for step in (10 * B.ms, float(10 * B.ms))
        )
        assert found == expected
    for method in {"filter", "encode"} & set(dir(part)):
        with pytest.raises(InvalidParameterError, match=shape_of(name, "step", seconds)):
            getattr(part, method)(TRAINS if method == "filter" else rows, 3 * B.volt, 6)


def test_features_and_their_range_may_have_any_unit():
    """They are read in SI units."""
    rows = np.arange(5.0).reshape(-1, 1)
    encoder = Poisson(low=0 * B.mV, high=[4] * B.mV).fit(rows * B.mV)
    assert same(
        encoder.shares(rows * B.mV), Poisson(low=0.0, high=4 * float(B.mV)).fit(rows).shares(rows * float(B.mV))
    )
    assert same(LiquidState(COLUMN, encoder=encoder, random_state=0).fit_transform(rows * B.mV),
                LiquidState(COLUMN, encoder=encoder, random_state=0).fit_transform(rows * float(B.mV)))  # fmt: skip


def test_parts_keep_the_quantities_they_are_given():
    unit = Izhikevich(a=[20, 100] * B.Hz, c=(-65 * B.mV, -60 * B.mV), capacitance=100 * B.pF)
    kept = clone(unit).get_params()
    assert all(type(kept[name]) is type(value) for name, value in unit.get_params().items())
    assert same(used(clone(unit)), used(unit)) and "100. * pfarad" in repr(clone(unit).capacitance)
