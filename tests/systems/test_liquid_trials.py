"""Trials of spiking systems: independent repeats, common dice, pieces that are the whole."""

import numpy as np
import pytest

from reservoir import LiquidState, ReservoirForecaster, ReservoirRegressor, simulate
from reservoir.circuits import Circuit, MaassColumn, PoissonBackground, Projection, damaged
from reservoir.neurons import LIF
from reservoir.probes import generalisation_rank, kernel_rank, separation
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Alpha, Counts, Current, Exponential, Latency, Poisson, Raster, SendOnDelta, SpikeTrains
from reservoir.systems import DeepEchoState, SideBySide, TrialState
from reservoir.systems.circuit_units import is_noisy

COLUMN = MaassColumn((3, 3, 3), input_probability=1.0, weight_scale=2.0)
NONE = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 1e-3)
FREE = Circuit(np.ones(30, bool), NONE, NONE, 0)
NOISY = LIF(background=14e-9, noise=2e-3)
ROWS = np.random.default_rng(0).random((25, 2))


def silence(duration):
    return SpikeTrains([], np.zeros(0, int), 0, duration)


def outside(circuit):
    """The circuit in a bath, with units that fire of themselves."""
    background = PoissonBackground(np.full(27, 3e3), 3e-10, 3e-3)
    hurt = damaged(circuit, kind="noise", fraction=0.1, rng=np.random.default_rng(0))
    return Circuit(**{**vars(hurt), "background": background})


def fano(counts):
    return np.var(counts, axis=0, ddof=1).mean() / np.mean(counts)


BATHED = Circuit(**{**vars(FREE), "background": PoissonBackground([2e3] * 30, 2e-9, 3e-3)})


@pytest.mark.parametrize(
    "circuit, neuron", [(FREE, NOISY), (BATHED, LIF(background=5e-9))], ids=["noise", "background"]
)  # fmt: skip
def test_repeats_in_one_call_vary_as_calls_of_many_seeds(circuit, neuron):
    """Fano factors within five standard errors, of 30 units and 40 repeats; no two repeats are alike."""
    together = simulate(circuit, [silence(0.5)] * 40, neuron=neuron, random_state=0)
    apart = [simulate(circuit, silence(0.5), neuron=neuron, random_state=seed) for seed in range(40)]
    counts = [np.array([one.spikes.counts() for one in found]) for found in (together, apart)]
    error = fano(counts[1]) * np.sqrt(2 * 2 / (39 * 30))
    assert fano(counts[1]) > 0.1 and abs(fano(counts[0]) - fano(counts[1])) < 5 * error
    assert len({one.spikes.times.tobytes() for one in together}) == 40


def test_noise_of_trials_is_independent_and_of_one_trial_the_same():
    free = LIF(background=0.0, noise=2e-3, threshold=1.0, reset=0.0, initial=0.0, time_constant=2e-3)
    options = {"neuron": free, "random_state": 0, "record": "voltages"}
    currents = [np.full((1000, 30), value) for value in (0.0, 1e-9)]
    first, second = (one.voltages - one.voltages.mean() for one in simulate(FREE, currents=currents, **options))
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 5 / np.sqrt(30 * 1000 / 40)
    quiet = LIF(**{**free.get_params(), "noise": 0.0})
    drive = simulate(FREE, currents=currents[1], **{**options, "neuron": quiet}).voltages
    same = [one.voltages for one in simulate(FREE, currents=currents, trial=5, **options)]
    np.testing.assert_allclose(same[1] - drive, same[0], rtol=0, atol=1e-15)


def test_initial_voltages_belong_to_the_trial():
    """Also of a liquid, in which nothing else is drawn: `transform` is trial 0, and its states are plain arrays."""
    wide = LIF(initial=(0.0, 0.015))
    system = LiquidState(COLUMN, wide, encoder=Latency(), random_state=0).fit(ROWS)
    states, final = system.run(ROWS, trial=1)
    assert isinstance(final, np.ndarray) and not np.array_equal(states, system.transform(ROWS))
    np.testing.assert_array_equal(system.run(ROWS)[0], system.transform(ROWS))
    still = LiquidState(COLUMN, LIF(initial=0.0), encoder=Latency(), random_state=0).fit(ROWS)
    np.testing.assert_array_equal(still.run(ROWS, trial=1)[0], still.transform(ROWS))


LIQUIDS = {
    "poisson": LiquidState(COLUMN, encoder=Poisson(200.0), random_state=0),
    "send on delta": LiquidState(COLUMN, encoder=SendOnDelta(0.05), trace=Alpha(), random_state=0),
    "noise": LiquidState(COLUMN, LIF(noise=1e-3), encoder=Latency(), trace=Counts(0.03), random_state=0),
    "currents": LiquidState(COLUMN, LIF(noise=1e-3), encoder=Current(), random_state=0),
    "outside": LiquidState(
        outside(COLUMN.draw(np.random.default_rng(0), n_inputs=2)), encoder=Latency(), random_state=0
    ),
    "deep": DeepEchoState(layers=[LiquidState(COLUMN, random_state=0)] * 2, random_state=0),
    "beside": SideBySide([("a", LiquidState(COLUMN, random_state=0)), ("b", LiquidState(COLUMN, random_state=1))]),
}


@pytest.mark.parametrize("system", LIQUIDS.values(), ids=LIQUIDS)
def test_pieces_are_the_whole_to_the_last_bit(system):
    system.fit(ROWS)
    for trial in (0, 3):
        whole = system.run(ROWS, trial=trial)[0]
        state, pieces = None, []
        for first, last in ((0, 1), (1, 2), (2, 11), (11, 25)):
            rows, state = system.run(ROWS[first:last], state, trial=trial)
            pieces.append(rows)
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
        assert whole.max() > 0
    np.testing.assert_array_equal(system.run(ROWS)[0], system.transform(ROWS))


@pytest.mark.parametrize("system", list(LIQUIDS.values())[:5], ids=list(LIQUIDS)[:5])
def test_neither_batch_nor_order_change_a_trial(system):
    X = [ROWS[: 10 + k] for k in range(4)]
    system.fit(ROWS)
    together, finals = system.run(X, trial=[7, 0, 2, 2])
    turned = system.run(X[::-1], trial=[2, 2, 0, 7])[0][::-1]
    for k, trial in enumerate([7, 0, 2, 2]):
        alone, final = system.run(X[k], trial=trial)
        np.testing.assert_array_equal(alone, together[k])
        np.testing.assert_array_equal(alone, turned[k])
        if isinstance(final, TrialState):
            assert (final.trial, final.step) == (finals[k].trial, finals[k].step) == (trial, 10 + k)
    np.testing.assert_array_equal(together[3][:12], together[2])  # the same trial, and the same rows


def test_wholes_only():
    class Turned(Raster):
        piecewise = False

        def encode(self, rows, step, rng=None):
            return super().encode(rows[::-1], step)

    system = LiquidState(COLUMN, encoder=Turned(), random_state=0).fit(np.ones((5, 1)))
    assert not system.piecewise
    _, state = system.run(np.ones((5, 1)))
    with pytest.raises(ValueError, match="The 'state' parameter of LiquidState must be None: Turned encodes whole"):
        system.run(np.ones((5, 1)), state)
    with pytest.raises(ValueError, match="The 'trial' parameter of LiquidState must be"):
        system.run(np.ones((5, 1)), trial=-1)


def test_an_encoder_of_ones_own_gets_a_generator():
    """One that knows nothing of trials draws other numbers in each of them, and in every row that it begins with."""

    class Bernoulli(Raster):
        draws = True

        def encode(self, rows, step, rng):
            return super().encode((rng.random(np.shape(rows)) < rows).astype(int), step)

    X = np.full((40, 1), 0.5)
    system = LiquidState(COLUMN, encoder=Bernoulli(), random_state=0).fit(X)
    first, again, other = (system.run(X, trial=trial)[0] for trial in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_closed_loop_hears_the_dice_go_on():
    """A forecast is a run whose rows come one by one; what it would hear anyway is no other in a longer context."""
    X = np.sin(np.arange(120) / 5)[:, None]
    system = LiquidState(COLUMN, encoder=Poisson(300.0, low=-1.5, high=1.5), random_state=0)
    model = ReservoirForecaster(system, RidgeReadout(1.0), washout=20, lags=0, target="values", season=None).fit(X)
    first = model.forecast(3, context=X[:60])
    longer = model.forecast(2, context=np.concatenate([X[:60], first[:1]]))
    np.testing.assert_allclose(first[1:], longer, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(model.forecast(5), model.forecast(5, context=X))


def test_probes_measure_the_liquid_and_not_the_dice():
    """Streams that hardly differ are hardly apart, and count as one; with dice of their own they do not."""
    X = np.random.default_rng(0).uniform(-1, 1, (50, 1))
    system = LiquidState(COLUMN, encoder=Poisson(low=-1.1, high=1.1), random_state=0).fit(X)
    found = separation(system, [0.0, 0.02, 1.0], n_pairs=30, n_steps=50, random_state=0).state_distances[:, -1]
    assert found[0] == 0 and found[1] < 0.3 and found[2] == pytest.approx(1, abs=0.4)
    options = {"n_streams": 40, "n_steps": 30, "noise": 0.02, "random_state": 0}
    ranks = [generalisation_rank(system, jitter=1e-6, trial=trial, **options).rank for trial in (None, range(40))]
    assert ranks[0] <= 3 and ranks[1] > 15 and kernel_rank(system, **options).rank > 15


def test_who_is_noisy():
    assert is_noisy(LIF(noise=1e-3)) and not is_noisy(LIF())


def test_states_that_do_not_fit_are_refused():
    system = LiquidState(COLUMN, random_state=0).fit(ROWS)
    _, state = system.run(ROWS, trial=2)
    for wrong in (state.values[:-1], [state], np.zeros((2, 2))):
        with pytest.raises(ValueError, match="The 'state' parameter of LiquidState must be"):
            system.run(ROWS, wrong)
    with pytest.raises(ValueError, match="The 'trial' parameter of LiquidState must be left out, or 2"):
        system.run(ROWS, state, trial=3)


def test_traces_of_ones_own_are_asked_by_filter():
    class Doubled(Exponential):
        def filter(self, trains, step, n_rows, memory=None):
            states, memory = super().filter(trains, step, n_rows, memory)
            return 2 * states, memory

    once, twice = (LiquidState(COLUMN, encoder=Latency(), trace=trace, random_state=0).fit(ROWS).transform(ROWS)
                   for trace in (Exponential(), Doubled()))  # fmt: skip
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-12)


def test_models_give_whole_sequences_to_an_encoder_that_wants_them():
    """Also those that are longer than the blocks in which others are heard."""

    class Whole(SendOnDelta):
        piecewise = False

    X = np.sin(np.arange(5000) / 5)[:, None]
    column, parts = Circuit(np.ones(2, bool), NONE, Projection([0, 1], [0, 1], 2e-8, 0.0, 3e-3), 2), {"random_state": 0}
    systems = [LiquidState(column, encoder=encoder, dt=1e-3, **parts) for encoder in (Whole(0.2), SendOnDelta(0.2))]
    first, second = (ReservoirRegressor(system, RidgeReadout(1.0)).fit(X, X[:, 0]).predict(X) for system in systems)
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-9)
    model = ReservoirForecaster(systems[0], RidgeReadout(1.0), washout=20, lags=0, target="values", season=None)
    with pytest.raises(ValueError, match="Whole encodes whole sequences"):
        model.fit(X[:100]).forecast(2)
