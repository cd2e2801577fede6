"""The efficient unitary network, whose transition is made of layers of rotations of pairs of units."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.rnn import modrelu as modrelu_module
from reservoir.rnn.cells import cell
from reservoir.rnn.cells.cell import Cell, Steps, feed_back, mask_gradient
from reservoir.rnn.initialisation import glorot
from reservoir.rnn.modrelu import modrelu, modrelu_gradient
from reservoir.validation import check_flag, check_integer

_FILES = (modrelu_module.__file__, cell.__file__)

# A state is [re x, re y, im x, im y] in rows and [re x, im x, re y, im y] inside the layers, where x and y are the two
# halves of the units. A layer turns pairs of x and y that stand side by side, in one loop for real and imaginary parts;
# the next one has other pairs, since y is moved by one place against x, or since the halves are shuffled like cards.


@kernel()
def _copy(source, target):
    for j in range(source.size):
        target[j] = source[j]


@kernel()
def _load(row, work):
    """From the order outside to the order inside; places without a unit are zero."""
    n, width = row.size // 2, work.size // 4
    for j in range(n - width, width):
        work[2 * width + j] = 0
        work[3 * width + j] = 0
    _copy(row[:width], work[:width])
    _copy(row[width:n], work[2 * width :])
    _copy(row[n : n + width], work[width:])
    _copy(row[n + width :], work[3 * width :])


@kernel()
def _unload(work, row):
    """And back."""
    n, width = row.size // 2, work.size // 4
    _copy(work[:width], row[:width])
    _copy(work[2 * width : width + n], row[width:n])
    _copy(work[width : 2 * width], row[n : n + width])
    _copy(work[3 * width : 2 * width + n], row[n + width :])


@kernel(fastmath={"contract", "nsz"})
def _rotate(x, y, cosine, sine):
    """x, y = cosine x - sine y, sine x + cosine y."""
    for j in range(x.size):
        a, b = x[j], y[j]
        x[j] = cosine[j] * a - sine[j] * b
        y[j] = sine[j] * a + cosine[j] * b


@kernel(fastmath={"contract", "nsz"})
def _rotate_back(x, y, cosine, sine):
    for j in range(x.size):
        a, b = x[j], y[j]
        x[j] = cosine[j] * a + sine[j] * b
        y[j] = cosine[j] * b - sine[j] * a


@kernel(fastmath={"contract", "nsz"})
def _interleave(x, y, out):
    for j in range(x.size):
        out[2 * j] = x[j]
        out[2 * j + 1] = y[j]


@kernel(fastmath={"contract", "nsz"})
def _separate(mixed, x, y):
    for j in range(x.size):
        x[j] = mixed[2 * j]
        y[j] = mixed[2 * j + 1]


@kernel()
def _shuffle(work, other):
    """Put x0, y0, x1, y1, ... into the first half and then the second of `other`."""
    half = work.size // 8
    if not half:
        _copy(work, other)
    for part in range(2 if half else 0):
        x, y = work[2 * half * part :], work[4 * half + 2 * half * part :]
        _interleave(x[:half], y[:half], other[2 * half * part :])
        _interleave(x[half : 2 * half], y[half : 2 * half], other[4 * half + 2 * half * part :])


@kernel()
def _unshuffle(work, other):
    half = work.size // 8
    if not half:
        _copy(work, other)
    for part in range(2 if half else 0):
        x, y = other[2 * half * part :], other[4 * half + 2 * half * part :]
        _separate(work[2 * half * part :], x[:half], y[:half])
        _separate(work[4 * half + 2 * half * part :], x[half : 2 * half], y[half : 2 * half])


@kernel()
def _sides(work, moved):
    """What the layer turns against each other, both with real and imaginary parts behind each other."""
    half = work.size // 2
    if moved:
        return work[half : 2 * half - 1], work[1:half]
    return work[:half], work[half:]


@kernel()
def _there(work, other, angles, phases, fft):
    """All layers; `angles` is (n_layers, 2, 2 width) of cosines and sines, `phases` (n_layers, 2, width) too.

    Returns which of `work` and `other` holds the state then.
    """
    width = work.size // 4
    for layer in range(len(angles)):
        moved = not fft and layer % 2 == 1
        first, second = _sides(work, moved)
        _rotate(first, second, angles[layer, 0], angles[layer, 1])
        turned = work[2 * width :] if moved else work
        _rotate(turned[:width], turned[width : 2 * width], phases[layer, 0], phases[layer, 1])
        if fft:
            _shuffle(work, other)
            work, other = other, work
    return work


@kernel(fastmath={"contract", "nsz"})
def _add_turn(x, y, d_x, d_y, d_angle):
    """Add the gradient of the angle by which x and y have been turned, from their values and gradients after it."""
    for j in range(x.size):
        d_angle[j] += x[j] * d_y[j] - y[j] * d_x[j]


@kernel()
def _back(work, d_work, other, angles, phases, fft, d_angles, d_phases):
    """Take the layers back, for the state and its gradient at once; returns which of the arrays holds the gradient."""
    width = work.size // 4
    for layer in range(len(angles) - 1, -1, -1):
        moved = not fft and layer % 2 == 1
        if fft:
            _unshuffle(work, other)
            _unshuffle(d_work, work)
            work, d_work, other = other, work, d_work
        start = 2 * width if moved else 0
        re, im = work[start : start + width], work[start + width : start + 2 * width]
        d_re, d_im = d_work[start : start + width], d_work[start + width : start + 2 * width]
        _add_turn(re, im, d_re, d_im, d_phases[layer])
        _rotate_back(re, im, phases[layer, 0], phases[layer, 1])
        _rotate_back(d_re, d_im, phases[layer, 0], phases[layer, 1])
        first, second = _sides(work, moved)
        d_first, d_second = _sides(d_work, moved)
        _add_turn(first, second, d_first, d_second, d_angles[layer])
        _rotate_back(first, second, angles[layer, 0], angles[layer, 1])
        _rotate_back(d_first, d_second, angles[layer, 0], angles[layer, 1])
    return d_work


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
def _forward(angles, phases, last_phases, fft, bias, z, starts, mask, h, turned, outputs):
    """Turn the drive in `z` into what the rectifier sees and move `h` on; `turned` takes the state after the layers."""
    work, other = np.empty(4 * phases.shape[2], z.dtype), np.empty(4 * phases.shape[2], z.dtype)
    for t in range(starts.size - 1):
        first, last = starts[t], starts[t + 1]
        feed_back(h, mask, turned[first:last])
        for s in range(last - first):
            row, output = turned[first + s], outputs[first + s]
            _load(row, work)
            _unload(_there(work, other, angles, phases, fft), row)
            _add_turned(row, last_phases[0], last_phases[1], z[first + s])
            modrelu(z[first + s], bias, output)
            _copy(output, h[s])


@kernel(*_FILES)
def _backward(
    angles, phases, last_phases, fft, bias, z, starts, mask, turned, d_outputs, d_h, d_angles, d_phases, d_last, d_bias
):
    """Turn `z` into the gradient of the drive."""
    n, size = bias.size, 4 * phases.shape[2]
    work, d_work, other = np.empty(size, z.dtype), np.empty(size, z.dtype), np.empty(size, z.dtype)
    inverse, along = np.empty_like(bias), np.empty_like(bias)
    for t in range(starts.size - 2, -1, -1):
        first, last = starts[t], starts[t + 1]
        for s in range(last - first):
            d_state, d_output, d_z, row = d_h[s], d_outputs[first + s], z[first + s], turned[first + s]
            for j in range(2 * n):
                d_state[j] += d_output[j]
            modrelu_gradient(d_z, bias, d_state, d_bias, inverse, along)
            _copy(d_z, d_state)
            _rotate_back(d_state[:n], d_state[n:], last_phases[0], last_phases[1])
            _add_turn(row[:n], row[n:], d_state[:n], d_state[n:], d_last)
            _load(row, work)
            _load(d_state, d_work)
            _unload(_back(work, d_work, other, angles, phases, fft, d_angles, d_phases), d_state)
        mask_gradient(mask, d_h[: last - first])


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
        For an option outside its range, when an estimator with this cell is fitted.

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

    name = "eunn"

    def __init__(self, capacity: int = 2, fft: bool = False):
        self.capacity = capacity
        self.fft = fft

    def check(self) -> None:
        """Refuse options outside their range."""
        check_integer(type(self).__name__, "capacity", self.capacity, 1)
        check_flag(type(self).__name__, "fft", self.fft)

    def n_drive(self, n_units: int) -> int:
        """Real and imaginary parts."""
        return 2 * n_units

    def n_outputs(self, n_units: int) -> int:
        """Real and imaginary parts."""
        return 2 * n_units

    def state_widths(self, n_units: int) -> tuple[int, ...]:
        """Real and imaginary parts in one array."""
        return (2 * n_units,)

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
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

    def forward(self, parameters: dict, drive: np.ndarray, steps: Steps, state: tuple) -> tuple[np.ndarray, Any]:
        """See `Cell.forward`."""
        (h,), tables, bias = state, self._tables(parameters), parameters["modulus_bias"]
        turned, outputs = np.empty_like(drive), np.empty_like(drive)
        _forward(*tables, self.fft, bias, drive, steps.starts, steps.recurrent_mask, h, turned, outputs)
        return outputs, (drive, turned, tables)

    def backward(
        self, parameters: dict, tape: Any, steps: Steps, d_outputs: np.ndarray, d_state: tuple
    ) -> tuple[np.ndarray, dict]:
        """See `Cell.backward`."""
        (z, turned, tables), (d_h,), bias = tape, d_state, parameters["modulus_bias"]
        n_layers, _, width = tables[1].shape
        d_angles, d_phases = np.zeros((n_layers, 2 * width), z.dtype), np.zeros((n_layers, width), z.dtype)
        d_last, d_bias = np.zeros_like(bias), np.zeros_like(bias)
        rows = z, steps.starts, steps.recurrent_mask, turned, d_outputs, d_h
        _backward(*tables, self.fft, bias, *rows, d_angles, d_phases, d_last, d_bias)
        _, layers, places = _pairs(bias.size, self.capacity, self.fft)
        both = d_angles[layers, places] + d_angles[layers, width + places]
        return z, {"angles": both, "phases": d_phases[layers, places], "last_phases": d_last, "modulus_bias": d_bias}

    def _tables(self, parameters: dict) -> tuple[np.ndarray, ...]:
        """Cosines and sines of angles, phases and last phases for the kernels; 1 and 0 where there is no pair."""
        bias = parameters["modulus_bias"]
        width, layers, places = _pairs(bias.size, self.capacity, self.fft)
        n_layers = (bias.size - 1).bit_length() if self.fft else self.capacity
        angles = np.stack([np.ones((n_layers, 2 * width)), np.zeros((n_layers, 2 * width))], axis=1)
        phases = angles[:, :, :width].copy()
        for row, function in enumerate((np.cos, np.sin)):
            angles[layers, row, places] = angles[layers, row, width + places] = function(
                parameters["angles"].astype(float)
            )
            phases[layers, row, places] = function(parameters["phases"].astype(float))
        last = parameters["last_phases"].astype(float)
        tables = angles, phases, np.stack([np.cos(last), np.sin(last)])
        return tuple(table.astype(bias.dtype) for table in tables)
