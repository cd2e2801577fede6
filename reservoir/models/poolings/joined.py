"""Several poolings of the same rows, one after the other, each with a weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import NamedParts
from reservoir.models.poolings.named import named_pooling
from reservoir.models.poolings.shares import StatesOf
from reservoir.models.poolings.tally import NO_THRESHOLDS, Asks, Counts, Tally
from reservoir.parts import Pooling
from reservoir.preprocessing.channel_moments import ChannelMoments
from reservoir.validation import Parameters, check_real

_COLUMNS = 512  # that are standardised at once


@dataclass(eq=False, repr=False)
class Joined(NamedParts):
    """Poolings whose vectors stand one after the other, standardised, each times its weight.

        z = [w_1 (v_1 - m_1) / s_1, w_2 (v_2 - m_2) / s_2, ...]

    where v_j is the vector of pooling j, and m and s are mean and standard deviation of every column over the training
    sequences (s = 1 where a column is constant). So a penalised readout takes the poolings as seriously as their
    weights say, whatever their scales. A model makes it of a list: ``pooling=[Shares(4), "max"]``, or with weights
    ``pooling=[(Shares(4), 1.0), ("max", 0.5)]``.

    Parameters
    ----------
    poolings : list of poolings or their names
        Parts with ``pool``, or names as models take them.
    weights : None or list of numbers > 0, default None
        One for every pooling; None is 1 for all.

    Attributes
    ----------
    poolings_ : list of the fitted poolings
    widths_ : array (n_poolings,) of int
        Columns of every pooling.
    mean_ : array (n_columns,)
        Means m of the columns.
    scale_ : array (n_columns,)
        What the columns are divided by: s / w.

    Raises
    ------
    ValueError
        For an empty list, what is no pooling, and weights outside their range or of another number.

    Notes
    -----
    Where all poolings are of `Shares`, `Max`, `Mean` and `Last`, states are counted as they are made, in one compiled
    pass, and not held. Parameters are reached by the name of the class in small letters, ``shares__n_thresholds``, with
    a number where there are several, ``segments-2__n_segments``.

    References
    ----------
    None: the formula is this library's own.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirClassifier
    >>> from reservoir.models import Shares
    >>> steps = np.arange(40)
    >>> X = [np.sin(steps / pace + shift).reshape(-1, 1) for pace in (2, 4) for shift in range(6)]
    >>> y = ["fast"] * 6 + ["slow"] * 6
    >>> pooling = [(Shares(4, random_state=0), 1.0), ("max", 0.5)]
    >>> model = ReservoirClassifier(EchoState(50, random_state=0), pooling=pooling).fit(X, y)
    >>> model.pooling_.mean_.shape
    (250,)
    """

    poolings: Sequence[Pooling | str]
    weights: Sequence[float] | None = None

    learned: ClassVar[dict[str, Any]] = {
        "poolings_": "parts (pool)",
        "widths_": "integers (p)",
        "mean_": "reals (c)",
        "scale_": "reals (c)",
    }

    @property
    def joins_pieces(self) -> bool:
        """Whether all of them may pool the pieces of a sequence together."""
        return all(getattr(part, "joins_pieces", True) for part in self._parts())

    @property
    def any_thread(self) -> bool:
        """Whether all of them may pool in any thread."""
        return all(getattr(part, "any_thread", False) for part in self._parts())

    def check_parameters(self) -> None:
        """Refuse what are no poolings, and weights outside their range."""
        self._read_weights()

    def fit(self, states_of: StatesOf, n_sequences: int) -> Joined:
        """Let those learn that do, see `Shares.fit`; their columns stay as they are until `fit_vectors`."""
        self._read_weights()
        self.poolings_ = [clone(part, safe=False) for part in self._parts()]
        for part in self.poolings_:
            if hasattr(part, "fit"):
                part.fit(states_of, n_sequences)
        (rows,) = states_of([0])
        self.widths_ = np.array([len(part.pool(rows)) for part in self.poolings_])
        self.mean_, self.scale_ = np.zeros(self.widths_.sum()), np.ones(self.widths_.sum())
        return self

    def fit_vectors(self, vectors: np.ndarray, learnt: np.ndarray) -> None:
        """Learn mean and deviation of the columns, and standardise them in place.

        Parameters
        ----------
        vectors : array (n_sequences, n_columns)
            What `pool` gives after `fit` for all training sequences.
        learnt : array (n_sequences,) of bool
            The sequences that count.
        """
        ends = np.cumsum(self.widths_)
        for part, first, last in zip(self.poolings_, ends - self.widths_, ends, strict=True):
            if hasattr(part, "fit_vectors"):
                part.fit_vectors(vectors[:, first:last], learnt)
        for first in range(0, len(self.mean_), _COLUMNS):
            own = slice(first, first + _COLUMNS)
            moments = ChannelMoments.of_rows(vectors[learnt, own])
            self.mean_[own], self.scale_[own] = moments.means, moments.deviations
        self.scale_ /= np.repeat(self._read_weights(), self.widths_)
        vectors -= self.mean_
        vectors /= self.scale_

    def check_learned(self) -> None:
        """Refuse attributes from a file that do not fit together."""
        widths, scale = self.widths_, self.scale_
        if len(widths) != len(self.poolings_) or (widths < 1).any() or widths.sum() != len(scale) or (scale <= 0).any():
            raise ValueError("it holds poolings whose columns do not fit together")

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> the vectors of all, standardised."""
        asks = self.asks()
        if asks is None:
            return self._scaled([part.pool(rows) for part in self.poolings_])
        tally = Tally(asks)
        tally.add(rows)
        return self.of_counts(tally.take())

    def asks(self) -> Asks | None:
        """What all of them count together; None where one needs the rows."""
        check_is_fitted(self)
        if not all(hasattr(part, "asks") for part in self.poolings_):
            return None
        asked = [part.asks() for part in self.poolings_]
        if any(one is None for one in asked):
            return None
        thresholds = [one.thresholds for one in asked if len(one.thresholds)]
        joint = np.concatenate(thresholds) if thresholds else NO_THRESHOLDS
        highest, sums, last = (any(flags) for flags in zip(*(one[1:] for one in asked), strict=True))
        return Asks(joint, highest, sums, last)

    def of_counts(self, counts: Counts) -> np.ndarray:
        """The vector of a sequence of which this has been counted."""
        vectors, first = [], 0
        for part in self.poolings_:
            last = first + len(part.asks().thresholds)
            vectors.append(part.of_counts(counts._replace(above=counts.above[first:last])))
            first = last
        return self._scaled(vectors)

    def _scaled(self, vectors: list[np.ndarray]) -> np.ndarray:
        joint = np.concatenate(vectors, dtype=np.float64)
        joint -= self.mean_
        joint /= self.scale_
        return joint

    def _parts(self) -> list[Any]:
        if not isinstance(self.poolings, list | tuple) or not len(self.poolings):
            raise Parameters(self).error("poolings", "a list of one pooling or more")
        return [named_pooling(type(self).__name__, "poolings", one) for one in self.poolings]

    def _read_weights(self) -> list[float]:
        n_poolings = len(self._parts())
        if self.weights is None:
            return [1.0] * n_poolings
        if not isinstance(self.weights, list | tuple | np.ndarray) or np.shape(self.weights) != (n_poolings,):
            raise Parameters(self).error("weights", f"None or a list of {n_poolings} numbers, one for every pooling")
        return [check_real(type(self).__name__, "weights", one, 0, closed="neither") for one in self.weights]

    def _named(self) -> list[tuple[str, Any]]:
        if not isinstance(self.poolings, list | tuple):
            return []
        kinds = [type(part).__name__.lower() for part in self.poolings]
        return [
            (kind if kinds.count(kind) == 1 else f"{kind}-{kinds[: place + 1].count(kind)}", part)
            for place, (kind, part) in enumerate(zip(kinds, self.poolings, strict=True))
            if hasattr(part, "get_params")
        ]

    def _replace(self, name: str, part: Any) -> None:
        old = dict(self._named())[name]
        self.poolings = [part if one is old else one for one in self.poolings]


def as_pooling(owner: str, pooling: Any) -> Any:
    """The part with ``pool(rows)`` that a name or a list stands for, or the part itself."""
    if not isinstance(pooling, list | tuple):
        return named_pooling(owner, "pooling", pooling)
    pairs = [one if isinstance(one, tuple) and len(one) == 2 else (one, 1.0) for one in pooling]
    joined = Joined([part for part, _ in pairs], [weight for _, weight in pairs])
    joined.check_parameters()
    return joined
