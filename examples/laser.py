"""The next intensity of a chaotic laser: no linear model of the past comes near, an echo-state network does.

Santa Fe data set A (Huebner, Abraham and Weiss 1989, Physical Review A 40, 6354): the readout is trained on rows
1-3000 and predicts each of rows 3001-6000 from those before it. Beside it stand a ridge regression on the last 20 rows,
about as far as these networks remember, and a kernel ridge regression on the last 10, which is nonlinear as well. All
settings and penalties come from rows 1-3000 alone. NMSE is the mean squared error over the variance of the test rows.

The data are not part of the library; set RESERVOIR_DATA to the folder that holds them.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from sklearn.kernel_ridge import KernelRidge

from reservoir import EchoState, ReservoirRegressor
from reservoir.datasets import fetch_santa_fe_laser
from reservoir.readouts import RidgeReadout

N_TRAIN = 3000
SEEDS = range(400, 410)
PENALTIES = np.logspace(-12, 0, 25)
ZOOM = slice(920, 1020)
COLORS = {"linear, 20 rows": "#d55e00", "kernel ridge, 10 rows": "#009e73", "echo-state network": "#0072b2"}


def standardised():
    """The series (6000, 1) by the mean and deviation of the training rows."""
    series = fetch_santa_fe_laser().data
    return (series - series[:N_TRAIN].mean()) / series[:N_TRAIN].std()


def nmse(series, predictions):
    """Mean squared error of the test rows, over their variance."""
    return np.mean((predictions - series[N_TRAIN:, 0]) ** 2) / series[N_TRAIN:].var()


def network(series, seed):
    """Predictions of the test rows by an echo-state network that hears one row at a time."""
    system = EchoState(500, leak=0.8, spectral_radius=0.5, input_scaling=0.2, bias_scaling=0.4, random_state=seed)
    model = ReservoirRegressor(system, RidgeReadout("blocked", alphas=PENALTIES), washout=100)
    model.fit(series[: N_TRAIN - 1], series[1:N_TRAIN, 0])
    return model.predict(series[:-1])[N_TRAIN - 1 :]


def window(series, model, length):
    """Predictions of the test rows by a model that sees the last `length` rows."""
    rows, targets = np.lib.stride_tricks.sliding_window_view(series[:, 0], length)[:-1], series[length:, 0]
    n_train = N_TRAIN - length
    return model.fit(rows[:n_train], targets[:n_train]).predict(rows[n_train:])


def main():
    try:
        series = standardised()
    except OSError as error:
        sys.exit(str(error))
    guesses = {
        "the row before": series[N_TRAIN - 1 : -1, 0],
        "linear, 20 rows": window(series, RidgeReadout("blocked"), 20),
        "kernel ridge, 10 rows": window(series, KernelRidge(kernel="rbf", gamma=0.01, alpha=1e-6), 10),
    }
    networks = [network(series, seed) for seed in SEEDS]
    scores = {name: nmse(series, guess) for name, guess in guesses.items()}
    drawn = [nmse(series, guess) for guess in networks]
    for name, score in scores.items():
        print(f"{name}: NMSE {score:.4f}")
    print(f"echo-state network: NMSE {np.median(drawn):.4f} ({min(drawn):.4f}-{max(drawn):.4f})")

    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 5), layout="constrained", sharex=True, height_ratios=[2, 3])
    rows, truth = np.arange(N_TRAIN + 1, len(series) + 1)[ZOOM], series[N_TRAIN:, 0][ZOOM]
    top.plot(rows, truth, ".-", color="black", linewidth=1)
    top.set(ylabel="intensity", title="One step ahead through a collapse of the Santa Fe laser")
    guesses["echo-state network"], scores["echo-state network"] = networks[0], drawn[0]
    for name, color in COLORS.items():
        label = f"{name}: {scores[name]:.4f}"
        bottom.semilogy(rows, np.abs(guesses[name][ZOOM] - truth), ".-", color=color, linewidth=0.8, label=label)
    bottom.set(xlabel="row", ylabel="error, standardised", xlim=(rows[0], rows[-1]), ylim=(1e-4, 10))
    figure.legend(loc="outside lower center", ncols=3, title="NMSE of the 3000 test rows")
    figure.savefig("laser.png", dpi=150)
    print("wrote laser.png")


if __name__ == "__main__":
    main()
