"""Plain twins of the spiking units: the equation, one step of one unit in plain Python, and what a spike does.

A twin is a class with the name of the unit; what the tests of all units need to know of it stands there too, see
`Unit`.
"""

from __future__ import annotations

import math
from types import MappingProxyType

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
    span, growth = (0.8, 3), 1.3  # shares of `loud` from which to which the rate grows, and how much at least
    seconds = 0.06  # in which it fires under `loud`, four times where v is not reset
    longest = 1e-4  # step, seconds, from which on the error shrinks as theory says
    escapes = False  # whether it fires by chance
    sharp = MappingProxyType({})  # parameters under which it fires at its cut
    opens = True  # whether it hears conductances

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

    def fires(twin, p, old, y, chance, dt):
        """Whether a unit fires that is not held, and had the voltage `old` before the step."""
        cut = getattr(p, twin.cut) + twin.raised(y)
        return y[0] > cut and (twin.resets or old <= cut)


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


class EscapeLIF(LIF):
    escapes, sharp, loud = True, {"escape_width": 1e-9}, 3e-9

    def below(volts):
        return {"reset": volts - 0.1, "escape_width": 1e-20}

    def fires(twin, p, old, y, chance, dt):
        above = y[0] - p.threshold - twin.raised(y)
        rate = p.escape_rate * math.exp(min(above / p.escape_width, 700))
        return chance < 1 - math.exp(-rate * dt)


class GIF(EscapeLIF):
    quiet, loud, largest, synapse = 0.02e-9, 0.3e-9, 1e-9, 5e-10

    def time_constant(p):
        return p.capacitance / p.leak_conductance

    def decay_times(p):
        return [p.tau_stc_1, p.tau_stc_2, p.tau_sfa_1, p.tau_sfa_2]

    def flow(p, y, current, excitatory=True):
        dv = (p.leak_conductance * (p.rest - y[0]) - y[1] - y[2] + p.background + current) / p.capacitance
        return [dv, *(-left / tau for left, tau in zip(y[1:], GIF.decay_times(p), strict=True))]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        tau, decays = p.capacitance / p.leak_conductance, GIF.decay_times(p)
        goal = p.rest + (p.background + external) / p.leak_conductance
        heard = [*zip(currents, taus, strict=True), (-y[1], decays[0]), (-y[2], decays[1])]
        v = goal + (y[0] - goal) * math.exp(-dt / tau)
        v += sum(leaky_integral(tau, s, dt) * I for I, s in heard) / p.capacitance
        return [y[0] if held else v, *(x * math.exp(-dt / s) for x, s in zip(y[1:], decays, strict=True))]

    def noise(p, dt):
        return p.noise * math.sqrt(1 - math.exp(-2 * dt / GIF.time_constant(p)))

    def raised(y):
        return y[3] + y[4]

    def reset(p, y, excitatory):
        jumps = [p.q_stc_1, p.q_stc_2, p.q_sfa_1, p.q_sfa_2]
        return [p.reset, *(x + jump for x, jump in zip(y[1:], jumps, strict=True))]


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


class ResonateAndFire(Unit):
    order, quiet, loud, largest, opens = math.inf, 0.15e-9, 1e-9, 3e-9, False

    def flow(p, y, current, excitatory=True):
        omega, b, v, x = 2 * math.pi * p.frequency, -1 / p.time_constant, y[0] - p.rest, y[1]
        return [b * v + omega * x, b * x - omega * v + (p.background + current) / p.capacitance]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        """One complex number; a constant current decays with a time constant that is infinite."""
        rate = -1 / p.time_constant + 2j * math.pi * p.frequency
        z = (y[1] + 1j * (y[0] - p.rest)) * np.exp(rate * dt)
        for current, decay in [
            (p.background + external, 0),
            *((I, 1 / s) for I, s in zip(currents, taus, strict=True)),
        ]:
            z += current / p.capacitance * (np.exp(rate * dt) - math.exp(-decay * dt)) / (rate + decay)
        return y if held else [p.rest + z.imag, z.real]

    def reset(p, y, excitatory):
        return [p.reset, 0.0]


class MorrisLecar(Unit):
    resets, quiet, loud, largest, synapse = False, 0.2e-9, 1.1e-9, 1.6e-9, 4e-9
    span, growth, seconds = (0.9, 1.6), 1.2, 0.4

    def below(volts):
        return {}

    def opened(v, middle, width):
        return (1 + math.tanh((v - middle) / width)) / 2

    def channels(p, v, w):
        return [
            (p.calcium_conductance * MorrisLecar.opened(v, p.V1, p.V2), p.calcium_reversal),
            (p.potassium_conductance * w, p.potassium_reversal),
            (p.leak_conductance, p.leak_reversal),
        ]

    def rate(p, v):
        return p.phi * math.cosh(min(max((v - p.V3) / (2 * p.V4), -300), 300))

    def flow(p, y, current, excitatory=True):
        v, w = y
        inward = sum(g * (reversal - v) for g, reversal in MorrisLecar.channels(p, v, w))
        dw = MorrisLecar.rate(p, v) * (MorrisLecar.opened(v, p.V3, p.V4) - w)
        return [(inward + p.background + current) / p.capacitance, dw]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        v, w = y

        def part(seconds, v_then, w_then):
            heard = sum(I * mean_decay(s, seconds) for I, s in zip(currents, taus, strict=True))
            channels = MorrisLecar.channels(p, v_then, w_then)
            total = sum(g for g, _ in channels)
            goal = (sum(g * reversal for g, reversal in channels) + p.background + external + heard) / total
            settled = MorrisLecar.opened(v_then, p.V3, p.V4)
            moved = goal + (v - goal) * math.exp(-seconds * total / p.capacitance)
            return [moved, settled + (w - settled) * math.exp(-seconds * MorrisLecar.rate(p, v_then))]

        middle, w_middle = part(dt / 2, v, w)
        return [part(dt, middle, w_middle)[0], part(dt, middle, w)[1]]

    def reset(p, y, excitatory):
        return y


class FitzHughNagumo(Unit):
    """In the numbers of the paper, x and units of time."""

    resets, quiet, loud, largest, synapse = False, 0.3e-9, 1.5e-9, 3e-9, 4e-9
    span, growth, seconds = (0.85, 1.3), 1.0, 0.2

    def below(volts):
        return {}

    def slopes(p, x, others):
        (w,) = others
        return x - x**3 / 3 - w, x**2 - 1, [(p.epsilon * (x + p.a - p.b * w))]

    def others(p, x, others, time):
        (w,), goal = others, (x + p.a) / p.b
        return [goal + (w - goal) * math.exp(-p.epsilon * p.b * time)]

    def flow(p, y, current, excitatory=True):
        twin = twin_of(p)
        dx, _, others = twin.slopes(p, (y[0] - p.centre) / p.scale, y[1:])
        dv = dx * p.scale / p.time_scale + (p.background + current) / p.capacitance
        return [dv, *(one / p.time_scale for one in others)]

    def move(p, y, held, external, currents, taus, dt, excitatory):
        twin, x, time = twin_of(p), (y[0] - p.centre) / p.scale, dt / p.time_scale
        one = p.capacitance * p.scale / p.time_scale  # of current

        def heard(seconds):
            synaptic = sum(I * mean_decay(s, seconds) for I, s in zip(currents, taus, strict=True))
            return (p.background + external + synaptic) / one

        dx, falls, _ = twin.slopes(p, x, y[1:])
        rate = max(falls, 0) + 1
        middle = x + (dx + heard(dt / 2)) / rate * (1 - math.exp(-rate * time / 2))
        dx, falls, _ = twin.slopes(p, middle, twin.others(p, x, y[1:], time / 2))
        rate = max(falls, 0) + 1
        goal = middle + (dx + heard(dt)) / rate
        new = goal + (x - goal) * math.exp(-rate * time)
        return [p.centre + p.scale * new, *twin.others(p, middle, y[1:], time)]

    def reset(p, y, excitatory):
        return y


class HindmarshRose(FitzHughNagumo):
    quiet, loud, largest, synapse, span, growth = 0.5e-9, 6e-9, 9e-9, 4e-9, (0.8, 2.5), 1.3
    seconds, longest = 0.04, 2.5e-5

    def slopes(p, x, others):
        y, z = others
        dy, dz = p.c - p.d * x**2 - y, p.r * (p.s * (x - p.x_rest) - z)
        return y - p.a * x**3 + p.b * x**2 - z, 3 * p.a * x**2 - 2 * p.b * x, [dy, dz]

    def others(p, x, others, time):
        y, z = others
        goal_y, goal_z = p.c - p.d * x**2, p.s * (x - p.x_rest)
        return [goal_y + (y - goal_y) * math.exp(-time), goal_z + (z - goal_z) * math.exp(-p.r * time)]


def simulate(p, variables, n_steps, dt, external, currents, taus, noise, excitatory, dead, chance):
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
            if not held and twin.fires(twin, p, old, y, chance[step, i], dt):
                y = twin.reset(p, y, kind)
                ready[i] = step + max(1, math.floor(of(p.refractory, kind) / dt + 1e-3))
                spikes.append((step, i))
            states[i], voltages[step, i] = y, y[0]
        currents = currents * np.exp(-dt / np.array(taus))[:, None]
    return voltages, np.array(spikes).reshape(-1, 2)
