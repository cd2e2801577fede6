"""Truths that every trace must meet, found by walking the exports, against naive twins and closed forms."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir.spikes import Alpha, Counts, DoubleExponential, Exponential
from reservoir.trains import SpikeTrains
from tests.spikes.parts import TRACES, generator, some_trains, trains


def peak(decay, rise):
    """What two exponentials differ by when they differ most."""
    latest = decay * rise / (decay - rise) * math.log(decay / rise)
    return math.exp(-latest / decay) - math.exp(-latest / rise)


KERNELS = {
    Exponential: lambda lag, part: math.exp(-lag / part.time_constant),
    Alpha: lambda lag, part: lag / part.time_constant * math.exp(1 - lag / part.time_constant),
    DoubleExponential: lambda lag, part: (
        (math.exp(-lag / part.decay_time) - math.exp(-lag / part.rise_time)) / peak(part.decay_time, part.rise_time)
    ),
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
    for wrong, arguments in [
        ("trains", ([0.1], 0.01, 10)),
        ("step", (record, 0, 10)),
        ("n_rows", (record, 0.01, -1)),
        ("memory", (record, 0.01, 10, memory)),
        ("n_rows", (record, 0.01, 2.0)),
    ]:
        with pytest.raises(ValueError, match=f"The '{wrong}' parameter of {trace.__name__} must be"):
            part.filter(*arguments)


@pytest.mark.parametrize("trace", TRACES)
def test_a_subclass_is_told_its_own_name(trace):
    own = type("Own", (trace,), {})
    name = next(iter(own().get_params()))
    for part, step, wrong in ((own(**{name: "x"}), 0.01, name), (own(), "x", "step")):
        with pytest.raises(ValueError, match=f"The '{wrong}' parameter of Own must be"):
            part.filter(some_trains(), step, 10)
