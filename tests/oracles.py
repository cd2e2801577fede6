"""Slow and obvious twins of the compiled code, in plain NumPy."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import mpmath
import numpy as np
from numpy.polynomial import Legendre
from scipy.stats import chi2

ACTIVATIONS = {
    "tanh": np.tanh,
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
}


def normal_numbers(seed, purpose, trial, first, n_steps, n_channels):
    """Normal numbers (n_steps, n_channels) of a trial, a step at a time, from the Philox of NumPy."""
    rows = []
    for step in range(first, first + n_steps):
        rng = np.random.Generator(np.random.Philox(counter=[0, step, trial, 0], key=[seed, purpose]))
        uniform = rng.random(n_channels + n_channels % 2)
        radius, angle = np.sqrt(-2 * np.log1p(-uniform[::2])), 2 * np.pi * uniform[1::2]
        rows.append(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]).ravel()[:n_channels])
    return np.array(rows)


def noise_of(system, n_steps, trial=0, first=0):
    """What the units of a fitted reservoir hear of noise (n_steps, n_units)."""
    return system.noise * normal_numbers(system._noise_seed, 0, trial, first, n_steps, len(system.bias_))


def leaky_states(W, W_in, bias, leak, inputs, state=None, activation="tanh", noise=None):
    """x' = (1 - leak) x + leak f(W x + W_in u + b + noise), one row at a time."""
    W = np.asarray(W.toarray() if hasattr(W, "toarray") else W, dtype=float)
    x = np.zeros(len(W)) if state is None else np.array(state, dtype=float)
    states = []
    for u, heard in zip(inputs, np.zeros((len(inputs), 1)) if noise is None else noise, strict=True):
        x = (1 - leak) * x + leak * ACTIVATIONS[activation](W @ x + W_in @ u + bias + heard)
        states.append(x)
    return np.array(states)


def euler(unit, W, matrices, state, drive):
    """x + step f((W - W^T - diffusion I) x + W_in u + b), for a `drive` W_in u + b."""
    heard = (W - W.T - unit.diffusion * np.eye(len(W))) @ state[0] + drive
    return [state[0] + unit.step * ACTIVATIONS[unit.activation](heard)]


def edge_of_stability(unit, W, matrices, state, drive):
    """(1 - beta) O x + beta f(W x + W_in u + b)."""
    heard = W @ state[0] + drive
    return [(1 - unit.beta) * dense(matrices["matrix"]) @ state[0] + unit.beta * ACTIVATIONS[unit.activation](heard)]


def leaky_integrator(unit, W, matrices, state, drive):
    """(1 - leak) x + leak f(W x + W_in u + b)."""
    heard = W @ state[0] + drive
    return [(1 - unit.leak) * state[0] + unit.leak * ACTIVATIONS[unit.activation](heard)]


RATE_UNITS = {"Euler": euler, "EdgeOfStability": edge_of_stability, "LeakyIntegrator": leaky_integrator}


def dense(matrix):
    """A weight matrix of any structure as an array."""
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix, dtype=float)


def rate_states(step, system, W, inputs, state=None, trial=0):
    """States and final state of a fitted reservoir of any rate unit with this twin, where `W` is what was drawn."""
    n_units, n_arrays = len(system.bias_), system.unit_.n_arrays
    arrays = list(np.zeros((n_arrays, n_units)) if state is None else np.reshape(state, (n_arrays, n_units)))
    states, noise = [], noise_of(system, len(inputs), trial)
    for u, heard in zip(inputs, noise, strict=True):
        arrays = step(system.unit_, dense(W), system.unit_matrices_, arrays, system.W_in_ @ u + system.bias_ + heard)
        states.append(arrays[0])
    return np.array(states), np.concatenate(arrays)


def closed_loop(W, W_in, bias, leak, coef, intercept, state, row, known, *, squares=False, scaling=1.0, channels=None):
    """The outputs of a linear readout on [x, x^2, u] come back as inputs where `known` is NaN."""
    channels = np.arange(len(row)) if channels is None else channels
    outputs = []
    for given in known:
        state = leaky_states(W, W_in, bias, leak, [row], state)[-1]
        features = np.concatenate([state, state**2, row] if squares else [state, row])[: coef.shape[1]]
        outputs.append(coef @ features + intercept)
        row = given.copy()
        for k, channel in enumerate(channels):
            if np.isnan(given[channel]):
                row[channel] = scaling * outputs[-1][k]
    return np.array(outputs)


def driven_forecast(
    W, W_in, bias, leak, y, e, future, *, n_steps, lead, alpha, washout, lags=0, increments=False, horizon=1
):
    """Ridge on [x(t), u(t), u(t - 1), ...] and its free run, `horizon` rows at once; all by the time t itself.

    The inputs are u(t) = [y(t), e(t + lead)]; those before the first count as that one. The targets are the rows
    y(t + 1), y(t + 2), ..., less y(t) for `increments`; the e of all of them are seen. y (T, k), e (T, m) and the
    drivers to come `future` (n_steps, m); n_steps is a multiple of the horizon.
    """
    y, e, last, states, heard = list(y), [*e, *future], len(y) - 1, [np.zeros(len(bias))], []

    def hear(t):
        heard.append(np.concatenate([y[t], e[t + lead]]))
        states.append(leaky_states(W, W_in, bias, leak, heard[-1:], states[-1])[-1])

    def see(t):
        ahead = [e[t + lead + step] for step in range(1, horizon)]
        return np.concatenate([states[t + 1], *(heard[max(0, t - lag)] for lag in range(lags + 1)), *ahead])

    for t in range(last):
        hear(t)
    taught = range(max(washout, lags), last + 1 - horizon)
    rows = np.array([see(t) for t in taught])
    targets = np.array(
        [np.concatenate([row - increments * y[t] for row in y[t + 1 : t + 1 + horizon]]) for t in taught]
    )
    centred = rows - rows.mean(axis=0)
    coef = np.linalg.solve(centred.T @ centred + alpha * np.eye(centred.shape[1]), centred.T @ targets)
    for origin in range(last, last + n_steps, horizon):
        for t in range(len(heard), origin + 1):
            hear(t)
        answers = targets.mean(axis=0) + (see(origin) - rows.mean(axis=0)) @ coef
        y += list(answers.reshape(horizon, -1) + increments * y[origin])
    return np.array(y[last + 1 :])


def force(W, W_in, bias, leak, rows, targets, washout, alpha, noise=None):
    """FORCE learning on the states; the network hears its own output after `washout` true rows."""
    noise = np.zeros((len(targets), 1)) if noise is None else noise
    weights, P = np.zeros((targets.shape[1], len(bias))), np.eye(len(bias)) / alpha
    row, state = rows[0], np.zeros(len(bias))
    for t, target in enumerate(targets):
        state = leaky_states(W, W_in, bias, leak, [row], state, noise=noise[[t]])[-1]
        output = weights @ state
        row = output if t >= washout else rows[t + 1]
        if t >= washout:
            P = P - np.outer(P @ state, P @ state) / (1 + state @ P @ state)
            weights = weights - np.outer(output - target, P @ state)
    return weights


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


def cycle_with_jumps(n_units, jump, jump_weight):
    """A cycle of weight 1, and links both ways between neighbouring multiples of `jump`."""
    W = np.zeros((n_units, n_units))
    for i in range(n_units):
        W[i, i - 1] = 1
    stations = list(range(0, n_units, jump))
    pairs = list(pairwise(stations))
    if n_units % jump == 0:
        pairs.append((stations[-1], 0))
    for a, b in pairs:
        if abs(a - b) >= jump:
            W[a, b] = W[b, a] = jump_weight
    return W


def delay_line(n_units, feedback=0.0):
    """Unit i hears i - 1, and i + 1 by the feedback."""
    W = np.zeros((n_units, n_units))
    for i in range(n_units - 1):
        W[i + 1, i], W[i, i + 1] = 1, feedback
    return W


def double_cycle(n_units, weight):
    """Unit i hears i - 1 with weight 1 and i + 1 with another."""
    W = np.zeros((n_units, n_units))
    for i in range(n_units):
        W[i, i - 1] = 1
        W[i, (i + 1) % n_units] = weight
    return W


def hadamard_product(signs, order, scale):
    """The dense factors of a structured orthogonal matrix, multiplied."""
    n = len(order)
    block = np.array([[1.0]])
    while 2 * len(block) <= n:
        block = np.block([[block, block], [block, -block]]) / np.sqrt(2)
    m = len(block)
    first, last = np.eye(n), np.eye(n)
    first[:m, :m] = last[n - m :, n - m :] = block
    return scale * np.eye(n)[order] @ last @ np.diag(signs[1]) @ first @ np.diag(signs[0])


def linear_memory(W, w_in, n_delays):
    """Exact memory of x' = W x + w_in u for white u: with b_k = W^k w_in and S = sum b b^T, MC_k = b_k S^-1 b_k."""
    vectors = [w_in]
    while np.abs(vectors[-1]).max() > 1e-18:
        vectors.append(W @ vectors[-1])
    vectors = np.array(vectors)
    inverse = np.linalg.pinv(vectors.T @ vectors, rcond=1e-14)
    return np.array([b @ inverse @ b for b in vectors[:n_delays]])


def memory_shares(states, inputs, n_delays):
    """Coefficients of determination of delayed inputs, each after regression on the shorter delays and a constant."""
    n_steps = len(states)
    delayed = np.array([inputs[len(inputs) - n_steps - k : len(inputs) - k] for k in range(n_delays)])
    rows = np.column_stack([np.ones(n_steps), states])
    shares = []
    for k in range(n_delays):
        known = np.column_stack([np.ones(n_steps), delayed[:k].T])
        new = delayed[k] - known @ np.linalg.lstsq(known, delayed[k], rcond=None)[0]
        left = new - rows @ np.linalg.lstsq(rows, new, rcond=None)[0]
        shares.append(1 - left @ left / (new @ new))
    return np.array(shares)


def recursive_least_squares(X, y, alpha, forgetting=1.0):
    """Weights (n_outputs, n_inputs) and P after all rows; inputs that others explain all but 1e-12 do not fade."""
    P, weights = np.eye(X.shape[1]) / alpha, np.zeros((y.shape[1], X.shape[1]))
    heard, n_heard = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for z, target in zip(X, y, strict=True):
        heard += z**2
        n_heard += z != 0
        if forgetting < 1:  # P = R R^T, R upper triangular
            R = np.linalg.cholesky(P[::-1, ::-1])[::-1, ::-1].copy()
            unexplained = 1 / np.diag(R) ** 2
            R[:, unexplained * (1 - forgetting) * n_heard > 1e-12 * heard] /= np.sqrt(forgetting)
            P = R @ R.T
        gain = P @ z / (1 + z @ P @ z)
        weights = weights + np.outer(target - weights @ z, gain)
        P = P - np.outer(gain, P @ z)
        P = (P + P.T) / 2
    return weights, P


def least_mean_squares(X, y, learning_rate, epsilon=None):
    """Weights after all rows; normalised where epsilon is given."""
    weights = np.zeros((y.shape[1], X.shape[1]))
    for z, target in zip(X, y, strict=True):
        rate = learning_rate if epsilon is None else learning_rate / (epsilon + z @ z)
        weights = weights + rate * np.outer(target - weights @ z, z)
    return weights


def backpropagation_decorrelation(X, y, learning_rate, dt, output_feedback, epsilon):
    """Weights on [inputs, what the outputs sent], by the inverse of C = epsilon I + z z^T; and the outputs."""
    n_outputs, n_inputs = y.shape[1], X.shape[1]
    weights = np.zeros((n_outputs, n_inputs + n_outputs))
    output, error, outputs = np.zeros(n_outputs), np.zeros(n_outputs), []
    for x, target in zip(X, y, strict=True):
        z = np.concatenate([x, output_feedback * np.tanh(output)])
        slope = output_feedback * (1 - np.tanh(output) ** 2)
        new = (1 - dt) * output + dt * weights @ z
        gamma = (1 - dt) * error + dt * weights[:, n_inputs:] @ (slope * error) - (new - target)
        C = epsilon * np.eye(len(z)) + np.outer(z, z)
        weights = weights + learning_rate / dt * np.outer(gamma, np.linalg.solve(C, z))
        output, error = new, new - target
        outputs.append(new)
    return weights, np.array(outputs)


def parallel_perceptron(X, y, weights, rho, epsilon, mu, margin, rate, adapt_every=None):
    """The p-delta rule for one output: weights (n_perceptrons, n_inputs), the margin and the rate after all rows."""
    weights, error, before = weights.copy(), 0.0, np.inf
    for t, (z, target) in enumerate(zip(X, y, strict=True), start=1):
        heard = weights @ z
        excess = np.clip(np.where(heard >= 0, 1, -1).sum() / rho, -1, 1) - target
        near_above = (excess <= epsilon) & (heard >= 0) & (heard < margin)
        near_below = (excess >= -epsilon) & (heard < 0) & (heard > -margin)
        direction = 1.0 * ((excess < -epsilon) & (heard < 0)) - ((excess > epsilon) & (heard >= 0))
        direction += mu * near_above * (direction == 0) - mu * near_below * (direction == 0)
        n_near = (near_above | near_below).sum()
        shrinking = np.minimum(rate * ((weights**2).sum(axis=1) - 1), 0.5)
        weights = weights + rate * np.outer(direction, z) - shrinking[:, None] * weights
        margin += rate * (epsilon * rho - min(4 * epsilon * rho, n_near))
        error += abs(excess)
        if adapt_every and t % adapt_every == 0:
            rate = min(1.1 * rate, 0.1) if error < before else max(0.5 * rate, 1e-5) if error > before else rate
            before, error = error, 0.0
    return weights, margin, rate


def spiking_circuit(circuit, neuron, trains, voltages, dt):
    """Leaky integrate-and-fire units one by one, synapses as lists of jumps to come: (step, unit), and all voltages."""
    n_units, n_steps = len(circuit.excitatory), round(trains.duration / dt)
    v, last, arrivals, fired, history = np.array(voltages, float), [-(10**9)] * n_units, {}, [], []
    synapses = [(part, s) for _, _, part in circuit.pathways() for s in range(len(part))]
    sources = [source for _, source, part in circuit.pathways() for _ in range(len(part))]
    u, R, before = np.zeros(len(synapses)), np.ones(len(synapses)), np.zeros(len(synapses))
    kinds = sorted({kind_of_synapse(part, s) for part, s in synapses}, key=str)
    currents = [dict.fromkeys(kinds, 0.0) for _ in range(n_units)]
    means = {kind: kind[0] / dt * (1 - np.exp(-dt / kind[0])) for kind in kinds}
    events = {(int(step), int(channel)) for step, channel in zip(trains.steps(dt), trains.units, strict=True)}
    hold = [int((neuron.refractory[0 if e else 1] + 1e-3 * dt) / dt) for e in circuit.excitatory]
    tau, goal = neuron.time_constant, neuron.rest + neuron.resistance * neuron.background
    for step in range(n_steps):
        senders = []
        for i in range(n_units):
            free = step - last[i] >= hold[i]
            if free:
                heard = {kind: means[kind] * value for kind, value in currents[i].items()}
                flows = [(g, reversal) for (_, reversal), g in heard.items() if reversal is not None]
                if flows:  # exact for the means over the step
                    total = 1 + neuron.resistance * sum(g for g, _ in flows)
                    inward = sum(g * reversal for g, reversal in flows)
                    inward += sum(value for (_, reversal), value in heard.items() if reversal is None)
                    level = (goal + neuron.resistance * inward) / total
                    v[i] = level + (v[i] - level) * np.exp(-dt / tau * total)
                else:
                    v[i] = goal + (v[i] - goal) * np.exp(-dt / tau)
                    for (kind, _), current in currents[i].items():
                        v[i] += neuron.resistance * current * leaky(kind, tau, dt)
            if free and v[i] > neuron.threshold:
                fired.append((step, i))
                senders.append(("units", i))
                last[i], v[i] = step, neuron.reset
            for kind in kinds:
                currents[i][kind] *= np.exp(-dt / kind[0])
        senders += [("inputs", channel) for when, channel in sorted(events) if when == step]
        for index, (part, s) in enumerate(synapses):
            if (sources[index], part.pre[s]) not in senders:
                continue
            jump = part.weight[s] if part.reversal is None else abs(part.weight[s])
            if part.U is not None:
                since = (step - before[index]) * dt
                R[index] = 1 + (R[index] - u[index] * R[index] - 1) * np.exp(-since / part.D[s])
                u[index] = part.U[s] + u[index] * (1 - part.U[s]) * np.exp(-since / part.F[s])
                jump *= u[index] * R[index]
                before[index] = step
            when = step + int(np.floor(part.delay[s] / dt + 0.5))
            arrivals.setdefault(when, []).append((part.post[s], kind_of_synapse(part, s), jump))
        for unit, kind, jump in arrivals.pop(step, []):
            currents[unit][kind] += jump
        history.append(v.copy())
    return np.array(fired), np.array(history)


def leaky(kind, tau, dt):
    """Integral of what a current that decays gives a leaky voltage, times its time constant."""
    return kind / (kind - tau) * (np.exp(-dt / kind) - np.exp(-dt / tau))


def kind_of_synapse(part, s):
    """Time constant and reversal, or None for a current."""
    return float(part.time_constant[s]), None if part.reversal is None else float(part.reversal[s])


def legendre_functions(max_degree, n_delays, patience, counts):
    """Ask `counts` about every function {delay: degree}; a degree ends when `patience` of them have failed."""
    for degree in range(1, max_degree + 1):
        failed = 0
        for longest in range(n_delays):
            found, tried = False, 0
            for degrees in product(range(degree + 1), repeat=longest + 1):
                if sum(degrees) == degree and degrees[longest] > 0:
                    found |= counts({delay: d for delay, d in enumerate(degrees) if d})
                    tried += 1
            failed = 0 if found else failed + tried
            if failed >= patience:
                break


def information_processing_capacity(states, inputs, max_degree, n_delays, patience, significance, factor):
    """Table (max_degree, n_delays) and the number of functions tried: every regression by itself, in doubles."""
    n_steps = len(states)
    basis, sizes, _ = np.linalg.svd(states, full_matrices=False)
    basis = basis[:, sizes > 1e-12 * sizes[0]]
    rank = basis.shape[1]
    floor, tried, counted = factor * chi2.isf(significance, rank) / n_steps, [], []

    def counts(function):
        z = np.ones(n_steps)
        for delay, degree in function.items():
            z = z * Legendre.basis(degree)(inputs[len(inputs) - n_steps - delay : len(inputs) - delay])
        left = z - states @ np.linalg.lstsq(states, z, rcond=1e-12)[0]
        share = 1 - left @ left / (z @ z)
        chance = sum(z[t] ** 2 * (basis[t] @ basis[t]) for t in range(n_steps)) / (z @ z)
        tried.append(function)
        if share > floor and share > floor * chance * n_steps / rank:
            counted.append((function, z / np.linalg.norm(z)))
            return True
        return False

    legendre_functions(max_degree, n_delays, patience, counts)
    table = np.zeros((max_degree, n_delays))
    if counted:
        Z = np.array([z for _, z in counted]).T
        shares = np.sum((basis.T @ Z) * np.linalg.lstsq(Z, basis, rcond=None)[0].T, axis=0)
        shares -= (rank - shares.sum()) / (n_steps - len(counted))
        for (function, _), share in zip(counted, shares, strict=True):
            table[sum(function.values()) - 1, max(function)] += share
    return table, len(tried)


def exact_controllability_rank(W, w_in):
    """Rank of [w, W w, ..., W^(n-1) w] for integers, by elimination in fractions."""
    W, columns = [[int(x) for x in row] for row in W], [[int(x) for x in c] for c in np.reshape(w_in, (len(W), -1)).T]
    pivots = []
    for column in columns:
        for _ in range(len(W)):
            rest = [Fraction(x) for x in column]
            for place, pivot in pivots:
                factor = rest[place]
                rest = [x - factor * y for x, y in zip(rest, pivot, strict=True)]
            if not any(rest):
                break
            place = next(i for i, x in enumerate(rest) if x)
            pivots.append((place, [x / rest[place] for x in rest]))
            column = [sum(a * x for a, x in zip(row, column, strict=True)) for row in W]
    return len(pivots)
