"""The four regimes of a sparse network of excitatory and inhibitory units.

Model A of Brunel 2000, doi:10.1023/A:1008925309027: `scale` times 12,500 leaky units, each of which hears a tenth of
the others by jumps of the voltage after 1.5 ms, and as many Poisson sources as excitatory units. The strength of
inhibition (g) and the drive, the rate of the sources in parts of the one that alone would bring units to the threshold,
tell in which regime the network is. At a smaller scale the jumps are larger: means stay, fluctuations grow.

    python benchmarks/studies/brunel.py --scale 0.2 --engines numba brian2

The rate of a unit, the variation of its intervals (1: Poisson, 0: a clock), the standard deviation of the activity of
the network over its mean, in bins of 0.5 ms, and where its spectrum is largest; the picture is brunel.png.
"""

import argparse
import time

import matplotlib.pyplot as plt
import numpy as np

import reservoir
import spiking
from reservoir.circuits import Connection, PoissonBackground, Population, PopulationCircuit
from reservoir.neurons import LIF
from reservoir.spikes import SpikeTrains, interspike_intervals

REGIMES = {"SR": (3.0, 2.0), "SI, fast": (6.0, 4.0), "AI": (5.0, 2.0), "SI, slow": (4.5, 0.9)}  # g, rate of the sources
TAU, THRESHOLD, RESET, JUMP, DELAY = 0.02, 0.02, 0.01, 1e-4, 1.5e-3
SOURCES, BIN, TRANSIENT = {"E": 1000, "I": 250}, 5e-4, 0.2  # that a unit hears; seconds
ENGINES = {"numba": reservoir.simulate, "brian2": spiking.simulate}
NEURON = LIF(time_constant=TAU, resistance=1e8, threshold=THRESHOLD, reset=RESET, refractory=2e-3, background=0.0,
             initial=(0.0, THRESHOLD))  # fmt: skip


def network(g, ratio, scale):
    heard = {kind: round(scale * number) for kind, number in SOURCES.items()}
    jump = JUMP / scale
    outside = PoissonBackground([ratio * THRESHOLD / (jump * TAU)], jump, 0.0)
    return PopulationCircuit(
        {kind: Population(10 * number, excitatory=kind == "E", background=outside) for kind, number in heard.items()},
        {
            one + other: Connection(one, other, in_degree=heard[one], weight=jump * (1 if one == "E" else g),
                                    delay=DELAY, time_constant=0.0)
            for one in heard for other in heard
        },
    )  # fmt: skip


def spikes_of(regime, *, scale=1.0, seconds=0.8, engine="numba", seed=0):
    """Spikes after the transient."""
    circuit = network(*REGIMES[regime], scale).draw(np.random.default_rng(seed), n_inputs=0)
    alone = SpikeTrains([], np.zeros(0, int), 0, TRANSIENT + seconds)
    recording = ENGINES[engine](circuit, alone, neuron=NEURON, random_state=seed)
    return recording.spikes.window(TRANSIENT, TRANSIENT + seconds)


def measures(spikes):
    """Rate in hertz, variation of intervals, synchrony, and the network's frequency in hertz."""
    activity = spikes.binned(BIN).sum(axis=1)
    power = np.abs(np.fft.rfft(activity - activity.mean())) ** 2
    frequency = np.fft.rfftfreq(len(activity), BIN)[power.argmax()]
    intervals = np.concatenate(interspike_intervals(spikes))  # of all units, which are alike
    return spikes.rates().mean(), intervals.std() / intervals.mean(), activity.std() / activity.mean(), frequency


def draw(found, path):
    figure, axes = plt.subplots(
        2, len(found), figsize=(10, 4.5), height_ratios=(3, 2), sharex=True, layout="constrained"
    )
    for (regime, spikes), (upper, lower) in zip(found.items(), axes.T, strict=True):
        shown = spikes.units < 50
        upper.plot(1e3 * spikes.times[shown], spikes.units[shown], "|", color="black", markersize=3)
        activity = spikes.binned(BIN).mean(axis=1) / BIN
        lower.plot(1e3 * BIN * np.arange(len(activity)), activity, color="#0072b2", linewidth=0.8)
        upper.set(title=f"{regime}: g {REGIMES[regime][0]:g}, drive {REGIMES[regime][1]:g}", yticks=[], xlim=(0, 100))
        lower.set(xlabel="time, ms", ylim=(0, None))
    axes[0, 0].set_ylabel("50 excitatory units")
    axes[1, 0].set_ylabel("activity, Hz")
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=["numba"])
    given, found = parser.parse_args(), {}
    print(f"{'':10}{'engine':>10}{'rate, Hz':>10}{'variation':>11}{'synchrony':>11}{'network, Hz':>13}{'seconds':>9}")
    for regime in REGIMES:
        for engine in given.engines:
            start = time.perf_counter()
            found[regime] = spikes_of(regime, scale=given.scale, engine=engine)
            rate, variation, synchrony, frequency = measures(found[regime])
            row = f"{regime:10}{engine:>10}{rate:>10.1f}{variation:>11.2f}{synchrony:>11.2f}{frequency:>13.0f}"
            print(f"{row}{time.perf_counter() - start:>9.0f}", flush=True)
    draw(found, "brunel.png")
    print("wrote brunel.png")


if __name__ == "__main__":
    main()
