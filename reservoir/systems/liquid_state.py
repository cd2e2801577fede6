"""The liquid-state machine's liquid as a scikit-learn transformer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from reservoir.circuits import MaassColumn
from reservoir.circuits.suitability import suits
from reservoir.circuits.synapse_statistics import PRESETS
from reservoir.estimators import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from reservoir.foreign_code import inherited
from reservoir.neurons import LIF
from reservoir.neurons.spiking.circuit_loop import freeze, thaw
from reservoir.parts import (
    CircuitModel,
    Encoder,
    Numbers,
    Seed,
    SequenceData,
    Targets,
    Trace,
    Units,
    VoltageTrace,
    check_part,
)
from reservoir.plasticity.learning import Rules
from reservoir.sequences import Sequences, holds_spikes, read_sequences, records_of
from reservoir.sequences.transformer import SequenceTransformer
from reservoir.spikes import Exponential, Poisson
from reservoir.systems.chosen_states import UnitChoice, chosen_states
from reservoir.systems.circuit_units import check_units, initial_values
from reservoir.systems.learning_system import LearningSystem
from reservoir.systems.recording import Record
from reservoir.systems.simulation import SHORTEST_STEP, make_engine, run_engine, start, work_a_step
from reservoir.systems.stimuli import whole_steps
from reservoir.threads import spread
from reservoir.trials import State as SystemState
from reservoir.trials import Trial, TrialState, read_entries
from reservoir.validation import Parameters, default_parts_first, parameter_error, unchanged_on_error

_PARTS: dict[str, Any] = {"circuit": MaassColumn, "neuron": LIF, "encoder": Poisson, "trace": Exponential}


@dataclass(eq=False, repr=False)
class LiquidState(LearningSystem, ClassNamePrefixFeaturesOutMixin, SequenceTransformer, BaseEstimator):
    """Liquid of spiking units, whose low-pass filtered spikes are the states.

    Each row of a series lasts `step` seconds. The encoder turns the series into spikes (or currents), the circuit
    answers with spikes of its own, see `simulate`, and the trace filters them:

        spikes = encoder(u),   answer = circuit(spikes),   x_i(t) = trace of the spikes of unit i before t

    sampled at the end of every row. `fit` learns the range of the features and draws the circuit.

    With `plasticity` it also presents the series to the circuit, one after the other without a break, so that it
    learns; then the weights are frozen, and `transform` gives the states of the frozen circuit. Presentation k hears
    the random numbers of trial k: a random encoder gives a series that is presented again, as in epochs, fresh spikes.
    `partial_fit` goes on with more series, from where learning has stopped, so that pieces give the weights of the
    whole; and so does a model that `reservoir.save` has kept in between.

    Parameters
    ----------
    circuit : None, Circuit or generator of `reservoir.circuits`, default None
        None is ``MaassColumn()``, with its currents made to suit the units where they are unlike `LIF`, see
        `SynapseStatistics.suited_to`.
    neuron : None, record of `reservoir.neurons`, or dict of records by population, default None
        None is ``LIF()``. In a dict, ``{"E": LIF(), "I": Izhikevich()}``, every unit of the circuit stands once.
    encoder : None or encoder of `reservoir.spikes`, default None
        None is ``Poisson()``. Not used for data that are spikes already.
    trace : None or trace of `reservoir.spikes`, default None
        None is ``Exponential(0.03)``; ``Voltages()`` are the membrane voltages instead.
    dt : float >= 1e-9, default 1e-4
        Step of the simulation, seconds.
    step : float > 0, default 0.01
        Duration of a row, seconds; a whole multiple of `dt`.
    units : None, array of int, array of bool (n_units,), str, or list of str, default None
        Which units have states: all, those of these numbers or of this mask, or those of a population of the circuit,
        "E", "I". Of a list of populations each has one state, the mean over its units.
    plasticity : None, dict or list, default None
        Rules of `reservoir.plasticity` that run in Numba, by projection or in a list, see `simulate`; `Microcircuit`
        of `spiking` takes all rules. The search reaches them: ``plasticity__recurrent__A_plus`` in a dict,
        ``plasticity__0__A_plus`` in a list.
    learning_time : None or float > 0, default None
        Seconds that are presented in `fit`, from the first series on, the last of them cut; None presents all.
    epochs : int >= 1, default 1
        How often `fit` presents all series.
    gap : float >= 0, default 0.0
        Seconds after each presentation in which the channels are silent and nothing is injected, a whole multiple of
        `dt`; what the circuit does of itself goes on. They count in `learning_time`.
    record : None, name, dict, or tuple of these, default None
        What is kept of learning besides the weights, as `recording_`: of ``()`` the spikes, and more as `record` of
        `simulate` says, ``{"weights": {"recurrent": [0, 1]}}``. None keeps nothing.
    period : None or float > 0, default None
        Seconds from one value to the next of what is recorded over time; None is `dt`.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the circuit, and of one number, the seed of all that is drawn while it runs: initial voltages, random
        spikes of the encoder and of a background, noise. These are functions of that seed, the trial, the step and the
        channel or unit, so that batching and order change nothing, see `run`.

    Attributes
    ----------
    circuit_ : Circuit, with what was learned
    initial_circuit_ : Circuit, as it was drawn
    learning_state_ : `reservoir.systems.CircuitState`, where learning has stopped, or None where nothing learns
    recording_ : `reservoir.systems.Recording` of the last call that learned, or None; it is not saved
    learned_variables_ : dict of arrays (n_units,)
        What learning has left of the variables of units, as of `AdaptiveThreshold`: {"theta": volts}.
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
    fit into the duration. `transform` is bit-identical for sequences given one by one, in a list or in a stack, and
    `run` in pieces is `run` at once.

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

    circuit: CircuitModel | None = None
    neuron: Units = None
    _: KW_ONLY
    encoder: Encoder | None = None
    trace: Trace | VoltageTrace | None = None
    dt: float = 1e-4
    step: float = 1e-2
    units: UnitChoice = None
    plasticity: Rules | None = None
    learning_time: float | None = None
    epochs: int = 1
    gap: float = 0.0
    record: Record | None = None
    period: float | None = None
    random_state: Seed = None

    hears_spikes = True
    _compiled = True  # units run in Numba

    @property
    def piecewise(self) -> bool:
        """Whether a run may be cut in two: but for an encoder that wants whole sequences."""
        return bool(getattr(getattr(self, "encoder_", self.encoder), "piecewise", True))

    @property
    def any_thread(self) -> bool:
        """Whether it may run in any thread, several times at once."""
        return inherited(self, LiquidState, "run", "transform", "_run") and self._run_anywhere()

    def set_params(self, **params: Any) -> LiquidState:
        """Set parameters; naming one of a part that is None, ``circuit__lam``, makes the default part first."""
        return super().set_params(**default_parts_first(self, params, _PARTS))

    @unchanged_on_error
    def fit(
        self, X: SequenceData, y: Targets | None = None, *, teacher: Numbers | Sequence[Numbers] | None = None
    ) -> Self:
        """Learn the range of the features, draw the circuit and, with `plasticity`, let it learn from the series.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F), list of series (T_i, F), SpikeTrains or list of SpikeTrains
        y : ignored
        teacher : None, array (T, n_units) or list of these, default None
            Currents, amperes, injected into the units while they learn: a row for every row of a series.
        """
        self._draw(X)
        self._memory_sizes()  # refuses a trace that does not fit the step, before anything is learned
        if self.plasticity:
            self._learn(X, teacher, self.epochs, self._longest())
        return self

    def _draw(self, X: Any) -> None:
        """Learn the range of the features and draw the circuit, which has not learned anything."""
        self._check_learning()
        dt, self._step = self._times()
        parts = self._checked_parts()
        *seeds, _, self._seed = Parameters(self).generator().integers(2**63, size=4).tolist()
        rngs = [np.random.default_rng(seed) for seed in seeds]
        self.encoder_ = None
        if holds_spikes(X):
            n_channels = records_of(type(self).__name__, X)[0].n_units
            self.n_features_in_ = n_channels
        else:
            sequences = read_sequences(self, X, reset=True)
            self.encoder_ = parts["encoder"].fit(sequences.rows)
            n_channels = self.encoder_.n_channels(self.n_features_in_)
        self.circuit_ = parts["circuit"].draw(rngs[0], n_inputs=n_channels)
        self._engine = make_engine(type(self).__name__, self.circuit_, parts["neuron"], dt, rngs[0], self._compiled)
        self.trace_, self.neuron_ = parts["trace"], self._engine.neuron
        self._n_features_out = self.circuit_.n_units
        chosen_states(type(self).__name__, self.units, self.circuit_)
        self.__dict__.pop("input_weights_", None)
        if hasattr(self.encoder_, "weights"):
            self.input_weights_ = self.encoder_.weights(self.n_features_in_, self._n_features_out, rngs[1])
        self._rest = start(self._engine, initial_values(self.neuron_, self._n_features_out, self._seed, 0))
        self._begin_learning()

    def transform(self, X: SequenceData) -> Any:
        """States of every sequence from rest, in trial 0.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        states : array (T, n_states), array (N, T, n_states) or list of arrays (T_i, n_states)
            Of all units, unless `units` says otherwise.
            In the same kind of container; rows in = rows out.
        """
        return self._run(X, None, 0, finals_too=False)[0]

    def run(self, X: SequenceData, state: SystemState | None = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States from a given state on, and where they end.

        Initial voltages, the spikes of a random encoder, noise and background belong to the trial: in one trial, two
        inputs that differ a little hear nearly the same, and two trials of one stimulus are independent.

        Parameters
        ----------
        X : as in `fit`
        state : None, array (n_state,) for a series, (N, n_state) otherwise, or what the last call gave back
            What encoder and trace remember, voltages, currents, spikes on their way and synapses before the first row.
            None is rest, with the initial voltages of the trial. An array stands before step 0 of the trial.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is; a state that says its trial goes on with that.

        Returns
        -------
        states : as in `transform`
        final_state : array (n_state,) for a series, (N, n_state) otherwise
            Hand it to the next call to continue. Where numbers are drawn after the beginning it is a
            `reservoir.systems.TrialState`, or a list of them, which knows the trial and the row.

        Examples
        --------
        >>> import numpy as np
        >>> from reservoir import LiquidState
        >>> from reservoir.circuits import MaassColumn
        >>> rows = np.sin(np.arange(40) / 5).reshape(-1, 1)
        >>> liquid = LiquidState(MaassColumn((3, 3, 3)), random_state=0).fit(rows)
        >>> first, state = liquid.run(rows[:25], trial=3)
        >>> rest, state = liquid.run(rows[25:], state)
        >>> bool((np.concatenate([first, rest]) == liquid.run(rows, trial=3)[0]).all())
        True
        """
        return self._run(X, state, trial, finals_too=True)

    def _run(self, X: Any, state: Any, trial: Any, finals_too: bool) -> tuple[Any, Any]:
        """The same, but for the final states where they are not wanted: they are larger than the states."""
        check_is_fitted(self)
        members, kind, lengths = self._read(X)
        begun, trials, firsts = self._entries(state, trial, kind, len(members))
        drawn = self._draws()

        def run(entry: Any) -> tuple[np.ndarray, Any]:
            (_, n_rows, _, number, first), (found, final) = entry, self._run_one(*entry)
            after = TrialState(final, number, first + n_rows) if drawn else final
            return found, after if finals_too else None

        work = sum(lengths) * round(self._step / self._engine.dt) * work_a_step(self._n_features_out)
        entries = zip(members, lengths, begun, trials, firsts, strict=True)
        rows, finals = zip(*spread(run, entries, work * self._run_anywhere()), strict=True)
        packed = Sequences(np.concatenate(rows), np.concatenate([[0], np.cumsum(lengths)]), kind)
        if not finals_too:
            return packed.pack(packed.rows), None
        ends = finals[0] if kind == "series" else list(finals) if drawn else np.stack(finals)
        return packed.pack(packed.rows), ends

    def _entries(self, state: Any, trial: Any, kind: str, n_members: int) -> tuple[list[Any], list[int], list[int]]:
        """What every sequence begins with: values or None, and its trial and row."""
        owner = type(self).__name__
        if state is not None and not self.piecewise:
            wanted = f"None: {type(self.encoder_).__name__} encodes whole sequences (piecewise = False)"
            raise parameter_error(owner, "state", wanted, state)
        size = 0 if state is None else sum(self._memory_sizes()) + self._n_of_circuit()
        begun, trials, firsts = read_entries(owner, state, trial, n_members, kind != "series", size)
        return begun, trials.tolist(), firsts.tolist()

    def _run_one(
        self, member: Any, n_rows: int, values: np.ndarray | None, trial: int, first: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """States of one sequence that begins with this row of a trial, and where they end."""
        encoded, memory, begun = self._divided(values)
        liquid = start(self._engine, self._initial_variables(trial)) if begun is None else thaw(begun, self._rest)
        heard, encoded = self._heard(member, n_rows, trial, first, encoded)
        voltages = self._room(heard.n_steps)
        fired = run_engine(self._engine, liquid, heard, voltages)
        rows, memory = self._traced(fired, n_rows, memory, voltages)
        return rows, np.concatenate([encoded, memory.ravel(), freeze(liquid, heard.n_steps)])

    def _checked_parts(self) -> dict[str, Any]:
        owner = type(self).__name__
        given = {name: getattr(self, name) for name in _PARTS}
        trace: Any = VoltageTrace if hasattr(self.trace, "sample") else Trace
        for name, kind in (("circuit", CircuitModel), ("encoder", Encoder), ("trace", trace)):
            if given[name] is not None:
                check_part(owner, name, given[name], kind, optional=True)
        if self.neuron is not None:
            check_units(owner, self.neuron, self._compiled)
        if given["circuit"] is None and not suits(PRESETS["maass2002"], given["neuron"]):
            given["circuit"] = MaassColumn(preset=PRESETS["maass2002"].suited_to(given["neuron"]))
        return {name: clone(_PARTS[name]() if part is None else part, safe=False) for name, part in given.items()}

    def _times(self) -> tuple[float, float]:
        """`dt` and `step` in seconds."""
        p = Parameters(self)
        dt, step = p.real("dt", SHORTEST_STEP, unit="second"), p.real("step", 0, closed="neither", unit="second")
        whole_steps(p.owner, "step", self.step, step, dt)
        return dt, step

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the states, by the numbers of their units, or by those of populations."""
        names = super().get_feature_names_out(input_features)
        if isinstance(self.units, list | tuple) and all(isinstance(one, str) for one in self.units):
            return np.array([f"{type(self).__name__.lower()}_{one}" for one in self.units], dtype=object)
        return chosen_states(type(self).__name__, self.units, self.circuit_)(names[None])[0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
