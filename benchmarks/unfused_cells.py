"""Cells without a fused module anywhere, on one thread in float32: beside an eager torch loop and `jax.lax.scan`.

    python benchmarks/unfused_cells.py                  all cells, where torch and jax are installed
    python benchmarks/unfused_cells.py --cells ugrnn    one of them
    python benchmarks/unfused_cells.py --lengths 100    short sequences

All get the same weights, inputs and gradient of the outputs; outputs and the gradients of all parameters are asserted
equal before anything is timed. The product with the inputs, and what else does not depend on the state, is computed
once for all steps on every side: so are the matrices of the unitary and the Householder cell. The process stays on one
core. What the frameworks run stands in `cell_twins.py`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import measure  # first: it sets the number of threads
import numpy as np
from cell_twins import TWINS, Framework, Twin
from measure import Row

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import torch
from recurrent import BATCHES, LENGTHS, N_INPUTS, SIZES, there_and_back

from reservoir.rnn.cells import Cell
from reservoir.rnn.layer import Layer
from reservoir.rnn.packing import Packing

REQUIRED = {"torch": 4.0, "jax": 1 / 1.15}  # their time over ours
TORCH = Framework(
    torch,
    torch.addmm,
    torch.sigmoid,
    partial(torch.chunk, dim=-1),
    torch.complex,
    torch.from_numpy,
    lambda array, index: array.index_select(-1, index),
)
JAX = Framework(
    jax.numpy,
    lambda rows, x, matrix: rows + x @ matrix,
    jax.nn.sigmoid,
    partial(jax.numpy.split, axis=-1),
    jax.lax.complex,
    np.asarray,
    lambda array, index: array[..., index],
)


def layer_of(cell: Cell, n_units: int) -> Layer:
    """A layer in float32 whose biases, peepholes and state before the first step are not zero.

    Periods and ratios are powers of two and shifts whole numbers, so that float32 knows every phase exactly.
    """
    rng = np.random.default_rng(0)
    drawn = cell.draw(N_INPUTS, n_units, rng)
    for name in ("bias", "peephole_weights", "initial_state"):
        if name == "bias" or (name in drawn and not drawn[name].any()):
            drawn[name] = rng.normal(scale=0.1, size=drawn[name].shape)
    if "period" in drawn:
        drawn["period"] = 2.0 ** rng.integers(2, 8, size=n_units)
        drawn["shift"] = np.floor(drawn["period"] * rng.uniform(size=n_units))
        drawn["open_ratio"][:] = 1 / 16
    return Layer(cell, n_units, {name: np.ascontiguousarray(a, dtype=np.float32) for name, a in drawn.items()})


def ours(layer: Layer, rows: np.ndarray, times: np.ndarray, d_outputs: np.ndarray) -> tuple[np.ndarray, dict]:
    """Outputs (T, N, n_outputs) and the gradients of the parameters, for rows (T, N, F)."""
    n_steps, n_sequences, _ = rows.shape
    packing = Packing.of(np.full(n_sequences, n_steps))
    times = times.ravel() if layer.cell.time_column is not None else np.empty(0)
    packed, d_packed = rows.reshape(-1, N_INPUTS), d_outputs.reshape(-1, layer.n_outputs)
    outputs, gradients = there_and_back(layer, packed, packing, times, d_packed, training=True)
    return outputs.reshape(n_steps, n_sequences, -1), gradients


def is_complex(layer: Layer) -> bool:
    """Whether units are complex, which gives two columns of outputs each."""
    return layer.n_outputs == 2 * layer.n_units


def start_of(lib: Framework, layer: Layer, own: dict, n_sequences: int) -> tuple:
    """The state before the first step, complex where the units are."""
    state = lib.names.zeros((n_sequences, layer.state_size)) + own.get("initial_state", 0)
    ends = np.cumsum([0, *layer.cell.state_widths(layer.n_units)])
    if is_complex(layer):
        return (lib.complex(*lib.split(state, 2)),)
    return tuple(state[:, a:b] for a, b in itertools.pairwise(ends))


def real(lib: Framework, layer: Layer, outputs: Any) -> Any:
    """Outputs as ours are."""
    return lib.names.concatenate([outputs.real, outputs.imag], -1) if is_complex(layer) else outputs


def eager(layer: Layer, twin: Twin, own: dict, rows, times, d_outputs) -> tuple:
    """A loop of torch."""
    for parameter in own.values():
        parameter.grad = None
    inputs, step = twin.function(twin.cell, TORCH, own, rows @ own["input_weights"] + own["bias"], times)
    state, outputs = start_of(TORCH, layer, own, rows.shape[1]), []
    for row in zip(*(array.unbind(0) for array in inputs), strict=True):
        state = step(state, row)
        outputs.append(state[0])
    joined = real(TORCH, layer, torch.stack(outputs))
    joined.backward(d_outputs)
    return joined.detach(), {name: parameter.grad for name, parameter in own.items()}


def scanned(layer: Layer, twin: Twin) -> Callable:
    """A compiled function of the same arguments for jax."""

    def loss(own: dict, rows, times, d_outputs):
        inputs, step = twin.function(twin.cell, JAX, own, rows @ own["input_weights"] + own["bias"], times)

        def body(state, row):
            state = step(state, row)
            return state, state[0]

        _, outputs = jax.lax.scan(body, start_of(JAX, layer, own, rows.shape[1]), inputs)
        outputs = real(JAX, layer, outputs)
        return (outputs * d_outputs).sum(), outputs

    gradient = jax.jit(jax.grad(loss, has_aux=True))

    def run(*arguments) -> tuple:
        gradients, outputs = jax.block_until_ready(gradient(*arguments))
        return outputs, gradients

    return run


def assert_same(work: str, mine: tuple, theirs: tuple, same: float) -> None:
    """Outputs and all gradients agree."""
    pairs = {"outputs": (mine[0], theirs[0])}
    pairs |= {name: (array, theirs[1][name]) for name, array in mine[1].items()}
    for name, (a, b) in pairs.items():
        difference, largest = np.abs(a - np.asarray(b)).max(), np.abs(np.asarray(b)).max()
        if not difference <= same * largest:
            raise SystemExit(f"{work}: not equal work, {name} differs by {difference:.2g} of {largest:.2g}")


def rows_of(name: str, n_units: int, n_sequences: int, n_steps: int, repeats: int) -> list[Row]:
    """Two lines: milliseconds of a forward and a backward pass."""
    rng = np.random.default_rng(1)
    twin = TWINS[name]
    layer = layer_of(twin.cell, n_units)
    rows = rng.normal(size=(n_steps, n_sequences, N_INPUTS)).astype(np.float32)
    d_outputs = rng.normal(size=(n_steps, n_sequences, layer.n_outputs)).astype(np.float32)
    times = np.cumsum(rng.integers(1, 128, size=(n_steps, n_sequences, 1)) / 64, axis=0)
    arrays = rows, times.astype(np.float32), d_outputs
    tensors = [torch.from_numpy(array) for array in arrays]
    leaves = {part: torch.from_numpy(array.copy()).requires_grad_() for part, array in layer.parameters.items()}
    own = {part: jax.numpy.asarray(array) for part, array in layer.parameters.items()}
    works = {
        "ours": partial(ours, layer, rows, times, d_outputs),
        "torch": partial(eager, layer, twin, leaves, *tensors),
        "jax": partial(scanned(layer, twin), own, *map(jax.numpy.asarray, arrays)),
    }
    return timed(f"{name}, {n_units} units, batch {n_sequences}, {n_steps} steps", works, twin, repeats)


def timed(work: str, works: dict[str, Callable], twin: Twin, repeats: int) -> list[Row]:
    """All sides compared, then timed in turns."""
    first = {name: measure.timed(run) for name, run in works.items()}
    with measure.one_thread():
        mine = works["ours"]()
        for peer in REQUIRED:
            assert_same(f"{work}, {peer}", mine, works[peer](), twin.same)
    taken = measure.in_turns(works, repeats, warm=False)
    rows = []
    for peer, least in REQUIRED.items():
        times = 1e3 * taken["ours"].median, "ms", peer, 1e3 * taken[peer].median
        calls = f"{first['ours']:.2g} / {first[peer]:.2g}"
        rows.append(Row(work, *times, required=round(least, 3) if twin.required else None, first=calls))
    return rows


def summary(rows: list[Row]) -> str:
    """Geometric means of the ratios, by cell and peer."""
    groups: dict[tuple, list[float]] = {}
    for row in rows:
        groups.setdefault((row.work.split(",")[0], row.peer), []).append(measure.ratio(row))
    means = [f"{cell} against {peer}: {np.exp(np.mean(np.log(of))):.3g}" for (cell, peer), of in groups.items()]
    return "Geometric means of the ratios: " + "; ".join(means) + "." if means else ""


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--cells", nargs="*", choices=list(TWINS), default=list(TWINS))
    for name, values in (("sizes", SIZES), ("batches", BATCHES), ("lengths", LENGTHS)):
        options.add_argument(f"--{name}", nargs="*", type=int, default=values)
    options = options.parse_args()
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):  # XLA has no other way to keep to one core
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = []
    for name in options.cells:
        for n_units in options.sizes:
            for n_sequences in options.batches:
                for n_steps in options.lengths:
                    rows += rows_of(name, n_units, n_sequences, n_steps, options.repeats)
    measure.publish(rows, options, "torch", "jax", text=summary(rows))


if __name__ == "__main__":
    main()
