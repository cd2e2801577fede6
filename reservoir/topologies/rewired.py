"""Null models of a network: other connections between units of the same degrees."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.parts import Matrix, Topology
from reservoir.sizes import check_patience
from reservoir.topologies.drawing import rows_of
from reservoir.topologies.given import rows_given
from reservoir.topologies.node_sets import read_modules
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class Rewired(BaseEstimator):
    """A network whose connections have been exchanged at random, so that only the degrees are those it had.

        a -> b, c -> d   becomes   a -> d, c -> b

    unless one of these is there already, or a unit would hear itself. As many units hear each unit, and each hears as
    many, as before; weights stay with their senders. Where the matrix is symmetric, as of most connectomes, both
    directions of a connection go together and it stays symmetric. What a network does that its null models do not
    is due to who is connected with whom, and not to how many connections units have. With `modules` exchanges stay
    within a pair of modules, so that their numbers of connections are kept too.

    Parameters
    ----------
    topology : None, topology or matrix, default None
        The network: any part of `reservoir.topologies`, from outside, or weights (n_units, n_units). None is
        ``Bernoulli()``.
    swaps : float >= 0, default 10
        Exchanges that are tried, as a multiple of the number of connections.
    modules : None or array (n_units,) of int or str, default None
        The module that each unit belongs to.

    Raises
    ------
    ValueError
        For a parameter outside its range, and a matrix of another size.

    References
    ----------
    Maslov and Sneppen 2002, Specificity and stability in topology of protein networks, Science 296(5569):910-913,
    doi:10.1126/science.1065103. For reservoirs: Suarez, Mihalik, Milisav et al. 2024, Nature Communications 15:656,
    doi:10.1038/s41467-024-44900-4.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import Random, Rewired
    >>> network = Random(in_degree=3).draw(20, np.random.default_rng(0))
    >>> null = Rewired(network).draw(20, np.random.default_rng(1))
    >>> alike = [(null.toarray() != 0).sum(axis=k) == (network.toarray() != 0).sum(axis=k) for k in (0, 1)]
    >>> bool(np.all(alike)), bool((null.toarray() == network.toarray()).all())
    (True, False)
    """

    topology: Topology | Matrix | None = None
    _: KW_ONLY
    swaps: float = 10
    modules: Any = None

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        p = Parameters(self)
        swaps, labels = p.real("swaps", 0), read_modules(p.owner, self.modules, n_units)
        rows = rows_given(self, n_units, rng)
        modules = np.zeros(n_units, int) if labels is None else np.unique(labels, return_inverse=True)[1]
        both = (rows != rows.T).nnz == 0
        edges = (sparse.triu(rows, 1) if both else rows).tocoo()
        others = edges.row != edges.col
        ends = np.stack([edges.col[others], edges.row[others]]).astype(np.int64)
        n_tried = swaps * ends.shape[1]
        check_patience(p.owner, "swaps", self.swaps, 1e-7 * n_tried, 3600.0, "the exchanges")
        senders, receivers = _exchanged(ends[0], ends[1], modules, both, int(n_tried), n_units, rng)
        weights, diagonal = edges.data[others], rows.diagonal()
        loops = np.flatnonzero(diagonal)
        back = [receivers, senders] if both else [senders[:0], senders[:0]]
        return rows_of(
            np.concatenate([receivers, back[1], loops]),
            np.concatenate([senders, back[0], loops]),
            np.concatenate([weights, weights[: len(back[0])], diagonal[loops]]),
            n_units,
        )


def _exchanged(
    senders: np.ndarray, receivers: np.ndarray, modules: np.ndarray, both: bool, n_tried: int, n_units: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The ends of all connections after so many exchanges were tried between connections of the same modules."""
    groups = _groups(senders, receivers, modules, both)
    taken = set((senders * n_units + receivers).tolist())
    tail, head = senders.tolist(), receivers.tolist()
    first, second = rng.integers(max(1, len(tail)), size=n_tried).tolist(), rng.random(n_tried).tolist()
    turns = (rng.random(n_tried) < 0.5).tolist() if both else [False] * n_tried
    for one, share, turn in zip(first, second, turns, strict=True):
        alike = groups[one]
        other = alike[int(share * len(alike))]
        a, b, c, d = tail[one], head[one], tail[other], head[other]
        if turn:
            c, d = d, c
        if len({a, b, c, d}) < 4 if both else (a == d or c == b or one == other):
            continue
        new = _place(a, d, both, n_units), _place(c, b, both, n_units)
        if new[0] in taken or new[1] in taken or modules[b] != modules[d]:
            continue
        taken -= {_place(a, b, both, n_units), _place(c, d, both, n_units)}
        taken |= set(new)
        head[one], tail[other], head[other] = d, c, b
    return np.array(tail, dtype=np.int64), np.array(head, dtype=np.int64)


def _place(sender: int, receiver: int, both: bool, n_units: int) -> int:
    """Where a connection stands; of one with both directions where its smaller end is the sender."""
    if both and sender > receiver:
        sender, receiver = receiver, sender
    return sender * n_units + receiver


def _groups(senders: np.ndarray, receivers: np.ndarray, modules: np.ndarray, both: bool) -> list[list[int]]:
    """For every connection those that join the same modules, itself among them."""
    pairs = np.stack([modules[senders], modules[receivers]])
    if both:
        pairs = np.sort(pairs, axis=0)
    which = np.unique(pairs, axis=1, return_inverse=True)[1].ravel()
    members = [np.flatnonzero(which == group).tolist() for group in range(which.max(initial=-1) + 1)]
    return [members[group] for group in which]
