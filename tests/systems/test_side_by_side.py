"""Systems side by side and backwards: their states are those of the systems alone."""

import numpy as np
import pytest
from sklearn.base import clone

from reservoir import EchoState, LiquidState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.circuits import MaassColumn
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.model_selection import ReservoirSearchCV
from reservoir.probes import diagnose, echo_state_index, lyapunov_exponent, memory_capacity, washout_estimate
from reservoir.readouts import RidgeReadout
from reservoir.systems import DeepEchoState, Reversed, SideBySide
from tests.loops import looped

RNG = np.random.default_rng(3)
RAGGED = [RNG.uniform(-1, 1, size=(n, 2)) for n in (1, 2, 17, 40)]
STACK = RNG.uniform(-1, 1, size=(3, 12, 2))
FAST, SLOW = (
    EchoState(8, random_state=0),
    EchoState(5, leak=0.2, dtype="float32", activation="identity", random_state=1),
)
LIQUID = LiquidState(MaassColumn((2, 2, 2)), random_state=0)


def pair(*systems):
    return SideBySide([(f"part{k}", part) for k, part in enumerate(systems)])


@pytest.mark.parametrize("parts", [
    [FAST, SLOW], [FAST, DeepEchoState(SLOW, 2, random_state=0)], [FAST], [FAST, LIQUID], [pair(FAST, SLOW), FAST],
], ids=["rates", "deep", "alone", "spikes", "nested"])  # fmt: skip
def test_states_are_those_of_the_parts(parts):
    both = pair(*parts).fit(RAGGED)
    alone = [clone(part).fit(RAGGED) for part in parts]
    for X in (RAGGED, STACK, RAGGED[3]):
        expected = [part.transform(X) for part in alone]
        if isinstance(X, list):
            joined = [np.concatenate(own, axis=1) for own in zip(*expected, strict=True)]
            assert all(np.array_equal(a, b) for a, b in zip(both.transform(X), joined, strict=True))
        else:
            assert np.array_equal(both.transform(X), np.concatenate(expected, axis=-1))


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_in_pieces_is_at_once(noise):
    both = pair(clone(FAST).set_params(noise=noise), SLOW).fit(RAGGED)
    whole, final = both.run(RAGGED[3], trial=2)
    head, between = both.run(RAGGED[3][:15], trial=2)
    tail, ended = both.run(RAGGED[3][15:], between)
    assert np.array_equal(np.vstack([head, tail]), whole)
    heads, states = both.run([x[:1] for x in RAGGED[1:]], trial=[0, 1, 2])
    tails, _ = both.run([x[1:] for x in RAGGED[1:]], states)
    at_once = both.run(RAGGED[1:], trial=[0, 1, 2])[0]
    assert all(np.array_equal(np.vstack(own), one) for *own, one in zip(heads, tails, at_once, strict=True))
    assert isinstance(final, tuple) and isinstance(ended, tuple) and isinstance(states[0], tuple)


def test_noise_is_of_each_and_can_be_switched_off():
    both = pair(clone(FAST).set_params(noise=0.1), SLOW).fit(STACK)
    noisy, quiet = both.transform(STACK), both.without_noise().transform(STACK)
    assert not np.array_equal(noisy[..., :8], quiet[..., :8]) and np.array_equal(noisy[..., 8:], quiet[..., 8:])
    plain = pair(FAST, SLOW).fit(STACK)
    assert plain.without_noise() is plain


@pytest.mark.parametrize(
    "part", [FAST, DeepEchoState(SLOW, 2, random_state=0), LIQUID, pair(FAST, SLOW), Reversed(FAST)]
)
def test_reversed_is_the_system_on_what_is_turned_around(part):
    turned, plain = Reversed(part).fit(RAGGED), clone(part).fit([x[::-1] for x in RAGGED])
    for X in (RAGGED, list(STACK)):
        expected = [own[::-1] for own in plain.transform([x[::-1] for x in X])]
        assert all(np.array_equal(a, b) for a, b in zip(turned.transform(X), expected, strict=True))
    assert np.array_equal(turned.transform(STACK)[1], turned.transform(STACK[1]))


def test_twice_turned_around_is_not_turned_around():
    assert np.array_equal(Reversed(Reversed(FAST)).fit(STACK).transform(STACK), clone(FAST).fit_transform(STACK))


@pytest.mark.parametrize("model", [
    ReservoirRegressor(pair(FAST, SLOW), washout=3), ReservoirClassifier(pair(FAST, Reversed(SLOW)), pooling="last"),
    ReservoirRegressor(Reversed(FAST)), pair(FAST, SLOW), Reversed(SLOW),
    looped(pair(FAST, SLOW), RidgeReadout(1.0), washout=3),
], ids=["steps", "pooled", "turned", "systems", "reversed", "forecaster"])  # fmt: skip
def test_contract(model):
    check_sequence_estimator(model)


def test_long_sequences_are_turned_around_whole():
    """Longer than the blocks in which models run others."""
    X = RNG.uniform(-0.5, 0.5, size=(9000, 1))
    y = np.roll(X[:, 0], -2)  # what comes in two steps
    both = pair(FAST, Reversed(EchoState(30, random_state=1)))
    model = ReservoirRegressor(both).fit(X, y)
    assert model.score(X[:-2], y[:-2]) > 0.95
    expected = model.readout_.predict(np.hstack([model.reservoir_.transform(X), X]))
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-9)
    ensemble = ReservoirRegressor(both, n_members=2).fit(X, y)
    assert ensemble.score(X[:-2], y[:-2]) > 0.95


def test_what_looks_ahead_refuses_to_go_on():
    X = STACK[:, :, :1]
    for system in (Reversed(FAST), pair(FAST, Reversed(SLOW))):
        _, state = system.fit(X).run(X)
        with pytest.raises(
            ValueError, match="'state' parameter of Reversed must be None: it hears sequences from their"
        ):
            system.run(X, state)
        model = ReservoirRegressor(system).fit(X, X)
        with pytest.raises(ValueError, match=r"depend on rows to come \(causal = False\)"):
            model.stream()
        with pytest.raises(ValueError, match=r"a system whose states do not depend on rows to come \(causal = False\)"):
            ReservoirForecaster(system).fit(X)


def test_streams_are_runs():
    X = RNG.uniform(-0.5, 0.5, size=(60, 1))
    model = ReservoirRegressor(pair(FAST, SLOW)).fit(X, np.roll(X, 1))
    stream = model.stream(X[:40])
    assert np.array_equal([stream.step(row) for row in X[40:]], model.predict(X)[40:])


@pytest.mark.parametrize("state", [3, (np.zeros(8),), [np.zeros(8), np.zeros(5), np.zeros(1)], np.zeros(13)])
def test_bad_state(state):
    both = pair(FAST, SLOW).fit(STACK)
    with pytest.raises(ValueError, match="'state' parameter of SideBySide must be None or a tuple of 2 states"):
        both.run(STACK[0], state)


def test_parameters_by_name():
    both = SideBySide([("fast", clone(FAST)), ("slow", clone(SLOW))])
    both.set_params(fast__leak=0.5, slow=EchoState(3))
    assert both.systems[0][1].leak == 0.5 and both.systems[1][1].n_units == 3
    assert clone(both).get_params()["slow__n_units"] == 3
    default = SideBySide().set_params(forward__n_units=4, backward__system__n_units=5)
    assert default.fit_transform(STACK).shape == (3, 12, 9)
    assert Reversed().set_params(system__n_units=4).fit_transform(STACK).shape == (3, 12, 4)


@pytest.mark.parametrize("systems", [
    [], 3, "ab", [FAST, 3], [EchoState], [("a", FAST), ("a", SLOW)], [("a__b", FAST)], [("systems", FAST)],
    [(1, FAST)], [("", FAST)],
])  # fmt: skip
def test_bad_list(systems):
    with pytest.raises(ValueError, match="'systems' parameter of SideBySide must be None or a list of pairs"):
        SideBySide(systems).fit(STACK)


def test_bad_system():
    with pytest.raises(ValueError, match=r"The 'systems\['a'\]' parameter of SideBySide must be a system with fit"):
        SideBySide([("a", 3)]).fit(STACK)
    with pytest.raises(ValueError, match="The 'system' parameter of Reversed must be None or a system"):
        Reversed(3).fit(STACK)


def test_members_and_seeds_differ_in_all_parts():
    model = ReservoirRegressor(pair(FAST, Reversed(FAST)), n_members=2).fit(STACK, STACK)
    weights = [part.W_in_ for member in model.members_ for part in (
        member.reservoir_.systems_[0], member.reservoir_.systems_[1].system_)]  # fmt: skip
    assert len({one.tobytes() for one in weights}) == 4
    search = ReservoirSearchCV(model.set_params(n_members=1), {"reservoir__part0__leak": [0.5, 1.0]}, cv=3, n_seeds=2)
    assert search.fit(STACK, STACK).best_params_["reservoir__part0__leak"] in (0.5, 1.0)


def test_probes():
    both = pair(FAST, SLOW)
    X = RNG.uniform(-0.5, 0.5, size=(400, 1))
    alone = [lyapunov_exponent(part, X, method="two_trajectories", washout=50).largest for part in (FAST, SLOW)]
    found = lyapunov_exponent(pair(FAST, pair(SLOW)), X, washout=50).largest
    assert found == pytest.approx(max(alone), abs=0.03)  # a difference goes the way of the slower part
    assert washout_estimate(both, X) == pytest.approx(max(washout_estimate(part, X) for part in (FAST, SLOW)), rel=0.3)
    assert echo_state_index(both, X) == 1 and diagnose(both.fit(X), X, warn=False).washout_rows > 1
    for part in (Reversed(FAST), pair(FAST, Reversed(SLOW))):
        with pytest.raises(ValueError, match="must be one that can begin from any state: its"):
            washout_estimate(part, X)
        assert diagnose(part.fit(X), X, warn=False).washout_rows is None
    assert memory_capacity(both, n_steps=300, n_delays=10, washout=20, random_state=0).total > 2
    backwards = memory_capacity(Reversed(FAST), n_steps=300, n_delays=10, washout=20, random_state=0)
    assert backwards.total < 1  # it has not heard what was before
