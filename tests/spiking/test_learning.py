"""Circuits that learn: normalised weights, units that fire of themselves, trials side by side and in processes."""

import dataclasses
import threading

import joblib
import numpy as np
import pytest

import spiking
from reservoir import load, save
from reservoir.circuits import Circuit, MaassColumn, Projection
from reservoir.neurons import LIF, AdaptiveThreshold
from reservoir.plasticity import Normalised, ReleaseSTDP, RewardSTDP
from reservoir.spikes import Counts, Latency, SpikeTrains
from spiking import STDP, Microcircuit, execution, simulate
from spiking._brian import run_trials
from tests.plasticity.plasticity_oracles import twin_of
from tests.spiking.test_same_spikes import NONE, trains_of

DT = 1e-3
COLUMN = MaassColumn((3, 3, 3), weight_scale=3.0, input_probability=1.0).draw(np.random.default_rng(0), n_inputs=5)


# Normalised weights


def scaled_twin(rule, weight, pre, post, arrivals, answers, n_steps):
    """Additive pair rule, synapse by synapse and step by step, with sums restored in every k-th step and the end."""
    stdp, w = rule.learning, weight.copy()
    sums = {unit: w[post == unit].sum() if rule.total is None else rule.total for unit in set(post)}
    r, o = np.zeros(len(w)), np.zeros(len(w))
    period = round(rule.every / DT)
    for step in range(n_steps):
        for s in range(len(w)):
            if step in arrivals[pre[s]]:
                w[s] = min(max(w[s] - stdp.w_max * stdp.A_minus * o[s], 0), stdp.w_max)
                r[s] += 1
            if step in answers[post[s]]:
                w[s] = min(w[s] + stdp.w_max * stdp.A_plus * r[s], stdp.w_max)
                o[s] += 1
        if step % period == 0:
            for unit, total in sums.items():
                w[post == unit] *= total / w[post == unit].sum()
        r, o = r * np.exp(-DT / stdp.tau_plus), o * np.exp(-DT / stdp.tau_minus)
    for unit, total in sums.items():
        w[post == unit] *= total / w[post == unit].sum()
    return w


@pytest.mark.parametrize("total", [None, 4e-12])
def test_normalised_weights_equal_their_twin(total):
    rng, n_steps = np.random.default_rng(0), 300
    pre, post = (ends.ravel() for ends in np.mgrid[:6, :4])
    weight = rng.uniform(0.1, 1.0, pre.size) * 1e-12
    rule = Normalised(STDP(A_plus=0.1, A_minus=0.12, tau_minus=0.03, w_max=1.5e-12), total=total, every=0.02)
    circuit = Circuit(np.ones(4, bool), NONE, Projection(pre, post, weight, 0.0, 3e-3), 6)
    steps = np.argwhere(rng.random((n_steps, 6)) < 0.06)
    currents = np.where(rng.random((n_steps, 4)) < 0.05, 1e-3, 0.0)
    still = LIF(background=0.0, initial=0.0, reset=0.0, refractory=DT)
    trains = SpikeTrains(steps[:, 0] * DT, steps[:, 1], 6, n_steps * DT)
    recording = simulate(
        circuit, trains, currents=currents, neuron=still, plasticity={"inputs": rule}, dt=DT, record="weights"
    )
    arrivals = [set(steps[steps[:, 1] == channel, 0].tolist()) for channel in range(6)]
    answers = [set(np.round(one / DT).astype(int).tolist()) for one in recording.spikes.to_lists()]
    assert sum(map(len, answers)) > 40
    twin = scaled_twin(rule, weight, pre, post, arrivals, answers, n_steps)
    np.testing.assert_allclose(recording.circuit.inputs.weight / 1e-12, twin / 1e-12, rtol=0, atol=1e-10)
    assert np.abs(twin / weight - 1).max() > 0.2


def test_what_normalised_refuses():
    part = COLUMN.recurrent
    for rule, name in [(Normalised(every=0), "every"), (Normalised(total=-1.0), "total"), (Normalised("a"), "learning"),
                       (Normalised(ReleaseSTDP()), "learning"), (Normalised(total=np.nan), "total")]:  # fmt: skip
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of Normalised must be"):
            rule.rule(part)
    assert Normalised().get_params()["every"] == 0.1
    assert Normalised(STDP()).set_params(learning__A_plus=0.3).rule(part).parameters["A_plus"] == (0.3, "1")


# Units that fire of themselves


@pytest.mark.parametrize("rule", [STDP(A_plus=0.1, A_minus=0.12), RewardSTDP([0.1, 0.2], 5.0)], ids=str)
def test_synapses_of_units_that_fire_of_themselves_learn(rule):
    rate = np.where(np.arange(27) % 3 == 0, 30.0, 0.0)
    circuit = dataclasses.replace(COLUMN, spontaneous_rate=rate)
    recording = simulate(
        circuit, trains_of(0, 0.3, 40), plasticity={"recurrent": rule}, record="weights", random_state=0
    )
    part, learned = circuit.recurrent, recording.circuit.recurrent.weight
    fired, learns = recording.spikes.to_lists(), rule.acts_on(part)
    w_max, own = twin_of(rule).w_max(rule, part.weight[learns]), rate[part.pre] > 0
    assert (learned != part.weight)[own & learns].sum() > 5 and not (learned != part.weight)[~learns].any()
    for s in np.flatnonzero(learns):
        arrivals = np.round((fired[part.pre[s]] + part.delay[s]) / 1e-4).astype(int)
        answers = (np.round(fired[part.post[s]] / 1e-4).astype(int) * 1e-4).tolist() if not rate[part.post[s]] else []
        given = (arrivals[arrivals < 3000] * 1e-4).tolist(), answers, 0.3
        twin = twin_of(rule).learn(rule, part.weight[s], w_max, *given)
        assert learned[s] == pytest.approx(twin, rel=0, abs=1e-12 * w_max)


# Trials side by side and in processes


def weights(recordings):
    return [one.circuit.recurrent.weight for one in recordings]


@pytest.fixture
def sizes(monkeypatch):
    """How many trials the networks have."""
    found, run = [], execution.run_trials
    monkeypatch.setattr(execution, "run_trials", lambda network, trials, **options: (
        found.append(len(trials)) or run(network, trials, **options)))  # fmt: skip
    return found


def test_trials_that_learn_are_tiles_where_they_last_as_long(sizes):
    """Each begins with the same weights, and ends with those that it has when it is alone."""
    trains = [trains_of(seed, duration, 60) for seed, duration in enumerate((0.1, 0.1, 0.15, 0.1, 0.1))]
    options = {"plasticity": {"recurrent": STDP(A_plus=0.1)}, "record": "weights", "random_state": 0}
    together = simulate(COLUMN, trains, **options)
    assert sizes == [2, 1, 2]
    alone = [simulate(COLUMN, one, trial=k, **options) for k, one in enumerate(trains)]
    for one, other in zip(weights(together), weights(alone), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len({values.tobytes() for values in weights(together)}) == 5


def test_processes_change_nothing(monkeypatch):
    monkeypatch.setattr(execution, "_TILES", 2)
    trains = [trains_of(seed, 0.05, 60) for seed in range(5)]
    options = {"plasticity": {"recurrent": STDP(A_plus=0.1)}, "record": "weights", "random_state": 0}
    options["neuron"] = LIF(noise=1e-4)
    alone, spread = (simulate(COLUMN, trains, n_jobs=n_jobs, **options) for n_jobs in (1, 2))
    assert sum(len(one.spikes) for one in alone) > 50
    assert [one.spikes for one in alone] == [one.spikes for one in spread]
    for one, other in zip(weights(alone), weights(spread), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("rule", [STDP(A_plus=0.1), Normalised(STDP(A_plus=0.1), every=0.01)], ids=str)
def test_a_microcircuit_in_processes(rule):
    rng = np.random.default_rng(0)
    X = [rng.random((5, 2)) for _ in range(3)]
    part = Microcircuit(MaassColumn((2, 2, 2)), encoder=Latency(), plasticity={"recurrent": rule}, random_state=0)
    states = [part.set_params(n_jobs=n_jobs, twin=False).fit_transform(X) for n_jobs in (1, 2)]
    for one, other in zip(*states, strict=True):
        np.testing.assert_array_equal(one, other)


def learned_circuit(neuron):
    """A microcircuit that has learned two series, and these."""
    part = Microcircuit(
        MaassColumn((3, 3, 3), weight_scale=3.0), neuron, encoder=Latency(), plasticity={"recurrent": STDP()},
        random_state=0, dt=2e-4,
    )  # fmt: skip
    X = [np.random.default_rng(k).random((10, 2)) for k in range(2)]
    return part.fit(X), X


def test_thresholds_stay_as_learning_has_left_them():
    """Runs begin with them, and do not move them: in the end of a long run units are as busy as in its beginning."""
    learned, X = learned_circuit(AdaptiveThreshold(increment=3e-4))
    fresh = Microcircuit(**{**learned.get_params(deep=False), "plasticity": None}).fit(X)
    first, again, naive = learned.transform(X[0]), learned.transform(X[0]), fresh.transform(X[0])
    np.testing.assert_array_equal(first, again)
    assert first.sum() < 0.8 * naive.sum()
    np.testing.assert_allclose(learned.set_params(twin=False).transform(X[0]), first, rtol=0, atol=1e-12)
    long = np.tile(X[0], (50, 1))
    still = learned.set_params(twin=True).transform(long).reshape(50, -1).sum(axis=1)
    assert still[1] > 0 and still[-1] == pytest.approx(still[1], rel=0.2)
    dying, _ = learned_circuit(AdaptiveThreshold(increment=3e-4, still_after_learning=False))
    assert dying.transform(long).reshape(50, -1).sum(axis=1)[-1] < 0.5 * still[-1]
    with pytest.raises(ValueError, match="The 'still_after_learning' parameter of AdaptiveThreshold must be"):
        learned_circuit(AdaptiveThreshold(still_after_learning="yes"))


@pytest.mark.parametrize("neuron", [
    AdaptiveThreshold(increment=(1e-3, 0.0)), {"E": AdaptiveThreshold(increment=1e-3), "I": LIF()},
], ids=["a pair", "records"])  # fmt: skip
def test_thresholds_of_excitatory_units_alone(neuron, tmp_path):
    """In both engines, in pieces, and from a file."""
    learned, X = learned_circuit(neuron)
    theta, excites = learned.learned_variables_["theta"], learned.circuit_.excitatory
    assert theta[excites].max() > 2e-3 and not theta[~excites].any() and (~excites).any()
    states = learned.transform(X[0])
    head, state = learned.run(X[0][:7])
    np.testing.assert_array_equal(np.concatenate([head, learned.run(X[0][7:], state)[0]]), states)
    np.testing.assert_array_equal(learned.learned_variables_["theta"], theta)
    save(learned, tmp_path / "learned.npz")
    copy = load(tmp_path / "learned.npz")
    np.testing.assert_array_equal(copy.transform(np.tile(X[0], (3, 1))), learned.transform(np.tile(X[0], (3, 1))))
    np.testing.assert_array_equal(copy.learned_variables_["theta"], theta)
    np.testing.assert_allclose(learned.set_params(twin=False).transform(X[0]), states, rtol=0, atol=1e-12)


def test_a_trace_that_does_not_fit_the_step_is_refused_before_anything_is_learned(monkeypatch):
    monkeypatch.setattr(spiking.microcircuit, "run_job", lambda *given, **options: pytest.fail("it learns"))
    part = Microcircuit(
        MaassColumn((2, 2, 2)), plasticity={"recurrent": STDP()}, trace=Counts(0.1), step=0.16, twin=False
    )
    with pytest.raises(ValueError, match="The 'window' parameter of Counts must be a whole multiple of the step"):
        part.fit(np.random.default_rng(0).random((3, 2)))
    assert not hasattr(part, "circuit_")


def test_traces_at_the_end():
    """Sums over the spikes, discounted to the end; none where nothing learns."""
    trains, delay = trains_of(3, 0.3, 60), COLUMN.recurrent.delay
    rules = {"recurrent": STDP(tau_plus=0.03, tau_minus=0.01)}
    recording = simulate(COLUMN, trains, plasticity=rules, record="traces", random_state=0)
    part, fired = COLUMN.recurrent, recording.spikes.to_lists()
    learns, traces = part.weight > 0, recording.traces["recurrent"]
    assert list(traces) == ["arrivals", "answers"] and list(recording.traces) == ["recurrent"]
    assert recording.circuit is None and not traces["arrivals"][~learns].any()
    for s in np.flatnonzero(learns):
        arrived = fired[part.pre[s]] + np.floor(delay[s] / 1e-4 + 0.5) * 1e-4
        expected = np.exp(-(0.3 - arrived[arrived < 0.3 - 1e-9]) / 0.03).sum()
        assert traces["arrivals"][s] == pytest.approx(expected, abs=1e-10)
        assert traces["answers"][s] == pytest.approx(np.exp(-(0.3 - fired[part.post[s]]) / 0.01).sum(), abs=1e-10)
    assert traces["arrivals"].max() > 0.1


def test_a_weight_that_has_come_to_zero_goes_on_learning():
    """And keeps its kind: the sign of zero tells it."""
    rules = {"recurrent": STDP(A_plus=1.0, A_minus=1.5, tau_minus=0.05, w_max=4 * COLUMN.recurrent.weight.max())}
    options = {"plasticity": rules, "record": "weights", "random_state": 0}
    first = simulate(COLUMN, trains_of(1, 0.3, 60), **options).circuit
    zero = (first.recurrent.weight == 0) & (COLUMN.recurrent.weight > 0)
    assert zero.sum() > 3
    np.testing.assert_array_equal(np.signbit(first.recurrent.weight), COLUMN.recurrent.weight < 0)
    second = simulate(first, trains_of(2, 0.3, 60), **options).circuit
    assert (second.recurrent.weight[zero] > 0).any()


# Before workers and threads start


def test_warm_up():
    spiking.warm_up()
    spiking.warm_up(COLUMN, neuron=LIF(), plasticity={"recurrent": STDP()})
    found = []
    thread = threading.Thread(target=lambda: found.append(simulate(COLUMN, trains_of(0, 0.02), random_state=0)))
    thread.start()
    thread.join()
    assert found[0].spikes.n_units == 27
    answers = joblib.Parallel(n_jobs=2)(joblib.delayed(spiking.warm_up)() for _ in range(2))
    assert answers == [None, None]


def test_a_program_gets_no_more_random_numbers_than_fit(monkeypatch):
    """Fewer tiles then, of which every answer is the same."""
    asked = []

    def run(network, trials, **options):
        asked.append((options["codegen"], len(trials)))
        return run_trials(network, trials, **{**options, "codegen": "numpy"})

    monkeypatch.setattr(execution, "run_trials", run)
    monkeypatch.setattr(execution, "_run_as_a_program", lambda work, batch: work(batch))  # not in another process
    options = {"neuron": LIF(noise=1e-4), "random_state": 0, "codegen": "standalone"}
    whole = simulate(COLUMN, [trains_of(k, 0.02) for k in range(5)], **options)
    monkeypatch.setattr(execution, "_NUMBERS_OF_A_PROGRAM", 2 * 200 * COLUMN.n_units)
    parts = simulate(COLUMN, [trains_of(k, 0.02) for k in range(5)], **options)
    assert asked == [("standalone", 5), ("standalone", 2), ("standalone", 2), ("standalone", 1)]
    assert [one.spikes for one in whole] == [one.spikes for one in parts]
