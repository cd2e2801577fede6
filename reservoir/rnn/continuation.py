"""What becomes of each parameter when training goes on, in `partial_fit` or in `fit` with `warm_start`.

Every parameter has one answer here: it must stay as it was (`KEPT`), it acts from the next update on (`OBEYED`), or it
belongs to `fit` alone, since `partial_fit` is one epoch (`OF_FIT`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from reservoir.rnn.cells import CELLS
from reservoir.validation import Parameters

KEPT: dict[str, Callable[[Any], Any]] = {
    "cell": lambda model: model.network_.cell,
    "hidden_layer_sizes": lambda model: model.network_.sizes,
    "bidirectional": lambda model: model.network_.bidirectional,
    "dtype": lambda model: model.network_.vector.dtype.name,
    "loss": lambda model: model._descent.loss.name,
    "pooling": lambda model: model._fitted_pooling,
}
"""What the network is, and what its outputs mean: each parameter with what a fitted model has of it."""

OBEYED = frozenset(
    {
        *("solver", "momentum", "nesterovs_momentum", "decay", "beta_1", "beta_2", "epsilon"),
        *("learning_rate", "learning_rate_init", "power_t", "max_gradient_norm", "alpha", "variational_dropout"),
        *("batch_size", "shuffle", "truncation", "washout", "random_state", "class_weight"),
    }
)
"""What acts from the next update on. Another solver begins with nothing gathered, another seed with its own numbers."""

OF_FIT = frozenset(
    {"max_iter", "tol", "n_iter_no_change", "early_stopping", "validation_fraction", "warm_start", "verbose"}
)
"""What begins, ends or accompanies a `fit`; `partial_fit` is one epoch that always goes on."""


def check_kept(model: Any) -> None:
    """Refuse to go on with a fitted network where a parameter of `KEPT` asks for another one."""
    for name, of_fitted in KEPT.items():
        kept = of_fitted(model)
        if not same_value(_made(name, getattr(model, name), model), kept):
            wanted = f"{kept!r} to go on with the fitted network; fit without warm_start begins anew"
            raise Parameters(model).error(name, wanted)


def _made(name: str, value: Any, model: Any) -> Any:
    """What a new network would have of a parameter that has been checked."""
    if name == "cell" and isinstance(value, str):
        return CELLS[value]()
    if name == "hidden_layer_sizes":
        return model._sizes()
    return np.dtype(value).name if name == "dtype" else value


def same_value(one: Any, other: Any) -> bool:
    """Whether two values, or all parameters of two parts, are equal."""
    if not isinstance(one, BaseEstimator):
        return one is other or np.array_equal(one, other)
    if type(one) is not type(other):
        return False
    theirs = other.get_params(deep=False)
    return all(same_value(value, theirs[name]) for name, value in one.get_params(deep=False).items())
