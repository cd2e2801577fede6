"""What calls cost around the kernels: small fits, single rows, many short sequences. Processor time of one thread.

    python benchmarks/around_kernels.py                         beside what it once took on an idle machine
    python benchmarks/around_kernels.py --before ../earlier     beside another checkout of the library, in turns
    python benchmarks/around_kernels.py row                     what has "row" in its name

Before anything is timed, answers must be those of another way to the same: of rows that are given at once, of sequences
that are given one by one. With ``--before`` they must have the bits of the other checkout, which runs in a process of
its own; capacities, which are sums in another order, those of nine digits. Medians; the first turn does not count.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import measure  # before NumPy: it sets the number of threads
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV

from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.probes import information_processing_capacity
from reservoir.readouts import LeastMeanSquares, RecursiveLeastSquares, RidgeReadout
from reservoir.systems import DeepEchoState

UNITS = {"us": 1e6, "ms": 1e3, "s": 1.0}


class Job(NamedTuple):
    """What is timed."""

    run: Callable[[], Any]
    same: Callable[[], Any] | None = None  # another way to the same answer
    n_calls: int = 1  # calls in a row, of which the mean is taken
    beside: Callable[[], Any] | None = None  # whose time does not count
    factor: float = 1.0  # of the time, where a part stands for the whole


def wave(n_rows: int, seed: int = 0) -> np.ndarray:
    """A noisy wave (n_rows, 1)."""
    noise = np.random.default_rng(seed).normal(size=(n_rows, 1))
    return 0.1 * noise + np.sin(np.arange(n_rows)[:, None] / 3)


def short_sequences(n: int = 10_000, n_rows: int = 30) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Many short sequences, and a target for each of their steps."""
    rows = wave(n * n_rows)
    return np.split(rows, n), np.split(np.roll(rows[:, 0], 1), n)


def forecaster(n_members: int) -> ReservoirForecaster:
    """An ensemble, with all parameters given."""
    options = {"target": "values", "lags": 0, "strategy": "recursive", "transform": None, "season": None}
    return ReservoirForecaster(EchoState(100, random_state=0), RidgeReadout(), n_members=n_members, **options)


def forecast_of_ten() -> Job:
    """A forecast that goes on after `fit`."""
    series = wave(200)
    model = forecaster(10).fit(series)
    return Job(lambda: model.forecast(18), lambda: model.forecast(18, series), 50)


def forecast_of_ten_after_context() -> Job:
    """A forecast after another history."""
    model, context = forecaster(10).fit(wave(200)), wave(200, 1)
    return Job(lambda: model.forecast(18, context), lambda: model.forecast(18, [context])[0], 50)


def small_fit() -> Job:
    """A fit without the time of its readout."""
    X = wave(300)
    y = np.roll(X[:, 0], 1)
    model = ReservoirRegressor(EchoState(500, random_state=0), RidgeReadout())
    features = np.hstack([EchoState(500, random_state=0).fit_transform(X), X])

    def fit() -> np.ndarray:
        return model.fit(X, y).readout_.coef_

    return Job(fit, lambda: RidgeReadout().fit(features, y).coef_, 20, beside=lambda: RidgeReadout().fit(features, y))


def row_of(system: Any) -> Job:
    """One row of a system that goes on."""
    X = wave(20)
    system.fit(X)
    row, state = X[-1:], system.run(X[:-1])[1]
    return Job(lambda: system.run(row, state)[0], lambda: system.transform(X)[-1:], 200)


def row_of_regressor() -> Job:
    """One row of a model that goes on."""
    X = wave(500)
    model = ReservoirRegressor(EchoState(100, random_state=0), RidgeReadout()).fit(X, np.roll(X[:, 0], 1))
    row, state = X[-1:], model.run(X[:-1])[1]
    return Job(lambda: model.run(row, state)[0], lambda: model.predict(X)[-1:], 200)


def learnt_row(readout: Any) -> Job:
    """One row that an online readout learns."""
    rows = np.tanh(np.random.default_rng(0).normal(size=(100, 100)))
    targets = rows @ np.ones(100)

    def learn() -> np.ndarray:
        fitted = readout.fit(rows[:1], targets[:1])
        for place in range(1, 100):
            fitted.partial_fit(rows[place : place + 1], targets[place : place + 1])
        return fitted.coef_

    return Job(learn, lambda: readout.fit(rows, targets).coef_, factor=1 / 100)


def predicted_row() -> Job:
    """One row that a readout answers."""
    rows = np.tanh(np.random.default_rng(0).normal(size=(300, 100)))
    readout = RidgeReadout().fit(rows, rows[:, 0])
    return Job(lambda: readout.predict(rows[:1]), lambda: readout.predict(rows)[:1], 200)


def sequences_model() -> tuple[ReservoirRegressor, list[np.ndarray], list[np.ndarray]]:
    """A small model of many short sequences."""
    X, y = short_sequences()
    return ReservoirRegressor(EchoState(30, random_state=0), RidgeReadout()).fit(X, y), X, y


def read_steps() -> Job:
    """What `fit` reads of many short sequences."""
    model, X, y = sequences_model()
    return Job(
        lambda: model._read_training_data(X, y)[1].values,
        lambda: model._read_training_data(np.stack(X), np.stack(y))[1].values,
    )


def predicted_steps() -> Job:
    """Predictions for many short sequences."""
    model, X, _ = sequences_model()
    return Job(lambda: np.concatenate(model.predict(X)), lambda: np.concatenate([model.predict(own) for own in X]))


def scored_steps() -> Job:
    """The score of many short sequences."""
    model, X, y = sequences_model()
    return Job(lambda: model.score(X, y), lambda: model.score(np.stack(X), np.stack(y)))


def tables() -> Job:
    """States of 1,000 tables."""
    frames = [pd.DataFrame({"a": x[:, 0], "b": -x[:, 0]}) for x in short_sequences(1000)[0]]
    system = EchoState(30, random_state=0).fit(frames)
    return Job(
        lambda: np.concatenate(system.transform(frames)),
        lambda: np.concatenate([system.transform(frame) for frame in frames]),
    )


def tables_of_targets() -> Job:
    """What `fit` reads of 1,000 tables and as many columns."""
    X, y = short_sequences(1000)
    frames, columns = [pd.DataFrame(x, columns=["a"]) for x in X], [pd.Series(own, name="b") for own in y]
    model = ReservoirRegressor(EchoState(30, random_state=0), RidgeReadout()).fit(frames, columns)
    return Job(lambda: model._read_training_data(frames, columns)[1].values, lambda: np.concatenate(y))


def recordings() -> Job:
    """Fit of a classifier to 2,000 short recordings, and their answers."""
    X = short_sequences(2000)[0]
    y = np.arange(2000) % 3
    model = ReservoirClassifier(EchoState(30, random_state=0), RidgeReadout(), pooling="mean")
    return Job(lambda: model.fit(X, y).decision_function(X), lambda: model.fit(np.stack(X), y).decision_function(X))


def many_series() -> Job:
    """Fit and forecast of ten members for each of many series; a tenth of them."""
    lengths = np.random.default_rng(0).integers(100, 300, size=50)
    series = [wave(n_rows, seed) for seed, n_rows in enumerate(lengths)]
    model = forecaster(10)
    return Job(lambda: np.stack([model.fit(own).forecast(18) for own in series]), factor=10)


def many_series_alone() -> Job:
    """Fit and forecast of one model for each of many series."""
    lengths = np.random.default_rng(0).integers(100, 300, size=50)
    series = [wave(n_rows, seed) for seed, n_rows in enumerate(lengths)]
    model = forecaster(1)
    return Job(lambda: np.stack([model.fit(own).forecast(18) for own in series]), factor=10)


def capacity() -> Job:
    """Information processing capacity."""
    system = EchoState(100, random_state=0).fit(np.zeros((1, 1)))
    return Job(lambda: information_processing_capacity(system, random_state=0).table.round(9))


def grid_search() -> Job:
    """A search by scikit-learn, of 12 candidates on 5 folds."""
    X, y = list(np.stack([wave(100, seed) for seed in range(60)])), np.arange(60) % 2
    model = ReservoirClassifier(EchoState(300, random_state=0), RidgeReadout(), pooling="mean")
    grid = {"reservoir__leak": [0.1, 0.3, 0.6, 1.0], "readout__alpha": [1e-4, 1e-2, 1.0]}
    return Job(lambda: GridSearchCV(model, grid, cv=5).fit(X, y).cv_results_["mean_test_score"])


class Work(NamedTuple):
    """A job, the unit of its time, and what it took before."""

    make: Callable[[], Job]
    unit: str
    before: float


WORKS: dict[str, Work] = {
    "forecast of 18 rows, 10 members": Work(forecast_of_ten, "ms", 2.26),
    "forecast of 18 rows after 200, 10 members": Work(forecast_of_ten_after_context, "ms", 4.47),
    "fit, 500 units, 300 rows, without the ridge": Work(small_fit, "ms", 14.0),
    "a row of EchoState, 100 units": Work(lambda: row_of(EchoState(100, random_state=0)), "us", 111.0),
    "a row of 3 layers of 100 units": Work(
        lambda: row_of(DeepEchoState(EchoState(100), 3, random_state=0)), "us", 378.0
    ),
    "a row of ReservoirRegressor, 100 units": Work(row_of_regressor, "us", 341.0),
    "a row for RidgeReadout to predict": Work(predicted_row, "us", 60.0),
    "a row for recursive least squares to learn": Work(lambda: learnt_row(RecursiveLeastSquares()), "us", 123.0),
    "a row for least mean squares to learn": Work(lambda: learnt_row(LeastMeanSquares()), "us", 116.0),
    "10,000 sequences: what fit reads": Work(read_steps, "s", 0.41),
    "10,000 sequences: predict": Work(predicted_steps, "s", 0.79),
    "10,000 sequences: score": Work(scored_steps, "s", 1.22),
    "1,000 tables: states": Work(tables, "s", 0.33),
    "1,000 tables: what fit reads": Work(tables_of_targets, "s", float("nan")),
    "2,000 recordings: fit and answers": Work(recordings, "ms", float("nan")),
    "500 series, 10 members: fit and forecast": Work(many_series, "s", 21.0),
    "500 series: fit and forecast": Work(many_series_alone, "s", 2.6),
    "information processing capacity, 100 units": Work(capacity, "s", 28.5),
    "GridSearchCV, 60 fits of 300 units": Work(grid_search, "s", 1.73),
}


def seconds_of(job: Job) -> float:
    """Processor seconds of a call."""
    taken = []
    for call in filter(None, (job.run, job.beside)):
        start = time.process_time()
        for _ in range(job.n_calls):
            call()
        taken.append((time.process_time() - start) / job.n_calls)
    return (taken[0] - sum(taken[1:])) * job.factor


def checked(name: str) -> tuple[Job, str]:
    """A job whose answers are those of the other way, and a digest of them."""
    job = WORKS[name].make()
    answers = np.asarray(job.run())
    if job.same is not None and not np.allclose(answers, job.same(), rtol=1e-9, atol=1e-12):
        raise SystemExit(f"{name}: the answers differ.")
    return job, hashlib.sha256(answers.tobytes()).hexdigest()


class Checkout:
    """A process that measures with the library of a folder, when it is asked."""

    def __init__(self, folder: Path):
        environment = os.environ | {"PYTHONPATH": str(folder)}
        command = [sys.executable, __file__, "--serve"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process: subprocess.Popen[str] = subprocess.Popen(command, env=environment, **pipes)

    def ask(self, line: str) -> Any:
        """What it says to a name, a digest, or to "time", seconds."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(line, file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """Let it go."""
        self._process.communicate()


def serve() -> None:
    """Measure for another process."""
    job = None
    for line in sys.stdin:
        if line.strip() == "time":
            assert job is not None
            answer: Any = seconds_of(job)
        else:
            job, answer = checked(line.strip())
        print(json.dumps(answer), flush=True)


def compared(name: str, checkouts: list[Checkout], repeats: int) -> list[float]:
    """Median seconds in each checkout, in turns, when their answers are the same."""
    digests = [checkout.ask(name) for checkout in checkouts]
    if len(set(digests)) > 1:
        raise SystemExit(f"{name}: the answers of the checkouts differ.")
    rounds = [[checkout.ask("time") for checkout in checkouts] for _ in range(repeats + 1)]
    return [statistics.median(own) for own in zip(*rounds[1:], strict=True)]


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("names", nargs="*", help="parts of the names of what is measured")
    options.add_argument("--before", type=Path, help="another checkout of the library")
    options.add_argument("--serve", action="store_true", help="measure for another process")
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    if asked.serve:
        serve()
        return
    here = Path(__file__).resolve().parents[1]
    checkouts = [Checkout(folder.resolve()) for folder in (here, asked.before) if folder is not None]
    rows = []
    for name in [one for one in WORKS if not asked.names or any(part in one for part in asked.names)]:
        _, unit, before = WORKS[name]
        taken = [one * UNITS[unit] for one in compared(name, checkouts, asked.repeats)]
        theirs = taken[1] if len(taken) > 1 else before
        rows.append(measure.Row(name, taken[0], unit, "before", None if np.isnan(theirs) else theirs))
        print(*measure.cells(rows[-1])[:5], sep="  ", file=sys.stderr, flush=True)
    for checkout in checkouts:
        checkout.end()
    measure.publish(rows, asked)


if __name__ == "__main__":
    main()
