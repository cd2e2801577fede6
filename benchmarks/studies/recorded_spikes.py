"""Recorded spikes: does a liquid tell more than numbers of spikes in bins? Two recordings, five-fold cross-validation.

Which of 18 sounds was heard, from the spikes of cells of the auditory cortex (3618 trials of 0.5 s), and what the
stimulus of a grasshopper's receptor was (10 s), from its spikes alone. All features go through the same ridge, whose
penalty is chosen in the training part. The folder of the recordings is RESERVOIR_DATA, or the first argument.
"""

import itertools
import os
import sys
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

from reservoir import LiquidState
from reservoir.circuits import MaassColumn
from reservoir.models import Segments
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Exponential, SpikeTrains

FOLDS, STEP = 5, 2e-3
SPARSE = {"input_probability": 0.05, "input_scale": 2.0}
COLUMNS = {
    "default": MaassColumn(),
    "135 units, sparse input": MaassColumn(**SPARSE),
    "405 units, sparse input": MaassColumn((15, 9, 3), **SPARSE),
    "405 units, sparse input, no recurrence": MaassColumn((15, 9, 3), lam=0.0, **SPARSE),
}
STRONG = {"input_probability": 1.0, "input_scale": 3.0}
RECEPTOR = {
    "default": LiquidState(step=STEP, random_state=0),
    "every unit hears it, trace of 10 ms": LiquidState(
        MaassColumn(**STRONG), trace=Exponential(10e-3), step=STEP, random_state=0
    ),
    "the same, 405 units": LiquidState(
        MaassColumn((15, 9, 3), **STRONG), trace=Exponential(10e-3), step=STEP, random_state=0
    ),
}


def scaled(features, train):
    """Columns with mean 0 and deviation 1 in the training rows."""
    return (features - features[train].mean(axis=0)) / (features[train].std(axis=0) + 1e-9)


def told(scores):
    """Mean over the folds, and its standard error."""
    return f"{np.mean(scores):.3f} +- {np.std(scores, ddof=1) / np.sqrt(FOLDS):.3f}"


def accuracy(features, labels):
    targets, scores = 2.0 * np.eye(labels.max() + 1)[labels] - 1, []
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(features, labels):
        rows = scaled(features, train)
        ridge = RidgeReadout("loo", alphas=np.logspace(0, 5, 11)).fit(rows[train], targets[train])
        scores.append(np.mean(ridge.predict(rows[test]).argmax(axis=1) == labels[test]))
    return told(scores)


def correlation(features, stimulus, delay):
    """Between the stimulus `delay` rows ago and what the rows so far say of it, in blocks of time held out."""
    rows, wanted, scores = features[delay:], stimulus[: len(stimulus) - delay], []
    for start, stop in itertools.pairwise(np.linspace(0, len(wanted), FOLDS + 1).astype(int)):
        train = np.r_[0 : max(0, start - 100), stop + 100 : len(wanted)]
        own = scaled(rows, train)
        ridge = RidgeReadout("gcv", alphas=np.logspace(-4, 6, 21)).fit(own[train], wanted[train])
        scores.append(np.corrcoef(ridge.predict(own[start:stop]), wanted[start:stop])[0, 1])
    return told(scores)


def sounds(folder):
    with np.load(folder / "auditory_cortex/D_E_I.npz") as stored:
        cells, labels = stored["cell_id"], stored["sound"].astype(int)
    trials = [
        SpikeTrains.from_events(np.flatnonzero(row) + 0.5, row[row > 0].astype(int) - 1, n_units=int(cells.max()),
                                duration=0.5, tick=1e-3) for row in cells
    ]  # fmt: skip
    bins = {n: np.stack([one.binned(0.5 / n).ravel() for one in trials]) for n in (1, 5, 10, 20)}
    for n, counts in bins.items():
        print(f"| counts in bins of {500 // n} ms | {counts.shape[1]} | {accuracy(counts, labels)} |", flush=True)
    for name, column in COLUMNS.items():
        states = LiquidState(column, random_state=0).fit(trials).transform(trials)
        pooled = np.stack([Segments(5).pool(rows) for rows in states])
        for more, features in (("", pooled), (" + counts in 50 ms", np.hstack([pooled, bins[10]]))):
            print(f"| {name}{more} | {features.shape[1]} | {accuracy(features, labels)} |", flush=True)


def receptor(folder):
    with np.load(folder / "grasshopper/grasshopper_1.npz") as stored:
        stimulus, times = stored["stimulus"].astype(float).reshape(-1, 40).mean(axis=1), stored["spike_times_us"]
    record = SpikeTrains.from_events(times, duration=10.0, tick=1e-6)
    counts = record.binned(STEP)[:, 0]
    lags = np.stack([np.concatenate([np.zeros(k), counts[: len(counts) - k]]) for k in range(20)], axis=1)
    found = {"counts of the last 20 rows": lags}
    for name, liquid in RECEPTOR.items():
        states = liquid.fit(record).transform(record)
        found |= {name: states, f"{name} + counts": np.hstack([states, lags])}
    for name, features in found.items():
        best = max((correlation(features, stimulus, delay), 2 * delay) for delay in (3, 4, 5, 10))
        print(f"| {name} | {features.shape[1]} | {best[1]} | {best[0]} |", flush=True)


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["RESERVOIR_DATA"])
    receptor(place)
    sounds(place)
