"""Why your cross-validation is wrong: one model, scored with test folds that start cold and warm.

The model predicts the Mackey-Glass series one step ahead. `TimeSeriesSplit` starts every test fold from rest, where the
model never is after training, so the score is that of the start. `WarmTimeSeriesSplit` lets the model hear some history
first. The truth is the score of the model that simply runs on from the end of its training rows.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from reservoir import EchoState, ReservoirRegressor
from reservoir.datasets import make_mackey_glass
from reservoir.model_selection import WarmTimeSeriesSplit
from reservoir.readouts import RidgeReadout

FOLDS = {"n_splits": 5, "test_size": 100}
WARMUPS = [0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100]
RMSE = "neg_root_mean_squared_error"
COLD, WARM = "#d55e00", "#0072b2"


def cold_errors(model, X, y):
    """The usual way: a stock splitter and the name of a metric."""
    return -cross_val_score(model, X, y, cv=TimeSeriesSplit(**FOLDS), scoring=RMSE)


def warm_errors(model, X, y, warmup):
    """The right way: history before each fold, and the scorer that leaves it out."""
    cv = WarmTimeSeriesSplit(**FOLDS, warmup=warmup)
    return -cross_val_score(model, X, y, cv=cv, scoring=cv.scorer(RMSE))


def true_errors(model, X, y):
    """The same folds, run on from the state at the end of the training rows."""
    errors = []
    for train, test in TimeSeriesSplit(**FOLDS).split(X):
        fitted = clone(model).fit(X[train], y[train])
        _, state = fitted.run(X[train])
        predictions, _ = fitted.run(X[test], state)
        errors.append(np.sqrt(np.mean((predictions - y[test]) ** 2)))
    return np.array(errors)


def draw(cold, warm, truth, path):
    """Mean over the folds as a line, every fold as a point."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.axhline(cold.mean(), color=COLD, linewidth=2)
    axes.scatter(np.zeros(len(cold)), cold, s=14, color=COLD, alpha=0.6, linewidths=0)
    axes.text(100, cold.mean() * 0.8, "TimeSeriesSplit: starts from rest", color=COLD, ha="right", va="top")
    axes.plot(WARMUPS, warm.mean(axis=1), color=WARM, linewidth=2)
    axes.scatter(np.repeat(WARMUPS, warm.shape[1]), warm.ravel(), s=14, color=WARM, alpha=0.6, linewidths=0)
    axes.text(22, 3e-3, "WarmTimeSeriesSplit", color=WARM)
    axes.axhline(truth.mean(), color="black", linestyle="dashed", linewidth=1)
    axes.text(100, truth.mean() * 0.55, "the model, run on from its training rows", ha="right", va="top")
    axes.set(yscale="log", ylim=(2e-5, 4), xlabel="warm-up rows before each test fold")
    axes.set(ylabel="RMSE (points: five folds)", title="One model, one series: Mackey-Glass, one step ahead")
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main():
    series = make_mackey_glass(1001)
    X, y = series[:-1], series[1:, 0]
    system = EchoState(100, input_scaling=0.5, bias_scaling=0.5, random_state=0)
    model = ReservoirRegressor(system, RidgeReadout(alpha=1e-8), washout=100)

    cold, truth = cold_errors(model, X, y), true_errors(model, X, y)
    warm = np.array([warm_errors(model, X, y, warmup) for warmup in WARMUPS])
    print(f"{'run on from the training rows':<32}{truth.mean():>10.2e}")
    print(f"{'TimeSeriesSplit':<32}{cold.mean():>10.2e}")
    for warmup, errors in zip(WARMUPS, warm, strict=True):
        print(f"{f'WarmTimeSeriesSplit, warmup={warmup}':<32}{errors.mean():>10.2e}")
    draw(cold, warm, truth, "warm_evaluation.png")
    print("wrote warm_evaluation.png")


if __name__ == "__main__":
    main()
