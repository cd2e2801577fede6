"""Small networks that add up their answers make fewer errors than any one of them: who of nine speakers said it?

Japanese vowels (Kudo, Toyama and Shimbo 1999, UCI repository): 270 recordings to learn from, 370 to tell. Each network
has 64 units, which no training touches, and a ridge readout of three parts of the recording; the settings were chosen
by cross-validation on the 270. The answers of networks that differ in their seeds alone are summed. All systems of this
library on these data: ``make demo``.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.preprocessing import StandardScaler

from reservoir import EchoState, ReservoirClassifier
from reservoir.datasets import load_japanese_vowels
from reservoir.readouts import RidgeReadout

SIZES, N_NETWORKS = (1, 3, 10, 30, 100), 200


def answers(seed, X, y, X_test):
    """Answers (370, 9) of one network."""
    system = EchoState(64, spectral_radius=0.9, input_scaling=0.3, bias_scaling=0.5, random_state=seed)
    model = ReservoirClassifier(system, RidgeReadout(10.0), pooling="segments")
    return model.fit(X, y).decision_function(X_test)


def main():
    X, X_test, y, y_test = load_japanese_vowels(return_X_y=True)
    scaler = StandardScaler().fit(np.concatenate(X))
    X, X_test = ([scaler.transform(x) for x in part] for part in (X, X_test))
    all_answers = np.array([answers(seed, X, y, X_test) for seed in range(N_NETWORKS)])
    truth = np.searchsorted(np.unique(y), y_test)
    errors = {}
    for size in SIZES:
        summed = all_answers[: N_NETWORKS // size * size].reshape(-1, size, *all_answers.shape[1:]).sum(axis=1)
        errors[size] = (summed.argmax(axis=2) != truth).sum(axis=1)
        low, high = errors[size].min(), errors[size].max()
        print(f"{size:4} networks: {errors[size].mean():.1f} errors of {len(truth)} ({low} to {high})")

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for size, found in errors.items():
        axes.plot(np.full(len(found), size), found, "o", color="#0072b2", alpha=0.15, markersize=5)
    means = [found.mean() for found in errors.values()]
    axes.plot(SIZES, means, "-_", color="#d55e00", markersize=16, markeredgewidth=2.5, label="mean")
    axes.set(xscale="log", xticks=SIZES, xticklabels=SIZES, xlabel="networks whose answers are summed")
    axes.minorticks_off()
    axes.set(ylabel=f"errors of {len(truth)} recordings", ylim=(0, None), title="Japanese vowels, nine speakers")
    axes.legend(frameon=False)
    figure.savefig("summed_networks.png", dpi=150)
    print("wrote summed_networks.png")


if __name__ == "__main__":
    main()
