"""A parameter that is no attribute: scikit-learn takes whatever has the attribute `transform` for a transformer."""

from __future__ import annotations

from typing import Any

from reservoir.estimators import AnyEstimator


class HiddenParameter:
    """A parameter that can be given, set and read by `get_params`, while `hasattr` says that it is not there."""

    def __init__(self, name: str):
        self._name = name

    def __get__(self, model: Any, owner: type) -> Any:
        raise AttributeError(
            f"{owner.__name__} has no {self._name!r}: it is a parameter, get_params()[{self._name!r}]."
        )

    def __set__(self, model: Any, value: Any) -> None:
        vars(model)[self._name] = value


def parameters_of(model: AnyEstimator, deep: bool) -> dict[str, Any]:
    """What `get_params` gives, hidden parameters too."""
    return AnyEstimator.get_params(_Shown(model), deep)  # type: ignore[arg-type]


class _Shown:
    """A model, of which all parameters can be read."""

    def __init__(self, model: Any):
        self._model = model

    def __getattr__(self, name: str) -> Any:
        known = vars(self._model)
        return known[name] if name in known else getattr(self._model, name)
