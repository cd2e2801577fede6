"""What a fitted circuit hears of sequences, and which states its spikes are."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.circuits import Circuit
from reservoir.foreign_code import inherited, runs_anywhere
from reservoir.neurons.spiking.circuit_loop import State, freeze
from reservoir.random_numbers import ENCODER, TrialGenerator, steps_of
from reservoir.sequences import holds_spikes, read_sequences, records_of
from reservoir.spikes.sampling import Trace as OwnTrace
from reservoir.systems.chosen_states import UnitChoice, chosen_states
from reservoir.systems.circuit_units import hears_numbers, initial_values, kept_variables, run_anywhere
from reservoir.systems.recording import check_recorded
from reservoir.systems.simulation import CircuitEngine
from reservoir.systems.stimuli import Stimulus, check_steps, input_events
from reservoir.trains import SpikeTrains


class CircuitSystem:
    """A fitted circuit between its encoder and its trace, in whichever engine it runs."""

    step: float
    units: UnitChoice
    circuit_: Circuit
    encoder_: Any
    trace_: Any
    neuron_: Any
    input_weights_: np.ndarray
    n_features_in_: int
    _n_features_out: int
    _engine: CircuitEngine
    _rest: State
    _seed: int
    _step: float

    def _read(self, X: Any) -> tuple[list[Any], str, list[int]]:
        """Series or spike trains, whichever `fit` has seen; the kind of their container, and how many rows each has."""
        if self.encoder_ is not None and not holds_spikes(X):
            sequences = read_sequences(self, X, reset=False)
            return sequences.members(), sequences.kind, sequences.lengths.tolist()
        owner, n_channels = type(self).__name__, self.n_features_in_
        members = records_of(type(self).__name__, X) if holds_spikes(X) else [X]
        for one in members:
            if self.encoder_ is not None or not isinstance(one, SpikeTrains) or one.n_units != n_channels:
                wanted = "as in fit" if self.encoder_ is not None else f"SpikeTrains of {n_channels} channels"
                raise ValueError(f"X of {owner} must be {wanted}. Got {one!r}.")
        lengths = [int(trains.duration / self._step + 1e-6) for trains in members]
        if not all(lengths):
            raise ValueError(f"X of {owner} must last at least one step, {self._step:g} s, in every record.")
        return members, "list" if isinstance(X, list | tuple) else "series", lengths

    def _heard(
        self, member: Any, n_rows: int, trial: int, first: int = 0, memory: np.ndarray | None = None
    ) -> tuple[Stimulus, np.ndarray]:
        """What the circuit hears of one sequence from this row of a trial on, and what the encoder remembers of it."""
        currents, steps_a_row = None, round(self._step / self._engine.dt)
        memory = np.zeros(0) if memory is None else memory
        n_steps = n_rows * steps_a_row
        check_steps(type(self).__name__, "step", self.step, n_steps, self._n_features_out)
        if isinstance(member, SpikeTrains):
            trains = member
        elif hasattr(self, "input_weights_"):
            currents = self.encoder_.normalised(member) @ self.input_weights_.T
            trains = SpikeTrains(np.zeros(0), np.zeros(0, int), self.circuit_.n_inputs, n_rows * self._step)
        else:
            rng = TrialGenerator(self._seed, ENCODER, trial, first)
            if hasattr(self.encoder_, "encode_on"):
                trains, memory = self.encoder_.encode_on(member, self._step, rng, memory)
            else:
                trains = self.encoder_.encode(member, self._step, rng)
        places = steps_of(trial, first * steps_a_row, n_steps)
        events = input_events(self.circuit_, trains, n_steps, self._engine.dt, self._seed, places)
        return Stimulus(events, currents, n_steps, seed=self._seed, places=places), memory

    def _draws(self) -> bool:
        """Whether numbers are drawn after the beginning of a trial."""
        circuit, encoder = self.circuit_, self.encoder_
        spikes = encoder is not None and not hasattr(encoder, "weights") and getattr(encoder, "draws", True)
        outside = circuit.background is not None or circuit.spontaneous_rate is not None
        return spikes or outside or hears_numbers(self.neuron_)

    def _run_anywhere(self) -> bool:
        """Whether all parts may work in any thread."""
        parts = runs_anywhere(self.trace_) and (self.encoder_ is None or runs_anywhere(self.encoder_))
        return parts and run_anywhere(self.neuron_, self._n_features_out)

    def _memory_sizes(self) -> tuple[int, int]:
        """How many numbers the encoder and the trace remember."""
        n_features = self.n_features_in_
        encoded = self.encoder_.n_memory(n_features) if hasattr(self.encoder_, "encode_on") else 0
        return encoded, self.trace_.n_memory(self._step) * self._n_features_out

    def _n_of_circuit(self) -> int:
        """How many numbers the circuit hands on."""
        return len(freeze(self._rest, 0))

    def _divided(self, values: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Memory of the encoder (n,), of the trace (n_memory, n_units), and of the circuit, which is None at rest."""
        n_encoded, n_traced = self._memory_sizes()
        own = np.zeros(n_encoded + n_traced) if values is None else values[: n_encoded + n_traced]
        memory = own[n_encoded:].reshape(-1, self._n_features_out)
        return own[:n_encoded], memory, None if values is None else values[n_encoded + n_traced :]

    def _initial_variables(self, trial: int) -> np.ndarray:
        """Variables (n_variables, n_units) with which units begin a trial; what they have learnt stays."""
        variables = initial_values(self.neuron_, self._n_features_out, self._seed, trial)
        kept = kept_variables(self.neuron_, self._engine.cells, self._n_features_out, len(variables))
        variables[kept] = self._rest.variables[kept]
        return variables

    def _room(self, n_steps: int) -> np.ndarray | None:
        """Room for the voltages (n_steps, n_units) of a run, where the trace asks for them."""
        if not hasattr(self.trace_, "sample"):
            return None
        check_recorded(n_steps, self._n_features_out, type(self).__name__, "trace")
        return np.empty((n_steps, self._n_features_out))

    def _traced(
        self, fired: np.ndarray, n_rows: int, memory: np.ndarray | None, voltages: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """States (n_rows, n_states) from spikes (n_spikes, 2), step and unit, and what the trace remembers of them."""
        states, memory = self._states_of_units(fired, n_rows, memory, voltages)
        return chosen_states(type(self).__name__, self.units, self.circuit_)(states), memory

    def _states_of_units(
        self, fired: np.ndarray, n_rows: int, memory: np.ndarray | None, voltages: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same for all units."""
        dt, n_units = self._engine.dt, self._n_features_out
        steps_a_row = round(self._step / dt)
        if inherited(self.trace_, OwnTrace, "filter"):
            return self.trace_.filter_steps(fired, n_units, dt, steps_a_row, n_rows, memory)
        answer = SpikeTrains(fired[:, 0] * dt, fired[:, 1], n_units, n_rows * self._step)
        if voltages is not None:
            kept = np.zeros((0, n_units)) if memory is None else memory
            return self.trace_.sample(voltages[steps_a_row - 1 :: steps_a_row], answer), kept
        return self.trace_.filter(answer, self._step, n_rows, memory)
