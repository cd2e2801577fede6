"""Reservoirs whose units hear one another after delays: a naive twin, interleaved parts, and every way to go on."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit

import reservoir
from reservoir import DeepEchoState, EchoState, ReservoirForecaster, ReservoirRegressor
from reservoir.model_selection import ReservoirSearchCV
from reservoir.neurons.products import Lagged
from reservoir.neurons.rate import EdgeOfStability, Euler
from reservoir.probes import closed_loop_exponents, controllability_rank
from reservoir.probes.tangent import tangent_of
from reservoir.readouts import Force, RidgeReadout
from reservoir.systems import EchoStateLanes
from reservoir.systems.rate_runs import weights_of
from reservoir.topologies import Blocks, Cycle, DelayLine, Hadamard, Orthogonal, Permutation, Random, Repeated
from reservoir.wiring import LogUniformDelays
from tests.loops import looped
from tests.neurons.rate.adapting import Adapting
from tests.oracles import dense

N = 24
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
SERIES = np.sin(np.arange(200) / 5)[:, None]
MIXED = RNG.integers(1, 9, N)
GROUPS = np.repeat([3, 1, 5, 2], 6)
BLOCKS = Repeated(Cycle(), 6)
WIRED = {"one": {"delay": 4}, "groups": {"delay": GROUPS, "topology": BLOCKS}, "mixed": {"delay": MIXED}}
STRUCTURES = [None, Random(4), Orthogonal(), Hadamard(), DelayLine(0.3), BLOCKS]


def small(**options):
    return EchoState(N, **{"input_scaling": 0.5, "bias_scaling": 0.2, "random_state": 1} | options)


class Plain(EchoState):
    """The same reservoir, of which no loop knows: models run it step by step."""

    def run(self, X, state=None, *, trial=0):
        return super().run(X, state, trial=trial)


def twin(system, rows, leak):
    """Every unit by itself, from the list of all states so far."""
    W, delays, units = dense(system.W_), system.delays_, np.arange(N)
    states = [np.zeros(N)] * delays.max()
    for u in rows:
        heard = [W[i] @ states[-delays[i]] for i in units] + system.W_in_ @ u + system.bias_
        old = np.array([states[-delays[i]][i] for i in units])
        states.append((1 - leak) * old + leak * np.tanh(heard))
    return np.array(states[delays.max() :])


@pytest.mark.parametrize("dtype, within", [("float64", 1e-13), ("float32", 1e-5)])
@pytest.mark.parametrize("topology", STRUCTURES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("delay", [4, GROUPS, MIXED], ids=["one", "groups", "mixed"])
def test_states_are_those_of_the_twin(delay, topology, dtype, within):
    leak = RNG.uniform(0.3, 1, N)
    system = small(topology=topology, delay=delay, leak=leak, dtype=dtype).fit(X)
    np.testing.assert_allclose(system.transform(X), twin(system, X, leak), rtol=0, atol=within)


@pytest.mark.parametrize("topology", STRUCTURES, ids=lambda one: type(one).__name__)
def test_one_delay_is_a_run_of_every_interleaved_part(topology):
    plain = small(topology=topology, leak=0.6).fit(X)
    delayed = small(topology=topology, leak=0.6, delay=7).fit(X)
    for part in range(7):
        difference = delayed.transform(X)[part::7] - plain.transform(X[part::7])
        assert np.abs(difference).max() < 1e-12


def test_blocks_of_their_own_delay_are_runs_of_interleaved_parts():
    plain, delayed = small(topology=BLOCKS).fit(X), small(topology=BLOCKS, delay=GROUPS).fit(X)
    states = delayed.transform(X)
    for delay in GROUPS:
        for part in range(delay):
            expected = plain.transform(X[part::delay])[:, GROUPS == delay]
            np.testing.assert_allclose(states[part::delay][:, GROUPS == delay], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("topology", STRUCTURES, ids=lambda one: type(one).__name__)
def test_a_delay_of_1_changes_no_bit(topology):
    plain = small(topology=topology, leak=0.5).fit(X)
    for delay in (1, [1] * N, np.ones(N, np.uint8)):
        delayed = small(topology=topology, leak=0.5, delay=delay).fit(X)
        assert np.array_equal(delayed.transform(X), plain.transform(X))
        assert np.shape(delayed.run(X)[1]) == (N,) and weights_of(delayed).delays is None


@pytest.mark.parametrize("noise", [0, 0.1])
@pytest.mark.parametrize("wired", WIRED.values(), ids=WIRED)
def test_pieces_and_batches_change_no_bit(wired, noise):
    system = small(leak=0.5, noise=noise, **wired).fit(X)
    whole, final = system.run(X, trial=2)
    for cuts in ([1, 2, 3], [5], [30, 31]):
        state, parts = None, []
        for piece in np.split(X, cuts):
            states, state = system.run(piece, state, **({} if parts else {"trial": 2}))
            parts.append(states)
        assert np.array_equal(np.concatenate(parts), whole)
        assert np.array_equal(getattr(state, "values", state), getattr(final, "values", final))
    members = [X[:50], X[:1], X[3:], X[:9]]
    together = system.run(members, trial=[2, 2, 2, 2])[0]
    assert all(np.array_equal(own, system.run(rows, trial=2)[0]) for own, rows in zip(together, members, strict=True))


def test_the_state_is_that_of_the_last_steps_the_newest_first():
    states, final = small(delay=4).fit(X).run(X)
    assert np.array_equal(final.reshape(4, N), states[:-5:-1])


def test_calls_of_kernels_cut_no_state(monkeypatch):
    """However few rows a kernel gets at once."""
    system = small(delay=MIXED).fit(X)
    whole = system.run([X, X[:7], X[:33]])
    for n_rows in (1, 5, 8, 20):
        monkeypatch.setattr("reservoir.systems.rate_runs.rows_at_once", lambda *_, n_rows=n_rows: n_rows)
        again = system.run([X, X[:7], X[:33]])
        assert np.array_equal(again[1], whole[1]) and all(map(np.array_equal, again[0], whole[0]))


@pytest.mark.parametrize("unit", [Euler(0.1), EdgeOfStability(0.3, matrix=Permutation()), Adapting()], ids=str)
def test_every_unit_hears_the_interleaved_parts(unit):
    plain, delayed = small(unit=unit).fit(X), small(unit=unit, delay=5).fit(X)
    states, final = delayed.run(X)
    for part in range(5):
        np.testing.assert_allclose(states[part::5], plain.transform(X[part::5]), rtol=0, atol=1e-12)
    first, state = delayed.run(X[:21])
    second, state = delayed.run(X[21:], state)
    assert np.array_equal(np.concatenate([first, second]), states) and np.array_equal(state, final)


@pytest.mark.parametrize("wired", WIRED.values(), ids=WIRED)
@pytest.mark.parametrize("n_members", [1, 3])
def test_the_closed_loop_is_that_of_single_steps(wired, n_members):
    answers = []
    for kind in (EchoState, Plain):
        system = kind(N, input_scaling=0.5, bias_scaling=0.2, random_state=1, **wired)
        model = looped(system, RidgeReadout(1e-4), washout=20, n_members=n_members)
        answers.append(model.fit(SERIES).forecast(15))
    np.testing.assert_allclose(*answers, rtol=0, atol=1e-10)


@pytest.mark.parametrize("wired", WIRED.values(), ids=WIRED)
def test_learning_in_the_loop_is_that_of_single_steps(wired):
    answers = []
    for kind in (EchoState, Plain):
        system = kind(N, input_scaling=0.5, bias_scaling=0.2, noise=1e-3, random_state=1, **wired)
        answers.append(looped(system, Force(), washout=20).fit(SERIES).forecast(15))
    np.testing.assert_allclose(*answers, rtol=0, atol=1e-8)


def test_members_of_several_delays_are_one_reservoir():
    """Each with delays of its own, drawn from its seed."""
    rule = {"delay": LogUniformDelays(4, reach=3), "topology": BLOCKS}
    model = looped(small(**rule), RidgeReadout(1e-4), washout=20, n_members=3).fit(SERIES)
    longest = {int(one.reservoir_.delays_.max()) for one in model.members_}
    assert len(longest) > 1
    each = np.mean([one.forecast(1) for one in model.members_], axis=0)
    np.testing.assert_allclose(model.forecast(1), each, rtol=0, atol=1e-12)


@pytest.mark.parametrize("wired", WIRED.values(), ids=WIRED)
def test_streams_go_on_as_models_do(wired):
    model = ReservoirRegressor(small(**wired), washout=5).fit(SERIES[:-1], SERIES[1:, 0])
    stream = model.stream()
    assert np.array_equal(np.ravel([stream.step(row) for row in SERIES[:40]]), model.predict(SERIES[:40]).ravel())
    free = ReservoirForecaster(small(**wired), RidgeReadout(), washout=20).fit(SERIES)
    stream = free.stream(SERIES[:25])
    last = [stream.step(row) for row in SERIES[25:40]][-1]
    assert np.array_equal(np.ravel(last), free.forecast(1, SERIES[:40]).ravel())


@pytest.mark.parametrize("wired", WIRED.values(), ids=WIRED)
def test_lanes_equal_single_runs(wired):
    base, settings = small(noise=0.01, **wired), [{"spectral_radius": 0.3, "leak": 0.5}, {"input_scaling": 0.1}]
    lanes = EchoStateLanes(base, settings).fit(SERIES)
    states = np.concatenate([block for _, block in lanes.blocks(SERIES, 70)], axis=1)
    for own, setting in zip(states, settings, strict=True):
        expected = clone(base).set_params(**setting).fit(SERIES).transform(SERIES)
        np.testing.assert_allclose(own, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("delay", [3, LogUniformDelays(4)], ids=["one", "drawn"])
def test_a_search_scores_what_each_candidate_does(delay):
    """Also where delays follow the length of the training part of every fold."""
    grid, scores = {"reservoir__leak": [0.4, 1.0], "reservoir__spectral_radius": [0.5, 0.9]}, []
    for kind in (EchoState, Plain):
        model = ReservoirRegressor(kind(N, input_scaling=0.5, delay=delay, random_state=1), washout=5)
        search = ReservoirSearchCV(model, grid, cv=TimeSeriesSplit(3)).fit(SERIES[:-1], SERIES[1:, 0])
        scores.append(search.cv_results_["mean_test_score"])
    np.testing.assert_allclose(*scores, rtol=1e-9)


def test_layers_may_have_delays():
    deep = DeepEchoState(layers=[small(delay=3), small(delay=LogUniformDelays(2, reach=4))], random_state=0)
    deep.fit([SERIES, SERIES[:61]])
    assert deep.layers_[1].delays_.max() > 1  # of the lengths of the sequences, and not of what stands for them
    states, final = deep.run(SERIES)
    first, state = deep.run(SERIES[:40])
    second, state = deep.run(SERIES[40:], state)
    assert np.array_equal(np.concatenate([first, second]), states) and np.array_equal(state, final)
    (point,), _, _ = tangent_of(deep).follow(SERIES[:1], deep.run(SERIES[:99])[1])
    check_jacobian(deep, point, tangent_of(deep), deep.run(SERIES[:99])[1])


def check_jacobian(system, point, tangent, start):
    """Against central differences of the run itself, of the whole state."""
    moved, step = tangent.move(point, np.eye(len(start)), np.zeros((1, len(start)))), 1e-6
    for column in RNG.choice(len(start), 12):
        shift = step * (np.arange(len(start)) == column)
        ends = [system.run(SERIES[:1], start + sign * shift)[1] for sign in (1, -1)]
        np.testing.assert_allclose(moved[:, column], (ends[0] - ends[1]) / (2 * step), rtol=0, atol=1e-8)


@pytest.mark.parametrize("wired", [*WIRED.values(), {"delay": 3, "unit": Adapting()}], ids=[*WIRED, "two arrays"])
def test_the_jacobian_is_that_of_the_run(wired):
    system = small(**wired).fit(SERIES)
    start, tangent = system.run(SERIES[:50])[1], tangent_of(system)
    (point,), seen, final = tangent.follow(SERIES[:1], start)
    _, expected = system.run(SERIES[:1], start)
    np.testing.assert_allclose(final, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(seen, expected[None, :N], rtol=0, atol=1e-12)
    check_jacobian(system, point, tangent, start)


def test_exponents_of_the_closed_loop():
    """A sine has learned a circle, whatever the delays of its reservoir."""
    model = looped(small(delay=GROUPS), RidgeReadout(1e-8), washout=20).fit(SERIES)
    assert abs(closed_loop_exponents(model, 1, n_steps=1000).largest) < 1e-2


@pytest.mark.parametrize("wired", [*WIRED.values(), {"delay": LogUniformDelays(3)}], ids=[*WIRED, "drawn"])
def test_files_and_copies(wired, tmp_path):
    for made in (small(**wired).fit(SERIES), looped(small(**wired), RidgeReadout(), washout=20).fit(SERIES)):
        reservoir.save(made, tmp_path / "made.reservoir")
        again = reservoir.load(tmp_path / "made.reservoir")
        answers = [one.transform(SERIES) if hasattr(one, "transform") else one.forecast(5) for one in (made, again)]
        assert np.array_equal(*answers)


def test_weights_that_were_replaced_are_heard_after_the_delays():
    system = small(delay=MIXED).fit(X)
    system.W_ = np.asfortranarray(RNG.normal(size=(N, N)) / N)
    np.testing.assert_allclose(system.transform(X), twin(system, X, 1.0), rtol=0, atol=1e-13)


def test_blocks_of_one_delay_keep_their_structure():
    assert not isinstance(weights_of(small(topology=BLOCKS, delay=GROUPS).fit(X)).matrix, Lagged)
    apart = Blocks(4, density_within=0.9, density_between=0)
    assert not isinstance(weights_of(small(topology=apart, delay=GROUPS).fit(X)).matrix, Lagged)
    assert isinstance(weights_of(small(delay=GROUPS).fit(X)).matrix, Lagged)


BAD = [
    *(0, -1, 1.5, 3.0, True, None, "3", [1, 2], np.ones(N), np.zeros(N, int), [[1] * N], 10**15),
    *(LogUniformDelays, Cycle()),
]


@pytest.mark.parametrize("delay", BAD, ids=str)
def test_delays_out_of_range(delay):
    with pytest.raises(ValueError, match=r"The 'delay' parameter of EchoState must be "):
        small(delay=delay).fit(X)


class Wrong:
    """A part that draws no delays."""

    def __init__(self, answer):
        self.answer = answer

    def get_params(self, deep=True):
        return {"answer": self.answer}

    def draw(self, n_units, lengths, rng):
        return self.answer


@pytest.mark.parametrize("answer", [0, [1], np.full(N, 0.5), None])
def test_delays_that_a_part_draws_out_of_range(answer):
    with pytest.raises(ValueError, match=r"The 'delay' parameter of EchoState must be "):
        small(delay=Wrong(answer)).fit(X)


def test_a_unit_that_joins_units_of_several_delays_is_refused():
    with pytest.raises(
        ValueError, match=r"'delay' .* the same for all units that the 'matrix' of EdgeOfStability joins"
    ):
        small(unit=EdgeOfStability(), delay=GROUPS).fit(X)
    small(unit=EdgeOfStability(matrix=BLOCKS), spectral_radius=0.5, delay=GROUPS).fit(X)


def test_the_rank_of_a_state_of_several_steps_is_not_asked():
    with pytest.raises(ValueError, match=r"The 'W' parameter of controllability_rank must be a system with delay=1"):
        controllability_rank(small(activation="identity", delay=2).fit(X[:, :1]))
