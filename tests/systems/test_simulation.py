"""Spiking circuits against a slow twin, and the rules of the clock one by one."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from joblib import Parallel, delayed

from reservoir import simulate
from reservoir.circuits import Circuit, MaassColumn, Projection, RandomCircuit
from reservoir.neurons import LIF
from reservoir.neurons.spiking.circuit_loop import run_circuit
from reservoir.random_numbers import INITIAL, uniform_numbers
from reservoir.spikes import SpikeTrains
from reservoir.systems import simulation
from tests.oracles import spiking_circuit

DT = 1e-4
NO_SYNAPSES = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0))


def poisson_trains(n_units, duration, rate, seed):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rate * duration, n_units)
    return SpikeTrains(rng.uniform(0, duration, counts.sum()), np.repeat(np.arange(n_units), counts), n_units, duration)


def pair(weight, delay=0.0, time_constant=3e-3, input_weight=0.0, **dynamics):
    """Channel 0 -> unit 0 -> unit 1."""
    recurrent = Projection([0], [1], [weight], [delay], [time_constant], **dynamics)
    return Circuit([True, True], recurrent, Projection([0], [0], [input_weight], [0.0], [time_constant]), 1)


def silent(**parameters):
    """Units at rest whose threshold is out of reach."""
    return LIF(**{"threshold": 1.0, "reset": 0.0, "background": 0.0, "initial": (0.0, 0.0)} | parameters)


@pytest.mark.parametrize("seed", range(3))
def test_a_column_equals_its_twin(seed):
    """The same spikes at the same steps, and the same voltages to rounding, for 0.3 s."""
    rng = np.random.default_rng(seed)
    circuit = MaassColumn((4, 3, 3), weight_scale=2.0).draw(rng, n_inputs=3)
    delays = rng.uniform(0, 3e-3, len(circuit.recurrent))
    circuit = dataclasses.replace(circuit, recurrent=dataclasses.replace(circuit.recurrent, delay=delays))
    trains = poisson_trains(3, 0.3, 40, seed)
    recording = simulate(circuit, trains, record=("voltages",), random_state=seed)
    fired, voltages = spiking_circuit(circuit, LIF(), trains, recording_start(circuit, seed), DT)
    assert len(fired) > 50
    np.testing.assert_array_equal(np.column_stack([recording.spikes.steps(DT), recording.spikes.units]), fired)
    np.testing.assert_allclose(recording.voltages, voltages, rtol=0, atol=1e-12)


def recording_start(circuit, seed):
    """The initial voltages that `simulate` draws for trial 0: uniform numbers of its purpose."""
    numbers = uniform_numbers(int(np.random.default_rng(seed).integers(2**63)), INITIAL, 0, 0, 1, circuit.n_units)[0]
    return 0.0135 + 0.0015 * numbers


def test_a_jump_is_felt_one_step_after_its_arrival():
    """Spike at step k, delay d: the current jumps in step k + d, the voltage moves in k + d + 1."""
    for delay, steps in ((0.0, 0), (1e-4, 1), (0.25e-3, 3), (1.4e-3, 14), (2.96e-3, 30), (0.15e-3, 1)):
        circuit = Circuit([True], NO_SYNAPSES, Projection([0], [0], [1e-9], [delay], [3e-3]), 1)
        trains = SpikeTrains([10 * DT], [0], 1, 0.01)
        voltages = simulate(circuit, trains, neuron=silent(), record="voltages").voltages[:, 0]
        assert np.flatnonzero(voltages)[0] == 10 + steps + 1, delay


def test_input_times_are_truncated():
    for time, step in ((0.19e-3, 1), (0.1999e-3, 2), (0.2e-3, 2), (0.0, 0)):
        circuit = Circuit([True], NO_SYNAPSES, Projection([0], [0], [1e-9], [0.0], [3e-3]), 1)
        voltages = simulate(circuit, SpikeTrains([time], [0], 1, 0.01), neuron=silent(), record="voltages").voltages
        assert np.flatnonzero(voltages)[0] == step + 1


def test_spikes_of_a_channel_in_one_step_all_count():
    """Three at once; the kth leaves 1 - u = (1 - U)^k of what a dynamic synapse has."""
    for dynamics, ratio in (({}, 3.0), ({"U": [0.4], "D": [1.0], "F": [0.1]}, (1 - 0.6**6) / 0.4)):
        circuit = Circuit([True], NO_SYNAPSES, Projection([0], [0], [1e-9], [0.0], [3e-3], **dynamics), 1)
        once, thrice = (SpikeTrains(times, [0] * len(times), 1, 0.01) for times in ([1e-3], [1e-3, 1e-3, 1.05e-3]))
        first, more = (simulate(circuit, one, neuron=silent(), record="voltages").voltages for one in (once, thrice))
        np.testing.assert_allclose(more, ratio * first, rtol=1e-12)


def test_one_jump_in_closed_form():
    """v(t) = R w tau_s / (tau_s - tau) (exp(-t / tau_s) - exp(-t / tau)) after a jump of w."""
    circuit = Circuit([True], NO_SYNAPSES, Projection([0], [0], [2e-9], [0.0], [5e-3]), 1)
    trains = SpikeTrains([0.0], [0], 1, 0.05)
    voltages = simulate(circuit, trains, neuron=silent(), record="voltages").voltages[:, 0]
    t = np.arange(len(voltages)) * DT
    expected = 1e6 * 2e-9 * 5e-3 / (5e-3 - 30e-3) * (np.exp(-t / 5e-3) - np.exp(-t / 30e-3))
    np.testing.assert_allclose(voltages, expected, rtol=0, atol=1e-12 * expected.max())


@pytest.mark.parametrize("U, D, F", [(0.5, 1.1, 0.05), (0.05, 0.125, 1.2), (0.25, 0.7, 0.02), (0.32, 0.144, 0.06)])
def test_dynamic_synapses_in_closed_form(U, D, F):
    """Amplitudes of a regular train: R and u follow linear recursions, whose solution at the end is the fixed point."""
    interval, n_spikes = 0.025, 200
    circuit = Circuit([True], NO_SYNAPSES, Projection([0], [0], [1e-9], [0.0], [1e-4], U=[U], D=[D], F=[F]), 1)
    trains = SpikeTrains(np.arange(n_spikes) * interval, np.zeros(n_spikes, int), 1, n_spikes * interval)
    neuron = silent(time_constant=1e-4)  # the voltage forgets a spike long before the next
    voltages = simulate(circuit, trains, neuron=neuron, record="voltages").voltages[:, 0]
    jumps = voltages.reshape(n_spikes, -1).max(axis=1) / voltages.max()
    e_d, e_f = np.exp(-interval / D), np.exp(-interval / F)
    u = U * (1 - (e_f * (1 - U)) ** np.arange(1, n_spikes + 1)) / (1 - e_f * (1 - U))
    R = np.ones(n_spikes)
    for k in range(1, n_spikes):
        R[k] = 1 + (R[k - 1] - u[k - 1] * R[k - 1] - 1) * e_d
    np.testing.assert_allclose(jumps, u * R / (u * R).max(), rtol=1e-9)
    fixed_u = U / (1 - e_f * (1 - U))
    assert (u * R)[-1] == pytest.approx(fixed_u * (1 - e_d) / (1 - (1 - fixed_u) * e_d), rel=1e-3)


def test_a_chain_of_units():
    """A strong synapse carries each spike on, after its delay and the steps that the voltage takes to rise."""
    circuit = pair(1e-5, delay=2e-3, time_constant=1e-4, input_weight=1e-5)
    trains = SpikeTrains(np.arange(10) * 0.02, np.zeros(10, int), 1, 0.2)
    neuron = LIF(background=0.0, initial=0.0, rest=0.0, reset=0.0, refractory=15e-3)
    spikes = simulate(circuit, trains, neuron=neuron).spikes
    first, second = spikes.to_lists()
    assert len(first) == 10
    np.testing.assert_allclose(second - first, 2e-3 + DT, rtol=0, atol=1e-12)


def test_dead_and_spontaneous_units():
    circuit = MaassColumn().draw(np.random.default_rng(0), n_inputs=2)
    dead, rate = np.arange(135) % 5 == 0, np.where(np.arange(135) % 5 == 1, 40.0, 0.0)
    circuit = dataclasses.replace(circuit, dead=dead, spontaneous_rate=rate)
    trains = [poisson_trains(2, 1.0, 20, seed) for seed in range(10)]
    rates = np.mean([r.spikes.rates() for r in simulate(circuit, trains, random_state=0)], axis=0)
    assert (rates[dead] == 0).all() and rates[~dead].min() >= 0
    assert rates[rate > 0].mean() == pytest.approx(40, rel=0.1)
    assert np.std(rates[rate > 0]) < 6  # they do not listen


def test_a_trial_depends_on_itself_alone():
    circuit = MaassColumn().draw(np.random.default_rng(0), n_inputs=2)
    trains = [poisson_trains(2, 0.1 + 0.05 * (seed % 3), 30, seed) for seed in range(6)]
    options = {"neuron": LIF(noise=1e-4), "random_state": 5}
    together = simulate(circuit, trains, **options)
    alone = [simulate(circuit, one, trial=k, **options) for k, one in enumerate(trains)]
    pairs = Parallel(n_jobs=2)(
        delayed(simulate)(circuit, trains[k : k + 2], trial=[k, k + 1], **options) for k in (4, 2, 0)
    )
    backwards = simulate(circuit, trains[::-1], trial=range(5, -1, -1), **options)[::-1]
    for others in (alone, [*pairs[2], *pairs[1], *pairs[0]], backwards):
        assert [one.spikes for one in together] == [other.spikes for other in others]
    assert simulate(circuit, trains[0], neuron=LIF(noise=1e-4), random_state=6).spikes != together[0].spikes


def test_pieces_of_work_change_nothing(monkeypatch):
    """Neither the steps of one call of the kernel nor its room for spikes."""
    circuit = MaassColumn().draw(np.random.default_rng(0), n_inputs=2)
    trains = poisson_trains(2, 0.5, 40, 1)
    neuron = LIF(noise=1e-4)
    whole = simulate(circuit, trains, neuron=neuron, record="voltages", random_state=3)
    monkeypatch.setattr(simulation, "rows_per_call", lambda work, unit: max(1, 200_000 // work))
    monkeypatch.setattr(simulation, "_SPIKE_ROOM", 1)
    cut = simulate(circuit, trains, neuron=neuron, record="voltages", random_state=3)
    assert whole.spikes == cut.spikes and len(whole.spikes) > 600
    np.testing.assert_array_equal(whole.voltages, cut.voltages)


def test_injected_currents():
    """A constant current moves the voltage exponentially; rows share the duration evenly."""
    circuit = Circuit([True, True], NO_SYNAPSES, NO_SYNAPSES, 0)
    currents = np.array([[1e-9, 0.0], [0.0, 2e-9]])
    trains = SpikeTrains([], np.zeros(0, int), 0, 0.1)
    voltages = simulate(circuit, trains, currents=currents, neuron=silent(), record="voltages").voltages
    t = np.arange(1, 501) * DT
    np.testing.assert_allclose(voltages[:500, 0], 1e-3 * (1 - np.exp(-t / 30e-3)), rtol=0, atol=1e-15)
    assert (voltages[:500, 1] == 0).all()
    np.testing.assert_allclose(voltages[500:, 1], 2e-3 * (1 - np.exp(-t / 30e-3)), rtol=0, atol=1e-15)
    by_step = simulate(circuit, currents=np.repeat(currents, 500, axis=0), neuron=silent(), record="voltages").voltages
    np.testing.assert_array_equal(by_step, voltages)


def test_currents_whose_columns_stand_together_need_no_loop_of_their_own():
    """As those of a table."""
    currents = np.random.default_rng(0).uniform(0, 1e-9, (50, 2))
    rows = simulate(pair(1e-9), currents=currents, neuron=silent(), record="voltages").voltages
    known = len(run_circuit.signatures)
    columns = simulate(pair(1e-9), currents=np.asfortranarray(currents), neuron=silent(), record="voltages").voltages
    assert len(run_circuit.signatures) == known and np.array_equal(rows, columns)


def drive(currents, duration=0.1, dt=DT, engine=simulate, **options):
    """Which row is heard in every step, where row k injects k nA."""
    unit = Circuit([True], NO_SYNAPSES, NO_SYNAPSES, 0)
    trains = None if duration is None else SpikeTrains([], np.zeros(0, int), 0, duration)
    still = {
        "neuron": silent(time_constant=1e-7, threshold=1e9),
        "dt": dt,
        "record": "voltages",
        **options,
    }  # v is R I at once
    voltages = engine(unit, trains, currents=np.arange(currents)[:, None] * 1e-9, **still).voltages
    return np.round(voltages[:, 0] / 1e-3).astype(int)


@pytest.mark.filterwarnings("ignore::reservoir.quantities.PlausibilityWarning")
@pytest.mark.parametrize("n_rows, n_steps", [(600, 1000), (999, 1000), (7, 10), (501, 1000), (1500, 1000), (1, 9)])
def test_rows_of_currents_share_the_time_evenly(n_rows, n_steps):
    found = drive(n_rows, n_steps * DT)
    np.testing.assert_array_equal(found, [step * n_rows // n_steps for step in range(n_steps)])


@pytest.mark.filterwarnings("ignore::reservoir.quantities.PlausibilityWarning")
@pytest.mark.parametrize("current_dt, n_rows", [(1e-3, 10), (1e-4, 100), (2.5e-4, 40), (4e-3, 3)])
def test_rows_may_last_a_given_time(current_dt, n_rows):
    """Also one that is no multiple of the step; rows that are missing, or too many, are refused."""
    expected = np.floor((np.arange(100) * 1e-4 + 1e-9) / current_dt).astype(int)
    np.testing.assert_array_equal(drive(n_rows, 0.01, current_dt=current_dt), expected)
    for wrong in (n_rows - 1, n_rows + 1):
        with pytest.raises(ValueError, match="'currents' parameter of simulate must be of "):
            drive(wrong, 0.01, current_dt=current_dt)
    assert len(drive(n_rows, None, current_dt=current_dt)) == round(n_rows * current_dt / DT)


def test_many_kinds_of_current():
    """Every synapse may have a time constant of its own."""
    rng = np.random.default_rng(0)
    circuit = RandomCircuit(8, n_synapses_per_unit=3).draw(rng, n_inputs=2)
    recurrent = dataclasses.replace(circuit.recurrent, time_constant=rng.uniform(1e-3, 30e-3, len(circuit.recurrent)))
    circuit = dataclasses.replace(circuit, recurrent=recurrent)
    trains = poisson_trains(2, 0.2, 80, 0)
    recording = simulate(circuit, trains, record="voltages", random_state=1)
    fired, voltages = spiking_circuit(circuit, LIF(), trains, recording_start(circuit, 1), DT)
    np.testing.assert_array_equal(np.column_stack([recording.spikes.steps(DT), recording.spikes.units]), fired)
    np.testing.assert_allclose(recording.voltages, voltages, rtol=0, atol=1e-12)


def test_memory_does_not_grow_with_trials():
    circuit = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0), n_inputs=2)
    trains = poisson_trains(2, 0.05, 30, 0)
    simulate(circuit, trains)
    tracemalloc.start()
    for _ in range(300):
        simulate(circuit, trains, random_state=0)
    current, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert current < 500_000 and peak < 5_000_000


COLUMN = MaassColumn((2, 2, 2)).draw(np.random.default_rng(0), n_inputs=1)
TRAINS = SpikeTrains([0.01], [0], 1, 0.02)
BAD = {
    "circuit": ({"circuit": MaassColumn()}, "'circuit' parameter of simulate must be a Circuit"),
    "spikes": ({"spikes": np.zeros(3)}, "'spikes' parameter of simulate must be SpikeTrains, a Recording"),
    "channels": ({"spikes": SpikeTrains([0.01], [0], 2, 0.02)}, "'spikes' parameter of simulate must be"),
    "nothing": ({"spikes": None}, "'spikes' parameter of simulate must be given"),
    "currents": ({"currents": np.zeros((3, 5))}, "'currents' parameter of simulate must be a finite array"),
    "lists": ({"spikes": [TRAINS] * 2, "currents": [np.zeros((3, 8))]}, "'currents' parameter of simulate must be"),
    "neuron": ({"neuron": "LIF"}, "'neuron' parameter of simulate must be"),
    "dt": ({"dt": 0.0}, "'dt' parameter of simulate must be"),
    "current_dt": ({"currents": np.zeros((2, 8)), "current_dt": 1e-5}, "'current_dt' parameter of simulate must be"),
    "no currents": ({"current_dt": 1e-3}, "'current_dt' parameter of simulate must be None without currents"),
    "trial": ({"trial": -1}, "'trial' parameter of simulate must be"),
    "trials": (
        {"spikes": [TRAINS] * 2, "trial": [1, 2, 3]},
        "'trial' parameter of simulate must be an integer >= 0, or",
    ),
    "record": ({"record": ("weights",)}, "'record' parameter of simulate must be"),
    "plasticity": ({"plasticity": {"recurrent": 1}}, "'plasticity' parameter of simulate must be a plasticity rule"),
    "random_state": ({"random_state": "a"}, "'random_state' parameter of simulate must be"),
    "leak": ({"neuron": LIF(time_constant=0.0)}, "'time_constant' parameter of LIF must be"),
}


@pytest.mark.parametrize("arguments, text", BAD.values(), ids=BAD)
def test_bad_arguments(arguments, text):
    with pytest.raises(ValueError, match=text):
        simulate(**{"circuit": COLUMN, "spikes": TRAINS, **arguments})


@pytest.mark.filterwarnings("ignore::reservoir.quantities.PlausibilityWarning")
def test_voltages_that_overflow_are_told():
    with pytest.raises(ValueError, match="voltages of LIF overflow"):
        simulate(COLUMN, TRAINS, currents=np.full((1, 8), -1e306), neuron=silent(threshold=1e308))
