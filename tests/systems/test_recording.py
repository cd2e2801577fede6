"""What is recorded over time, against a slow twin; and runs that go on from where others have stopped."""

import dataclasses
import tracemalloc

import numpy as np
import pytest

import reservoir
from reservoir import simulate
from reservoir.circuits import Circuit, MaassColumn, PoissonBackground, Projection
from reservoir.neurons import LIF, AdaptiveThreshold, Izhikevich
from reservoir.sizes import TooLargeError
from reservoir.spikes import SpikeTrains
from reservoir.systems import CircuitState

DT = 1e-4
OVER_TIME = {"v": True, "current": "E", "conductance": [3], "u": {"recurrent": True}, "R": {"recurrent": True}}


def circuit_of(seed, n_inputs=2):
    """Dynamic synapses, delays of 0 to 3 ms, conductances from channels, background, a unit that fires of itself."""
    rng = np.random.default_rng(seed)
    column = MaassColumn((3, 3, 3), weight_scale=2.0).draw(rng, n_inputs=n_inputs)
    channel, unit = np.nonzero(rng.random((n_inputs, 27)) < 0.5)
    inputs = Projection(channel, unit, 4e-7, rng.uniform(0, 3e-3, len(unit)), 5e-3, reversal=0.06)
    delays = rng.uniform(0, 3e-3, len(column.recurrent))
    return dataclasses.replace(
        column, recurrent=dataclasses.replace(column.recurrent, delay=delays), inputs=inputs,
        background=PoissonBackground(np.full(27, 500.0), 2e-10, 3e-3),
        spontaneous_rate=np.where(np.arange(27) == 5, 40.0, 0.0),
    )  # fmt: skip


def trains_of(seed, duration=0.1, n_channels=2):
    rng = np.random.default_rng(seed)
    times, units = rng.uniform(0, duration, 20), rng.integers(0, n_channels, 20)
    twice = [0.0301 if duration > 0.0301 else 0.0003] * 2
    return SpikeTrains(np.append(times, twice), np.append(units, [0, 0]), n_channels, duration)


CIRCUIT, TRAINS = circuit_of(0), trains_of(0)


def synapses_in_words(circuit, sent, n_steps):
    """u, R (n_steps, n_synapses) and the current (n_steps, n_units) of currents alone, before each step."""
    part, n_units = circuit.recurrent, circuit.n_units
    u, R = np.zeros((n_steps, len(part))), np.ones((n_steps, len(part)))
    current = np.zeros((n_steps + 1, n_units))
    kinds = np.unique(part.time_constant)
    flows = {tau: np.zeros(n_units) for tau in kinds}
    arriving = {}
    for s in range(len(part)):
        own_u, own_R, last = 0.0, 1.0, 0
        for step in sorted(step for step, unit in sent if unit == part.pre[s]):
            own_R = 1 + (own_R - own_u * own_R - 1) * np.exp(-(step - last) * DT / part.D[s])
            own_u = part.U[s] + own_u * (1 - part.U[s]) * np.exp(-(step - last) * DT / part.F[s])
            last, there = step, step + int(np.floor(part.delay[s] / DT + 0.5))
            u[there + 1 :, s], R[there + 1 :, s] = own_u, own_R
            arriving.setdefault(there, []).append((part.time_constant[s], part.post[s], part.weight[s] * own_u * own_R))
    for step in range(n_steps):
        for tau in kinds:
            flows[tau] *= np.exp(-DT / tau)
        for tau, unit, jump in arriving.get(step, []):
            flows[tau][unit] += jump
        current[step + 1] = sum(flows.values())
    return u, R, current[:-1]


def test_values_over_time_are_those_of_a_slow_twin():
    """Voltages are those at the end of the step before; a synapse is as the last spike that has arrived left it."""
    plain = dataclasses.replace(CIRCUIT, background=None, inputs=Projection([], [], [], [], []))
    pushed = np.full((1, 27), 4e-9)
    found = simulate(plain, TRAINS, currents=pushed, record=["voltages", OVER_TIME], random_state=0)
    sent = list(zip(found.spikes.steps(DT), found.spikes.units, strict=True))
    assert len(sent) > 50
    u, R, current = synapses_in_words(plain, sent, 1000)
    np.testing.assert_allclose(found.times, np.arange(1000) * DT, rtol=1e-12)
    np.testing.assert_array_equal(found.v[1:], found.voltages[:-1])
    assert (found.v[0] >= 0.0135).all() and (found.v[0] <= 0.015).all()
    np.testing.assert_allclose(found.u["recurrent"], u, rtol=1e-12)
    np.testing.assert_allclose(found.R["recurrent"], R, rtol=1e-12)
    np.testing.assert_allclose(found.current, current[:, plain.excitatory], rtol=1e-12, atol=1e-22)
    assert not found.conductance.any() and found.v.shape == (1000, 27)


def test_conductances_and_what_flows_through_them():
    """A spike of channel 0: G = w exp(-t / tau), and the current G (E - v)."""
    inputs = Projection([0, 0], [0, 0], [1e-8, 2e-8], 0.0, [5e-3, 2e-3], reversal=[0.06, -0.01])
    circuit = Circuit([True], Projection([], [], [], [], []), inputs, 1)
    found = simulate(circuit, SpikeTrains([0.001], [0], 1, 0.02),
                     record={"v": 0, "current": 0, "conductance": True})  # fmt: skip
    since = np.maximum(0, np.arange(200) - 11) * DT
    open_ = np.where(np.arange(200) > 10, [[1e-8], [2e-8]] * np.exp(-since / [[5e-3], [2e-3]]), 0.0)
    np.testing.assert_allclose(found.conductance[:, 0], open_.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.current[:, 0], (open_ * ([[0.06], [-0.01]] - found.v.T)).sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("period, every", [(None, 1), (3e-4, 3), (0.0071, 71), (1.0, 10_000)])
def test_recording_changes_no_spike_and_a_period_takes_every_so_many_rows(period, every):
    whole = simulate(CIRCUIT, TRAINS, record=OVER_TIME, random_state=0)
    found = simulate(CIRCUIT, TRAINS, record=("state", OVER_TIME), period=period, random_state=0)
    assert found.spikes == whole.spikes == simulate(CIRCUIT, TRAINS, random_state=0).spikes
    np.testing.assert_array_equal(found.times, whole.times[::every])
    for name in ("v", "current", "conductance"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name)[::every])
    np.testing.assert_array_equal(found.u["recurrent"], whole.u["recurrent"][::every])


def test_variables_of_units_by_their_names():
    """theta of a unit counts its spikes, and decays in 1e4 s; of a mixture only units that have a variable have it."""
    plain = dataclasses.replace(CIRCUIT, inputs=Projection([0], [0], 1e-9, 0.0, 3e-3), background=None,
                                recurrent=Projection([], [], [], [], []))  # fmt: skip
    options = {"currents": np.full((1, 27), 4e-9), "random_state": 0, "period": 1e-3}
    found = simulate(plain, TRAINS, neuron=AdaptiveThreshold(), record={"theta": "I", "v": slice(0, 4)}, **options)
    units = np.flatnonzero(~plain.excitatory)
    assert found.theta.shape == (100, len(units)) and found.v.shape == (100, 4)
    for column, unit in enumerate(units):
        steps = found.spikes.steps(DT)[found.spikes.units == unit]
        counts = (steps[None] < np.arange(0, 1000, 10)[:, None]).sum(axis=1)
        np.testing.assert_allclose(found.theta[:, column], 0.05e-3 * counts, rtol=1e-4)
    mixed = {"E": LIF(), "I": Izhikevich()}
    found = simulate(plain, TRAINS, neuron=mixed, record={"recovery": "I", "v": True}, **options)
    assert found.recovery.shape == (100, len(units)) and (found.v[:, units] < -0.03).any()
    with pytest.raises(ValueError, match=r"'record' parameter of simulate must be units that have 'recovery'"):
        simulate(plain, TRAINS, neuron=mixed, record={"recovery": True})


def test_memory_is_that_of_what_was_asked_for():
    trains, peaks = SpikeTrains([0.1], [0], 2, 2.0), []
    for options in ({}, {"record": {"v": [0]}, "period": 0.01}):
        simulate(CIRCUIT, trains, **options)
        tracemalloc.start()
        simulate(CIRCUIT, trains, **options)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 8 * 20_000 * 27 / 10
    with pytest.raises(TooLargeError, match="The 'record' parameter of simulate must be small enough"):
        simulate(CIRCUIT, SpikeTrains([], [], 2, 10.0), record={"v": np.zeros(10**6, int)})


BAD = {
    "name": ({"record": {"w": [0]}}, "'record' parameter of simulate must be a dict of variables that units have, v"),
    "unit": ({"record": {"v": [27]}}, r"'record' parameter of simulate must be units, .* in \[0, 27\), for 'v'"),
    "population": ({"record": {"v": "X"}}, "'name' parameter of Circuit.population must be"),
    "projection": ({"record": {"u": {"slow": [0]}}}, "'record' parameter .* recurrent or inputs. Got 'slow'"),
    "synapse": ({"record": {"u": {"recurrent": [-1]}}}, "'record' parameter .* synapses of 'recurrent'"),
    "static": ({"record": {"u": {"inputs": [0]}}}, "'record' parameter .* that synapses of 'inputs' have, weights"),
    "none learns": ({"record": {"weights": [0]}}, "'record' parameter .* by projection where none learns"),
    "mixture": ({"record": (["v"],)}, "'record' parameter of simulate must be a tuple of names among"),
    "period": ({"record": {"v": [0]}, "period": 2.5e-4}, "'period' parameter .* whole multiple of dt, 0.0001 s"),
    "no dict": ({"period": 1e-3}, "'period' parameter of simulate must be None where nothing"),
    "state": ({"state": 1}, "'state' parameter of simulate must be None, a CircuitState"),
}


@pytest.mark.parametrize("arguments, text", BAD.values(), ids=BAD)
def test_bad_arguments(arguments, text):
    with pytest.raises(ValueError, match=text):
        simulate(CIRCUIT, TRAINS, **arguments)


# Going on


@pytest.mark.parametrize("cut", [0.0302, 0.0005])
def test_two_runs_are_one(cut, tmp_path):
    """With noise, background, delays, two spikes of a channel on their way, and a file in between; lists too."""
    record = ["voltages", "state", OVER_TIME]
    options = {"neuron": LIF(noise=5e-4), "record": record}
    trains = [TRAINS, trains_of(1)]
    whole = simulate(CIRCUIT, trains, random_state=7, period=4e-4, **options)
    first = simulate(CIRCUIT, [one.window(0, cut) for one in trains], random_state=7, period=4e-4, **options)
    for k, one in enumerate(first):
        reservoir.save(one.state, tmp_path / f"{k}.npz")
    states = [reservoir.load(tmp_path / f"{k}.npz") for k in range(2)]
    rest = [one.window(cut, one.duration) for one in trains]
    second = simulate(CIRCUIT, rest, state=states, period=4e-4, **options)
    for one, other, both in zip(first, second, whole, strict=True):
        steps = np.concatenate([one.spikes.steps(DT), round(cut / DT) + other.spikes.steps(DT)])
        np.testing.assert_array_equal(steps, both.spikes.steps(DT))
        for name in ("voltages", "v", "current", "conductance"):
            np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in (one, other)]),
                                          getattr(both, name))  # fmt: skip
        for name in ("u", "R"):
            pieces = np.concatenate([getattr(part, name)["recurrent"] for part in (one, other)])
            np.testing.assert_allclose(pieces, getattr(both, name)["recurrent"], rtol=1e-12)
        np.testing.assert_allclose(np.append(one.times, cut + other.times), both.times, rtol=0, atol=1e-12)
        assert other.state.step == both.state.step == 1000 and other.state.trial == both.state.trial
    assert "before step 1000 of trial 1" in repr(second[1].state)
    again = simulate(CIRCUIT, rest[1], state=states[1], neuron=LIF(noise=5e-4))
    assert again.spikes == second[1].spikes  # a state is not used up


def test_a_state_is_that_of_its_circuit():
    state = simulate(CIRCUIT, TRAINS, record="state", random_state=0).state
    other = MaassColumn((2, 2, 2)).draw(np.random.default_rng(0), n_inputs=2)
    for arguments, text in [
        ({"circuit": other}, "'state' parameter of simulate must be a state of the same circuit"),
        ({"neuron": AdaptiveThreshold()}, "'state' parameter of simulate must be a state of the same circuit, units"),
        ({"dt": 2e-4}, "'state' parameter of simulate must be a state of the same dt"),
        ({"random_state": 1}, "'random_state' parameter of simulate must be left out"),
        ({"trial": 3}, "'trial' parameter of simulate must be left out"),
        ({"spikes": [TRAINS]}, "'state' parameter of simulate must be None or one state for each of 1"),
        ({"state": dataclasses.replace(state, engine="brian2")}, "'state' parameter .* same engine, numba"),
    ]:
        with pytest.raises(ValueError, match=text):
            simulate(**({"circuit": CIRCUIT, "spikes": TRAINS, "state": state} | arguments))
    wrong = dict(state.arrays) | {"sent": np.array([[-1, 99]])}
    with pytest.raises(ValueError, match=r"'state' parameter .* same circuit, of 29 senders"):
        simulate(CIRCUIT, TRAINS, state=dataclasses.replace(state, arrays=wrong))
    with pytest.raises(ValueError, match="'arrays' parameter of CircuitState must be"):
        CircuitState("numba", {"v": np.array([np.nan])}, DT, 0, 0, 0)
