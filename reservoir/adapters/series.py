"""A series and what is known in advance beside it, as other libraries hand them over apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.models import ReservoirForecaster
from reservoir.sequences.tables import as_table
from reservoir.sequences.time_index import index_of


def beside(y: Any, X: Any = None) -> Any:
    """One series (T, n_outputs + n_known) of the series y (T, n_outputs) and the known channels X (T, n_known).

    A table with the index of y, whose columns go by their places, where y is a table of pandas; otherwise an array.
    """
    rows = np.hstack([np.asarray(part, dtype=np.float64) for part in (y, X) if part is not None])
    index = index_of(y)
    return rows if index is None else as_table(rows, index, None)


def fitted_forecaster(
    parameters: dict[str, Any], series: Any, n_outputs: int, n_ahead: int | None = None
) -> ReservoirForecaster:
    """A forecaster of the first columns of a series, to whom the others are known in advance.

    Its horizon, where it has none, is the rows that are asked of it, if that is known; at most a third of the series.
    """
    if parameters.get("horizon") is None and n_ahead is not None and n_ahead >= 1:
        parameters = parameters | {"horizon": max(1, min(int(n_ahead), len(series) // 3))}
    return ReservoirForecaster(**parameters, exogenous=list(range(n_outputs, series.shape[1]))).fit(series)


def rows_to_come(model: ReservoirForecaster, X: Any = None) -> np.ndarray | None:
    """What is known of the rows to come (n_steps, n_features): the known channels X, and nothing of the others."""
    if X is None:
        return None
    known = np.asarray(X, dtype=np.float64)
    return np.hstack([np.full((len(known), model.n_features_in_ - len(model.exogenous_)), np.nan), known])


def one_step_rows(model: ReservoirForecaster, series: Any) -> np.ndarray:
    """Every row (T, n_outputs) as it is answered from those before it; NaN in the washout, where none is."""
    answers, _ = model.predict_one_step(series)
    rows = np.full((len(series), answers.shape[1]), np.nan)
    first = max(model.washout_, 1)
    rows[first : first + len(answers)] = answers
    return rows
