"""Spikes in files of MATLAB."""

from __future__ import annotations

import os

import numpy as np
from scipy.io import loadmat

from reservoir.trains import SpikeTrains
from reservoir.validation import check_path, parameter_error

_OWNER = "read_mat_spikes"


def read_mat_spikes(
    path: str | os.PathLike[str],
    times: str,
    units: str | None = None,
    *,
    duration: float | None = None,
    start: float | None = None,
    tick: float = 1.0,
) -> SpikeTrains:
    """Spikes of a ``.mat`` file, as most laboratories keep them.

    With `units` the file holds two vectors, the time and the unit of every spike; without, a cell array with the times
    of each unit, or one vector of times of a single unit. It is read by SciPy, which knows the versions 4 to 7.2; one
    of version 7.3 is saved anew by ``save('file.mat', ..., '-v7')``.

    Parameters
    ----------
    path : path
    times : str
        Name of the variable with the times.
    units : None or str, default None
        Name of the variable with the unit of each spike. Units are the numbers or names that occur, in their order.
    duration, start, tick : as in `SpikeTrains.from_events`
        Length of the record and its beginning, seconds; seconds in which the times are counted.

    Returns
    -------
    trains : SpikeTrains

    Raises
    ------
    ValueError
        For a file of another kind, names that are not in it, and variables of another form.

    Examples
    --------
    >>> from reservoir.datasets import read_mat_spikes
    >>> trains = read_mat_spikes("recording.mat", "spike_times", "cluster", duration=60, tick=1e-3)    # doctest: +SKIP
    """
    name = check_path(_OWNER, "path", path)
    try:
        content = loadmat(name, squeeze_me=False, chars_as_strings=True)
    except NotImplementedError as error:
        raise parameter_error(_OWNER, "path", "a file of version 7.2 or less: save it by -v7", name) from error
    except (ValueError, TypeError) as error:
        raise parameter_error(_OWNER, "path", "a .mat file", name) from error
    stored = _variable(content, "times", times)
    if units is None:
        cells = [np.ravel(cell) for cell in stored.ravel()] if stored.dtype == object else [stored.ravel()]
        numbers = np.repeat(np.arange(len(cells)), [len(cell) for cell in cells])
        when = np.concatenate(cells) if cells else np.zeros(0)
        ids: np.ndarray | None = np.arange(len(cells))
    else:
        when, numbers = stored.ravel(), _labels(_variable(content, "units", units))
        ids = np.unique(numbers)
    return SpikeTrains.from_events(when, numbers, ids=ids, duration=duration, start=start, tick=tick)


def _variable(content: dict[str, np.ndarray], name: str, variable: str) -> np.ndarray:
    known = [one for one in content if not one.startswith("__")]
    if not isinstance(variable, str) or variable not in known:
        raise parameter_error(_OWNER, name, f"one of {known}", variable)
    return np.asarray(content[variable])


def _labels(stored: np.ndarray) -> np.ndarray:
    """Numbers as they are, whole ones as integers; a cell array of names as text."""
    if stored.dtype == object:
        return np.array([str(np.ravel(cell)[0]) for cell in stored.ravel()])
    flat = stored.ravel()
    whole = flat.dtype.kind == "f" and bool((flat == np.round(flat)).all())
    return flat.astype(np.int64) if whole else flat
