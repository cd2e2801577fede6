"""Networks that keep themselves active: Vogels and Abbott, by currents (CUBA) and by conductances (COBA).

The first two benchmarks of Brette and colleagues 2007, doi:10.1007/s10827-007-0038-6, after Vogels and Abbott 2005,
doi:10.1523/JNEUROSCI.3508-05.2005: 4000 leaky units, a fifth of them inhibitory, each connected to another with the
probability 0.02. Units of CUBA rest above their threshold. Those of COBA rest below it: without a push they are silent
for ever, and once each has heard a current of its own, up to 0.4 nA, for 50 ms, they go on by themselves.

    python benchmarks/studies/vogels_abbott.py --engines numba brian2

The rate of a unit and the variation of its intervals (1: Poisson) from 0.2 s on; the picture is vogels_abbott.png.
"""

import argparse
import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone

import reservoir
import spiking
from reservoir.circuits import Connection, Population, PopulationCircuit
from reservoir.neurons import LIF
from reservoir.spikes import interval_variation

UNIT = LIF(time_constant=0.02, resistance=1e8, threshold=-0.05, reset=-0.06, refractory=5e-3, background=0.0)
NEURONS = {
    "CUBA": clone(UNIT).set_params(rest=-0.049, initial=(-0.06, -0.05)),
    "COBA": clone(UNIT).set_params(rest=-0.06, initial=-0.06),
}
SYNAPSES = {
    "CUBA": {"E": {"weight": 16.2e-12}, "I": {"weight": 90e-12}},
    "COBA": {"E": {"weight": 6e-9, "reversal": 0.0}, "I": {"weight": 67e-9, "reversal": -0.08}},
}
DECAY = {"E": 5e-3, "I": 10e-3}
PUSH, LARGEST, BEGIN = 0.05, 4e-10, 0.2  # seconds, amperes, seconds
ENGINES = {"numba": reservoir.simulate, "brian2": spiking.simulate}


def network(kind, n_units, probability):
    return PopulationCircuit(
        {"E": Population(n_units * 4 // 5), "I": Population(n_units // 5, excitatory=False)},
        {
            one + other: Connection(one, other, probability=probability, delay=0.0, time_constant=DECAY[one], **synapse)
            for one, synapse in SYNAPSES[kind].items()
            for other in "EI"
        },
    )


def spikes_of(kind, *, pushed=True, seconds=2.0, n_units=4000, probability=0.02, engine="numba", seed=0):
    rng = np.random.default_rng(seed)
    circuit = network(kind, n_units, probability).draw(rng, n_inputs=0)
    currents = np.zeros((round(seconds / PUSH), n_units))
    if kind == "COBA" and pushed:
        currents[0] = rng.uniform(0, LARGEST, n_units)
    options = {"neuron": NEURONS[kind], "random_state": seed, "current_dt": PUSH}
    return ENGINES[engine](circuit, currents=currents, **options).spikes


def measures(spikes):
    """Rate in hertz and variation of intervals, and seconds at which the last spike came."""
    late = spikes.window(BEGIN, spikes.duration)
    variation = np.nanmean(interval_variation(late)) if len(late) else np.nan
    return late.rates().mean(), variation, spikes.times.max(initial=0.0)


def draw(found, path):
    figure, axes = plt.subplots(2, len(found), figsize=(9, 5), height_ratios=(3, 1), sharex=True, layout="constrained")
    for (name, spikes), (upper, lower) in zip(found.items(), axes.T, strict=True):
        shown = spikes.units % 20 == 0
        upper.plot(spikes.times[shown], spikes.units[shown], ".", color="black", markersize=1.5)
        activity = spikes.binned(5e-3).mean(axis=1) / 5e-3
        lower.plot(5e-3 * np.arange(len(activity)), activity, color="#0072b2", linewidth=0.8)
        upper.set(title=name, yticks=[], xlim=(0, 1))
        lower.set(xlabel="time, s", ylim=(0, 60))
    axes[0, 0].set_ylabel("every 20th unit")
    axes[1, 0].set_ylabel("activity, Hz")
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=["numba"])
    given, found = parser.parse_args(), {}
    print(f"{'':16}{'engine':>10}{'rate, Hz':>10}{'variation':>11}{'last spike, s':>15}{'seconds':>9}")
    for name, kind, pushed in (("CUBA", "CUBA", True), ("COBA", "COBA", True), ("COBA, no push", "COBA", False)):
        for engine in given.engines:
            start = time.perf_counter()
            spikes = spikes_of(kind, pushed=pushed, engine=engine)
            rate, variation, last = measures(spikes)
            seconds = time.perf_counter() - start
            print(f"{name:16}{engine:>10}{rate:>10.2f}{variation:>11.2f}{last:>15.2f}{seconds:>9.1f}")
            found |= {name: spikes} if pushed else {}
    draw(found, "vogels_abbott.png")
    print("wrote vogels_abbott.png")


if __name__ == "__main__":
    main()
