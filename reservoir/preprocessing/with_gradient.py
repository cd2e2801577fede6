"""Channels of sequences beside their rates of change."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import BaseEstimator, OneToOneFeatureMixin
from reservoir.parts import SequenceData, Targets
from reservoir.sequences import read_sequences
from reservoir.sequences.gaps import pieces_of
from reservoir.sequences.tables import in_tables
from reservoir.sequences.transformer import SequenceTransformer
from reservoir.validation import unchanged_on_error


class WithGradient(OneToOneFeatureMixin, SequenceTransformer, BaseEstimator):
    """Every channel, and behind all of them the gradient of each: [x, g].

        g(t) = (x(t + 1) - x(t - 1)) / 2,   g(1) = x(2) - x(1),   g(T) = x(T) - x(T - 1)

    as `numpy.gradient` has it, per step. The gradient of a row looks one row ahead, so that this is for whole
    sequences; their streams take the last row for the end. A sequence of one row has the gradient 0.

    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For infinity, another number of features, and what is no sequence.

    Notes
    -----
    Rows with NaN stay NaN in all columns, and the pieces between them have gradients of their own. Before a
    `SequenceScaler` in a pipeline, values and gradients are brought to one scale.

    References
    ----------
    None: differences are older than papers.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.preprocessing import WithGradient
    >>> WithGradient().fit_transform(np.array([[0.0], [1.0], [4.0]]))
    array([[0., 1.],
           [1., 2.],
           [4., 3.]])
    """

    neighbours = 1
    any_thread = True

    learned: ClassVar[dict[str, Any]] = {"n_features_in_": "size (f)"}

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> WithGradient:
        """Read the number of features of a series, stack or list X; nothing is learnt, and y is ignored."""
        read_sequences(self, X, reset=True, gaps=True)
        return self

    def transform(self, X: SequenceData) -> Any:
        """Rows of 2 F columns in the container of X."""
        check_is_fitted(self, "n_features_in_")
        sequences = read_sequences(self, X, reset=False, gaps=True)
        pieces = pieces_of(sequences)
        found = np.full((len(sequences.rows), 2 * sequences.rows.shape[1]), np.nan)
        gradients = [_gradient(piece) for piece in pieces.sequences.members()]
        if gradients:
            found[pieces.places] = np.hstack([pieces.sequences.rows, np.concatenate(gradients)])
        return in_tables(self, X, sequences.pack(found), list(self.get_feature_names_out()))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The names of the channels, and the same with ``_gradient`` behind."""
        names = super().get_feature_names_out(input_features)
        return np.concatenate([names, np.array([f"{name}_gradient" for name in names], dtype=object)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


def _gradient(rows: np.ndarray) -> np.ndarray:
    """The gradient (n_rows, n_features) of one series."""
    found: np.ndarray = np.gradient(rows, axis=0) if len(rows) > 1 else np.zeros_like(rows)
    return found
