"""Only triplets of spikes make potentiation grow with the rate of pairing.

Ten pairs of spikes, the receiver 10 ms after the arrival or before it, at rates from 1 to 50 Hz: a protocol like
those to which Pfister and Gerstner 2006, doi:10.1523/JNEUROSCI.1425-06.2006, fit their triplet rule (visual cortex,
all spikes count). A pair rule stands beside it. Receivers fire by pulses of current, and the synapses are so weak
that they change no spike.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir.circuits import Circuit, Projection
from reservoir.neurons import LIF
from reservoir.plasticity import TripletSTDP
from reservoir.spikes import SpikeTrains
from spiking import STDP, simulate

RATES = np.array([1, 5, 10, 15, 20, 25, 30, 40, 50.0])
LAGS = (0.01, -0.01)
N_PAIRS, DT, WEIGHT = 10, 1e-3, 1e-15


def protocol():
    """Arrivals, and pulses (n_steps, n_units) that make the receivers fire, a unit for every lag and rate."""
    times, units, duration = [], [], N_PAIRS / RATES.min() + 0.2
    pulses = np.zeros((round(duration / DT), len(LAGS) * len(RATES)))
    for unit, (lag, rate) in enumerate((lag, rate) for lag in LAGS for rate in RATES):
        arrivals = np.round((0.05 + np.arange(N_PAIRS) / rate) / DT) * DT
        times.append(arrivals)
        units.append(np.full(N_PAIRS, unit))
        pulses[np.round((arrivals + lag) / DT).astype(int), unit] = 1e-6
    return SpikeTrains(np.concatenate(times), np.concatenate(units), pulses.shape[1], duration), pulses


def changes(rule):
    """Change of the weights (n_lags, n_rates), as a share of the largest."""
    trains, pulses = protocol()
    n_units = pulses.shape[1]
    none = np.zeros(0)
    silent = Projection(none.astype(int), none.astype(int), none, none, none)
    one_each = Projection(np.arange(n_units), np.arange(n_units), np.full(n_units, WEIGHT), 0.0, 3e-3)
    circuit = Circuit(np.ones(n_units, bool), silent, one_each, n_units)
    neuron = LIF(background=0.0, initial=0.0, reset=0.0, refractory=0.0)
    recording = simulate(
        circuit, trains, currents=pulses, neuron=neuron, plasticity={"inputs": rule}, dt=DT, record="weights"
    )
    assert (recording.spikes.counts() == N_PAIRS).all()
    return recording.circuit.inputs.weight.reshape(len(LAGS), -1) / (2 * WEIGHT) - 0.5


def main():
    found = {
        "triplets": changes(TripletSTDP.fitted("visual cortex", w_max=WEIGHT * 2)),
        "pairs": changes(STDP(A_plus=0.0046, A_minus=0.003, tau_plus=0.0168, tau_minus=0.0337, w_max=WEIGHT * 2)),
    }
    figure, axes = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
    for (name, values), style in zip(found.items(), ("-o", "--s"), strict=True):
        for lag, row, color in zip(LAGS, values, ("#0072b2", "#d55e00"), strict=True):
            print(f"{name}, {1000 * lag:+.0f} ms: {row[0]:+.3f} at {RATES[0]:g} Hz, {row[-1]:+.3f} at {RATES[-1]:g} Hz")
            axes.plot(RATES, row, style, color=color, markersize=4, label=f"{name}, {1000 * lag:+.0f} ms")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set(xlabel="rate of the pairs, Hz", ylabel="change, share of the largest weight", title="Ten pairs of spikes")
    axes.legend()
    figure.savefig("triplet.png", dpi=150)
    print("wrote triplet.png")


if __name__ == "__main__":
    main()
