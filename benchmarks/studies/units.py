"""Which unit makes the better liquid, where all fire at one rate?

After the question of Grzyb, Chinellato, Wojcik and Kaminski 2009 (IJCNN), "Which model to use for the liquid state
machine?", with units, task and settings of this library: their list of models and their figures were not verified, so
none is compared. One column is drawn for each seed; a unit gets it with the synapses that suit its membrane
(`suited_to`), and the weights of the input are searched, so that the mean rate over training trials is the same for
every unit: a comparison of units at unequal rates is one of rates. The trials are those of damage.py: one of eight
templates, with six spikes on each of four channels, moved by 8 ms (standard deviation). Measured of the states at the
end of a trial: the accuracy of a ridge classifier in telling the template of new trials; the distance between templates
over that within one; and the number of directions that hold 99 % of the variance of the states.
"""

import time

import numpy as np
from damage import N_TEMPLATES, make_trials
from joblib import Parallel, delayed
from sklearn.linear_model import RidgeClassifier

from reservoir import LiquidState, neurons, simulate
from reservoir.circuits import MaassColumn
from reservoir.circuits.synapse_statistics import PRESETS
from reservoir.neurons import MorrisLecar
from reservoir.spikes import Exponential

STEP, RATE, PENALTY = 1e-2, 10.0, 10.0
N_TRAIN, N_TEST, N_RATE, SEEDS = 12, 8, 8, range(4)
UNITS = {name: getattr(neurons, name)() for name in neurons.__all__} | {"MorrisLecar, type I": MorrisLecar.of_type("I")}


def liquid_of(unit, seed, input_scale, trials):
    circuit = MaassColumn(preset=PRESETS["maass2002"].suited_to(unit), input_scale=input_scale)
    return LiquidState(circuit, unit, trace=Exponential(0.03), step=STEP, random_state=seed).fit(trials)


def mean_rate(liquid, trials):
    """Spikes per second and unit."""
    recordings = simulate(liquid.circuit_, trials, neuron=liquid.neuron_, random_state=0)
    return np.mean([one.spikes.rates().mean() for one in recordings])


def at_one_rate(unit, seed, trials, rate=RATE, n_halvings=9):
    """The liquid whose mean rate is nearest to `rate` from below, among input weights that differ by little."""
    low, high = np.log(0.02), np.log(20.0)
    for _ in range(n_halvings):
        middle = (low + high) / 2
        above = mean_rate(liquid_of(unit, seed, np.exp(middle), trials), trials[:N_RATE]) > rate
        low, high = (low, middle) if above else (middle, high)
    return liquid_of(unit, seed, np.exp(low), trials), np.exp(low)


def separation(states, labels):
    """Mean distance between states of two templates over that between two of one."""
    distances = np.linalg.norm(states[:, None] - states[None], axis=2)
    same = labels[:, None] == labels[None]
    return distances[~same].mean() / distances[same & ~np.eye(len(labels), dtype=bool)].mean()


def directions(states, share=0.99):
    """How many principal directions hold so much of the variance."""
    variance = np.linalg.svd(states - states.mean(axis=0), compute_uv=False) ** 2
    return int(np.searchsorted(np.cumsum(variance) / variance.sum(), share)) + 1


def measures(name, seed):
    """Rate, input weight, accuracy, separation, directions of the liquid of one unit."""
    X, y, X_test, y_test = make_trials(seed, N_TRAIN, N_TEST)
    liquid, input_scale = at_one_rate(UNITS[name], seed, X)
    train, test = (np.array([states[-1] for states in liquid.transform(part)]) for part in (X, X_test))
    accuracy = RidgeClassifier(PENALTY).fit(train, y).score(test, y_test)
    return mean_rate(liquid, X), input_scale, accuracy, separation(train, y), directions(train)


def main():
    start = time.perf_counter()
    runs = Parallel(n_jobs=2)(delayed(measures)(name, seed) for name in UNITS for seed in SEEDS)
    table = np.reshape(runs, (len(UNITS), len(SEEDS), -1))
    print(f"{'unit':<22}{'rate':>8}{'input':>8}{'accuracy':>16}{'separation':>13}{'directions':>12}")
    for i in np.argsort(-table[..., 2].mean(axis=1)):
        rate, scale, accuracy, apart, rank = table[i].mean(axis=0)
        error = table[i, :, 2].std(ddof=1) / len(SEEDS) ** 0.5
        print(
            f"{list(UNITS)[i]:<22}{rate:>8.1f}{scale:>8.2f}{accuracy:>9.2f} +- {error:.2f}{apart:>13.2f}{rank:>12.0f}"
        )
    print(f"chance is {1 / N_TEMPLATES:.3f}; {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
