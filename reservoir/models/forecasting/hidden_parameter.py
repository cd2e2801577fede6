"""A parameter that is no attribute: scikit-learn takes whatever has the attribute `transform` for a transformer."""

from __future__ import annotations

from typing import Any


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
