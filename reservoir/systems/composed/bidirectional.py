"""A system that hears every sequence from both ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.parts import SequenceData, System, Targets
from reservoir.sequences import Sequences, read_sequences
from reservoir.systems.apart import joined_rows, run_apart
from reservoir.systems.reversed import turned_around
from reservoir.systems.wrapped_system import WrappedSystem, n_states
from reservoir.trials import Trial
from reservoir.validation import Parameters, parameter_error, unchanged_on_error


@dataclass(eq=False, repr=False)
class Bidirectional(WrappedSystem):
    """One system that runs through every sequence forwards and backwards, whose states are joined.

        states(t) = [system(x(1), ..., x(t)), system(x(T), x(T - 1), ..., x(t))]

    Both directions have the same weights, so that turning a sequence around swaps the halves and turns them around. Two
    different systems are ``SideBySide([("forward", a), ("backward", Reversed(b))])``. It needs whole sequences: there
    is no state to go on from, and no stream.

    Parameters
    ----------
    system : None or system, default None
        None is ``EchoState(100, random_state=0)``; its parameters are still reached by
        ``set_params(system__leak=0.5)``.
    aligned : bool, default True
        Whether the backward half of a row stands beside the row that it has heard last. Otherwise its rows stand in the
        order in which they came, so that the last row holds the states of both directions after the whole sequence, for
        ``pooling="last"``.

    Attributes
    ----------
    system_ : the fitted system
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For what is no system, unusable data, and a state in `run`.

    References
    ----------
    Schuster and Paliwal 1997, Bidirectional recurrent neural networks, IEEE Transactions on Signal Processing
    45(11):2673-2681, doi:10.1109/78.650093. For reservoirs: Bianchi, Scardapane, Lokse, Jenssen 2021, Reservoir
    computing approaches for representation and classification of multivariate time series, IEEE Transactions on Neural
    Networks and Learning Systems 32(5):2169-2179, doi:10.1109/TNNLS.2020.3001377.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.datasets import make_mackey_glass
    >>> from reservoir.systems import Bidirectional
    >>> series = make_mackey_glass(30)
    >>> both = Bidirectional(EchoState(20, random_state=0)).fit(series)
    >>> states, turned = both.transform(series), both.transform(series[::-1])[::-1]
    >>> bool((states[:, :20] == turned[:, 20:]).all() and (states[:, 20:] == turned[:, :20]).all())
    True
    """

    system: System | None = None
    aligned: bool = True

    causal = False
    piecewise = False
    learned: ClassVar[dict[str, Any]] = {
        "system_": "part (run)",
        "_n_features_out": "size (n)",
        "n_features_in_": "size (f)",
    }

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> Bidirectional:
        """Fit the system to the sequences of X; y is ignored."""
        Parameters(self).flag("aligned")
        self._check_system()
        members = read_sequences(self, X, reset=True).members()
        self.system_ = self._unfitted()
        self.system_.fit(members)
        self._n_features_out = 2 * n_states(self.system_, members[0])
        return self

    def run(self, X: SequenceData, state: None = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States of whole sequences, and where both directions end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None
            Any other is refused: what comes behind a sequence would have to be heard before it.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is, to a system that draws random numbers; both directions hear the same.

        Returns
        -------
        states : as in `transform`
        final_state : pair (behind the last row, before the first), one for each sequence, or that of a series
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
            wanted = "None: it hears sequences from both ends, so that none can go on where another stopped"
            raise parameter_error(type(self).__name__, "state", wanted, state)
        sequences = read_sequences(self, X, reset=False)
        runs = [
            run_apart(self.system_, Sequences.of_members(members), trial=trial)
            for members in (sequences.members(), turned_around(sequences))
        ]
        (ahead, ends), (back, begins) = runs
        if self.aligned:
            back = [tuple(rows[::-1] for rows in own) for own in back]
        return [(*one, *other) for one, other in zip(ahead, back, strict=True)], list(zip(ends, begins, strict=True))

    def check_learned(self) -> None:
        """Refuse a system that hears other features, or has another number of states."""
        known = [getattr(self.system_, name, None) for name in ("n_features_in_", "_n_features_out")]
        if known[0] not in (None, self.n_features_in_) or known[1] not in (None, self._n_features_out / 2):
            raise ValueError("it holds a Bidirectional whose system does not fit it")
