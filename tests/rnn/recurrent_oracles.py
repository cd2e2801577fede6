"""Recurrent cells as they are written in papers: one sequence, one step after the other, in NumPy.

The twin of a cell stands under its name in ``TWINS``, with the options under which the cell is tested beside its
defaults, if it has any. Its function is (cell, parameters, x (T, n_inputs), times (T,), mask (n_outputs,)) -> outputs
(T, n_outputs). `mask` multiplies the state where it enters the recurrent product. It begins at zero, or at the
"initial_state" of the parameters.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from reservoir.rnn.cells import CELLS, EUNN, GRU, LSTM, UGRNN, Cell, Elman, Householder, PhasedLSTM

ACTIVATIONS = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "logistic": lambda x: 1 / (1 + np.exp(-x))}
ACTIVATIONS["leaky_relu"] = lambda x: np.where(x > 0, x, 0.1 * x)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def elman(cell, parameters, x, times, mask):
    W, U, b = (parameters[name] for name in ("input_weights", "recurrent_weights", "bias"))
    h, outputs = np.zeros(len(U)), []
    for row in x:
        h = ACTIVATIONS[cell.activation](row @ W + (mask * h) @ U + b)
        outputs.append(h)
    return np.array(outputs)


def lstm(cell, parameters, x, times, mask):
    W, U, b = (parameters[name] for name in ("input_weights", "recurrent_weights", "bias"))
    names = ["f", "o", "g"] if cell.coupled else ["i", "f", "o", "g"] if cell.forget_gate else ["i", "o", "g"]
    p = dict.fromkeys(names, 0.0)
    if cell.peepholes:
        p |= dict(zip(names, parameters["peephole_weights"], strict=False))
    h, c, outputs = np.zeros(len(U)), np.zeros(len(U)), []
    for row in x:
        a = dict(zip(names, np.split(row @ W + (mask * h) @ U + b, len(names)), strict=True))
        f = logistic(a["f"] + p["f"] * c) if "f" in names else 1.0
        i = logistic(a["i"] + p["i"] * c) if "i" in names else 1.0 - f
        c = f * c + i * np.tanh(a["g"])
        h = logistic(a["o"] + p["o"] * c) * np.tanh(c)
        outputs.append(h)
    return np.array(outputs)


def gru(cell, parameters, x, times, mask):
    W, U, b = (parameters[name] for name in ("input_weights", "recurrent_weights", "bias"))
    n_units = len(U)
    h, outputs = np.zeros(n_units), []
    for row in x:
        fed, (a_r, a_z, a_n) = mask * h, np.split(row @ W + b, 3)
        r, z = (
            logistic(a + fed @ block) for a, block in zip((a_r, a_z), np.split(U[:, : 2 * n_units], 2, 1), strict=True)
        )
        if cell.reset_after:
            n = np.tanh(a_n + r * (fed @ U[:, 2 * n_units :] + parameters["recurrent_bias"]))
        else:
            n = np.tanh(a_n + (r * fed) @ parameters["candidate_weights"])
        h = z * h + (1 - z) * n
        outputs.append(h)
    return np.array(outputs)


def ugrnn(cell, parameters, x, times, mask):
    W, U, b = (parameters[name] for name in ("input_weights", "recurrent_weights", "bias"))
    h, outputs = parameters["initial_state"], []
    for row in x:
        a_g, a_c = np.split(row @ W + (mask * h) @ U + b, 2)
        g, c = logistic(a_g), ACTIVATIONS[cell.activation](a_c)
        h = g * h + (1 - g) * c
        outputs.append(h)
    return np.array(outputs)


def phased_lstm(cell, parameters, x, times, mask, leak=0.0):
    W, U, b = (parameters[name] for name in ("input_weights", "recurrent_weights", "bias"))
    p_i, p_f, p_o = parameters["peephole_weights"]
    period, ratio = abs(parameters["period"]), abs(parameters["open_ratio"])
    h, c, outputs = np.zeros(len(U)), np.zeros(len(U)), []
    for step, row in enumerate(x):
        phase = np.mod((times[step] if len(times) else step) - parameters["shift"], period) / period
        opening, closing = 2 * phase / ratio, 2 - 2 * phase / ratio
        k = np.where(phase < ratio / 2, opening, np.where(phase < ratio, closing, leak * phase))
        a_i, a_f, a_o, a_g = np.split(row @ W + (mask * h) @ U + b, 4)
        proposed = logistic(a_f + p_f * c) * c + logistic(a_i + p_i * c) * np.tanh(a_g)
        h = k * logistic(a_o + p_o * proposed) * np.tanh(proposed) + (1 - k) * h
        c = k * proposed + (1 - k) * c
        outputs.append(h)
    return np.array(outputs)


def reflection(v):
    """The matrix that mirrors in the plane across v, which may be complex."""
    return np.eye(len(v)) - 2 * np.outer(v, v.conj()) / np.vdot(v, v).real


def unitary_matrix(cell, parameters):
    n = parameters["modulus_bias"].size
    D = [np.diag(np.exp(1j * phases)) for phases in parameters["phases"]]
    R = [reflection(v[:n] + 1j * v[n:]) for v in parameters["reflections"]]
    F = np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n) / np.sqrt(n)
    P = np.eye(n)[np.random.default_rng(cell.permutation_seed).permutation(n)]
    return D[2] @ R[1] @ F.conj() @ D[1] @ P @ R[0] @ F @ D[0]


def rotation_layers(cell, n):
    """The pairs of every layer, in the numbers of the paper."""
    if cell.fft:
        strides = [2**k for k in reversed(range((n - 1).bit_length()))]
        return [[(i, i + d) for i in range(n - d) if i // d % 2 == 0] for d in strides]
    return [[(i, i + 1) for i in range(layer % 2, n - 1, 2)] for layer in range(cell.capacity)]


def eunn_matrix(cell, parameters):
    n = parameters["modulus_bias"].size
    order = np.arange(n) if cell.fft else np.concatenate([np.arange(0, n, 2), np.arange(1, n, 2)])
    U, angles = np.eye(n), zip(parameters["angles"], parameters["phases"], strict=True)
    for layer in rotation_layers(cell, n):
        F = np.eye(n, dtype=complex)
        for i, j in layer:
            theta, phi = next(angles)
            F[i, i], F[i, j] = np.exp(1j * phi) * np.cos(theta), -np.exp(1j * phi) * np.sin(theta)
            F[j, i], F[j, j] = np.sin(theta), np.cos(theta)
        U = F @ U
    assert not list(angles)
    return np.diag(np.exp(1j * parameters["last_phases"])) @ U[np.ix_(order, order)]


def householder_matrix(cell, parameters):
    n, free = parameters["bias"].size, parameters["reflections"]
    Q, first = np.eye(n), 0
    for k in range(min(cell.n_reflections, n - 1)):
        u = np.concatenate([np.zeros(k), free[first : first + n - k]])
        Q, first = reflection(u) @ Q, first + n - k
    return Q


def modrelu(z, bias):
    modulus = np.sqrt(np.abs(z) ** 2 + 1e-9)
    return np.maximum(modulus + bias, 0) * z / modulus


def of_complex_units(matrix_of):
    """The twin of a cell of complex units with this transition."""

    def twin(cell, parameters, x, times, mask):
        n, U = parameters["modulus_bias"].size, matrix_of(cell, parameters)
        state, outputs = parameters.get("initial_state", np.zeros(2 * n)), []
        for row in x:
            fed, drive = mask * state, row @ parameters["input_weights"] + parameters["bias"]
            z = U @ (fed[:n] + 1j * fed[n:]) + drive[:n] + 1j * drive[n:]
            h = modrelu(z, parameters["modulus_bias"])
            state = np.concatenate([h.real, h.imag])
            outputs.append(state)
        return np.array(outputs)

    return twin


def householder(cell, parameters, x, times, mask):
    Q, h, outputs = householder_matrix(cell, parameters), parameters["initial_state"], []
    for row in x:
        h = ACTIVATIONS[cell.activation](row @ parameters["input_weights"] + Q @ (mask * h) + parameters["bias"])
        outputs.append(h)
    return np.array(outputs)


class Twin(NamedTuple):
    """A cell as it is written in its paper."""

    outputs: Callable
    variants: tuple[Cell, ...] = ()
    awake: Cell | None = None  # the cell as it learns within a few steps, where by default it sleeps through them


TWINS = {
    "elman": Twin(elman, (Elman("logistic"), Elman("relu"))),
    "irnn": Twin(elman),
    "lstm": Twin(
        lstm,
        (
            LSTM(peepholes=True),
            LSTM(coupled=True),
            LSTM(peepholes=True, coupled=True),
            LSTM(forget_gate=False),
            LSTM(forget_gate=False, peepholes=True),
        ),
    ),
    "gru": Twin(gru, (GRU(reset_after=False),)),
    "ugrnn": Twin(ugrnn, (UGRNN("relu", -0.5),)),
    "phased_lstm": Twin(
        phased_lstm,
        (PhasedLSTM(2, (1.0, 9.0), 0.6, 0.1),),
        awake=PhasedLSTM(open_ratio=0.5, period_range=(2.0, 8.0)),
    ),
    "eunn": Twin(of_complex_units(eunn_matrix), (EUNN(1), EUNN(5), EUNN(fft=True))),
    "unitary": Twin(of_complex_units(unitary_matrix)),
    "householder": Twin(householder, (Householder(2, "tanh"), Householder(1, "relu"))),
}


def cells():
    """Every cell as it comes, then its variants."""
    return [cell() for cell in CELLS.values()] + [cell for twin in TWINS.values() for cell in twin.variants]
