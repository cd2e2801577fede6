"""The parameters of a model, taken by an adapter."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from reservoir.models.base import ReservoirModel
from reservoir.validation import default_parts_first

_Adapter = TypeVar("_Adapter")


def with_parameters_of(
    model: type[ReservoirModel], *, without: Sequence[str] = (), to_base: Sequence[str] = (), **defaults: Any
) -> Callable[[type[_Adapter]], type[_Adapter]]:
    """A class decorator: the constructor takes the parameters of a model, and keeps them as they are.

    `set_params`, where the class has one, reaches into parts that are None, as that of the model does.

    Parameters
    ----------
    model : class of the model
    without : names of parameters that the adapter finds in the data
    to_base : names of parameters that the constructor of the base class is given
    **defaults : values in place of the model's own defaults
    """
    known = [one for one in inspect.signature(model).parameters.values() if one.name not in without]
    taken = [one.replace(default=defaults[one.name]) if one.name in defaults else one for one in known]
    signature = inspect.Signature([inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD), *taken])

    def decorate(adapter: Any) -> Any:
        def construct(self: Any, *arguments: Any, **options: Any) -> None:
            given = signature.bind(self, *arguments, **options)
            given.apply_defaults()
            vars(self).update({one.name: given.arguments[one.name] for one in taken})
            super(adapter, self).__init__(**{name: given.arguments[name] for name in to_base})

        def set_params(self: Any, **params: Any) -> Any:
            defaults = model()._default_parts(vars(self) | params)
            return super(adapter, self).set_params(**default_parts_first(self, params, defaults))

        construct.__name__, construct.__signature__ = "__init__", signature  # type: ignore[attr-defined]
        adapter.__init__, adapter._taken_parameters = construct, tuple(one.name for one in taken)
        if hasattr(adapter, "set_params"):
            adapter.set_params = set_params
        return abc.update_abstractmethods(adapter)  # a constructor may be one

    return decorate


def parameters_of(adapter: Any) -> dict[str, Any]:
    """The parameters that a model is made with."""
    return {name: getattr(adapter, name) for name in adapter._taken_parameters}
