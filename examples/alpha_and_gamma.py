"""A thousand units of Izhikevich fall into the rhythms of alpha and gamma.

The network of Izhikevich 2003, doi:10.1109/TNN.2003.820440, Fig. 3: 800 excitatory units between regular spiking and
chattering, 200 inhibitory ones between fast spiking and low threshold, each connected to all by a jump of the voltage,
and a thalamic current that is drawn anew every millisecond. The power of the network's activity is told in parts of
that of as many units that know nothing of one another: it is several times larger around 10 and 40 Hz.

    python examples/alpha_and_gamma.py --engines numba brian2
"""

import argparse
import time

import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import welch

import reservoir
import spiking
from reservoir.circuits import Circuit
from reservoir.neurons import Izhikevich

ENGINES = {"numba": reservoir.simulate, "brian2": spiking.simulate}
BANDS = {"alpha": (7, 14), "gamma": (30, 60)}  # hertz
STEP, BEGIN, FARADS = 1e-3, 0.3, 1e-10  # all units begin alike, and together


def network(rng, n_units=1000):
    """The circuit, with weights that grow as units get fewer, and its units."""
    excitatory, r = np.arange(n_units) < 0.8 * n_units, rng.random(n_units)
    weights = np.where(excitatory, 5e-4, -1e-3) * rng.random((n_units, n_units)) * 1000 / n_units
    neuron = Izhikevich(
        a=np.where(excitatory, 20.0, 20 + 80 * r),
        b=np.where(excitatory, 200.0, 250 - 50 * r),
        c=np.where(excitatory, -0.065 + 0.015 * r**2, -0.065),
        d=np.where(excitatory, 8 - 6 * r**2, 2.0),
        capacitance=FARADS,
    )
    return Circuit.from_matrix(weights, 0.0, time_constant=0.0), neuron


def spikes_of(seconds=4.0, *, engine="numba", n_units=1000, seed=0):
    """Spikes after the beginning."""
    rng = np.random.default_rng(seed)
    circuit, neuron = network(rng, n_units)
    thalamus = FARADS * np.where(circuit.excitatory, 5, 2) * rng.normal(size=(round((BEGIN + seconds) / STEP), n_units))
    options = {"current_dt": STEP, "neuron": neuron, "random_state": seed}
    return ENGINES[engine](circuit, currents=thalamus, **options).spikes.window(BEGIN, BEGIN + seconds)


def spectrum(spikes):
    """Frequencies in hertz, and the power of the activity over that of independent units of these rates."""
    activity = spikes.binned(STEP).sum(axis=1)
    frequencies, power = welch(activity, 1 / STEP, nperseg=min(512, len(activity)))
    return frequencies[1:], power[1:] / (2 * STEP * activity.mean())


def in_bands(spikes):
    frequencies, power = spectrum(spikes)
    return {name: power[(frequencies >= low) & (frequencies < high)].mean() for name, (low, high) in BANDS.items()}


def draw(spikes, path):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), width_ratios=(2, 1), layout="constrained")
    left.plot(1e3 * spikes.times, spikes.units, ".", color="black", markersize=1)
    left.axhline(0.8 * spikes.n_units, color="#d55e00", linewidth=0.8)
    left.set(xlabel="time, ms", ylabel="unit", xlim=(0, 1000), ylim=(0, spikes.n_units))
    right.loglog(*spectrum(spikes), color="#0072b2")
    right.axhline(1, color="black", linewidth=0.8, linestyle="--")
    for name, (low, high) in BANDS.items():
        right.axvspan(low, high, color="#e69f00", alpha=0.25, linewidth=0)
        right.text((low * high) ** 0.5, 0.02, name, ha="center", transform=right.get_xaxis_transform())
    right.set(xlabel="frequency, Hz", ylabel="power over that of independent units", xlim=(2, 200))
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=["numba"])
    for engine in parser.parse_args().engines:
        start = time.perf_counter()
        spikes = spikes_of(engine=engine)
        bands = ", ".join(f"{name} {power:.1f}" for name, power in in_bands(spikes).items())
        print(f"{engine}: {spikes.rates().mean():.1f} Hz; power {bands}; {time.perf_counter() - start:.1f} s")
    draw(spikes, "alpha_and_gamma.png")
    print("wrote alpha_and_gamma.png")


if __name__ == "__main__":
    main()
