"""Plain twins of the spiking units: the equation, one step of one unit in plain Python, and what a spike does.

A twin is a class with the name of the unit; what the tests of all units need to know of it stands there too, see
`Unit`.
"""

from __future__ import annotations

import math

import numpy as np


def of(value, excitatory):
    """The number for this kind of unit, of one or two."""
    return value if np.isscalar(value) else value[0 if excitatory else 1]


def leaky_integral(tau, tau_s, seconds):
    """Integral over `seconds` of exp(-(seconds - s) / tau) exp(-s / tau_s) ds."""
    if tau == tau_s:
        return seconds * math.exp(-seconds / tau)
    return (math.exp(-seconds / tau_s) - math.exp(-seconds / tau)) / (1 / tau - 1 / tau_s)


def mean_decay(tau, seconds):
    """Mean of exp(-s / tau) over `seconds`."""
    return tau / seconds * (1 - math.exp(-seconds / tau))


TWINS = {}


class Unit:
    """What a twin says where it differs from this, besides `flow`, `move` and `reset`."""

    order = 2  # of the step
    cut = "threshold"  # name of the parameter above which a unit fires
    resets = True  # whether v is reset and held after a spike
    quiet, loud = 0.2e-9, 1e-9  # amperes that do not make it fire, and that do
    largest = 3e-9  # amperes up to which both engines count the same spikes, but for one
    synapse = 4e-9  # siemens that are felt and do not make it fire

    def __init_subclass__(cls):
        TWINS[cls.__name__] = cls

    def below(volts):
        """Parameters under which a unit may fire above `volts`, and is reset further down."""
        return {"reset": volts - 0.1}

    def time_constant(p):
        """Of the membrane, seconds, so that a synapse may have the same."""
        return 0.01

    def raised(y):
        """Volts that are added to the cut."""
        return 0

    def noise(p, dt):
        """Standard deviation that noise gives the voltage in a step, volts."""
        return p.noise * math.sqrt(dt)


def twin_of(unit):
    """The twin of a unit or of its class, by its name."""
    return TWINS[unit.__name__ if isinstance(unit, type) else type(unit).__name__]


class LIF(Unit):
    order, quiet, loud, synapse = math.inf, 0.5e-9, 2e-9, 4e-8

    def time_constant(p):
        return p.time_constant

    def flow(p, y, current, excitatory=True):
        return [(p.rest - y[0] + p.resistance * (p.background + current)) / p.time_constant]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        tau = p.time_constant
        goal = p.rest + p.resistance * (p.background + external)
        v = goal + (y[0] - goal) * math.exp(-dt / tau)
        v += sum(p.resistance / tau * leaky_integral(tau, s, dt) * I for I, s in zip(currents, taus, strict=True))
        return [y[0] if held else v]

    def noise(p, dt):
        return p.noise * math.sqrt(1 - math.exp(-2 * dt / p.time_constant))

    def reset(p, y, excitatory):
        return [p.reset]


class AdaptiveThreshold(LIF):
    def flow(p, y, current, excitatory=True):
        return [*LIF.flow(p, y, current), -y[1] / p.threshold_time_constant]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        v = LIF.move(p, y, held, external, currents, taus, dt, excitatory)
        return [*v, y[1] * math.exp(-dt / p.threshold_time_constant)]

    def raised(y):
        return y[1]

    def reset(p, y, excitatory):
        return [p.reset, y[1] + p.increment]


class AdaptiveExponential(Unit):
    cut, quiet, largest = "cutoff", 0.3e-9, 2e-9

    def below(volts):
        return {"reset": volts - 0.1, "threshold": volts - 1e-3}

    def time_constant(p):
        return p.capacitance / p.leak_conductance

    def rise(p, v):
        return p.leak_conductance * p.slope * math.exp((min(v, p.cutoff) - p.threshold) / p.slope)

    def flow(p, y, current, excitatory=True):
        v, w = y
        leak = p.leak_conductance * (p.rest - v)
        dv = (leak + AdaptiveExponential.rise(p, v) - w + p.background + current) / p.capacitance
        return [dv, (p.a * (v - p.rest) - w) / p.time_constant_w]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        tau = p.capacitance / p.leak_conductance
        v, w = y

        def part(seconds, rise, w_then):
            goal = p.rest + (p.background + external + rise - w_then) / p.leak_conductance
            heard = [leaky_integral(tau, s, seconds) * I for I, s in zip(currents, taus, strict=True)]
            return goal + (v - goal) * math.exp(-seconds / tau) + sum(heard) / p.capacitance

        def adapt(seconds, v_then):
            goal = p.a * (min(v_then, p.cutoff) - p.rest)
            return goal + (w - goal) * math.exp(-seconds / p.time_constant_w)

        middle = v if held else part(dt / 2, AdaptiveExponential.rise(p, v), w)
        new = v if held else part(dt, AdaptiveExponential.rise(p, middle), adapt(dt / 2, v))
        return [new, adapt(dt, middle)]

    def reset(p, y, excitatory):
        return [p.reset, y[1] + p.b]


class Izhikevich(Unit):
    cut = "peak"

    def below(volts):
        return {"c": volts - 0.1}

    def flow(p, y, current, excitatory=True):
        v, u = 1e3 * y[0], y[1]  # the paper's millivolts
        dv = 0.04 * v**2 + 5 * v + 140 - u + (p.background + current) / p.capacitance
        return [dv, of(p.a, excitatory) * (p.b * y[0] - u)]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        """Kahan: (y' - y) / dt = f with v v' for v^2 and means for the linear terms; a linear system for y'."""
        v, u = y
        a = of(p.a, excitatory)
        heard = sum(mean_decay(s, dt) * I for I, s in zip(currents, taus, strict=True))
        push = 140 + (p.background + external + heard) / p.capacitance
        left = np.array([[1 / dt - 4e4 * v - 2500, 0.5], [-a * p.b / 2, 1 / dt + a / 2]])
        right = np.array([v / dt + 2500 * v + push - u / 2, u / dt + a * (p.b * v - u) / 2])
        if held:
            left[0], right[0] = [1, 0], v
        elif np.linalg.det(left) <= 0:
            left[0], right[0] = [1, 0], math.inf
        new, _ = np.linalg.solve(left, right) if math.isfinite(right[0]) else (math.inf, 0)
        return [new, (u / dt + a * (p.b * (v + min(new, p.peak)) - u) / 2) / (1 / dt + a / 2)]

    def reset(p, y, excitatory):
        return [of(p.c, excitatory), y[1] + of(p.d, excitatory)]


class QIF(Unit):
    cut, quiet, loud, largest, synapse = "peak", 0.02e-9, 0.3e-9, 0.8e-9, 4e-10

    def below(volts):
        return {"reset": volts - 0.1, "rest": volts - 0.02, "threshold": volts - 0.01}

    def flow(p, y, current, excitatory=True):
        pull = p.leak_conductance * (y[0] - p.rest) * (y[0] - p.threshold) / (p.threshold - p.rest)
        return [(pull + p.background + current) / p.capacitance]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        """Kahan: (v' - v) / dt = f with v v' for v^2 and means for the linear terms."""
        v, k = y[0], p.leak_conductance / (p.threshold - p.rest) / p.capacitance
        heard = sum(mean_decay(s, dt) * I for I, s in zip(currents, taus, strict=True))
        push = (p.background + external + heard) / p.capacitance + k * p.rest * p.threshold
        mean = k * (p.rest + p.threshold) / 2
        left = 1 / dt + mean - k * v
        return [v if held else (v / dt - mean * v + push) / left if left > 0 else math.inf]

    def reset(p, y, excitatory):
        return [p.reset]


class HodgkinHuxley(Unit):
    resets = False

    def below(volts):
        return {}

    def rates(volts):
        """Opening and closing of m, h, n, 1 / second."""
        v = min(max(1e3 * volts, -200), 200)

        def ratio(x):
            return 1.0 if x == 0 else x / -math.expm1(-x)

        return [
            (1e3 * ratio((v + 40) / 10), 4e3 * math.exp(-(v + 65) / 18)),
            (70 * math.exp(-(v + 65) / 20), 1e3 / (1 + math.exp(-(v + 35) / 10))),
            (100 * ratio((v + 55) / 10), 125 * math.exp(-(v + 65) / 80)),
        ]

    def conductances(p, gates):
        m, h, n = gates
        return [
            (p.sodium_conductance * m**3 * h, p.sodium_reversal),
            (p.potassium_conductance * n**4, p.potassium_reversal),
            (p.leak_conductance, p.leak_reversal),
        ]

    def flow(p, y, current, excitatory=True):
        v, gates = y[0], y[1:]
        inward = sum(g * (reversal - v) for g, reversal in HodgkinHuxley.conductances(p, gates))
        rates = HodgkinHuxley.rates(v)
        moves = [up * (1 - gate) - down * gate for gate, (up, down) in zip(gates, rates, strict=True)]
        return [(inward + p.background + current) / p.capacitance, *moves]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        def half(v, gates, begin):
            heard = sum(I * math.exp(-begin / s) * mean_decay(s, dt / 2) for I, s in zip(currents, taus, strict=True))
            channels = HodgkinHuxley.conductances(p, gates)
            total = sum(g for g, _ in channels)
            goal = (sum(g * reversal for g, reversal in channels) + p.background + external + heard) / total
            return goal + (v - goal) * math.exp(-dt / 2 * total / p.capacitance)

        middle, gates = half(y[0], y[1:], 0.0), []
        for gate, (up, down) in zip(y[1:], HodgkinHuxley.rates(middle), strict=True):
            goal = up / (up + down)
            gates.append(goal + (gate - goal) * math.exp(-dt * (up + down)))
        return [half(middle, gates, dt / 2), *gates]

    def reset(p, y, excitatory):
        return y


def simulate(p, variables, n_steps, dt, external, currents, taus, noise, excitatory, dead):
    """Voltages (n_steps, n_units) and spikes (step, unit), one unit and one step after the other."""
    twin = twin_of(p)
    n_units = len(excitatory)
    states = [list(variables[:, i]) for i in range(n_units)]
    currents, ready = np.array(currents), [math.inf if dead[i] else 0 for i in range(n_units)]
    voltages, spikes = np.empty((n_steps, n_units)), []
    for step in range(n_steps):
        for i, kind in enumerate(excitatory):
            held, old = step < ready[i], states[i][0]
            y = twin.move(p, states[i], held and twin.resets, external[step, i], currents[:, i], taus, dt, kind)
            if not (held and twin.resets):
                y[0] += twin.noise(p, dt) * noise[step, i]
            cut = getattr(p, twin.cut) + twin.raised(y)
            crosses = y[0] > cut and (twin.resets or old <= cut)
            if crosses and not held:
                y = twin.reset(p, y, kind)
                ready[i] = step + max(1, math.floor(of(p.refractory, kind) / dt + 1e-3))
                spikes.append((step, i))
            states[i], voltages[step, i] = y, y[0]
        currents = currents * np.exp(-dt / np.array(taus))[:, None]
    return voltages, np.array(spikes).reshape(-1, 2)
