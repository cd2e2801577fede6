"""The joints of the house: what every kind of part must have, and the marks that it may have.

A part is known by its methods, never by its class: whatever has those of a `Protocol` here can stand in its place.
`check_part` tells at run time what is missing, a type checker before. What other rooms ask a part beyond its methods,
by ``hasattr`` and ``getattr``, stands in `MARKS`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from reservoir.validation import parameter_error


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
    """

    def fit(self, X: Any, /) -> Any: ...

    def run(self, X: Any, state: Any = None, /) -> tuple[Any, Any]: ...


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


class Encoder(Protocol):
    """From rows of numbers to what a circuit hears; `fit` learns the range of the features.

    ``n_channels(n_features)`` is the number of spike trains, which ``encode(rows, step, rng)`` gives. An encoder of
    currents has `weights` in place of `encode`, see `MARKS`.
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
    """From the rows of a whole sequence to one vector: ``pool(rows)`` of (n_rows, n_columns)."""

    def pool(self, rows: np.ndarray, /) -> np.ndarray: ...


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


class Mark(NamedTuple):
    """An attribute that a part may have, and what other rooms take its presence or value to mean."""

    name: str
    part: type
    meaning: str


MARKS = (
    Mark("learned", Part, "attributes that `fit` sets, and what a model file may hold there; nothing without it"),
    Mark("check_learned", Part, "check_learned() refuses attributes from a file that do not fit together"),
    Mark("runs_compiled", System, "True: compiled loops run its very equation; False where a subclass replaces it"),
    Mark("unit_", System, "its fitted rate unit"),
    Mark("runs_layers", System, "True: it runs its layers one after the other, and nothing besides"),
    Mark("without_noise", System, "without_noise() is the same fitted system, free of noise, which answers"),
    Mark("piecewise", System, "False: states change where a run is cut in two; without it they do not"),
    Mark("noise", System, "what is added to the states is drawn anew for other data; 0 without it"),
    Mark("random_state", System, "source of its random numbers; a stack seeds those that are None"),
    Mark("transform", System, "transform(X) gives the states alone"),
    Mark("states", System, "states(X) gives what a trained network computes inside, for diagnosis"),
    Mark("n_features_in_", System, "number of features it was fitted to; 1 without it"),
    Mark("feature_names_in_", System, "their names"),
    Mark("layers_", System, "systems that hear one another or the same input, from the first to the last"),
    Mark("arrangement", System, "how its layers are put together; 'stacked' without it"),
    Mark("input_to_all", System, "whether every layer hears the input too"),
    Mark("circuit_", System, "its units spike: the state holds spikes on their way"),
    Mark("W_", System, "recurrent weights"),
    Mark("W_in_", System, "input weights (n_units, n_features)"),
    Mark("input_weights_", System, "weights (n_units, n_features) of the currents of an encoder without spikes"),
    Mark("leak", System, "share of the state that a step replaces; 1 without it"),
    Mark("activation", System, "name of the function of the units"),
    Mark("bidirectional", System, "it hears a sequence from both ends, so that it cannot go on by itself"),
    Mark("reservoir_", FittedModel, "the fitted system of a model"),
    Mark("readout_", FittedModel, "the fitted readout of a model"),
    Mark("readout", FittedModel, "it is a model, not a system"),
    Mark("washout", FittedModel, "rows at the beginning that are not scored; 0 without it"),
    Mark("pooling", FittedModel, "not None: one answer per sequence"),
    Mark("n_members", FittedModel, "models in an ensemble; 1 without it"),
    Mark("members_", FittedModel, "models of an ensemble, whose mean goes back"),
    Mark("forecast", FittedModel, "forecast(n_steps) goes on with a series"),
    Mark("heard", FittedModel, "heard(X): the data as its reservoir hears them; as they are without it"),
    Mark("squared_states", FittedModel, "True: its readout sees the squares of the states too"),
    Mark("exogenous", FittedModel, "channels that a forecast does not predict"),
    Mark("predict", FittedModel, "predict(X) answers; a system alone has none"),
    Mark("row_wise", Readout, "True: the prediction of a row has the same bits whichever rows stand beside it"),
    Mark("accumulate", Readout, "accumulate(X, y) takes a block of rows, solve() makes the answer: exact in blocks"),
    Mark("tells_sequences_apart", Readout, "True: accumulate wants to hear which sequence each row comes from"),
    Mark("closed_loop_training", Readout, "True: wants to be trained by step(x, target) with its output fed back"),
    Mark("predict_proba", Readout, "predict_proba(X) gives the probability of every class"),
    Mark("classes_", Readout, "labels, for a classifier"),
    Mark("coef_", Readout, "weights of a linear readout (n_features,) or (n_outputs, n_features)"),
    Mark("alpha", Readout, "penalty; a search may try many at the cost of one"),
    Mark("draw", Topology, "draw(n_units, rng); without it, the topology is a matrix"),
    Mark("spectral_radius", Topology, "spectral_radius(matrix) of what it draws, faster than in general"),
    Mark("radius_in_closed_form", Matrix, "radius_in_closed_form() is its spectral radius, or None"),
    Mark("norm_in_closed_form", Matrix, "norm_in_closed_form() is its largest singular value, or None"),
    Mark("weights", Matrix, "its weights by place, where it repeats them"),
    Mark("run", System, "run(X, state); a matrix has none"),
    Mark("shows_state", RateUnit, "False: readouts see what its step leaves in `heard`, not its first array"),
    Mark("step", RateUnit, "step of what cells() gives: the compiled step"),
    Mark("tangent", RateUnit, "tangent of what cells() gives: how small differences move; no Jacobian without it"),
    Mark("step_lanes", RateUnit, "step_lanes of what cells() gives: the step of several reservoirs side by side"),
    Mark("apply", RateUnit, "apply of its activation: the compiled function"),
    Mark("derive", RateUnit, "derive of its activation: the compiled slope"),
    Mark("advance", SpikingUnit, "advance of what cells() gives: the compiled step"),
    Mark("noise", SpikingUnit, "standard deviation of a noise current or voltage; 0 without it"),
    Mark("piecewise", Encoder, "False: rows must be encoded whole; without it, in any pieces"),
    Mark("weights", Encoder, "weights(n_features, n_units, rng) and normalised(rows): currents and no spikes"),
    Mark("equations", SpikingUnit, "equations() as text for Brian2; without it the unit runs in Numba alone"),
    Mark("window", PlasticityRule, "window(lags, share): the change by a lone pair of spikes"),
    Mark("reach", PlasticityRule, "seconds of lag after which its window is all but zero"),
    Mark("pool", Pooling, "pool(rows); without it, the pooling is a name"),
    Mark("capacity", RecurrentCell, "rotations per step; 1 without it"),
    Mark("scorer", Splitter, "scorer(scoring) leaves out the rows at the start of a fold"),
)
"""Every mark, the kind of part that may have it, and its meaning. A test compares them with what the code asks for."""


def members_of(kind: type) -> tuple[str, ...]:
    """The public methods and attributes that a Protocol asks for, in the order of its text."""
    asked = [base for base in reversed(kind.__mro__) if base is not object and base is not Protocol]
    names = [name for base in asked for name in (*vars(base), *inspect.get_annotations(base))]
    return tuple(dict.fromkeys(name for name in names if not name.startswith("_")))


def check_part(owner: str, name: str, value: Any, kind: type, *, optional: bool = False) -> None:
    """Refuse what is no part of this kind, naming the part, its user and what is missing.

    With `optional` the message says that None would do; it is for the caller to let None pass.
    """
    wanted = members_of(kind)
    missing = [member for member in wanted if not hasattr(value, member)]
    if missing or isinstance(value, type):
        why = f"missing: {', '.join(missing)}" if missing else "an instance, not the class"
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()
        article = "an" if words[0] in "aeiou" else "a"
        having = " and ".join(filter(None, [", ".join(wanted[:-1]), wanted[-1]]))
        requirement = f"{'None or ' * optional}{article} {words} with {having} ({why})"
        raise parameter_error(owner, name, requirement, value)


def without_noise(system: Any) -> Any:
    """The fitted system free of noise, as it answers: what adds noise does so while a model is trained."""
    return system.without_noise() if hasattr(system, "without_noise") else system
