"""The default forecaster against the last value, the value a season ago, AR by AIC and ridge on lags.

`ReservoirForecaster()` is fitted once on the training rows of each series; then every method forecasts from the same
twelve origins in the rows that it has not seen, each from all rows before the origin. Mean absolute errors are in
deviations of the training rows; "share" is the error of the default over that of the best of the four. The season of a
series is told to the baselines and not to the forecaster. "covered" is the share of the truth inside intervals of 90 %.

Real series are read from the folder in RESERVOIR_DATA, in the layout of `ordinary/real.py`; what is not there is left
out. Others are generated, and drawn. With `--tune 30` a column more has the forecaster that `tune` finds in so many
seconds on the training rows; `--only` takes words of names. Tables go to standard output, a picture to
ordinary_series.png.
"""

import argparse
import os
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from ordinary.baselines import BASELINES
from ordinary.chaos import chaotic_tasks
from ordinary.made import drawn_tasks
from ordinary.real import real_tasks

from reservoir import ReservoirForecaster
from reservoir.model_selection import tune

N_ORIGINS, COVERAGE, EXACT = 12, 0.9, 1e-5
AHEAD = ((1, 1), (2, 3), (4, 6), (7, 12), (13, 24), (25, 48), (49, 100))


class Found(NamedTuple):
    """What one series tells."""

    errors: dict[str, float]  # of every baseline
    default: float
    tuned: float
    covered: np.ndarray  # (horizon,)
    seconds: float
    chosen: str

    @property
    def best(self):
        """The error of the best baseline; errors below `EXACT` deviations are as good as none."""
        return max(min(self.errors.values()), EXACT)

    def share(self, error):
        """An error over that of the best baseline."""
        return max(error, EXACT) / self.best


def tried(task, budget):
    """Every method from every origin of a task."""
    origins = task.origins(N_ORIGINS)
    truth = np.stack([task.rows[o : o + task.horizon] for o in origins])
    contexts = [task.rows[:o] for o in origins]
    wanted = {name: method for name, method in BASELINES.items() if name != "season ago" or task.season > 1}
    errors = {name: missed(task, method(task, origins), truth) for name, method in wanted.items()}
    start = time.process_time()
    model = ReservoirForecaster().fit(task.train)
    seconds = time.process_time() - start
    forecast, lower, upper = map(np.stack, model.forecast_interval(task.horizon, COVERAGE, context=contexts))
    covered = ((lower <= truth) & (truth <= upper)).mean(axis=(0, 2))
    tuned = np.nan
    if budget:
        better = tune(ReservoirForecaster(), task.train, budget=budget, horizon=task.horizon)
        tuned = missed(task, np.stack(better.forecast(task.horizon, context=contexts)), truth)
    return Found(errors, missed(task, forecast, truth), tuned, covered, seconds, in_words(model.chosen_))


def missed(task, forecasts, truth):
    """The mean absolute error in deviations; a forecast that is lost counts a thousand."""
    return float(np.nan_to_num(np.abs(forecasts - truth) / task.deviations, nan=1e3).mean())


def in_words(chosen):
    """What was chosen, in a few words."""
    season = "season " + ", ".join(f"{one:g}" for one in chosen["season"]) if chosen["season"] else ""
    lags = f"{chosen['lags']} lags{' of each channel' if chosen['own_lags'] else ''}" if chosen["lags"] else ""
    at_once = "at once" if chosen["strategy"] == "direct" else ""
    states = "states" if chosen["states"] else ""
    parts = [chosen["transform"], season, states, lags, chosen["target"], at_once]
    return ", ".join(part for part in parts if part)


def line(name, task, found, budget):
    """The row of one series."""
    best = min(found.errors, key=found.errors.get)
    tuned = f" {found.share(found.tuned):.2f} |" if budget else ""
    sizes = f"{task.n_train} | {task.rows.shape[1]} | {task.horizon}"
    numbers = f"{best} {found.errors[best]:.3g} | {found.default:.3g} | {found.share(found.default):.2f}"
    return (
        f"| {name} | {sizes} | {numbers} |{tuned} {found.covered.mean():.2f} | {found.seconds:.1f} | {found.chosen} |"
    )


def summary(found, budget):
    """Lines about all series."""
    shares = np.array([one.share(one.default) for one in found])
    counts = ", ".join(f"above {limit}: {(shares > limit).sum()}" for limit in (1.1, 1.5, 2))
    lines = [f"{len(shares)} series: share median {np.median(shares):.3f}, largest {shares.max():.2f}, {counts}"]
    lines.append(f"seconds of `fit`: median {np.median([one.seconds for one in found]):.1f}")
    if budget:
        better = [one.share(one.tuned) < 1 for one in found]
        lines.append(f"tuned: better than all four on {sum(better)} of {len(better)}")
    for first, last in AHEAD:
        covered = [one.covered[first - 1 : last].mean() for one in found if len(one.covered) >= first]
        if covered:
            lines.append(f"covered {first} to {last} ahead: median {np.median(covered):.3f} of {len(covered)} series")
    return lines


def draw(found, path):
    """The shares of all series, in order."""
    shares = np.sort([one.share(one.default) for one in found])
    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    axes.step(np.arange(1, len(shares) + 1), shares, where="mid", color="k")
    axes.axhline(1, color="0.6", linewidth=1)
    axes.set(yscale="log", xlabel="series", ylabel="error / best of four")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def all_tasks():
    """Every series that is there, and why others are not."""
    real, missing = real_tasks(Path(os.environ.get("RESERVOIR_DATA", "data")))
    return real | chaotic_tasks() | drawn_tasks(), missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tune", type=float, default=0.0, metavar="SECONDS", help="of `tune` for every series")
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="WORD", help="series with one of these in their name"
    )
    options = parser.parse_args()
    tasks, missing = all_tasks()
    print("\n".join(f"left out: {why}" for why in missing))
    columns = [
        "series",
        "rows",
        "channels",
        "steps",
        "best of four",
        "default",
        "share",
        "covered",
        "seconds",
        "chosen",
    ]
    columns[7:7] = ["tuned"] if options.tune else []
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    found = []
    for name, task in tasks.items():
        if any(word in name for word in options.only):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append(tried(task, options.tune))
            print(line(name, task, found[-1], options.tune), flush=True)
    print("\n" + "\n".join(summary(found, options.tune)))
    draw(found, "ordinary_series.png")


if __name__ == "__main__":
    main()
