"""Brian2 microcircuits as a scikit-learn transformer that may learn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.derived import Derived
from reservoir.neurons.spiking.equations import equations_of
from reservoir.neurons.spiking.mixture import models_of
from reservoir.parts import SequenceData
from reservoir.plasticity.learning import learning_of
from reservoir.sequences import Sequences
from reservoir.systems import LiquidState
from reservoir.systems.circuit_state import CircuitState
from reservoir.systems.learned import with_learned
from reservoir.systems.learning_system import Taught
from reservoir.systems.presentations import in_a_row, silence
from reservoir.systems.recording import Wanted, read_record
from reservoir.systems.stimuli import Stimulus
from reservoir.trials import TrialState
from reservoir.validation import Parameters
from spiking.circuit_text import Answer, Trial, write_circuit
from spiking.execution import check_options, run_job
from spiking.known_variables import known_of
from spiking.simulation import recorded
from spiking.state_vectors import Layout, layout_of

_layouts: Derived[Layout] = Derived()


@dataclass(eq=False, repr=False, kw_only=True)
class Microcircuit(LiquidState):
    """Spiking circuit in Brian2, whose synapses may learn by any rule, with the face of `LiquidState`.

    It hears, answers and learns as `LiquidState` does, with the same spikes and the same weights. What Brian2 alone
    can run it runs there: units and rules that are text. All else runs in Numba (`twin`), which takes far less time.

    Parameters
    ----------
    circuit, encoder, trace, dt, step, units, random_state : as in `LiquidState`
    neuron : None, record of `reservoir.neurons`, dict of records by population, or `spiking.Equations`, default None
        None is ``LIF()``.
    plasticity : None, dict or list, default None
        Rules of `reservoir.plasticity`, or your own, by projection or in a list, see `spiking.simulate`. The search
        reaches them: ``plasticity__recurrent__A_plus`` in a dict, ``plasticity__0__A_plus`` in a list.
    learning_time, epochs, gap, period : as in `LiquidState`
    record : None, name, dict, or tuple of these, default None
        What is kept of learning besides the weights, as `recording_`: of ``()`` the spikes, and more as `record` of
        `spiking.simulate` says, ``{"weights": {"recurrent": [0, 1]}}``. None keeps nothing.
    codegen : {"auto", "numpy", "cython", "standalone"}, default "auto"
        How Brian2 runs, see `spiking.simulate`; "auto" chooses by the length of the job.
    twin : bool, default True
        Whether the circuit learns and runs in Numba where its units and, while it learns, its rules can; all others
        run in Brian2. False runs all in Brian2. Learning goes on in the engine in which it has begun.
    n_jobs : int or None, default None
        Processes that share the sequences in Brian2, 64 at a time; see `spiking.simulate`.
    verbose : int >= 0 or bool, default False
        Whether the progress of Brian2 is shown, see `spiking.simulate`.

    Attributes
    ----------
    circuit_, initial_circuit_, learning_state_, recording_, learned_variables_ : as in `LiquidState`
    codegen_ : "numpy", "cython" or "standalone", as taken for the last job of Brian2, where there was one
    encoder_, neuron_, trace_, input_weights_, n_features_in_, feature_names_in_ : as in `LiquidState`

    Raises
    ------
    ValueError
        For a parameter outside its range, and unusable data.
    RuntimeError
        As in `spiking.simulate`; threads fit and transform inside `own_process`.

    Notes
    -----
    Sequences of frozen circuits run side by side in Brian2, as unconnected parts of one network, and their final states
    are always `reservoir.systems.TrialState`. Final states of circuits that Numba runs alike come from Numba.
    `partial_fit` goes on interpreted or by Cython: a C++ program begins at rest. In Brian2 the noise of rules that draw
    numbers (`CalciumSTDP`) and a `reward` that remembers begin anew with each call, so that there pieces differ from
    the whole.

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

    codegen: str = "auto"
    twin: bool = True
    n_jobs: int | None = None
    verbose: int = False

    _compiled = False

    def _draw(self, X: SequenceData) -> None:
        check_options(type(self).__name__, self.codegen, self.n_jobs, self.verbose)
        Parameters(self).flag("twin")
        super()._draw(X)

    def _taught(self, stimuli: Iterable[Stimulus]) -> Taught:
        return super()._taught(stimuli) if self._learns_compiled() else self._taught_in_brian(stimuli)

    def _learns_compiled(self) -> bool:
        """Whether Numba is where learning has begun, or where it can begin."""
        if self.learning_state_ is not None:
            return self.learning_state_.engine == "numba"
        if not self.twin or not self._has_twin():
            return False
        rules = learning_of(type(self).__name__, self.plasticity, self.initial_circuit_)
        return all(one.rule.kernel is not None for one in rules)

    def _taught_in_brian(self, stimuli: Iterable[Stimulus]) -> Taught:
        owner, dt, circuit = type(self).__name__, self._engine.dt, self.initial_circuit_
        network = write_circuit(owner, circuit, self.neuron_, self.plasticity, dt)
        heard, kept = in_a_row(list(stimuli)), Wanted()
        if self.record is not None:
            kept = read_record(self.record, self.period, dt, circuit, known_of(circuit, network)._replace(owner=owner))
            kept.check_room(heard.n_steps, circuit.n_units, owner)
        trial = Trial(self._rest.variables, *heard, self.learning_state_)
        wanted = kept._replace(names=(*kept.names, "state"))
        job = owner, network, [trial], self.codegen, self._seed % 2**32
        (answer,), self.codegen_ = run_job(*job, wanted=wanted, verbose=self.verbose)
        recording = recorded(circuit, answer, heard.n_steps * dt, wanted, trial, dt)
        learned = with_learned(circuit, answer.learned)
        return Taught(learned, recording.state, answer.variables, None if self.record is None else recording)

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


def _steps_alike(owner: str, neuron: Any, cells: Any, n_units: int) -> bool:
    """Whether Numba and Brian2 take the same step, of all models that there are."""
    return all(
        hasattr(part, "statements") or (part is not None and equations_of(owner, record, len(units)).method == "exact")
        for record, part, units in models_of(neuron, cells, n_units)
    )
