"""What every kind of part must have, and the types of what parts take and give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np


class SupportsArray(Protocol):
    """What NumPy can read: an array, a table, a tensor."""

    def __array__(self) -> np.ndarray: ...


class SupportsBinned(Protocol):
    """Spike trains, which can be counted in bins."""

    def binned(self, step: float, n_rows: int, /) -> Any: ...


Numbers: TypeAlias = SupportsArray | Sequence[float] | Sequence[Sequence[float]] | Sequence[SupportsArray]
"""Rows (n_rows, n_features), targets (n_rows,) or (n_rows, n_outputs): an array, a table or lists of numbers."""

Labels: TypeAlias = SupportsArray | Sequence[Any]
"""Classes (n,) of any type that sorts."""

SequenceData: TypeAlias = Numbers | Sequence[Sequence[Sequence[float]]] | SupportsBinned | Sequence[SupportsBinned]
"""One series (T, F), a stack (N, T, F), a list of N series (T_i, F), or spike trains."""

Targets: TypeAlias = SequenceData | Labels
"""What a model learns to answer: numbers or classes, one per row or one per sequence."""

Activation: TypeAlias = str | Callable[..., Any]
"""Name of the function of the units, or a function of one number compiled by Numba."""

FloatType: TypeAlias = str | type | np.dtype[Any]
"""Type of weights and states: 'float64' or 'float32'."""

Seed: TypeAlias = int | np.integer | np.random.Generator | np.random.SeedSequence | np.random.RandomState | None
"""Source of random numbers; None is a new one in every call."""


class Part(Protocol):
    """Any part that has parameters: a scikit-learn estimator, which `clone` copies and a search sets."""

    def get_params(self, deep: bool = True) -> dict[str, Any]: ...

    def set_params(self, **params: Any) -> Any: ...


class Estimator(Part, Protocol):
    """What can be fitted and has parameters, so that a search can try them: any estimator of scikit-learn."""

    @property
    def fit(self) -> Callable[..., Any]: ...


class System(Protocol):
    """What turns sequences into states: `fit` draws or learns what is needed, for the number of features.

    ``run(X)`` gives (states, final_state) from rest, ``run(X, state)`` the same from a state on. A row in is a row out,
    in the kind of container that came in. States depend on the row and those before, never on other sequences.

    A system that draws random numbers while it runs is a `TrialSystem`.
    """

    def fit(self, X: Any, /) -> Any: ...

    def run(self, X: Any, state: Any = None, /) -> tuple[Any, Any]: ...


class TrialSystem(System, Protocol):
    """A system that draws other random numbers in every trial, known by the keyword ``trial`` of its `run`.

    ``run(X, state, trial=k)`` is trial k of every sequence, or of sequence i trial k[i], and trial 0 where nothing is
    said. Its numbers are a function of the seed drawn in `fit`, the trial, the step and the unit, see
    `reservoir.random_numbers`; its final state is a `reservoir.systems.TrialState`, which says where they go on. `fit`
    of a model gives presentation k the trial k.
    """

    def run(self, X: Any, state: Any = None, /, *, trial: Any = 0) -> tuple[Any, Any]: ...


class FittedModel(Protocol):
    """A system and a readout that have been trained together, as every model of the library holds them."""

    @property
    def reservoir_(self) -> Any: ...

    @property
    def readout_(self) -> Any: ...


class Forecaster(Protocol):
    """What goes on with a series by itself: ``forecast(n_steps, context)`` gives the rows after the context."""

    def forecast(self, n_steps: int, context: Any = None, /) -> Any: ...


class FittedForecaster(Forecaster, FittedModel, Protocol):
    """A fitted model that goes on with a series by itself."""


class Readout(Protocol):
    """What turns states into answers: any estimator of scikit-learn, or a readout of this library.

    ``fit(X, y)`` learns from rows (n_rows, n_features), ``predict(X)`` answers every row.
    """

    def fit(self, X: Any, y: Any, /) -> Any: ...

    def predict(self, X: Any, /) -> Any: ...


class OnlineReadout(Readout, Protocol):
    """A readout that can be trained while its output goes back into the system.

    ``step(x, target)`` gives the outputs (n_outputs,) for one row, and then learns from the target.
    """

    def step(self, x: Any, target: Any, /) -> np.ndarray: ...


class MergingReadout(Readout, Protocol):
    """A readout whose learning can be divided among workers and put together.

    ``accumulate(X, y)`` takes rows in, `to_record` gives all that was learned as plain values and arrays, and
    ``add_record(record)`` takes in what another one learned; `solve` makes the answer.
    """

    def accumulate(self, X: Any, y: Any, /) -> Any: ...

    def solve(self) -> Any: ...

    def to_record(self) -> dict[str, Any]: ...

    def add_record(self, record: dict[str, Any], /) -> Any: ...


class Matrix(Protocol):
    """Weights (n_units, n_units), row = receiver: an array, a sparse array, or a matrix with a structure of its own."""

    @property
    def shape(self) -> tuple[int, ...]: ...


class Topology(Protocol):
    """Which units hear which: ``draw(n_units, rng)`` gives a `Matrix`, all of whose randomness comes from `rng`."""

    def draw(self, n_units: int, rng: np.random.Generator, /) -> Matrix: ...


class InputWeights(Protocol):
    """What units hear of the input: ``draw(n_units, n_features, rng)`` gives weights (n_units, n_features)."""

    def draw(self, n_units: int, n_features: int, rng: np.random.Generator, /) -> np.ndarray: ...


class Delays(Protocol):
    """After how many steps units hear one another, by the lengths (n_sequences,) of the training sequences.

    ``draw(n_units, lengths, rng)`` gives integers >= 1 (n_units,), all of whose randomness comes from `rng`.
    """

    def draw(self, n_units: int, lengths: np.ndarray, rng: np.random.Generator, /) -> np.ndarray: ...


class RateUnit(Part, Protocol):
    """A record of the parameters of rate units: what a step makes of the state and of what the units hear.

    ``cells(n_units, matrices, dtype)`` gives the coefficients of a step, a NamedTuple with a compiled `step` that the
    loops find by its type. ``draw(n_units, rng)`` gives the matrices that the unit has of its own, ``recurrent(W)`` the
    one by which units hear one another; of `n_arrays` arrays of state readouts see the first. `bounds()` are the
    smallest and the largest state, or None.
    """

    @property
    def n_arrays(self) -> int: ...

    def draw(self, n_units: int, rng: np.random.Generator, /) -> dict[str, Any]: ...

    def recurrent(self, W: Any, /) -> Any: ...

    def cells(self, n_units: int, matrices: dict[str, Any], dtype: np.dtype[Any], /) -> Any: ...

    def bounds(self) -> tuple[float, float] | None: ...


class SpikingUnit(Protocol):
    """A record of the parameters of spiking units.

    ``cells(excitatory, time_constants, dt)`` gives the coefficients of one step of `dt` seconds, a NamedTuple with a
    compiled `advance` that the loop over units finds by its type. ``initial_state(n_units, rng)`` gives the variables
    (n_variables, n_units) before the first step.
    """

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float, /) -> Any: ...

    def initial_state(self, n_units: int, rng: np.random.Generator, /) -> np.ndarray: ...


class CircuitModel(Protocol):
    """A family of circuits: ``draw(rng, n_inputs=...)`` gives a `reservoir.circuits.Circuit` with that many inputs."""

    def draw(self, rng: np.random.Generator, /, n_inputs: int) -> Any: ...


class Transformer(Part, Protocol):
    """What turns sequences into sequences of as many rows, in the container that came in."""

    @property
    def fit(self) -> Callable[..., Any]: ...

    def transform(self, X: Any, /) -> Any: ...


class Encoder(Protocol):
    """From rows of numbers to what a circuit hears; `fit` learns the range of the features.

    ``n_channels(n_features)`` is the number of spike trains, which ``encode(rows, step, rng)`` gives. A system hands
    over a `reservoir.random_numbers.TrialGenerator`, a generator of NumPy that says the seed, the trial and the number
    of the first row, by which pieces can be encoded as the whole is. An encoder of currents has `weights` in place of
    `encode`, see `MARKS`.
    """

    def fit(self, rows: np.ndarray, /) -> Any: ...

    def n_channels(self, n_features: int, /) -> int: ...


class Trace(Protocol):
    """From spikes to states, a row for each `step` seconds.

    ``filter(trains, step, n_rows, memory)`` gives the states (n_rows, n_units), and the memory
    (n_memory, n_units) with which the next piece of the record begins.
    """

    def n_memory(self, step: float, /) -> int: ...

    def filter(
        self, trains: Any, step: float, n_rows: int, memory: np.ndarray | None = None, /
    ) -> tuple[np.ndarray, np.ndarray]: ...


class Pooling(Protocol):
    """From the rows of a whole sequence to one vector: ``pool(rows)`` of (n_rows, n_columns).

    One that learns has `fit`, see `MARKS`: before it pools it gets training sequences, and no labels.
    """

    def pool(self, rows: np.ndarray, /) -> np.ndarray: ...


PoolingChoice: TypeAlias = Pooling | str | Sequence[Pooling | str | tuple[Pooling | str, float]] | None
"""A pooling or its name, or a list of such, each alone or with its weight."""


class PlasticityRule(Protocol):
    """How synapses learn from the spikes at their ends.

    ``acts_on(projection)`` says which synapses of a `reservoir.circuits.Projection` learn (n_synapses,), and
    ``rule(projection)`` gives the equations of those as `reservoir.plasticity.rule.Rule`.
    """

    def acts_on(self, projection: Any, /) -> np.ndarray: ...

    def rule(self, projection: Any, /) -> Any: ...


class WindowedRule(PlasticityRule, Protocol):
    """A plasticity rule in which a lone pair of spikes has an effect that does not depend on others.

    ``window(lags, share)`` is that change (n_lags,), for a weight that is this share of the largest.
    """

    def window(self, lags: Any, share: float = 0.5, /) -> np.ndarray: ...


class RecurrentCell(Protocol):
    """The step of a trained recurrent network and its derivative, over packed rows; see `reservoir.rnn.cells.cell`."""

    def check(self) -> None: ...

    def n_drive(self, n_units: int, /) -> int: ...

    def n_outputs(self, n_units: int, /) -> int: ...

    def state_widths(self, n_units: int, /) -> tuple[int, ...]: ...

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator, /) -> dict[str, np.ndarray]: ...

    def forward(
        self, parameters: dict[str, np.ndarray], drive: np.ndarray, steps: Any, state: tuple[np.ndarray, ...], /
    ) -> tuple[np.ndarray, Any]: ...

    def backward(
        self,
        parameters: dict[str, np.ndarray],
        tape: Any,
        steps: Any,
        d_outputs: np.ndarray,
        d_state: tuple[np.ndarray, ...],
        /,
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]: ...


class Splitter(Protocol):
    """Folds for a search: ``split(X, y, groups)`` gives pairs (train, test) of indices."""

    def split(self, X: Any, y: Any = None, groups: Any = None, /) -> Iterator[tuple[np.ndarray, np.ndarray]]: ...
