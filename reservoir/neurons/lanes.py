"""Many configurations of one leaky reservoir, advanced together over the same input.

Lane l follows

    x' = (1 - leak_l) x + leak_l f(W (radius_l x) + W_in (input_scaling_l u) + b bias_scaling_l + noise_l xi)

The states of the lanes of a unit stand side by side, so that each weight is read once for all lanes, and one vector
instruction serves several of them. `LANES` of them make a group; a smaller group is filled up with idle lanes.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from reservoir.compilation import kernel
from reservoir.neurons import activations
from reservoir.neurons.activations import activate

LANES = 16


@intrinsic
def _weighted_rows(typingctx, values, columns, start, stop, rows, out):
    """out[:] = sum over p in [start, stop) of values[p] * rows[columns[p], :], all LANES wide.

    Written as vector instructions, since the compiler does not find them by itself.
    """

    def codegen(context, builder, signature, args):
        def pointer(k):
            return context.make_array(signature.args[k])(context, builder, args[k]).data

        real = context.get_value_type(signature.args[0].dtype)
        size = signature.args[0].dtype.bitwidth // 8
        per_vector = 64 // size
        vector = ir.VectorType(real, per_vector)
        int64, int32 = ir.IntType(64), ir.IntType(32)

        def place(base, offset):
            return builder.bitcast(builder.gep(base, [int64(offset)]), vector.as_pointer())

        sums = [cgutils.alloca_once_value(builder, ir.Constant(vector, None)) for _ in range(LANES // per_vector)]
        with cgutils.for_range_slice(builder, args[2], args[3], int64(1), int64) as (p, _):
            weight = builder.load(builder.gep(pointer(0), [p]))
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), weight, int32(0))
            zeros = ir.Constant(ir.VectorType(int32, per_vector), None)
            weights = builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)
            sender = builder.zext(builder.load(builder.gep(pointer(1), [p])), int64)
            row = builder.gep(pointer(4), [builder.mul(sender, int64(LANES))])
            for v, total in enumerate(sums):
                states = builder.load(place(row, v * per_vector))
                states.align = size
                product = builder.fmul(weights, states, flags=("contract",))
                builder.store(builder.fadd(product, builder.load(total), flags=("contract",)), total)
        for v, total in enumerate(sums):
            builder.store(builder.load(total), place(pointer(5), v * per_vector)).align = size
        return context.get_dummy_value()

    return types.void(values, columns, types.int64, types.int64, rows, out), codegen


@kernel(activations.__file__, fastmath={"contract", "nsz"})
def advance_lanes(matrix, settings, code, rows, noise, state, states):
    """Fill `states` (LANES, n_rows, n_units) and move `state` (n_units, LANES) on.

    `matrix` is the Sparse [W, W_in, b], all unscaled; `settings` (5, LANES) holds radius, input scaling, bias scaling,
    leak and noise of every lane; `noise` is (n_rows, n_units), or (0, n_units) for none.
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
        for i in range(n_units):
            _weighted_rows(matrix.values, matrix.columns, matrix.starts[i], matrix.starts[i + 1], heard, new[i])
        for i in range(n_units if len(noise) else 0):
            new[i] += noise_scale * noise[t, i]
        activate(code, flat)
        for q in range(flat.size):
            old[q] = rests[q] * old[q] + leaks[q] * flat[q]
            scaled[q] = radii[q] * old[q]
        for lane in range(LANES):
            row = states[lane, t]
            for i in range(n_units):
                row[i] = state[i, lane]
