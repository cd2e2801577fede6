"""Slow and obvious twins of the compiled code, in plain NumPy."""

from __future__ import annotations

import mpmath
import numpy as np

ACTIVATIONS = {
    "tanh": np.tanh,
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
}


def leaky_states(W, W_in, bias, leak, inputs, state=None, activation="tanh"):
    """x' = (1 - leak) x + leak f(W x + W_in u + b), one row at a time."""
    W = np.asarray(W.toarray() if hasattr(W, "toarray") else W, dtype=float)
    x = np.zeros(len(W)) if state is None else np.array(state, dtype=float)
    states = []
    for u in inputs:
        x = (1 - leak) * x + leak * ACTIVATIONS[activation](W @ x + W_in @ u + bias)
        states.append(x)
    return np.array(states)


def closed_loop(W, W_in, bias, leak, coef, intercept, state, row, n_steps):
    """The output of a linear readout on [state, input] is the next input."""
    outputs = []
    for _ in range(n_steps):
        state = leaky_states(W, W_in, bias, leak, [row], state)[-1]
        features = np.concatenate([state, row])[: coef.shape[1]]
        row = coef @ features + intercept
        outputs.append(row)
    return np.array(outputs)


def exact_ridge(X, y, alpha, digits=50):
    """Ridge with an unpenalised intercept in `digits` decimal digits: coef (n_outputs, n_features), intercept."""
    with mpmath.workdps(digits):
        rows, targets = mpmath.matrix(X.tolist()), mpmath.matrix(y.tolist())
        n, f, k = len(X), X.shape[1], y.shape[1]
        mean_x = [mpmath.fsum(rows[t, i] for t in range(n)) / n for i in range(f)]
        mean_y = [mpmath.fsum(targets[t, j] for t in range(n)) / n for j in range(k)]
        for t in range(n):
            for i in range(f):
                rows[t, i] -= mean_x[i]
            for j in range(k):
                targets[t, j] -= mean_y[j]
        gram = rows.T * rows + alpha * mpmath.eye(f)
        coef = mpmath.lu_solve(gram, rows.T * targets)
        intercept = [mean_y[j] - mpmath.fsum(coef[i, j] * mean_x[i] for i in range(f)) for j in range(k)]
        return np.array(coef.T.tolist(), dtype=float), np.array(intercept, dtype=float)
