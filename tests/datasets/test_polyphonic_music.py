"""Piano rolls, from files on this machine."""

import numpy as np
import pytest

from reservoir.datasets import (
    fetch_polyphonic_music,
)


@pytest.mark.parametrize(("collection", "sizes"), [("jsb", (229, 76, 77)), ("nottingham", (694, 173, 170))])
def test_polyphonic_music(local, collection, sizes):
    music = fetch_polyphonic_music(collection=collection)
    assert (len(music.train), len(music.valid), len(music.test)) == sizes
    pieces = music.train + music.valid + music.test
    assert all(piece.shape[1] == 88 and set(np.unique(piece)) == {0.0, 1.0} for piece in pieces)
