"""Several echo-state reservoirs as one: stacked upon one another, or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import accumulate
from typing import Any, cast

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import BaseEstimator, TransformerMixin
from reservoir.foreign_code import inherited
from reservoir.parts import Seed, SequenceData, System, Targets, check_system, with_quiet_parts
from reservoir.sequences import Sequences, read_sequences
from reservoir.sizes import LEAST_OF_A_PART, check_fits
from reservoir.systems.echo_state import EchoState
from reservoir.systems.from_rest import FromRest
from reservoir.topologies import largest_singular_value
from reservoir.trials import (
    State,
    Trial,
    holds_trials,
    read_starts,
    run_trial,
    state_values,
    takes_trials,
    with_values,
)
from reservoir.validation import (
    as_generator,
    check_choice,
    check_flag,
    check_integer,
    check_real,
    default_parts_first,
    parameter_error,
    real_array,
    unchanged_on_error,
)


@dataclass(eq=False, repr=False)
class DeepEchoState(FromRest, BaseEstimator):
    """Echo-state reservoirs in layers, whose states are joined.

    A row u of the input moves the state x_k of layer k by

        x_k' = (1 - leak) x_k + leak f(W_k x_k + V_k h_k + b_k),
        h_1 = u,   h_k = x_(k-1)'          stacked,
                   h_k = [x_(k-1)', u]     stacked, with ``input_to_all=True``,
                   h_k = u                 grouped,

    and the state of the whole is [x_1, x_2, ...]. `fit` draws the weights, nothing is trained. Time counts in steps.

    Parameters
    ----------
    layer : None or system, default None
        The prototype of which every layer is a clone with a seed of its own. None is ``EchoState(100)``; its
        parameters are still reached by ``set_params(layer__leak=0.5)``.
    n_layers : int >= 1, default 3
        Number of clones.
    arrangement : {"stacked", "grouped"}, default "stacked"
        Whether a layer hears the layer below, or every layer hears the input alone.
    input_to_all : bool, default False
        Whether all layers of a stack hear the input too. In a group they do in any case.
    layers : None or list of systems, default None
        The layers, where they differ, from the one that hears the input upwards. `layer` and `n_layers` are then
        ignored. Anything with ``fit`` and ``run`` whose state is one vector per sequence will do.
    inter_scaling : None or float > 0, default 1.0
        Largest singular value of the weights from the layer below, those of V_k for x_(k-1)'. None leaves them as the
        `input_scaling` of the layer says; otherwise that is the scale of what hears the input, of whose channels alone
        ``input_scaling=None`` takes the root. Given `input_weights` stay as they are, and so does what hears the states
        and is no `EchoState`.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the seeds of the layers. Clones of `layer` get theirs from it, or, where it is None, from
        ``layer.random_state``. A member of `layers` keeps its own seed, and gets one from here if it has none.

    Attributes
    ----------
    layers_ : list of fitted systems
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For a parameter outside its range, here or in a layer, for unusable data, and for states that overflow.

    Notes
    -----
    Containers, order and `run` in pieces change no bit, as in `EchoState`. A layer that is not an `EchoState` may
    learn in `fit`: where there is one, all layers are fitted on what they hear of X, which takes a run.

    References
    ----------
    Gallicchio, Micheli, Pedrelli 2017, Deep reservoir computing: a critical experimental analysis, Neurocomputing
    268:87-99, doi:10.1016/j.neucom.2016.12.089.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import DeepEchoState, EchoState
    >>> series = np.sin(np.arange(100) / 5).reshape(-1, 1)
    >>> DeepEchoState(EchoState(50, leak=0.5), random_state=0).fit_transform(series).shape
    (100, 150)
    >>> slower = [EchoState(50, leak=leak) for leak in (1.0, 0.3, 0.1)]
    >>> DeepEchoState(layers=slower, random_state=0).fit_transform(series).shape
    (100, 150)
    """

    layer: System | None = None
    n_layers: int = 3
    _: KW_ONLY
    arrangement: str = "stacked"
    input_to_all: bool = False
    layers: Sequence[System] | None = None
    random_state: Seed = None
    inter_scaling: float | None = 1.0

    def set_params(self, **params: Any) -> DeepEchoState:
        """Set parameters; naming one of a `layer` that is None, ``layer__leak``, makes the default layer first."""
        return super().set_params(**default_parts_first(self, params, {"layer": default_layer}))

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> DeepEchoState:
        """Draw the weights of every layer.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : ignored
        """
        self._check_parameters()
        sequences = read_sequences(self, X, reset=True)
        self.layers_ = self._seeded_layers()
        if all(reads_features_alone(layer) for layer in self.layers_):
            sequences = Sequences(np.zeros((1, self.n_features_in_)), np.array([0, 1]), "series")
        presentations = 0 if sequences.kind == "series" else range(len(sequences))
        below, kinds = None, []
        for layer in self.layers_:
            heard = sequences.pack(self._heard(sequences.rows, below))
            layer.fit(heard)
            if below is not None and self.arrangement == "stacked" and self.inter_scaling is not None:
                _scale_from_below(type(self).__name__, layer, below.shape[1], self.inter_scaling)
            states, final = run_trial(layer, heard, trial=presentations)
            below = _rows(states, sequences)
            self._check_state(layer, final, sequences)
            kinds.append((below.shape[1], np.shape(state_values(final))[-1], below.dtype))
        self._n_states, self._n_state_values, dtypes = zip(*kinds, strict=True)
        self._dtype, self._n_features_out = np.result_type(*dtypes), sum(self._n_states)
        return self

    def run(self, X: SequenceData, state: State | None = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States from a given state on, and where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, array (n_total,) for a series, (N, n_total) otherwise, or what the last call gave back
            State of all layers before the first row. None is rest, zero.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is, to the layers that draw random numbers, each from its own seed; see `EchoState.run`.

        Returns
        -------
        states : as in `transform`
        final_state : array (n_total,) for a series, (N, n_total) otherwise
            Hand it to the next call to continue. With noise in a layer it is a `reservoir.systems.TrialState`, or a
            list of them.
        """
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        starts = self._starts(state, trial, sequences)
        joined = np.empty((len(sequences.rows), self._n_features_out), dtype=self._dtype)
        below, finals = None, []
        for layer, start, columns in zip(self.layers_, starts, _slices(self._n_states), strict=True):
            heard = sequences.pack(self._heard(sequences.rows, below))
            states, final = run_trial(layer, heard, start, None if holds_trials(start) else trial)
            joined[:, columns] = below = _rows(states, sequences)
            finals.append(final)
        values = np.concatenate([state_values(final) for final in finals], axis=-1)
        return sequences.pack(joined), with_values(next(filter(holds_trials, finals), None), values)

    @property
    def runs_layers(self) -> bool:
        """Whether `run` is that of the layers as this class arranges them, and not that of a subclass."""
        return inherited(self, DeepEchoState, "run", "transform")

    @property
    def causal(self) -> bool:
        """Whether states depend on the rows before alone."""
        given = [self.layer] if self.layers is None else self.layers
        return all(getattr(layer, "causal", True) for layer in getattr(self, "layers_", given))

    @property
    def any_thread(self) -> bool:
        """Whether it may run in any thread, several times at once."""
        return all(getattr(layer, "any_thread", False) for layer in self.layers_)

    def without_noise(self) -> DeepEchoState:
        """The same fitted layers with ``noise=0``, where they have it; they share all weights."""
        return with_quiet_parts(self, "layers_")

    def _check_parameters(self) -> None:
        owner = type(self).__name__
        check_choice(owner, "arrangement", self.arrangement, ["stacked", "grouped"])
        check_flag(owner, "input_to_all", self.input_to_all)
        if self.inter_scaling is not None:
            check_real(owner, "inter_scaling", self.inter_scaling, 0, closed="neither")
        if self.layers is None:
            n_layers = check_integer(owner, "n_layers", self.n_layers, 1)
            check_fits(owner, "n_layers", n_layers, LEAST_OF_A_PART * n_layers, "the layers without their weights")
            if self.layer is not None:
                check_system(owner, "layer", self.layer, optional=True)
        elif not isinstance(self.layers, list | tuple) or not self.layers:
            raise parameter_error(owner, "layers", "None or a list of one system or more", self.layers)
        for index, layer in enumerate(self.layers or ()):
            check_system(owner, f"layers[{index}]", layer)

    def _seeded_layers(self) -> list[Any]:
        """Fresh copies of all layers, each with its seed."""
        given, source = self.random_state is not None, cast(Any, self)
        if self.layers is not None:
            layers = [clone(layer) for layer in self.layers]
            unseeded = [layer for layer in layers if given and getattr(layer, "random_state", 0) is None]
        else:
            prototype = default_layer() if self.layer is None else self.layer
            layers, source = [clone(prototype) for _ in range(self.n_layers)], self if given else prototype
            unseeded = [layer for layer in layers if hasattr(layer, "random_state")]
        rng = as_generator(type(source).__name__, getattr(source, "random_state", None))
        for layer, seed in zip(unseeded, rng.integers(2**63, size=len(unseeded)), strict=True):
            layer.set_params(random_state=int(seed))
        return layers

    def _heard(self, inputs: np.ndarray, below: np.ndarray | None) -> np.ndarray:
        """What a layer hears (n_rows, n_heard): the input, the states of the layer below, or both."""
        if below is None or self.arrangement == "grouped":
            return inputs
        return np.concatenate([below, inputs], axis=1) if self.input_to_all else below

    def _check_state(self, layer: Any, final: Any, sequences: Sequences) -> None:
        values = real_array(state_values(final))
        if values is None or values.ndim != (1 if sequences.kind == "series" else 2):
            name = "layer" if self.layers is None else "layers"
            raise parameter_error(type(self).__name__, name, "a system whose state is one vector per sequence", layer)

    def _starts(self, state: Any, trial: Any, sequences: Sequences) -> list[Any]:
        """The state before the first row, one entry per layer."""
        starts = read_starts(type(self).__name__, state, trial, sequences, sum(self._n_state_values), np.float64)
        if state is None:
            return [None] * len(self.layers_)
        parts = [starts.values[:, columns] for columns in _slices(self._n_state_values)]
        told = [holds_trials(state) and takes_trials(layer) for layer in self.layers_]
        return [starts.states(*part, sequences.kind) for part in zip(parts, told, strict=True)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        parts = self.layers if isinstance(self.layers, list | tuple) else [self.layer]
        known = [get_tags(part).transformer_tags for part in parts if isinstance(part, TransformerMixin)]
        names = [name for tag in known for name in tag.preserves_dtype]
        tags.transformer_tags.preserves_dtype = [np.result_type(*names or ["float64"]).name]
        return tags


def default_layer() -> EchoState:
    """The layer of a deep reservoir made without one."""
    return EchoState(100)


def reads_features_alone(layer: Any) -> bool:
    """Whether `fit` of a layer draws by the number of features, whatever their rows."""
    return getattr(layer, "runs_compiled", False) and not getattr(layer, "reads_lengths", False)


def _scale_from_below(owner: str, layer: Any, n_below: int, scaling: float) -> None:
    """Give the first `n_below` columns of the W_in of a fitted layer this largest singular value.

    The others are then all that its `input_scaling` is about.
    """
    if not isinstance(layer, EchoState) or not isinstance(layer.input_weights, str | None):
        return
    from_below, from_input = layer.W_in_[:, :n_below], layer.W_in_[:, n_below:]
    present = largest_singular_value(from_below)
    if present == 0:
        wanted = "None where a layer has no input weights from the layer below"
        raise parameter_error(owner, "inter_scaling", wanted, scaling)
    from_below *= from_below.dtype.type(scaling / present)
    n_inputs = from_input.shape[1]
    if layer.input_scaling is None and n_inputs > 0:
        from_input *= from_input.dtype.type(np.sqrt((n_below + n_inputs) / n_inputs))


def _rows(states: Any, sequences: Sequences) -> np.ndarray:
    """States (n_rows, n_units) of all sequences, from the container that came out of a layer."""
    return np.concatenate(states) if sequences.kind == "list" else np.reshape(states, (-1, np.shape(states)[-1]))


def _slices(widths: tuple[int, ...]) -> list[slice]:
    return [slice(b - a, b) for a, b in zip(widths, accumulate(widths), strict=True)]
