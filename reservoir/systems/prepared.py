"""A system that hears its input through a transformer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import BaseEstimator
from reservoir.parts import SequenceData, System, Targets, Transformer, check_part, check_system, with_quiet_parts
from reservoir.preprocessing import SequenceScaler
from reservoir.sequences import Sequences, joined, read_sequences
from reservoir.systems.apart import run_apart
from reservoir.systems.echo_state import EchoState
from reservoir.systems.from_rest import FromRest
from reservoir.systems.wrapped_system import kept_types, n_states
from reservoir.trials import Trial, run_trial
from reservoir.validation import default_parts_first, parameter_error, unchanged_on_error

_DEFAULTS: dict[str, Callable[[], Any]] = {
    "transformer": SequenceScaler,
    "system": partial(EchoState, 100, random_state=0),
}


@dataclass(eq=False, repr=False)
class Prepared(FromRest, BaseEstimator):
    """A system that hears its input through a transformer of sequences, which is fitted beside it.

        states = system(transformer(x))

    What a pipeline does around a model is here part of the system, so that a model with its preparation is one
    estimator: a search reaches both, `save` keeps both, and data go in as they are.

    Parameters
    ----------
    transformer : None or transformer of sequences, default None
        Has ``fit(X)`` and ``transform(X)``, rows in = rows out: `SequenceScaler`, `WithGradient`, a scikit-learn
        `Pipeline` of them. None is ``SequenceScaler()``.
    system : None or system, default None
        What hears the transformed sequences. None is ``EchoState(100, random_state=0)``.

    Attributes
    ----------
    transformer_, system_ : the fitted parts
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For what is no such part, unusable data, and a state in `run` behind a transformer that looks at other rows.

    Notes
    -----
    A transformer that says ``row_wise = True``, as `SequenceScaler`, takes every row by itself. Any other may look
    ahead, as `WithGradient` does: then sequences are heard whole, without a state to go on from. One that says how many
    ``neighbours`` of a row it looks at can stand in the stream of a model of whole sequences.

    References
    ----------
    None: a composition.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.datasets import make_mackey_glass
    >>> from reservoir.preprocessing import SequenceScaler
    >>> from reservoir.systems import Prepared
    >>> series = 1000 + 50 * make_mackey_glass(60)
    >>> system = EchoState(20, random_state=0)
    >>> states = Prepared(SequenceScaler(), system).fit_transform(series)
    >>> bool((states == system.fit_transform(SequenceScaler().fit_transform(series))).all())
    True
    """

    transformer: Transformer | None = None
    system: System | None = None

    def set_params(self, **params: Any) -> Prepared:
        """Set parameters; naming one of a part that is None makes the default part first."""
        return super().set_params(**default_parts_first(self, params, _DEFAULTS))

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> Prepared:
        """Fit the transformer to the sequences of X, and the system to what comes out of it; y is ignored."""
        owner = type(self).__name__
        if self.transformer is not None:
            check_part(owner, "transformer", self.transformer, Transformer, optional=True)
        if self.system is not None:
            check_system(owner, "system", self.system, optional=True)
        members = read_sequences(self, X, reset=True).members()
        self.transformer_, self.system_ = (
            _DEFAULTS[name]() if part is None else clone(part)
            for name, part in (("transformer", self.transformer), ("system", self.system))
        )
        heard = self.transformer_.fit(members).transform(members)
        self.system_.fit(heard)
        self._n_features_out = n_states(self.system_, heard[0])
        return self

    def run(self, X: SequenceData, state: Any = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States from a given state on, and where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, or what the last call gave back
            State of the system before the first row; None alone with a transformer that looks at other rows.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is, to a system that draws random numbers; see `EchoState.run`.

        Returns
        -------
        states : as in `transform`
        final_state : that of the system; hand it to the next call to continue
            None where its transformer looks at other rows.
        """
        sequences, begun = self._begun(X, state)
        states, finals = run_trial(self.system_, self._heard(sequences), begun, trial)
        finals = self._ends(finals)
        if sequences.kind == "series":
            return states[0], finals[0]
        return states if sequences.kind == "list" else sequences.pack(joined(states)), finals

    def run_apart(
        self, X: SequenceData | Sequences, state: Any = None, *, trial: Trial = 0
    ) -> tuple[list[tuple[np.ndarray, ...]], list[Any]]:
        """The same, with the states of a sequence as a tuple of arrays (T_i, n_units), see `SideBySide.run_apart`."""
        sequences, begun = self._begun(X, state)
        parts, finals = run_apart(self.system_, self._heard(sequences), begun, trial)
        return parts, self._ends(finals)

    @property
    def causal(self) -> bool:
        """Whether states depend on the rows before alone."""
        return takes_rows_alone(self._present("transformer")) and getattr(self._present("system"), "causal", True)

    @property
    def piecewise(self) -> bool:
        """Whether states stay the same where a run is cut in two."""
        return takes_rows_alone(self._present("transformer")) and getattr(self._present("system"), "piecewise", True)

    @property
    def any_thread(self) -> bool:
        """Whether it may run in any thread, several times at once."""
        return all(getattr(part, "any_thread", False) for part in (self.system_, *_steps(self.transformer_)))

    def without_noise(self) -> Prepared:
        """The same fitted system free of noise."""
        return with_quiet_parts(self, "system_")

    def _begun(self, X: Any, state: Any) -> tuple[Sequences, Any]:
        """The sequences, and the states before them as a list, or None."""
        check_is_fitted(self)
        if state is not None and not takes_rows_alone(self.transformer_):
            wanted = "None: its transformer looks at other rows too, so that none can go on where another stopped"
            raise parameter_error(type(self).__name__, "state", wanted, state)
        sequences = read_sequences(self, X, reset=False)
        return sequences, state if state is None or sequences.kind != "series" else [state]

    def _ends(self, finals: Any) -> Any:
        """The states to go on from, where that can be."""
        return finals if takes_rows_alone(self.transformer_) else [None] * len(finals)

    def _present(self, name: str) -> Any:
        """The fitted part, or the one that is to be."""
        given = getattr(self, name + "_", getattr(self, name))
        return _DEFAULTS[name]() if given is None else given

    def _heard(self, sequences: Sequences) -> list[Any]:
        return list(self.transformer_.transform(sequences.members()))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = kept_types([self.system])
        return tags


def takes_rows_alone(transformer: Any) -> bool:
    """Whether every row that comes out is made of one that went in, whatever stands beside it."""
    return n_neighbours(transformer) == 0


def n_neighbours(transformer: Any) -> int | None:
    """How many rows before and behind it a row that comes out is made of too; None where nobody knows."""
    known = [_own_neighbours(one) for one in _steps(transformer)]
    return None if None in known else sum(one for one in known if one is not None)


def _steps(transformer: Any) -> list[Any]:
    """The transformers that a pipeline, or one alone, is made of."""
    steps = [one for _, one in getattr(transformer, "steps", [("", transformer)])]
    return [one for one in steps if one is not None and one != "passthrough"]


def _own_neighbours(transformer: Any) -> int | None:
    return 0 if getattr(transformer, "row_wise", False) else getattr(transformer, "neighbours", None)
