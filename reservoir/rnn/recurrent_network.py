"""Layers of cells with a linear output, whose parameters stand in one flat vector."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.readouts.affine import affine
from reservoir.rnn.cells import Cell
from reservoir.rnn.initialisation import glorot
from reservoir.rnn.layer import Layer, Tape
from reservoir.rnn.packing import Packing


class Masks(NamedTuple):
    """Variational dropout of one batch: one mask per sequence, the same at every step, in the order of the packing."""

    inputs: list[np.ndarray]  # one per layer (n_sequences, n_inputs)
    recurrent: list[list[np.ndarray]]  # one per direction of a layer (n_sequences, n_outputs)
    outputs: np.ndarray  # (n_sequences, width), before the output weights

    def of(self, chosen: slice) -> Masks:
        """Those of some sequences."""
        recurrent = [[mask[chosen] for mask in layer] for layer in self.recurrent]
        return Masks([mask[chosen] for mask in self.inputs], recurrent, self.outputs[chosen])


class RecurrentNetwork:
    """Stacked layers, each in one or two directions.

    Parameters
    ----------
    cell : Cell
        Its options serve all layers.
    sizes : sequence of int
        Units of each layer, in one direction.
    bidirectional : bool
        Whether each layer also runs from the end of the sequences; outputs of both directions stand side by side.
    n_inputs, n_outputs : int
    rng : numpy Generator
    dtype : dtype
    """

    def __init__(
        self,
        cell: Cell,
        sizes: tuple[int, ...],
        bidirectional: bool,
        n_inputs: int,
        n_outputs: int,
        rng: np.random.Generator,
        dtype: np.dtype,
    ):
        self.cell, self.sizes, self.bidirectional = cell, sizes, bidirectional
        directions = ("forward", "reverse")[: 1 + bidirectional]
        drawn: dict[str, np.ndarray] = {}
        self._keys: list[tuple[int, str, int]] = []
        width = n_inputs - (cell.time_column is not None)
        for index, n_units in enumerate(sizes):
            for direction in directions:
                parameters = cell.draw(width, n_units, rng)
                drawn |= {f"layer_{index}.{direction}.{name}": array for name, array in parameters.items()}
                self._keys.append((index, direction, n_units))
            width = cell.n_outputs(n_units) * len(directions)
        drawn |= {"output.weights": glorot(rng, width, n_outputs), "output.bias": np.zeros(n_outputs)}
        self.shapes = {name: array.shape for name, array in drawn.items()}
        weights = np.concatenate([array.ravel() for array in drawn.values()])
        self.vector = _narrowed(weights, dtype, f"The initial weights of {type(cell).__name__}")
        self.width = width
        self._bind()

    @property
    def state_size(self) -> int:
        """Numbers in the state of one sequence, all layers together."""
        return sum(layer.state_size for layers in self.layers for layer in layers)

    def copied(self) -> RecurrentNetwork:
        """The same network with a vector of its own, in memory and writable."""
        other = RecurrentNetwork.__new__(RecurrentNetwork)
        other.__setstate__({**self.__getstate__(), "vector": np.array(self.vector)})
        return other

    def views(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """A vector like the parameters as named arrays."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()])
        parts = np.split(vector, ends[:-1])
        return {name: part.reshape(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def penalised(self) -> np.ndarray:
        """Which numbers of the vector are weights, 1 or 0."""
        kept = np.zeros_like(self.vector)
        for name, view in self.views(kept).items():
            view[...] = name.endswith("weights")
        return kept

    def split_times(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inputs of the first layer and the time stamps in float64, empty where the cell asks for none."""
        column = self.cell.time_column
        if column is None:
            return _narrowed(rows, self.vector.dtype, "The inputs"), np.empty(0)
        inputs = _narrowed(np.delete(rows, column, axis=1), self.vector.dtype, "The inputs")
        return inputs, np.ascontiguousarray(rows[:, column])

    def forward(
        self,
        rows: np.ndarray,
        packing: Packing,
        state: np.ndarray | None = None,
        masks: Masks | None = None,
        training: bool = False,
    ) -> tuple[np.ndarray, np.ndarray, list[Tape]]:
        """Outputs of the last layer (n_rows, width) of packed rows, the final state of all layers, and the tapes.

        `rows` is (n_rows, n_inputs) in float64, `state` (n_sequences, state_size) or None at the beginning.
        """
        hidden, times = self.split_times(rows)
        states, tapes, finals = self._cut_state(state), [], []
        for index, layers in enumerate(self.layers):
            hidden = hidden if masks is None else hidden * masks.inputs[index][packing.member]
            outputs = []
            for which, layer in enumerate(layers):
                none = np.empty((0, layer.n_outputs), hidden.dtype)
                mask = none if masks is None else masks.recurrent[index][which]
                out, final, tape = layer.forward(hidden, packing, times, next(states), mask, training)
                outputs.append(out)
                finals.append(final)
                tapes.append(tape)
            hidden = outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=1)
        return hidden, np.concatenate(finals, axis=1), tapes

    def backward(
        self, tapes: list[Tape], d_hidden: np.ndarray, packing: Packing, masks: Masks | None = None
    ) -> np.ndarray:
        """Gradient like `vector`, given that of the last layer's outputs; zero for the output weights."""
        gradient = np.zeros_like(self.vector)
        views, tapes = self.views(gradient), list(tapes)
        for index in range(len(self.layers) - 1, -1, -1):
            d_inputs: Any = []
            for which in range(len(self.layers[index]) - 1, -1, -1):
                layer, direction = self.layers[index][which], ("forward", "reverse")[which]
                own = {name: views[f"layer_{index}.{direction}.{name}"] for name in layer.parameters}
                columns = d_hidden[:, which * layer.n_outputs : (which + 1) * layer.n_outputs]
                d_inputs.append(layer.backward(tapes.pop(), np.ascontiguousarray(columns), own, index > 0))
            if index:
                d_hidden = np.sum(d_inputs, axis=0)
                d_hidden = d_hidden if masks is None else d_hidden * masks.inputs[index][packing.member]
        return gradient

    def output(self, features: np.ndarray) -> np.ndarray:
        """Features times the output weights, plus the bias (n_rows, n_outputs), in float64; row by row."""
        out = np.empty((len(features), len(self.named["output.bias"])))
        coef = np.ascontiguousarray(self.named["output.weights"].T)
        affine(np.ascontiguousarray(features), coef, self.named["output.bias"], out)
        return out

    def draw_masks(self, rates: tuple[float, float, float], n_sequences: int, rng: np.random.Generator) -> Masks:
        """Masks that drop inputs, fed-back states, and what goes on to the next layer or the output, at these rates."""

        def mask(width: int, rate: float) -> np.ndarray:
            kept = rng.uniform(size=(n_sequences, width)) >= rate
            return (kept / (1.0 - rate)).astype(self.vector.dtype)

        widths = [len(layers[0].parameters["input_weights"]) for layers in self.layers]
        inputs = [mask(width, rates[0] if index == 0 else rates[2]) for index, width in enumerate(widths)]
        recurrent = [[mask(layer.n_outputs, rates[1]) for layer in layers] for layers in self.layers]
        return Masks(inputs, recurrent, mask(self.width, rates[2]))

    def _bind(self) -> None:
        """Make the layers whose parameters are views of the vector."""
        self.named = self.views(self.vector)
        self.layers: list[list[Layer]] = [[] for _ in self.sizes]
        for index, direction, n_units in self._keys:
            prefix = f"layer_{index}.{direction}."
            own = {name.removeprefix(prefix): view for name, view in self.named.items() if name.startswith(prefix)}
            self.layers[index].append(Layer(self.cell, n_units, own, direction == "reverse"))

    def _cut_state(self, state: np.ndarray | None) -> Any:
        sizes = [layer.state_size for layers in self.layers for layer in layers]
        parts = [None] * len(sizes) if state is None else np.split(state, np.cumsum(sizes)[:-1], axis=1)
        return iter(parts)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("named", "layers")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._bind()


def _narrowed(values: np.ndarray, dtype: np.dtype, what: str) -> np.ndarray:
    """The values in the type of the network, if they fit."""
    with np.errstate(over="ignore", under="ignore"):
        narrow = values.astype(dtype)
    if not np.isfinite(narrow).all():
        raise ValueError(f"{what} overflow {dtype}: scale them, or take dtype='float64'.")
    return narrow
