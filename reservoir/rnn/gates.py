"""The gate that mixes the old state and a candidate, there and back."""

from __future__ import annotations

from reservoir.compilation import kernel
from reservoir.neurons.activations import TANH


@kernel(fastmath={"contract", "nsz"})
def mix(gate, candidate, state, old, out):
    """state = gate * state + (1 - gate) * candidate, kept in `out` and, before the change, in `old`."""
    for j in range(state.size):
        h = state[j]
        old[j] = h
        out[j] = candidate[j] + gate[j] * (h - candidate[j])
    for j in range(state.size):
        state[j] = out[j]


@kernel(fastmath={"contract", "nsz"})
def unmix(code, gate, candidate, old, d_output, d_state):
    """Turn gate and candidate into the gradients of their drive; `d_state` takes what is carried along.

    The candidate is tanh where the code is that of tanh, otherwise it is rectified.
    """
    if code == TANH:
        for j in range(gate.size):
            g, c, d = gate[j], candidate[j], d_state[j] + d_output[j]
            gate[j] = d * (old[j] - c) * (g - g * g)
            candidate[j] = d * (1 - g) * (1 - c * c)
            d_state[j] = d * g
    else:
        for j in range(gate.size):
            g, c, d = gate[j], candidate[j], d_state[j] + d_output[j]
            gate[j] = d * (old[j] - c) * (g - g * g)
            candidate[j] = d * (1 - g) if c > 0 else 0
            d_state[j] = d * g
