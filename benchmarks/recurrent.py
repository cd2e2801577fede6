"""Forward and backward pass of recurrent layers on one thread, float32, beside torch.

    python benchmarks/recurrent.py                      all of it, where torch is installed
    python benchmarks/recurrent.py --parts ragged       one part

fused: LSTM and GRU beside torch's own modules, sequences of equal length. ragged: the same on sequences of many
lengths, which torch packs. Both sides get the same weights, inputs and gradient of the outputs; states and gradients
of all parameters are asserted equal before anything is timed. Packing is inside the clock on both sides.
"""

from __future__ import annotations

from functools import partial

import measure  # first: it sets the number of threads
import numpy as np
import torch
from measure import Row

from reservoir.rnn.cells import CELLS
from reservoir.rnn.layer import Layer
from reservoir.rnn.packing import Packing

N_INPUTS = 8
SIZES, BATCHES, LENGTHS = (32, 64, 128), (1, 32), (100, 1000)
MODULES = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
BLOCKS = {"lstm": (0, 1, 3, 2), "gru": (0, 1, 2)}  # torch's order of the gates in ours
ATLEAST = {1: 1.0, 32: 1 / 1.5}  # torch's time over ours, by batch
GEOMETRIC_MEAN = 1.15
SAME = 2e-4  # relative to the largest number; both sum up to 32,000 rows in float32


def layer_of(name: str, n_units: int) -> Layer:
    """A layer in float32 whose biases are not zero."""
    rng = np.random.default_rng(0)
    cell = CELLS[name]()
    drawn = cell.draw(N_INPUTS, n_units, rng)
    drawn |= {part: rng.normal(scale=0.1, size=a.shape) for part, a in drawn.items() if part.endswith("bias")}
    return Layer(cell, n_units, {part: np.ascontiguousarray(a, dtype=np.float32) for part, a in drawn.items()})


def module_of(name: str, layer: Layer) -> torch.nn.Module:
    """torch's module with the same weights; of its two biases the second is zero where the first can hold both."""
    module = MODULES[name](N_INPUTS, layer.n_units)
    own = layer.parameters
    inner = own.get("recurrent_bias", np.zeros(0, dtype=np.float32))
    second = np.concatenate([np.zeros(own["bias"].size - inner.size, dtype=np.float32), inner])
    with torch.no_grad():
        module.weight_ih_l0.copy_(torch.from_numpy(reordered(name, own["input_weights"])))
        module.weight_hh_l0.copy_(torch.from_numpy(reordered(name, own["recurrent_weights"])))
        module.bias_ih_l0.copy_(torch.from_numpy(reordered(name, own["bias"])))
        module.bias_hh_l0.copy_(torch.from_numpy(second))
    return module


def reordered(name: str, array: np.ndarray) -> np.ndarray:
    """Our blocks of columns as torch's blocks of rows."""
    blocks = np.split(array, len(BLOCKS[name]), axis=-1)
    return np.ascontiguousarray(np.concatenate([blocks[k] for k in BLOCKS[name]], axis=-1).T)


def there_and_back(
    layer: Layer, rows: np.ndarray, packing: Packing, times: np.ndarray, d_outputs: np.ndarray, training: bool = False
) -> tuple[np.ndarray, dict]:
    """Packed outputs and the gradients of the parameters, for packed rows."""
    none = np.empty((0, layer.n_outputs), dtype=np.float32)
    outputs, _, tape = layer.forward(rows, packing, times, None, none, training)
    gradients = {name: np.zeros_like(array) for name, array in layer.parameters.items()}
    layer.backward(tape, d_outputs, gradients, with_inputs=False)
    return outputs, gradients


def ours(layer: Layer, members: list[np.ndarray], d_outputs: np.ndarray) -> tuple[np.ndarray, dict]:
    """Packed outputs and the gradients of the parameters; `d_outputs` is packed."""
    lengths = np.array([len(member) for member in members])
    packing = Packing.of(lengths)
    rows = np.concatenate(members)[packing.places(np.cumsum(lengths) - lengths)]
    return there_and_back(layer, rows, packing, np.empty(0), d_outputs)


def equal_lengths(module: torch.nn.Module, rows: torch.Tensor, d_outputs: torch.Tensor) -> torch.Tensor:
    """torch on a tensor (T, N, F)."""
    module.zero_grad(set_to_none=True)
    outputs, _ = module(rows)
    outputs.backward(d_outputs)
    return outputs


def packed(module: torch.nn.Module, members: list[torch.Tensor], d_outputs: torch.Tensor) -> torch.Tensor:
    """torch on sequences of many lengths, the longest first."""
    module.zero_grad(set_to_none=True)
    outputs, _ = module(torch.nn.utils.rnn.pack_sequence(members))
    outputs.data.backward(d_outputs)
    return outputs.data


def assert_same(name: str, layer: Layer, module: torch.nn.Module, mine: tuple, theirs: torch.Tensor) -> None:
    """States and gradients agree."""
    outputs, gradients = mine
    pairs = [
        (outputs, theirs.detach().numpy().reshape(outputs.shape)),
        (reordered(name, gradients["input_weights"]), module.weight_ih_l0.grad.numpy()),
        (reordered(name, gradients["recurrent_weights"]), module.weight_hh_l0.grad.numpy()),
        (reordered(name, gradients["bias"]), module.bias_ih_l0.grad.numpy()),
    ]
    for a, b in pairs:
        if np.abs(a - b).max() > SAME * np.abs(b).max():
            raise SystemExit(f"{name}, {layer.n_units} units: not equal work, {np.abs(a - b).max()}")


def fused(repeats: int) -> tuple[list[Row], str]:
    """LSTM and GRU beside torch's fused modules, on sequences of equal length."""
    rows, text = [], []
    for name in MODULES:
        slower = []
        for n_units in SIZES:
            for n_sequences in BATCHES:
                for n_steps in LENGTHS:
                    row = fused_row(name, n_units, n_sequences, n_steps, repeats)
                    rows.append(row)
                    slower.append(row.ours / row.theirs)
        mean = np.exp(np.mean(np.log(slower)))
        text.append(f"{name}: geometric mean of our time over torch's {mean:.2f}.")
    return rows, "\n".join(text)


def fused_row(name: str, n_units: int, n_sequences: int, n_steps: int, repeats: int) -> Row:
    """One line: milliseconds of a forward and a backward pass."""
    rng = np.random.default_rng(1)
    layer = layer_of(name, n_units)
    module = module_of(name, layer)
    rows = rng.normal(size=(n_steps, n_sequences, N_INPUTS)).astype(np.float32)
    d_outputs = rng.normal(size=(n_steps, n_sequences, n_units)).astype(np.float32)
    members = [np.ascontiguousarray(rows[:, k]) for k in range(n_sequences)]
    works = {
        "ours": partial(ours, layer, members, d_outputs.reshape(-1, n_units)),
        "torch": partial(equal_lengths, module, torch.from_numpy(rows), torch.from_numpy(d_outputs)),
    }
    work = f"{name}, {n_units} units, batch {n_sequences}, {n_steps} steps"
    return timed(work, name, layer, module, works, ATLEAST[n_sequences], repeats, f"nn.{type(module).__name__}")


def ragged(repeats: int) -> tuple[list[Row], str]:
    """The same on 32 sequences whose lengths are uniform, or mostly short, beside torch's packed sequences."""
    rng = np.random.default_rng(2)
    kinds = {
        "uniform 10-200": rng.integers(10, 200, size=32),
        "heavy tail 5-1000": (5 + 30 * rng.pareto(1.5, size=32)).clip(5, 1000).astype(int),
    }
    rows = []
    for name in MODULES:
        for n_units in SIZES:
            for kind, lengths in kinds.items():
                lengths = np.sort(lengths)[::-1]
                layer = layer_of(name, n_units)
                module = module_of(name, layer)
                members = [rng.normal(size=(length, N_INPUTS)).astype(np.float32) for length in lengths]
                d_outputs = rng.normal(size=(lengths.sum(), n_units)).astype(np.float32)
                tensors = [torch.from_numpy(member) for member in members]
                works = {
                    "ours": partial(ours, layer, members, d_outputs),
                    "torch": partial(packed, module, tensors, torch.from_numpy(d_outputs)),
                }
                work = f"{name}, {n_units} units, 32 ragged sequences, {kind}"
                rows.append(timed(work, name, layer, module, works, 5.0, repeats, "PackedSequence"))
    return rows, ""


def timed(work: str, name: str, layer: Layer, module, works: dict, required: float, repeats: int, note: str) -> Row:
    """Both sides compared, then timed in turns."""
    with measure.one_thread():
        assert_same(name, layer, module, works["ours"](), works["torch"]())
    taken = measure.in_turns(works, repeats)
    first = f"{taken['ours'].first:.2g} / {taken['torch'].first:.2g}"
    times = 1e3 * taken["ours"].median, "ms", "torch", 1e3 * taken["torch"].median
    return Row(work, *times, required=round(required, 3), first=first, note=note)


PARTS = {"fused": fused, "ragged": ragged}


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--parts", nargs="*", choices=list(PARTS), default=list(PARTS))
    options = options.parse_args()
    torch.set_num_threads(1)
    rows, text = [], []
    for part in options.parts:
        more, said = PARTS[part](options.repeats)
        rows += more
        text += [said] if said else []
    measure.publish(rows, options, "torch", text="\n".join(text))


if __name__ == "__main__":
    main()
