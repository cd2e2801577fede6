"""How loud a reservoir should hear its input, and how far its units should differ, where nothing else is known.

Tasks of one to sixteen channels of about unit variance: the next row of measured and computed series, filters with
memory and products, delays, and what only an even function can tell. `EchoState(500)` hears them with input weights of
c over the root of the number of channels and biases of b, and `ReservoirRegressor` is as it is made. The score is R2 of
the rows after the training, and in the last line the mean over the tasks of log(1 - R2 + 1e-4).
``input_scaling=None, bias_scaling=None`` are c = 0.3 and b = 0.5.

The measured series are not part of the library; set RESERVOIR_DATA to the folder that holds them.
"""

import os
import sys
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from reservoir import EchoState, ReservoirRegressor
from reservoir.datasets import make_narma

SETTINGS = [(1.0, 0.0), (0.3, 0.0), (0.3, 0.5), (0.1, 0.5)]


def ahead(rows, n_train):
    """A series as it is heard, its next rows, and how many are learnt."""
    rows = np.reshape(rows, (len(rows), -1))[:4000]
    scaled = (rows - rows[:n_train].mean(axis=0)) / rows[:n_train].std(axis=0)
    return scaled[:-1], scaled[1:], n_train


def measured(folder):
    """Series of a folder, to be told one row ahead."""
    months = np.genfromtxt(folder / "climate" / "elnino_monthly_sst.csv", delimiter=",", skip_header=1)[:, 1:].ravel()
    sunspots = np.genfromtxt(folder / "sunspots" / "sunspots_yearly_1700_2008.csv", delimiter=",", skip_header=1)
    return {
        "sunspots, yearly": ahead(sunspots[:, 1], 200),
        "El Nino, monthly": ahead(months[np.isfinite(months)], 500),
        "ETTh1, 7 channels": ahead(np.load(folder / "ett" / "ETTh1.npz")["data"].astype(float), 2500),
        "Nino-3, 10 channels": ahead(np.load(folder / "climate" / "sst_nino3.npz")["data"], 500),
        "laser": ahead(np.genfromtxt(folder / "santafe_laser" / "santafe_laser_A_1_6000.csv"), 2500),
    }


def computed():
    """An autoregression, filters, delays and products of noise."""
    rng = np.random.default_rng(0)
    u, y = make_narma(3000, random_state=0)
    heard, y = (u - u.mean()) / u.std(), y[:, None] / y.std()
    uniform, wide = rng.uniform(-(3**0.5), 3**0.5, size=(3000, 1)), rng.normal(size=(3000, 16))
    last = np.roll(uniform, 1, axis=0)
    return {
        "AR(2)": ahead(lfilter([1], [1, -1.6, 0.8], rng.normal(size=3000)), 600),
        "NARMA-10": (heard, y, 2000),
        "NARMA-10 and noise, 600 rows": (heard, y + 0.3 * rng.normal(size=y.shape), 600),
        "u(t-1)^2": (uniform, last**2, 2000),
        "u(t-1) u(t-2)": (uniform, last * np.roll(last, 1, axis=0), 2000),
        "u(t-5)": (uniform, np.roll(uniform, 5, axis=0), 2000),
        "u(t-15)": (uniform, np.roll(uniform, 15, axis=0), 2000),
        "16 channels, u3(t-2)": (wide, np.roll(wide[:, 3:4], 2, axis=0), 2000),
        "16 channels, u3(t-1) u7(t-1)": (wide, np.roll(wide[:, 3:4] * wide[:, 7:8], 1, axis=0), 2000),
    }


def score(task, c, b):
    """R2 of the rows after the training, the mean over the channels."""
    X, y, n_train = task
    system = EchoState(500, input_scaling=c / X.shape[1] ** 0.5, bias_scaling=b, random_state=0)
    model = ReservoirRegressor(system).fit(X[:n_train], y[:n_train])
    error = model.predict(X)[n_train:] - y[n_train:]
    return float(np.mean(1 - np.mean(error**2, axis=0) / y[n_train:].var(axis=0)))


def main():
    folder = os.environ.get("RESERVOIR_DATA")
    tasks = (measured(Path(folder)) if folder else {}) | computed()
    print(
        "| task | "
        + " | ".join(f"c = {c:g}, b = {b:g}" for c, b in SETTINGS)
        + " |\n|---"
        + "|---" * len(SETTINGS)
        + "|"
    )
    table = []
    for name, task in tasks.items():
        table.append([score(task, c, b) for c, b in SETTINGS])
        print(f"| {name} | " + " | ".join(f"{found:.3f}" for found in table[-1]) + " |")
        sys.stdout.flush()
    means = np.log(1 - np.array(table) + 1e-4).mean(axis=0)
    print("| mean logarithm | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")


if __name__ == "__main__":
    main()
