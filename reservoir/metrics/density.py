"""How far apart two series are in the places that they visit, whatever the order."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from scipy.stats import wasserstein_distance

from reservoir.metrics.reading import read_clouds
from reservoir.parts import Seed, SequenceData
from reservoir.validation import as_generator, check_choice, check_integer, check_real

_OWNER = "density_distance"
_MOST_POINTS = 2000


def density_distance(
    y_true: SequenceData,
    y_pred: SequenceData,
    *,
    method: str = "mixture",
    bandwidth: float | None = None,
    n_samples: int = 1000,
    random_state: Seed = 0,
) -> float:
    """Distance of the densities of two series, of any lengths.

    ::

        "mixture":      mean over samples x of p of log(p(x) / q(x))
        "wasserstein":  mean over columns of the area between the two distribution functions

    the first the Kullback-Leibler divergence in nats, with columns in units of the deviations of `y_true`. p and q are
    mixtures of Gaussians around up to 2000 rows, taken at even distances from `y_true` and from `y_pred`, with
    `bandwidth` as deviation in every direction.

    What a series does in time does not count: a shuffled one has a distance of nearly 0 (see `spectrum_distance`). What
    a good value is, the distance of one half of the truth from the other tells. Mixtures see how columns go together,
    but say little beyond some ten columns, in which all points are lonely: take a few columns, or principal components.

    Parameters
    ----------
    y_true : array (T,) or (T, K), no column constant
    y_pred : array (S,) or (S, K)
    method : {"mixture", "wasserstein"}, default "mixture"
    bandwidth : None or float > 0, default None
        Deviation of the Gaussians, in deviations of `y_true`. None is Scott's rule, n^(-1 / (K + 4)) for n rows.
    n_samples : int >= 1, default 1000
        Points of p at which both densities are compared.
    random_state : None, int, Generator, SeedSequence or RandomState, default 0
        Source of these points.

    Returns
    -------
    float
        0 or more; of mixtures, within the error of the sample.

    Raises
    ------
    ValueError
        For arrays of other widths, NaN or infinity, a constant column of `y_true`, and parameters out of range.

    References
    ----------
    Koppe, Toutounji, Kirsch, Lis, Durstewitz 2019, Identifying nonlinear dynamical systems via generative recurrent
    neural networks with applications to fMRI, PLoS Computational Biology 15(8):e1007263,
    doi:10.1371/journal.pcbi.1007263.

    Examples
    --------
    >>> from reservoir.datasets import make_henon
    >>> from reservoir.metrics import density_distance
    >>> series = make_henon(2000)
    >>> halves, still = density_distance(series[:1000], series[1000:]), density_distance(series, 0 * series)
    >>> bool(halves < 0.1 < 3 < still)
    True
    """
    true, predicted = read_clouds(_OWNER, y_true, y_pred)
    check_choice(_OWNER, "method", method, ("mixture", "wasserstein"))
    n_samples = check_integer(_OWNER, "n_samples", n_samples, 1)
    if method == "wasserstein":
        return float(np.mean([wasserstein_distance(*pair) for pair in zip(true.T, predicted.T, strict=True)]))
    true, predicted = _thinned(true), _thinned(predicted)
    n_columns = true.shape[1]
    width = len(true) ** (-1 / (n_columns + 4))
    if bandwidth is not None:
        width = check_real(_OWNER, "bandwidth", bandwidth, 1e-6, 1e6)
    rng = as_generator(_OWNER, random_state)
    samples = true[rng.integers(len(true), size=n_samples)] + width * rng.standard_normal((n_samples, n_columns))
    with np.errstate(under="ignore"):
        ratios = _log_density(samples, true, width) - _log_density(samples, predicted, width)
    return max(0.0, float(ratios.mean()))


def _thinned(rows: np.ndarray) -> np.ndarray:
    """Up to 2000 rows at even distances."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MOST_POINTS)).round().astype(int))]


def _log_density(points: np.ndarray, centres: np.ndarray, width: float) -> np.ndarray:
    """Logarithm of the density of a mixture at the points (n_points,), less what all mixtures of this width share."""
    squares = cdist(points / width, centres / width, "sqeuclidean")
    return logsumexp(-0.5 * squares, axis=1) - np.log(len(centres))
