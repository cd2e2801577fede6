"""Microseconds of one row at a time: 100 units, one output, the median of 10,000 calls.

    python benchmarks/streams.py                    beside reservoirpy, where it is installed
    python benchmarks/streams.py --repeats 3

Both libraries get the same W, W_in and readout, and equal answers (1e-10) are asserted first. A call is timed by
itself, so that a figure holds all that it costs from Python, the checks of the row included. The libraries take turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import measure  # before NumPy: it sets the number of threads
import numpy as np
import peers
from measure import Row

from reservoir import EchoState, ReservoirForecaster, ReservoirRegressor
from reservoir.readouts import RecursiveLeastSquares, RidgeReadout

N_UNITS, N_CALLS, ALPHA = 100, 10_000, 1e-6
BELOW, REQUIRED = 10.0, 1.3
SAME = 1e-10

Answer = Callable[[np.ndarray], object]


def data() -> tuple[np.ndarray, np.ndarray]:
    """An input (T, 1), and what it was two rows before."""
    X = np.random.default_rng(0).uniform(-0.5, 0.5, size=(N_CALLS, 1))
    return X, np.roll(X[:, 0], 2)


def reservoirpy(model: ReservoirRegressor) -> Answer:
    """The same model as nodes of reservoirpy."""
    from reservoirpy.nodes import Reservoir, Ridge

    system, readout = model.reservoir_, model.readout_
    nodes = Reservoir(W=system.W_.tocsr(), Win=np.array(system.W_in_), bias=system.bias_) >> Ridge(ridge=ALPHA)
    some = np.linspace(-0.5, 0.5, 300)[:, None]
    nodes.fit(some, some)
    ridge = nodes.nodes[-1]
    ridge.Wout, ridge.bias = readout.coef_[:, None].copy(), np.array([readout.intercept_])
    nodes.reset()
    return nodes


def medians(answers: dict[str, Answer], rows: np.ndarray, repeats: int) -> dict[str, float]:
    """Median microseconds of a call on one row each, in turns."""
    clock, taken = time.perf_counter_ns, {name: [] for name in answers}
    with measure.one_thread():
        for _ in range(repeats):
            for name, answer in answers.items():
                for row in rows:
                    start = clock()
                    answer(row)
                    taken[name].append(clock() - start)
    return {name: float(np.median(times)) / 1e3 for name, times in taken.items()}


def against_reservoirpy(repeats: int) -> Row:
    """A regressor's `step`, beside a model of reservoirpy where it is installed."""
    X, y = data()
    model = ReservoirRegressor(EchoState(N_UNITS, random_state=0), RidgeReadout(ALPHA), include_input=False).fit(X, y)
    works: dict[str, Answer] = {"ours": model.stream().step}
    note = ""
    if "reservoirpy" in peers.installed():
        works["reservoirpy"] = reservoirpy(model)
        mine, theirs = ([float(np.squeeze(answer(row))) for row in X[:500]] for answer in works.values())
        difference = np.abs(np.subtract(mine, theirs)).max()
        if not difference < SAME:
            raise SystemExit(f"answers differ by {difference:.1e}: not equal work")
        note = f"answers differ by {difference:.0e}"
    taken = medians(works, X, repeats)
    peer = ("reservoirpy", taken["reservoirpy"]) if "reservoirpy" in taken else ()
    options = {"required": REQUIRED} if peer else {}
    return Row(f"step of a regressor, N={N_UNITS}", taken["ours"], "us a row", *peer, below=BELOW, note=note, **options)


def alone(repeats: int) -> list[Row]:
    """What else a row may cost: learning, forecasting, and a list in place of an array."""
    X, y = data()
    some, rows = X[:1000], X[:1000]
    esn = EchoState(N_UNITS, random_state=0)
    ridge = ReservoirRegressor(esn).fit(some, y[:1000]).stream()
    learning = ReservoirRegressor(esn, RecursiveLeastSquares()).fit(some, y[:1000]).stream()
    forecaster = ReservoirForecaster(esn, RidgeReadout(), washout=100).fit(some).stream()
    works: dict[str, Answer] = {
        "step of a regressor on a list": lambda row: ridge.step([0.25]),
        "update of a regressor, recursive least squares": lambda row: learning.update(row, 0.25),
        "step of a forecaster": forecaster.step,
    }
    taken = medians(works, rows, repeats)
    return [Row(f"{name}, N={N_UNITS}", taken[name], "us a row") for name in works]


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0]).parse_args()
    rows = [against_reservoirpy(max(1, options.repeats // 3)), *alone(max(1, options.repeats // 3))]
    measure.publish(rows, options, *(peers.PACKAGES[peer] for peer in peers.installed() if peer == "reservoirpy"))


if __name__ == "__main__":
    main()
