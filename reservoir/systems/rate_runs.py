"""Runs of rate reservoirs: what the compiled loops need of a fitted one, and how their calls are cut.

These are functions over `RateWeights`; ask for them with `weights_of`, where `EchoState.runs_compiled` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.compilation import rows_per_call
from reservoir.neurons.products import Dense
from reservoir.neurons.rate import loops
from reservoir.neurons.rate.loops import Feedback, Levels, LinearReadout, RateWeights
from reservoir.neurons.rate.unit import compiled_for
from reservoir.neurons.structures import delayed_form, multiplications
from reservoir.random_numbers import NOISE, fill, steps_of
from reservoir.ranges import read_bounds
from reservoir.sequences import Sequences
from reservoir.sizes import check_fits
from reservoir.threads import n_threads, shares, spread, still_wanted
from reservoir.validation import (
    check_channels,
    check_finite_array,
    check_flag,
    check_integer,
    check_real,
    parameter_error,
)


def weights_of(system: Any) -> RateWeights:
    """What the loops take of a fitted `EchoState`; matrices that were replaced since `fit` are brought into form."""
    try:
        matrix, form, cells, delays = system._compiled
    except AttributeError:
        check_is_fitted(system)
        raise
    n_arrays = system.unit_.n_arrays
    form = form if matrix is system.W_ else delayed_form(system.W_, system.delays_, n_arrays)
    return RateWeights(form, np.ascontiguousarray(system.W_in_.T), system.bias_, cells, n_arrays, delays)


def rows_at_once(weights: RateWeights, more: int = 0) -> int:
    """Rows that a kernel gets at once, where each takes so many multiplications more than those of the weights."""
    return rows_per_call(work_a_row(weights) + more)


def work_a_row(weights: RateWeights) -> int:
    """About how many multiplications a row takes."""
    return sum(map(multiplications, weights)) + 20 * weights.bias.size


def run_rows(
    weights: RateWeights, sequences: Sequences, rows: np.ndarray, noisy: bool, finals: np.ndarray, states: np.ndarray
) -> None:
    """Fill the states (n_rows, n_units) and move the finals (n_sequences, n_values) on, see `loops.advance`.

    Sequences do not hear one another, so several threads may each run some of them.
    """
    together = isinstance(weights.matrix, Dense) and len(sequences) > 1 and weights.delays is None
    loop = compiled_for(loops.advance_together if together else loops.advance_for(weights), weights.cells)
    of_a_row = work_a_row(weights)
    work, room = float(len(sequences.rows) * of_a_row), rows_per_call(of_a_row)

    def run(chosen: slice) -> None:
        offsets = sequences.offsets[chosen.start : chosen.stop + 1]
        for first, last in _calls(room, offsets, together):
            still_wanted()
            loop(weights, rows, offsets, first, last, noisy, finals[chosen], states)

    pieces = shares(sequences.lengths, n_threads(work))
    spread(run, [part for piece in pieces for part in _parts(piece, room)] if together else pieces, work)


def _parts(chosen: slice, most: int) -> list[slice]:
    """Sequences, at most so many at once."""
    starts = range(chosen.start, chosen.stop, most)
    return [slice(start, min(start + most, chosen.stop)) for start in starts]


def _calls(room: int, offsets: np.ndarray, together: bool) -> Iterator[tuple[int, int]]:
    """The first and the last row of each call of a kernel that runs sequences with these offsets.

    A dense matrix without delays serves sequences `together`, side by side, and first and last are then steps of them.
    """
    chunk = max(1, room // (len(offsets) - 1)) if together else room
    begin, end = (0, int(np.diff(offsets).max())) if together else (int(offsets[0]), int(offsets[-1]))
    for first in range(begin, end, chunk):
        yield first, min(first + chunk, end)


def noise_of(system: Any, trial: int, first: int, n_steps: int) -> np.ndarray:
    """What the units of a fitted `EchoState` hear of noise in the steps from `first` on: (n_steps, n_units).

    It is (0, n_units) for a system without noise.
    """
    n_steps = n_steps if system.noise > 0 else 0
    noise = np.empty((n_steps, len(system.bias_)), system.bias_.dtype)
    fill(system._noise_seed, NOISE, steps_of(trial, first, n_steps), system.noise, noise)
    return noise


def close_loop(
    weights: RateWeights,
    coef: np.ndarray,
    intercept: np.ndarray,
    state: np.ndarray,
    row: np.ndarray,
    n_steps: int,
    *,
    squares: bool = False,
    scaling: float = 1.0,
    channels: np.ndarray | None = None,
    known: np.ndarray | None = None,
    bounds: np.ndarray | None = None,
    past: np.ndarray | None = None,
    levels: Levels | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Run freely on a linear readout, whose answers at a step are part of the input of the next.

    The readout is y = coef z + intercept, where z = [x, x^2, u, `past`]: without x^2 unless `squares`, and without u
    where `coef` has no columns for it. Answer k, times `scaling`, is the next input of channel channels[k], unless that
    is known. No noise is added.

    Parameters
    ----------
    weights : RateWeights
    coef : array (n_outputs, n_columns)
    intercept : array (n_outputs,)
    state : array (state_size,)
        State before the first step.
    row : array (n_features,)
        Input of the first step.
    n_steps : int
    squares : bool, default False
    scaling : float, default 1.0
    channels : None or array of int (n_outputs,), default None
        None is all of them, in order.
    known : None or array (n_steps, n_features), default None
        Input after each step, NaN where the answer comes back. None is NaN everywhere.
    bounds : None, array (n_outputs, 2) or (n_steps, n_outputs, 2), default None
        Lowest and highest answer, of every step or of each; what lies beyond is set to them. None is without bounds.
    past : None or array (n_lags, n_features), default None
        What was heard before the first step, the newest first; the readout sees so many earlier inputs.
    levels : None or Levels, default None
        What the answers are added to, before their bounds. None is nothing.

    Returns
    -------
    outputs : array (n_steps, n_outputs)
    final_state : array (state_size,)
    """
    owner, dtype = "close_loop", weights.bias.dtype
    n_features, n_units = weights.input_columns.shape
    n_squared = n_units * check_flag(owner, "squares", squares)
    past = None if past is None else check_finite_array(owner, "past", past, (*np.shape(past)[:1], n_features))
    n_columns = n_units + n_squared + (0 if past is None else past.size)
    n_unseen = n_features * (np.shape(coef)[-1:] == (n_columns,))
    channels = np.arange(n_features) if channels is None else check_channels(owner, "channels", channels, n_features)
    coef = check_finite_array(owner, "coef", coef, (len(channels), n_columns + n_features - n_unseen))
    intercept = check_finite_array(owner, "intercept", intercept, (len(channels),))
    state = check_finite_array(owner, "state", state, (weights.state_size,)).astype(dtype)
    row = check_finite_array(owner, "row", row, (n_features,)).astype(dtype)
    n_steps = check_integer(owner, "n_steps", n_steps, 1)
    n_bytes = 8.0 * n_steps * (len(channels) + n_features * (known is None))
    check_fits(owner, "n_steps", n_steps, n_bytes, "the rows to come")
    outputs = np.empty((n_steps, len(channels)))
    known = np.full((n_steps, n_features), np.nan) if known is None else np.array(known, dtype=np.float64)
    if known.shape != (n_steps, n_features):
        raise parameter_error(owner, "known", f"None or an array of shape {(n_steps, n_features)}", known)
    present, observed = _read_levels(owner, levels, outputs.shape)
    limits = _read_limits(owner, bounds, outputs.shape)
    feedback = Feedback(channels, check_real(owner, "scaling", scaling))
    heard = row if past is None else np.concatenate([row, past.ravel().astype(dtype)])
    loop, chunk = compiled_for(loops.close_loop, weights.cells), rows_at_once(weights, coef.size)
    for start in range(0, n_steps, chunk):
        rows = slice(start, start + chunk)
        readout = LinearReadout(coef, intercept, n_squared, n_unseen, limits[rows] if len(limits) > 1 else limits)
        loop(weights, readout, feedback, known[rows], Levels(present, observed[rows]), state, heard, outputs[rows])
    return outputs, state


def _read_limits(owner: str, bounds: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray:
    """Bounds (1 or n_steps, n_outputs, 2) of answers of this shape."""
    if not isinstance(bounds, np.ndarray) or bounds.ndim < 3:
        return read_bounds(owner, bounds, shape[1])[None]
    if bounds.shape not in ((1, shape[1], 2), (*shape, 2)):
        raise parameter_error(owner, "bounds", f"an array of shape {(*shape, 2)}", bounds)
    return np.ascontiguousarray(bounds)


def _read_levels(owner: str, levels: Levels | None, shape: tuple[int, int]) -> Levels:
    """Copies of the levels for answers of this shape; without numbers for None."""
    if levels is None:
        return Levels(np.empty(0), np.empty((shape[0], 0)))
    present = check_finite_array(owner, "levels", levels.present, shape[1:])
    observed = np.array(levels.known, dtype=np.float64)
    if observed.shape != shape:
        raise parameter_error(owner, "levels", f"None or levels known in an array of shape {shape}", observed)
    return Levels(present, observed)
