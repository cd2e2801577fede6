"""scikit-learn's base classes, as type checkers should know them, and what ours can besides.

scikit-learn has no types, so that a class with one of its bases would pass for anything: a checker could not tell a
system from a readout. At run time these are scikit-learn's own classes, but for `BaseEstimator`, which also knows the
parameters of parts that stand in a dict or a list; `AnyEstimator` is theirs. `present_unless` stands for its
`available_if`, whose error does not say what can be done.
"""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from types import MethodType
from typing import TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    import numpy as np

    class AnyEstimator:
        """An object with parameters, of this library or of any other."""

        n_features_in_: int
        feature_names_in_: np.ndarray

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...

        def set_params(self, **params: Any) -> Self: ...

        def __sklearn_tags__(self) -> Any: ...

    class RegressorMixin:
        """What predicts numbers."""

        def score(self, X: Any, y: Any, *args: Any, **options: Any) -> float: ...

        def __sklearn_tags__(self) -> Any: ...

    class ClassifierMixin:
        """What predicts classes."""

        classes_: np.ndarray

        def score(self, X: Any, y: Any, *args: Any, **options: Any) -> float: ...

        def __sklearn_tags__(self) -> Any: ...

    class MultiOutputMixin:
        """What predicts several targets."""

        def __sklearn_tags__(self) -> Any: ...

    class TransformerMixin:
        """What transforms data."""

        def __init_subclass__(cls, auto_wrap_output_keys: Any = ..., **options: Any) -> None: ...

        def set_output(self, *, transform: str | None = None) -> Self: ...

        def __sklearn_tags__(self) -> Any: ...

    class ClassNamePrefixFeaturesOutMixin:
        """What names its output columns by its class and their number."""

        _n_features_out: int

        def get_feature_names_out(self, input_features: Any = None) -> np.ndarray: ...

    class OneToOneFeatureMixin:
        """What names its output columns as its input columns."""

        def get_feature_names_out(self, input_features: Any = None) -> np.ndarray: ...

    class MetaEstimatorMixin:
        """What holds another estimator."""

else:
    from sklearn.base import BaseEstimator as AnyEstimator
    from sklearn.base import ClassifierMixin as ClassifierMixin
    from sklearn.base import ClassNamePrefixFeaturesOutMixin as ClassNamePrefixFeaturesOutMixin
    from sklearn.base import MetaEstimatorMixin as MetaEstimatorMixin
    from sklearn.base import MultiOutputMixin as MultiOutputMixin
    from sklearn.base import OneToOneFeatureMixin as OneToOneFeatureMixin
    from sklearn.base import RegressorMixin as RegressorMixin
    from sklearn.base import TransformerMixin as TransformerMixin


class BaseEstimator(AnyEstimator):
    """An object with parameters. Where one is a dict or a list of parts, theirs are ``name__key__parameter``."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name; with `deep` those of parts too, also of parts that stand in a dict or a list."""
        own = {name: self._parameter(name) for name in _parameter_names(type(self).__init__)}
        found: dict[str, Any] = {}
        for name, value in own.items():
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                found.update((f"{name}__{key}", inner) for key, inner in value.get_params().items())
            found[name] = value
        for name, value in own.items() if deep else ():
            found.update(_parts_in(name, value))
        return found

    def _parameter(self, name: str) -> Any:
        return getattr(self, name)

    def set_params(self, **params: Any) -> Self:
        """Set parameters: own ones first, then those of parts; a dict or a list with another part is a new one."""
        super().set_params(**{name: value for name, value in params.items() if "__" not in name})
        inner: dict[str, dict[str, Any]] = {}
        for path, value in params.items():
            name, within, rest = path.partition("__")
            if within:
                inner.setdefault(name, {})[rest] = value
        own = self.get_params(deep=False) if inner else {}
        for name, values in inner.items():
            if isinstance(own.get(name), dict | list):
                setattr(self, name, _with_parts(self, name, own[name], values))
            else:
                super().set_params(**{f"{name}__{rest}": value for rest, value in values.items()})
        return self


@functools.lru_cache(maxsize=1024)
def _parameter_names(init: Callable[..., None]) -> tuple[str, ...]:
    """The parameters of an ``__init__``, sorted. Looking at them takes longer than all else of a copy."""
    parameters = list(inspect.signature(init).parameters.values())[1:] if init is not object.__init__ else []
    if any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters):
        raise RuntimeError(f"Estimators name all of their parameters, and take no *args. Got {init.__qualname__}.")
    return tuple(sorted(one.name for one in parameters if one.kind is not inspect.Parameter.VAR_KEYWORD))


def _parts_in(path: str, holder: Any) -> Iterator[tuple[str, Any]]:
    """The parts in a dict or a list, and their parameters, by name."""
    if not isinstance(holder, dict | list):
        return
    for key, part in holder.items() if isinstance(holder, dict) else enumerate(holder):
        inner = f"{path}__{key}"
        if hasattr(part, "get_params") and not isinstance(part, type):
            yield inner, part
            yield from ((f"{inner}__{name}", value) for name, value in part.get_params().items())
        elif isinstance(part, dict | list):
            yield from _parts_in(inner, part)


def _with_parts(owner: Any, path: str, holder: Any, values: dict[str, Any]) -> Any:
    """A copy of a dict or a list of parts: values by key put another part there, by ``key__name`` set a parameter."""
    made = holder.copy()
    keys = {str(key): key for key in (holder if isinstance(holder, dict) else range(len(holder)))}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        key, within, rest = name.partition("__")
        if key not in keys:
            raise _invalid(owner, f"{path}__{key}", [f"{path}__{known}" for known in keys])
        if within:
            inner.setdefault(key, {})[rest] = value
        else:
            made[keys[key]] = value
    for key, settings in inner.items():
        part = made[keys[key]]
        if isinstance(part, dict | list):
            made[keys[key]] = _with_parts(owner, f"{path}__{key}", part, settings)
        elif hasattr(part, "set_params"):
            part.set_params(**settings)
        else:
            raise _invalid(owner, f"{path}__{key}__{next(iter(settings))}", [f"{path}__{key}"])
    return made


def _invalid(owner: Any, name: str, known: list[str]) -> ValueError:
    return ValueError(f"Invalid parameter {name!r} for estimator {owner}. Valid parameters are: {known!r}.")


class NamedParts(BaseEstimator, ABC):
    """Holds parts by name, as scikit-learn's `FeatureUnion` does: ``set_params(line__n_units=50, ring=None)``."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name; with `deep` the parts too, and theirs as ``part__parameter``."""
        found = super().get_params(deep=False)
        for name, part in self._named() if deep else ():
            found[name] = part
            found.update((f"{name}__{key}", value) for key, value in part.get_params().items())
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters: own ones first, then whole parts, then those of parts."""
        own = {name: params.pop(name) for name in super().get_params(deep=False) if name in params}
        super().set_params(**own)
        for name, _ in self._named():
            if name in params:
                self._replace(name, params.pop(name))
        super().set_params(**params)
        return self

    @abstractmethod
    def _named(self) -> list[tuple[str, Any]]:
        """The parts that have parameters, with their names; none where the list is no such list."""

    @abstractmethod
    def _replace(self, name: str, part: Any) -> None:
        """Put another part in the place of this name, in a new list."""


def present_unless(why_not: Callable[[Any], str]) -> Callable[[Callable[..., Any]], Any]:
    """Decorator of methods that an object does not have where `why_not(object)` gives a reason, the text of the error.

    As with scikit-learn's `available_if` that is an AttributeError, so that `hasattr` is False.
    """
    return functools.partial(_Conditional, why_not)


class _Conditional:
    """A method that some objects of its class have."""

    def __init__(self, why_not: Callable[[Any], str], method: Callable[..., Any]):
        functools.update_wrapper(cast(Any, self), method)
        self._why_not, self._method = why_not, method

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self._method
        reason = self._why_not(instance)
        if reason:
            raise AttributeError(reason)
        return MethodType(self._method, instance)
