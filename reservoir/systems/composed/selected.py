"""Some of the states of a system."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.parts import SequenceData, System, Targets
from reservoir.sequences import Sequences, joined, read_sequences
from reservoir.systems.wrapped_system import WrappedSystem, n_states
from reservoir.topologies.node_sets import chosen_units, read_modules
from reservoir.trials import Trial, run_trial
from reservoir.validation import Parameters, unchanged_on_error


@dataclass(eq=False, repr=False)
class Selected(WrappedSystem):
    """A system of whose states some are shown: a set of nodes for the readout, or the means of modules.

        states(t) = system(x)(t) of these units,   or their mean in each module

    as in a connectome whose readout sees motor regions, beside `reservoir.wiring.NodeInputWeights` for those that hear
    the input. All units go on hearing one another.

    Parameters
    ----------
    system : None or system, default None
        None is ``EchoState(100, random_state=0)``; its parameters are still reached by
        ``set_params(system__leak=0.5)``.
    units : None, list of int, mask (n_units,) or labels of modules, default None
        What is shown: units by number or mask, in this order; beside `modules` a label or several, whose units are all
        meant. None is all.
    modules : None or array (n_units,) of int or str, default None
        The module, or region, that each unit belongs to.
    means : bool, default False
        Whether the mean of each module is shown in place of its units, in the order of `units`, or of sorted labels.

    Attributes
    ----------
    system_ : the fitted system
    units_ : array (n_chosen,)
        The numbers of the chosen units.
    groups_ : array (n_chosen,)
        The column that each of them is shown in, alone or as a part of its mean.
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For units that there are not, means without modules, unusable data, and a state that is none of the system's.

    References
    ----------
    Suarez, Mihalik, Milisav et al. 2024, Connectome-based reservoir computing with the conn2res toolbox, Nature
    Communications 15:656, doi:10.1038/s41467-024-44900-4.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.systems import Selected
    >>> from reservoir.wiring import NodeInputWeights
    >>> regions = np.repeat(["visual", "motor"], 20)
    >>> heard = NodeInputWeights("visual", modules=regions)
    >>> brain = EchoState(40, input_weights=heard, random_state=0)
    >>> series = np.sin(np.arange(100) / 5).reshape(-1, 1)
    >>> Selected(brain, "motor", modules=regions).fit_transform(series).shape
    (100, 20)
    """

    system: System | None = None
    units: Any = None
    _: KW_ONLY
    modules: Any = None
    means: bool = False

    learned: ClassVar[dict[str, Any]] = {
        "system_": "part (run)",
        "units_": "integers (u)",
        "groups_": "integers (u)",
        "_n_features_out": "size (n)",
        "n_features_in_": "size (f)",
    }

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> Selected:
        """Fit the system to the sequences of X, and find the units; y is ignored."""
        p = Parameters(self)
        self._check_system()
        if p.flag("means") and self.modules is None:
            raise p.error("means", "False without modules")
        members = read_sequences(self, X, reset=True).members()
        self.system_ = self._unfitted()
        self.system_.fit(members)
        n_units = n_states(self.system_, members[0])
        self.units_ = chosen_units(p.owner, self.units, self.modules, n_units)
        self.groups_ = self._grouped(n_units)
        self._n_features_out = int(self.groups_.max()) + 1
        return self

    def run(self, X: SequenceData, state: Any = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States from a given state on, and where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, or what the last call gave back
            State of the system before the first row.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is, to a system that draws random numbers; see `EchoState.run`.

        Returns
        -------
        states : as in `transform`
        final_state : that of the system; hand it to the next call to continue
        """
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        begun = [state] if state is not None and sequences.kind == "series" else state
        told: Any = [trial] if sequences.kind == "series" and trial else trial
        heard: Any = sequences.members()
        if getattr(self.system_, "runs_compiled", False):
            heard = Sequences(sequences.rows, sequences.offsets, "list")
        states, finals = run_trial(self.system_, heard, begun, told)
        shown = joined([self._shown(np.asarray(own)) for own in states])
        return sequences.pack(shown), finals[0] if sequences.kind == "series" else finals

    @property
    def causal(self) -> bool:
        """Whether states depend on the rows before alone."""
        return bool(getattr(self._present(), "causal", True))

    @property
    def piecewise(self) -> bool:
        """Whether states stay the same where a run is cut in two."""
        return bool(getattr(self._present(), "piecewise", True))

    @property
    def n_before(self) -> int:
        """How many rows before a row its states are made of beside those of reservoirs."""
        return int(getattr(self._present(), "n_before", 0))

    def check_learned(self) -> None:
        """Refuse units beyond those of the system."""
        n_units = self.system_._n_features_out
        if not len(self.units_) or not 0 <= self.units_.min() <= self.units_.max() < n_units:
            raise ValueError("it holds a Selected whose units do not fit its system")
        if not np.array_equal(np.unique(self.groups_), np.arange(self._n_features_out)):
            raise ValueError("it holds a Selected of another number of states")

    def _present(self) -> Any:
        """The fitted system, or the one that is to be."""
        return getattr(self, "system_", self.system)

    def _grouped(self, n_units: int) -> np.ndarray:
        """The column (n_chosen,) of every chosen unit."""
        labels = read_modules(type(self).__name__, self.modules, n_units)
        if not self.means or labels is None:
            return np.arange(len(self.units_))
        names, first, groups = np.unique(labels[self.units_], return_index=True, return_inverse=True)
        order = np.arange(len(names)) if self.units is None else np.argsort(np.argsort(first))
        return np.asarray(order[groups.ravel()], dtype=np.int64)

    def _shown(self, states: np.ndarray) -> np.ndarray:
        """What is shown of all states (n_rows, n_units)."""
        if len(self.units_) == self._n_features_out:
            return states[:, self.units_[np.argsort(self.groups_)]]
        places = [self.units_[self.groups_ == column] for column in range(self._n_features_out)]
        return np.stack([np.ascontiguousarray(states[:, own]).mean(axis=1) for own in places], axis=1)
