"""Which notes sound next? An LSTM needs the fewest nats per frame; a deep echo-state network is ahead for some seconds.

Piano rolls of Bach's chorales and, with --all, of the Nottingham folk tunes (Boulanger-Lewandowski, Bengio and Vincent
2012), split as usual. From the frames so far every system gives the probability of each of 88 keys in the next. Of the
test pieces stand the negative log-likelihood, summed over keys, mean over frames, and the accuracy TP / (TP + FP + FN)
of all keys and frames. LSTM and GRU are trained by backpropagation through time; the reservoir stays as drawn, and one
logistic regression a key reads its states and the present frame. Settings, epochs, and the threshold above which a key
is said to sound were chosen on the validation pieces. Seconds are of one thread, CPU; a first run also compiles.

The data are not part of the library; set RESERVOIR_DATA to the folder that holds them.
"""

import copy
import sys
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from reservoir import DeepEchoState, EchoState
from reservoir.datasets import fetch_polyphonic_music
from reservoir.rnn import RNNRegressor

TITLES = {"jsb": "chorales of Bach", "nottingham": "Nottingham folk tunes"}
LSTM = {"cell": "lstm", "hidden_layer_sizes": 150, "learning_rate_init": 0.02, "batch_size": 16, "max_iter": 60}
GRU = {"cell": "gru", "hidden_layer_sizes": 150, "learning_rate_init": 0.003, "batch_size": 4, "max_iter": 60}
ECHO = {"n_units": 400, "learning_rate_init": 0.002, "batch_size": 128}
LONGER = {"hidden_layer_sizes": 200, "variational_dropout": (0.0, 0.1, 0.2), "max_iter": 30}
SETTINGS = {
    "jsb": {"LSTM": LSTM, "GRU": GRU, "deep ESN": ECHO},
    "nottingham": {
        "LSTM": LSTM | LONGER | {"learning_rate_init": 0.01, "batch_size": 8},
        "GRU": GRU | LONGER,
        "deep ESN": {"n_units": 200, "learning_rate_init": 0.005, "batch_size": 512},
    },
}
LEAKS, PATIENCE, THRESHOLDS = (1.0, 0.5, 0.2), 10, np.linspace(0.1, 0.6, 26)
COLORS = {"LSTM": "#0072b2", "GRU": "#009e73", "deep ESN": "#d55e00"}


def shifted(pieces):
    """What is heard, and the frame after each of these."""
    return [piece[:-1] for piece in pieces], [piece[1:] for piece in pieces]


def nats(probabilities, rolls):
    """Negative log-likelihood per frame; probabilities are kept 1e-7 away from 0 and 1."""
    certain = np.clip(np.where(rolls, probabilities, 1 - probabilities), 1e-7, 1)
    return -np.log(certain.astype(float)).sum(axis=1).mean()


def accuracy(probabilities, rolls, threshold):
    """Keys that sound and are said to, over all that sound or are said to."""
    said, true = probabilities > threshold, rolls > 0
    return (said & true).sum() / (said | true).sum()


def recurrent(music, seed, **settings):
    """A trained network as a function that gives probabilities; validation losses and seconds by epoch."""
    (X, y), (X_val, y_val) = shifted(music.train), shifted(music.valid)
    options = {"early_stopping": True, "n_iter_no_change": PATIENCE, "tol": 0.0, "random_state": seed} | settings
    options = {"variational_dropout": (0.0, 0.3, 0.5)} | options
    model = RNNRegressor(loss="bernoulli", **options)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # epochs are limited
        clone(model).set_params(max_iter=1).fit(X[:2], y[:2], X_val=X[:2], y_val=y[:2])  # compiles
        start = time.process_time()
        model.fit(X, y, X_val=X_val, y_val=y_val)
    seconds = np.linspace(0, time.process_time() - start, model.n_iter_ + 1)[1:]
    return lambda X: np.concatenate(model.predict(X)), -np.array(model.validation_scores_), seconds


def echo_state(music, seed, n_units, max_iter=40, **options):
    """The same of a deep echo-state network with logistic regressions, by the same optimiser and rule of stopping."""
    (X, y), (X_val, y_val) = shifted(music.train), shifted(music.valid)
    drawn = {"spectral_radius": 0.5, "bias_scaling": 0.0, "dtype": "float32"}
    scalings = 1.0, 40 / n_units, 40 / n_units
    layers = [EchoState(n_units, leak=a, input_scaling=s, **drawn) for a, s in zip(LEAKS, scalings, strict=True)]
    system = DeepEchoState(layers=layers, inter_scaling=None, random_state=seed)
    clone(system).fit_transform(X[:2])  # compiles
    start = time.process_time()
    system.fit(X)

    def features(X):
        return np.hstack([np.concatenate(system.transform(X)), np.concatenate(X)], dtype=np.float32)

    rows, rows_val, epochs, losses, seconds = features(X), features(X_val), [], [], []
    targets, targets_val = np.concatenate(y).astype(int), np.concatenate(y_val)
    readout = MLPClassifier((), alpha=0.1, random_state=seed, **options)  # no hidden units: logistic regressions
    while len(losses) < max_iter and len(losses) - np.argmin(losses or [0]) <= PATIENCE:
        epochs.append(copy.deepcopy(readout.partial_fit(rows, targets, classes=range(targets.shape[1]))))
        losses.append(nats(readout.predict_proba(rows_val), targets_val))
        seconds.append(time.process_time() - start)
    best = epochs[np.argmin(losses)]
    return lambda X: best.predict_proba(features(X)), np.array(losses), np.array(seconds)


def evaluate(music, name, seed, settings):
    """Validation losses and seconds by epoch; nats and accuracy of the test pieces."""
    answer, losses, seconds = (echo_state if name == "deep ESN" else recurrent)(music, seed, **settings)
    valid, test = ((answer(X), np.concatenate(y)) for X, y in (shifted(music.valid), shifted(music.test)))
    threshold = max(THRESHOLDS, key=lambda threshold: accuracy(*valid, threshold))
    return losses, seconds, nats(*test), accuracy(*test, threshold)


def draw(axes, results, title):
    """Validation losses against seconds, and the test pieces as dots."""
    for name, (losses, seconds, test, _) in results.items():
        axes.plot(seconds, losses, color=COLORS[name], label=name)
        axes.plot(seconds[-1], test, "o", color=COLORS[name])
    axes.set(xscale="log", xlabel="seconds of training, one thread", title=title)
    axes.grid(color="#e5e5e5")


def main(collections, seed=0):
    figure, panels = plt.subplots(1, len(collections), figsize=(1 + 4.5 * len(collections), 4), layout="constrained")
    for collection, axes in zip(collections, np.atleast_1d(panels), strict=True):
        music, results = fetch_polyphonic_music(collection=collection), {}
        for name, settings in SETTINGS[collection].items():
            results[name] = evaluate(music, name, seed, settings)
            losses, seconds, test, correct = results[name]
            print(f"{collection:11} {name:9} {test:6.3f} nats, accuracy {correct:.3f}", end=", ")
            print(f"{len(losses)} epochs, {seconds[-1]:.1f} s", flush=True)
        draw(axes, results, TITLES[collection])
    np.atleast_1d(panels)[0].set(ylabel="nats per frame: validation (lines), test (dots)")
    np.atleast_1d(panels)[-1].legend()
    figure.savefig("polyphonic_music.png", dpi=150)
    print("wrote polyphonic_music.png")


if __name__ == "__main__":
    with threadpool_limits(1):
        try:
            main(list(SETTINGS) if "--all" in sys.argv else ["jsb"])
        except OSError as error:
            sys.exit(str(error))
