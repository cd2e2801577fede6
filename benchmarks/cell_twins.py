"""Recurrent cells written for torch and for jax: one function per cell, which both frameworks call.

A function gets the drive of all steps and computes at once, for all of them, what does not depend on the state. It
returns what every step gets, and the step: (state, what it gets) -> state, the output first.

Complex cells get complex numbers, and the EUNN its pairs of units by an index, which was the fastest of four ways for
jax and of two for torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from reservoir.rnn.cells import EUNN, UGRNN, Cell, Householder, PhasedLSTM, Unitary


class Framework(NamedTuple):
    """What the two call by different names; `names` is the module of all others."""

    names: Any
    affine: Callable  # (rows, x, matrix) -> rows + x matrix
    logistic: Callable
    split: Callable  # (array, parts) -> parts of the last axis
    complex: Callable  # (real parts, imaginary parts)
    index: Callable  # NumPy array -> what `take` wants
    take: Callable  # (array, index) -> these columns


def ugrnn(cell: UGRNN, lib: Framework, own: dict, drive: Any, times: Any) -> tuple[tuple, Callable]:
    """One gate."""

    def step(state: tuple, row: tuple) -> tuple:
        gate, candidate = lib.split(lib.affine(row[0], state[0], own["recurrent_weights"]), 2)
        candidate = lib.names.tanh(candidate)
        return (candidate + lib.logistic(gate) * (state[0] - candidate),)

    return (drive,), step


def phased_lstm(cell: PhasedLSTM, lib: Framework, own: dict, drive: Any, times: Any) -> tuple[tuple, Callable]:
    """The time gates of all steps are computed at once."""
    names, (see_i, see_f, see_o) = lib.names, own["peephole_weights"]
    turns = (times - own["shift"]) / own["period"]
    phase = turns - names.floor(turns)
    through = 2 * phase / own["open_ratio"]
    opened = names.where(through < 1, through, names.where(through < 2, 2 - through, cell.leak * phase))

    def step(state: tuple, row: tuple) -> tuple:
        (h, c), (pre, k) = state, row
        i, f, o, g = lib.split(lib.affine(pre, h, own["recurrent_weights"]), 4)
        new = lib.logistic(f + see_f * c) * c + lib.logistic(i + see_i * c) * names.tanh(g)
        output = lib.logistic(o + see_o * new) * names.tanh(new)
        return h + k * (output - h), c + k * (new - c)

    return (drive, opened), step


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


def eunn(cell: EUNN, lib: Framework, own: dict, drive: Any, times: Any) -> tuple[tuple, Callable]:
    """The numbers of every layer of rotations are put in place once."""
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


def unitary(cell: Unitary, lib: Framework, own: dict, drive: Any, times: Any) -> tuple[tuple, Callable]:
    """The matrix is made once for all steps."""
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


def householder(cell: Householder, lib: Framework, own: dict, drive: Any, times: Any) -> tuple[tuple, Callable]:
    """The two factors of the matrix are made once for all steps."""
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


class Twin(NamedTuple):
    """A cell and what is compared with it."""

    cell: Cell
    function: Callable
    same: float  # relative to the largest number: sums over up to 32,000 rows in float32
    required: bool  # whether a ratio is required


# After 1,000 steps in float32 each side of a cell that keeps the length of its state is 1e-4 to 3e-4 from float64.
# Where a unit comes within rounding of the kink of the leaky rectifier, sides part by 2e-3.
TWINS = {
    "ugrnn": Twin(UGRNN(), ugrnn, 2e-4, True),
    "phased_lstm": Twin(PhasedLSTM(time_column=0), phased_lstm, 2e-4, True),
    "eunn": Twin(EUNN(), eunn, 1e-3, True),
    "eunn_fft": Twin(EUNN(fft=True), eunn, 1e-3, True),
    "unitary": Twin(Unitary(), unitary, 1e-3, False),
    "householder": Twin(Householder(), householder, 5e-3, False),
}
