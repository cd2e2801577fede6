"""Channels of sequences at mean 0 and deviation 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import BaseEstimator, OneToOneFeatureMixin
from reservoir.parts import SequenceData, Targets
from reservoir.preprocessing.channel_moments import ChannelMoments
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.tables import in_tables
from reservoir.sequences.transformer import SequenceTransformer
from reservoir.validation import Parameters, unchanged_on_error


@dataclass(eq=False, repr=False, kw_only=True)
class SequenceScaler(OneToOneFeatureMixin, SequenceTransformer, BaseEstimator):
    """Standardised channels: scikit-learn's `StandardScaler` for a series, a stack or a list of series.

        z = (x - mean) / deviation

    Mean and standard deviation of every channel are those of all rows of all sequences of `fit`. Before a model in a
    scikit-learn `Pipeline` it is fitted on the training part of every fold alone.

    Parameters
    ----------
    with_mean : bool, default True
        Whether to subtract the mean.
    with_std : bool, default True
        Whether to divide by the standard deviation. A channel that is constant in `fit`, up to rounding, is not
        divided.

    Attributes
    ----------
    mean_, var_, scale_ : arrays (n_features,)
        Means, variances (divided by the number of rows) and what channels are divided by, 1 where they are not.
    n_samples_seen_ : array (n_features,) of int
        Rows that were not NaN.
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For a parameter that is no flag, infinity, another number of features, and what is no sequence.

    Notes
    -----
    NaN is left out of means and deviations and stays NaN, as in `StandardScaler`; a channel that is NaN throughout
    stays so. With ``set_output(transform="pandas")`` one table becomes a table, and a list of tables a list of them,
    with index and names. Targets have a scaler of their own: for a forecaster see its parameter `scaling`.

    References
    ----------
    Chan, Golub and LeVeque 1983, Algorithms for computing the sample variance, The American Statistician
    37(3):242-247, doi:10.2307/2683386 (`partial_fit`).

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.preprocessing import SequenceScaler
    >>> X = [np.array([[1000.0], [1300.0]]), np.array([[700.0], [1000.0], [1000.0]])]
    >>> scaler = SequenceScaler().fit(X)
    >>> scaler.mean_, scaler.scale_.round(1)
    (array([1000.]), array([189.7]))
    >>> [member.shape for member in scaler.transform(X)]
    [(2, 1), (3, 1)]
    """

    with_mean: bool = True
    with_std: bool = True

    learned: ClassVar[dict[str, Any]] = {
        "mean_": "reals (f)",
        "var_": "reals (f)",
        "scale_": "reals (f)",
        "n_samples_seen_": "integers (f)",
        "n_features_in_": "size (f)",
    }
    row_wise = True
    any_thread = True

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> SequenceScaler:
        """Means and deviations of the rows of X alone, of all its sequences; y is ignored."""
        return self._learn(X, None)

    @unchanged_on_error
    def partial_fit(self, X: SequenceData, y: Targets | None = None) -> SequenceScaler:
        """Means and deviations of these rows and all that came before; the same as one `fit`, up to rounding."""
        return self._learn(X, self._moments() if hasattr(self, "mean_") else None)

    def transform(self, X: SequenceData) -> Any:
        """Scaled rows in the container of X."""
        check_is_fitted(self, "mean_")
        return self._answered(X, self._scaled(self._read(X, reset=False)))

    def inverse_transform(self, X: SequenceData) -> Any:
        """Rows as they were before `transform`, in the container of X: ``z * deviation + mean``."""
        check_is_fitted(self, "mean_")
        sequences = self._read(X, reset=False)
        return self._answered(X, sequences.pack(sequences.rows * self.scale_ + self._shift()))

    def _learn(self, X: SequenceData, before: ChannelMoments | None) -> SequenceScaler:
        p = Parameters(self)
        p.flag("with_mean")
        p.flag("with_std")
        found = ChannelMoments.of_rows(self._read(X, reset=before is None).rows)
        moments = found if before is None else before.merged(found)
        self.n_samples_seen_, self.mean_, self.var_ = moments
        self.scale_ = moments.deviations if self.with_std else np.ones(len(moments.means))
        return self

    def _moments(self) -> ChannelMoments:
        return ChannelMoments(self.n_samples_seen_, self.mean_, self.var_)

    def _shift(self) -> np.ndarray:
        return self.mean_ if self.with_mean else np.zeros_like(self.mean_)

    def _scaled(self, sequences: Sequences) -> Any:
        return sequences.pack((sequences.rows - self._shift()) / self.scale_)

    def _read(self, X: SequenceData, *, reset: bool) -> Sequences:
        return read_sequences(self, X, reset=reset, gaps=True)

    def _answered(self, X: SequenceData, answers: Any) -> Any:
        return in_tables(self, X, answers, getattr(self, "feature_names_in_", None))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags
