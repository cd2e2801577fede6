"""Many configurations of one leaky reservoir, advanced together over the same input.

Lane l follows

    x' = (1 - leak_l) x + leak_l f(W (radius_l x) + W_in (input_scaling_l u) + b bias_scaling_l + noise_l xi)

The states of the lanes of a unit stand side by side, so that each weight is read once for all lanes, and one vector
instruction serves several of them. `LANES` of them make a group; a smaller group is filled up with idle lanes.
"""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import activations, vectors
from reservoir.neurons.activations import activate
from reservoir.neurons.vectors import LANES, weighted_rows


@kernel(*activations.FILES, vectors.__file__, fastmath={"contract", "nsz"})
def advance_lanes(values, columns, starts, settings, code, rows, noise, state, states):
    """Fill `states` (LANES, n_rows, n_units) and move `state` (n_units, LANES) on.

    `values`, `columns` and `starts` are the compressed sparse rows of [W, W_in, b], all unscaled; `settings` (5, LANES)
    holds radius, input scaling, bias scaling, leak and noise of every lane; `noise` is (n_rows, n_units), or
    (0, n_units) for none.
    """
    n_units, n_features = state.shape[0], rows.shape[1]
    radius, input_scaling, bias_scaling, leak, noise_scale = settings
    # What a unit hears: scaled states, scaled input, scaled one. Settings stand once for every unit, for flat loops.
    heard = np.empty((n_units + n_features + 1, LANES), state.dtype)
    heard[n_units + n_features] = bias_scaling
    new = np.empty((n_units, LANES), state.dtype)
    flat, old, scaled = new.ravel(), state.ravel(), heard[:n_units].ravel()
    leaks, rests, radii = np.empty_like(flat), np.empty_like(flat), np.empty_like(flat)
    for i in range(n_units):
        place = slice(i * LANES, (i + 1) * LANES)
        leaks[place], rests[place], radii[place] = leak, 1 - leak, radius
    for q in range(flat.size):
        scaled[q] = radii[q] * old[q]
    for t in range(rows.shape[0]):
        for j in range(n_features):
            heard[n_units + j] = input_scaling * rows[t, j]
        for q in range(flat.size):
            flat[q] = 0
        for i in range(n_units):
            weighted_rows(values, columns, starts, i, heard, new)  # type: ignore[call-arg]
        for i in range(n_units if len(noise) else 0):
            new[i] += noise_scale * noise[t, i]
        activate(code, flat)
        for q in range(flat.size):  # two loops: with more arrays in one, the compiler gives up on vectors
            old[q] = rests[q] * old[q] + leaks[q] * flat[q]
        for q in range(flat.size):
            scaled[q] = radii[q] * old[q]
        for i in range(n_units):  # units outside: 16 rows are written in step, and the states are read once
            for lane in range(LANES):
                states[lane, t, i] = state[i, lane]
