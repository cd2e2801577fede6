"""Copying ten symbols over a hundred silent rows: closed form from 150 sequences, or backpropagation over thousands.

Copy memory (Arjovsky, Shah and Bengio 2016, doi:10.48550/arXiv.1511.06464): ten symbols, `LENGTH` rows of silence, then
the same ten again. As the length is fixed this is a delay. A linear network with an orthogonal matrix holds the last
inputs undamped, and ridge regression reads the delay from it at once. An LSTM has to find it by gradient descent: from
batch after batch of new sequences it learns to be silent, then when to speak, and what it says is at chance, 1/8. All
systems, both tasks and longer training: ``benchmarks/studies/long_memory.py``.

The budget is a number of sequences, so that the figure is the same on any machine; the processor seconds that are
printed leave out what is compiled on first use.
"""

import time

import matplotlib.pyplot as plt
from sklearn.base import clone

from reservoir import EchoState, ReservoirClassifier
from reservoir.datasets import make_copy_memory
from reservoir.metrics import copy_recall
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNClassifier
from reservoir.topologies import Orthogonal

LENGTH, N_AT_ONCE, N_BATCHES, BATCH = 100, 150, 60, 320
TRAINING, TEST = 0, 1  # seeds


def linear_network(n_units=600):
    """An orthogonal matrix, undamped, and a readout in closed form."""
    options = {"topology": Orthogonal(), "spectral_radius": None, "activation": "identity", "dtype": "float32"}
    options |= {"input_scaling": 1.0, "bias_scaling": 0.0}
    return ReservoirClassifier(EchoState(n_units, random_state=0, **options), RidgeReadout())


def solved_at_once(X_test, y_test):
    """Share of symbols recalled, and processor seconds of training."""
    X, y = make_copy_memory(N_AT_ONCE, LENGTH, random_state=TRAINING)
    linear_network().fit(X[:2], y[:2])  # compiles
    start = time.process_time()
    model = linear_network().fit(X, y)
    seconds = time.process_time() - start
    return copy_recall(y_test, model.predict(X_test)), seconds


def trained(model, X_test, y_test):
    """Share of symbols recalled after every batch of sequences that are all new, and processor seconds of training."""
    curve, seconds = [], 0.0
    clone(model).partial_fit(*make_copy_memory(2, LENGTH, random_state=TEST), classes=range(9))  # compiles
    for batch in range(N_BATCHES):
        X, y = make_copy_memory(BATCH, LENGTH, random_state=100 + batch)
        start = time.process_time()
        model.partial_fit(X, y, classes=range(9))
        seconds += time.process_time() - start
        curve.append(copy_recall(y_test, model.predict(X_test)))
    return curve, seconds


def main():
    X_test, y_test = make_copy_memory(200, LENGTH, random_state=TEST)
    recall, seconds = solved_at_once(X_test, y_test)
    print(f"orthogonal network and ridge: {recall:.3f} recalled from {N_AT_ONCE} sequences, {seconds:.1f} s")
    curve, seconds = trained(RNNClassifier("lstm", 30, learning_rate_init=0.003, random_state=0), X_test, y_test)
    print(f"LSTM: {curve[-1]:.3f} from {N_BATCHES * BATCH} sequences, {seconds:.1f} s; chance is 0.125")

    figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
    seen = range(BATCH, N_BATCHES * BATCH + 1, BATCH)
    axes.semilogx(seen, curve, ".-", color="#d55e00", label="LSTM, 30 units")
    axes.semilogx(N_AT_ONCE, recall, "*", color="#0072b2", markersize=16, label="orthogonal network, ridge")
    axes.axhline(1 / 8, color="black", linestyle="dotted", label="chance")
    axes.set(xlabel="training sequences, each new", ylabel="share of symbols recalled", ylim=(0, 1.05))
    axes.set_title(f"Copy memory over {LENGTH} rows")
    axes.legend(frameon=False, loc="center right")
    figure.savefig("copying.png", dpi=150)
    print("wrote copying.png")


if __name__ == "__main__":
    main()
