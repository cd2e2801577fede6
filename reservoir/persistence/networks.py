"""Recurrent networks in files: one vector of parameters, and the state of the training."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.persistence.archive import Damaged
from reservoir.rnn.cells import Cell
from reservoir.rnn.descent import Descent
from reservoir.rnn.losses import LOSSES
from reservoir.rnn.optimizers import SGD, Adam, RMSProp
from reservoir.rnn.recurrent_network import RecurrentNetwork

# Each optimiser: what it is made of, and what it has gathered, one number per parameter.
_OPTIMIZERS: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    "sgd": (SGD, ("momentum", "nesterov"), ("velocity",)),
    "rmsprop": (RMSProp, ("decay", "epsilon"), ("mean_square",)),
    "adam": (Adam, ("beta_1", "beta_2", "epsilon"), ("mean", "mean_square")),
}
_MOST_LAYERS, _LARGEST_CAPACITY = 1000, 1 << 20


def keep_network(model: Any) -> dict[str, Any]:
    """The network and the state of its training, as plain values."""
    network, descent = model.network_, model._descent
    return {
        "cell": network.cell,
        "sizes": [int(size) for size in network.sizes],
        "bidirectional": bool(network.bidirectional),
        "vector": network.vector,
        "n_outputs": len(network.named["output.bias"]),
        "loss": descent.loss.name,
        "solver": next(name for name, (kind, *_) in _OPTIMIZERS.items() if type(descent.optimizer) is kind),
        "optimizer": dict(vars(descent.optimizer)),
        "rng": descent.rng,
        "batch_size": int(descent.settings.batch_size),
        "lowered": float(descent.lowered),
        "n_updates": int(descent.n_updates),
    }


def rebuild_network(model: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """The network, drawn anew and filled with what it had learned, and its training."""
    model._check_parameters()
    cell, vector, sizes = kept["cell"], kept["vector"], kept["sizes"]
    classes = getattr(model, "classes_", None)
    if not isinstance(cell, Cell) or (classes is not None and len(classes) != kept["n_outputs"]):
        raise Damaged("it holds a network without cells, or for other classes")
    if not isinstance(kept["rng"], np.random.Generator) or not all(type(size) is int and size >= 1 for size in sizes):
        raise Damaged("it holds a network without sizes, or without random numbers")
    cell.check()
    shape = model.n_features_in_, kept["n_outputs"]
    _check_draw(cell, sizes, 1 + kept["bidirectional"], shape, vector.size)
    model.network_ = RecurrentNetwork(
        cell, tuple(sizes), kept["bidirectional"], *shape, np.random.default_rng(0), vector.dtype
    )
    if model.network_.vector.shape != vector.shape:
        raise Damaged("it holds another number of parameters than its network has")
    model.network_.vector[...] = vector
    optimizer = _optimizer(kept["solver"], kept["optimizer"], vector)
    model._descent = Descent(
        model.network_, optimizer, LOSSES[kept["loss"]], kept["rng"], model._settings(kept["batch_size"])
    )
    model._descent.lowered, model._descent.n_updates = kept["lowered"], kept["n_updates"]
    model._descent.seed = model.random_state


def _optimizer(name: str, kept: dict[str, Any], vector: np.ndarray) -> Any:
    kind, numbers, arrays = _OPTIMIZERS[name]
    made = kind(vector.size, vector.dtype, *(kept[number] for number in numbers))
    if set(kept) != set(vars(made)) or not all(
        type(kept[one]) in (int, float, bool) for one in set(kept) - set(arrays)
    ):
        raise Damaged("it holds an optimiser without all of its numbers")
    if any(getattr(kept[one], "shape", None) != vector.shape or kept[one].dtype != vector.dtype for one in arrays):
        raise Damaged("it holds an optimiser of other parameters")
    vars(made).update(kept)
    return made


def _check_draw(cell: Cell, sizes: list[int], n_directions: int, shape: tuple[int, int], n_kept: int) -> None:
    """Refuse layers of more numbers than are kept; each is drawn at sizes that double, so that little is taken."""
    largest = max(*shape, *sizes, 1)
    if largest > n_kept or len(sizes) > _MOST_LAYERS or getattr(cell, "capacity", 1) > _LARGEST_CAPACITY:
        raise Damaged("it holds a network that is larger than its parameters")
    width, total = shape[0] - (cell.time_column is not None), 0
    for size in sizes:
        for shift in range(size.bit_length() - 1, -1, -1):
            drawn = _drawn(cell, width, size >> shift)
            if total + n_directions * drawn > n_kept:
                raise Damaged("it holds a network that is larger than its parameters")
        total += n_directions * drawn
        width = cell.n_outputs(size) * n_directions


def _drawn(cell: Cell, width: int, n_units: int) -> int:
    """Numbers in a layer of this size; 0 where so few units are too few for the cell."""
    try:
        return sum(array.size for array in cell.draw(width, n_units, np.random.default_rng(0)).values())
    except (ValueError, ZeroDivisionError, IndexError):
        if n_units >= 4:
            raise
        return 0
