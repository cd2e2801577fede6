"""Cells with unitary and orthogonal transitions, on one thread in float32: beside a loop of torch and `jax.lax.scan`.

    python benchmarks/orthogonal_cells.py                       all cells, where torch and jax are installed
    python benchmarks/orthogonal_cells.py --cells eunn          one of them
    python benchmarks/orthogonal_cells.py --lengths 100         short sequences

All get the same weights, inputs and gradient of the outputs; outputs and the gradients of all parameters are asserted
equal before anything is timed. The product with the inputs, and what else does not depend on the state, is computed
once for all steps on every side: so are the matrices of the unitary and the Householder cell. Frameworks get complex
numbers, and pairs of units by an index, which was the fastest of four ways for jax and of two for torch. The process
stays on one core.

A cell is one function here, in TWINS under its name, that both frameworks call.
"""

from __future__ import annotations

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

from reservoir.rnn.cells import EUNN, Cell, Householder, Unitary
from reservoir.rnn.layer import Layer
from reservoir.rnn.packing import Packing

N_INPUTS = 8
SIZES, BATCHES, LENGTHS = (32, 64, 128), (1, 32), (100, 1000)
REQUIRED = {"torch": 4.0, "jax": 1 / 1.15}  # their time over ours, for the EUNN
SAME = 1e-3  # relative to the largest number: after 1,000 steps in float32 each side is 1e-4 to 3e-4 from float64


class Framework(NamedTuple):
    """What the two call by different names; `names` is the module of all others."""

    names: Any
    complex: Callable  # (real parts, imaginary parts)
    index: Callable  # NumPy array -> what `take` wants
    take: Callable  # (array, index) -> these columns
    zeros: Callable


TORCH = Framework(
    torch, torch.complex, torch.from_numpy, lambda array, index: array.index_select(-1, index), torch.zeros
)
JAX = Framework(jax.numpy, jax.lax.complex, np.asarray, lambda array, index: array[..., index], jax.numpy.zeros)


def modrelu(lib: Framework, z: Any, bias: Any) -> Any:
    """The rectifier of the modulus."""
    gain = 1 + bias / lib.names.sqrt(z.real**2 + z.imag**2 + 1e-9)
    return lib.names.where(gain > 0, gain, lib.names.zeros_like(gain)) * z


def layers_of(cell: EUNN, n_units: int) -> list[list[tuple[int, int]]]:
    """The pairs of every layer, in the order in which the units stand."""
    if cell.fft:
        strides = [2**k for k in reversed(range((n_units - 1).bit_length()))]
        return [[(i, i + d) for i in range(n_units - d) if i // d % 2 == 0] for d in strides]
    half = (n_units + 1) // 2
    even = [(i, half + i) for i in range(n_units // 2)]
    odd = [(half + i, i + 1) for i in range((n_units - 1) // 2)]
    return [odd if layer % 2 else even for layer in range(cell.capacity)]


def eunn(cell: EUNN, lib: Framework, own: dict, drive: Any) -> tuple[tuple, Callable]:
    """What every step gets, all steps at once, and the step: (state, what it gets) -> state, the output first."""
    n, names = len(own["modulus_bias"]), lib.names
    turn = lib.complex(names.cos(own["phases"]), names.sin(own["phases"]))
    cosine, sine = names.cos(own["angles"]) + 0j, names.sin(own["angles"]) + 0j
    last = lib.complex(names.cos(own["last_phases"]), names.sin(own["last_phases"]))
    n_pairs, tables, count = len(cosine), [], 0
    stay = names.hstack([turn * cosine, cosine, names.ones_like(last[:1])])
    cross = names.hstack([-turn * sine, sine, names.zeros_like(last[:1])])
    for pairs in layers_of(cell, n):
        partner, place = np.arange(n), np.full(n, 2 * n_pairs)
        for number, (i, j) in enumerate(pairs, start=count):
            partner[i], partner[j], place[i], place[j] = j, i, number, n_pairs + number
        count += len(pairs)
        place = lib.index(place)
        tables.append((lib.take(stay, place), lib.take(cross, place), lib.index(partner)))

    def step(state: tuple, row: tuple) -> tuple:
        (h,) = state
        for kept, crossed, partner in tables:
            h = kept * h + crossed * lib.take(h, partner)
        return (modrelu(lib, last * h + row[0], own["modulus_bias"]),)

    return (lib.complex(drive[..., :n], drive[..., n:]),), step


def unitary(cell: Unitary, lib: Framework, own: dict, drive: Any) -> tuple[tuple, Callable]:
    """The same."""
    n, names = len(own["modulus_bias"]), lib.names
    permutation = lib.index(np.random.default_rng(cell.permutation_seed).permutation(n))
    turns = lib.complex(names.cos(own["phases"]), names.sin(own["phases"]))
    vectors = lib.complex(own["reflections"][:, :n], own["reflections"][:, n:])

    def reflected(rows, v):
        return rows - names.outer(rows @ names.conj(v), v * (2 / (v.real**2 + v.imag**2).sum()))

    matrix = reflected(names.fft.fft(names.diag(turns[0]), norm="ortho"), vectors[0])
    matrix = names.fft.ifft(lib.take(matrix, permutation) * turns[1], norm="ortho")
    matrix = reflected(matrix, vectors[1]) * turns[2]

    def step(state: tuple, row: tuple) -> tuple:
        return (modrelu(lib, state[0] @ matrix + row[0], own["modulus_bias"]),)

    return (lib.complex(drive[..., :n], drive[..., n:]),), step


def householder(cell: Householder, lib: Framework, own: dict, drive: Any) -> tuple[tuple, Callable]:
    """The same."""
    n, names = len(own["bias"]), lib.names
    m = min(cell.n_reflections, n - 1)
    rows, columns = np.triu_indices(m, 0, n)
    place = np.full((n, m), len(rows))
    place[columns, rows] = np.arange(len(rows))
    free = names.hstack([own["reflections"], names.zeros_like(own["bias"][:1])])
    vectors = lib.take(free, lib.index(place.ravel())).reshape((n, m))
    vectors = vectors / names.sqrt((vectors**2).sum(0))
    triangle = names.linalg.inv(names.triu(vectors.T @ vectors, 1) + 0.5 * names.eye(m))
    into, out_of = -vectors @ triangle, vectors.T

    def step(state: tuple, row: tuple) -> tuple:
        z = row[0] + state[0] + (state[0] @ into) @ out_of
        return (names.where(z > 0, z, 0.1 * z),)

    return (drive,), step


TWINS = {
    "eunn": (EUNN(), eunn),
    "eunn_fft": (EUNN(fft=True), eunn),
    "unitary": (Unitary(), unitary),
    "householder": (Householder(), householder),
}


def layer_of(cell: Cell, n_units: int) -> Layer:
    """A layer in float32 whose biases are not zero."""
    rng = np.random.default_rng(0)
    drawn = cell.draw(N_INPUTS, n_units, rng)
    drawn["bias"] = rng.normal(scale=0.1, size=drawn["bias"].shape)
    return Layer(cell, n_units, {name: np.ascontiguousarray(a, dtype=np.float32) for name, a in drawn.items()})


def ours(layer: Layer, rows: np.ndarray, d_outputs: np.ndarray) -> tuple[np.ndarray, dict]:
    """Outputs (T, N, n_outputs) and the gradients of the parameters, for rows (T, N, F)."""
    n_steps, n_sequences, _ = rows.shape
    packing = Packing.of(np.full(n_sequences, n_steps))
    none = np.empty((0, layer.n_outputs), dtype=np.float32)
    outputs, _, tape = layer.forward(rows.reshape(-1, N_INPUTS), packing, np.empty(0), None, none)
    gradients = {name: np.zeros_like(array) for name, array in layer.parameters.items()}
    layer.backward(tape, d_outputs.reshape(outputs.shape), gradients, with_inputs=False)
    return outputs.reshape(n_steps, n_sequences, -1), gradients


def start_of(lib: Framework, layer: Layer, own: dict, n_sequences: int) -> tuple:
    """The state before the first step, complex where the twin's is."""
    state = lib.zeros((n_sequences, layer.state_size)) + own.get("initial_state", 0)
    n = layer.n_units
    return (state if layer.state_size == n else lib.complex(state[:, :n], state[:, n:]),)


def real(lib: Framework, layer: Layer, outputs: Any) -> Any:
    """Outputs as ours are."""
    if layer.n_outputs == layer.n_units:
        return outputs
    return lib.names.concatenate([outputs.real, outputs.imag], -1)


def eager(layer: Layer, twin: Callable, own: dict, rows, d_outputs) -> tuple:
    """A loop of torch."""
    for parameter in own.values():
        parameter.grad = None
    inputs, step = twin(layer.cell, TORCH, own, rows @ own["input_weights"] + own["bias"])
    state, outputs = start_of(TORCH, layer, own, rows.shape[1]), []
    for row in zip(*(array.unbind(0) for array in inputs), strict=True):
        state = step(state, row)
        outputs.append(state[0])
    joined = real(TORCH, layer, torch.stack(outputs))
    joined.backward(d_outputs)
    return joined.detach(), {name: parameter.grad for name, parameter in own.items()}


def scanned(layer: Layer, twin: Callable) -> Callable:
    """A compiled function of the same arguments for jax."""

    def loss(own: dict, rows, d_outputs):
        inputs, step = twin(layer.cell, JAX, own, rows @ own["input_weights"] + own["bias"])

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


def assert_same(work: str, mine: tuple, theirs: tuple) -> None:
    """Outputs and all gradients agree."""
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
    leaves = {part: torch.from_numpy(array.copy()).requires_grad_() for part, array in layer.parameters.items()}
    own = {part: jax.numpy.asarray(array) for part, array in layer.parameters.items()}
    works = {
        "ours": partial(ours, layer, rows, d_outputs),
        "torch": partial(eager, layer, twin, leaves, torch.from_numpy(rows), torch.from_numpy(d_outputs)),
        "jax": partial(scanned(layer, twin), own, jax.numpy.asarray(rows), jax.numpy.asarray(d_outputs)),
    }
    required = REQUIRED if name.startswith("eunn") else dict.fromkeys(REQUIRED)
    return timed(f"{name}, {n_units} units, batch {n_sequences}, {n_steps} steps", works, required, repeats)


def timed(work: str, works: dict[str, Callable], required: dict[str, float | None], repeats: int) -> list[Row]:
    """All sides compared, then timed in turns."""
    first = {name: measure.timed(run) for name, run in works.items()}
    with measure.one_thread():
        mine = works["ours"]()
        for peer in required:
            assert_same(f"{work}, {peer}", mine, works[peer]())
    taken = measure.in_turns(works, repeats, warm=False)
    rows = []
    for peer, least in required.items():
        times = 1e3 * taken["ours"].median, "ms", peer, 1e3 * taken[peer].median
        calls = f"{first['ours']:.2g} / {first[peer]:.2g}"
        rows.append(Row(work, *times, required=least and round(least, 3), first=calls))
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
