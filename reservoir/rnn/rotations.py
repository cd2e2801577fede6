"""Layers of rotations of pairs of units, there and back, for complex states.

A state is [re x, re y, im x, im y] in rows, where x and y are the two halves of the units. Inside the layers it is
[re x, im x, re y, im y], and each of these has that of several sequences side by side, as many as make loops long: a
layer turns pairs of x and y that stand side by side, in one loop for real and imaginary parts and all sequences. The
next layer has other pairs, since y is moved by one place against x, or since the halves are shuffled like cards.
"""

from __future__ import annotations

from reservoir.compilation import kernel

LOOP = 256
"""Places of x that the layers serve at once, or one sequence if it has more."""


@kernel()
def copy(source, target):
    """target = source, as far as the source goes."""
    for j in range(source.size):
        target[j] = source[j]


@kernel()
def load(row, work, place, width):
    """Put a row as number `place` among the sequences of `work`; places of x and y without a unit are zero."""
    n, block, start = row.size // 2, work.size // 4, place * width
    re_y, im_y = work[2 * block + start :], work[3 * block + start :]
    for j in range(n - width, width):
        re_y[j] = 0
        im_y[j] = 0
    copy(row[:width], work[start:])
    copy(row[width:n], re_y)
    copy(row[n : n + width], work[block + start :])
    copy(row[n + width :], im_y)


@kernel()
def unload(work, row, place, width):
    """And back."""
    n, block, start = row.size // 2, work.size // 4, place * width
    rest = n - width
    copy(work[start : start + width], row)
    copy(work[2 * block + start : 2 * block + start + rest], row[width:])
    copy(work[block + start : block + start + width], row[n:])
    copy(work[3 * block + start : 3 * block + start + rest], row[n + width :])


@kernel()
def _rotate(x, y, cosine, sine):
    """x, y = cosine x - sine y, sine x + cosine y.

    Nothing is fused here: which product is, depends on the place in the loop, and so on the other sequences.
    """
    for j in range(x.size):
        a, b = x[j], y[j]
        x[j] = cosine[j] * a - sine[j] * b
        y[j] = sine[j] * a + cosine[j] * b


@kernel(fastmath={"contract", "nsz"})
def rotate_back(x, y, cosine, sine):
    """Undo a rotation of x against y by the angles of which these are cosine and sine."""
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
def _shuffle(work, other, width):
    """Make x and y the first and the second half of x0, y0, x1, y1, ... in `other`."""
    half, middle = width // 2, work.size // 2
    for start in range(0, middle, width):
        x, y, new_x, new_y = work[start:], work[middle + start :], other[start:], other[middle + start :]
        if half:
            _interleave(x[:half], y[:half], new_x)
            _interleave(x[half:width], y[half:width], new_y)
        else:
            new_x[0], new_y[0] = x[0], y[0]


@kernel()
def _unshuffle(work, other, width):
    half, middle = width // 2, work.size // 2
    for start in range(0, middle, width):
        x, y, new_x, new_y = work[start:], work[middle + start :], other[start:], other[middle + start :]
        if half:
            _separate(x, new_x[:half], new_y[:half])
            _separate(y, new_x[half:width], new_y[half:width])
        else:
            new_x[0], new_y[0] = x[0], y[0]


@kernel()
def _sides(work, moved):
    """What the layer turns against each other, real and imaginary parts of all sequences."""
    half = work.size // 2
    if moved:
        return work[half : 2 * half - 1], work[1:half]
    return work[:half], work[half:]


@kernel()
def turn(work, other, angles, phases, width, fft):
    """All layers; returns which of `work` and `other` holds the state then.

    `angles` (n_layers, 2, at least work.size / 2) and `phases` (n_layers, 2, at least work.size / 4) are cosines and
    sines, which come again after every `width` places.
    """
    block = work.size // 4
    for layer in range(len(angles)):
        moved = not fft and layer % 2 == 1
        first, second = _sides(work, moved)
        _rotate(first, second, angles[layer, 0], angles[layer, 1])
        turned = work[2 * block :] if moved else work
        _rotate(turned[:block], turned[block : 2 * block], phases[layer, 0], phases[layer, 1])
        if fft:
            _shuffle(work, other, width)
            work, other = other, work
    return work


@kernel(fastmath={"contract", "nsz"})
def add_turn(x, y, d_x, d_y, d_angle):
    """Add the gradient of the angle by which x and y have been turned, from their values and gradients after it."""
    for j in range(x.size):
        d_angle[j] += x[j] * d_y[j] - y[j] * d_x[j]


@kernel()
def turn_back(work, d_work, other, angles, phases, width, fft, d_angles, d_phases):
    """Take the layers back, for the state and its gradient at once; returns which of the arrays holds the gradient."""
    block = work.size // 4
    for layer in range(len(angles) - 1, -1, -1):
        moved = not fft and layer % 2 == 1
        if fft:
            _unshuffle(work, other, width)
            _unshuffle(d_work, work, width)
            work, d_work, other = other, work, d_work
        start = 2 * block if moved else 0
        re, im = work[start : start + block], work[start + block : start + 2 * block]
        d_re, d_im = d_work[start : start + block], d_work[start + block : start + 2 * block]
        add_turn(re, im, d_re, d_im, d_phases[layer])
        rotate_back(re, im, phases[layer, 0], phases[layer, 1])
        rotate_back(d_re, d_im, phases[layer, 0], phases[layer, 1])
        first, second = _sides(work, moved)
        d_first, d_second = _sides(d_work, moved)
        add_turn(first, second, d_first, d_second, d_angles[layer])
        rotate_back(first, second, angles[layer, 0], angles[layer, 1])
        rotate_back(d_first, d_second, angles[layer, 0], angles[layer, 1])
    return d_work
