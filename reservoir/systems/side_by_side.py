"""Different systems that hear the same, as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from reservoir.parts import SequenceData, Targets
from reservoir.sequences import Sequences, read_sequences
from reservoir.systems.apart import joined_rows, run_apart
from reservoir.systems.echo_state import EchoState
from reservoir.systems.named_systems import NamedSystems, SystemList
from reservoir.systems.reversed import Reversed
from reservoir.systems.wrapped_system import n_states
from reservoir.trials import Trial
from reservoir.validation import unchanged_on_error


@dataclass(eq=False, repr=False)
class SideBySide(NamedSystems):
    """Systems that hear the same input and not one another, whose states are joined.

        states = [system_1(x), system_2(x), ...]

    As scikit-learn's `FeatureUnion` does for transformers: the systems may differ in all they are, fast and slow, with
    and without delays, forward and `Reversed`.

    Parameters
    ----------
    systems : None or list of systems or of (name, system), default None
        The systems, in the order of their states. One without a name has that of its class. None is ``[("forward",
        EchoState(100, random_state=0)), ("backward", Reversed(EchoState(100, random_state=1)))]``.

    Attributes
    ----------
    systems_ : list of the fitted systems
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For what is no such list, names that are not different words, unusable data, and a state that is none of this.

    Notes
    -----
    A system or a parameter of it is reached by its name, ``set_params(forward__leak=0.5)``. Each keeps a seed of its
    own; a model with several members, and a search, give different seeds to all. With a `Reversed` among them there is
    no state to go on from, and no stream.

    References
    ----------
    Gallicchio, Micheli, Pedrelli 2017, Deep reservoir computing: a critical experimental analysis, Neurocomputing
    268:87-99, doi:10.1016/j.neucom.2016.12.089 (grouped reservoirs).

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.systems import SideBySide
    >>> series = np.sin(np.arange(100) / 5).reshape(-1, 1)
    >>> fast, slow = EchoState(30, random_state=0), EchoState(20, leak=0.1, random_state=1)
    >>> both = SideBySide([("fast", fast), ("slow", slow)]).fit(series)
    >>> both.transform(series).shape
    (100, 50)
    """

    systems: SystemList = None

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> SideBySide:
        """Fit every system to X, whose shapes are those of `transform`; y is ignored."""
        systems = [clone(system) for _, system in self._checked()]
        sequences = read_sequences(self, X, reset=True)
        members = sequences.members()
        for system in systems:
            system.fit(members)
        self.systems_ = systems
        self._n_features_out = sum(n_states(system, members[0]) for system in systems)
        return self

    def run(self, X: SequenceData, state: Any = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States from a given state on, and where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, tuple for a series, a list of such otherwise, as the last call gave it back
            The state of each system before the first row. None is rest.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is, to the systems that draw random numbers, each from its own seed; see `EchoState.run`.

        Returns
        -------
        states : as in `transform`
        final_state : tuple for a series, list of tuples otherwise
            Hand it to the next call to continue.
        """
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        parts, finals = self._run_parts(sequences, state, trial)
        return sequences.pack(joined_rows(parts)), finals[0] if sequences.kind == "series" else finals

    def run_apart(
        self, X: SequenceData | Sequences, state: Any = None, *, trial: Trial = 0
    ) -> tuple[list[tuple[np.ndarray, ...]], list[Any]]:
        """The same, with the states of a sequence as a tuple of arrays (T_i, n_units), which are not joined.

        Rows of what runs backwards may be views that lead from the end of an array to its beginning.
        """
        check_is_fitted(self)
        return self._run_parts(read_sequences(self, X, reset=False), state, trial)

    def _run_parts(
        self, sequences: Sequences, state: Any, trial: Any
    ) -> tuple[list[tuple[np.ndarray, ...]], list[Any]]:
        begun = self._starts(state, sequences, len(self.systems_))
        heard = Sequences(sequences.rows, sequences.offsets, "list")
        pairs = [run_apart(one, heard, own, trial) for one, own in zip(self.systems_, begun, strict=True)]
        parts = [sum(own, ()) for own in zip(*(states for states, _ in pairs), strict=True)]
        return parts, list(zip(*(finals for _, finals in pairs), strict=True))

    @staticmethod
    def _default_systems() -> list[tuple[str, Any]]:
        return [
            ("forward", EchoState(100, random_state=0)),
            ("backward", Reversed(EchoState(100, random_state=1))),
        ]
