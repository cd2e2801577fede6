"""The spike-train record; encoders and traces, found by walking the exports, against naive twins and closed forms."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from reservoir import spikes
from reservoir.spikes import Alpha, Counts, Current, Exponential, GaussianReceptiveFields, Latency, Poisson, SendOnDelta
from reservoir.trains import SpikeTrains

PARTS = [part for part in vars(spikes).values() if inspect.isclass(part) and hasattr(part, "get_params")]
ENCODERS = [part for part in PARTS if hasattr(part, "encode") and hasattr(part, "shares")]
SCALED = [part for part in PARTS if hasattr(part, "shares")]
TRACES = [part for part in PARTS if hasattr(part, "filter")]


def generator(seed=0):
    return np.random.default_rng(seed)


def some_trains(n_spikes=200, n_units=5, duration=1.0, seed=0):
    rng = generator(seed)
    return SpikeTrains(rng.random(n_spikes) * duration, rng.integers(n_units, size=n_spikes), n_units, duration)


@st.composite
def trains(draw, n_units=3):
    """Spikes anywhere and on a grid of milliseconds."""
    duration = draw(st.integers(1, 200)) * 1e-3
    anywhere = st.floats(0, duration, exclude_max=True)
    on_grid = st.integers(0, round(duration / 1e-3) - 1).map(lambda step: step * 1e-3)
    times = draw(st.lists(st.one_of(anywhere, on_grid), max_size=30))
    units = draw(st.lists(st.integers(0, n_units - 1), min_size=len(times), max_size=len(times)))
    return SpikeTrains(times, units, n_units, duration)


def test_spikes_are_sorted_copies():
    times, units = np.array([0.3, 0.1, 0.3, 0.0]), np.array([2, 1, 0, 2])
    record = SpikeTrains(times, units, 3, 0.5)
    times[:] = units[:] = 0
    np.testing.assert_array_equal(record.times, [0, 0.1, 0.3, 0.3])
    np.testing.assert_array_equal(record.units, [2, 1, 0, 2])
    assert record.times.dtype == np.float64 and record.units.dtype == np.int64 and len(record) == 4
    np.testing.assert_array_equal(record.counts(), [1, 1, 2])
    np.testing.assert_allclose(record.rates(), [2, 2, 4], rtol=1e-15)
    for array in (record.times, record.units, pickle.loads(pickle.dumps(record)).times):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        record.n_units = 4
    assert not np.signbit(SpikeTrains([-0.0], [0], 1, 1.0).times).any()


@given(record=trains())
def test_round_trips(record):
    assert SpikeTrains.of_lists(record.to_lists(), record.duration) == record
    assert SpikeTrains(record.times[::-1], record.units[::-1], 3, record.duration) == record
    assert pickle.loads(pickle.dumps(record)) == copy.deepcopy(record) == record
    assert sum(map(len, record.to_lists())) == record.counts().sum() == len(record)


@given(record=trains(), share=st.floats(0.01, 0.99))
def test_windows_joined_are_the_whole(record, share):
    cut = share * record.duration
    parts = [record.window(0, cut), record.window(cut, record.duration)]
    joined = SpikeTrains.concatenated(parts)
    assert [len(part) for part in parts] == [np.sum(record.times < cut), np.sum(record.times >= cut)]
    assert joined.duration == pytest.approx(record.duration, rel=1e-15)
    for mine, own in zip(joined.to_lists(), record.to_lists(), strict=True):
        np.testing.assert_allclose(mine, own, rtol=0, atol=1e-15)


def test_records_are_equal_where_all_fields_are():
    record = SpikeTrains([0.1], [0], 2, 1.0)
    others = [SpikeTrains([0.2], [0], 2, 1.0), SpikeTrains([0.1], [1], 2, 1.0), SpikeTrains([0.1], [0], 3, 1.0),
              SpikeTrains([0.1], [0], 2, 2.0), SpikeTrains([], [], 2, 1.0), "record"]  # fmt: skip
    assert SpikeTrains.__hash__ is None and record == copy.copy(record) and all(record != other for other in others)


def test_times_are_truncated_to_the_grid():
    record = SpikeTrains([0, 0.19e-3, 0.1999e-3, 0.2e-3, 0.2001e-3], [0] * 5, 1, 1e-3)
    np.testing.assert_array_equal(record.steps(1e-4), [0, 1, 2, 2, 2])
    steps = np.arange(100_000)
    for dt in (1e-4, 2.5e-5, 1e-3, 0.1):
        np.testing.assert_array_equal(SpikeTrains(steps * dt, steps * 0, 1, len(steps) * dt).steps(dt), steps)


def test_records_without_units_or_spikes():
    empty = SpikeTrains([], [], 0, 0.5)
    assert len(empty) == 0 and empty.to_lists() == [] and empty.rates().shape == (0,)
    assert SpikeTrains.of_lists([], 0.5) == empty == SpikeTrains.concatenated([SpikeTrains([], [], 0, 0.25)] * 2)
    last = np.nextafter(1, 0)  # one second after another, it rounds to the end
    assert SpikeTrains.concatenated([SpikeTrains([last], [0], 1, 1.0)] * 2).times[1] == np.nextafter(2, 0)


@pytest.mark.parametrize("name, arguments", [
    ("times", ([0.5], [0], 1, 0.5)), ("times", ([-1e-9], [0], 1, 0.5)), ("times", ([np.nan], [0], 1, 0.5)),
    ("times", ([[0.1]], [0], 1, 0.5)), ("times", (["a"], [0], 1, 0.5)), ("times", ([[0.1], []], [0], 1, 0.5)),
    ("units", ([0.1], [1], 1, 0.5)), ("units", ([0.1], [-1], 1, 0.5)), ("units", ([0.1], [0.0], 1, 0.5)),
    ("units", ([0.1], [True], 2, 0.5)), ("units", ([0.1], [[0]], 1, 0.5)), ("n_units", ([], [], -1, 0.5)),
    ("n_units", ([], [], 1.0, 0.5)), ("duration", ([], [], 1, 0)), ("duration", ([], [], 1, np.inf)),
])  # fmt: skip
def test_bad_records(name, arguments):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of SpikeTrains must be .*\\. Got "):
        SpikeTrains(*arguments)


def test_bad_use_of_records():
    record = some_trains()
    uses = [(record.window, bounds) for bounds in [(-0.1, 0.5), (0.5, 0.5), (0.5, 1.1), (1.0, 1.0)]]
    uses += [(SpikeTrains.concatenated, (parts,)) for parts in ([], [record, SpikeTrains([], [], 1, 1.0)], [record, 0])]
    for use, arguments in [*uses, (record.steps, (0,)), (SpikeTrains.of_lists, ([[0.1]], "long"))]:
        with pytest.raises(ValueError, match=r"The '\w+' parameter of SpikeTrains.* must be "):
            use(*arguments)
    with pytest.raises(ValueError, match="Got 1 times and 2 units"):
        SpikeTrains([0.1], [0, 0], 1, 0.5)


@pytest.mark.parametrize("part", PARTS)
def test_parts_are_parts(part):
    made = clone(part())
    assert list(inspect.signature(part).parameters) == list(part().__dict__) and made.get_params() == vars(made)
    assert repr(made).startswith(part.__name__)
    if part in SCALED:
        made.fit(np.arange(6.0).reshape(3, 2))
    copied = pickle.loads(pickle.dumps(made))
    assert repr(copied) == repr(made) and vars(copied).keys() == vars(made).keys()


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("step", [1e-3, 0.01, 0.3])
def test_encode(encoder, step):
    rows = generator(1).normal(size=(40, 3))
    made = encoder().fit(rows)
    record = made.encode(rows, step, generator(2))
    assert record.n_units == made.n_channels(3) and record.duration == 40 * step
    assert record == clone(made).fit(rows).encode(rows, step, generator(2))
    if encoder is not Poisson:  # deterministic, and no spike depends on rows to come
        assert record == made.encode(rows, step, None)
        assert made.encode(rows[:25], step, None) == record.window(0, 25 * step)


@pytest.mark.parametrize("part", SCALED)
def test_the_range(part):
    rows = generator().normal(size=(30, 3)) * [1, 10, 0] + [0, 5, 2]
    learned, given_ = part().fit(rows), part(low=-1.0, high=[1.0, 2.0, 3.0]).fit(rows)
    np.testing.assert_array_equal(learned.low_, rows.min(axis=0))
    np.testing.assert_array_equal(learned.high_, rows.max(axis=0))
    np.testing.assert_array_equal([given_.low_, given_.high_], [[-1, -1, -1], [1, 2, 3]])
    turn = part.normalised if part is Current else lambda made, rows: made.encode(rows, 0.01, generator(5))
    outside = rows * 3
    for made in (learned, given_):
        clipped = np.clip(outside, made.low_, made.high_)
        assert np.all(turn(made, outside) == turn(made, clipped))
    constant = part().fit(np.full((4, 2), 7.0))
    assert np.all(turn(constant, np.array([[1.0, 9.0]])) == turn(constant, np.array([[7.0, 7.0]])))


@pytest.mark.parametrize("part", SCALED)
def test_bad_rows(part):
    use = part.normalised if part is Current else lambda made, rows: made.encode(rows, 0.01, generator())
    with pytest.raises(NotFittedError):
        use(part(), np.zeros((2, 2)))
    made = part().fit(np.eye(2))
    with pytest.raises(ValueError, match=f"X has 3 features, but {part.__name__} is expecting 2 features as input"):
        use(made, np.zeros((2, 3)))
    for rows in ([[np.nan, 0]], [1.0, 2.0], np.zeros((0, 2)), [["a", "b"]], [[1e200, 0]]):
        with pytest.raises(ValueError, match=part.__name__):
            use(made, rows)
    for name, bounds in [("low", {"low": 2.0}), ("high", {"high": [0.0, -1.0]}), ("low", {"low": "x"}),
                         ("high", {"high": np.ones(3)}), ("low", {"low": np.nan})]:  # fmt: skip
        with pytest.raises(ValueError, match=f"The '{name}' parameter of {part.__name__} must be"):
            part(**bounds).fit(np.eye(2))
    for step in (0, -1, np.inf, "x", True) if part is not Current else ():
        with pytest.raises(ValueError, match=f"The 'step' parameter of {part.__name__} must be"):
            made.encode(np.eye(2), step, generator())


@pytest.mark.parametrize("encoder", [
    Poisson(max_rate=-1), Poisson(min_rate=-1), Poisson(max_rate=5, min_rate=6), Poisson(max_rate=np.inf), Latency(0),
    Latency(1), SendOnDelta(0), SendOnDelta(1.1), GaussianReceptiveFields(2), GaussianReceptiveFields(8.0),
    GaussianReceptiveFields(cut=0), GaussianReceptiveFields(sharpness=0),
])  # fmt: skip
def test_encoder_parameters_out_of_range(encoder):
    with pytest.raises(ValueError, match=rf"The '\w+' parameter of {type(encoder).__name__} must be"):
        encoder.fit(np.eye(2)).encode(np.eye(2), 0.01, generator())


def test_poisson_statistics():
    """Counts by row, exponential intervals, uniform phases in the row, independence of channels and generators."""
    shares = np.tile([0.0, 0.25, 1.0], (20_000, 1))
    shares[10_000:, 0] = 1
    encoder = Poisson(max_rate=80.0, min_rate=20.0, low=0.0, high=1.0).fit(shares)
    record = encoder.encode(shares, 0.005, generator(1))
    expected = np.array([[20, 35, 80], [80, 35, 80]]) * 50
    for half, counts in zip((record.window(0, 50), record.window(50, 100)), expected, strict=True):
        assert (np.abs(half.counts() - counts) < 4 * np.sqrt(counts)).all()
    for times, rate in zip(record.to_lists()[1:], (35, 80), strict=True):
        assert stats.kstest(np.diff(times), "expon", args=(0, 1 / rate)).pvalue > 1e-3
        assert stats.kstest(times % 0.005 / 0.005, "uniform").pvalue > 1e-3
    binned = np.array([np.histogram(times, 20_000, (0, 100))[0][10_000:] for times in record.to_lists()])
    again = encoder.encode(shares, 0.005, generator(2)).to_lists()[2]
    both = np.vstack([binned, np.histogram(again, 20_000, (0, 100))[0][10_000:]])
    assert np.abs(np.corrcoef(both) - np.eye(4)).max() < 4 / np.sqrt(10_000)
    np.testing.assert_allclose(both.var(axis=1), both.mean(axis=1), rtol=0.08)
    share = len(np.unique(record.window(50, 100).steps(1e-3))) / 50_000  # of steps of a simulation with any spike
    assert share == pytest.approx(1 - math.exp(-195 * 1e-3), abs=4 * np.sqrt(0.25 / 50_000))


@pytest.mark.parametrize("n_steps", [1, 7, 100])
@pytest.mark.parametrize("encoder", [Latency(), Latency(cut=1.1e-3), GaussianReceptiveFields(4)])
def test_latencies_meet_in_no_step(encoder, n_steps):
    rows = np.concatenate([generator().random((500, 1)), [[0.0], [1.0]], np.tile([[1.2e-3], [1.0]], (50, 1))])
    record = encoder.fit(rows).encode(rows, n_steps * 1e-4, None)
    grid = record.steps(1e-4) * record.n_units + record.units
    assert len(np.unique(grid)) == len(record) and record.steps(1e-4).max() < len(rows) * n_steps


def test_latency_decodes():
    rows = np.array([[0.0, 5.0], [1.0, 7.0], [0.25, 10.0], [0.5, 5.4]])
    record = Latency(cut=0.1).fit(rows).encode(rows, 0.02, None)
    assert record.counts().tolist() == [3, 2]
    decoded, row = np.zeros((4, 2)), (record.times / 0.02 + 1e-9).astype(int)
    decoded[row, record.units] = row + 1 - record.times / 0.02
    np.testing.assert_allclose(decoded, [[0, 0], [1, 0.4], [0.25, 1], [0.5, 0]], rtol=0, atol=1e-12)


def signal_at(times, position, step):
    """The line of send-on-delta, in plain NumPy: at the value of a row from 0.99 of it on."""
    knots = np.arange(len(position))[:, None] + [0, 0.99]
    values = np.column_stack([np.append(position[0], position[:-1]), position])
    return np.interp(times, knots.ravel() * step, values.ravel())


@given(seed=st.integers(0, 2**32), threshold=st.sampled_from([0.01, 0.1, 1 / 3, 0.5]), grid=st.booleans())
def test_send_on_delta_follows_the_signal(seed, threshold, grid):
    rows = generator(seed).random((30, 2))
    rows = np.round(rows, 1) if grid else rows
    record = SendOnDelta(threshold, low=0.0, high=1.0).fit(rows).encode(rows, 0.01, None)
    probes = np.sort(np.concatenate([np.linspace(0, 0.2999, 500), record.times + 1e-12]))
    for feature, first in enumerate(rows[0]):
        up, down = record.to_lists()[2 * feature : 2 * feature + 2]
        followed = first + threshold * (np.searchsorted(up, probes) - np.searchsorted(down, probes))
        assert np.abs(followed - signal_at(probes, rows[:, feature], 0.01)).max() < threshold + 1e-8
        for times, sign in ((up, 1), (down, -1)):
            reached = first + threshold * (np.searchsorted(up, times) - np.searchsorted(down, times) + sign)
            np.testing.assert_allclose(signal_at(times, rows[:, feature], 0.01), reached, atol=1e-8)
    assert not (record.times < 0.01).any()


def test_send_on_delta_counts_levels_in_spite_of_rounding():
    rows = np.array([[0.0], [0.3], [1.0], [0.9], [0.0]])
    up, down = SendOnDelta(0.1).fit(rows).encode(rows, 0.01, None).to_lists()
    assert len(up) == len(down) == 10
    np.testing.assert_allclose(up[:3], 0.01 + 0.0099 * np.array([1, 2, 3]) / 3, rtol=1e-12)
    assert (np.diff(up) > 0).all() and down[0] == pytest.approx(0.0399) and down[-1] < 0.05
    rows = np.array([[0.0], [1.0], [0.56]])
    assert 0.3 / 0.1 < 3 and 0.56 / 0.02 > 28  # roundings to either side
    assert SendOnDelta(0.02).fit(rows).encode(rows, 0.01, None).counts().tolist() == [50, 22]


def test_receptive_fields_peak_at_their_centres():
    n_fields = 7
    encoder = GaussianReceptiveFields(n_fields, low=-2.0, high=3.0).fit(np.zeros((1, 1)))
    for k in range(1, n_fields - 1):
        row = np.array([[-2 + 5 * (k - 0.5) / (n_fields - 2)]])
        first = [times[0] if len(times) else 1.0 for times in encoder.encode(row, 1.0, None).to_lists()]
        assert np.argmin(first) == k and first[k] == pytest.approx(0, abs=1e-12)
        activations = [math.exp(-((1.5 * (k - j)) ** 2) / 2) for j in range(n_fields)]
        np.testing.assert_allclose(first, [1 - a if a > 0.1 else 1.0 for a in activations], atol=1e-12)
    rows = np.column_stack([np.linspace(-2, 3, 100), np.linspace(3, -2, 100)])
    counts = encoder.fit(rows).encode(rows, 1.0, None).counts()
    np.testing.assert_array_equal(counts[:n_fields], counts[n_fields:])
    assert (counts[1:6] > counts[0]).all()


def test_currents():
    assert set(SCALED) - set(ENCODERS) == {Current} and Current().n_channels(3) == 0
    rows = np.array([[0.0, 3.0], [1.0, 3.0], [0.5, 3.0]])
    np.testing.assert_array_equal(Current().fit(rows).normalised(rows), [[-1, 0], [1, 0], [0, 0]])
    drawn = Current(scaling=2e-9, probability=0.3).weights(50, 400, generator())
    assert drawn.shape == (400, 50) and np.abs(drawn).max() <= 2e-9
    assert np.mean(drawn != 0) == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 20_000))
    assert stats.kstest(drawn[drawn != 0] / 2e-9, "uniform", args=(-1, 2)).pvalue > 1e-3
    np.testing.assert_array_equal(drawn, Current(2e-9, 0.3).weights(50, 400, generator()))
    assert not Current(probability=0).weights(2, 3, generator()).any() and Current().weights(2, 3, generator()).all()
    for bad in ({"scaling": -1}, {"probability": 1.1}):
        with pytest.raises(ValueError, match="parameter of Current must be"):
            Current(**bad).weights(2, 3, generator())


KERNELS = {
    Exponential: lambda lag, part: math.exp(-lag / part.time_constant),
    Alpha: lambda lag, part: lag / part.time_constant * math.exp(1 - lag / part.time_constant),
    Counts: lambda lag, part: float(lag <= part.window * (1 + 1e-9)),
}


def naive_states(part, record, step, n_rows):
    """The definition: a sum over all spikes before the end of each row."""
    states = np.zeros((n_rows, record.n_units))
    for i in range(n_rows):
        for time, unit in zip(record.times, record.units, strict=True):
            lag = (i + 1) * step - time
            if lag > 1e-6 * step:
                states[i, unit] += KERNELS[type(part)](lag, part)
    return states


@pytest.mark.parametrize("trace", TRACES)
@given(record=trains(), step=st.sampled_from([1e-3, 2e-3, 0.01, 0.05]), seed=st.integers(0, 2**32))
def test_traces_against_naive_twins_whole_and_in_pieces(trace, record, step, seed):
    part, n_rows = trace(), math.ceil(record.duration / step - 1e-9)
    states, memory = part.filter(record, step, n_rows)
    np.testing.assert_allclose(states, naive_states(part, record, step, n_rows), rtol=1e-9, atol=1e-12)
    assert states.shape == (n_rows, 3) and memory.shape == (part.n_memory(step), 3)
    first, pieces, carried = 0, [], None
    while first < n_rows:
        last = min(n_rows, first + int(generator(seed + first).integers(1, 6)))
        start, stop = first * step, min(last * step, record.duration)
        before = copy.deepcopy(carried)
        piece, new = part.filter(record.window(start, stop), step, last - first, carried)
        assert carried is None or np.array_equal(before, carried)
        first, carried = last, new
        pieces.append(piece)
    np.testing.assert_allclose(np.concatenate(pieces), states, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(carried, memory, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("trace", TRACES)
def test_the_end_of_a_row_belongs_to_the_next(trace):
    """Also where rounding puts the spike a little before or after the end, in one record or in two."""
    part, step = trace(), 0.02
    for time in (0.06, np.nextafter(0.06, 0), np.nextafter(0.06, 1), 600 * 1e-4, 3 * 0.02):
        record = SpikeTrains([time], [0], 1, 0.2)
        states, _ = part.filter(record, step, 10)
        assert not states[:3].any() and states[3, 0] == pytest.approx(KERNELS[trace](step, part), rel=1e-12)
        head, memory = part.filter(record.window(0, 0.06), step, 3)
        tail, _ = part.filter(record.window(0.06, 0.2), step, 7, memory)
        np.testing.assert_allclose(np.concatenate([head, tail]), states, rtol=1e-12)
        early, memory = part.filter(record, step, 3)  # what comes later is left to the next piece
        np.testing.assert_array_equal(early, head)
        again, _ = part.filter(record.window(0.06, 0.2), step, 7, memory)
        np.testing.assert_array_equal(again, tail)


def test_closed_forms():
    one = SpikeTrains([0.005], [1], 2, 1.0)
    lags = np.arange(1, 101) * 0.01 - 0.005
    decays = np.exp(-lags / 0.03)
    np.testing.assert_allclose(Exponential().filter(one, 0.01, 100)[0][:, 1], decays, rtol=1e-12)
    np.testing.assert_allclose(Alpha().filter(one, 0.01, 100)[0][:, 1], np.e * lags / 0.03 * decays, rtol=1e-12)
    regular = SpikeTrains(np.arange(1000) * 0.01 + 0.004, np.zeros(1000, int), 1, 10.0)
    stationary = np.exp(-0.006 / 0.03) / (1 - np.exp(-0.01 / 0.03))
    assert Exponential().filter(regular, 0.01, 1000)[0][-1, 0] == pytest.approx(stationary, rel=1e-12)
    assert (Counts(0.05).filter(regular, 0.01, 1000)[0][4:] == 5).all()


@pytest.mark.parametrize("trace", TRACES)
def test_traces_superpose_and_start_from_rest(trace):
    a, b = some_trains(seed=1), some_trains(seed=2)
    both = SpikeTrains(np.append(a.times, b.times), np.append(a.units, b.units), 5, 1.0)
    (x, _), (y, _), (z, memory) = (trace().filter(record, 0.02, 50) for record in (a, b, both))
    np.testing.assert_allclose(x + y, z, rtol=1e-12, atol=1e-13)
    silence = SpikeTrains([], [], 5, 1.0)
    assert not trace().filter(silence, 0.02, 50)[0].any()
    forgotten, last = trace().filter(silence, 0.02, 5000, memory)
    assert not forgotten[-1].any() and not last.any()  # exact zeros, not denormal numbers
    nothing, same = trace().filter(silence, 0.02, 0, memory)
    assert nothing.shape == (0, 5) and np.array_equal(same, memory)


@pytest.mark.parametrize("trace", TRACES)
def test_bad_use_of_traces(trace):
    part, record = trace(), some_trains()
    name = next(iter(part.get_params()))
    for bad in (0, -1.0, np.inf, "x", None):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of {trace.__name__} must be"):
            trace(bad).filter(record, 0.01, 10)
    memory = np.zeros((part.n_memory(0.01), 4))
    for wrong, arguments in [("trains", ([0.1], 0.01, 10)), ("step", (record, 0, 10)), ("n_rows", (record, 0.01, -1)),
                             ("memory", (record, 0.01, 10, memory)), ("n_rows", (record, 0.01, 2.0))]:  # fmt: skip
        with pytest.raises(ValueError, match=f"The '{wrong}' parameter of {trace.__name__} must be"):
            part.filter(*arguments)


def test_windows_are_whole_multiples_of_the_step():
    assert [Counts(0.3).n_memory(step) for step in (0.1, 0.3, 1e-4, 0.03)] == [3, 1, 3000, 10]
    for step in (0.2, 0.07, 1.0, 0.299):
        with pytest.raises(ValueError, match=r"'window' parameter of Counts must be a whole multiple of the step, "):
            Counts(0.3).filter(some_trains(), step, 3)
