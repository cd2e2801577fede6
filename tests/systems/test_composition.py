"""Systems that are made of others: their states are those of the parts, one behind the other or coupled."""

import numpy as np
import pytest
from sklearn.base import clone

from reservoir import EchoState, LiquidState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.circuits import MaassColumn
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.probes import lyapunov_exponent, memory_capacity
from reservoir.readouts import RidgeReadout
from reservoir.systems import NVAR, Bidirectional, Chain, Delays, Parallel, Reversed, SideBySide
from tests.loops import looped

RNG = np.random.default_rng(3)
RAGGED = [RNG.uniform(-1, 1, size=(n, 2)) for n in (1, 2, 17, 30)]
SERIES = RAGGED[3]
FAST = EchoState(8, random_state=0)
SLOW = EchoState(5, leak=0.2, dtype="float32", random_state=1)
NOISY = EchoState(4, noise=0.1, random_state=2)
LIQUID = LiquidState(MaassColumn((2, 2, 2)), random_state=0)
COUPLED = Parallel([("a", FAST), ("b", NOISY)], feedback=[("b", "a"), ("a", "b"), ("b", "b")])
LOOPED = Chain([("a", FAST), ("b", NOISY)], feedback=[("b", "a")])


def same(found, expected):
    return all(np.array_equal(*pair) for pair in zip(found, expected, strict=True))


@pytest.mark.parametrize("part", [FAST, NOISY, NVAR(), Reversed(FAST), LIQUID, SideBySide([FAST, SLOW])])
@pytest.mark.parametrize("kind", [Chain, Parallel])
def test_composition_of_one_is_the_part(kind, part):
    assert same(kind([part]).fit(RAGGED).transform(RAGGED), clone(part).fit(RAGGED).transform(RAGGED))


def test_chains_are_associative():
    parts = [NVAR(2, 2), FAST, SLOW, Delays([0, 3])]
    whole = Chain(parts).fit(RAGGED).transform(RAGGED)
    for cut in (1, 2, 3):
        assert same(Chain([Chain(parts[:cut]), Chain(parts[cut:])]).fit(RAGGED).transform(RAGGED), whole)
    by_hand = RAGGED
    for part in parts:
        by_hand = clone(part).fit(by_hand).transform(by_hand)
    assert same(whole, by_hand)


def test_in_parallel_without_feedback_is_side_by_side():
    parts = [("a", FAST), ("b", SLOW)]
    assert same(Parallel(parts).fit(RAGGED).transform(RAGGED), SideBySide(parts).fit(RAGGED).transform(RAGGED))


def tanh_step(system, state, heard):
    """The equation of an `EchoState` with leak 1."""
    W = system.W_.toarray() if hasattr(system.W_, "toarray") else system.W_
    return np.tanh(W @ state + system.W_in_ @ heard + system.bias_)


@pytest.mark.parametrize("kind", [Chain, Parallel])
def test_feedback_is_heard_a_row_later(kind):
    other = EchoState(4, random_state=2)
    system = kind([("a", FAST), ("b", other)], feedback=[("b", "a"), ("a", "b")]).fit(SERIES)
    a, b, expected = np.zeros(8), np.zeros(4), []
    for row in SERIES:
        before = a
        a = tanh_step(system.systems_[0], a, np.concatenate([row, b]))
        heard = a if kind is Chain else row
        b = tanh_step(system.systems_[1], b, np.concatenate([heard, before]))
        expected.append(b if kind is Chain else np.concatenate([a, b]))
    np.testing.assert_allclose(system.transform(SERIES), expected, atol=1e-12)


def test_feedback_makes_one_reservoir_of_two():
    """Two coupled parts are a reservoir whose matrix has their weights as blocks."""
    parts = Parallel([("a", FAST), ("b", EchoState(4, random_state=2))], feedback=[("b", "a"), ("a", "b")]).fit(SERIES)
    a, b = parts.systems_
    W = np.block([[a.W_.toarray(), a.W_in_[:, 2:]], [b.W_in_[:, 2:], b.W_.toarray()]])
    inputs, bias = np.vstack([a.W_in_[:, :2], b.W_in_[:, :2]]), np.concatenate([a.bias_, b.bias_])
    one = EchoState(12, topology=W, spectral_radius=None, input_weights=inputs, bias=bias).fit(SERIES)
    np.testing.assert_allclose(parts.transform(SERIES), one.transform(SERIES), atol=1e-12)


@pytest.mark.parametrize("system", [
    Chain([FAST, NOISY]), Chain([Delays(3), FAST, Delays([0, 2])]), COUPLED, LOOPED, Chain([COUPLED, SLOW]),
], ids=["chain", "delays", "coupled", "looped", "nested"])  # fmt: skip
def test_in_pieces_is_at_once(system):
    system.fit(RAGGED)
    whole, _ = system.run(SERIES, trial=2)
    head, between = system.run(SERIES[:11], trial=2)
    tail, _ = system.run(SERIES[11:], between)
    assert np.array_equal(np.vstack([head, tail]), whole)
    one_by_one = [system.run(rows, trial=k)[0] for k, rows in enumerate(RAGGED)]
    assert same(system.run(RAGGED, trial=range(4))[0], one_by_one)
    heads, states = system.run([rows[:1] for rows in RAGGED[1:]])
    tails, _ = system.run([rows[1:] for rows in RAGGED[1:]], states)
    assert same([np.vstack(pair) for pair in zip(heads, tails, strict=True)], system.transform(RAGGED[1:]))


def test_noise_can_be_switched_off():
    for system in (COUPLED, LOOPED, Chain([FAST, NOISY]), Bidirectional(NOISY)):
        quiet = system.fit(SERIES).without_noise()
        assert quiet is not system and quiet.without_noise() is quiet
        assert not np.array_equal(quiet.transform(SERIES), system.transform(SERIES))


@pytest.mark.parametrize("model", [
    Chain([FAST, SLOW]), Chain(), Parallel(), Bidirectional(FAST), Bidirectional(SLOW, aligned=False),
    ReservoirRegressor(Chain([Delays(), FAST]), washout=3),
    ReservoirClassifier(Bidirectional(FAST, aligned=False), pooling="last"),
    looped(Chain([FAST, Delays()]), RidgeReadout(1.0), washout=3),
], ids=["chain", "default", "parallel", "both", "ends", "delays", "classes", "forecaster"])  # fmt: skip
def test_contract(model):
    check_sequence_estimator(model)


@pytest.mark.parametrize("part", [FAST, SLOW, NOISY, SideBySide([FAST, SLOW]), Chain([FAST, Delays(2)])])
def test_turning_the_input_around_swaps_the_halves(part):
    both = Bidirectional(part).fit(RAGGED)
    forwards = clone(part).fit(RAGGED).transform(RAGGED)
    for rows, turned, ahead in zip(
        both.transform(RAGGED), both.transform([x[::-1] for x in RAGGED]), forwards, strict=True
    ):
        n = ahead.shape[1]
        assert np.array_equal(rows[:, :n], ahead) and np.array_equal(rows[:, n:], turned[::-1, :n])
    ends = Bidirectional(part, aligned=False).fit(RAGGED).transform(SERIES)[-1]
    assert np.array_equal(ends, np.concatenate([forwards[3][-1], both.transform(SERIES[::-1])[-1, :n]]))


def test_what_looks_ahead_refuses_to_go_on():
    both = Bidirectional(FAST).fit(SERIES)
    with pytest.raises(ValueError, match="'state' parameter of Bidirectional must be None: it hears sequences from"):
        both.run(SERIES, both.run(SERIES)[1])
    for system in (Bidirectional(FAST), Chain([Delays(), Bidirectional(FAST)])):
        with pytest.raises(ValueError, match=r"a system whose states do not depend on rows to come \(causal = False\)"):
            ReservoirForecaster(system).fit(SERIES)
    with pytest.raises(ValueError, match="'feedback' parameter of Chain must be empty beside a system that cannot"):
        Chain([("a", Reversed(FAST)), ("b", FAST)], feedback=[("b", "a")]).fit(SERIES)


def test_probes_and_streams():
    chain = Chain([FAST, Delays([0, 2])])
    X = RNG.uniform(-0.5, 0.5, size=(200, 1))
    expected = lyapunov_exponent(FAST, X, method="two_trajectories", washout=50).largest
    assert lyapunov_exponent(chain, X, washout=50).largest == pytest.approx(expected, abs=0.05)
    options = {"n_steps": 400, "n_delays": 20, "washout": 30, "random_state": 0}
    assert memory_capacity(chain, **options).total > memory_capacity(FAST, **options).total
    model = ReservoirRegressor(chain, washout=3).fit(X, np.roll(X, 1))
    stream = model.stream(X[:190])
    assert np.array_equal([stream.step(row) for row in X[190:]], model.predict(X)[190:])


def test_parameters_by_name():
    chain = Chain([("one", clone(FAST)), ("two", clone(SLOW))], feedback=[("two", "one")])
    chain.set_params(one__leak=0.5, two=EchoState(3))
    assert chain.systems[0][1].leak == 0.5 and chain.fit_transform(SERIES).shape == (30, 3)
    plain = Chain([clone(FAST), clone(SLOW), Delays()])
    plain.set_params(**{"echostate-2__leak": 0.5, "delays__delays": 4})
    assert plain.systems[1].leak == 0.5 and plain.fit_transform(SERIES).shape == (30, 20)
    assert plain.set_params(delays=Delays(1)).systems[2].delays == 1
    assert Chain().set_params(reservoir__n_units=7).fit_transform(SERIES).shape == (30, 7)
    model = ReservoirRegressor(plain, n_members=2).fit(SERIES, SERIES)
    weights = [part.W_in_.tobytes() for member in model.members_ for part in member.reservoir_.systems_[:2]]
    assert len(set(weights)) == 4


@pytest.mark.parametrize("feedback", [3, [("a", "c")], ["a"], [("a", "b"), ("a", "b")], [("a",)], None])
def test_bad_feedback(feedback):
    with pytest.raises(ValueError, match="'feedback' parameter of Chain must be a list of different pairs"):
        Chain([("a", FAST), ("b", FAST)], feedback=feedback).fit(SERIES)


def test_bad_systems_and_states():
    with pytest.raises(ValueError, match="'systems' parameter of Chain must be None or a list of pairs"):
        Chain([("a", FAST), ("feedback", FAST)]).fit(SERIES)
    with pytest.raises(ValueError, match=r"The 'systems\['reservoirregressor'\]' parameter of Chain must be"):
        Chain([ReservoirRegressor()]).fit(SERIES)
    for state in (
        3,
        (np.zeros(8),),
        (np.zeros(8), np.zeros(4), 3),
        (np.zeros(8), np.zeros(4), (np.zeros(8), np.zeros(9))),
    ):
        with pytest.raises(ValueError, match="'state' parameter of Chain must be"):
            clone(LOOPED).fit(SERIES).run(SERIES, state)
    with pytest.raises(ValueError, match="whose number of states does not depend on what they hear"):
        Chain([("a", NVAR()), ("b", FAST)], feedback=[("b", "a")]).fit(SERIES)


def test_what_was_fitted_does_not_hear_of_later_parameters():
    for system, changes in (
        (LOOPED, {"feedback": []}), (Chain([FAST]), {"systems": [FAST, SLOW]}),
        (Chain([FAST, SLOW]), {"systems": [SLOW]}),
    ):  # fmt: skip
        fitted = clone(system).fit(SERIES)
        before = fitted.transform(SERIES)
        assert np.array_equal(fitted.set_params(**changes).transform(SERIES), before)
