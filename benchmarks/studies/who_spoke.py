"""The main job: who spoke? Nine speakers, 370 test recordings of Japanese vowels, every system of this library.

All systems learn from the 270 training recordings, and settings are chosen on these alone, by cross-validation over
contiguous blocks of recordings, in some 10 to 20 seconds for each kind of system. Each line of the table is a system:
the median over its seeds, the range behind it. The trained networks have as many trained parameters as one echo-state
network.
"""

import time
from collections import defaultdict

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from reservoir import EchoState, LiquidState, ReservoirClassifier
from reservoir.circuits import MaassColumn
from reservoir.datasets import load_japanese_vowels
from reservoir.models import Mean, Segments
from reservoir.plasticity import STDP
from reservoir.plotting import ComparisonDisplay
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNClassifier
from reservoir.spikes import GaussianReceptiveFields, Latency

N_SEEDS, N_MEMBERS, N_SLOW_SEEDS = 10, 100, 3
LEARNING_TIME = 5.0  # seconds of the training recordings that a liquid hears while it learns
GRID = {
    "reservoir__leak": [0.3, 1.0],
    "reservoir__input_scaling": [0.3, 1.0],
    "reservoir__spectral_radius": [0.5, 0.9],
    "readout__alpha": [0.1, 1.0, 10.0],
    "pooling": ["mean", "segments"],
}
SEARCH_SEEDS = [0, 1, 2]
LIQUIDS = [
    {"encoder": encoder, "step": step, "circuit": MaassColumn(input_scale=scale)}
    for encoder in (GaussianReceptiveFields(4), GaussianReceptiveFields(8), Latency())
    for step in (0.01, 0.03)
    for scale in (0.5, 1.0)
]
SHARES = "pooling__shares__random_state"
POOLINGS = {"mean": Mean(), "segments": Segments()}
NETWORKS = {"LSTM, 15 units": ("lstm", 15), "GRU, 17 units": ("gru", 17)}
NETWORK_GRID = {
    "learning_rate_init": [0.01, 0.03],
    "variational_dropout": [0.0, 0.25],
    "pooling": ["last", "mean"],
}


def choose_settings(X, y):
    """The settings of the grid with the best accuracy in cross-validation, averaged over reservoir seeds."""
    model = ReservoirClassifier(EchoState(64, bias_scaling=0.5), RidgeReadout())
    grid = {**GRID, "reservoir__random_state": SEARCH_SEEDS}
    results = GridSearchCV(model, grid, cv=StratifiedKFold(5), n_jobs=2, refit=False).fit(X, y).cv_results_
    scores = defaultdict(list)
    for settings, score in zip(results["params"], results["mean_test_score"], strict=True):
        scores[tuple(settings[name] for name in GRID)].append(score)
    return model.set_params(**dict(zip(GRID, max(scores, key=lambda key: np.mean(scores[key])), strict=True)))


def liquid_scores(index, seed, X, y):
    """Cross-validated accuracy of one liquid for all poolings and penalties; its states are computed once."""
    states = LiquidState(**LIQUIDS[index], random_state=seed).fit_transform(X)
    scores = {}
    for name, part in POOLINGS.items():
        pooled = np.array([part.pool(rows) for rows in states])
        for alpha in GRID["readout__alpha"]:
            folds = cross_val_score(RidgeClassifier(alpha), pooled, y, cv=StratifiedKFold(5))
            scores[index, name, alpha] = folds.mean()
    return scores


def choose_liquid(X, y):
    """The same for liquids."""
    tasks = [(index, seed) for index in range(len(LIQUIDS)) for seed in SEARCH_SEEDS[:2]]
    found = defaultdict(list)
    for scores in Parallel(n_jobs=2)(delayed(liquid_scores)(*task, X, y) for task in tasks):
        for settings, score in scores.items():
            found[settings].append(score)
    index, pooling, alpha = max(found, key=lambda key: np.mean(found[key]))
    return ReservoirClassifier(LiquidState(**LIQUIDS[index]), RidgeReadout(alpha), pooling=pooling)


def choose_network(cell, n_units, X, y):
    """The same for recurrent networks trained by gradient descent."""
    network = RNNClassifier(cell, n_units, max_iter=60, tol=None, random_state=0)
    search = GridSearchCV(network, NETWORK_GRID, cv=StratifiedKFold(5), n_jobs=2, refit=False).fit(X, y)
    return network.set_params(**search.best_params_)


def that_learns(liquid, plasticity):
    """The same liquid, which learns from some of the training recordings before it is frozen."""
    return clone(liquid).set_params(reservoir__plasticity=plasticity, reservoir__learning_time=LEARNING_TIME)


def raw_features(X):
    """Mean and spread of every channel of every recording."""
    return np.array([np.concatenate([x.mean(axis=0), x.std(axis=0)]) for x in X])


def run_baseline(X_train, y_train, X_test, y_test):
    """Errors, processor seconds of fit and predict, trained parameters of logistic regression without a reservoir."""
    start = time.process_time()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(raw_features(X_train), y_train)
    fitted = time.process_time()
    errors = np.sum(model.predict(raw_features(X_test)) != y_test)
    return (
        errors,
        fitted - start,
        time.process_time() - fitted,
        model[-1].coef_.size + model[-1].intercept_.size,
    )


def run_ensemble(model, seeds, X_train, y_train, X_test, y_test):
    """The same for models of several seeds, whose answers are summed; one seed is a single model."""
    response = "predict_proba" if isinstance(model, RNNClassifier) else "decision_function"
    start = time.process_time()
    members = [clone(model).set_params(**seeds_of(model, seed)).fit(X_train, y_train) for seed in seeds]
    fitted = time.process_time()
    answers = sum(getattr(member, response)(X_test) for member in members)
    errors = np.sum(members[0].classes_[answers.argmax(axis=1)] != y_test)
    return errors, fitted - start, time.process_time() - fitted, sum(map(count_trained, members))


def run_seeds(systems, data):
    """The results by name of systems, each a model, how many of it are summed, and of how many seeds."""
    tasks = [(name, 1000 * (seed + 1)) for seed in range(N_SEEDS) for name in systems if seed < systems[name][2]]
    calls = (
        delayed(run_ensemble)(systems[name][0], range(first, first + systems[name][1]), *data) for name, first in tasks
    )  # none of the seeds of the search
    results = tqdm(Parallel(n_jobs=2, return_as="generator")(calls), "runs", len(tasks))
    runs = {name: [] for name in systems}
    for (name, _), result in zip(tasks, results, strict=True):
        runs[name].append(result)
    return runs


def seeds_of(model, seed):
    """The parameters that hold the seeds of a model."""
    if isinstance(model, RNNClassifier):
        return {"random_state": seed}
    if model.reservoir is not None:
        return {"reservoir__random_state": seed}
    return dict.fromkeys([*(f"reservoir__system__{name}__random_state" for name in ("lines", "rings")), SHARES], seed)


def count_trained(model):
    """Numbers that training has set."""
    if isinstance(model, RNNClassifier):
        return sum(array.size for array in model.parameters_.values())
    return model.readout_.coef_.size + model.readout_.intercept_.size


def timed(choose, *arguments):
    """What a search finds, after a word on its time."""
    start = time.perf_counter()
    found = choose(*arguments)
    print(f"{choose.__name__}: {time.perf_counter() - start:.0f} s", flush=True)
    return found


def print_table(runs, n_test):
    print(f"{'system':<22}{'errors of ' + str(n_test):>16}{'range':>8}{'accuracy':>10}", end="")
    print(f"{'fit s':>8}{'predict s':>11}{'trained':>9}")
    for name, results in runs.items():
        errors, fit, predict, trained = np.median(results, axis=0)
        span = f"{min(r[0] for r in results)}-{max(r[0] for r in results)}" if len(results) > 1 else ""
        print(f"{name:<22}{errors:>16g}{span:>8}{1 - errors / n_test:>10.2%}", end="")
        print(f"{fit:>8.2f}{predict:>11.2f}{trained:>9.0f}")


def draw(runs, path):
    """The errors of every seed of every system."""
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    errors = {name: [result[0] for result in results] for name, results in runs.items()}
    scores = {"Japanese vowels, nine speakers": errors}
    ComparisonDisplay.from_scores(scores, measures="errors on 370 test recordings", better="lower", ax=axes)
    figure.savefig(path, dpi=150)


def main():
    X_train, X_test, y_train, y_test = load_japanese_vowels(return_X_y=True)
    scaler = StandardScaler().fit(np.concatenate(X_train))
    data = [scaler.transform(x) for x in X_train], y_train, [scaler.transform(x) for x in X_test], y_test

    print("choosing settings by cross-validation on the training recordings ...", flush=True)
    model, chosen = timed(choose_settings, *data[:2]), {}
    print({name: model.get_params()[name] for name in GRID})
    liquid = timed(choose_liquid, *data[:2])
    print(liquid)
    for name, network in NETWORKS.items():
        chosen[name] = timed(choose_network, *network, *data[:2])
        print(chosen[name])

    learning = that_learns(liquid, {"recurrent": STDP()})
    systems = {
        "preset of small ESNs": (ReservoirClassifier(preset="full"), 1, N_SEEDS),
        "ESN, 64 units": (model, 1, N_SEEDS),
        f"{N_MEMBERS} ESNs, summed": (model, N_MEMBERS, N_SLOW_SEEDS),
        **{name: (network, 1, N_SEEDS) for name, network in chosen.items()},
        "liquid, 135 units": (liquid, 1, N_SEEDS),
        "the same after STDP": (learning, 1, N_SEEDS),
    }
    runs = {"raw features": [run_baseline(*data)], **run_seeds(systems, data)}
    print_table(runs, len(y_test))
    draw(runs, "compare.png")
    print("wrote compare.png")


if __name__ == "__main__":
    main()
