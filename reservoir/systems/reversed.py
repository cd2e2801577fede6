"""A system that hears every sequence backwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.parts import SequenceData, System, Targets
from reservoir.sequences import Sequences, read_sequences
from reservoir.systems.apart import joined_rows, run_apart
from reservoir.systems.wrapped_system import WrappedSystem, n_states
from reservoir.trials import Trial
from reservoir.validation import parameter_error, unchanged_on_error


@dataclass(eq=False, repr=False)
class Reversed(WrappedSystem):
    """A system that runs through every sequence from its last row to its first.

        states(t) = system(x(T), x(T - 1), ..., x(t))

    A row of the states stands beside its row of the input, so that beside a system that runs forward, see `SideBySide`,
    a readout knows at every step what came before and what comes after. It needs whole sequences: there is no state to
    go on from, and no stream.

    Parameters
    ----------
    system : None or system, default None
        What hears the sequences backwards. None is ``EchoState(100, random_state=0)``; its parameters are still reached
        by ``set_params(system__leak=0.5)``.

    Attributes
    ----------
    system_ : the fitted system
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For what is no system, unusable data, and a state in `run`.

    Notes
    -----
    The system begins at rest behind the last row, so that its transient stands at the end of a sequence; the `washout`
    of a model leaves out the first rows.

    References
    ----------
    Schuster and Paliwal 1997, Bidirectional recurrent neural networks, IEEE Transactions on Signal Processing
    45(11):2673-2681, doi:10.1109/78.650093.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.datasets import make_mackey_glass
    >>> from reservoir.systems import Reversed
    >>> series = make_mackey_glass(30)
    >>> system = EchoState(20, random_state=0)
    >>> backwards = Reversed(system).fit_transform(series)
    >>> bool((backwards == system.fit_transform(series[::-1])[::-1]).all())
    True
    """

    system: System | None = None

    causal = False
    piecewise = False

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> Reversed:
        """Fit the system to the sequences of X, turned around; y is ignored."""
        self._check_system()
        sequences = read_sequences(self, X, reset=True)
        self.system_ = self._unfitted()
        turned = turned_around(sequences)
        self.system_.fit(turned)
        self._n_features_out = n_states(self.system_, turned[0])
        return self

    def run(self, X: SequenceData, state: None = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States of whole sequences, and where the system ends, before their first rows.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None
            Any other is refused: what comes behind a sequence would have to be heard before it.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is, to a system that draws random numbers.

        Returns
        -------
        states : as in `transform`
        final_state : the states that the system ends in, one for each sequence, or that of a series
        """
        sequences = read_sequences(self, X, reset=False)
        parts, finals = self.run_apart(sequences, state, trial=trial)
        return sequences.pack(joined_rows(parts)), finals[0] if sequences.kind == "series" else finals

    def run_apart(
        self, X: SequenceData | Sequences, state: None = None, *, trial: Trial = 0
    ) -> tuple[list[tuple[np.ndarray, ...]], list[Any]]:
        """The same, with the states of a sequence as a tuple of arrays (T_i, n_units), see `SideBySide.run_apart`."""
        check_is_fitted(self)
        if state is not None:
            wanted = "None: it hears sequences from their ends, so that none can go on where another stopped"
            raise parameter_error(type(self).__name__, "state", wanted, state)
        turned = Sequences.of_members(turned_around(read_sequences(self, X, reset=False)))
        parts, finals = run_apart(self.system_, turned, trial=trial)
        return [tuple(rows[::-1] for rows in own) for own in parts], finals


def turned_around(sequences: Sequences) -> list[np.ndarray]:
    """The sequences, the last row first."""
    return [member[::-1] for member in sequences.members()]
