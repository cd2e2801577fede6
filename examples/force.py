"""FORCE teaches a network while it hears its own answers.

Two tasks of Sussillo and Abbott 2009, doi:10.1016/j.neuron.2009.07.018: a sum of sines, and the Lorenz attractor. In
training the network hears its own output, whose error recursive least squares keep small from the first steps; after
it, the weights stay as they are and the network goes on alone. The sines must keep their shape; a forecast of the
attractor leaves the true path after a while, as any must, but not the attractor.

The sizes and scalings are this library's, not those of the paper.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir import EchoState, ReservoirForecaster
from reservoir.datasets import make_lorenz
from reservoir.metrics import nrmse
from reservoir.readouts import Force

N_TRAIN, N_SEEDS = 12_000, 5


def sines(n_steps, period=120):
    """The target of the paper's own script: four harmonics."""
    time = 2 * np.pi * np.arange(n_steps) / period
    shape = np.sin(time) + np.sin(2 * time) / 2 + np.sin(3 * time) / 6 + np.sin(4 * time) / 3
    return 0.7 / 1.5 * shape.reshape(-1, 1)


def learn(series, seed, spectral_radius, **options):
    """A network of 500 units that has learned the first N_TRAIN rows with the loop closed."""
    scalings = {"spectral_radius": spectral_radius, "input_scaling": 1.0, "bias_scaling": 0.5}
    system = EchoState(500, leak=0.1, random_state=seed, **scalings)
    forecaster = ReservoirForecaster(system, Force(**options), washout=100, include_input=False, scaling=None)
    return forecaster.fit(series[:N_TRAIN])


def main():
    waves = sines(N_TRAIN + 2400)
    attractor = make_lorenz(N_TRAIN + 5000)
    attractor = (attractor - attractor.mean(axis=0)) / attractor.std(axis=0)
    regular = [learn(waves, seed, 1.5) for seed in range(N_SEEDS)]
    chaotic = [learn(attractor, seed, 1.2, alpha=1e-3, forgetting=0.9995) for seed in range(N_SEEDS)]
    ahead = [model.forecast(2400) for model in regular]
    orbits = [model.forecast(5000) for model in chaotic]
    errors = [nrmse(waves[N_TRAIN:], future) for future in ahead]
    print(f"sum of sines, 20 periods alone: NRMSE {np.median(errors):.3f} ({min(errors):.3f}-{max(errors):.3f})")
    errors = [nrmse(attractor[N_TRAIN : N_TRAIN + 50], orbit[:50]) for orbit in orbits]
    print(f"Lorenz, the first Lyapunov time: NRMSE {np.median(errors):.3f} ({min(errors):.3f}-{max(errors):.3f})")
    spread = [np.abs(orbit.std(axis=0) - 1).max() for orbit in orbits]
    print(f"Lorenz, 90 Lyapunov times: standard deviations within {max(spread):.1%} of the true ones")

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3), layout="constrained", width_ratios=[2, 1, 1])
    left.plot(waves[-360:], color="black", linewidth=3, alpha=0.3, label="target")
    left.plot(ahead[0][-360:], color="#d55e00", linewidth=1, label="network alone")
    left.set(xlabel="steps, after 17 periods alone", ylabel="output", title="Sum of sines")
    left.legend(loc="upper right")
    for axes, orbit, title in ((middle, attractor[-5000:], "Lorenz"), (right, orbits[0], "network alone")):
        axes.plot(orbit[:, 0], orbit[:, 2], color="#0072b2", linewidth=0.4)
        axes.set(xlabel="x", ylabel="z", title=title, xlim=(-2.6, 2.6), ylim=(-2.9, 2.9))
    figure.savefig("force.png", dpi=150)
    print("wrote force.png")


if __name__ == "__main__":
    main()
