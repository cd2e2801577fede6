"""The rectified unit of a complex state, which thins the modulus and keeps the phase.

    modrelu(z) = max(|z| + b, 0) z / |z|      with |z| = sqrt(re z**2 + im z**2 + 1e-9)

The small number gives a derivative everywhere but on the circle |z| = -b: at z = 0 it is 1 + b / sqrt(1e-9), or 0 where
this is negative. Rows are [real parts, imaginary parts].

References
----------
Arjovsky, Shah, Bengio 2016, Unitary evolution recurrent neural networks, Proceedings of Machine Learning Research
48:1120-1128, doi:10.48550/arXiv.1511.06464.
"""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel

SMALLEST = 1e-9
"""What is added to the square of a modulus."""


@kernel(fastmath={"contract", "nsz"})
def modrelu(z, bias, out):
    """out (2 n,) = modrelu(z (2 n,)) for the bias (n,)."""
    n = bias.size
    re, im, out_re, out_im = z[:n], z[n:], out[:n], out[n:]
    smallest, one = bias.dtype.type(SMALLEST), bias.dtype.type(1)
    for j in range(n):
        x, y = re[j], im[j]
        gain = max(one + bias[j] / np.sqrt(x * x + y * y + smallest), bias.dtype.type(0))
        out_re[j] = gain * x
        out_im[j] = gain * y


@kernel(fastmath={"contract", "nsz"})
def modrelu_gradient(z, bias, d_out, d_bias, inverse, along):
    """Turn z (2 n,) into the gradient with respect to z, given that to the output (2 n,); adds to d_bias (n,).

    `inverse` and `along` (n,) are scratch: 1 / |z|, and the part of the gradient along z, zero for silent units.
    """
    n = bias.size
    re, im, d_re, d_im = z[:n], z[n:], d_out[:n], d_out[n:]
    smallest, zero, one = bias.dtype.type(SMALLEST), bias.dtype.type(0), bias.dtype.type(1)
    for j in range(n):
        inverse[j] = one / np.sqrt(re[j] * re[j] + im[j] * im[j] + smallest)
    for j in range(n):
        projection = (re[j] * d_re[j] + im[j] * d_im[j]) * inverse[j]
        along[j] = projection if one + bias[j] * inverse[j] > zero else zero
    for j in range(n):
        d_bias[j] += along[j]
    for j in range(n):
        along[j] *= bias[j] * inverse[j] * inverse[j]
    for j in range(n):
        re[j] = max(one + bias[j] * inverse[j], zero) * d_re[j] - along[j] * re[j]
    for j in range(n):
        im[j] = max(one + bias[j] * inverse[j], zero) * d_im[j] - along[j] * im[j]
