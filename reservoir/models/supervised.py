"""What regressor and classifier share: targets beside the sequences, one per step or one per sequence."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import has_fit_parameter

from reservoir.models.base import ReservoirModel, TrainingRows, penalties_told, readout_of, reservoir_of
from reservoir.models.blocks import BLOCK_ROWS
from reservoir.models.inference import Inference
from reservoir.models.members import fit_readouts, mean_answer, seeded_members
from reservoir.models.pooled_rows import learn_poolings, make_poolings, pool_sequences
from reservoir.models.poolings.joined import as_pooling
from reservoir.models.presets import PRESETS, Preset, parts_of, places_in_presets
from reservoir.parts import PoolingChoice
from reservoir.sample_weights import after_washout
from reservoir.sequences import Sequences
from reservoir.sequences.gaps import Pieces, pieces_of
from reservoir.sequences.tables import answers_in_tables
from reservoir.systems.ensembles import Ensemble
from reservoir.threads import spread
from reservoir.validation import Parameters, default_parts_first, parameter_error


class TrainingTargets(NamedTuple):
    """What a readout is to answer, per row or per sequence."""

    values: np.ndarray  # (n,) or (n, n_outputs)
    weights: np.ndarray | None = None  # (n,), 0 where a value does not count; None: all count alike

    @property
    def plain(self) -> bool:
        """Whether a value counts or does not, and nothing between."""
        return self.weights is None or bool(np.isin(self.weights, (0.0, 1.0)).all())

    @property
    def counted(self) -> np.ndarray:
        """Which count (n,)."""
        return np.ones(len(self.values), dtype=bool) if self.weights is None else self.weights > 0


class SupervisedModel(ReservoirModel):
    """A model that is fitted to targets, and gives answers per step or per sequence."""

    pooling: PoolingChoice
    preset: str | None
    gaps: str
    n_members: int
    _n_presented = 0  # sequences that were learnt, which are as many trials
    _inference: Inference = Inference()

    def set_params(self, **params: Any) -> Any:
        """Set parameters; naming one of a part that is None, a name or a list makes the part first."""
        try:
            params = default_parts_first(self, params, self._default_parts(params))
        except ValueError as error:
            raise ValueError(f"{error}{_places_in_presets(params, self.preset)}") from error
        given = params.get("pooling", self.pooling)
        if any(name.startswith("pooling__") for name in params) and isinstance(given, str | list | tuple):
            params = params | {"pooling": as_pooling(type(self).__name__, given)}
        return super().set_params(**params)

    @property
    def spike_step(self) -> float | None:
        """Seconds that a row of spike trains lasts: the step of the reservoir, if that hears them, else None."""
        reservoir: Any = getattr(self, "reservoir_", self.reservoir)
        hears = getattr(reservoir, "hears_spikes", False)
        return Parameters(reservoir).real("step", 0, closed="neither", unit="second") if hears else None

    @property
    @abstractmethod
    def _per_step(self) -> bool:
        """Whether there is an answer for every step, rather than for every sequence."""

    @property
    @abstractmethod
    def _target_depth(self) -> bool:
        """What must be the same of y in every part of the data."""

    @abstractmethod
    def _read_training_data(
        self, X: Any, y: Any, sample_weight: Any = None, *, reset: bool = True
    ) -> tuple[Sequences, TrainingTargets]:
        """The sequences, and what the readout is to answer, per row or per sequence."""

    def _train(self, sequences: Sequences, targets: TrainingTargets) -> None:
        self._check_weighable(targets)
        pieces = self._pieces(sequences).sequences
        self._make_parts(pieces)
        self._n_presented = len(pieces)
        readouts = [member.readout_ for member in self._members()]
        with penalties_told(self):
            alone = len(pieces) == 1 and getattr(self._system, "any_thread", False)
            fit_readouts(readouts, self._first_blocks(sequences, targets), ahead=alone)
        self._tell_members()

    def _default_parts(self, params: Mapping[str, Any]) -> dict[str, Callable[[], Any]]:
        """Those of the preset for whole sequences, where there is one; the readout may be the model's own."""
        found, name = super()._default_parts(params), params.get("preset", self.preset)
        if getattr(self, "per_step_", False) or not isinstance(name, str) or name not in PRESETS:
            return found
        own = {part: value for part, value in parts_of(name)._asdict().items() if value is not None}
        return found | {part: partial(own.get, part) for part in own}

    def _pooling(self) -> Any:
        """The pooling of whole sequences, with ``pool``; None where there is an answer for every step."""
        given = self.pooling
        if given is None and self.preset is not None:
            given = parts_of(self.preset).pooling
        return None if given is None else as_pooling(type(self).__name__, given)

    def _tell_members(self) -> None:
        """What is known of the data goes to all members."""
        own = {"members_", "reservoir_", "readout_", "pooling_"}
        told = {name for name in vars(self) if name.endswith("_")} | {"_flat", "_n_presented", "_targets_in_tables"}
        known = {name: value for name, value in vars(self).items() if name in told - own}
        for member in getattr(self, "members_", ()):
            vars(member).update(known)

    def _make_parts(self, sequences: Sequences) -> None:
        for name in ("members_", "pooling_", "input_pooling_"):
            self.__dict__.pop(name, None)
        if self.n_members > 1:
            self.members_ = seeded_members(self, reservoir_of(self))
        for member in self._members():
            ReservoirModel._make_parts(member, sequences)
        self.reservoir_, self.readout_ = self._members()[0].reservoir_, self._members()[0].readout_
        if not self._per_step:
            make_poolings(self)

    def _members(self) -> list[Any]:
        return getattr(self, "members_", [self])

    @property
    def _reservoirs(self) -> list[Any]:
        return [member.reservoir_ for member in self._members()]

    @property
    def _streams_rows(self) -> bool:
        """Whether a stream of it answers every row, rather than all rows so far."""
        self._check_fitted()
        return self._per_step

    @property
    def _system(self) -> Any:
        reservoirs = self._reservoirs
        return reservoirs[0] if len(reservoirs) == 1 else Ensemble(reservoirs)

    @property
    def _block_rows(self) -> int:
        """Rows that are answered at once, so that the states of all members stay in the cache."""
        return max(BLOCK_ROWS // len(self._members()), 256)

    @property
    def _method(self) -> str:
        """What readouts are asked for the answers of `predict`."""
        return "predict"

    def _asked(self, method: str) -> Callable[[np.ndarray], np.ndarray]:
        """The readout's `method`, or the mean of what those of the members answer."""
        return mean_answer([member.readout_ for member in self._members()], method)

    def _features(self, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        n_members = len(self._members())
        return super()._features(states, inputs) if n_members == 1 else self._of_members(n_members, states, inputs)

    def _of_members(self, n_members: int, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """What the readout of every member sees (n_rows, n_members, n_columns), the rows of each side by side."""
        n_rows, n_units = len(states), states.shape[1] // n_members
        shape = n_members, n_rows, n_units + inputs.shape[1] * self.include_input
        seen = np.empty(shape, np.result_type(states, inputs) if self.include_input else states.dtype)

        def fill(place: int) -> None:
            seen[place, :, :n_units] = states[:, place * n_units : (place + 1) * n_units]
            seen[place, :, n_units:] = inputs[:, : seen.shape[2] - n_units]

        spread(fill, range(n_members), 2 * seen.size)
        return seen.swapaxes(0, 1)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        Parameters(self).integer("n_members", 1)

    def _first_blocks(self, sequences: Sequences, targets: TrainingTargets) -> Iterator[TrainingRows]:
        """The blocks of rows that a readout learns from first, and the poolings before it."""
        rows = None if self._per_step else learn_poolings(self, sequences, targets.counted)
        return self._training_blocks(sequences, targets, rows=rows)

    def _training_blocks(
        self, sequences: Sequences, targets: TrainingTargets, first_trial: int = 0, rows: np.ndarray | None = None
    ) -> Iterator[TrainingRows]:
        """The blocks of rows that the readout learns from, computed one after the other.

        Presentation k is trial first_trial + k. All rows are heard; what has no weight is not learnt. Pooled `rows` may
        be at hand.
        """
        values = targets.values if targets.weights is None else np.arange(len(targets.values))
        if self._per_step:
            pieces = self._pieces(sequences)
            own = values if pieces.sequences is sequences else values[pieces.places]
            blocks = self._step_blocks(pieces.sequences, own, first_trial=first_trial)
        else:
            if rows is None:
                rows, _ = pool_sequences(self, self._system, sequences, first_trial=first_trial)
            blocks = iter([TrainingRows(rows, values, np.arange(len(rows)))])
        yield from blocks if targets.weights is None else _counted(blocks, targets, targets.weights)

    def _pieces(self, sequences: Sequences) -> Pieces:
        """The sequences, cut at their gaps if that is asked for."""
        return pieces_of(sequences, cut=self.gaps == "split")

    def _late(self, sequences: Sequences) -> np.ndarray:
        """Which rows are learnt from and scored: those after the washout, of every piece; or all sequences."""
        if not self._per_step:
            return np.ones(len(sequences), dtype=bool)
        pieces, late = self._pieces(sequences), np.zeros(len(sequences.rows), dtype=bool)
        late[pieces.places] = after_washout(pieces.sequences, self._washout)
        return late

    def _check_gaps(self, sequences: Sequences) -> None:
        """Refuse sequences without a row after the washout, in one piece at least, if they are pooled."""
        pieces = self._pieces(sequences)
        if pieces.sequences is sequences:
            return
        long = pieces.sequences.lengths > self._washout
        lost = np.setdiff1d(np.arange(len(sequences)), pieces.whole[long])
        if lost.size == len(sequences) or (lost.size and not self._per_step):
            raise ValueError(
                f"Sequence {lost[0]} of X of {type(self).__name__} has no piece between its gaps of more than "
                f"washout={self._washout} rows."
            )

    def _check_gap_parameter(self) -> None:
        p = Parameters(self)
        p.choice("gaps", ("refuse", "split"))
        pooling = self._pooling()
        if self.gaps == "split" and not getattr(pooling, "joins_pieces", True):
            raise p.error("gaps", f"'refuse' for the pooling {type(pooling).__name__}, which goes from row to row")

    def _check_weighable(self, targets: TrainingTargets) -> None:
        """Refuse weights where the readout does not take them."""
        readout = readout_of(self)
        if not targets.plain and not has_fit_parameter(readout, "sample_weight"):
            raise self._not_weighable(f"with the readout {type(readout).__name__}, whose fit takes no sample_weight")

    def _not_weighable(self, why: str) -> ValueError:
        """An error for weights that the readout does not take."""
        return parameter_error(type(self).__name__, "sample_weight", f"None, 0 or 1 {why}", "other weights")

    def _answers(
        self, X: Any, method: str, shape: Callable[[np.ndarray], np.ndarray] | None = None, *, state: Any = None
    ) -> tuple[Any, Any]:
        """The readout's answers, through `shape`, in the container of X, and the final states."""
        self._check_fitted()
        sequences = self._inference.read(self, X)
        states = self._states_of(state, sequences)
        self._check_gaps(sequences)
        if self._per_step:
            answers, finals = self._inference.step_answers(self, sequences, method, states)
        else:
            self._check_lengths(sequences)
            rows, finals = self._inference.pooled_rows(self, sequences, states)
            answers = self._pooled_answers(rows, method)
        answers = answers if shape is None else shape(answers)
        packed = sequences.pack(answers) if self._per_step else answers
        return packed, finals[0] if sequences.kind == "series" else finals

    def _labelled(self, X: Any, answers: Any) -> Any:
        """Answers to the rows of X with their index, if tables are wanted."""
        return answers_in_tables(self, X, answers) if self._per_step else answers

    def _pooled_answers(self, rows: np.ndarray, method: str) -> np.ndarray:
        """The readout's answer for every sequence.

        It is asked for one sequence at a time, so that its answer cannot depend on the other sequences, unless it is
        known to be free of that (`row_wise`).
        """
        ask = self._asked(method)
        if getattr(self.readout_, "row_wise", False):
            return ask(rows)
        return np.concatenate([ask(row[None]) for row in rows])

    def _scored(
        self, sequences: Sequences, truth: np.ndarray, known: np.ndarray, weights: np.ndarray | None, X: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Truth, predictions and weights that are scored: where there is a target, steps without the washout."""
        predictions = self.predict(X)
        joined = np.concatenate(predictions) if self._per_step and sequences.kind != "series" else predictions
        kept = known & self._late(sequences)
        return truth[kept], np.asarray(joined)[kept], None if weights is None else weights[kept]

    @abstractmethod
    def predict(self, X: Any) -> Any:
        """The answers to X."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.gaps == "split"
        return tags

    def _states_of(self, state: Any, sequences: Sequences) -> list[Any] | None:
        """The given states as a list, one entry per sequence."""
        if state is not None and not getattr(self.reservoir_, "causal", True):
            none = "None: states of its system depend on rows to come, so that no run goes on from another"
            raise parameter_error(type(self).__name__, "state", none, state)
        if state is None or sequences.kind == "series":
            return None if state is None else [state]
        wanted = f"None or one state for each of the {len(sequences)} sequences"
        if not isinstance(state, list | tuple | np.ndarray) or len(state) != len(sequences):
            raise parameter_error(type(self).__name__, "state", wanted, state)
        return list(state)


def _places_in_presets(params: Mapping[str, Any], preset: str | None) -> str:
    """What an error adds where the parts of presets have parameters that the one at hand has not, or elsewhere."""
    said = []
    for name in params:
        part, _, parameter = name.partition("__")
        places = places_in_presets(part, parameter) if parameter and part in Preset._fields else {}
        if name not in places.get(params.get("preset", preset), ()):
            said += [f"{', '.join(keys)} with preset={own!r}" for own, keys in places.items()]
    return f" There is {'; '.join(said)}." if said else ""


def _counted(blocks: Iterator[TrainingRows], targets: TrainingTargets, weights: np.ndarray) -> Iterator[TrainingRows]:
    """Of blocks, whose targets are the places of what there is to learn, the rows that count."""
    plain = targets.plain
    for features, places, sequence, _ in blocks:
        kept = weights[places] > 0
        if kept.any():
            own = places[kept]
            numbers = None if sequence is None else sequence[kept]
            yield TrainingRows(features[kept], targets.values[own], numbers, None if plain else weights[own])
