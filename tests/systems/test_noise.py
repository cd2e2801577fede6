"""Noise of rate systems: a trial is a trial, pieces are the whole, and all paths hear the same numbers."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import solve_discrete_lyapunov
from sklearn.base import clone

from reservoir import DeepEchoState, EchoState, load, save
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.neurons import rate
from reservoir.readouts import Force, LeastMeanSquares
from reservoir.systems import EchoStateLanes, TrialState
from reservoir.topologies import CirculantGraph, Hadamard, Random
from tests import oracles
from tests.house.own_parts import Residual
from tests.loops import looped
from tests.neurons.rate.adapting import Adapting

RNG = np.random.default_rng(3)
X = RNG.uniform(-1, 1, (40, 2))
RAGGED = [X[:9], X[:1], X[3:], X[:9]]
DENSE = RNG.uniform(-1, 1, (12, 12)) / 12
MATRICES = {"circulant": CirculantGraph(3), "sparse": Random(4), "dense": DENSE, "Hadamard": Hadamard()}
UNITS = [*(getattr(rate, name)() for name in rate.__all__), Residual(), Adapting()]
SYSTEMS = {
    **{name: EchoState(12, topology=part, noise=0.2, random_state=0) for name, part in MATRICES.items()},
    "float32": EchoState(12, noise=0.2, dtype="float32", random_state=0),
    **{type(unit).__name__: EchoState(12, unit=unit, noise=0.2, random_state=0) for unit in UNITS},
    "deep": DeepEchoState(EchoState(7, noise=0.2), random_state=0),
    "one noisy layer": DeepEchoState(layers=[EchoState(7), EchoState(5, noise=0.2)], random_state=0),
    "deep in deep": DeepEchoState(DeepEchoState(EchoState(4, noise=0.2), 2), 2, input_to_all=True, random_state=0),
}
EVERY = pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)


def with_noise(**parameters):
    return EchoState(12, **{"noise": 0.2, "random_state": 0, "topology": DENSE, "spectral_radius": None} | parameters)


def in_pieces(system, X, cut, trial):
    pieces, state = [], None
    for start in range(0, len(X), cut):
        states, state = system.run(X[start : start + cut], state, **({} if start else {"trial": trial}))
        pieces.append(states)
    return np.concatenate(pieces), state


@EVERY
@given(cut=st.integers(1, 39), trial=st.integers(0, 2**62))
def test_pieces_are_the_whole(system, cut, trial):
    system = clone(system).fit(X)
    whole, end = system.run(X, trial=trial)
    pieces, same_end = in_pieces(system, X, cut, trial)
    np.testing.assert_array_equal(whole, pieces)
    assert isinstance(end, TrialState) and (end.trial, end.step) == (same_end.trial, same_end.step) == (trial, 40)
    np.testing.assert_array_equal(end.values, same_end.values)
    np.testing.assert_array_equal(system.run(X, end)[0], system.run(X, same_end)[0])


@EVERY
def test_the_batch_changes_nothing(system):
    """Every sequence hears its own trial, whatever stands beside it."""
    system, trials = clone(system).fit(X), [5, 0, 2, 5]
    together, ends = system.run(RAGGED, trial=trials)
    for rows, trial, states, end in zip(RAGGED, trials, together, ends, strict=True):
        alone, alone_end = system.run(rows, trial=trial)
        np.testing.assert_array_equal(states, alone)
        np.testing.assert_array_equal(end.values, alone_end.values)
        assert (end.trial, end.step) == (trial, len(rows))
    np.testing.assert_array_equal(together[0], together[3])
    stack = np.stack([X[:9], X[3:12]])
    np.testing.assert_array_equal(system.run(stack, trial=np.array([4, 1]))[0][1], system.run(X[3:12], trial=1)[0])
    np.testing.assert_array_equal(system.run(stack, trial=4)[0], system.run(list(stack), trial=(4, 4))[0])
    for kind in (system.transform(RAGGED), system.run(RAGGED)[0], system.run(RAGGED, trial=[0] * 4)[0]):
        assert all(np.array_equal(a, system.transform(rows)) for a, rows in zip(kind, RAGGED, strict=True))
    tails = [rows[len(rows) // 2 :] for rows in RAGGED[2:]]
    heads, state = system.run([rows[: len(rows) // 2] for rows in RAGGED[2:]], trial=trials[2:])
    joined = [np.concatenate(pair) for pair in zip(heads, system.run(tails, state)[0], strict=True)]
    assert all(np.array_equal(a, b) for a, b in zip(joined, together[2:], strict=True))


@pytest.mark.parametrize("kind", rate.__all__)
@pytest.mark.parametrize("matrix", MATRICES)
def test_states_are_those_of_the_twin(kind, matrix):
    """A step at a time in NumPy, with its own Philox."""
    if (kind, matrix) == ("Euler", "Hadamard"):
        return  # a Hadamard matrix has no W - W^T
    unit = getattr(rate, kind)()
    system = EchoState(12, topology=MATRICES[matrix], unit=unit, noise=0.2, random_state=1).fit(X)
    if kind == "LeakyIntegrator":
        states = oracles.leaky_states(
            system.W_, system.W_in_, system.bias_, 1.0, X, noise=oracles.noise_of(system, 40, trial=6)
        )
        np.testing.assert_allclose(system.run(X, trial=6)[0], states, rtol=0, atol=1e-12)
    plain = EchoState(12, topology=MATRICES[matrix], random_state=1).fit(X)
    expected, _ = oracles.rate_states(oracles.RATE_UNITS[kind], system, plain.W_, X, trial=6)
    np.testing.assert_allclose(system.run(X, trial=6)[0], expected, rtol=0, atol=1e-11)


def test_trials_vary_by_the_noise_through_the_system():
    """Of a linear system the covariance over trials solves P = W P W^T + noise^2 I; between trials it is 0."""
    system = with_noise(activation="identity").fit(X)
    n_trials = 4000
    states = system.run([X] * n_trials, trial=range(n_trials))[0]
    last = np.array([own[-1] for own in states])
    expected = solve_discrete_lyapunov(DENSE, 0.04 * np.eye(12))
    np.testing.assert_allclose(np.cov(last.T), expected, rtol=0, atol=6 * expected.max() / np.sqrt(n_trials))
    np.testing.assert_allclose(last.mean(axis=0), system.without_noise().transform(X)[-1], atol=5 * 0.2 / 60)
    first, second = (np.array(states[k] - system.without_noise().transform(X)).ravel() for k in (0, 1))
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(first.size)
    np.testing.assert_array_equal(*system.run([X, X], trial=7)[0])


def test_chunks_of_silence_are_not_repeats():
    system = with_noise(bias_scaling=0.0).fit(X)
    silence = np.zeros((2000, 2))
    pieces, _ = in_pieces(system, silence, 500, 0)
    np.testing.assert_array_equal(pieces, system.transform(silence))
    chunks = pieces.reshape(4, -1)
    correlations = np.corrcoef(chunks) - np.eye(4)
    assert np.abs(correlations).max() < 5 / np.sqrt(chunks.shape[1])


def test_inputs_that_differ_a_little_hear_the_same_noise():
    system = with_noise(activation="identity").fit(X)
    quiet, other = system.without_noise(), X + 1e-6
    difference = system.transform(X) - system.transform(other)
    np.testing.assert_allclose(difference, quiet.transform(X) - quiet.transform(other), rtol=0, atol=1e-13)


def test_types_hear_the_same_noise():
    double, single = (with_noise(dtype=dtype, activation="identity").fit(X) for dtype in ("float64", "float32"))
    np.testing.assert_allclose(double.transform(X), single.transform(X), rtol=0, atol=1e-5)


def test_layers_and_members_have_noise_of_their_own():
    system = DeepEchoState(with_noise(activation="identity"), arrangement="grouped", random_state=0).fit(X)
    quiet = system.without_noise()
    layers = np.split(system.transform(np.zeros((900, 2))) - quiet.transform(np.zeros((900, 2))), 3, axis=1)
    correlations = np.corrcoef([layer.ravel() for layer in layers]) - np.eye(3)
    assert np.abs(correlations).max() < 5 / np.sqrt(layers[0].size)
    seeds = {layer._noise_seed for layer in system.layers_}
    ensemble = looped(with_noise(), washout=5, n_members=3).fit(X)
    assert len(seeds) == 3 == len({member.reservoir_._noise_seed for member in ensemble.members_})


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_lanes_hear_the_noise_of_the_trial(dtype):
    base = EchoState(12, dtype=dtype, random_state=4)
    settings = [{"noise": 0.2}, {"noise": 0.0}, {"noise": 0.1, "leak": 0.5}]
    for reservoir in (base, clone(base).set_params(unit=rate.EdgeOfStability())):
        own = settings if reservoir.unit is None else settings[:2]
        lanes = EchoStateLanes(reservoir, own).fit(X)
        runs = [np.concatenate([s for _, s in lanes.blocks(X, n, trial=3)], axis=1) for n in (40, 40, 7, 1)]
        assert all(np.array_equal(runs[0], run) for run in runs)
        for states, setting in zip(runs[0], own, strict=True):
            single = clone(reservoir).set_params(**setting).fit(X).run(X, trial=3)[0]
            np.testing.assert_allclose(states, single, rtol=0, atol=1e-12 if dtype == "float64" else 1e-5)
    with pytest.raises(ValueError, match="The 'trial' parameter of EchoStateLanes must be"):
        next(lanes.blocks(X, trial=-1))


class StepByStep(EchoState):
    """The same equation, which no compiled loop knows."""

    def run(self, X, state=None, *, trial=0):
        return super().run(X, state, trial=trial)


@pytest.mark.parametrize("readout", [Force(), LeastMeanSquares(0.01)])
def test_training_in_the_loop_hears_noise(readout):
    """Of series k trial k, in the compiled loop and step by step."""
    series = [X, X, X[:30]]
    options = {"noise": 0.01, "spectral_radius": 0.5, "random_state": 0}
    models = [looped(kind(12, **options), readout, washout=5).fit(series) for kind in (EchoState, StepByStep)]
    forecasts = [np.concatenate(model.forecast(5)) for model in models]
    np.testing.assert_allclose(*forecasts, rtol=0, atol=1e-9)
    quiet = looped(EchoState(12, **options | {"noise": 0.0}), readout, washout=5).fit(series)
    assert np.abs(np.concatenate(quiet.forecast(5)) - forecasts[0]).max() > 1e-6


def test_force_is_that_of_the_twin():
    system = with_noise()
    model = looped(system, Force(), washout=4, include_input=False).fit(X)
    fitted = model.reservoir_
    noise = oracles.noise_of(fitted, 39)
    expected = oracles.force(fitted.W_, fitted.W_in_, fitted.bias_, 1.0, X, X[1:], 4, Force().alpha, noise)
    np.testing.assert_allclose(model.readout_.coef_, expected, rtol=0, atol=1e-9)


@EVERY
def test_the_data_contract(system):
    check_sequence_estimator(system)


BAD_TRIALS = [
    -1,
    1.5,
    True,
    None,
    "a",
    [0, 1, 2],
    [0, -1],
    [0.0, 1.0],
    [[0], [1, 2]],
    2**63,
    np.array([1, 2**63], "u8"),
]


@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize("trial", BAD_TRIALS, ids=repr)
@pytest.mark.parametrize("kind", ["EchoState", "DeepEchoState"])
def test_bad_trials_are_refused(kind, trial, noise):
    system = EchoState(12, noise=noise) if kind == "EchoState" else DeepEchoState(EchoState(5, noise=noise))
    message = f"The 'trial' parameter of {kind} must be an integer"
    with pytest.raises(ValueError, match=message):
        system.fit(X).run([X, X], trial=trial)
    with pytest.raises(ValueError, match=message):
        system.run(X, trial=[0])


def states_for_two(n):
    known = TrialState(np.zeros(n), 3, 2)
    return [known, [known], [known] * 3, [known, np.zeros(n - 1)], [known, None]]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("kind", ["EchoState", "DeepEchoState"])
def test_bad_states_are_refused(kind, number):
    system = with_noise() if kind == "EchoState" else DeepEchoState(EchoState(4, noise=0.1))
    with pytest.raises(ValueError, match=f"The 'state' parameter of {kind} must be None or "):
        system.fit(X).run([X, X], states_for_two(12)[number])
    with pytest.raises(ValueError, match=f"The 'state' parameter of {kind} must be None or "):
        system.run(X, TrialState(np.zeros(3), 0, 0))


def test_a_state_goes_on_with_its_own_trial():
    system = with_noise().fit(X)
    _, state = system.run(X[:10], trial=3)
    expected = system.run(X, trial=3)[0][10:]
    for told in ({}, {"trial": 3}):
        np.testing.assert_array_equal(system.run(X[10:], state, **told)[0], expected)
    with pytest.raises(ValueError, match="The 'trial' parameter of EchoState must be left out, or 3 as in the state"):
        system.run(X[10:], state, trial=2)
    mixed = system.run([X[10:], X], [state, np.zeros(12)], trial=[0, 4])[0]
    np.testing.assert_array_equal(mixed[0], expected)
    np.testing.assert_array_equal(mixed[1], system.run(X, trial=4)[0])


@pytest.mark.parametrize("field", [
    {"trial": -1}, {"trial": 1.0}, {"step": -1}, {"step": None}, {"step": 2**63},
    {"values": np.zeros((1, 3))}, {"values": [np.inf]}, {"values": "rest"}, {"values": 0.0}, {"values": None},
])  # fmt: skip
def test_what_is_no_trial_state_is_refused(field):
    with pytest.raises(ValueError, match=f"The '{next(iter(field))}' parameter of TrialState must be an? "):
        TrialState(**{"values": np.zeros(3), "trial": 0, "step": 0} | field)


def test_states_can_be_kept(tmp_path):
    system = with_noise().fit(X)
    _, state = system.run(X, trial=5)
    expected = system.run(X, state)[0]
    save(state, tmp_path / "state")
    for same in (copy.copy(state), copy.deepcopy(state), pickle.loads(pickle.dumps(state)), load(tmp_path / "state")):
        np.testing.assert_array_equal(system.run(X, same)[0], expected)
        assert repr(same) == "<TrialState: 12 values before step 40 of trial 5>"


def test_a_quiet_system_has_plain_states():
    for system in (EchoState(12, random_state=0), DeepEchoState(EchoState(4), random_state=0)):
        states, final = system.fit(X).run(X)
        told, same = system.run(X, trial=7)
        np.testing.assert_array_equal(states, told)
        assert type(final) is np.ndarray is type(same) and type(system.run(RAGGED)[1]) is np.ndarray
        tail, end = system.run(X, TrialState(final, 5, 40))
        np.testing.assert_array_equal(tail, system.run(X, final)[0])
        assert type(end) is np.ndarray
    np.testing.assert_array_equal(system.run([X], [TrialState(final, 5, 40)])[0][0], tail)
