"""Inner loops written as vector instructions, where the compiler does not find them by itself.

They keep their sums in registers and read the weights as one stream. Beside each stands a twin in plain Python, which
runs where the compiler is switched off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from reservoir.compilation import instruction

LANES = 16
"""Columns that `weighted_rows` serves at once."""

STRIPE = 128
"""Units that `add_stripe` serves at once."""

_INT32, _INT64 = ir.IntType(32), ir.IntType(64)


class _Sums:
    """`width` running sums in vectors of 64 bytes, of the type of the array that is argument 0."""

    def __init__(self, context: Any, builder: ir.IRBuilder, signature: Any, args: Sequence[ir.Value], width: int):
        self.context, self.builder, self.signature, self.args = context, builder, signature, args
        self.size = signature.args[0].dtype.bitwidth // 8
        self.per_vector = 64 // self.size
        self.vector = ir.VectorType(context.get_value_type(signature.args[0].dtype), self.per_vector)
        zero = ir.Constant(self.vector, None)
        self.sums = [cgutils.alloca_once_value(builder, zero) for _ in range(width // self.per_vector)]

    def pointer(self, argument: int, offset: ir.Value | None = None) -> ir.Value:
        """Where the data of an array argument begins, or its element at `offset`."""
        array = self.context.make_array(self.signature.args[argument])
        data = array(self.context, self.builder, self.args[argument]).data
        return data if offset is None else self.builder.gep(data, [offset])

    def load(self, base: ir.Value, number: int) -> ir.Value:
        """The vector with this number behind `base`."""
        loaded = self.builder.load(self._place(base, number))
        loaded.align = self.size
        return loaded

    def add(self, number: int, weights: ir.Value, values: ir.Value) -> None:
        """sum += weights * values, rounded once where the processor can."""
        product = self.builder.fmul(weights, values, flags=("contract",))
        total = self.builder.load(self.sums[number])
        self.builder.store(self.builder.fadd(product, total, flags=("contract",)), self.sums[number])

    def add_to(self, base: ir.Value) -> None:
        """Add the sums to what stands behind `base`."""
        for number, total in enumerate(self.sums):
            result = self.builder.fadd(self.load(base, number), self.builder.load(total))
            self.builder.store(result, self._place(base, number)).align = self.size

    def put(self, base: ir.Value) -> None:
        """Write the sums behind `base`."""
        for number, total in enumerate(self.sums):
            self.builder.store(self.builder.load(total), self._place(base, number)).align = self.size

    def spread(self, scalar: ir.Value) -> ir.Value:
        """A vector that holds the scalar everywhere."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, _INT32(0))
        return self.builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_INT32, self.per_vector), None))

    def _place(self, base: ir.Value, number: int) -> ir.Value:
        start = self.builder.gep(base, [_INT64(number * self.per_vector)])
        return self.builder.bitcast(start, self.vector.as_pointer())


def _sum_slice(values: np.ndarray, columns: np.ndarray, start: int, stop: int, x: np.ndarray, out: np.ndarray) -> None:
    out[:] = (values[start:stop] * x[columns[start:stop]]).sum(axis=0)


@instruction(_sum_slice)
def sum_slice(typingctx, values, columns, start, stop, x, out):
    """out (m,) = sum over q from start to stop of values[q] * x[columns[q]], for values and columns (n, m).

    m numbers fill a vector: 8 in float64, 16 in float32. The x are gathered by one instruction.
    """

    def codegen(context, builder, signature, args):
        sums = _Sums(context, builder, signature, args, 64 // (signature.args[0].dtype.bitwidth // 8))
        width = sums.per_vector
        wide, flags = ir.VectorType(_INT64, width), ir.VectorType(ir.IntType(1), width)
        undefined = ir.Constant(wide, ir.Undefined)
        start = builder.insert_element(undefined, builder.ptrtoint(sums.pointer(4), _INT64), _INT32(0))
        start = builder.shuffle_vector(start, undefined, ir.Constant(ir.VectorType(_INT32, width), None))
        places_type = ir.VectorType(ir.PointerType(sums.vector.element), width)
        gather = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(sums.vector, [places_type, _INT32, flags, sums.vector]),
            f"llvm.masked.gather.v{width}f{8 * sums.size}.v{width}p0",
        )
        index_type = ir.VectorType(context.get_value_type(signature.args[1].dtype), width)
        with cgutils.for_range_slice(builder, args[2], args[3], _INT64(1), _INT64) as (q, _):
            row = builder.mul(q, _INT64(width))
            index = builder.load(builder.bitcast(sums.pointer(1, row), index_type.as_pointer()))
            index.align = signature.args[1].dtype.bitwidth // 8
            distance = builder.mul(builder.zext(index, wide), ir.Constant(wide, [sums.size] * width))
            places = builder.inttoptr(builder.add(start, distance), places_type)
            every = ir.Constant(flags, [1] * width)
            heard = builder.call(gather, [places, _INT32(sums.size), every, ir.Constant(sums.vector, ir.Undefined)])
            sums.add(0, sums.load(sums.pointer(0, row), 0), heard)
        sums.put(sums.pointer(5))
        return context.get_dummy_value()

    return types.void(values, columns, types.int64, types.int64, x, out), codegen


def _weighted_rows(
    values: np.ndarray, columns: np.ndarray, starts: np.ndarray, i: int, rows: np.ndarray, out: np.ndarray
) -> None:
    heard = slice(starts[i], starts[i + 1])
    out[i] += (values[heard, None] * rows[columns[heard]]).sum(axis=0)


@instruction(_weighted_rows)
def weighted_rows(typingctx, values, columns, starts, i, rows, out):
    """out[i] += sum over p of values[p] * rows[columns[p]], for p from starts[i] to starts[i + 1].

    `rows` and `out` are (n, LANES).
    """

    def codegen(context, builder, signature, args):
        # Four sets of sums, since an addition must wait for the one before it.
        sets = [_Sums(context, builder, signature, args, LANES) for _ in range(4)]
        sums = sets[0]
        start, stop = (builder.load(sums.pointer(2, builder.add(args[3], _INT64(k)))) for k in (0, 1))

        def add(p, target):
            weight = sums.spread(builder.load(sums.pointer(0, p)))
            sender = builder.zext(builder.load(sums.pointer(1, p)), _INT64)
            row = sums.pointer(4, builder.mul(sender, _INT64(LANES)))
            for number in range(len(sums.sums)):
                target.add(number, weight, sums.load(row, number))

        whole = builder.sub(stop, builder.srem(builder.sub(stop, start), _INT64(4)))
        with cgutils.for_range_slice(builder, start, whole, _INT64(4), _INT64) as (p, _):
            for k, target in enumerate(sets):
                add(builder.add(p, _INT64(k)), target)
        with cgutils.for_range_slice(builder, whole, stop, _INT64(1), _INT64) as (p, _):
            add(p, sums)
        for target in sets:
            target.add_to(sums.pointer(5, builder.mul(args[3], _INT64(LANES))))
        return context.get_dummy_value()

    return types.void(values, columns, starts, types.int64, rows, out), codegen


def _add_stripe(
    weights: np.ndarray, stripe: int, offsets: np.ndarray, n_offsets: int, x: np.ndarray, out: np.ndarray, start: int
) -> None:
    for k in range(n_offsets):
        first = offsets[k] + stripe * STRIPE
        heard = x[first : first + STRIPE]
        with np.errstate(invalid="ignore", over="ignore"):  # behind the last unit stands what nobody reads
            out[start : start + STRIPE] += weights[stripe, k, : len(heard)] * heard


@instruction(_add_stripe)
def add_stripe(typingctx, weights, stripe, offsets, n_offsets, x, out, start):
    """out[start : start + STRIPE] += sum over k of weights[stripe, k] * x[o : o + STRIPE].

    Here o = offsets[k] + stripe * STRIPE, and `weights` is (n_stripes, n_offsets, STRIPE).
    """

    def codegen(context, builder, signature, args):
        sums = _Sums(context, builder, signature, args, STRIPE)
        stripe_start = sums.pointer(0, builder.mul(builder.mul(args[1], args[3]), _INT64(STRIPE)))
        first = sums.pointer(4, builder.mul(args[1], _INT64(STRIPE)))
        offsets_start = sums.pointer(2)
        with cgutils.for_range(builder, args[3], intp=_INT64) as loop:
            row = builder.gep(stripe_start, [builder.mul(loop.index, _INT64(STRIPE))])
            heard = builder.gep(first, [builder.load(builder.gep(offsets_start, [loop.index]))])
            for number in range(len(sums.sums)):
                sums.add(number, sums.load(row, number), sums.load(heard, number))
        sums.add_to(sums.pointer(5, args[6]))
        return context.get_dummy_value()

    return types.void(weights, types.int64, offsets, types.int64, x, out, types.int64), codegen
