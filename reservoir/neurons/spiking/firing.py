"""What the compiled steps of spiking units share: what drives them, how far a step goes, which of them fire."""

from __future__ import annotations

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1
from reservoir.neurons.spiking import coefficients
from reservoir.neurons.spiking.coefficients import at


@kernel(coefficients.__file__, forceinline=True)
def drive(base, gain, weights, external, currents, out):
    """Fill `out` (n_units,) with base + gain external + the currents, each times its weight."""
    for i in range(out.size):
        out[i] = at(base, i) + at(gain, i) * external[i]
    for r in range(len(currents)):
        current, weight = currents[r], weights[r]
        for i in range(out.size):
            out[i] += at(weight, i) * current[i]


@kernel(exponential.__file__, forceinline=True)
def stretched(half):
    """Of Kahan's method under a conductance: tanh(half), what it takes in half a step, and tanh(half) / half."""
    decay = expm1(-2.0 * half)
    share = -decay / (2.0 + decay)
    return share, share / half if half != 0.0 else 1.0


@kernel(exponential.__file__, forceinline=True)
def relaxed(value, goal, rate, seconds):
    """Where value' = rate (goal - value) arrives."""
    return value + (value - goal) * expm1(-seconds * rate)


@kernel(coefficients.__file__, forceinline=True)
def fire_above(cut, reset, refractory, step, v, ready, fired):
    """Reset the units above the cut that are not held: how many, and in `fired` which."""
    above = 0
    for i in range(v.size):
        above += v[i] > at(cut, i)
    n_fired = 0
    if above:
        for i in range(v.size):
            if v[i] > at(cut, i) and step >= ready[i]:
                v[i] = at(reset, i)
                ready[i] = step + refractory[i]
                fired[n_fired] = i
                n_fired += 1
    return n_fired


@kernel(coefficients.__file__, forceinline=True)
def fire_rising(cells, step, new, noise, v, ready, fired):
    """The voltages `new` with noise; which units that are not held have risen above their threshold: their number."""
    cut, above = cells.threshold, 0
    for i in range(noise.size):
        new[i] += at(cells.noise, i) * noise[i]
    for i in range(v.size):
        above += (new[i] > at(cut, i)) & (v[i] <= at(cut, i))
    n_fired = 0
    if above:
        for i in range(v.size):
            if new[i] > at(cut, i) and v[i] <= at(cut, i) and step >= ready[i]:
                ready[i] = step + cells.refractory[i]
                fired[n_fired] = i
                n_fired += 1
    for i in range(v.size):
        v[i] = new[i]
    return n_fired


@kernel(coefficients.__file__, exponential.__file__, forceinline=True)
def fire_by_chance(hazard, width, reset, refractory, above, chance, step, v, ready, fired):
    """Reset each unit that is not held with probability 1 - exp(-hazard exp(above / width)): how many, and which.

    `chance` (n_units,) are uniform numbers, or none, with which none fires; `above` (n_units,), volts, is overwritten.
    """
    n_fired = 0
    for i in range(chance.size):
        above[i] = -expm1(-at(hazard, i) * (expm1(above[i] / at(width, i)) + 1.0))
    for i in range(chance.size):
        if chance[i] < above[i] and step >= ready[i]:
            v[i] = at(reset, i)
            ready[i] = step + refractory[i]
            fired[n_fired] = i
            n_fired += 1
    return n_fired
