"""The efficient unitary network, whose transition is made of layers of rotations of pairs of units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.rnn import modrelu as modrelu_module
from reservoir.rnn import rotations
from reservoir.rnn.cells import cell
from reservoir.rnn.cells.cell import Arrays, Cell, State, Steps, mask_gradient, mask_state
from reservoir.rnn.initialisation import glorot
from reservoir.rnn.modrelu import modrelu, modrelu_gradient
from reservoir.rnn.rotations import LOOP, add_turn, copy, load, rotate_back, turn, turn_back, unload
from reservoir.validation import Parameters

_FILES = (modrelu_module.__file__, rotations.__file__, cell.__file__)


@kernel(fastmath={"contract", "nsz"})
def _add_turned(row, cosine, sine, out):
    """Add the row (2 n,), turned by the last phases, to `out`."""
    n = cosine.size
    re, im, out_re, out_im = row[:n], row[n:], out[:n], out[n:]
    for j in range(n):
        out_re[j] += cosine[j] * re[j] - sine[j] * im[j]
    for j in range(n):
        out_im[j] += sine[j] * re[j] + cosine[j] * im[j]


@kernel(*_FILES)
def _forward(angles, phases, last_phases, width, fft, bias, z, starts, mask, h, turned, outputs):
    """Turn the drive in `z` into what the rectifier sees and move `h` on; `turned` takes the state after the layers."""
    at_once = phases.shape[2] // width
    buffers = np.empty((2, 4 * phases.shape[2]), z.dtype)
    for t in range(starts.size - 1):
        mask_state(h, mask, turned[starts[t] : starts[t + 1]])
        for first in range(starts[t], starts[t + 1], at_once):
            last = min(first + at_once, starts[t + 1])
            work, other = buffers[0, : 4 * width * (last - first)], buffers[1, : 4 * width * (last - first)]
            for row in range(first, last):
                load(turned[row], work, row - first, width)
            work = turn(work, other, angles, phases, width, fft)
            for row in range(first, last):
                unload(work, turned[row], row - first, width)
                _add_turned(turned[row], last_phases[0], last_phases[1], z[row])
                modrelu(z[row], bias, outputs[row])
                copy(outputs[row], h[row - starts[t]])


@kernel(*_FILES)
def _to_layers(bias, last_phases, z, d_output, d_state, turned, d_last, d_bias, scratch):
    """Turn `z` into its gradient and `d_state` into that of the state after the layers."""
    n = bias.size
    for j in range(2 * n):
        d_state[j] += d_output[j]
    modrelu_gradient(z, bias, d_state, d_bias, scratch[0], scratch[1])
    copy(z, d_state)
    rotate_back(d_state[:n], d_state[n:], last_phases[0], last_phases[1])
    add_turn(turned[:n], turned[n:], d_state[:n], d_state[n:], d_last)


@kernel(*_FILES)
def _backward(
    angles,
    phases,
    last_phases,
    width,
    fft,
    bias,
    z,
    starts,
    mask,
    turned,
    d_outputs,
    d_h,
    d_angles,
    d_phases,
    d_last,
    d_bias,
):
    """Turn `z` into the gradient of the drive."""
    at_once = phases.shape[2] // width
    scratch, buffers = np.empty((2, bias.size), z.dtype), np.empty((3, 4 * phases.shape[2]), z.dtype)
    for t in range(starts.size - 2, -1, -1):
        for first in range(starts[t], starts[t + 1], at_once):
            last = min(first + at_once, starts[t + 1])
            size, skipped = 4 * width * (last - first), first - starts[t]
            work, d_work, other = buffers[0, :size], buffers[1, :size], buffers[2, :size]
            for k in range(last - first):
                row, d_state = first + k, d_h[skipped + k]
                _to_layers(bias, last_phases, z[row], d_outputs[row], d_state, turned[row], d_last, d_bias, scratch)
                load(turned[row], work, k, width)
                load(d_state, d_work, k, width)
            d_work = turn_back(work, d_work, other, angles, phases, width, fft, d_angles, d_phases)
            for k in range(last - first):
                unload(d_work, d_h[skipped + k], k, width)
        mask_gradient(mask, d_h[: starts[t + 1] - starts[t]])


@lru_cache(maxsize=64)
def _pairs(n_units: int, capacity: int, fft: bool) -> tuple[int, np.ndarray, np.ndarray]:
    """Half the places of a state in the kernels, and of each pair its layer and its place there."""
    if fft:
        width = 1 << max(0, (n_units - 1).bit_length() - 1)
        order, found = np.arange(2 * width), []
        for layer in range((n_units - 1).bit_length()):
            x, y = order[:width], order[width:]
            found += sorted((layer, x[place], place) for place in range(width) if max(x[place], y[place]) < n_units)
            order = np.stack([x, y], axis=1).ravel()
        layers, places = [pair[0] for pair in found], [pair[2] for pair in found]
        return width, np.array(layers, dtype=int), np.array(places, dtype=int)
    counts = [(n_units - layer % 2) // 2 for layer in range(capacity)]
    places = np.concatenate([np.arange(count) for count in counts])
    return (n_units + 1) // 2, np.repeat(np.arange(capacity), counts), places


@dataclass(eq=False, repr=False)
class EUNN(Cell):
    """The efficient unitary network: complex units, turned two by two, layer after layer.

        h' = modrelu(U h + W x + c),    U = D F_L ... F_2 F_1

    with the rectifier of `reservoir.rnn.modrelu`, which has a bias b of its own. D is a diagonal matrix of phases. Each
    layer F takes pairs (i, j) of units, and of each pair

        h_i, h_j  becomes  e^(i phi) (cos(theta) h_i - sin(theta) h_j),  sin(theta) h_i + cos(theta) h_j

    so that U is unitary whatever is learnt. Layers take the pairs (0, 1), (2, 3), ... and (1, 2), (3, 4), ... in turns,
    and n_units of them can be any unitary matrix; or pairs that are n / 2, n / 4, ..., 1 apart, as the fast Fourier
    transform does, for n the power of two that is n_units or follows it.

    All angles start uniform in +-pi, W uniform (Glorot), b uniform in +-0.01, c at zero. Real and imaginary parts of h
    stand side by side: the cell gives out twice as many numbers as it has units. Without `fft` the units stand in the
    order 0, 2, 4, ..., 1, 3, 5, ... of the pairs above.

    Parameters
    ----------
    capacity : int >= 1, default 2
        The number L of layers. Not used with `fft`.
    fft : bool, default False
        Whether the pairs are those of the fast Fourier transform: log2(n) layers.

    Raises
    ------
    ValueError
        When an estimator with this cell is fitted: for less than one layer, and an `fft` that is no bool.

    References
    ----------
    Jing, Shen, Dubcek, Peurifoy, Skirlo, LeCun, Tegmark, Soljacic 2017, Tunable efficient unitary neural networks
    (EUNN) and their application to RNNs, Proceedings of Machine Learning Research 70:1733-1741,
    doi:10.48550/arXiv.1612.05231.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn.cells import EUNN
    >>> parameters = EUNN(capacity=3).draw(3, 5, np.random.default_rng(0))
    >>> {name: array.shape for name, array in parameters.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'input_weights': (3, 10), 'bias': (10,), 'angles': (6,), 'phases': (6,), 'last_phases': (5,),
     'modulus_bias': (5,)}
    """

    capacity: int = 2
    fft: bool = False

    name = "eunn"

    def check(self) -> None:
        """Refuse options outside their range."""
        p = Parameters(self)
        p.integer("capacity", 1)
        p.flag("fft")

    def n_outputs(self, n_units: int) -> int:
        """Real and imaginary parts."""
        return 2 * n_units

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """See the class."""
        n_pairs = _pairs(n_units, self.capacity, self.fft)[1].size
        return {
            "input_weights": glorot(rng, n_inputs, 2 * n_units),
            "bias": np.zeros(2 * n_units),
            "angles": rng.uniform(-np.pi, np.pi, size=n_pairs),
            "phases": rng.uniform(-np.pi, np.pi, size=n_pairs),
            "last_phases": rng.uniform(-np.pi, np.pi, size=n_units),
            "modulus_bias": rng.uniform(-0.01, 0.01, size=n_units),
        }

    def forward(self, parameters: Arrays, drive: np.ndarray, steps: Steps, state: State) -> tuple[np.ndarray, Any]:
        """See `Cell.forward`."""
        (h,), tables, bias = state, self._tables(parameters, len(state[0])), parameters["modulus_bias"]
        turned, outputs = np.empty_like(drive), np.empty_like(drive)
        _forward(*tables, self.fft, bias, drive, steps.starts, steps.recurrent_mask, h, turned, outputs)
        return outputs, (drive, turned, tables)

    def backward(
        self, parameters: Arrays, tape: Any, steps: Steps, d_outputs: np.ndarray, d_state: State
    ) -> tuple[np.ndarray, Arrays]:
        """See `Cell.backward`."""
        (z, turned, tables), (d_h,), bias = tape, d_state, parameters["modulus_bias"]
        angles, phases, _, width = tables
        d_angles, d_phases = np.zeros_like(angles[:, 0]), np.zeros_like(phases[:, 0])
        d_last, d_bias = np.zeros_like(bias), np.zeros_like(bias)
        rows = z, steps.starts, steps.recurrent_mask, turned, d_outputs, d_h
        _backward(*tables, self.fft, bias, *rows, d_angles, d_phases, d_last, d_bias)
        _, layers, places = _pairs(bias.size, self.capacity, self.fft)
        gradients = {"last_phases": d_last, "modulus_bias": d_bias}
        for name, table in (("angles", d_angles), ("phases", d_phases)):
            repeats = table.reshape(len(table), table.shape[1] // width, width)
            gradients[name] = repeats.sum(axis=1)[layers, places]
        return z, gradients

    def _tables(self, parameters: Arrays, n_sequences: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        """Cosines and sines of all angles for the kernels, 1 and 0 where there is no pair, and `width`."""
        bias = parameters["modulus_bias"]
        width, layers, places = _pairs(bias.size, self.capacity, self.fft)
        n_layers, at_once = (
            (bias.size - 1).bit_length() if self.fft else self.capacity,
            max(1, min(n_sequences, LOOP // width)),
        )
        tables = []
        for name, repeats in (("angles", 2 * at_once), ("phases", at_once)):
            table, values = np.zeros((n_layers, 2, width)), parameters[name].astype(float)
            table[:, 0] = 1
            table[layers, 0, places], table[layers, 1, places] = np.cos(values), np.sin(values)
            tables.append(np.tile(table.astype(bias.dtype), repeats))
        last = parameters["last_phases"].astype(float)
        return tables[0], tables[1], np.stack([np.cos(last), np.sin(last)]).astype(bias.dtype), width
