"""The synapses of a circuit in the order of their senders, piece by piece, so that little else of their length is held.

Of a sender, those with a slice of receivers stand together, so that several threads may share the receivers; in a
slice they keep the order of the projections, of the exponentials of a course, and of the synapses of a projection.
Slices depend on the number of units alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Circuit, Projection
from reservoir.circuits.time_course import n_exponentials
from reservoir.neurons.spiking.placing import count_synapses, take_places

Still = Mapping[str, np.ndarray]
"""Which synapses (n_synapses,) of projections are among them, by name; of other projections all are."""

ALL: Still = MappingProxyType({})
_AT_A_TIME = 1 << 16  # synapses
_MOST_SLICES, _LEAST_OF_A_SLICE = 16, 4096
_LINE = 64  # units whose numbers share no vector and no line of a cache with those of others


class Slices(NamedTuple):
    """Receivers in pieces of `width` units, the last of which may be smaller."""

    width: int
    n_slices: int


class Piece(NamedTuple):
    """Some synapses of a projection, with one of the terms of which their course is the sum."""

    name: str
    projection: Projection
    which: np.ndarray  # (n,), of its synapses
    term: int
    first_number: int  # of its first synapse among all of the circuit
    first_sender: int

    def of(self, values: np.ndarray) -> np.ndarray:
        """The values (n,) of these synapses."""
        return values[self.which]


def slices_of(n_units: int) -> Slices:
    """The slices of so many units."""
    n_slices = min(_MOST_SLICES, max(1, n_units // _LEAST_OF_A_SLICE))
    width = -(-n_units // (n_slices * _LINE)) * _LINE
    return Slices(width, -(-n_units // width))


def starts_of(circuit: Circuit, still: Still = ALL) -> np.ndarray:
    """Where the synapses of a sender with a slice of receivers begin: (n_senders, n_slices + 1)."""
    width, n_slices = slices_of(circuit.n_units)
    counts = np.zeros((circuit.n_units + circuit.n_inputs, n_slices), np.int64)
    for piece in _pieces(circuit, still):
        count_synapses(
            piece.of(piece.projection.pre), piece.of(piece.projection.post), piece.first_sender, width, counts
        )
    edges = np.concatenate([[0], np.cumsum(counts)])
    return edges[np.arange(len(counts))[:, None] * n_slices + np.arange(n_slices + 1)]


def placed(circuit: Circuit, starts: np.ndarray, still: Still = ALL) -> Iterator[tuple[Piece, np.ndarray]]:
    """Pieces that are all synapses together, and where each synapse (n,) of a piece stands."""
    width, free = slices_of(circuit.n_units).width, starts[:, :-1].copy()
    for piece in _pieces(circuit, still):
        places = np.empty(len(piece.which), np.int64)
        ends = piece.of(piece.projection.pre), piece.of(piece.projection.post)
        take_places(*ends, piece.first_sender, width, free, places)
        yield piece, places


def _pieces(circuit: Circuit, still: Still) -> Iterator[Piece]:
    first_number = 0
    for name, source, part in circuit.pathways():
        kept = still.get(name)
        for term in range(n_exponentials(part)):
            for first in range(0, len(part), _AT_A_TIME):
                which = np.arange(first, min(first + _AT_A_TIME, len(part)))
                which = which if kept is None else which[kept[which]]
                yield Piece(name, part, which, term, first_number, 0 if source == "units" else circuit.n_units)
        first_number += len(part)
