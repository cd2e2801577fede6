"""The Kuramoto-Sivashinsky equation: waves and flames, chaos of a field on a ring."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.fft import irfft, rfft

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate, read_lengths, whole_steps
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed
from reservoir.sizes import LONGEST_RUN, check_fits, check_patience
from reservoir.validation import check_flag, check_integer, check_real, parameter_error

_OWNER = "make_kuramoto_sivashinsky"
_STEP_SECONDS = 1e-5  # at the least
_N_CONTOUR = 32
_EQUATION = Equation(
    "Kuramoto-Sivashinsky", "Kuramoto and Tsuzuki 1976, doi:10.1143/PTP.55.356",
    {(22.0, 64): Known(0.0469, 5.23), (60.0, 128): Known(0.088, 13.5)},
)  # fmt: skip


@documented_with(iterate)
def make_kuramoto_sivashinsky(
    n_steps: int = 2000,
    *,
    length: float = 22.0,
    n_points: int = 64,
    dt: float = 0.25,
    sample: float = 0.25,
    x0: Numbers | None = None,
    discard: int = 1000,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Solution of the Kuramoto-Sivashinsky equation on a ring.

    ::

        u_t = -u u_x - u_xx - u_xxxx,    u(x + length) = u(x)

    Integrator: Fourier modes, in time the exponential Runge-Kutta method of order 4 (ETDRK4) with the fixed step `dt`,
    whose coefficients are means over a contour [2]_; with steps as usual the stiff waves leave order 3. The mean of u
    stays what it is, which is 0 by default.

    Parameters
    ----------
    length : float, default=22.0
        Length of the ring, > 0. It is chaotic from about 18 on; the dimension grows in proportion to the length.
    n_points : int, default=64
        Points in space, even, at least 8. Three a unit of length are enough; where they are farther apart than one
        unit, the shortest waves are missing.
    dt : float, default=0.25
        Integration step, > 0.
    sample : float, default=0.25
        Time between two rows, a whole multiple of `dt`.
    x0 : array-like of shape (n_points,), default=None
        Start. None is a sum of four waves, or with a `random_state` numbers drawn uniformly from [-0.6, 0.6], less
        their mean.
    discard : int, default=1000
        Number of first rows that are thrown away, at least 0. Row t is the field at (discard + t) sample.

    Returns
    -------
    u : ndarray of shape (n_steps, n_points)
        The field at the points k length / n_points.

    References
    ----------
    .. [1] Y. Kuramoto, T. Tsuzuki (1976). Persistent propagation of concentration waves in dissipative media far from
       thermal equilibrium. Progress of Theoretical Physics 55(2), 356-369. https://doi.org/10.1143/PTP.55.356
    .. [2] A.-K. Kassam, L. N. Trefethen (2005). Fourth-order time-stepping for stiff PDEs. SIAM Journal on Scientific
       Computing 26(4), 1214-1233. https://doi.org/10.1137/S1064827502410633

    Examples
    --------
    >>> from reservoir.datasets import make_kuramoto_sivashinsky
    >>> series, system = make_kuramoto_sivashinsky(100, return_system=True)
    >>> series.shape, system.lyapunov_exponent, bool(abs(series.mean()) < 1e-12)
    ((100, 64), 0.0469, True)
    """
    length = check_real(_OWNER, "length", length, 0, closed="neither")
    if check_integer(_OWNER, "n_points", n_points, 8) % 2:
        raise parameter_error(_OWNER, "n_points", "even", n_points)
    check_fits(_OWNER, "n_points", n_points, 400.0 * n_points, "the points")
    dt = check_real(_OWNER, "dt", dt, 0, closed="neither")
    stride = whole_steps(_OWNER, "sample", sample, dt)
    n_steps, discard = read_lengths(_OWNER, n_steps, discard, 8.0 * n_points)
    check_patience(_OWNER, "dt", dt, _STEP_SECONDS * stride * (n_steps + discard), LONGEST_RUN, "so many steps")
    angles = 2 * np.pi / n_points * np.arange(n_points)
    usual = 0.3 * sum(np.cos(k * angles + k**2) for k in range(1, 5))
    field = Start(usual, np.full(n_points, -0.6), np.full(n_points, 0.6)).read(_OWNER, x0, random_state)
    field -= field.mean() if x0 is None else 0.0
    return_system = check_flag(_OWNER, "return_system", return_system)
    with np.errstate(all="ignore"):
        rows = _Steps(length, n_points, dt).rows(field, stride, n_steps, discard)
    if not np.isfinite(rows).all():
        raise ValueError(f"The Kuramoto-Sivashinsky equation overflowed at dt={dt:g}. Take a shorter dt.")
    return (rows, _EQUATION.system({"length": length, "n_points": n_points}, sample)) if return_system else rows


class _Steps:
    """Steps dt of the Fourier modes v, dv/dt = linear v + slope(v).

    The linear part is solved exactly; phi_k of the method are means over a circle around dt linear, where their
    formulas do not cancel.
    """

    def __init__(self, length: float, n_points: int, dt: float):
        waves = 2 * np.pi / length * np.arange(n_points // 2 + 1)
        linear = waves**2 - waves**4
        self.n_points = n_points
        self.slope_factor = -0.5j * waves
        self.slope_factor[-1] = 0.0  # the shortest wave has no derivative on these points
        self.whole, self.half = np.exp(dt * linear), np.exp(dt * linear / 2)
        self.halfway, self.first, self.middle, self.last = np.zeros((4, len(linear)))
        for k in range(_N_CONTOUR):
            z = dt * linear + np.exp(1j * np.pi * (k + 0.5) / _N_CONTOUR)
            e = np.exp(z)
            self.halfway += dt * ((np.exp(z / 2) - 1) / z).real / _N_CONTOUR
            self.first += dt * ((-4 - z + e * (4 - 3 * z + z**2)) / z**3).real / _N_CONTOUR
            self.middle += dt * (2 * (2 + z + e * (z - 2)) / z**3).real / _N_CONTOUR
            self.last += dt * ((-4 - 3 * z - z**2 + e * (4 - z)) / z**3).real / _N_CONTOUR

    def slope(self, modes: np.ndarray) -> np.ndarray:
        """The modes of -u u_x."""
        return self.slope_factor * rfft(irfft(modes, self.n_points) ** 2)

    def step(self, modes: np.ndarray) -> np.ndarray:
        """The modes a step later."""
        here = self.slope(modes)
        a = self.half * modes + self.halfway * here
        slope_a = self.slope(a)
        b = self.half * modes + self.halfway * slope_a
        slope_b = self.slope(b)
        c = self.half * a + self.halfway * (2 * slope_b - here)
        return self.whole * modes + self.first * here + self.middle * (slope_a + slope_b) + self.last * self.slope(c)

    def rows(self, field: np.ndarray, stride: int, n_steps: int, discard: int) -> np.ndarray:
        """The field (n_steps, n_points) after every `stride` steps, from the row `discard` on."""
        rows, modes = np.empty((n_steps, self.n_points)), rfft(field)
        for row in range(-discard, n_steps):
            if row >= 0:
                rows[row] = irfft(modes, self.n_points)
            for _ in range(stride if row < n_steps - 1 else 0):
                modes = self.step(modes)
        return rows
