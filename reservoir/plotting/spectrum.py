"""Eigenvalues of recurrent weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from reservoir.parts import Matrix, Numbers, check_part
from reservoir.plotting.display import Display, legend_above, styled
from reservoir.plotting.palette import BLACK, BLUE, VERMILLION
from reservoir.threads import one_blas_thread
from reservoir.topologies.spectrum import as_sparse
from reservoir.validation import check_flag, parameter_error, real_array


class FittedRateSystem(Protocol):
    """A fitted system of rate units, such as `EchoState`, with its recurrent weights."""

    @property
    def W_(self) -> Any: ...


@dataclass(eq=False, repr=False)
class SpectrumDisplay(Display):
    """Eigenvalues of a matrix in the complex plane, beside the unit circle and the circle of the spectral radius.

    Parameters
    ----------
    eigenvalues : complex array (n,)

    Attributes
    ----------
    radius : float
        Largest modulus.
    axes_ : array of Axes (1,)
    ax_, figure_ : Axes, Figure

    Raises
    ------
    ValueError
        For a matrix that is not square or not finite, and a system without one.

    Notes
    -----
    All eigenvalues of a dense matrix are computed, in time n^3: seconds for a thousand units.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.plotting import SpectrumDisplay
    >>> system = EchoState(100, spectral_radius=0.9, random_state=0).fit(np.zeros((1, 1)))
    >>> round(SpectrumDisplay.from_estimator(system).radius, 6)
    0.9
    """

    eigenvalues: np.ndarray

    @classmethod
    def from_estimator(cls, system: FittedRateSystem, *, with_leak: bool = False, ax: Any = None) -> SpectrumDisplay:
        """Draw the eigenvalues of the weights ``W_`` of a fitted `EchoState`.

        Parameters
        ----------
        system : EchoState
        with_leak : bool, default False
            Whether they are those of (1 - leak) I + leak W, the update linearised about zero states with a slope of 1.
        ax : None or Axes, default None

        Returns
        -------
        SpectrumDisplay
        """
        check_part(cls.__name__, "system", system, FittedRateSystem)
        matrix = as_sparse(system.W_).toarray()
        if check_flag(cls.__name__, "with_leak", with_leak):
            leak = np.broadcast_to(np.asarray(getattr(system, "leak", 1.0), dtype=np.float64), len(matrix))
            matrix = np.diag(1 - leak) + leak[:, None] * matrix
        return cls.from_matrix(matrix, ax=ax)

    @classmethod
    def from_matrix(cls, matrix: Matrix | Numbers, *, ax: Any = None) -> SpectrumDisplay:
        """Draw the eigenvalues of a dense, sparse or structured matrix (n, n)."""
        dense = as_sparse(matrix).toarray() if hasattr(matrix, "tocsr") else real_array(matrix)
        if dense is None or dense.ndim != 2 or dense.shape[0] != dense.shape[1] or not dense.size:
            raise parameter_error(cls.__name__, "matrix", "a square matrix of numbers", matrix)
        if not np.isfinite(dense).all():
            raise parameter_error(cls.__name__, "matrix", "finite", matrix)
        with one_blas_thread():
            return cls(np.linalg.eigvals(dense)).plot(ax)

    @property
    def radius(self) -> float:
        """Largest modulus of the eigenvalues."""
        return float(np.abs(self.eigenvalues).max())

    @styled
    def plot(self, ax: Any = None) -> SpectrumDisplay:
        """Draw the eigenvalues into `ax`, an Axes, or into a new figure for None, and return the display itself."""
        (panel,) = self._open(ax, size=(3.8, 3.75))
        turn = np.exp(2j * np.pi * np.linspace(0, 1, 361))
        panel.axhline(0, color=BLACK, linewidth=0.4)
        panel.axvline(0, color=BLACK, linewidth=0.4)
        panel.plot(turn.real, turn.imag, color=BLACK, linewidth=1, label="unit circle")
        circle = self.radius * turn
        label = f"radius {self.radius:.4g}"
        panel.plot(circle.real, circle.imag, color=VERMILLION, linestyle=(0, (4, 2)), linewidth=1, label=label)
        panel.plot(
            self.eigenvalues.real,
            self.eigenvalues.imag,
            linestyle="none",
            marker="o",
            markersize=3.5,
            markerfacecolor="none",
            markeredgecolor=BLUE,
            markeredgewidth=0.9,
            label="eigenvalues",
        )
        panel.set(xlabel="real part", ylabel="imaginary part", aspect="equal")
        panel.locator_params(nbins=6)
        legend_above(panel, 3, columnspacing=0.8, handlelength=1.4, handletextpad=0.4)
        return self
