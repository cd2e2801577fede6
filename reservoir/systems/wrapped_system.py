"""What systems share that are made of another one: how it comes to be, and what is true of both."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags

from reservoir.estimators import BaseEstimator, TransformerMixin
from reservoir.parts import System, check_system, with_quiet_parts
from reservoir.systems.echo_state import EchoState
from reservoir.systems.from_rest import FromRest
from reservoir.validation import default_parts_first


class WrappedSystem(FromRest, BaseEstimator):
    """Base of systems with a parameter `system`, of which None stands for a default one."""

    system: System | None
    system_: Any

    def set_params(self, **params: Any) -> Self:
        """Set parameters; naming one of a `system` that is None makes the default one first."""
        return super().set_params(**default_parts_first(self, params, {"system": _default_system}))

    @property
    def any_thread(self) -> bool:
        """Whether it may run in any thread, several times at once."""
        return bool(getattr(self.system_, "any_thread", False))

    def without_noise(self) -> Self:
        """The same fitted system free of noise."""
        return with_quiet_parts(self, "system_")

    def _check_system(self) -> None:
        if self.system is not None:
            check_system(type(self).__name__, "system", self.system, optional=True)

    def _unfitted(self) -> Any:
        """A system of its own, which is to be fitted."""
        return _default_system() if self.system is None else clone(self.system)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = kept_types([self.system])
        return tags


def _default_system() -> EchoState:
    return EchoState(100, random_state=0)


def n_states(system: Any, rows: np.ndarray) -> int:
    """Number of states of a fitted system, which hears one of these rows."""
    return int(np.shape(system.run([rows[:1]])[0][0])[1])


def kept_types(systems: list[Any]) -> list[str]:
    """The type of numbers of systems side by side, as scikit-learn's tags name it."""
    known = [get_tags(system).transformer_tags for system in systems if isinstance(system, TransformerMixin)]
    names = [name for tag in known for name in tag.preserves_dtype]
    return [np.result_type(*names or ["float64"]).name]
