"""FORCE learning in a closed loop."""

import numpy as np

from reservoir.readouts import (
    Force,
)


def test_force_learns_a_sum_of_sines_in_a_closed_loop():
    """A chaotic network that hears its own output from the first step on, and then runs freely (Sussillo 2009)."""
    rng = np.random.default_rng(0)
    n_units, dt, n_steps, period = 400, 0.1, 12_000, 600
    J, feedback = 1.5 * rng.normal(size=(n_units, n_units)) / np.sqrt(n_units), rng.uniform(-1, 1, n_units)
    angle = 2 * np.pi / period * np.arange(n_steps + 2 * period)
    target = 0.7 / 1.5 * (np.sin(angle) + np.sin(2 * angle) / 2 + np.sin(3 * angle) / 6 + np.sin(4 * angle) / 3)
    readout, potential, output, outputs = Force(), rng.normal(size=n_units) / 2, 0.0, []
    assert readout.closed_loop_training
    for t, wanted in enumerate(target):
        potential += dt * (J @ np.tanh(potential) + feedback * output - potential)
        rates = np.tanh(potential)
        output = readout.step(rates, wanted)[0] if t < n_steps else readout.coef_ @ rates
        outputs.append(output)
    errors = np.abs(np.array(outputs) - target)
    assert errors[:period].mean() < 0.1  # small from the first period on
    assert errors[n_steps - period : n_steps].mean() < 0.02
    assert errors[n_steps:].mean() < 0.03
