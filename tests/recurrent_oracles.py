"""Recurrent cells as they are written in papers: one sequence, one step after the other, in NumPy.

A twin is a function (cell, parameters, x (T, n_inputs), times (T,), mask (n_outputs,)) -> outputs (T, n_outputs), under
the name of the cell in ``TWINS``. `mask` multiplies the state where it enters the recurrent product. It begins at zero,
or at the "initial_state" of the parameters.
"""

import numpy as np

ACTIVATIONS = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "logistic": lambda x: 1 / (1 + np.exp(-x))}


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


TWINS = {"elman": elman, "irnn": elman, "lstm": lstm, "gru": gru, "ugrnn": ugrnn, "phased_lstm": phased_lstm}
