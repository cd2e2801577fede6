"""Which notes sound next? Recurrent networks need fewer nats a frame than a deep echo-state network, and more time.

Piano rolls of Bach's chorales, and with --all of the Nottingham folk tunes (Boulanger-Lewandowski, Bengio and Vincent
2012), split as usual. From all frames so far every system gives the probability of each of 88 keys in the next one. The
figures of merit are the negative log-likelihood, summed over keys, mean over frames, and the accuracy TP / (TP + FP +
FN) over all frames and keys, of the pieces nobody was trained on. LSTM and GRU are trained by backpropagation through
time; the reservoir is as drawn, and logistic regressions of the keys read its states and the present frame. Epochs, and
the threshold above which a key is said to sound, are chosen on the validation pieces, as the settings below were.
Seconds are of one thread, CPU, without compilation.

The data are not part of the library; set RESERVOIR_DATA to the folder that holds them.
"""

import copy
import sys
import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from reservoir import DeepEchoState, EchoState
from reservoir.datasets import fetch_polyphonic_music
from reservoir.rnn import RNNRegressor

TITLES = {"jsb": "chorales of Bach", "nottingham": "Nottingham folk tunes"}
LSTM = {"cell": "lstm", "learning_rate_init": 0.02, "batch_size": 16, "max_iter": 60}
GRU = {"cell": "gru", "learning_rate_init": 0.003, "batch_size": 4, "max_iter": 60}
SETTINGS = {
    "jsb": {"LSTM": LSTM, "GRU": GRU, "deep ESN": {"n_units": 400, "batch_size": 128, "learning_rate_init": 0.002}},
    "nottingham": {
        "LSTM": LSTM,
        "GRU": GRU,
        "deep ESN": {"n_units": 200, "batch_size": 512, "learning_rate_init": 0.002},
    },
}
LEAKS, PATIENCE, THRESHOLDS = (1.0, 0.5, 0.2), 5, np.linspace(0.1, 0.6, 26)
COLORS = {"LSTM": "#0072b2", "GRU": "#009e73", "deep ESN": "#d55e00"}


def shifted(pieces):
    """What is heard, and the frame after each of these."""
    return [piece[:-1] for piece in pieces], [piece[1:] for piece in pieces]


def nats(probabilities, rolls):
    """Negative log-likelihood a frame; probabilities are kept 1e-7 away from 0 and 1."""
    certain = np.clip(np.where(rolls, probabilities, 1 - probabilities), 1e-7, 1)
    return -np.log(certain.astype(float)).sum(axis=1).mean()


def accuracy(probabilities, rolls, threshold):
    """Keys that sound and are said to, over all that sound or are said to."""
    said, true = probabilities > threshold, rolls > 0
    return (said & true).sum() / (said | true).sum()


def recurrent(music, seed, **settings):
    """A trained network as a function that gives probabilities, and its validation losses by epoch."""
    (X, y), (X_val, y_val) = shifted(music.train), shifted(music.valid)
    options = {"hidden_layer_sizes": 150, "variational_dropout": (0.0, 0.3, 0.5), "n_iter_no_change": PATIENCE}
    model = RNNRegressor(loss="bernoulli", early_stopping=True, random_state=seed, **options | settings)
    model.fit(X, y, X_val=X_val, y_val=y_val)
    return lambda X: np.concatenate(model.predict(X)), -np.array(model.validation_scores_)


def echo_state(music, seed, n_units, **options):
    """The same of a deep echo-state network with logistic regressions, by the same optimiser and rule of stopping."""
    (X, y), (X_val, y_val) = shifted(music.train), shifted(music.valid)
    drawn = {"spectral_radius": 0.5, "dtype": "float32"}
    layers = [EchoState(n_units, leak=leak, input_scaling=40 / n_units, **drawn) for leak in LEAKS]
    system = DeepEchoState(layers=[layers[0].set_params(input_scaling=1.0), *layers[1:]], random_state=seed).fit(X)

    def features(X):
        return np.hstack([np.concatenate(system.transform(X)), np.concatenate(X)], dtype=np.float32)

    rows, rows_val, losses, epochs = features(X), features(X_val), [], []
    targets, targets_val = np.concatenate(y).astype(int), np.concatenate(y_val)
    readout = MLPClassifier((), alpha=0.1, random_state=seed, **options)  # no hidden units: logistic regressions
    while len(losses) - np.argmin(losses or [0]) <= PATIENCE:
        readout.partial_fit(rows, targets, classes=range(targets.shape[1]))
        losses.append(nats(readout.predict_proba(rows_val), targets_val))
        epochs.append(copy.deepcopy(readout))
    best = epochs[np.argmin(losses)]
    return lambda X: best.predict_proba(features(X)), np.array(losses)


def evaluate(music, name, seed, settings):
    """Seconds of training, validation losses, and nats and accuracy of the test pieces."""
    train = echo_state if name == "deep ESN" else recurrent
    start = time.process_time()
    answer, losses = train(music, seed, **settings)
    seconds = time.process_time() - start
    (X_val, y_val), (X, y) = shifted(music.valid), shifted(music.test)
    guesses, rolls = answer(X_val), np.concatenate(y_val)
    threshold = max(THRESHOLDS, key=lambda threshold: accuracy(guesses, rolls, threshold))
    probabilities, rolls = answer(X), np.concatenate(y)
    return seconds, losses, nats(probabilities, rolls), accuracy(probabilities, rolls, threshold)


def draw(axes, results, title):
    """Validation losses against seconds, and the test pieces as dots."""
    for name, (seconds, losses, test, _) in results.items():
        axes.plot(seconds * np.arange(1, len(losses) + 1) / len(losses), losses, color=COLORS[name], label=name)
        axes.plot(seconds, test, "o", color=COLORS[name])
    axes.set(xscale="log", xlabel="seconds of training, one thread", title=title)
    axes.grid(color="#e5e5e5")


def main(collections, seed=0):
    figure, panels = plt.subplots(1, len(collections), figsize=(1 + 4.5 * len(collections), 4), layout="constrained")
    for collection, axes in zip(collections, np.atleast_1d(panels), strict=True):
        music, results = fetch_polyphonic_music(collection=collection), {}
        for name, settings in SETTINGS[collection].items():
            results[name] = evaluate(music, name, seed, settings)
            seconds, losses, test, correct = results[name]
            print(f"{collection:11} {name:9} {test:6.3f} nats, accuracy {correct:.3f}", end=", ")
            print(f"{len(losses)} epochs, {seconds:.1f} s", flush=True)
        draw(axes, results, TITLES[collection])
    np.atleast_1d(panels)[0].set(ylabel="nats a frame: validation (lines), test (dots)")
    np.atleast_1d(panels)[-1].legend()
    figure.savefig("polyphonic_music.png", dpi=150)
    print("wrote polyphonic_music.png")


if __name__ == "__main__":
    with threadpool_limits(1):
        try:
            main(list(SETTINGS) if "--all" in sys.argv else ["jsb"])
        except OSError as error:
            sys.exit(str(error))
