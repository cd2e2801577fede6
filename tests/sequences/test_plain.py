"""What is plainly right is taken as it is: the long way, through scikit-learn's checks, is the twin."""

import copy
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from reservoir import ReservoirClassifier, ReservoirRegressor, targets
from reservoir.readouts import LeastMeanSquares, RecursiveLeastSquares, RidgeReadout, rows
from reservoir.sequences import door, read_sequences
from reservoir.validation import is_plain
from tests.sequence_cases import RAGGED, STACK, small

SERIES = STACK[0]
FRAMES = [pd.DataFrame(x, columns=["u", "v"]) for x in RAGGED]


class Numbers(np.ndarray):
    """An array of a user's own class."""


def changed(X, value, place=(0, 0)):
    X = X.copy()
    X[place] = value
    return X


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


ARRAYS = {
    "array": SERIES,
    "one row": SERIES[:1],
    "float32": SERIES.astype(np.float32),
    "float16": SERIES.astype(np.float16),
    "integers": np.arange(24).reshape(12, 2),
    "booleans": SERIES > 0.5,
    "big endian": SERIES.astype(">f8"),
    "columns first": np.asfortranarray(SERIES),
    "every other row": SERIES[::2],
    "read only": read_only(SERIES),
    "NaN": changed(SERIES, np.nan),
    "infinity": changed(SERIES, -np.inf, (3, 1)),
    "too large": changed(SERIES, -1.1e100),
    "as large as can be": changed(SERIES, 1e100),
    "complex": SERIES + 1j,
    "text": SERIES.astype(str),
    "objects": SERIES.astype(object),
    "missing objects": changed(SERIES.astype(object), None),
    "masked": np.ma.masked_greater(SERIES, 0.9),
    "masked nowhere": np.ma.array(SERIES),
    "subclass": SERIES.view(Numbers),
    "nested list": SERIES.tolist(),
    "no rows": SERIES[:0],
    "no features": SERIES[:, :0],
    "another width": SERIES[:, :1],
    "one dimension": SERIES[:, 0],
    "sparse": sparse.csr_array(SERIES),
    "dates": np.full((3, 2), np.datetime64("2020-01-01")),
}
TABLES = {
    "table": FRAMES[0],
    "other columns": FRAMES[0].rename(columns={"u": "w"}),
    "columns swapped": FRAMES[0][["v", "u"]],
    "numbers for names": pd.DataFrame(SERIES),
    "integers in a table": pd.DataFrame({"u": [1, 2], "v": [0.5, 0.25]}),
    "NA in a table": FRAMES[0].astype("Float64").mask(FRAMES[0] > 0.9),
    "categories": FRAMES[0].astype("category"),
    "dates in a table": FRAMES[0].assign(u=pd.Timestamp("2020")),
    "time that goes back": FRAMES[0].set_index(pd.date_range("2020", periods=12)[::-1]),
    "a hole in time": FRAMES[0].set_index(pd.date_range("2020", periods=13).delete(5)),
}
LISTS = {f"list with {name}": [RAGGED[0], X, RAGGED[1]] for name, X in (ARRAYS | TABLES).items()}
LISTS |= {f"list of {name}": [X, X] for name, X in (ARRAYS | TABLES).items()}
LISTS |= {f"tables and {name}": [FRAMES[0], X] for name, X in TABLES.items()}
LISTS |= {"tuple": tuple(RAGGED), "a number in a list": [RAGGED[0], np.float64(1)], "nothing": [], "one": RAGGED[:1]}
LISTS |= {
    "an array without dimensions": [RAGGED[0][:, 0], np.array(1.0)],
    "types mixed": [RAGGED[0], ARRAYS["integers"]],
}
STACKS = {f"stack, {name}": changed(STACK, value) for name, value in (("fine", 0.5), ("NaN", np.nan), ("large", 1e101))}
STACKS |= {"stack, swapped": STACK.swapaxes(0, 1), "stack, none": STACK[:0], "stack, float32": STACK.astype(np.float32)}
EVERYTHING = ARRAYS | TABLES | LISTS | STACKS


def outcome(work):
    """What comes back, or the error, and all warnings; what is wrong with all of a list is told of its first member."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = work()
        except Exception as error:
            found = type(error), re.sub(r"^Sequence \d+: ", "", str(error))
    return found, {str(one.message) for one in caught}


def read(fitted, X, reset, gaps):
    system = copy.copy(fitted)
    sequences = read_sequences(system, X, reset=reset, gaps=gaps)
    names = getattr(system, "feature_names_in_", None)
    rows = np.asarray(sequences.rows)
    assert rows.dtype == np.float64 and rows.flags.c_contiguous
    return rows.tobytes(), sequences.offsets.tolist(), sequences.kind, system.n_features_in_, names is None or [*names]


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("known", ["arrays", "tables"])
def test_rows_are_those_of_the_long_way(known, reset, gaps, monkeypatch):
    """And so are errors, warnings and what the estimator then knows."""
    fitted = small().fit(SERIES if known == "arrays" else FRAMES[0])
    short = {name: outcome(lambda X=X: read(fitted, X, reset, gaps)) for name, X in EVERYTHING.items()}
    monkeypatch.setattr(door, "_as_it_is", lambda *args: None)
    monkeypatch.setattr(door, "_joined", lambda *args: None)
    long = {name: outcome(lambda X=X: read(fitted, X, reset, gaps)) for name, X in EVERYTHING.items()}
    differ = {name: (short[name], long[name]) for name in EVERYTHING if short[name] != long[name]}
    assert not differ, differ


def test_plain_is_what_needs_nothing():
    plain = {name for name, X in ARRAYS.items() if is_plain(X)}
    assert (
        plain <= {"array", "one row", "read only", "no rows", "no features", "as large as can be"} and "array" in plain
    )
    many = np.ones((10_001, 1))
    assert is_plain(many) and not any(is_plain(changed(many, bad)) for bad in (np.nan, np.inf, -np.inf, -1.1e100))


def teach(readout, X, y):
    readout.fit(X, y)
    if hasattr(readout, "partial_fit"):
        readout.partial_fit(X, y)
    return readout.coef_.tobytes(), readout.n_features_in_, getattr(readout, "feature_names_in_", None) is None


@pytest.mark.parametrize("make", [RidgeReadout, LeastMeanSquares, RecursiveLeastSquares])
def test_pairs_are_those_of_the_long_way(make, monkeypatch):
    y = np.linspace(0, 1, 12)
    answers = {"plain": y, "two": np.column_stack([y, -y]), "short": y[1:], "NaN": changed(y, np.nan, 0), "list": [*y]}
    answers |= {"integers": np.arange(12), "none": np.zeros((12, 0)), "text": y.astype(str), "cube": y[:, None, None]}
    tables = {"table": FRAMES[0]} | {name: ARRAYS[name] for name in ("array", "float32", "NaN", "no rows", "subclass")}
    cases = [(X, targets) for X in tables.values() for targets in answers.values()]
    short = [outcome(lambda case=case: teach(make(), *case)) for case in cases]
    monkeypatch.setattr(rows, "are_plain_rows", lambda *args, **options: False)
    assert short == [outcome(lambda case=case: teach(make(), *case)) for case in cases]


def test_rows_to_predict_are_those_of_the_long_way(monkeypatch):
    readouts = [RidgeReadout().fit(SERIES, SERIES), RidgeReadout().fit(FRAMES[0], SERIES[:, 0]), RidgeReadout()]
    cases = [(readout, X) for readout in readouts for X in (ARRAYS | TABLES).values()]

    def predict(readout, X):
        return readout.predict(X).tobytes()

    short = [outcome(lambda case=case: predict(*case)) for case in cases]
    monkeypatch.setattr(rows, "are_plain_rows", lambda *args, **options: False)
    assert short == [outcome(lambda case=case: predict(*case)) for case in cases]


def test_targets_are_those_of_the_long_way(monkeypatch):
    y = [x[:, 0] for x in RAGGED]
    cases = {
        "plain": y,
        "two outputs": RAGGED,
        "columns": [pd.Series(one, name="y") for one in y],
        "tables": FRAMES,
        "tables and columns": [pd.Series(y[0]), *FRAMES[1:]],
        "integers": [np.arange(len(x)) for x in RAGGED],
        "NaN": [changed(y[0], np.nan, 1), *y[1:]],
        "NaN alone": [np.full(len(x), np.nan) for x in RAGGED],
        "NaN in one output": [changed(RAGGED[0], np.nan), *RAGGED[1:]],
        "infinity": [changed(y[0], np.inf, 1), *y[1:]],
        "too large": [changed(y[0], 1e101, 1), *y[1:]],
        "short": [*y[:-1], y[-1][1:]],
        "other widths": [y[0][:, None], *RAGGED[1:]],
        "lists": [one.tolist() for one in y],
        "labels": [np.where(one > 0.5, "up", "down") for one in y],
        "longer labels": [np.full(len(x), "up" * (1 + k)) for k, x in enumerate(RAGGED)],
        "labels of other types": [np.arange(len(y[0])), *(one.astype(str) for one in y[1:])],
        "number alone": [1.0, *y[1:]],
        "cubes": [x[..., None] for x in RAGGED],
    }

    def read_targets(kind, y):
        model = kind(small())
        _, found = model._read_training_data(RAGGED, y)
        return found.values.tobytes(), found.values.dtype, found.weights is None or found.weights.tobytes()

    def outcomes():
        kinds = (ReservoirRegressor, ReservoirClassifier)
        return {(k, n): outcome(lambda k=k, n=n: read_targets(k, cases[n])) for k in kinds for n in cases}

    short = outcomes()
    monkeypatch.setattr(targets, "is_plain", lambda value: False)
    monkeypatch.setattr(targets, "_joined_numbers", lambda *args: None)
    monkeypatch.setattr(targets, "joined_alike", lambda *args: None)
    assert short == outcomes()
