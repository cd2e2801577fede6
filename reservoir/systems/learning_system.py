"""How the circuit of a system learns from the sequences that are presented to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Self, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.circuits import Circuit
from reservoir.estimators import present_unless
from reservoir.parts import Numbers, SequenceData, Targets
from reservoir.plasticity.learning import Rules
from reservoir.systems.circuit_state import CircuitState, check_sent
from reservoir.systems.circuit_system import CircuitSystem
from reservoir.systems.circuit_units import kept_by_name, kept_variables, units_of_runs, variables_of
from reservoir.systems.over_time import known_of
from reservoir.systems.presentations import in_a_row, silence
from reservoir.systems.recording import Record, Recording, Wanted, read_record
from reservoir.systems.simulation import CircuitEngine, make_engine, run_trial
from reservoir.systems.stimuli import Heard, Stimulus, whole_steps
from reservoir.trains import SpikeTrains
from reservoir.validation import Parameters, parameter_error, real_array, unchanged_on_error, without_unit

_STEPS_OF_A_ROW = 20_000


class Taught(NamedTuple):
    """What a circuit has learned."""

    circuit: Circuit
    state: CircuitState | None  # where it has stopped
    variables: np.ndarray  # (n_variables, n_units), of its units
    recording: Recording | None  # where one was asked for


def _no_partial_fit(system: LearningSystem) -> str:
    """Why a system cannot go on learning; nothing where it can."""
    return (
        "" if system.plasticity else f"{type(system).__name__} has no partial_fit without plasticity: nothing learns."
    )


class LearningSystem(CircuitSystem):
    """A circuit whose synapses learn while sequences are presented to it, and are frozen then."""

    plasticity: Rules | None
    learning_time: float | None
    epochs: int
    gap: float
    record: Record | None
    period: float | None
    initial_circuit_: Circuit
    learning_state_: CircuitState | None
    recording_: Recording | None
    _compiled: bool
    _n_presented: int

    @present_unless(_no_partial_fit)
    @unchanged_on_error
    def partial_fit(
        self, X: SequenceData, y: Targets | None = None, *, teacher: Numbers | Sequence[Numbers] | None = None
    ) -> Self:
        """Go on learning from where it has stopped, with more series, each presented once.

        The first call draws the circuit, as `fit` does, and learns the range of the features from its series. Then
        ``fit([a, b])`` and ``fit([a]).partial_fit([b])`` learn the same, with an encoder whose range is given.

        Parameters
        ----------
        X, y, teacher : as in `fit`

        Examples
        --------
        >>> import numpy as np
        >>> from reservoir import LiquidState
        >>> from reservoir.circuits import MaassColumn
        >>> from reservoir.plasticity import STDP
        >>> from reservoir.spikes import Poisson
        >>> images = [np.full((5, 1), level) for level in (0.2, 0.8)]
        >>> rules, encoder = {"recurrent": STDP()}, Poisson(low=0.0, high=1.0)
        >>> liquid = LiquidState(MaassColumn((3, 3, 3)), encoder=encoder, plasticity=rules, gap=0.01, random_state=0)
        >>> for image in images:
        ...     liquid = liquid.partial_fit(image)
        >>> liquid.learning_state_.step  # of 0.1 ms, two images of 50 ms and a gap after each
        1200
        """
        if not hasattr(self, "circuit_"):
            self._draw(X)
        self._learn(X, teacher)
        return self

    @property
    def learned_variables_(self) -> dict[str, np.ndarray]:
        """Variables (n_units,) of the units that learning has left, by name: ``{"theta": ...}``, volts."""
        check_is_fitted(self)
        return kept_by_name(self._engine.neuron, self._engine.cells, self._rest.variables)

    def _draw(self, X: Any) -> None:
        """Draw the circuit, which has not learned anything."""
        raise NotImplementedError

    def _check_learning(self) -> None:
        p = Parameters(self)
        p.integer("epochs", 1)
        p.real("gap", 0, unit="second")
        self._learning_seconds()

    def _learning_seconds(self) -> float | None:
        if self.learning_time is None:
            return None
        return Parameters(self).real("learning_time", 0, closed="neither", unit="second")

    def _begin_learning(self) -> None:
        """The circuit as it was drawn, which has not learned anything."""
        self.initial_circuit_, self._n_presented = self.circuit_, 0
        self.learning_state_ = self.recording_ = None

    def _longest(self) -> int | None:
        """Steps that are presented in `fit`; None: all."""
        seconds = self._learning_seconds()
        return None if seconds is None else max(1, round(seconds / self._engine.dt))

    def _learn(self, X: Any, teacher: Any, epochs: int = 1, longest: int | None = None) -> None:
        """Present the series, so that the circuit goes on learning, and freeze it."""
        stimuli, n_presented = self._presentations(X, teacher, epochs, longest)
        taught = self._taught(stimuli)
        self.circuit_, self.learning_state_, self.recording_ = taught.circuit, taught.state, taught.recording
        self._n_presented += n_presented
        owner, units = type(self).__name__, units_of_runs(self)
        self._engine = make_engine(owner, self.circuit_, units, self._engine.dt, compiled=self._compiled)
        learned = kept_variables(self.neuron_, self._engine.cells, self._n_features_out, len(taught.variables))
        variables = np.where(learned, taught.variables, self._rest.variables)
        self._rest = self._rest._replace(variables=variables)

    def _taught(self, stimuli: Iterable[Stimulus]) -> Taught:
        """What the circuit learns from stimuli that follow one another without a break."""
        owner, dt, circuit = type(self).__name__, self._engine.dt, self.initial_circuit_
        engine, state = make_engine(owner, circuit, self.neuron_, dt, plasticity=self.plasticity), self.learning_state_
        if state is not None:
            check_sent(state, circuit.n_units + circuit.n_inputs)
        wanted = self._wanted(engine)
        for heard in _in_rows(stimuli) if self.record is None else [in_a_row(list(stimuli))]:
            nothing = SpikeTrains(np.zeros(0), np.zeros(0, int), circuit.n_inputs, heard.n_steps * dt)
            recording = run_trial(engine, wanted, Heard(nothing, heard, state))
            state = recording.state
        learned, stopped = cast("Circuit", recording.circuit), cast("CircuitState", state)
        return Taught(learned, stopped, stopped.arrays["variables"], None if self.record is None else recording)

    def _wanted(self, engine: CircuitEngine) -> Wanted:
        """What is kept of learning in Numba."""
        names = "weights", "state"
        if self.record is None:
            return Wanted(names)
        known = known_of(
            engine.circuit, variables_of(engine.neuron, engine.cells, engine.circuit.n_units), engine.plastic
        )
        known = known._replace(owner=type(self).__name__)
        wanted = read_record(self.record, self.period, engine.dt, engine.circuit, known)
        return wanted._replace(names=(*wanted.names, *names))

    def _presentations(
        self, X: Any, teacher: Any, epochs: int = 1, longest: int | None = None
    ) -> tuple[Iterator[Stimulus], int]:
        """Sequences and the silence behind each, in which each hears the numbers of a trial of its own; how many."""
        members, kind, lengths = self._read(X)
        given, dt, p = self._read_teacher(teacher, kind, lengths), self._engine.dt, Parameters(self)
        pause = whole_steps(p.owner, "gap", self.gap, p.real("gap", 0, unit="second"), dt, least=0)
        series = list(zip(members, lengths, given, strict=True))
        ends = np.cumsum([n_rows * round(self._step / dt) + pause for n_rows in lengths] * epochs)
        n_presented = len(ends) if longest is None else min(len(ends), int(np.searchsorted(ends, longest)) + 1)
        trials = range(self._n_presented, self._n_presented + n_presented)
        shown = (self._presented(*series[k % len(series)], trial, pause) for k, trial in enumerate(trials))
        return _cut((one for parts in shown for one in parts), longest), n_presented

    def _presented(self, member: Any, n_rows: int, extra: np.ndarray | None, trial: int, pause: int) -> list[Stimulus]:
        """One sequence, with the currents of a teacher, and the silence behind it."""
        heard, _ = self._heard(member, n_rows, trial)
        if extra is not None:
            heard = heard._replace(currents=extra if heard.currents is None else heard.currents + extra)
        if not pause:
            return [heard]
        return [heard, silence(self.circuit_, self._engine.dt, self._seed, trial, heard.n_steps, pause)]

    def _read_teacher(self, teacher: Any, kind: str, lengths: list[int]) -> list[Any]:
        if teacher is None:
            return [None] * len(lengths)
        owner, given = type(self).__name__, [teacher] if kind == "series" else teacher
        tables = [real_array(without_unit(owner, "teacher", one, "amp")) for one in given]
        shapes = [(n_rows, self._n_features_out) for n_rows in lengths]
        if [getattr(table, "shape", None) for table in tables] != shapes:
            wanted = f"None or currents of the shapes {shapes}"
            raise parameter_error(owner, "teacher", wanted, teacher)
        return tables


def _in_rows(stimuli: Iterable[Stimulus]) -> Iterator[Stimulus]:
    """Stimuli that follow one another, several in a row, so that little is held and what a run costs counts little."""
    row: list[Stimulus] = []
    for one in stimuli:
        row.append(one)
        if sum(part.n_steps for part in row) >= _STEPS_OF_A_ROW:
            yield in_a_row(row)
            row = []
    if row:
        yield in_a_row(row)


def _cut(stimuli: Iterator[Stimulus], longest: int | None) -> Iterator[Stimulus]:
    """Stimuli up to so many steps, the last of them cut."""
    left = longest
    for one in stimuli:
        if left is not None and one.n_steps >= left:
            yield in_a_row([one], left)
            return
        left = None if left is None else left - one.n_steps
        yield one
