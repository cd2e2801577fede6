"""Microseconds per row of nonlinear vector autoregression: products of the last rows, and a free forecast.

    python benchmarks/last_rows.py                     beside reservoirpy, where it is installed
    python benchmarks/last_rows.py --repeats 15

Both libraries get the same rows in one call. Equal columns, and equal forecasts by given weights, are asserted first.
"""

from __future__ import annotations

import measure  # first: it sets the number of threads
import numpy as np
import peers
from measure import Row

from reservoir import ReservoirForecaster
from reservoir.readouts import RidgeReadout
from reservoir.systems import NVAR

# Channels, rows heard, degree, rows of the series: that of the paper on the Lorenz system, and two that are wider.
CASES = [(3, 2, 2, 20_000), (1, 5, 3, 20_000), (10, 2, 3, 4_000)]
N_FORECAST = 2_000
REQUIRED = 1
SAME = 1e-9


def theirs(n_rows_heard: int, degree: int):
    """A node of reservoirpy."""
    from reservoirpy.nodes import NVAR as Node

    return Node(delay=n_rows_heard, order=degree)


def row_of(case: tuple[int, int, int, int], repeats: int) -> Row:
    """The time of one case in both libraries."""
    n_channels, n_heard, degree, n_rows = case
    X = np.random.default_rng(0).uniform(-1, 1, size=(n_rows, n_channels))
    system = NVAR(n_heard, [1, degree]).fit(X)
    columns = system.transform(X)
    name = f"states, {n_channels} channels, {n_heard} rows, degree {degree}: {columns.shape[1]} columns"
    works = {"ours": lambda: system.transform(X)}
    if "reservoirpy" in peers.installed():
        node = theirs(n_heard, degree)
        difference = np.abs(node.run(X)[n_heard:] - columns[n_heard:]).max()
        if not difference < SAME:
            raise SystemExit(f"{name}: columns differ by {difference:.1e}: not equal work")
        works["reservoirpy"] = lambda: node.run(X)
    return told(name, works, n_rows, repeats)


def loop_row(repeats: int) -> Row:
    """The time of a step of a forecast: logistic maps that are coupled a little, as a readout has learnt them."""
    rows = [np.array([0.3, 0.6])]
    for _ in range(N_FORECAST):
        x = 3.7 * rows[-1] * (1 - rows[-1])
        rows.append(0.99 * x + 0.01 * x[::-1])
    series, settings = np.array(rows), {"include_input": False, "scaling": None, "lags": 0, "bounds": "training"}
    settings |= {"strategy": "recursive", "target": "values", "season": None, "transform": None}
    model = ReservoirForecaster(NVAR(2, [1, 2]), RidgeReadout(1e-9), **settings).fit(series)
    works = {"ours": lambda: model.forecast(N_FORECAST)}
    if "reservoirpy" in peers.installed():
        node, weights = theirs(2, 2), (model.readout_.coef_, model.readout_.intercept_)

        def run(n_steps: int = N_FORECAST) -> np.ndarray:
            node.reset()
            node.run(series[:-1])
            row, answers = series[-1], np.empty((n_steps, 2))
            for t in range(n_steps):
                row = np.clip(weights[0] @ node.step(row) + weights[1], series.min(axis=0), series.max(axis=0))
                answers[t] = row
            return answers

        if not np.abs(run(5) - model.forecast(5)).max() < 1e-6:
            raise SystemExit("forecasts differ: not equal work")
        works["reservoirpy"] = run
    return told(f"a forecast of {N_FORECAST} rows, 14 columns", works, N_FORECAST, repeats)


def told(name: str, works: dict, n_rows: int, repeats: int) -> Row:
    """The row of the table."""
    taken = measure.in_turns(works, repeats)
    a_row = {key: 1e6 * work.median / n_rows for key, work in taken.items()}
    if "reservoirpy" not in works:
        return Row(name, a_row["ours"], "us a row")
    first = f"{taken['ours'].first:.2g} s / {taken['reservoirpy'].first:.2g} s"
    return Row(name, a_row["ours"], "us a row", "reservoirpy", a_row["reservoirpy"], required=REQUIRED, first=first)


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0]).parse_args()
    rows = [*(row_of(case, options.repeats) for case in CASES), loop_row(options.repeats)]
    measure.publish(rows, options, *(peers.PACKAGES[peer] for peer in peers.installed() if peer == "reservoirpy"))


if __name__ == "__main__":
    main()
