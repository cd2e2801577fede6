"""Where the files of ``fetch_*`` come from: a local directory, the cache or a mirror, with a checksum."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

CACHE_NAME = "reservoir-spiking"
INSTALL = 'pip install "reservoir-spiking[datasets]"'

# Path in RESERVOIR_DATA and on a mirror -> SHA-256 of the file.
MNIST_SAMPLE = "mnist/mnist_8000.npz"
SANTA_FE_LASER = "santafe_laser/santafe_laser_A_1_6000.csv"
REGISTRY = {
    "fsdd/fsdd.npz": "d9cee444097cd1ed38c8906b56f58f7756137465cf3e4b91fb977da8cb46838e",
    MNIST_SAMPLE: "9d590bbc9fef0aa0fcdd71c5716616bf617631955e22e901b6f0986b34e35973",
    SANTA_FE_LASER: "713e8366759b28ccc11c345f7b92e4c89aa6b34bed955d5ece7f915300fe8059",
    "polymusic/jsb.npz": "73fc37d39573a98b8a613747e581fb8e9062dd5ac6a2b9b9a7201a2bd0365868",
    "polymusic/nottingham.npz": "f4a3d52548b9c53e0a339e3f6c7cb9b3f6015c7063c3d7c5865706e574cee8ac",
}


class DatasetNotFoundError(OSError):
    """A data file that is neither on this machine nor within reach."""


def locate(name: str) -> Path:
    """Path of a checked file of the registry.

    Searched in this order: the directory named by the environment variable RESERVOIR_DATA; the cache of
    earlier downloads; the mirror named by RESERVOIR_DATA_URL, from which the file is downloaded into the
    cache. A mirror is any http or https address below which the files lie as in the registry.
    """
    directory = os.environ.get("RESERVOIR_DATA")
    if directory and (Path(directory) / name).is_file():
        path = Path(directory) / name
        if not _intact(path, name):
            raise _wrong_checksum(name, str(path))
        return path
    address = os.environ.get("RESERVOIR_DATA_URL")
    pooch = _import_pooch(required=bool(address))
    if pooch is not None:
        cached = Path(pooch.os_cache(CACHE_NAME)) / name
        if cached.is_file() and _intact(cached, name):
            return cached
    if not address:
        raise _not_found(name, "RESERVOIR_DATA_URL is not set.")
    return _download(pooch, name, address)


def _download(pooch: Any, name: str, address: str) -> Path:
    """The file from the mirror, in the cache. pooch moves it there only once its checksum is right."""
    if not address.startswith(("http://", "https://")):
        raise ValueError(f"RESERVOIR_DATA_URL must be an http or https address. Got {address!r}.")
    store = pooch.create(
        path=pooch.os_cache(CACHE_NAME),
        base_url=address.rstrip("/") + "/",
        registry={name: REGISTRY[name]},
    )
    try:
        return Path(store.fetch(name, downloader=pooch.HTTPDownloader(timeout=30)))
    except OSError as error:
        raise _not_found(name, f"The download from {address} failed: {error}") from error
    except ValueError as error:
        raise _wrong_checksum(name, address) from error


def _import_pooch(*, required: bool) -> Any:
    try:
        import pooch
    except ImportError as error:
        if required:
            raise ImportError(f"Downloading data needs pooch, which is not installed: {INSTALL}") from error
        return None
    return pooch


def _intact(path: Path, name: str) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() == REGISTRY[name]


def _wrong_checksum(name: str, source: str) -> ValueError:
    return ValueError(
        f"The data file '{name}' from {source} has the wrong SHA-256 checksum: it is damaged or another "
        f"version. Expected {REGISTRY[name]}."
    )


def _not_found(name: str, reason: str) -> DatasetNotFoundError:
    return DatasetNotFoundError(
        f"The data file '{name}' was not found. Either set the environment variable RESERVOIR_DATA to a "
        f"local directory that holds '{name}', or connect to the network, set RESERVOIR_DATA_URL to a mirror "
        f"that holds it and install pooch ({INSTALL}). {reason}"
    )
