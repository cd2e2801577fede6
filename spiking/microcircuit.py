"""Brian2 microcircuits as a scikit-learn transformer that may learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.derived import Derived
from reservoir.neurons.spiking.equations import equations_of
from reservoir.neurons.spiking.mixture import models_of
from reservoir.parts import (
    Numbers,
    SequenceData,
    Targets,
)
from reservoir.plasticity.learning import Rules
from reservoir.sequences import Sequences
from reservoir.systems import LiquidState
from reservoir.systems.circuit_state import CircuitState
from reservoir.systems.circuit_units import kept_by_name, kept_variables, units_of_runs
from reservoir.systems.learned import with_learned
from reservoir.systems.presentations import in_a_row, silence
from reservoir.systems.recording import Record, Recording, Wanted, read_record
from reservoir.systems.simulation import make_engine
from reservoir.systems.stimuli import Stimulus, whole_steps
from reservoir.trials import TrialState
from reservoir.validation import (
    Parameters,
    parameter_error,
    real_array,
    unchanged_on_error,
    without_unit,
)
from spiking.circuit_text import Answer, Trial, write_circuit
from spiking.execution import CODEGEN, run_job
from spiking.known_variables import known_of
from spiking.simulation import recorded, stopped
from spiking.state_vectors import Layout, layout_of

_layouts: Derived[Layout] = Derived()


@dataclass(eq=False, repr=False, kw_only=True)
class Microcircuit(LiquidState):
    """Spiking circuit in Brian2, whose synapses may learn, with the face of `LiquidState`.

    Each row of a series lasts `step` seconds. The encoder turns the series into spikes (or currents), the circuit
    answers with spikes of its own, and the trace filters them. `fit` draws the circuit and, with `plasticity`,
    presents the series to it, one after the other without a break, so that it learns; then the weights are frozen,
    and `transform` gives the states of the frozen circuit. Presentation k hears the random numbers of trial k: a random
    encoder gives a series that is presented again, as in epochs, fresh spikes. `partial_fit` goes on with more series,
    from where learning has stopped, so that pieces give the weights of the whole; and so does a model that
    `reservoir.save` has kept in between.

    Parameters
    ----------
    circuit, encoder, trace, dt, step, units, random_state : as in `LiquidState`
    neuron : None, record of `reservoir.neurons`, dict of records by population, or `spiking.Equations`, default None
        None is ``LIF()``.
    plasticity : None, dict or list, default None
        Rules of `reservoir.plasticity`, by projection or in a list, see `spiking.simulate`. The search reaches them:
        ``plasticity__recurrent__A_plus`` in a dict, ``plasticity__0__A_plus`` in a list.
    learning_time : None or float > 0, default None
        Seconds that are presented in `fit`, from the first series on, the last of them cut; None presents all.
    epochs : int >= 1, default 1
        How often `fit` presents all series.
    gap : float >= 0, default 0.0
        Seconds after each presentation in which the channels are silent and nothing is injected, a whole multiple of
        `dt`; what the circuit does of itself goes on. They count in `learning_time`.
    record : None, name, dict, or tuple of these, default None
        What is kept of learning besides the weights, as `recording_`: of ``()`` the spikes, and more as `record` of
        `spiking.simulate` says, ``{"weights": {"recurrent": [0, 1]}}``. None keeps nothing.
    period : None or float > 0, default None
        Seconds from one value to the next of what is recorded over time; None is `dt`.
    codegen : {"auto", "numpy", "cython", "standalone"}, default "auto"
        How Brian2 runs, see `spiking.simulate`; "auto" chooses by the length of the job.
    twin : bool, default True
        Whether a frozen circuit of units of `reservoir.neurons` runs in Numba, which gives the same spikes and takes
        far less time; False runs it in Brian2 too.
    n_jobs : int or None, default None
        Processes that share the sequences in Brian2, 64 at a time; see `spiking.simulate`.
    verbose : int >= 0 or bool, default False
        Whether the progress of Brian2 is shown, see `spiking.simulate`.

    Attributes
    ----------
    circuit_ : Circuit, with what was learned
    initial_circuit_ : Circuit, as it was drawn
    learning_state_ : `reservoir.systems.CircuitState`, where learning has stopped, or None where nothing learns
    recording_ : `reservoir.systems.Recording` of the last call that learned, or None; it is not saved
    codegen_ : "numpy", "cython" or "standalone", as taken for the last job of Brian2
    learned_variables_ : dict of arrays (n_units,)
        What learning has left of the variables of units, as of `AdaptiveThreshold`: {"theta": volts}.
    encoder_, neuron_, trace_, input_weights_, n_features_in_, feature_names_in_ : as in `LiquidState`

    Raises
    ------
    ValueError
        For a parameter outside its range, and unusable data.
    RuntimeError
        As in `spiking.simulate`; threads fit and transform inside `own_process`.

    Notes
    -----
    Learning always runs in Brian2, and so do frozen circuits that Numba does not run alike; their sequences run side by
    side, as unconnected parts of one network, and their final states are always `reservoir.systems.TrialState`. Final
    states of all others come from Numba. `partial_fit` goes on interpreted or by Cython: a C++ program begins at rest.

    References
    ----------
    Stimberg, Brette, Goodman 2019, doi:10.7554/eLife.47314, as for `simulate`.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import MaassColumn
    >>> from spiking import STDP, Microcircuit
    >>> series = np.sin(np.arange(20) / 3).reshape(-1, 1)
    >>> system = Microcircuit(MaassColumn((3, 3, 3)), plasticity={"recurrent": STDP()}, random_state=0)
    >>> system.fit_transform(series).shape
    (20, 27)
    """

    plasticity: Rules | None = None
    learning_time: float | None = None
    epochs: int = 1
    gap: float = 0.0
    record: Record | None = None
    period: float | None = None
    codegen: str = "auto"
    twin: bool = True
    n_jobs: int | None = None
    verbose: int = False

    _compiled = False

    @unchanged_on_error
    def fit(
        self, X: SequenceData, y: Targets | None = None, *, teacher: Numbers | Sequence[Numbers] | None = None
    ) -> Microcircuit:
        """Draw the circuit and let it learn from the series.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F), list of series (T_i, F), SpikeTrains or list of SpikeTrains
        y : ignored
        teacher : None, array (T, n_units) or list of these, default None
            Currents, amperes, injected into the units while they learn: a row for every row of a series.
        """
        self._begin(X)
        epochs = Parameters(self).integer("epochs", 1)
        longest = None if self.learning_time is None else max(1, round(float(self.learning_time) / self._engine.dt))
        return self._learn(X, teacher, epochs, longest)

    @unchanged_on_error
    def partial_fit(
        self, X: SequenceData, y: Targets | None = None, *, teacher: Numbers | Sequence[Numbers] | None = None
    ) -> Microcircuit:
        """Go on learning from where it has stopped, with more series, each presented once.

        The first call draws the circuit, as `fit` does, and learns the range of the features from its series. Then
        ``fit([a, b])`` and ``fit([a]).partial_fit([b])`` learn the same, with an encoder whose range is given; but for
        rules that draw numbers (the noise of `CalciumSTDP`), which are others, and a `reward` that remembers, which
        begins each call as it was given.

        Parameters
        ----------
        X, y, teacher : as in `fit`

        Examples
        --------
        >>> import numpy as np
        >>> from reservoir.circuits import MaassColumn
        >>> from reservoir.spikes import Poisson
        >>> from spiking import STDP, Microcircuit
        >>> images = [np.full((5, 1), level) for level in (0.2, 0.8)]
        >>> rules, encoder = {"recurrent": STDP()}, Poisson(low=0.0, high=1.0)
        >>> system = Microcircuit(MaassColumn((3, 3, 3)), encoder=encoder, plasticity=rules, gap=0.01, random_state=0)
        >>> for image in images:
        ...     system = system.partial_fit(image)
        >>> system.learning_state_.step  # of 0.1 ms, two images of 50 ms and a gap after each
        1200
        """
        if not self.plasticity:
            raise Parameters(self).error("plasticity", "given, for partial_fit")
        if not hasattr(self, "circuit_"):
            self._begin(X)
        check_is_fitted(self, "learning_state_")
        return self._learn(X, teacher, 1, None)

    def _begin(self, X: SequenceData) -> None:
        """Draw the circuit, which has not learned anything."""
        p = Parameters(self)
        p.choice("codegen", CODEGEN)
        p.flag("twin")
        p.real("gap", 0, unit="second")
        if self.learning_time is not None:
            p.real("learning_time", 0, closed="neither", unit="second")
        super().fit(X)
        self._memory_sizes()  # refuses a trace that does not fit the step, before anything is learned
        self.initial_circuit_, self._n_presented = self.circuit_, 0
        self.learning_state_: CircuitState | None = None
        self.recording_: Recording | None = None

    def _learn(self, X: SequenceData, teacher: Any, epochs: int, longest: int | None) -> Microcircuit:
        """Present the series, so that the circuit goes on learning, and freeze it."""
        owner, dt, circuit = type(self).__name__, self._engine.dt, self.initial_circuit_
        network = write_circuit(owner, circuit, self.neuron_, self.plasticity, dt)
        if not self.plasticity:
            return self
        heard, n_presented = self._presentation(X, teacher, epochs, longest)
        kept = Wanted()
        if self.record is not None:
            kept = read_record(self.record, self.period, dt, circuit, known_of(circuit, network)._replace(owner=owner))
            kept.check_room(heard.n_steps, circuit.n_units, owner)
        trial = Trial(self._rest.variables, *heard, self.learning_state_)
        wanted = kept._replace(names=(*kept.names, "state"))
        job = owner, network, [trial], self.codegen, self._seed % 2**32
        (answer,), self.codegen_ = run_job(*job, wanted=wanted, verbose=self.verbose)
        self.learning_state_ = stopped(answer, trial, dt)
        if self.record is not None:
            self.recording_ = recorded(circuit, answer, heard.n_steps * dt, kept, trial, dt)
        self._n_presented += n_presented
        self.circuit_ = with_learned(circuit, answer.learned)
        self._engine = make_engine(owner, self.circuit_, units_of_runs(self), dt, compiled=self._compiled)
        learned = kept_variables(self.neuron_, self._engine.cells, self._n_features_out, len(answer.variables))
        self._rest = self._rest._replace(variables=np.where(learned, answer.variables, self._rest.variables))
        return self

    @property
    def learned_variables_(self) -> dict[str, np.ndarray]:
        """Variables (n_units,) of the units that learning has left, by name: ``{"theta": ...}``, volts."""
        check_is_fitted(self)
        return kept_by_name(self._engine.neuron, self._engine.cells, self._rest.variables)

    def _has_twin(self) -> bool:
        """Whether Numba gives the same spikes as Brian2."""
        if not hasattr(self, "_engine"):
            records = self.neuron.values() if isinstance(self.neuron, Mapping) else [self.neuron]
            return all(record is None or callable(getattr(record, "cells", None)) for record in records)
        return _steps_alike(type(self).__name__, self._engine.neuron, self._engine.cells, self.circuit_.n_units)

    def _run(self, X: Any, state: Any, trial: Any, finals_too: bool) -> tuple[Any, Any]:
        """States from Numba where it gives the same spikes, else from Brian2."""
        check_is_fitted(self)
        twin = self._has_twin()
        if twin and (state is not None or self.twin):
            return super()._run(X, state, trial, finals_too)
        members, kind, lengths = self._read(X)
        entries = list(zip(*self._entries(state, trial, kind, len(members)), strict=True))
        runs = [self._begun(*one) for one in zip(members, lengths, entries, strict=True)]
        names = ("voltages",) * hasattr(self.trace_, "sample") + ("state",) * (finals_too and not twin)
        answers = self._answers([run for run, *_ in runs], Wanted(names))
        rows, finals = [], []
        for n_rows, (_, number, first), (run, encoded, memory), answer in zip(
            lengths, entries, runs, answers, strict=True
        ):
            states, memory = self._traced(answer.spikes, n_rows, memory, answer.voltages)
            rows.append(states)
            if answer.state is not None:
                vector = self._layout().vector(answer.state, run.behind + run.n_steps)
                values = np.concatenate([encoded, memory.ravel(), vector])
                finals.append(TrialState(values, number, first + n_rows))
        sequences = Sequences(np.concatenate(rows), np.concatenate([[0], np.cumsum(lengths)]), kind)
        ends: Any = finals[0] if finals and kind == "series" else finals or None
        if finals_too and twin:
            ends = super()._run(X, None, trial, True)[1]
        return sequences.pack(sequences.rows), ends

    def _begun(
        self, member: Any, n_rows: int, entry: tuple[np.ndarray | None, int, int]
    ) -> tuple[Trial, np.ndarray, np.ndarray]:
        """A trial of Brian2, what the encoder remembers after it, and the trace before it."""
        values, number, first = entry
        encoded, memory, vector = self._divided(values)
        heard, encoded = self._heard(member, n_rows, number, first, encoded)
        state = None
        if vector is not None:
            arrays, behind = self._layout().arrays(vector)
            state = CircuitState("brian2", arrays, self._engine.dt, self._seed, number, behind)
        return Trial(self._initial_variables(number), *heard, state), encoded, memory

    def _answers(self, trials: list[Trial], wanted: Wanted) -> list[Answer]:
        """What Brian2 gives for trials of the frozen circuit."""
        network = write_circuit(type(self).__name__, self.circuit_, self._engine.neuron, None, self._engine.dt)
        job = type(self).__name__, network, trials, self.codegen, self._seed % 2**32
        answers, self.codegen_ = run_job(*job, wanted=wanted, n_jobs=self.n_jobs, verbose=self.verbose)
        return answers

    def _n_of_circuit(self) -> int:
        return super()._n_of_circuit() if self._has_twin() else self._layout().size

    def _layout(self) -> Layout:
        """How a state of Brian2 stands in a vector."""
        return _layouts.get(self, (self._engine,), self._find_layout)

    def _find_layout(self) -> Layout:
        heard = silence(self.circuit_, self._engine.dt, self._seed, 0, 0, 1)
        trial = Trial(self._initial_variables(0), *heard)
        network = write_circuit(type(self).__name__, self.circuit_, self._engine.neuron, None, self._engine.dt)
        (answer,), _ = run_job(type(self).__name__, network, [trial], "numpy", 0, wanted=Wanted(("state",)))
        return layout_of(self.circuit_, self._engine.dt, answer.state or {})

    def _presentation(self, X: Any, teacher: Any, epochs: int = 1, longest: int | None = None) -> tuple[Stimulus, int]:
        """All sequences in a row, in which each hears the numbers of a trial of its own, and how many there are."""
        members, kind, lengths = self._read(X)
        given, dt, p = self._read_teacher(teacher, kind, lengths), self._engine.dt, Parameters(self)
        pause = whole_steps(p.owner, "gap", self.gap, p.real("gap", 0, unit="second"), dt, least=0)
        parts: list[Stimulus] = []
        n_presented, n_steps = 0, 0
        for member, n_rows, extra in [*zip(members, lengths, given, strict=True)] * epochs:
            if longest is not None and n_steps >= longest:
                break
            number = self._n_presented + n_presented
            heard, _ = self._heard(member, n_rows, number)
            if extra is not None:
                heard = heard._replace(currents=extra if heard.currents is None else heard.currents + extra)
            parts += [heard]
            if pause:
                parts += [silence(self.circuit_, dt, self._seed, number, heard.n_steps, pause)]
            n_presented, n_steps = n_presented + 1, n_steps + heard.n_steps + pause
        return in_a_row(parts, longest), n_presented

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


def _steps_alike(owner: str, neuron: Any, cells: Any, n_units: int) -> bool:
    """Whether Numba and Brian2 take the same step, of all models that there are."""
    return all(
        hasattr(part, "statements") or (part is not None and equations_of(owner, record, len(units)).method == "exact")
        for record, part, units in models_of(neuron, cells, n_units)
    )
