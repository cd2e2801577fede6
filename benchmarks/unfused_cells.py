"""Cells without a fused module anywhere, on one thread in float32: beside an eager torch loop and `jax.lax.scan`.

    python benchmarks/unfused_cells.py                  all cells, where torch and jax are installed
    python benchmarks/unfused_cells.py --cells ugrnn    one of them

All get the same weights, inputs and gradient of the outputs; states and the gradients of all parameters are asserted
equal before anything is timed. The product with the inputs, and what else does not depend on the state, is computed
for all steps at once on every side. The process stays on one core.

A cell is one function here, in TWINS under its name, that both frameworks call.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import measure  # first: it sets the number of threads
import numpy as np
from measure import Row

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import torch

from reservoir.rnn.cells import UGRNN, Cell, PhasedLSTM
from reservoir.rnn.layer import Layer
from reservoir.rnn.packing import Packing

N_INPUTS = 8
SIZES, BATCHES, LENGTHS = (32, 64, 128), (1, 32), (100, 1000)
REQUIRED = {"torch": 4.0, "jax": 1 / 1.15}  # their time over ours
SAME = 2e-4  # relative to the largest number; sums over up to 32,000 rows in float32


class Framework(NamedTuple):
    """The functions that twins call."""

    affine: Callable  # (rows, x, matrix) -> rows + x matrix
    logistic: Callable
    tanh: Callable
    floor: Callable
    where: Callable
    split: Callable  # (array, parts) -> parts of the last axis


TORCH = Framework(torch.addmm, torch.sigmoid, torch.tanh, torch.floor, torch.where, partial(torch.chunk, dim=-1))
JAX = Framework(
    lambda rows, x, matrix: rows + x @ matrix,
    jax.nn.sigmoid,
    jax.numpy.tanh,
    jax.numpy.floor,
    jax.numpy.where,
    partial(jax.numpy.split, axis=-1),
)


def ugrnn(lib: Framework, own: dict, drive: Any, times: Any) -> tuple[tuple, Callable]:
    """What every step gets, all steps at once, and the step: (state, what it gets) -> state, the output first."""

    def step(state: tuple, row: tuple) -> tuple:
        gate, candidate = lib.split(lib.affine(row[0], state[0], own["recurrent_weights"]), 2)
        candidate = lib.tanh(candidate)
        return (candidate + lib.logistic(gate) * (state[0] - candidate),)

    return (drive,), step


def phased_lstm(lib: Framework, own: dict, drive: Any, times: Any) -> tuple[tuple, Callable]:
    """The same; the time gates of all steps are computed at once."""
    leak, (see_i, see_f, see_o) = PhasedLSTM().leak, own["peephole_weights"]
    turns = (times - own["shift"]) / own["period"]
    phase = turns - lib.floor(turns)
    through = 2 * phase / own["open_ratio"]
    opened = lib.where(through < 1, through, lib.where(through < 2, 2 - through, leak * phase))

    def step(state: tuple, row: tuple) -> tuple:
        (h, c), (pre, k) = state, row
        i, f, o, g = lib.split(lib.affine(pre, h, own["recurrent_weights"]), 4)
        new = lib.logistic(f + see_f * c) * c + lib.logistic(i + see_i * c) * lib.tanh(g)
        output = lib.logistic(o + see_o * new) * lib.tanh(new)
        return h + k * (output - h), c + k * (new - c)

    return (drive, opened), step


TWINS = {"ugrnn": (UGRNN(), ugrnn), "phased_lstm": (PhasedLSTM(time_column=0), phased_lstm)}


def layer_of(cell: Cell, n_units: int) -> Layer:
    """A layer in float32 whose biases and peepholes are not zero.

    Periods and ratios are powers of two and shifts whole numbers, so that float32 knows every phase exactly.
    """
    rng = np.random.default_rng(0)
    drawn = cell.draw(N_INPUTS, n_units, rng)
    for name in ("bias", "peephole_weights", "initial_state"):
        if name in drawn:
            drawn[name] = rng.normal(scale=0.1, size=drawn[name].shape)
    if "period" in drawn:
        drawn["period"] = 2.0 ** rng.integers(2, 8, size=n_units)
        drawn["shift"] = np.floor(drawn["period"] * rng.uniform(size=n_units))
        drawn["open_ratio"][:] = 1 / 16
    return Layer(cell, n_units, {name: np.ascontiguousarray(a, dtype=np.float32) for name, a in drawn.items()})


def ours(layer: Layer, rows: np.ndarray, times: np.ndarray, d_outputs: np.ndarray) -> tuple[np.ndarray, dict]:
    """Outputs (T, N, n_units) and the gradients of the parameters, for rows (T, N, F)."""
    n_steps, n_sequences, _ = rows.shape
    packing = Packing.of(np.full(n_sequences, n_steps))
    none = np.empty((0, layer.n_outputs), dtype=np.float32)
    times = times.ravel() if getattr(layer.cell, "time_column", None) is not None else np.empty(0)
    outputs, _, tape = layer.forward(rows.reshape(-1, N_INPUTS), packing, times, None, none, training=True)
    gradients = {name: np.zeros_like(array) for name, array in layer.parameters.items()}
    layer.backward(tape, d_outputs.reshape(outputs.shape), gradients, with_inputs=False)
    return outputs.reshape(n_steps, n_sequences, -1), gradients


def start_of(layer: Layer, own: dict, zeros: Callable, n_sequences: int) -> tuple:
    """The state before the first step."""
    widths = layer.cell.state_widths(layer.n_units)
    initial = own.get("initial_state")
    if initial is None:
        return tuple(zeros((n_sequences, width)) for width in widths)
    ends = np.cumsum([0, *widths])
    return tuple(zeros((n_sequences, b - a)) + initial[a:b] for a, b in itertools.pairwise(ends))


def eager(layer: Layer, twin: Callable, own: dict, rows, times, d_outputs) -> tuple:
    """A loop of torch."""
    for parameter in own.values():
        parameter.grad = None
    drive = rows @ own["input_weights"] + own["bias"]
    inputs, step = twin(TORCH, own, drive, times)
    state, outputs = start_of(layer, own, torch.zeros, rows.shape[1]), []
    for row in zip(*(array.unbind(0) for array in inputs), strict=True):
        state = step(state, row)
        outputs.append(state[0])
    joined = torch.stack(outputs)
    joined.backward(d_outputs)
    return joined.detach(), {name: parameter.grad for name, parameter in own.items()}


def scanned(layer: Layer, twin: Callable) -> Callable:
    """A compiled function of the same arguments for jax."""

    def loss(own: dict, rows, times, d_outputs):
        drive = rows @ own["input_weights"] + own["bias"]
        inputs, step = twin(JAX, own, drive, times)

        def body(state, row):
            state = step(state, row)
            return state, state[0]

        _, outputs = jax.lax.scan(body, start_of(layer, own, jax.numpy.zeros, rows.shape[1]), inputs)
        return (outputs * d_outputs).sum(), outputs

    gradient = jax.jit(jax.grad(loss, has_aux=True))

    def run(*arguments) -> tuple:
        gradients, outputs = jax.block_until_ready(gradient(*arguments))
        return outputs, gradients

    return run


def assert_same(work: str, mine: tuple, theirs: tuple) -> None:
    """States and all gradients agree."""
    pairs = {"outputs": (mine[0], theirs[0])}
    pairs |= {name: (array, theirs[1][name]) for name, array in mine[1].items()}
    for name, (a, b) in pairs.items():
        difference, largest = np.abs(a - np.asarray(b)).max(), np.abs(np.asarray(b)).max()
        if not difference <= SAME * largest:
            raise SystemExit(f"{work}: not equal work, {name} differs by {difference:.2g} of {largest:.2g}")


def rows_of(name: str, n_units: int, n_sequences: int, n_steps: int, repeats: int) -> list[Row]:
    """Two lines: milliseconds of a forward and a backward pass."""
    rng = np.random.default_rng(1)
    cell, twin = TWINS[name]
    layer = layer_of(cell, n_units)
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
    work = f"{name}, {n_units} units, batch {n_sequences}, {n_steps} steps"
    return timed(work, works, repeats)


def timed(work: str, works: dict[str, Callable], repeats: int) -> list[Row]:
    """All sides compared, then timed in turns."""
    first = {name: measure.timed(run) for name, run in works.items()}
    with measure.one_thread():
        mine = works["ours"]()
        for peer in REQUIRED:
            assert_same(f"{work}, {peer}", mine, works[peer]())
    taken = measure.in_turns(works, repeats, warm=False)
    rows = []
    for peer, required in REQUIRED.items():
        times = 1e3 * taken["ours"].median, "ms", peer, 1e3 * taken[peer].median
        calls = f"{first['ours']:.2g} / {first[peer]:.2g}"
        rows.append(Row(work, *times, required=round(required, 3), first=calls))
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
