"""`save`, `load` and `describe`: the one door to models in files."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import numba
import numpy as np
import scipy
import sklearn

from reservoir.persistence.archive import Damaged, Newer, open_archive, read_arrays, write_archive
from reservoir.persistence.reading import Reader, read_tree
from reservoir.persistence.writing import Writer
from reservoir.validation import check_integer, check_path
from reservoir.whole_files import open_regular, replace_file

FORMAT = 1

_WRITER = ("version", "python", "numpy", "scipy", "scikit-learn", "numba", "platform")
_COMPLAINT = "is not a model of this library"


def save(model: Any, path: str | bytes | os.PathLike[str]) -> None:
    """Write a model, or any part of one, to a file.

    Kept are all parameters, all that was learned, and what training goes on from, so that `load` gives a model with the
    same bits in every answer. The file is a zip of ``.npy`` arrays and one JSON text, without pickle and without code.
    It is written under another name, read again, flushed to the disk, and then renamed: where something cannot be kept,
    the disk is full or the process is killed, an older file stays as it was. Of two that save under one name at once
    the last one stays.

    Parameters
    ----------
    model : estimator or part of this library
        Fitted or not; what it holds of scikit-learn may be what ``docs/saving.md`` lists. A number with a unit comes
        back in SI units.
    path : str, bytes or path
        A new file, or a regular one, whose mode, group and access list the new one gets, and its owner where that is
        allowed. A link stays a link, and the file that it leads to is written.

    Raises
    ------
    ValueError
        For what no such file keeps, with its place in the model: classes of one's own, functions, networkx graphs; for
        an empty path, or one to a pipe, a device or a socket.
    OSError
        Where the file cannot be written.

    See Also
    --------
    load : the way back.

    Notes
    -----
    Pickle and joblib work too and keep classes of one's own, but a pickle runs whatever code its author put into it.
    Files of `skops.io` hold models of this library where its classes are named in ``trusted``.

    Examples
    --------
    >>> import tempfile, os
    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirForecaster, load, save
    >>> series = np.sin(np.arange(300) / 5).reshape(-1, 1)
    >>> model = ReservoirForecaster(EchoState(50, random_state=0)).fit(series)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "sine.model")
    ...     save(model, path)
    ...     same = load(path)
    >>> bool((same.forecast(100) == model.forecast(100)).all())
    True
    """
    name, path = type(model).__name__, check_path("save", "path", path)
    writer = Writer()
    writer.part(model, name)
    text = json.dumps({**_versions(), "parts": writer.parts}, allow_nan=False).encode()

    def write(file: BinaryIO) -> None:
        write_archive(file, text, writer.arrays)
        _checked(file, sys.maxsize, f"The {name}", "cannot be saved")

    replace_file(path, write)


def load(path: str | bytes | os.PathLike[str], *, max_bytes: int = 1 << 31) -> Any:
    """Read a model that `save` wrote.

    Safe for files of unknown origin: nothing in a file is run, only classes of a fixed list are made, no more memory is
    taken than allowed, and sizes, types and indices are checked before a kernel sees them. What a model answers is its
    author's choice all the same.

    Parameters
    ----------
    path : str, bytes or path
    max_bytes : int, default 2 GiB
        Largest file, and largest state of a circuit, that is read.

    Returns
    -------
    The model

    Raises
    ------
    ValueError
        For a file that is no model, was damaged or made up, is larger than allowed, or of a newer format; for a pipe,
        a device or a socket, without waiting for it.
    OSError
        Where the file cannot be read: FileNotFoundError, PermissionError.

    See Also
    --------
    save : writes such files, with an example.
    """
    path, max_bytes = check_path("load", "path", path), check_integer("load", "max_bytes", max_bytes, 0)
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > max_bytes:
            raise ValueError(f"The file '{path}' holds {size} bytes, more than max_bytes={max_bytes}.")
        return _checked(file, max_bytes, f"The file '{path}'")


def describe(path: str | bytes | os.PathLike[str]) -> dict[str, Any]:
    """What a file says of itself, without making the model: class, format, and the versions it was written with.

    Parameters
    ----------
    path : str, bytes or path

    Returns
    -------
    dict

    Raises
    ------
    ValueError, OSError
        As `load`.
    """
    path = check_path("describe", "path", path)
    with open_regular(path) as file:
        tree = _guarded(lambda: _read_text(file)[1], f"The file '{path}'")
    return {"class": tree["parts"][-1]["class"], **{key: value for key, value in tree.items() if key != "parts"}}


def _versions() -> dict[str, Any]:
    from reservoir import __version__  # the package that imports this module

    return {
        "format": FORMAT,
        "version": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "numba": numba.__version__,
        "platform": platform.platform(),
    }


def _checked(file: BinaryIO, max_bytes: int, what: str, complaint: str = _COMPLAINT) -> Any:
    return _guarded(lambda: _read(file, max_bytes), what, complaint)


def _guarded(read: Callable[[], Any], what: str, complaint: str = _COMPLAINT) -> Any:
    """What `read` gives; whatever goes wrong in it ends in one ValueError that begins with the complaint."""
    try:
        with np.errstate(all="ignore"):
            return read()
    except Newer as error:
        raise ValueError(f"{what} {error}.") from None
    except Damaged as error:
        raise ValueError(f"{what} {complaint}: {error}.") from None
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"{what} {complaint}: {reason:.300}") from error


def _read(file: BinaryIO, max_bytes: int) -> Any:
    archive, tree = _read_text(file)
    reader = Reader(list(read_arrays(archive)), max_bytes)
    for part in tree["parts"]:
        reader.add_part(part)
    return reader.parts[-1]


def _read_text(file: BinaryIO) -> tuple[Any, dict[str, Any]]:
    """The archive, and the tree of a text of a format that is known."""
    archive = open_archive(file)
    tree = read_tree(archive.read(archive.infolist()[0]))
    if not isinstance(tree, dict) or type(tree.get("format")) is not int:
        raise Damaged("it has no format")
    if tree["format"] > FORMAT:
        from reservoir import __version__ as own  # the package that imports this module

        writer = f"{tree.get('version')!s:.40}"
        wrote = f"has format {tree['format']}, written by version {writer} of this library"
        raise Newer(f"{wrote}; this version, {own}, reads format {FORMAT}")
    if not all(type(tree.get(key)) is str for key in _WRITER) or type(tree.get("parts")) is not list:
        raise Damaged("it does not say what it holds")
    if tree["format"] < 1 or set(tree) != {"format", "parts", *_WRITER} or not tree["parts"]:
        raise Damaged("it does not say what it holds")
    if not isinstance(tree["parts"][-1], dict) or not isinstance(tree["parts"][-1].get("class"), str):
        raise Damaged("it does not say what it holds")
    return archive, tree
