"""Squared states make a free forecast of the Mackey-Glass series seven times as exact for tau 17, and twice for tau 30.

The protocol of Jaeger 2001, GMD Report 148, doi:10.24406/publica-fhg-291111: 400 units, 21,000 training samples, of
which 1,000 are washout, the series squashed by tanh(y - 1). On each of 50 other runs the network hears 1,000 samples
and then goes on alone; NRMSE84 is the error 84 samples later, over the blocks, relative to the spread of the series.
Three things differ from the report: it solves the equation with Euler's method, its blocks are consecutive pieces of
one run, and for tau 30 it measures in the coordinates before squashing.

The same reservoirs are read twice, by their states and by the states and their squares, each with a penalty of its
own. Settings were chosen on other runs and seeds. The factors are those of medians over 20 networks; here are four.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir import EchoState, ReservoirForecaster
from reservoir.datasets import make_mackey_glass
from reservoir.readouts import RidgeReadout
from reservoir.topologies import Cycle

N_UNITS, N_TRAIN, N_CONTEXT, N_AHEAD, N_BLOCKS = 400, 21_000, 1000, 84, 50
SEEDS = range(400, 404)
PUBLISHED = {17: 1.2e-4, 30: 0.032}
LIMITS = {17: (3e-7, 1e-3), 30: (1e-4, 0.1)}
SYSTEMS = {
    17: {"leak": 0.5, "spectral_radius": 0.8, "input_scaling": 1.0, "bias_scaling": 0.1},
    30: {"leak": 0.6, "spectral_radius": 0.85, "input_scaling": 0.7, "bias_scaling": 0.05, "noise": 3e-6},
}
PENALTIES = {(17, False): 1e-12, (17, True): 1e-13, (30, False): 1e-14, (30, True): 1e-14}
READOUTS = {False: ("states", "#d55e00"), True: ("states and squares", "#0072b2")}


def squashed(n_steps, tau, seed):
    """A run (n_steps, 1) from a random history."""
    return np.tanh(make_mackey_glass(n_steps, tau=tau, random_state=seed) - 1)


def train(series, tau, squared, seed):
    """One forecaster."""
    system = EchoState(N_UNITS, topology=Cycle(), random_state=seed, **SYSTEMS[tau])
    readout = RidgeReadout(PENALTIES[tau, squared], solver="qr")
    return ReservoirForecaster(system, readout, washout=1000, squared_states=squared, scaling=None).fit(series)


def errors(model, blocks):
    """NRMSE (n_ahead,) over the blocks (n_blocks, n_context + n_ahead, 1), for every step ahead."""
    future = model.forecast(N_AHEAD, context=blocks[:, :N_CONTEXT])
    return np.sqrt(np.mean((future - blocks[:, N_CONTEXT:]) ** 2, axis=(0, 2)) / blocks.var())


def compare(tau, seeds, first=5000, kinds=(False, True)):
    """Errors (n_seeds, n_ahead) of the readouts without and with squares; runs are seeded from `first` on."""
    series = squashed(N_TRAIN, tau, first)
    blocks = np.stack([squashed(N_CONTEXT + N_AHEAD, tau, first + 1 + block) for block in range(N_BLOCKS)])
    return {kind: np.stack([errors(train(series, tau, kind, seed), blocks) for seed in seeds]) for kind in kinds}


def main():
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    ahead = np.arange(1, N_AHEAD + 1)
    for axes, (tau, published) in zip(panels, PUBLISHED.items(), strict=True):
        for squared, rows in compare(tau, SEEDS).items():
            name, color = READOUTS[squared]
            last = rows[:, -1]
            print(f"tau {tau}, {name}: NRMSE84 {np.median(last):.2g} ({last.min():.2g}-{last.max():.2g})")
            axes.semilogy(ahead, rows.T, color=color, linewidth=0.6, alpha=0.5)
            axes.semilogy(ahead, np.median(rows, axis=0), color=color, linewidth=2, label=name)
        axes.plot(N_AHEAD, published, "D", color="black", label=f"Jaeger 2001: {published:g}", clip_on=False, zorder=5)
        axes.set(xlabel="samples ahead", title=f"tau = {tau}", xlim=(0, N_AHEAD), ylim=LIMITS[tau])
        axes.legend(loc="lower right")
    panels[0].set_ylabel("NRMSE over 50 blocks")
    figure.suptitle("Free forecast of the Mackey-Glass series: four networks and their median")
    figure.savefig("mackey_glass.png", dpi=150)
    print("wrote mackey_glass.png")


if __name__ == "__main__":
    main()
