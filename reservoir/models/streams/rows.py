"""One row of a stream, and what keeps a system from hearing rows one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.parts import without_noise
from reservoir.sequences import Sequences, check_magnitude, read_sequences
from reservoir.validation import parameter_error, real_array

FLOAT = np.dtype(np.float64)


def read_row(owner: str, model: Any, row: Any, *, gaps: bool = False) -> np.ndarray:
    """A row (n_features,) of numbers, or a series or table of that one row; NaN only where there may be `gaps`."""
    n_features = model.n_features_in_
    if hasattr(row, "to_frame"):
        row = as_table(row)  # with the names of its columns
    if hasattr(row, "columns"):
        rows = read_sequences(model, row, reset=False, gaps=gaps).rows
        if len(rows) != 1:
            raise parameter_error(owner, "row", "one row", f"a table of {len(rows)} rows")
        return rows[0].astype(FLOAT)
    numbers = real_array(row)
    if numbers is not None and numbers.shape in ((1, n_features), *[()] * (n_features == 1)):
        numbers = numbers.reshape(n_features)
    if numbers is None or numbers.shape != (n_features,):
        raise parameter_error(owner, "row", f"an array of {n_features} numbers", row)
    return check_magnitude(numbers, "row", owner, gaps=gaps)


def as_table(observed: Any) -> Any:
    """A row (n_features,), also one of a table, as a table of that one row; all else as it is."""
    if hasattr(observed, "to_frame") and not hasattr(observed, "columns"):
        return observed.to_frame().T
    numbers = real_array(observed)
    return numbers[None] if numbers is not None and numbers.ndim == 1 else observed


def read_context(owner: str, model: Any, context: Any) -> Sequences:
    """The one series that a stream goes on from."""
    sequences = read_sequences(model, context, reset=False, gaps=model.gaps != "refuse")
    if sequences.kind != "series":
        raise parameter_error(owner, "context", "None or one series (T, n_features)", f"a {sequences.kind}")
    return sequences


def check_streams(owner: str, model: Any) -> None:
    """Refuse models whose answer to a row needs more than the rows before it, one by one."""
    for one in getattr(model, "members_", [model]):
        check_goes_on(owner, one.reservoir_)
        if not getattr(one.readout_, "row_wise", True):
            raise ValueError(
                f"{owner} needs a readout that answers a row by itself. Answers of {type(one.readout_).__name__} "
                "depend on the rows before (row_wise = False)."
            )


def check_goes_on(owner: str, system: Any) -> None:
    """Refuse systems that cannot go on row by row."""
    if not getattr(system, "causal", True):
        raise ValueError(
            f"{owner} needs a system that hears rows one by one. The states of {type(system).__name__} depend on rows "
            "to come (causal = False)."
        )
    if not getattr(without_noise(system), "piecewise", True):
        raise ValueError(
            f"{owner} needs a system that hears rows one by one. The states of {type(system).__name__} change where a "
            "run is cut (piecewise = False)."
        )
