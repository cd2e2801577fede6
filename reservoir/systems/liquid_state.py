"""The liquid-state machine's liquid as a scikit-learn transformer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from reservoir.circuits import MaassColumn
from reservoir.estimators import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from reservoir.neurons import LIF
from reservoir.neurons.spiking.circuit_loop import State, freeze, thaw
from reservoir.parts import CircuitModel, Encoder, Numbers, Seed, SequenceData, SpikingUnit, Targets, Trace, check_part
from reservoir.seeds import generator_for
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.transformer import SequenceTransformer
from reservoir.spikes import Exponential, Poisson
from reservoir.systems.simulation import (
    SHORTEST_STEP,
    check_steps,
    check_units,
    input_events,
    make_engine,
    run_engine,
    start,
)
from reservoir.trains import SpikeTrains
from reservoir.validation import (
    Parameters,
    check_finite_array,
    default_parts_first,
    unchanged_on_error,
)

_PARTS: dict[str, Any] = {"circuit": MaassColumn, "neuron": LIF, "encoder": Poisson, "trace": Exponential}


class Heard(NamedTuple):
    """What a circuit hears of one sequence."""

    events: np.ndarray  # (n_events, 2), step and sender, see `input_events`
    currents: np.ndarray  # (n_rows, n_units), amperes, rows of equal duration
    n_steps: int
    rng: np.random.Generator


class LiquidState(ClassNamePrefixFeaturesOutMixin, SequenceTransformer, BaseEstimator):
    """Liquid of spiking units, whose low-pass filtered spikes are the states.

    Each row of a series lasts `step` seconds. The encoder turns the series into spikes (or currents), the circuit
    answers with spikes of its own, see `simulate`, and the trace filters them:

        spikes = encoder(u),   answer = circuit(spikes),   x_i(t) = trace of the spikes of unit i before t

    sampled at the end of every row. Nothing is trained: `fit` learns the range of the features and draws the circuit.

    Parameters
    ----------
    circuit : None, Circuit or generator of `reservoir.circuits`, default None
        None is ``MaassColumn()``.
    neuron : None or record of `reservoir.neurons`, default None
        None is ``LIF()``.
    encoder : None or encoder of `reservoir.spikes`, default None
        None is ``Poisson()``. Not used for data that are spikes already.
    trace : None or trace of `reservoir.spikes`, default None
        None is ``Exponential(0.03)``.
    dt : float >= 1e-9, default 1e-4
        Step of the simulation, seconds.
    step : float > 0, default 0.01
        Duration of a row, seconds; a whole multiple of `dt`.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the circuit, of the voltages at rest, which all sequences begin with, and of random spikes and noise.
        These are seeded for each sequence from one number of this source and the sequence itself, so that batching and
        order change nothing.

    Attributes
    ----------
    circuit_ : Circuit
    encoder_ : fitted encoder, or None after a fit on spikes
    neuron_, trace_ : the parts used
    input_weights_ : array (n_units, n_features), amperes
        Where the encoder injects currents.
    n_features_in_ : int
        Number of features, or of input channels after a fit on spikes.
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, and voltages that overflow.

    Notes
    -----
    X may also be `SpikeTrains`, or a list of them, in `fit`, `transform` and `run`; rows are then the steps that
    fit into the duration. `transform` is bit-identical for sequences given one by one, in a list or in a stack.

    References
    ----------
    Maass, Natschlaeger, Markram 2002, Real-time computing without stable states, Neural Computation 14(11):2531-2560,
    doi:10.1162/089976602760407955.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import LiquidState
    >>> series = np.sin(np.arange(40) / 5).reshape(-1, 1)
    >>> LiquidState(random_state=0).fit_transform(series).shape
    (40, 135)
    """

    def __init__(
        self,
        circuit: CircuitModel | None = None,
        neuron: SpikingUnit | None = None,
        *,
        encoder: Encoder | None = None,
        trace: Trace | None = None,
        dt: float = 1e-4,
        step: float = 1e-2,
        random_state: Seed = None,
    ):
        self.circuit = circuit
        self.neuron = neuron
        self.encoder = encoder
        self.trace = trace
        self.dt = dt
        self.step = step
        self.random_state = random_state

    _compiled = True  # units run in Numba

    @property
    def piecewise(self) -> bool:
        """Whether a run may be cut in two: not with noise, nor where the encoder draws or hears the row before."""
        encoder = Poisson() if self.encoder is None else self.encoder
        return getattr(encoder, "piecewise", True) and not getattr(self.neuron, "noise", 0)

    def set_params(self, **params: Any) -> LiquidState:
        """Set parameters; naming one of a part that is None, ``circuit__lam``, makes the default part first."""
        return super().set_params(**default_parts_first(self, params, _PARTS))

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> LiquidState:
        """Learn the range of the features and draw the circuit.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F), list of series (T_i, F), SpikeTrains or list of SpikeTrains
        y : ignored
        """
        dt, self._step = self._times()
        parts = self._checked_parts()
        *seeds, self._seed = Parameters(self).generator().integers(2**63, size=4).tolist()
        rngs = [np.random.default_rng(seed) for seed in seeds]
        self.encoder_: Any = None
        if _are_spikes(X):
            n_channels = _trains(X)[0].n_units
            self.n_features_in_ = n_channels
        else:
            sequences = read_sequences(self, X, reset=True)
            self.encoder_ = parts["encoder"].fit(sequences.rows)
            n_channels = self.encoder_.n_channels(self.n_features_in_)
        self.circuit_ = parts["circuit"].draw(rngs[0], n_inputs=n_channels)
        self.trace_, self.neuron_ = parts["trace"], parts["neuron"]
        self._engine = make_engine(type(self).__name__, self.circuit_, self.neuron_, dt, self._compiled)
        self._n_features_out = self.circuit_.n_units
        self.__dict__.pop("input_weights_", None)
        if hasattr(self.encoder_, "weights"):
            self.input_weights_ = self.encoder_.weights(self.n_features_in_, self._n_features_out, rngs[1])
        self._rest = start(self._engine, rngs[2])
        return self

    def transform(self, X: SequenceData) -> Any:
        """States of every sequence from rest.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        states : array (T, n_units), array (N, T, n_units) or list of arrays (T_i, n_units)
            In the same kind of container; rows in = rows out.
        """
        return self._run(X, None, finals_too=False)[0]

    def run(self, X: SequenceData, state: Numbers | None = None) -> tuple[Any, np.ndarray]:
        """States from a given state on, and where they end.

        Parameters
        ----------
        X : as in `fit`
        state : None, array (n_state,) for a series, or (N, n_state) otherwise
            Voltages, currents, spikes on their way, synapses and traces before the first row. None is rest.

        Returns
        -------
        states : as in `transform`
        final_state : array (n_state,) for a series, (N, n_state) otherwise
            Hand it to the next call to continue.
        """
        return self._run(X, state, finals_too=True)

    def _run(self, X: Any, state: Any, finals_too: bool) -> tuple[Any, Any]:
        """The same, but for the final states where they are not wanted: they are larger than the states."""
        check_is_fitted(self)
        members, kind, lengths = self._read(X)
        states, rows, finals = self._initial_states(state, kind, len(members)), [], []
        for one in zip(members, lengths, states, strict=True):
            found, final = self._run_one(*one)
            rows.append(found)
            finals += [final] if finals_too else []
        packed = Sequences(np.concatenate(rows), np.concatenate([[0], np.cumsum(lengths)]), kind)
        if not finals_too:
            return packed.pack(packed.rows), None
        return packed.pack(packed.rows), finals[0] if kind == "series" else np.stack(finals)

    def _run_one(self, member: Any, n_rows: int, state: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """States of one sequence, and where they end."""
        heard = self._heard(member, n_rows)
        memory, liquid = self._divided(state)
        fired = run_engine(self._engine, liquid, heard.n_steps, heard.events, heard.currents, heard.rng)
        rows, memory = self._traced(fired, n_rows, memory)
        return rows, np.concatenate([memory.ravel(), freeze(liquid, heard.n_steps)])

    def _heard(self, member: Any, n_rows: int) -> Heard:
        """What the circuit hears of one sequence."""
        rng, currents = self._generator(member), np.zeros((1, self._n_features_out))
        n_steps = n_rows * round(self._step / self._engine.dt)
        check_steps(type(self).__name__, "step", self.step, n_steps, self._n_features_out)
        if isinstance(member, SpikeTrains):
            trains = member
        elif hasattr(self, "input_weights_"):
            currents = self.encoder_.normalised(member) @ self.input_weights_.T
            trains = SpikeTrains(np.zeros(0), np.zeros(0, int), self.circuit_.n_inputs, n_rows * self._step)
        else:
            trains = self.encoder_.encode(member, self._step, rng)
        return Heard(input_events(self.circuit_, trains, n_steps, self._engine.dt, rng), currents, n_steps, rng)

    def _divided(self, state: np.ndarray | None) -> tuple[np.ndarray, State]:
        """Memory of the trace (n_memory, n_units) and state of the circuit; at rest for None."""
        n_units = self._n_features_out
        n_memory = self.trace_.n_memory(self._step) * n_units
        state = np.concatenate([np.zeros(n_memory), freeze(self._rest, 0)]) if state is None else state
        return state[:n_memory].reshape(-1, n_units), thaw(state[n_memory:], self._rest)

    def _traced(self, fired: np.ndarray, n_rows: int, memory: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """States (n_rows, n_units) from spikes (n_spikes, 2), step and unit, and the memory of the trace after them."""
        answer = SpikeTrains(fired[:, 0] * self._engine.dt, fired[:, 1], self._n_features_out, n_rows * self._step)
        return self.trace_.filter(answer, self._step, n_rows, memory)

    def _checked_parts(self) -> dict[str, Any]:
        owner = type(self).__name__
        given = {name: getattr(self, name) for name in _PARTS}
        for name, kind in (("circuit", CircuitModel), ("encoder", Encoder), ("trace", Trace)):
            if given[name] is not None:
                check_part(owner, name, given[name], kind, optional=True)
        if self.neuron is not None:
            check_units(owner, self.neuron, self._compiled)
        return {name: clone(_PARTS[name]() if part is None else part, safe=False) for name, part in given.items()}

    def _times(self) -> tuple[float, float]:
        """`dt` and `step` in seconds."""
        p = Parameters(self)
        dt, step = p.real("dt", SHORTEST_STEP, unit="second"), p.real("step", 0, closed="neither", unit="second")
        if round(step / dt) < 1 or abs(step / dt - round(step / dt)) > 1e-6 * step / dt:
            raise p.error("step", f"a whole multiple of dt, {dt:g} s")
        return dt, step

    def _read(self, X: Any) -> tuple[list[Any], str, list[int]]:
        """Series or spike trains, whichever `fit` has seen; the kind of their container, and how many rows each has."""
        if self.encoder_ is not None and not _are_spikes(X):
            sequences = read_sequences(self, X, reset=False)
            return sequences.members(), sequences.kind, sequences.lengths.tolist()
        owner, n_channels = type(self).__name__, self.n_features_in_
        members = _trains(X) if _are_spikes(X) else [X]
        for one in members:
            if self.encoder_ is not None or not isinstance(one, SpikeTrains) or one.n_units != n_channels:
                wanted = "as in fit" if self.encoder_ is not None else f"SpikeTrains of {n_channels} channels"
                raise ValueError(f"X of {owner} must be {wanted}. Got {one!r}.")
        lengths = [int(trains.duration / self._step + 1e-6) for trains in members]
        if not all(lengths):
            raise ValueError(f"X of {owner} must last at least one step, {self._step:g} s, in every record.")
        return members, "series" if isinstance(X, SpikeTrains) else "list", lengths

    def _generator(self, member: Any) -> np.random.Generator:
        """Random numbers of one sequence, from the seed of `fit` and its own bytes."""
        arrays = (member.times, member.units) if isinstance(member, SpikeTrains) else (member,)
        return generator_for(self._seed, *arrays)

    def _initial_states(self, state: Any, kind: str, n_members: int) -> list[Any]:
        if state is None:
            return [None] * n_members
        size = self.trace_.n_memory(self._step) * self._n_features_out + len(freeze(self._rest, 0))
        shape = (size,) if kind == "series" else (n_members, size)
        return list(check_finite_array(type(self).__name__, "state", state, shape, "None or ").reshape(n_members, size))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _are_spikes(X: Any) -> bool:
    return isinstance(X, SpikeTrains) or (isinstance(X, list | tuple) and len(X) > 0 and isinstance(X[0], SpikeTrains))


def _trains(X: Any) -> list[Any]:
    return [X] if isinstance(X, SpikeTrains) else list(X)
