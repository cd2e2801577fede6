"""Free forecasts of series whose truth is known, as scores ask for them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from reservoir.models.forecasting.divergence import DivergenceWarning
from reservoir.models.forecasting.season import tables_of
from reservoir.sequences import Sequences, read_sequences


def free_forecasts(model: Any, X: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """For every series its rows after the context, the first max(washout, 1), and their free forecast.

    Both hold the channels that are predicted; exogenous ones are observed. A forecast that diverges is NaN from there
    on, without a word.
    """
    model._check_fitted()
    sequences = read_sequences(model, X, reset=False)
    n_context = max(model._washout, 1)
    sequences.check_lengths(n_context + 2, type(model).__name__, model._washout)
    channels, pairs = model._feedback.channels, []
    for member, table in zip(sequences.members(), tables_of(X, sequences), strict=True):
        context: Any = Sequences(member[:n_context], np.array([0, n_context]), "series")
        if model.season_ is not None:  # which goes by the index of a table
            context = table.iloc[:n_context] if hasattr(table, "iloc") else table[:n_context]
        observed = member[n_context:].copy()
        observed[:, channels] = np.nan
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DivergenceWarning)
            future = np.asarray(model.forecast(len(observed), context, observed=observed))
        pairs.append((member[n_context:, channels], future))
    return pairs
