"""Files of the Spiking Heidelberg Digits and the Spiking Speech Commands."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from reservoir.trains import SpikeTrains
from reservoir.validation import check_path, check_real, parameter_error

INSTALL = 'pip install "reservoir-spiking[events]"'
_OWNER = "read_heidelberg_digits"
_CHANNELS = 700  # of the artificial cochlea


def read_heidelberg_digits(
    path: str | os.PathLike[str], *, which: Any = None, duration: float | None = None
) -> tuple[list[SpikeTrains], np.ndarray]:
    """Spikes and labels of a file of the Spiking Heidelberg Digits (SHD) or the Spiking Speech Commands (SSC).

    The file is one that you have, as ``shd_train.h5``, unpacked; it is HDF5, which needs h5py.

    Parameters
    ----------
    path : path
    which : None, slice or array of int, default None
        The recordings that are read; None is all of them, which take 16 bytes a spike.
    duration : None or float > 0, default None
        Length of every record, seconds, beyond its last spike. None: all end right after the last spike of those that
        are read, so that another file, or another choice, gives another length.

    Returns
    -------
    trains : list of SpikeTrains of 700 units
    labels : array of int (n_records,)

    Raises
    ------
    ImportError
        Where h5py is missing.
    ValueError
        For a file of another kind, and a duration that is shorter than a recording.

    References
    ----------
    Cramer, Stradmann, Schemmel, Zenke 2022, The Heidelberg spiking data sets for the systematic evaluation of spiking
    neural networks, IEEE Transactions on Neural Networks and Learning Systems 33(7):2744-2757,
    doi:10.1109/TNNLS.2020.3044364. The data are licensed CC BY 4.0, https://compneuro.net.

    Examples
    --------
    >>> from reservoir.datasets import read_heidelberg_digits
    >>> trains, labels = read_heidelberg_digits("shd_train.h5", which=slice(100), duration=1.4)    # doctest: +SKIP
    """
    name = check_path(_OWNER, "path", path)
    if duration is not None:
        duration = check_real(_OWNER, "duration", duration, 0, closed="neither", unit="second")
    try:
        import h5py
    except ImportError as error:
        raise ImportError(f"{_OWNER} needs h5py, which is not installed: {INSTALL}") from error
    with h5py.File(name, "r") as file:
        try:
            times, units, labels = file["spikes/times"], file["spikes/units"], np.asarray(file["labels"], np.int64)
        except (KeyError, TypeError, ValueError) as error:
            raise parameter_error(_OWNER, "path", "a file with spikes/times, spikes/units and labels", name) from error
        try:
            numbers = np.arange(len(labels))[slice(None) if which is None else which]
        except IndexError as error:
            raise parameter_error(_OWNER, "which", f"None or numbers of {len(labels)} recordings", which) from error
        events = [(np.asarray(times[k], np.float64), np.asarray(units[k], np.int64)) for k in np.atleast_1d(numbers)]
    if duration is None:
        last = max((seconds.max(initial=0.0) for seconds, _ in events), default=0.0)
        duration = float(np.nextafter(last, np.inf))
    trains = [SpikeTrains.from_events(*one, n_units=_CHANNELS, duration=duration) for one in events]
    return trains, labels[np.atleast_1d(numbers)]
