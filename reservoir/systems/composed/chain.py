"""Systems one behind the other, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.systems.composed.composition import Composition, Rows
from reservoir.systems.delayed.delays import Delays
from reservoir.systems.echo_state import EchoState
from reservoir.systems.named_systems import SystemList


@dataclass(eq=False, repr=False)
class Chain(Composition):
    """Systems each of which hears the states of the one before it; the states of the last come out.

        states_1 = system_1(x),   states_k = system_k(states_(k-1))

    Any systems may stand in it: `Delays` before or behind a reservoir, reservoirs of different units, `SideBySide` or
    another chain. A chain of one is that system, and chains of chains are the longer chain. With `feedback` a system
    hears, beside that, the states that another one, before or behind it or itself, had a row ago:

        states_k(t) = system_k([states_(k-1)(t), states_j(t - 1), ...])

    Parameters
    ----------
    systems : None or list of systems or of (name, system), default None
        The systems, from the one that hears the input on. One without a name has that of its class, with a number
        where there are several. None is ``[("delays", Delays()), ("reservoir", EchoState(100, random_state=0))]``.
    feedback : list of (sender, receiver), default ()
        Names of systems: the receiver hears the sender's last states, in columns behind its other input and in the
        order of this list. It then goes row by row, some 30 us for each row and system.

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
    A system or a parameter of it is reached by its name, ``set_params(reservoir__leak=0.5)``. `DeepEchoState` is a
    chain of which the states of all layers come out, with scalings between them.

    References
    ----------
    Gallicchio, Micheli, Pedrelli 2017, Deep reservoir computing: a critical experimental analysis, Neurocomputing
    268:87-99, doi:10.1016/j.neucom.2016.12.089.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.systems import Chain, Delays
    >>> series = np.sin(np.arange(100) / 5).reshape(-1, 1)
    >>> taps = Chain([("reservoir", EchoState(50, random_state=0)), ("delays", Delays([0, 10]))])
    >>> taps.fit_transform(series).shape
    (100, 100)
    """

    systems: SystemList = None
    _: KW_ONLY
    feedback: Sequence[tuple[str, str]] = ()

    @property
    def n_before(self) -> int:
        """How many rows before a row its states are made of beside those of reservoirs."""
        return sum(getattr(system, "n_before", 0) for system in self._present())

    @staticmethod
    def _default_systems() -> list[tuple[str, Any]]:
        return [("delays", Delays()), ("reservoir", EchoState(100, random_state=0))]

    def _heard(self, place: int, inputs: Any, below: Any) -> Any:
        return below if place else inputs

    def _shown(self, states: Rows) -> np.ndarray:
        return states[-1]
