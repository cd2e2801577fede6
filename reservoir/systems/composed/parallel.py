"""Systems in parallel that hear one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.systems.composed.composition import Composition, Rows
from reservoir.systems.echo_state import EchoState
from reservoir.systems.named_systems import SystemList


@dataclass(eq=False, repr=False)
class Parallel(Composition):
    """Systems that hear the same input and, by their `feedback`, one another; their states are joined.

        states_k(t) = system_k([x(t), states_j(t - 1), ...]),   states = [states_1, states_2, ...]

    Without feedback it is `SideBySide`, which is the one to take then: its parts are handed on without being joined.

    Parameters
    ----------
    systems : None or list of systems or of (name, system), default None
        The systems, in the order of their states. One without a name has that of its class, with a number where there
        are several. None is ``[("fast", EchoState(100, random_state=0)), ("slow", EchoState(100, leak=0.1,
        random_state=1))]``.
    feedback : list of (sender, receiver), default ()
        Names of systems: the receiver hears the sender's last states, in columns behind the input and in the order of
        this list. It then goes row by row, some 30 us for each row and system.

    Attributes
    ----------
    systems_ : list of the fitted systems
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For what is no such list, feedback of systems that there are not, or beside one that cannot go row by row,
        unusable data, and a state that is none of this.

    Notes
    -----
    How strongly a system hears another is the scale of its input weights; ``input_scaling`` of an `EchoState` takes a
    number for each column.

    References
    ----------
    None: a composition.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.systems import Parallel
    >>> series = np.sin(np.arange(100) / 5).reshape(-1, 1)
    >>> fast, slow = EchoState(30, random_state=0), EchoState(20, leak=0.1, random_state=1)
    >>> both = Parallel([("fast", fast), ("slow", slow)], feedback=[("slow", "fast")])
    >>> both.fit_transform(series).shape
    (100, 50)
    >>> both.systems_[0].n_features_in_
    21
    """

    systems: SystemList = None
    _: KW_ONLY
    feedback: Sequence[tuple[str, str]] = ()

    @staticmethod
    def _default_systems() -> list[tuple[str, Any]]:
        return [("fast", EchoState(100, random_state=0)), ("slow", EchoState(100, leak=0.1, random_state=1))]

    def _heard(self, place: int, inputs: Any, below: Any) -> Any:
        return inputs

    def _shown(self, states: Rows) -> np.ndarray:
        return np.concatenate(states, axis=1)
