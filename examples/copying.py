"""Copying ten symbols over a hundred silent rows: closed form in a second, or backpropagation for much longer.

Copy memory (Arjovsky, Shah and Bengio 2016, doi:10.48550/arXiv.1511.06464): ten symbols, `LENGTH` rows of silence, then
the same ten again. As the length is fixed this is a delay. A linear network with an orthogonal matrix holds the last
inputs undamped, and ridge regression reads the delay from it at once. An LSTM has to find it by gradient descent: it
gets new sequences for as long as stated, and is still at chance, 1/8. All systems, both tasks and more time:
``benchmarks/studies/long_memory.py``.
"""

import time

import matplotlib.pyplot as plt

from reservoir import EchoState, ReservoirClassifier
from reservoir.datasets import make_copy_memory
from reservoir.metrics import copy_recall
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNClassifier
from reservoir.topologies import Orthogonal

LENGTH, SECONDS = 100, 6.0
TRAINING, TEST = 0, 1  # seeds


def linear_network(n_units=600):
    """An orthogonal matrix, undamped, and a readout in closed form."""
    options = {"topology": Orthogonal(), "spectral_radius": None, "activation": "identity", "dtype": "float32"}
    return ReservoirClassifier(EchoState(n_units, random_state=0, **options), RidgeReadout())


def recall_in_time(model, X_test, y_test, seconds):
    """Seconds of training and share of symbols recalled, as sequences that are all new arrive."""
    spent, curve, seed = 0.0, [], TRAINING
    while spent < seconds:
        X, y = make_copy_memory(320, LENGTH, random_state=seed + 100)
        start = time.perf_counter()
        model.partial_fit(X, y, classes=range(9))
        spent, seed = spent + time.perf_counter() - start, seed + 1
        curve.append((spent, copy_recall(y_test, model.predict(X_test))))
    return curve


def main():
    X, y = make_copy_memory(150, LENGTH, random_state=TRAINING)
    X_test, y_test = make_copy_memory(200, LENGTH, random_state=TEST)
    linear_network().fit(X[:2], y[:2])  # loads what is compiled
    start = time.perf_counter()
    model = linear_network().fit(X, y)
    seconds = time.perf_counter() - start
    recall = copy_recall(y_test, model.predict(X_test))
    lstm = RNNClassifier("lstm", 30, learning_rate_init=0.001, random_state=0)
    curve = recall_in_time(lstm, X_test, y_test, SECONDS)
    print(f"orthogonal network and ridge: {recall:.3f} recalled after {seconds:.2f} s")
    print(f"LSTM: {curve[-1][1]:.3f} after {curve[-1][0]:.2f} s; chance is 0.125")

    figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
    axes.plot(*zip(*curve, strict=True), "o-", color="#d55e00", markersize=4, label="LSTM, 30 units")
    axes.plot(seconds, recall, "*", color="#0072b2", markersize=16, label="orthogonal network, ridge")
    axes.axhline(1 / 8, color="black", linestyle="dotted", label="chance")
    axes.set(xlabel="seconds of training", ylabel="share of symbols recalled", ylim=(0, 1.05))
    axes.set_title(f"Copy memory over {LENGTH} rows")
    axes.legend(frameon=False, loc="center right")
    figure.savefig("copying.png", dpi=150)
    print("wrote copying.png")


if __name__ == "__main__":
    main()
