"""Dense random orthogonal matrices."""

from __future__ import annotations

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.threads import one_blas_thread
from reservoir.topologies.drawing import check_weights


class Orthogonal(BaseEstimator):
    """Orthogonal reservoir: a dense orthogonal matrix, every one equally likely (Haar measure).

        W = Q sign(diag R),   Q R = G,   G Gaussian (n_units, n_units)

    Without the signs the law would depend on how QR is computed. The spectral radius and all singular values are 1,
    and a scaled matrix has the closed form ``|factor|``, the length of a column. A linear reservoir of this kind
    remembers as many past inputs as it has units. Work grows with n_units**3 to draw; see `Hadamard` for many units.

    References
    ----------
    White, Lee, Sompolinsky 2004, Short-term memory in orthogonal neural networks, Physical Review Letters 92:148102,
    doi:10.1103/PhysRevLett.92.148102.
    Mezzadri 2007, How to generate random matrices from the classical compact groups, Notices of the American
    Mathematical Society 54(5):592-604, doi:10.48550/arXiv.math-ph/0609050.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import Orthogonal
    >>> W = Orthogonal().draw(50, np.random.default_rng(0))
    >>> bool(np.allclose(W @ W.T, np.eye(50)))
    True
    """

    def draw(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """A matrix (n_units, n_units); row = receiver."""
        check_weights(self, n_units, n_units**2, 24)
        with one_blas_thread():
            q, r = np.linalg.qr(rng.standard_normal((n_units, n_units)))
        return np.asfortranarray(q * np.where(np.diag(r) < 0, -1.0, 1.0))

    def spectral_radius(self, matrix: np.ndarray) -> float:
        """Radius of a drawn matrix, or of one times a number: the length of a column."""
        return float(np.linalg.norm(matrix[:, 0]))
