"""Chaotic maps in a ring, each of which hears its two neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed
from reservoir.sizes import check_fits
from reservoir.validation import check_integer, check_real


def _mixed(values: np.ndarray, coupling: float) -> np.ndarray:
    """What every site, along the first axis, takes over of its neighbours."""
    return (1 - coupling) * values + coupling / 2 * (np.roll(values, 1, axis=0) + np.roll(values, -1, axis=0))


def _map(state: np.ndarray, n_sites: float, a: float, coupling: float) -> np.ndarray:
    return _mixed(1 - a * state**2, coupling)


def _jacobian(state: np.ndarray, n_sites: float, a: float, coupling: float) -> np.ndarray:
    return _mixed(np.diag(-2 * a * state), coupling)


_EQUATION = Equation(
    "coupled maps", "Kaneko 1984, doi:10.1143/PTP.72.480", {(32, 1.9, 0.4): Known(0.328, 23.2)}, _map, _jacobian,
    is_map=True,
)  # fmt: skip


@documented_with(iterate)
def make_coupled_maps(
    n_steps: int = 2000,
    *,
    n_sites: int = 32,
    a: float = 1.9,
    coupling: float = 0.4,
    x0: Numbers | None = None,
    discard: int = 1000,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Iteration of a ring of coupled logistic maps, chaos in space and time.

    ::

        x_i' = (1 - coupling) f(x_i) + coupling / 2 (f(x_{i-1}) + f(x_{i+1})),   f(x) = 1 - a x^2

    Parameters
    ----------
    n_sites : int, default=32
        Number of maps, at least 3.
    a : float, default=1.9
        Strength of the nonlinearity, in [0, 2].
    coupling : float, default=0.4
        Share that comes from the neighbours, in [0, 1].
    x0 : array-like of shape (n_sites,), default=None
        Start. None is sin(i^2) / 2, or with a `random_state` numbers drawn uniformly from [-1, 1].

    Returns
    -------
    x : ndarray of shape (n_steps, n_sites)
        States, within [-1, 1] where the start is.

    References
    ----------
    .. [1] K. Kaneko (1984). Period-doubling of kink-antikink patterns, quasiperiodicity in antiferro-like structures
       and spatial intermittency in coupled logistic lattice. Progress of Theoretical Physics 72(3), 480-486.
       https://doi.org/10.1143/PTP.72.480

    Examples
    --------
    >>> from reservoir.datasets import make_coupled_maps
    >>> series, system = make_coupled_maps(100, return_system=True)
    >>> series.shape, system.lyapunov_exponent
    ((100, 32), 0.328)
    """
    owner = "make_coupled_maps"
    n_sites = check_integer(owner, "n_sites", n_sites, 3)
    check_fits(owner, "n_sites", n_sites, 48.0 * n_sites, "the sites")
    parameters = {"a": check_real(owner, "a", a, 0, 2), "coupling": check_real(owner, "coupling", coupling, 0, 1)}
    start = Start(np.sin(np.arange(n_sites) ** 2) / 2, np.full(n_sites, -1.0), np.ones(n_sites))
    return iterate(
        _EQUATION, owner, start, {"n_sites": n_sites, **parameters}, n_steps=n_steps, discard=discard, x0=x0,
        random_state=random_state, return_system=return_system,
    )  # fmt: skip
