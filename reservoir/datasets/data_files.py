"""Where the files of ``fetch_*`` come from: a local directory, the cache or a mirror, with size and checksum."""

from __future__ import annotations

import hashlib
import math
import os
import threading
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from reservoir.datasets.download import download
from reservoir.whole_files import NoRegularFileError, open_regular

CACHE_NAME = "reservoir-spiking"
INSTALL = 'pip install "reservoir-spiking[datasets]"'


class DataFile(NamedTuple):
    """What a file must be: its size in bytes, and its SHA-256."""

    size: int
    sha256: str


# Path in RESERVOIR_DATA and on a mirror -> the file.
MNIST_SAMPLE = "mnist/mnist_8000.npz"
SANTA_FE_LASER = "santafe_laser/santafe_laser_A_1_6000.csv"
REGISTRY = {
    "fsdd/fsdd.npz": DataFile(9_782_876, "d9cee444097cd1ed38c8906b56f58f7756137465cf3e4b91fb977da8cb46838e"),
    MNIST_SAMPLE: DataFile(1_301_751, "9d590bbc9fef0aa0fcdd71c5716616bf617631955e22e901b6f0986b34e35973"),
    SANTA_FE_LASER: DataFile(18_908, "713e8366759b28ccc11c345f7b92e4c89aa6b34bed955d5ece7f915300fe8059"),
    "polymusic/jsb.npz": DataFile(70_975, "73fc37d39573a98b8a613747e581fb8e9062dd5ac6a2b9b9a7201a2bd0365868"),
    "polymusic/nottingham.npz": DataFile(261_173, "f4a3d52548b9c53e0a339e3f6c7cb9b3f6015c7063c3d7c5865706e574cee8ac"),
}
_said: set[str] = set()


class DatasetNotFoundError(OSError):
    """A data file that is neither on this machine nor within reach."""


def locate(name: str) -> Path:
    """Path of a checked file of the registry.

    Searched in this order: the directory named by the environment variable RESERVOIR_DATA; the cache of
    earlier downloads; the mirror named by RESERVOIR_DATA_URL, from which the file is downloaded into the
    cache. A mirror is any http or https address below which the files lie as in the registry. A download ends with an
    error when more bytes come than the file has, or after RESERVOIR_DATA_TIMEOUT seconds, 60 by default.
    """
    directory, address = os.environ.get("RESERVOIR_DATA"), os.environ.get("RESERVOIR_DATA_URL")
    wrong = []
    if directory:
        path = Path(directory, name)
        fault = _fault(path, name)
        if fault is None:
            return path
        if fault:
            wrong.append(_wrong(name, path, fault))
            _warn_once(f"{wrong[0]} The cache and the mirror are searched.")
        elif not os.path.isdir(directory):
            _warn_once(f"The environment variable RESERVOIR_DATA names no folder: '{directory}'.")
    pooch = _import_pooch(required=bool(address))
    if pooch is not None:
        path = Path(pooch.os_cache(CACHE_NAME), name)
        fault = _fault(path, name)
        if fault is None:
            return path
        if fault:
            wrong.append(_wrong(name, path, fault))
    if address:
        return _fetch(pooch, name, address)
    raise wrong[0] if wrong else _not_found(name, "RESERVOIR_DATA_URL is not set.")


def _fault(path: Path, name: str) -> str | None:
    """What is wrong with a file: None where it is the right one, "" where there is none."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            return f"has {size} bytes" if size != REGISTRY[name].size else _difference(file.read(), name)
    except (NoRegularFileError, IsADirectoryError):
        return "is no regular file"
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        return f"cannot be read ({error})"


def _difference(content: bytes, name: str) -> str | None:
    size, sha256 = REGISTRY[name]
    if len(content) != size:
        return f"has {len(content)} bytes" if len(content) < size else f"has more than {size} bytes"
    return None if hashlib.sha256(content).hexdigest() == sha256 else "has the wrong SHA-256 checksum"


def _fetch(pooch: Any, name: str, address: str) -> Path:
    """The file from the mirror, once it is known to be right, in the cache, where pooch puts it whole."""
    if not address.startswith(("http://", "https://")):
        raise ValueError(f"RESERVOIR_DATA_URL must be an http or https address. Got {address!r}.")
    base, seconds, folder = address.rstrip("/") + "/", _seconds(), Path(pooch.os_cache(CACHE_NAME))
    if (folder / name).is_dir():
        raise _not_found(name, f"Its place in the cache is taken: remove '{folder / name}'.")
    try:
        content = download(base + name, REGISTRY[name].size, seconds)
        fault = _difference(content, name)
        if fault:
            raise _wrong(name, address, fault)
        (folder / name).unlink(missing_ok=True)  # pooch would read it
        store = pooch.create(path=folder, base_url=base, registry={name: REGISTRY[name].sha256})
        return Path(store.fetch(name, downloader=lambda url, file, pooch: Path(file).write_bytes(content)))
    except OSError as error:
        raise _not_found(name, f"The download from {address} failed: {error}") from error


def _seconds() -> float:
    """How long a download may take."""
    given = os.environ.get("RESERVOIR_DATA_TIMEOUT") or "60"
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise ValueError(f"RESERVOIR_DATA_TIMEOUT must be a number of seconds > 0. Got {given!r}.")
    return seconds


def _import_pooch(*, required: bool) -> Any:
    try:
        import pooch
    except ImportError as error:
        if required:
            raise ImportError(f"Downloading data needs pooch, which is not installed: {INSTALL}") from error
        return None
    return pooch


def _warn_once(what: str) -> None:
    if what not in _said:
        _said.add(what)
        warnings.warn(what, RuntimeWarning, stacklevel=4)


def _wrong(name: str, source: object, fault: str) -> ValueError:
    size, sha256 = REGISTRY[name]
    return ValueError(
        f"The data file '{name}' from {source} {fault}. The right one has {size} bytes and SHA-256 {sha256}."
    )


def _not_found(name: str, reason: str) -> DatasetNotFoundError:
    return DatasetNotFoundError(
        f"The data file '{name}' was not found. Either set the environment variable RESERVOIR_DATA to a "
        f"local directory that holds '{name}', or connect to the network, set RESERVOIR_DATA_URL to a mirror "
        f"that holds it and install pooch ({INSTALL}). {reason}"
    )
