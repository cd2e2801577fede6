"""Brian2 microcircuits as a scikit-learn transformer that may learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.neurons.spiking.equations import equations_of
from reservoir.parts import (
    CircuitModel,
    Encoder,
    Numbers,
    PlasticityRule,
    Seed,
    SequenceData,
    SpikingUnit,
    Targets,
    Trace,
)
from reservoir.sequences import Sequences
from reservoir.systems import LiquidState
from reservoir.systems.simulation import make_engine
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
    and `transform` gives the states of the frozen circuit.

    Parameters
    ----------
    circuit, encoder, trace, dt, step, random_state : as in `LiquidState`
    neuron : None, record of `reservoir.neurons`, or `spiking.Equations`, default None
        None is ``LIF()``.
    plasticity : None or dict, default None
        Rules of `reservoir.plasticity` by projection: ``{"recurrent": STDP()}`` or ``{"inputs": STDP()}``.
    learning_time : None or float > 0, default None
        Seconds of the series that are presented in `fit`, from the first on; None presents all.
    codegen : {"auto", "numpy", "cython", "standalone"}, default "auto"
        How Brian2 runs, see `spiking.simulate`; "auto" chooses by the length of the job.
    twin : bool, default True
        Whether a frozen circuit of `LIF` units, without noise and Poisson background, runs in Numba, which gives the
        same spikes and takes far less time; False runs it in Brian2 too.
    n_jobs : int or None, default None
        Processes that share the sequences in Brian2, 64 at a time; see `spiking.simulate`.
    verbose : int >= 0 or bool, default False
        Whether the progress of Brian2 is shown, see `spiking.simulate`.

    Attributes
    ----------
    circuit_ : Circuit, with what was learned
    initial_circuit_ : Circuit, as it was drawn
    codegen_ : "numpy", "cython" or "standalone", as taken for the last job of Brian2
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
        neuron: SpikingUnit | None = None,
        *,
        encoder: Encoder | None = None,
        trace: Trace | None = None,
        dt: float = 1e-4,
        step: float = 1e-2,
        random_state: Seed = None,
        plasticity: Mapping[str, PlasticityRule] | None = None,
        learning_time: float | None = None,
        codegen: str = "auto",
        twin: bool = True,
        n_jobs: int | None = None,
        verbose: int = False,
    ):
        super().__init__(
            circuit, neuron, encoder=encoder, trace=trace, dt=dt, step=step, random_state=random_state
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
        self.initial_circuit_ = self.circuit_
        network = write_circuit(p.owner, self.circuit_, self.neuron_, self.plasticity, self._engine.dt)
        if self.plasticity:
            trial = self._presentation(X, teacher)
            job = p.owner, network, [trial], self.codegen, self._seed % 2**32
            (answer,), self.codegen_ = run_job(*job, verbose=self.verbose)
            self.circuit_ = with_learned(self.circuit_, answer.learned)
            self._engine = make_engine(p.owner, self.circuit_, self.neuron_, self._engine.dt, self._compiled)
            for row, name in enumerate(network.equations.variables):
                if name in network.equations.kept:
                    self._rest.variables[row] = answer.variables[row]
        return self

    def _run(self, X: Any, state: Any, finals_too: bool) -> tuple[Any, Any]:
        """States from Numba where it gives the same spikes, else from Brian2."""
        check_is_fitted(self)
        equations = equations_of(type(self).__name__, self.neuron_, self._n_features_out)
        compiled = self._engine.cells is not None
        alike = compiled and equations.method == "exact" and not equations.noise and self.circuit_.background is None
        if state is not None and not alike:
            wanted = "None but for LIF, and other units whose step is exact, without noise"
            raise parameter_error(type(self).__name__, "state", wanted, state)
        if state is not None or (alike and self.twin):
            return super()._run(X, state, finals_too)
        members, kind, lengths = self._read(X)
        finals = super()._run(X, None, True)[1] if finals_too and compiled else None
        if finals_too and not compiled:
            finals = np.zeros(0 if kind == "series" else (len(members), 0))
        heard = [self._heard(*one) for one in zip(members, lengths, strict=True)]
        trials = [Trial(self._rest.variables, one.events, self._injected(one), one.n_steps) for one in heard]
        network = write_circuit(type(self).__name__, self.circuit_, self.neuron_, None, self._engine.dt)
        job = type(self).__name__, network, trials, self.codegen, self._seed % 2**32
        answers, self.codegen_ = run_job(*job, n_jobs=self.n_jobs, verbose=self.verbose)
        rows = [
            self._traced(answer.spikes, n_rows, self._divided(None)[0])[0]
            for answer, n_rows in zip(answers, lengths, strict=True)
        ]
        sequences = Sequences(np.concatenate(rows), np.concatenate([[0], np.cumsum(lengths)]), kind)
        return sequences.pack(sequences.rows), finals

    def _injected(self, heard: Any) -> np.ndarray | None:
        return heard.currents if hasattr(self, "input_weights_") else None

    def _presentation(self, X: Any, teacher: Any) -> Trial:
        """All sequences as one trial."""
        members, kind, lengths = self._read(X)
        given = self._read_teacher(teacher, kind, lengths)
        first, events, currents = 0, [], []
        limit = np.inf if self.learning_time is None else float(self.learning_time)
        for member, n_rows, extra in zip(members, lengths, given, strict=True):
            if first * self._engine.dt >= limit:
                break
            heard = self._heard(member, n_rows)
            events.append(heard.events + np.array([first, 0]))
            rows = np.broadcast_to(heard.currents, (n_rows, self._n_features_out))
            currents.append(rows if extra is None else rows + extra)
            first += heard.n_steps
        injected = np.concatenate(currents) if teacher is not None or hasattr(self, "input_weights_") else None
        return Trial(self._rest.variables, np.concatenate(events), injected, first)

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
