"""Sequences cut at their gaps."""

import numpy as np

from reservoir.sequences import Sequences
from reservoir.sequences.gaps import pieces_of
from tests.sequence_cases import RAGGED, F


def test_pieces():
    members = [member.copy() for member in RAGGED]
    members[0][4, 1] = members[1][0, 0] = members[1][6, 0] = np.nan
    members[2][:] = np.nan
    members[3][[2, 3, 14]] = np.nan
    whole = Sequences.of_members(members)
    pieces = pieces_of(whole)
    expected = [members[0][:4], members[0][5:], members[1][1:6], members[3][:2], members[3][4:14], members[4]]
    assert all(map(np.array_equal, pieces.sequences.members(), expected))
    assert pieces.whole.tolist() == [0, 0, 1, 3, 3, 4] and pieces.last.tolist() == [
        False,
        True,
        True,
        False,
        True,
        True,
    ]
    np.testing.assert_array_equal(whole.rows[pieces.places], np.concatenate(expected))


def test_what_has_no_gaps_is_its_own_piece():
    whole = Sequences.of_members(RAGGED)
    pieces = pieces_of(whole)
    assert pieces.sequences is whole and pieces.last.all() and len(pieces.places) == len(whole.rows)
    none = pieces_of(Sequences(np.full((3, F), np.nan), np.array([0, 3]), "series"))
    assert len(none.sequences) == 0 and not len(none.whole)
