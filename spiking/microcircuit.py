"""Brian2 microcircuits as a scikit-learn transformer that may learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.neurons.spiking.equations import equations_of
from reservoir.neurons.spiking.mixture import models_of
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
)
from reservoir.plasticity.learning import Rules
from reservoir.random_numbers import Places
from reservoir.sequences import Sequences
from reservoir.systems import LiquidState
from reservoir.systems.chosen_states import UnitChoice
from reservoir.systems.simulation import kept_by_name, kept_variables, make_engine, units_of_runs
from reservoir.validation import (
    Parameters,
    parameter_error,
    real_array,
    unchanged_on_error,
    without_unit,
)
from spiking.circuit_text import Trial, write_circuit
from spiking.execution import CODEGEN, run_job
from spiking.simulation import with_learned


class Microcircuit(LiquidState):
    """Spiking circuit in Brian2, whose synapses may learn, with the face of `LiquidState`.

    Each row of a series lasts `step` seconds. The encoder turns the series into spikes (or currents), the circuit
    answers with spikes of its own, and the trace filters them. `fit` draws the circuit and, with `plasticity`,
    presents the series to it, one after the other without a break, so that it learns; then the weights are frozen,
    and `transform` gives the states of the frozen circuit. Presentation k hears the random numbers of trial k: a random
    encoder gives a series that is presented again, as in epochs, fresh spikes.

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
    side, as unconnected parts of one network, and cannot go on from a state. Final states come from Numba; those of
    `Equations` are empty.

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

    _compiled = False

    def __init__(
        self,
        circuit: CircuitModel | None = None,
        neuron: Units = None,
        *,
        encoder: Encoder | None = None,
        trace: Trace | VoltageTrace | None = None,
        dt: float = 1e-4,
        step: float = 1e-2,
        units: UnitChoice = None,
        random_state: Seed = None,
        plasticity: Rules | None = None,
        learning_time: float | None = None,
        codegen: str = "auto",
        twin: bool = True,
        n_jobs: int | None = None,
        verbose: int = False,
    ):
        super().__init__(
            circuit, neuron, encoder=encoder, trace=trace, dt=dt, step=step, units=units, random_state=random_state
        )  # fmt: skip
        self.plasticity = plasticity
        self.learning_time = learning_time
        self.codegen = codegen
        self.twin = twin
        self.n_jobs = n_jobs
        self.verbose = verbose

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
        p = Parameters(self)
        p.choice("codegen", CODEGEN)
        p.flag("twin")
        if self.learning_time is not None:
            p.real("learning_time", 0, closed="neither", unit="second")
        super().fit(X)
        self._memory_sizes()  # refuses a trace that does not fit the step, before anything is learned
        self.initial_circuit_ = self.circuit_
        network = write_circuit(p.owner, self.circuit_, self.neuron_, self.plasticity, self._engine.dt)
        if self.plasticity:
            trial = self._presentation(X, teacher)
            job = p.owner, network, [trial], self.codegen, self._seed % 2**32
            (answer,), self.codegen_ = run_job(*job, verbose=self.verbose)
            self.circuit_ = with_learned(self.circuit_, answer.learned)
            units, dt = units_of_runs(self), self._engine.dt
            self._engine = make_engine(p.owner, self.circuit_, units, dt, compiled=self._compiled)
            kept = kept_variables(self._engine, len(answer.variables))
            self._rest.variables[kept] = answer.variables[kept]
        return self

    @property
    def learned_variables_(self) -> dict[str, np.ndarray]:
        """Variables (n_units,) of the units that learning has left, by name: ``{"theta": ...}``, volts."""
        check_is_fitted(self)
        return kept_by_name(self._engine, self._rest.variables)

    @property
    def piecewise(self) -> bool:
        """Whether a run may be cut in two: where Numba goes on, which gives the same spikes."""
        return super().piecewise and self._has_twin()

    def _has_twin(self) -> bool:
        """Whether Numba gives the same spikes as Brian2."""
        if not hasattr(self, "_engine"):
            records = self.neuron.values() if isinstance(self.neuron, Mapping) else [self.neuron]
            return all(record is None or callable(getattr(record, "cells", None)) for record in records)
        return _steps_alike(type(self).__name__, self._engine.neuron, self._engine.cells, self.circuit_.n_units)

    def _run(self, X: Any, state: Any, trial: Any, finals_too: bool) -> tuple[Any, Any]:
        """States from Numba where it gives the same spikes, else from Brian2."""
        check_is_fitted(self)
        if state is not None and not self._has_twin():
            wanted = "None but for units whose step is the same in both engines"
            raise parameter_error(type(self).__name__, "state", wanted, state)
        if state is not None or (self.twin and self._has_twin()):
            return super()._run(X, state, trial, finals_too)
        compiled = self._engine.cells is not None
        finals = super()._run(X, None, trial, True)[1] if finals_too and compiled else None
        members, kind, lengths = self._read(X)
        if finals_too and not compiled:
            finals = np.zeros(0 if kind == "series" else (len(members), 0))
        numbers = self._entries(None, trial, kind, len(members))[1]
        heard = [self._heard(*one)[0] for one in zip(members, lengths, numbers, strict=True)]
        trials = [Trial(self._initial_variables(one.number), *one) for one in heard]
        network = write_circuit(type(self).__name__, self.circuit_, self._engine.neuron, None, self._engine.dt)
        job = type(self).__name__, network, trials, self.codegen, self._seed % 2**32
        sampled = hasattr(self.trace_, "sample")
        answers, self.codegen_ = run_job(*job, voltages=sampled, n_jobs=self.n_jobs, verbose=self.verbose)
        rows = [
            self._traced(answer.spikes, n_rows, None, answer.voltages)[0]
            for answer, n_rows in zip(answers, lengths, strict=True)
        ]
        sequences = Sequences(np.concatenate(rows), np.concatenate([[0], np.cumsum(lengths)]), kind)
        return sequences.pack(sequences.rows), finals

    def _presentation(self, X: Any, teacher: Any) -> Trial:
        """All sequences as one trial, in which each hears the numbers of its own."""
        members, kind, lengths = self._read(X)
        given, first, parts, tables = self._read_teacher(teacher, kind, lengths), 0, [], []
        dt, n_units, steps_a_row = self._engine.dt, self._n_features_out, round(self._step / self._engine.dt)
        longest = sum(lengths) * steps_a_row
        limit = longest if self.learning_time is None else max(1, round(float(self.learning_time) / dt))
        for number, (member, n_rows, extra) in enumerate(zip(members, lengths, given, strict=True)):
            if first >= limit:
                break
            heard, _ = self._heard(member, n_rows, number)
            parts.append(heard._replace(events=heard.events + np.array([first, 0])))
            rows = np.zeros((n_rows, n_units)) if heard.currents is None else heard.currents
            tables.append(rows if extra is None else rows + extra)
            first += heard.n_steps
        events, n_steps = np.concatenate([part.events for part in parts]), min(first, limit)
        offsets = np.cumsum([0, *(part.n_steps for part in parts)])
        places = Places(np.arange(len(parts)), np.zeros(len(parts), np.int64), offsets).rows(0, n_steps)
        injected = teacher is not None or parts[0].currents is not None
        return Trial(
            self._rest.variables, events[events[:, 0] < n_steps], np.concatenate(tables) if injected else None, n_steps,
            np.arange(n_steps) // steps_a_row, self._seed, places,
        )  # fmt: skip

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
