"""Files of N-MNIST and N-Caltech101: events of a camera that sees changes."""

from __future__ import annotations

import os

import numpy as np

from reservoir.trains import SpikeTrains
from reservoir.validation import check_integer, check_path, parameter_error

_OWNER = "read_nmnist"
_BYTES = 5  # an event


def read_nmnist(
    path: str | os.PathLike[str], *, width: int = 34, height: int = 34, duration: float | None = None
) -> SpikeTrains:
    """Events of one file of N-MNIST, or with its width and height of N-Caltech101.

    The file is one that you have, as ``Train/5/00001.bin``. An event is 40 bits: column, row, polarity, and 23 bits of
    microseconds. The channel of an event is (polarity * height + row) * width + column, with polarity 1 where it has
    become brighter.

    Parameters
    ----------
    path : path
    width, height : int in [1, 256], default 34
        Pixels.
    duration : None or float > 0, default None
        Seconds. None: the record ends right after the last event.

    Returns
    -------
    trains : SpikeTrains of 2 * height * width units

    Raises
    ------
    ValueError
        For a file that holds no such events, and events outside the frame or the duration.

    References
    ----------
    Orchard, Jayawant, Cohen, Thakor 2015, Converting static image datasets to spiking neuromorphic datasets using
    saccades, Frontiers in Neuroscience 9:437, doi:10.3389/fnins.2015.00437. The data are licensed CC BY-SA 4.0,
    https://www.garrickorchard.com/datasets/n-mnist.

    Examples
    --------
    >>> from reservoir.datasets import read_nmnist
    >>> trains = read_nmnist("Train/5/00001.bin", duration=0.35)    # doctest: +SKIP
    """
    name = check_path(_OWNER, "path", path)
    width, height = (check_integer(_OWNER, one, value, 1, 256) for one, value in (("width", width), ("height", height)))
    content = np.fromfile(name, dtype=np.uint8)
    if not content.size or content.size % _BYTES:
        raise parameter_error(_OWNER, "path", f"a file of events of {_BYTES} bytes", name)
    column, row, third, fourth, fifth = content.reshape(-1, _BYTES).astype(np.int64).T
    if column.max() >= width or row.max() >= height:
        wanted = f"a file of events in a frame of {width} x {height}"
        raise parameter_error(_OWNER, "path", wanted, f"{name}, with a pixel at ({column.max()}, {row.max()})")
    times = (third & 127) << 16 | fourth << 8 | fifth
    units = ((third >> 7) * height + row) * width + column
    return SpikeTrains.from_events(times, units, n_units=2 * height * width, duration=duration, tick=1e-6)
