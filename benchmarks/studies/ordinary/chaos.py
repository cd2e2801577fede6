"""Chaotic series that are generated."""

import numpy as np

from ordinary.task import task
from reservoir.datasets import make_lorenz, make_mackey_glass, make_narma


def lorenz_96(n_sites, n_rows, seed, dt=0.05, substeps=5, force=8.0):
    """Rows (n_rows, n_sites) of the Lorenz system of 1996, by Runge-Kutta steps, without the first 400."""
    x, step = force + np.random.default_rng(seed).normal(size=n_sites), dt / substeps
    rows = []
    for _ in range((n_rows + 400) * substeps):
        first = _slope(x, force)
        second = _slope(x + step / 2 * first, force)
        third = _slope(x + step / 2 * second, force)
        fourth = _slope(x + step * third, force)
        x = x + step / 6 * (first + 2 * second + 2 * third + fourth)
        rows.append(x)
    return np.array(rows)[400 * substeps :: substeps]


def _slope(x, force):
    return (np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + force


def henon(n_rows):
    """Rows (n_rows,) of the map of Henon."""
    x = [0.4, 0.3]
    for _ in range(n_rows + 98):
        x.append(1 - 1.4 * x[-1] ** 2 + 0.3 * x[-2])
    return np.array(x[100:])


def logistic(n_rows):
    """Rows (n_rows,) of the logistic map at 3.8."""
    x = [0.3]
    for _ in range(n_rows - 1):
        x.append(3.8 * x[-1] * (1 - x[-1]))
    return np.array(x)


def chaotic_tasks():
    """Chaos without noise and with it, of one channel and of several."""
    rng = np.random.default_rng(0)
    lorenz, glass = make_lorenz(5000), make_mackey_glass(4500).ravel()
    coarse = lorenz[::5]
    narma = np.column_stack([values.ravel() for values in make_narma(3000, random_state=0)])
    return {
        "Mackey-Glass": task(glass[:4000], 3000, 100, 50),
        "Mackey-Glass, 300 rows": task(glass[3500:4100], 300, 50, 50),
        "Lorenz": task(lorenz, 3000, 100),
        "Lorenz, z": task(lorenz[500:3000, 2], 2000, 80),
        "Lorenz, x with 5 % noise": task(lorenz[:, 0] + 0.4 * rng.normal(size=len(lorenz)), 2500, 50),
        "Lorenz, coarse with noise": task(coarse + 0.3 * rng.normal(size=coarse.shape), 700, 15),
        "Lorenz-96, 5 sites": task(lorenz_96(5, 1400, 2), 1000, 25),
        "Lorenz-96, 6 sites with noise": task(lorenz_96(6, 1200, 5) + 0.5 * rng.normal(size=(1200, 6)), 800, 15),
        "Lorenz-96, 8 sites": task(lorenz_96(8, 2500, 0), 2000, 30),
        "Lorenz-96, 40 sites": task(lorenz_96(40, 3500, 0), 3000, 20),
        "NARMA-10 with its driver": task(narma[50:], 2000, 10),
        "logistic map": task(logistic(1500), 1000, 8),
        "Henon map": task(henon(1400), 1000, 8),
        "Henon map with noise": task(henon(1400) + 0.05 * rng.normal(size=1400), 1000, 5),
    }
