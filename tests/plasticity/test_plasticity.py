"""Plasticity rules against plain twins, closed forms and what theory says of their fixed points."""

import dataclasses
import inspect

import numpy as np
import pytest
from sklearn.base import clone

from reservoir import neurons, plasticity
from reservoir.circuits import Circuit, MaassColumn, Projection
from reservoir.neurons import LIF
from reservoir.neurons.spiking.statements import coefficients_of
from reservoir.plasticity import (
    STDP,
    InhibitorySTDP,
    Normalised,
    OffsetSTDP,
    RateScaling,
    ReleaseSTDP,
    RewardSTDP,
    TripletSTDP,
)
from reservoir.spikes import SpikeTrains
from reservoir.systems.recording import NOTHING
from spiking import Equations, simulate
from spiking._brian import run_trials
from spiking.circuit_text import Trial, write_circuit
from tests.plasticity.plasticity_oracles import TWINS, twin_of

DT = 1e-3
AMPERE = 1e-12  # of the weights here: too small to make a unit fire
RULES = {
    name: part for name, part in vars(plasticity).items() if name in plasticity.__all__ and hasattr(part, "acts_on")
}
del RULES["Normalised"]  # it changes what another rule does, see its own test
VARIANTS = [variant for twin in TWINS.values() if twin.hears == "spikes" for variant in twin.variants]
NO_SYNAPSES = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0))
FORCED = LIF(background=0.0, initial=(0.0, 0.0), reset=0.0)


def wired(pre, post, weight, delay=0.0, **dynamics):
    """Channels that reach units; the units know nothing of one another."""
    inputs = Projection(pre, post, weight, delay, 3e-3, **dynamics)
    return Circuit(np.ones(max(post) + 1, dtype=bool), NO_SYNAPSES, inputs, n_inputs=max(pre) + 1)


def learn(rules, circuits, channels, n_steps, currents, neuron=FORCED):
    """What each rule has made of the synapses of its circuit, all in one simulation; and the spikes.

    channels : spikes (n, 2) of the channels, as (step, channel); currents : (n_rows, n_units), amperes.
    """
    networks = [write_circuit("test", circuit, neuron, {"inputs": rule}, DT)
                for rule, circuit in zip(rules, circuits, strict=True)]  # fmt: skip
    network = networks[0]._replace(paths=tuple(path for one in networks for path in one.paths))
    n_units = circuits[0].n_units
    events = np.unique(channels, axis=0) + np.array([0, n_units])
    (answer,) = run_trials(network, [Trial(np.zeros((1, n_units)), events, currents, n_steps)], "numpy", 0, NOTHING)
    found = [one.values["U" if "U" in path.rule.read else "w"]
             for path, one in zip(network.paths, answer.learned, strict=True)]  # fmt: skip
    return found, answer.spikes


def pulses(spikes, n_steps, n_units):
    """Currents that make units fire: spikes (n, 2), as (step, unit)."""
    currents = np.zeros((n_steps, n_units))
    currents[spikes[:, 0], spikes[:, 1]] = 1e-3
    return currents


def times(spikes, unit, delay=0.0):
    """Seconds at which spikes (n, 2) of a unit arrive."""
    return [(step + round(delay / DT)) * DT for step, one in spikes.tolist() if one == unit]


def changed(twin, part):
    """What the rule of a twin changes of the synapses, and the size by which it is counted."""
    return (part.U, 1) if twin.learns == "U" else (part.weight, AMPERE)


def expected(rule, circuit, channels, spikes, n_steps):
    """The twin, synapse by synapse."""
    twin, part, end = twin_of(rule), circuit.inputs, n_steps * DT
    values, _ = changed(twin, part)
    w_max = twin.w_max(rule, part.weight)
    return np.sign(values) * [
        twin.learn(
            rule, abs(values[s]), w_max, [t for t in times(channels, part.pre[s], part.delay[s]) if t < end - DT / 2],
            times(spikes, part.post[s]), end,
        )
        for s in range(len(part))
    ]  # fmt: skip


def random_circuit(rule, rng, n_channels=8, n_units=6):
    """Synapses between all channels and units, of the kind that the rule changes."""
    twin, (pre, post) = twin_of(rule), (ends.ravel() for ends in np.mgrid[:n_channels, :n_units])
    weight = (-1 if twin.inhibitory else 1) * rng.permutation(np.linspace(0.1, 1.0, pre.size)) * AMPERE
    delay = rng.integers(0, 6, pre.size) * DT
    dynamics = dict(U=rng.uniform(0.2, 0.8, pre.size), D=0.2, F=0.1) if twin.learns == "U" else {}
    return wired(pre, post, weight, delay, **dynamics)


def random_spikes(n_steps, n_units, rate, rng):
    return np.argwhere(rng.random((n_steps, n_units)) < rate * DT)


def test_every_rule_equals_its_twin():
    rng, n_steps = np.random.default_rng(0), 500
    circuits = [random_circuit(rule, rng) for rule in VARIANTS]
    channels, forced = random_spikes(n_steps, 8, 60, rng), random_spikes(n_steps, 6, 60, rng)
    found, spikes = learn(VARIANTS, circuits, channels, n_steps, pulses(forced, n_steps, 6))
    assert len(spikes) > 0.8 * len(forced) and len(spikes) > 80
    for rule, circuit, values in zip(VARIANTS, circuits, found, strict=True):
        twin = twin_of(rule)
        (start, scale), still = changed(twin, circuit.inputs), [twin.variants[place] for place in twin.still]
        learned = expected(rule, circuit, channels, spikes, n_steps)
        np.testing.assert_allclose(values / scale, learned / scale, rtol=0, atol=1e-12, err_msg=str(rule))
        if any(rule is one for one in still):
            np.testing.assert_array_equal(values, start)
        else:
            assert (np.abs(values - start) > 1e-6 * scale).mean() > 0.9, rule
        if getattr(rule, "w_max", None) is not None:
            assert values.min() >= -rule.w_max and values.max() <= rule.w_max
            assert ((values == 0) | (np.abs(values) > 0.9 * rule.w_max)).any()


def test_rules_that_hear_voltages_equal_their_twins():
    """Sines that cross the thresholds, of one period and another, and no spike of the receiver."""
    rng, n_steps, dt, start = np.random.default_rng(0), 400, 5e-4, -0.068
    names = {name: twin for name, twin in TWINS.items() if twin.hears == "voltages"}
    neuron = Equations("dv/dt = I / nF : volt", threshold="v > 1 * volt", initial={"v": start}, method="euler")
    currents = 1e-9 * np.cos(np.arange(n_steps)[:, None] / np.array([20.0, 40.0, 80.0]))
    currents *= np.array([1.6, 1.2, 0.8]) * np.sign(np.cos(np.arange(n_steps) / 160))[:, None]
    steps = np.argwhere(rng.random((n_steps, 4)) < 0.05)
    trains = SpikeTrains(steps[:, 0] * dt, steps[:, 1], 4, n_steps * dt)
    pre, post = (ends.ravel() for ends in np.mgrid[:4, :3])
    weight, delay = rng.uniform(0.1, 1.0, pre.size) * AMPERE, rng.integers(0, 6, pre.size) * dt
    circuit = wired(pre, post, weight * 1e-9, delay)  # so small that they do not move the voltage
    for rule in (variant for twin in names.values() for variant in twin.variants):
        w_max = twin_of(rule).w_max(rule, weight)
        small = clone(rule).set_params(w_max=w_max * 1e-9)
        options = {"currents": currents, "neuron": neuron, "dt": dt, "record": ("weights", "voltages")}
        found = simulate(circuit, trains, plasticity={"inputs": small}, codegen="numpy", **options)
        assert len(found.spikes) == 0
        v, arrived = np.vstack([np.full(3, start), found.voltages]), [np.array(one) for one in trains.to_lists()]
        twin = [twin_of(rule).learn(rule, weight[s], w_max, arrived[pre[s]] + delay[s], v[:, post[s]], dt)
                for s in range(pre.size)]  # fmt: skip
        learned = found.circuit.inputs.weight * 1e9
        np.testing.assert_allclose(learned / AMPERE, np.array(twin) / AMPERE, rtol=0, atol=1e-9, err_msg=str(rule))
        assert (learned > 1.01 * weight).any() and (learned < 0.99 * weight).any(), rule


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_twin(name):
    """With variants that are of the rule."""
    assert name in TWINS, f"a class {name} in tests/plasticity/plasticity_oracles.py"
    assert TWINS[name].variants and {type(one) for one in TWINS[name].variants} == {RULES[name]}


@pytest.mark.parametrize("share", [0.5, 0.55])
def test_a_window_is_what_a_lone_pair_does_to_the_twin(share):
    lags = np.array([-0.1, -0.031, -0.01, -1e-3, -1e-9, 0.0, 1e-9, 1e-3, 0.01, 0.031, 0.1])
    for rule in [rule for rule in VARIANTS if hasattr(rule, "window")]:
        pairs = [twin_of(rule).lone_pair(rule, share, lag) for lag in lags]
        np.testing.assert_allclose(rule.window(lags, share), pairs, rtol=0, atol=1e-12, err_msg=str(rule))
        if hasattr(rule, "reach"):
            around = np.abs(rule.window(np.array([-1, -0.2, 0.2, 1]) * rule.reach))
            assert around[[0, 3]].max() < 0.02 * np.abs(pairs).max() < 0.4 * around[1:3].max(), rule


def test_what_a_window_refuses():
    for rule, given, wrong in [(STDP(tau_plus=-1.0), (0.0,), "tau_plus"), (STDP(), ("a",), "lags"),
                               (STDP(), (0.0, 2.0), "share"), (ReleaseSTDP(), (0.0, None), "share"),
                               (STDP(mu_plus=-1), (0.0,), "mu_plus"),
                               (Normalised(LIF()), (0.0,), "learning")]:  # fmt: skip
        with pytest.raises(ValueError, match=rf"^The '{wrong}' parameter of {type(rule).__name__} must be .* Got "):
            rule.window(*given)
    inside = STDP(A_plus=0.3, tau_minus=0.05)
    np.testing.assert_array_equal(Normalised(inside).window([-0.01, 0.0]), inside.window([-0.01, 0.0]))
    assert Normalised(inside).reach == inside.reach == 0.25


def test_windows():
    """One pair a synapse: lags from -30 to 30 ms, counted from the arrival; lag 0 is arrival before answer."""
    lags = np.arange(-30, 31)
    delay, moment, units = 4, 60, np.arange(61)
    channels, forced = np.column_stack([np.full(61, moment - delay), units]), np.column_stack([moment + lags, units])
    excites = wired(units, units, np.full(61, AMPERE), delay * DT)
    inhibits = wired(units, units, np.full(61, -AMPERE), delay * DT)
    pairs, balance = STDP(A_plus=0.01, A_minus=0.02, tau_plus=0.015, tau_minus=0.03), InhibitorySTDP(eta=0.01)
    found, spikes = learn([pairs, balance], [excites, inhibits], channels, 120, pulses(forced, 120, 61))
    assert len(spikes) == 61
    seconds = lags * DT
    window = np.where(lags >= 0, 0.01 * np.exp(-seconds / 0.015), -0.02 * np.exp(seconds / 0.03))
    np.testing.assert_allclose((found[0] - AMPERE) / (2 * AMPERE), window, rtol=0, atol=1e-11)
    window = 0.01 * (np.exp(-np.abs(seconds) / 0.02) - 2 * 3 * 0.02)
    np.testing.assert_allclose((-found[1] - AMPERE) / (10 * AMPERE), window, rtol=0, atol=1e-11)


def geometric(first, ratio, count):
    """first (1 + ratio + ... ) of `count` terms."""
    return first * (1 - ratio**count) / (1 - ratio)


def pairing_change(p, interval, lag, n_pairs):
    """Exact change by regular pairs, in units of w_max."""
    n, (x, y) = np.arange(n_pairs), np.exp(-interval / np.array([p.tau_x, p.tau_y]))
    plus, minus = np.exp(-interval / np.array([p.tau_plus, p.tau_minus]))
    r2, o2 = geometric(x, x, n), geometric(y, y, n)
    r1 = geometric(np.exp(-lag / p.tau_plus), plus, n + 1) if lag > 0 else geometric(
        np.exp(-(lag + interval) / p.tau_plus), plus, n)  # fmt: skip
    o1 = geometric(np.exp((lag - interval) / p.tau_minus), minus, n) if lag > 0 else geometric(
        np.exp(lag / p.tau_minus), minus, n + 1)  # fmt: skip
    return (r1 * (p.A2_plus + p.A3_plus * o2)).sum() - (o1 * (p.A2_minus + p.A3_minus * r2)).sum()


def test_triplets_depend_on_the_rate_of_pairing():
    """Pairs of +10 ms strengthen the more the faster they come; those of -10 ms weaken when slow, not when fast."""
    n_pairs, intervals = 15, np.array([200, 100, 50, 40, 25, 20])
    lags = np.repeat([10, -10], len(intervals))
    steps = 50 + np.tile(intervals, 2)[:, None] * np.arange(n_pairs)
    units = np.arange(len(lags))
    channels = np.column_stack([steps.ravel(), np.repeat(units, n_pairs)])
    rule = TripletSTDP.fitted("visual cortex")
    circuit = wired(units, units, np.full(len(units), AMPERE))
    forced, n_steps = channels + np.repeat(lags, n_pairs)[:, None] * [1, 0], steps.max() + 20
    found, spikes = learn([rule], [circuit], channels, n_steps, pulses(forced, n_steps, len(units)))
    assert len(spikes) == len(channels)
    change = (found[0] - AMPERE) / (2 * AMPERE)
    theory = [pairing_change(rule, k * DT, lag * DT, n_pairs) for lag in (10, -10) for k in intervals]
    np.testing.assert_allclose(change, theory, rtol=0, atol=1e-12)
    after, before = np.split(change, 2)
    assert (np.diff(after) > 0).all() and before[0] < 0 < before[-1]


@pytest.mark.parametrize("late_spike", [True, False])
def test_rewards_are_earned_in_closed_form(late_spike):
    """One pair, one reward, one late spike or none, then the end: dw = w_max A d tau (1 - exp(-time / tau))
    discounted by the wait."""
    waits = np.array([1, 50, 300, 1000])
    moment, late = 20, 1500
    circuit = wired(range(4), range(4), np.full(4, AMPERE))
    channels = np.array([[step, unit] for unit in range(4) for step in (moment, late)[: 1 + late_spike]])
    forced = np.array([[moment + 5, unit] for unit in range(4)])
    rules = [RewardSTDP([(moment + 5 + wait) * DT], 2.0) for wait in waits]
    found, _ = learn([*rules, RewardSTDP([1.6])], [circuit] * 5, channels, late + 1, pulses(forced, late + 1, 4))
    late += 1  # the end
    both = 1 / (1 / 1.0 + 1 / 0.2)
    for wait, values in zip(waits, found, strict=False):
        c = 0.01 * np.exp(-5 * DT / 0.02) * np.exp(-wait * DT / 1.0)
        gain = c * 2.0 * both * (1 - np.exp(-(late - moment - 5 - wait) * DT / both))
        np.testing.assert_allclose((values - AMPERE) / (2 * AMPERE), gain, rtol=1e-9)
    np.testing.assert_allclose(found[-1], AMPERE, rtol=1e-14)  # nothing before the reward


def test_weights_and_rates_settle_as_theory_says():
    """Additive pairs split the weights in two, multiplicative ones do not; inhibition brings units to their rate.

    Unit 0 learns additively and unit 1 multiplicatively from 40 Poisson channels; the others hear 100 more through
    inhibitory synapses, against constant currents of many strengths. No distribution on [0, 1] with one peak has a
    variance above 1/9.
    """
    rng, n_steps, n_held, target = np.random.default_rng(0), 12_000, 12, 15.0
    n_units, w_max = 2 + n_held, 10e-9
    alike = [Projection(np.arange(40), np.full(40, unit), np.full(40, w_max / 2), 0.0, 5e-3) for unit in (0, 1)]
    pre, post = (ends.ravel() for ends in np.mgrid[40:140, 2:n_units])
    held = Projection(pre, post, np.full(pre.size, -1e-11), 0.0, 5e-3)
    circuits = [Circuit(np.ones(n_units, dtype=bool), NO_SYNAPSES, part, 140) for part in (*alike, held)]
    rules = [STDP(A_plus=0.05, A_minus=0.0625), STDP(A_plus=0.05, A_minus=0.05, mu_plus=1.0, mu_minus=1.0),
             InhibitorySTDP(eta=0.02, target_rate=target, w_max=1e-8)]  # fmt: skip
    currents = np.linspace(20e-9, 35e-9, n_held)
    free = 1 / (0.003 + 0.03 * np.log(currents / (currents - 15e-9)))
    assert (free > 1.3 * target).all() and free.max() > 3 * target
    found, spikes = learn(
        rules, circuits, random_spikes(n_steps, 140, 20, rng), n_steps, np.concatenate([[0, 0], currents])[None]
    )
    additive, multiplicative, inhibition = found
    assert np.var(additive / w_max) > 1.1 / 9 and np.var(multiplicative / w_max) < 0.01
    counts = np.bincount(spikes[spikes[:, 0] >= n_steps // 2, 1], minlength=n_units)
    np.testing.assert_allclose(counts[2:] / (n_steps // 2 * DT), target, rtol=0.05)
    assert -1e-8 < inhibition.min() and inhibition.max() <= 0


def test_a_circuit_that_learns_equals_the_twins_on_its_own_spikes():
    """`simulate`, with two rules, delays, dynamic synapses, two time constants and synapses that do not learn."""
    rng = np.random.default_rng(1)
    column = MaassColumn((3, 3, 3), weight_scale=2.0).draw(rng, n_inputs=3)
    delay = rng.integers(1, 30, len(column.recurrent)) * 1e-4
    column = dataclasses.replace(column, recurrent=dataclasses.replace(column.recurrent, delay=delay))
    steps = np.unique(rng.integers(0, 2500, (60, 2)) % [2500, 3], axis=0)
    trains = SpikeTrains(steps[:, 0] * 1e-4, steps[:, 1], 3, 0.25)
    rules = {"recurrent": STDP(A_plus=0.05, A_minus=0.06), "inputs": TripletSTDP(A3_plus=0.05, w_max=2e-7)}
    recording = simulate(column, trains, plasticity=rules, record="weights", random_state=0)
    listed, given = (record.to_lists() for record in (recording.spikes, trains))
    assert len(recording.spikes) > 100
    for name, rule in rules.items():
        before, after = getattr(column, name), getattr(recording.circuit, name)
        learns = rule.acts_on(before)
        assert learns.any()
        np.testing.assert_array_equal(after.weight[~learns], before.weight[~learns])
        w_max = twin_of(rule).w_max(rule, before.weight[learns])
        senders = listed if name == "recurrent" else given
        for s in np.flatnonzero(learns):
            arrivals = np.round((senders[before.pre[s]] + before.delay[s]) / 1e-4).astype(int)
            arrivals = arrivals[arrivals < 2500] * 1e-4
            answers = np.round(listed[before.post[s]] / 1e-4).astype(int) * 1e-4
            spikes_of_both = arrivals.tolist(), answers.tolist()
            twin = twin_of(rule).learn(rule, before.weight[s], w_max, *spikes_of_both, 0.25)
            assert after.weight[s] == pytest.approx(twin, rel=0, abs=1e-12 * w_max)


def test_a_bound_alone_moves_no_weight():
    """Exponential weights, of which some lie above twice the mean; a bound below them is refused."""
    rng = np.random.default_rng(2)
    circuit = wired(np.arange(40), np.zeros(40, int), rng.exponential(AMPERE, 40))
    still = [STDP(A_plus=0.0, A_minus=0.0), TripletSTDP(A2_plus=0, A3_plus=0, A2_minus=0, A3_minus=0),
             OffsetSTDP(A=0.0), RewardSTDP([0.1])]  # fmt: skip
    channels, forced = random_spikes(300, 40, 40, rng), random_spikes(300, 1, 40, rng)
    found, spikes = learn(still[:3], [circuit] * 3, channels, 300, pulses(forced, 300, 1))
    assert len(spikes) > 3 and (circuit.inputs.weight > 2 * circuit.inputs.weight.mean()).any()
    np.testing.assert_allclose(found, [circuit.inputs.weight] * 3, rtol=1e-12)
    for rule in still:
        with pytest.raises(ValueError, match=rf"'w_max' parameter of {type(rule).__name__} must be .* the largest"):
            clone(rule).set_params(w_max=AMPERE).rule(circuit.inputs)
        with pytest.raises(ValueError, match=rf"'w_max' parameter of {type(rule).__name__} must be given where all"):
            rule.rule(dataclasses.replace(circuit.inputs, weight=np.zeros(40)))


def test_scaling_brings_units_to_their_rate():
    """Whatever the weights are at first, and with their ratios; twice too strong here, or half as strong."""
    rng, n_steps, target = np.random.default_rng(3), 12_000, 20.0
    share = rng.uniform(0.5, 1.5, 60)
    pre, post = (ends.ravel() for ends in np.mgrid[:60, :2])
    circuit = wired(pre, post, share[pre] * np.where(post == 0, 1.5e-9, 6e-9))
    rule = RateScaling(target_rate=target, eta=0.1, tau_rate=0.3)
    found, spikes = learn([rule], [circuit], random_spikes(n_steps, 60, 40, rng), n_steps, np.full((1, 2), 13.5e-9))
    counts = np.bincount(spikes[spikes[:, 0] >= n_steps // 2, 1], minlength=2)
    np.testing.assert_allclose(counts / (n_steps // 2 * DT), target, rtol=0.1)
    for unit in (0, 1):
        ratios = found[0][post == unit] / circuit.inputs.weight[post == unit]
        np.testing.assert_allclose(ratios, ratios[0], rtol=1e-9)


def test_rules_name_their_populations():
    """Excitatory and inhibitory rules at once, each between its populations, equal each of them alone."""
    rng = np.random.default_rng(4)
    column = MaassColumn((3, 3, 3), weight_scale=2.0).draw(rng, n_inputs=3)
    column = dataclasses.replace(column, populations={"left": np.arange(27) < 14, "right": np.arange(27) >= 14})
    steps = np.unique(rng.integers(0, 1500, (90, 2)) % [1500, 3], axis=0)
    trains = SpikeTrains(steps[:, 0] * 1e-4, steps[:, 1], 3, 0.15)
    few, excites = column.recurrent.select(np.arange(30)), column.excitatory
    column = dataclasses.replace(column, projections={"more": few})
    rules = [STDP(A_plus=1e-5, A_minus=1e-5, between=("E", "E")), InhibitorySTDP(eta=1e-5, between=("I", "E")),
             TripletSTDP(between=("inputs", "left"))]  # fmt: skip
    learned = simulate(column, trains, plasticity=rules, record=("weights", "traces"), random_state=0)
    for name in ("recurrent", "more"):
        part, after = column.projection(name), learned.circuit.projection(name)
        changed, to_excitatory = after.weight != part.weight, excites[part.post]
        assert changed.any() and not (changed & ~to_excitatory).any()
        assert set(learned.traces[name]) == {"arrivals", "answers"}
        assert ((np.sign(after.weight) * part.weight) >= 0).all()
    assert (changed & excites[part.pre]).any() or (changed & ~excites[part.pre]).any()
    inputs = learned.circuit.inputs.weight != column.inputs.weight
    assert inputs.any() and not inputs[column.inputs.post >= 14].any()
    both = simulate(column, trains, plasticity={"recurrent": rules[:2]}, record="weights", random_state=0).circuit
    assert both.projection("more").equals(few) and both.inputs.equals(column.inputs)
    excitatory = column.recurrent.weight > 0
    for rule, mask in ((rules[0], excitatory), (rules[1], ~excitatory)):
        alone = simulate(column, trains, plasticity={"recurrent": rule}, record="weights", random_state=0).circuit
        assert (alone.recurrent.weight == column.recurrent.weight)[~mask].all()
        np.testing.assert_allclose(alone.recurrent.weight[mask], both.recurrent.weight[mask], rtol=1e-3)


@pytest.mark.parametrize("rules, wrong", [
    ({"recurrent": [STDP(), STDP(between=("E", "I"))]}, r"rules that do not share synapses \(\d+ in 'recurrent'\)"),
    ([STDP(), TripletSTDP()], "rules that do not share synapses"),
    ([InhibitorySTDP(between=("E", "I"))], "rules that act on a synapse; InhibitorySTDP.* finds none in 'recurrent'"),
    ({"inputs": STDP(between=("E", "E"))}, "a rule between 'inputs' and units in 'inputs'"),
    ({"others": STDP()}, "None, a list of rules or a dict of rules by projection, 'recurrent' or 'inputs'"),
    (STDP(), "None, a list of rules or a dict"), ([3], "a plasticity rule"),
    ({"recurrent": "STDP"}, "a plasticity rule"),
])  # fmt: skip
def test_rules_that_fit_no_synapse_are_refused(rules, wrong):
    column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"The 'plasticity' parameter of simulate must be {wrong}"):
        simulate(column, SpikeTrains([0.0], [0], 1, 0.01), plasticity=rules)
    for between in ("E", ("E",), ("E", 3), ("E", "nobody")):
        with pytest.raises(ValueError, match=r"The '(between|name)' parameter of \w+(\.population)? must be"):
            simulate(column, SpikeTrains([0.0], [0], 1, 0.01), plasticity=[STDP(between=between)])


def test_release_changes_what_is_passed_on():
    """A synapse whose U has grown to U_max passes on as one that has had this U from the beginning."""
    learning = wired([0], [0], [1e-9], U=[0.2], D=0.01, F=0.01)
    grown = wired([0], [0], [1e-9], U=[0.9], D=0.01, F=0.01)
    trains = SpikeTrains([0.01, 0.5], [0, 0], 1, 0.6)
    currents = pulses(np.array([[15, 0]]), 600, 1)
    rule = ReleaseSTDP(A_plus=1.0, U_max=0.9)
    one, other, plain = (
        simulate(circuit, trains, currents=currents, neuron=FORCED, dt=DT, record=("voltages", "weights"), plasticity=p)
        for circuit, p in ((learning, {"inputs": rule}), (grown, None), (learning, None))
    )
    assert one.circuit.inputs.U[0] == pytest.approx(0.9, rel=1e-9) and one.circuit.inputs.weight[0] == 1e-9
    jumps = [recording.voltages[500:].max() for recording in (one, other, plain)]
    assert jumps[0] == pytest.approx(jumps[1], rel=1e-6) and jumps[0] > 3 * jumps[2]


@pytest.mark.parametrize("name", RULES)
def test_every_parameter_is_checked(name):
    twin, part = TWINS[name], random_circuit(RULES[name](), np.random.default_rng(0)).inputs
    for parameter in set(RULES[name]().get_params()) - {"between"}:
        for bad in ("many", np.nan, [np.inf], True)[: 3 if parameter in twin.arrays else 4]:
            rule = RULES[name](**dict(twin.given) | {parameter: bad})
            with pytest.raises(ValueError, match=rf"The '{parameter}' parameter of {name} must be .* Got"):
                rule.rule(part)


@pytest.mark.parametrize(
    "name, wrong", [(name, wrong) for name, twin in TWINS.items() for wrong in twin.wrong], ids=str
)
def test_parameters_out_of_range(name, wrong):
    rule = RULES[name](**wrong)
    with pytest.raises(ValueError, match=rf"The '\w+' parameter of {name} must be .* Got"):
        rule.rule(random_circuit(rule, np.random.default_rng(0)).inputs)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"The 'data' parameter of TripletSTDP.fitted must be one of 'visual cortex'"):
        TripletSTDP.fitted("barrel cortex")
    with pytest.raises(ValueError, match="The 'projection' parameter of ReleaseSTDP must be one of dynamic synapses"):
        simulate(wired([0], [0], [1e-9]), SpikeTrains([0.0], [0], 1, 0.1), plasticity={"inputs": ReleaseSTDP()})


@pytest.mark.parametrize("name", RULES)
def test_every_exported_rule(name):
    """Text without names that Brian2 or the engine holds, parameters that it uses, and a page of documentation."""
    part, text = RULES[name](), inspect.getdoc(RULES[name])
    circuit = random_circuit(part, np.random.default_rng(0))
    assert part.acts_on(circuit.inputs).all()
    flipped = dataclasses.replace(circuit.inputs, weight=-circuit.inputs.weight)
    assert not part.acts_on(flipped).any()
    texts = [variant.rule(circuit.inputs) for variant in TWINS[name].variants]
    used = " ".join(
        line for rule in texts for line in (*rule.traces.values(), *rule.model, *rule.before, *rule.on_pre,
        *rule.on_post, *rule.on_step, *([] if rule.later is None else rule.later.text),
        *([] if rule.units is None else rule.units.model))
    )  # fmt: skip
    assert all(parameter in used for rule in texts for parameter in rule.parameters) and "_pre" not in used
    assert TWINS[name].hears == "voltages" or "_post" not in used
    own = {word for rule in texts for word in [*rule.parameters, *rule.traces]}
    own |= {line.split()[0] for rule in texts for block in rule.model for line in block.split("\n")}
    for unit in neurons.__all__:
        cells = getattr(neurons, unit)().cells(np.ones(1, bool), np.array([3e-3]), 1e-4)
        assert not own & {*coefficients_of(cells), *cells.statements().variables}
    for heading in ("Parameters", "Raises", "References", "Examples"):
        assert f"\n{heading}\n{'-' * len(heading)}\n" in text
    assert "doi:10." in text and all(parameter in text for parameter in part.get_params())
