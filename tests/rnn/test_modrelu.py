"""The rectified unit of a complex state."""

import numpy as np
import pytest

from reservoir.rnn.modrelu import modrelu, modrelu_gradient


@pytest.mark.parametrize("bias", [-0.5, -2e-5, 0.0, 0.02, 0.5])
@pytest.mark.parametrize("z", [0.0, 1e-5, 0.3, -0.7j, 0.6 + 0.8j])
def test_the_rectifier_has_a_gradient_at_zero_too(bias, z):
    """That of central differences; and the modulus never grows by more than the bias, nor does the phase change."""
    d_out, step = np.array([0.3, -1.1]), 1e-9
    parts, b = np.array([np.real(z), np.imag(z)]), np.array([bias])

    def out(parts, b):
        result = np.empty(2)
        modrelu(parts, b, result)
        return result

    gradient, d_bias = parts.copy(), np.zeros(1)
    modrelu_gradient(gradient, b, d_out, d_bias, np.empty(1), np.empty(1))
    for k in range(2):
        shift = step * np.eye(2)[k]
        difference = d_out @ (out(parts + shift, b) - out(parts - shift, b)) / (2 * step)
        assert gradient[k] == pytest.approx(difference, rel=1e-5, abs=1e-5)
    difference = d_out @ (out(parts, b + step) - out(parts, b - step)) / (2 * step)
    assert d_bias[0] == pytest.approx(difference, rel=1e-5, abs=1e-5)
    h = out(parts, b) @ [1, 1j]
    assert np.abs(h) <= max(0, np.abs(z) + bias) + 1e-4
    assert np.abs(h * np.conj(z) - np.abs(h * z)) < 1e-15
