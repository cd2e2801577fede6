"""What a search hands on to the best model that it has found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import present_unless
from reservoir.parts import SequenceData


def _best_lacks(name: str) -> Callable[[Any], str]:
    """Why the best model, or before `fit` the estimator, does not have this method."""

    def why_not(search: Any) -> str:
        if not search.refit:
            return f"This {type(search).__name__} was made with refit=False: '{name}' needs a best model."
        try:
            getattr(getattr(search, "best_estimator_", search.estimator), name)
        except AttributeError as error:
            return str(error)
        return ""

    return why_not


def _of_best(name: str) -> Any:
    """The method of this name, which takes X, of the best model."""

    def method(self: BestModel, X: Any) -> Any:
        return getattr(self._best(), name)(X)

    method.__name__, method.__qualname__, method.__doc__ = name, f"BestModel.{name}", f"`{name}` of the best model."
    return present_unless(_best_lacks(name))(method)


class BestModel:
    """Methods of `best_estimator_`, each there if that has it."""

    estimator: Any
    best_estimator_: Any

    predict = _of_best("predict")
    predict_proba = _of_best("predict_proba")
    predict_log_proba = _of_best("predict_log_proba")
    decision_function = _of_best("decision_function")
    transform = _of_best("transform")

    @present_unless(_best_lacks("run"))
    def run(self, X: SequenceData, state: Any = None) -> tuple[Any, Any]:
        """`run` of the best model: predictions from a given state on, and the final states."""
        return self._best().run(X, state)

    @present_unless(_best_lacks("forecast"))
    def forecast(
        self, n_steps: int, context: SequenceData | None = None, *, observed: SequenceData | None = None
    ) -> Any:
        """`forecast` of the best model."""
        return self._best().forecast(n_steps, context, observed=observed)

    @property
    def classes_(self) -> np.ndarray:
        """Labels that the best model knows (n_classes,)."""
        reason = _best_lacks("classes_")(self)
        if reason:
            raise AttributeError(reason)
        return self._best().classes_

    @property
    def n_features_in_(self) -> int:
        """Number of features seen in `fit`."""
        try:
            return self._best().n_features_in_
        except Exception as error:
            raise AttributeError(f"{type(self).__name__} has no attribute 'n_features_in_'.") from error

    @property
    def spike_step(self) -> float | None:
        """Seconds that a row of spike trains lasts for the best model; None where that hears none."""
        return getattr(getattr(self, "best_estimator_", self.estimator), "spike_step", None)

    def _best(self) -> Any:
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_
