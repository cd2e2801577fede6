"""Many configurations of one reservoir, advanced together over the same input.

Lane l has h = W (radius_l x) + W_in (input_scaling_l u) + b bias_scaling_l + noise_l xi, and coefficients of its own
for the step that follows, see `unit`.

The states of the lanes of a unit stand side by side, so that each weight is read once for all lanes, and one vector
instruction serves several of them. `LANES` of them make a group; a smaller group is filled up with idle lanes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons.rate.loops import FILES
from reservoir.neurons.rate.unit import step_lanes
from reservoir.neurons.vectors import LANES, weighted_rows


class LaneWeights(NamedTuple):
    """Compressed sparse rows of [W, W_in, b], all unscaled, and what the lanes differ in."""

    values: np.ndarray
    columns: np.ndarray
    starts: np.ndarray
    settings: np.ndarray  # (4, LANES): radius, input scaling, bias scaling, noise
    cells: Any  # its arrays (n_units * LANES,)


@kernel(*FILES, fastmath={"contract", "nsz"})
def advance_lanes(weights, rows, noise, state, states):
    """Fill `states` (LANES, n_rows, n_units) and move `state` (n_units, LANES) on.

    `noise` is (n_rows, n_units), or (0, n_units) for none.
    """
    values, columns, starts, cells = weights.values, weights.columns, weights.starts, weights.cells
    n_units, n_features = state.shape[0], rows.shape[1]
    radius, input_scaling, bias_scaling, noise_scale = weights.settings
    # What a unit hears: scaled states, scaled input, scaled one. Radii stand once for every unit, for flat loops.
    heard = np.empty((n_units + n_features + 1, LANES), state.dtype)
    heard[n_units + n_features] = bias_scaling
    new = np.empty((n_units, LANES), state.dtype)
    flat, old, scaled = new.ravel(), state.ravel(), heard[:n_units].ravel()
    radii = np.empty_like(flat)
    for i in range(n_units):
        radii[i * LANES : (i + 1) * LANES] = radius
    for q in range(flat.size):
        scaled[q] = radii[q] * old[q]
    for t in range(rows.shape[0]):
        for j in range(n_features):
            heard[n_units + j] = input_scaling * rows[t, j]
        for q in range(flat.size):
            flat[q] = 0
        for i in range(n_units):
            weighted_rows(values, columns, starts, i, heard, new)
        for i in range(n_units if len(noise) else 0):
            new[i] += noise_scale * noise[t, i]
        step_lanes(cells, old, flat)
        for q in range(flat.size):
            scaled[q] = radii[q] * old[q]
        for i in range(n_units):  # units outside: 16 rows are written in step, and the states are read once
            for lane in range(LANES):
                states[lane, t, i] = state[i, lane]
