"""How much damage costs a liquid depends on the penalty of its readout more than on its wiring.

After the question of Hazan and Manevitz 2012, doi:10.1016/j.eswa.2011.06.052, with a task and settings of this library.
Eight templates have six spikes on each of four channels at random times, so that counts tell nothing; a trial is one of
them with every spike moved by 8 ms (standard deviation). A ridge classifier learns from the state of the intact liquid
at the end of a trial which template it was. Then units die, or fire by themselves, the readout stays as it is, and new
trials come. Five ways to wire a circuit have the same expected number of synapses. "No synapses" is a control: damage
can only take away, or falsify, what the readout reads. Bands are 95 % bootstrap intervals of the mean over seeds; a
seed is another task, another circuit and another damage.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifier

from reservoir import LiquidState
from reservoir.circuits import (
    MaassColumn,
    RandomCircuit,
    ScaleFreeCircuit,
    SmallWorldCircuit,
    TwoWayPowerLawCircuit,
    damaged,
)
from reservoir.spikes import Exponential, SpikeTrains

N_TEMPLATES, N_CHANNELS, N_SPIKES = 8, 4, 6
DURATION, JITTER, STEP, DT = 0.3, 8e-3, 1e-2, 5e-4
N_TRAIN, N_TEST, SEEDS = 20, 6, range(16)
KINDS, FRACTIONS = ("dead", "noise"), (0.0, 0.01, 0.02, 0.05, 0.1)
PENALTIES = (0.1, 10.0)
SYNAPSES = MaassColumn().expected_synapses() / 135
CIRCUITS = {
    "Maass column": MaassColumn(),
    "random": RandomCircuit(135, SYNAPSES),
    "small world": SmallWorldCircuit(135, SYNAPSES),
    "scale-free": ScaleFreeCircuit(135, SYNAPSES),
    "two-way power law": TwoWayPowerLawCircuit(135, SYNAPSES),
    "no synapses": RandomCircuit(135, 0),
}
COLORS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "black")


def make_trials(seed, n_train=N_TRAIN, n_test=N_TEST):
    """Jittered templates and their numbers, to train and to test: n of each template."""
    rng = np.random.default_rng([seed, 0])
    units = np.repeat(np.arange(N_CHANNELS), N_SPIKES)
    templates = rng.uniform(0, DURATION, (N_TEMPLATES, len(units)))
    labels = np.tile(np.arange(N_TEMPLATES), n_train + n_test)
    times = templates[labels] + rng.normal(0, JITTER, (len(labels), len(units)))
    times = np.clip(times, 0, np.nextafter(DURATION, 0))
    trials = [SpikeTrains(row, units, N_CHANNELS, DURATION) for row in times]
    n = n_train * N_TEMPLATES
    return trials[:n], labels[:n], trials[n:], labels[n:]


def last_states(liquid, trials):
    return np.array([states[-1] for states in liquid.transform(trials)])


def damaged_liquid(liquid, seed, kind, fraction):
    """The fitted liquid with a damaged circuit; the rest, and the voltages it begins with, are the same."""
    circuit = damaged(liquid.circuit_, kind=kind, fraction=fraction, rng=np.random.default_rng([seed, 1]))
    nothing = SpikeTrains([], [], circuit.n_inputs, STEP)
    return clone(liquid).set_params(circuit=circuit).fit(nothing)


def liquid_scores(generator, seed, fractions=FRACTIONS, **sizes):
    """Accuracy (penalties, kinds, fractions) of readouts that were trained on the intact liquid."""
    X_train, y_train, X_test, y_test = make_trials(seed, **sizes)
    liquid = LiquidState(generator, dt=DT, step=STEP, random_state=seed).fit(X_train)
    states = last_states(liquid, X_train)
    readouts = [RidgeClassifier(penalty).fit(states, y_train) for penalty in PENALTIES]
    scores = np.empty((len(PENALTIES), len(KINDS), len(fractions)))
    for k, kind in enumerate(KINDS):
        for f, fraction in enumerate(fractions):
            states = last_states(damaged_liquid(liquid, seed, kind, fraction), X_test)
            scores[:, k, f] = [readout.score(states, y_test) for readout in readouts]
    return scores


def raw_scores(seed, **sizes):
    """Accuracy without a liquid: from the traces of the input at the end of a trial, and from those at every row."""
    X_train, y_train, X_test, y_test = make_trials(seed, **sizes)
    n_rows = round(DURATION / STEP)
    train, test = (np.array([Exponential().filter(x, STEP, n_rows)[0] for x in X]) for X in (X_train, X_test))
    ends = RidgeClassifier(0.1).fit(train[:, -1], y_train).score(test[:, -1], y_test)
    rows = RidgeClassifier(0.1).fit(train.reshape(len(train), -1), y_train).score(test.reshape(len(test), -1), y_test)
    return ends, rows


def interval(scores):
    """Ends (2, ...) of the 95 % bootstrap interval of the mean over the first axis."""
    rng = np.random.default_rng(0)
    means = scores[rng.integers(len(scores), size=(2000, len(scores)))].mean(axis=1)
    return np.percentile(means, [2.5, 97.5], axis=0)


def print_table(results, raw):
    print(f"without a liquid: {raw[0]:.3f} from the end of a trial, {raw[1]:.3f} from all of it; chance is 0.125")
    for p, penalty in enumerate(PENALTIES):
        for k, kind in enumerate(KINDS):
            print(f"penalty {penalty:g}, {kind} units" + "".join(f"{f:>18.0%}" for f in FRACTIONS))
            for name, scores in results.items():
                mean, (low, high) = scores[:, p, k].mean(axis=0), interval(scores[:, p, k])
                cells = "".join(f"  {m:.3f} ({a:.2f}-{b:.2f})" for m, a, b in zip(mean, low, high, strict=True))
                print(f"{name:<23}{cells}")


def draw(results, raw, path):
    figure, panels = plt.subplots(2, 2, figsize=(9, 7), layout="constrained", sharex=True, sharey=True)
    for (p, k), axes in np.ndenumerate(panels):
        for (name, scores), color in zip(results.items(), COLORS, strict=True):
            chosen, dashes = scores[:, p, k], "dashed" if name == "no synapses" else "solid"
            axes.plot(FRACTIONS, chosen.mean(axis=0), "o", linestyle=dashes, markersize=3, color=color, label=name)
            axes.fill_between(FRACTIONS, *interval(chosen), color=color, alpha=0.12, linewidth=0)
        axes.axhline(raw[0], color="gray", linestyle="dotted", label="input at the end, no liquid")
        axes.set(title=f"{KINDS[k]} units, penalty {PENALTIES[p]:g}", xticks=FRACTIONS, ylim=(0.35, 1))
        axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[-1]:
        axes.set(xlabel="share of damaged units")
    for axes in panels[:, 0]:
        axes.set(ylabel=f"accuracy, mean of {len(SEEDS)} seeds")
    panels[1, 0].legend(frameon=False, fontsize=9, loc="lower left")
    figure.savefig(path, dpi=150)


def main():
    start = time.perf_counter()
    raw = np.mean([raw_scores(seed) for seed in SEEDS], axis=0)
    runs = Parallel(n_jobs=2)(delayed(liquid_scores)(part, seed) for part in CIRCUITS.values() for seed in SEEDS)
    results = dict(zip(CIRCUITS, np.reshape(runs, (len(CIRCUITS), len(SEEDS), *np.shape(runs[0]))), strict=True))
    print_table(results, raw)
    draw(results, raw, "damage.png")
    print(f"wrote damage.png, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
