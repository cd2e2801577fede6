"""Input weights that point to where the data are."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

from reservoir.estimators import BaseEstimator
from reservoir.parts import Seed, SequenceData
from reservoir.sequences import read_sequences
from reservoir.validation import as_generator, check_integer, parameter_error


def k_means_input_weights(X: SequenceData, n_units: int, *, random_state: Seed = None) -> np.ndarray:
    """Input weights of which each unit's point to the centre of a cluster of the rows, found by k-means.

        W_in[i] = centre_i / |centre_i|

    so that a unit hears most of rows in the direction of its centre. For ``EchoState(n_units, input_weights=...)``,
    which takes them as they are. They are learnt from the rows given here, which should be training rows alone.

    Parameters
    ----------
    X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        At least n_units different rows.
    n_units : int >= 1
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the first centres.

    Returns
    -------
    array (n_units, n_features)
        Of length 1 each; a centre at the origin gives 0.

    Raises
    ------
    ValueError
        For unusable data and fewer different rows than units.

    References
    ----------
    Steiner, Jalalvand, Birkholz 2023, Cluster-based input weight initialization for echo state networks, IEEE
    Transactions on Neural Networks and Learning Systems 34(10):7648-7659, doi:10.48550/arXiv.2103.04710.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.wiring import k_means_input_weights
    >>> rows = np.array([[3.0, 0.0], [5.0, 0.0], [0.0, -2.0]])
    >>> sorted(k_means_input_weights(rows, 2, random_state=0).round(3).tolist())
    [[0.0, -1.0], [1.0, 0.0]]
    """
    owner = "k_means_input_weights"
    n_units, rows = check_integer(owner, "n_units", n_units, 1), read_sequences(_Reader(), X, reset=True).rows
    n_different = len(np.unique(rows, axis=0))
    if n_different < n_units:
        raise parameter_error(owner, "n_units", f"at most the {n_different} different rows of X", n_units)
    seed = int(as_generator(owner, random_state).integers(2**31))
    centres: np.ndarray = KMeans(n_units, n_init=3, random_state=seed).fit(rows).cluster_centers_
    lengths = np.linalg.norm(centres, axis=1, keepdims=True)
    return centres / np.where(lengths > 0, lengths, 1.0)


class _Reader(BaseEstimator):
    """What reads the data."""
