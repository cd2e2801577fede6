"""exp(x) - 1 by range reduction and a polynomial, so that a loop over units vectorises.

Numba calls the C library for ``np.exp`` and ``np.tanh``, one unit after the other, and LLVM cannot look inside.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from reservoir.compilation import instruction, kernel

_LOG2_E = 1.4426950408889634
# ln 2 in two parts: the first ends in zeros, so that its product with a small integer is exact.
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_LN2_HIGH_32 = np.float32(0.693359375)
_LN2_LOW_32 = np.float32(-2.12194440e-4)
# Adding 1.5 * 2**52 (2**23 in float32) rounds to an integer and leaves it in the low bits.
_ROUND = 6755399441055744.0
_ROUND_32 = np.float32(12582912.0)


def _exponent_instruction(integer: types.Integer, real: types.Float, shift: Any, bias: int, mantissa: int) -> Any:
    @instruction(lambda shifted: np.exp2(shifted - shift))
    def power_of_two(typingctx, shifted):
        def codegen(context, builder, signature, args):
            bits_type = context.get_value_type(integer)
            bits = builder.bitcast(args[0], bits_type)
            exponent = builder.shl(builder.add(bits, bits_type(bias)), bits_type(mantissa))
            return builder.bitcast(exponent, context.get_value_type(real))

        return real(real), codegen

    return power_of_two


# 2**k from k + _ROUND, by moving the low bits into the exponent.
_power_of_two = _exponent_instruction(types.int64, types.float64, _ROUND, 1023, 52)
_power_of_two_32 = _exponent_instruction(types.int32, types.float32, _ROUND_32, 127, 23)


@kernel(fastmath={"contract", "nsz"}, forceinline=True)
def expm1(x):
    """exp(x) - 1 in float64; beyond 700 either way that of 700."""
    bounded = min(max(x, -700.0), 700.0)
    shifted = bounded * _LOG2_E + _ROUND
    k = shifted - _ROUND
    r = (bounded - k * _LN2_HIGH) - k * _LN2_LOW
    # The Taylor series of (expm1(r) - r) / r**2 on |r| <= ln(2) / 2, up to r**13 of expm1.
    q = 1.0 / 6227020800.0
    q = q * r + 1.0 / 479001600.0
    q = q * r + 1.0 / 39916800.0
    q = q * r + 1.0 / 3628800.0
    q = q * r + 1.0 / 362880.0
    q = q * r + 1.0 / 40320.0
    q = q * r + 1.0 / 5040.0
    q = q * r + 1.0 / 720.0
    q = q * r + 1.0 / 120.0
    q = q * r + 1.0 / 24.0
    q = q * r + 1.0 / 6.0
    q = q * r + 0.5
    power = _power_of_two(shifted)
    return power * (r * r * q + r) + (power - 1.0)


@kernel(fastmath={"contract", "nsz"}, forceinline=True)
def expm1_32(x):
    """The same in float32 for |x| <= 20, with the series up to r**7."""
    shifted = x * np.float32(_LOG2_E) + _ROUND_32
    k = shifted - _ROUND_32
    r = (x - k * _LN2_HIGH_32) - k * _LN2_LOW_32
    q = np.float32(1.0 / 5040.0)
    q = q * r + np.float32(1.0 / 720.0)
    q = q * r + np.float32(1.0 / 120.0)
    q = q * r + np.float32(1.0 / 24.0)
    q = q * r + np.float32(1.0 / 6.0)
    q = q * r + np.float32(0.5)
    power = _power_of_two_32(shifted)
    return power * (r * r * q + r) + (power - np.float32(1.0))
