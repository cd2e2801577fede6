"""A tenth of the cortical microcircuit of Potjans and Diesmann fires nearly at the rates of the whole one.

The column of Potjans and Diesmann 2014, doi:10.1093/cercor/bhs358, with a tenth of its units and a fifth of the
synapses of each, runs for a few seconds. Stronger weights keep the variance of what a unit hears, and a constant
current its mean. The figure shows the spikes of every fifth unit, and the mean rate of each population beside that of
the full circuit, as NEST's own example of the column gives it; all are within 30 %, L4I and L23E the farthest off.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir import simulate
from reservoir.circuits import PotjansDiesmann
from reservoir.circuits.potjans_diesmann import RATES
from reservoir.spikes import SpikeTrains

DURATION, TRANSIENT, SHOWN, EVERY = 3.5, 0.5, 0.4, 5  # seconds, seconds, seconds, units
COLORS = ("#0072b2", "#d55e00")  # excitatory, inhibitory


def run(column, seed=0):
    """Spikes of one draw of the column, without input."""
    circuit = column.draw(np.random.default_rng(seed), n_inputs=0)
    print(circuit)
    nothing = SpikeTrains(np.zeros(0), np.zeros(0, int), n_units=0, duration=DURATION)
    return simulate(circuit, nothing, neuron=column.neuron(), random_state=seed).spikes


def mean_rates(spikes, populations):
    """Hertz, of each population after the transient."""
    counts = np.bincount(spikes.units[spikes.times >= TRANSIENT], minlength=spikes.n_units)
    return np.array([counts[units].mean() for units in populations.values()]) / (DURATION - TRANSIENT)


def draw_raster(axes, spikes, populations):
    late = (spikes.times >= DURATION - SHOWN) & (spikes.units % EVERY == 0)
    times, units = 1e3 * (spikes.times[late] - DURATION + SHOWN), spikes.units[late]
    for number, part in enumerate(populations.values()):
        own = (units >= part.start) & (units < part.stop)
        axes.plot(times[own], units[own], ".", markersize=1.5, color=COLORS[number % 2])
    edges = [part.stop for part in populations.values()]
    axes.hlines(edges[1:-1:2], 0, 1e3 * SHOWN, color="black", linewidth=0.5)
    middles = {name[:-1]: part.stop for name, part in populations.items() if name.endswith("E")}
    axes.set_yticks(list(middles.values()), list(middles))
    axes.set(xlabel="time, ms", xlim=(0, 1e3 * SHOWN), ylim=(edges[-1], 0), title="Spikes of every fifth unit")


def draw_rates(axes, rates, populations):
    places = np.arange(len(rates))
    axes.barh(places, rates, color=[COLORS[k % 2] for k in places], label="a tenth of the circuit")
    axes.plot(RATES, places, "D", color="black", markersize=5, label="the full circuit")
    axes.set_yticks(places, list(populations))
    axes.set(xlabel="mean rate, Hz", ylim=(len(rates) - 0.5, -0.5), title="Rates of the populations")
    axes.legend(loc="upper right", fontsize="small")


def main():
    column = PotjansDiesmann(scale=0.1)
    spikes, populations = run(column), column.populations()
    rates = mean_rates(spikes, populations)
    for name, found, known in zip(populations, rates, RATES, strict=True):
        print(f"{name:5s} {found:5.2f} Hz, full circuit {known:5.2f} Hz")
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), width_ratios=(3, 2), layout="constrained")
    draw_raster(left, spikes, populations)
    draw_rates(right, rates, populations)
    figure.savefig("cortical_microcircuit.png", dpi=150)
    print("wrote cortical_microcircuit.png")


if __name__ == "__main__":
    main()
