"""Plastic inhibition holds units at a target rate, whatever drives them.

Sixty units hear 100 excitatory Poisson channels whose weights differ from unit to unit, so that their rates differ
widely, and 25 inhibitory ones, whose synapses follow the rule of Vogels and colleagues 2011,
doi:10.1126/science.1211095, with a target of 3 Hz. The same circuit without plasticity stands beside it. Sizes and
weights are this library's own.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir.circuits import Circuit, Projection
from reservoir.neurons import LIF
from reservoir.plasticity import InhibitorySTDP
from reservoir.spikes import SpikeTrains
from spiking import simulate

N_UNITS, N_EXCITING, N_INHIBITING = 60, 100, 25
DURATION, DT, TARGET = 40.0, 5e-4, 3.0


def make_circuit(rng):
    """Units that hear all channels and not one another."""
    none = np.zeros(0)
    silent = Projection(none.astype(int), none.astype(int), none, none, none)
    pre = np.tile(np.arange(N_EXCITING + N_INHIBITING), N_UNITS)
    post = np.repeat(np.arange(N_UNITS), N_EXCITING + N_INHIBITING)
    drive = rng.uniform(1.6e-9, 2.8e-9, N_UNITS)[post]
    weight = np.where(pre < N_EXCITING, drive, -0.3e-9)
    delay = np.zeros(len(pre))
    inputs = Projection(pre, post, weight, delay, np.where(pre < N_EXCITING, 3e-3, 6e-3))
    return Circuit(np.ones(N_UNITS, bool), silent, inputs, N_EXCITING + N_INHIBITING)


def make_input(rng):
    """Poisson trains of 10 Hz on all channels."""
    n_channels = N_EXCITING + N_INHIBITING
    channels = np.repeat(np.arange(n_channels), rng.poisson(10 * DURATION, n_channels))
    return SpikeTrains(rng.uniform(0, DURATION, len(channels)), channels, n_channels, DURATION)


def rates_in_time(spikes, width=2.0):
    """Rates (n_pieces, n_units) in pieces of `width` seconds."""
    return spikes.binned(width) / width


def main():
    rng = np.random.default_rng(0)
    circuit, trains = make_circuit(rng), make_input(rng)
    neuron = LIF(background=10e-9)
    options = {"neuron": neuron, "dt": DT, "random_state": 0}
    rule = InhibitorySTDP(eta=0.002, target_rate=TARGET, w_max=20e-9)
    fixed = rates_in_time(simulate(circuit, trains, **options).spikes)
    plastic = rates_in_time(simulate(circuit, trains, plasticity={"inputs": rule}, **options).spikes)
    time = np.arange(len(fixed)) * 2.0 + 1.0
    for name, rates in (("fixed inhibition", fixed), ("plastic inhibition", plastic)):
        last = rates[-5:].mean(axis=0)
        print(f"{name}: {last.mean():.2f} Hz in the last 10 s, units {last.min():.1f} to {last.max():.1f} Hz")
    figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
    for rates, color, name in ((fixed, "#d55e00", "fixed"), (plastic, "#0072b2", "plastic")):
        low, middle, high = np.percentile(rates, (5, 50, 95), axis=1)
        axes.plot(time, middle, color=color, label=f"{name} inhibition")
        axes.fill_between(time, low, high, color=color, alpha=0.2, linewidth=0)
    axes.axhline(TARGET, color="black", linewidth=0.8, linestyle="--", label="target")
    axes.set(xlabel="time, s", ylabel="rate, Hz", xlim=(0, DURATION), ylim=(0, None))
    axes.set_title(f"Rates of {N_UNITS} units: median, 5 to 95 %")
    axes.legend(loc="upper right")
    figure.savefig("inhibitory_plasticity.png", dpi=150)
    print("wrote inhibitory_plasticity.png")


if __name__ == "__main__":
    main()
