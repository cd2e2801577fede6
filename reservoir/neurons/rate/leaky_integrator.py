"""The leaky-integrator unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import activations
from reservoir.neurons.activations import BOUNDS, activation_of, slope, squash
from reservoir.neurons.rate.unit import RateUnit
from reservoir.parts import Activation, Numbers
from reservoir.validation import check_real, parameter_error, real_array, without_unit


class LeakyCells(NamedTuple):
    """Coefficients of one step."""

    leak: np.ndarray  # (n_units,)
    activation: Any

    @staticmethod
    @kernel(*activations.FILES, forceinline=True)
    def step(cells, state, heard, scratch):
        """Squash what the units have heard, mix it with the old state, and make that the state."""
        squash(cells.activation, heard)
        leak, one = cells.leak, heard.dtype.type(1)
        for i in range(heard.size):
            heard[i] = (one - leak[i]) * state[i] + leak[i] * heard[i]
            state[i] = heard[i]

    @staticmethod
    @kernel(*activations.FILES)
    def tangent(cells, state, heard, moved, driven, scratch):
        """dx' = (1 - leak) dx + leak f'(h) dh."""
        slope(cells.activation, heard)
        leak = cells.leak
        for k in range(len(moved)):
            for i in range(heard.size):
                moved[k, i] = (1.0 - leak[i]) * moved[k, i] + leak[i] * heard[i] * driven[k, i]

    @staticmethod
    @kernel(*activations.FILES, fastmath={"contract", "nsz"})
    def step_lanes(cells, state, heard):
        """The step, where `heard` does not have to hold the states afterwards."""
        squash(cells.activation, heard)
        leak, one = cells.leak, heard.dtype.type(1)
        for q in range(heard.size):
            state[q] = (one - leak[q]) * state[q] + leak[q] * heard[q]


@dataclass(eq=False, repr=False)
class LeakyIntegrator(RateUnit):
    """Leaky-integrator units, those of most echo-state networks.

        x' = (1 - leak) x + leak f(W x + W_in u + b + noise)

    `EchoState` has them where it is given no other unit, with its own `leak` and `activation`.

    Parameters
    ----------
    leak : float in (0, 1] or array (N,), default 1.0
        Leak rate, one for all units or one per unit; 1 forgets the old state but for W x.
    activation : {"tanh", "identity", "relu", "logistic"} or function, default "tanh"
        The function f, or one of one number compiled by ``numba.njit``.

    Raises
    ------
    ValueError
        For a parameter outside its range, when it is used.

    References
    ----------
    Jaeger, Lukosevicius, Popovici, Siewert 2007, Optimization and applications of echo state networks with
    leaky-integrator neurons, Neural Networks 20(3):335-352, doi:10.1016/j.neunet.2007.04.016.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.neurons.rate import LeakyIntegrator
    >>> X = np.sin(np.arange(50)).reshape(-1, 1)
    >>> states = EchoState(20, unit=LeakyIntegrator(leak=0.3), random_state=0).fit_transform(X)
    >>> bool((states == EchoState(20, leak=0.3, random_state=0).fit_transform(X)).all())
    True
    """

    leak: float | Numbers = 1.0
    activation: Activation = "tanh"

    def cells(self, n_units: int, matrices: dict[str, Any], dtype: np.dtype) -> LeakyCells:
        """Coefficients of a step."""
        leak = leak_rates(type(self).__name__, self.leak, n_units)
        return LeakyCells(leak.astype(dtype), activation_of(self._checked_activation()))

    def bounds(self) -> tuple[float, float] | None:
        """Those of the activation."""
        return BOUNDS.get(self.activation) if isinstance(self.activation, str) else None


def leak_rates(owner: str, leak: float | Numbers, n_units: int) -> np.ndarray:
    """One rate in (0, 1] for every unit (n_units,)."""
    if not isinstance(leak, list | tuple | np.ndarray):
        return np.full(n_units, check_real(owner, "leak", leak, 0, 1, closed="right"))
    rates = real_array(without_unit(owner, "leak", leak, None))
    if rates is None or rates.shape != (n_units,) or not ((rates > 0) & (rates <= 1)).all():
        raise parameter_error(owner, "leak", f"in (0, 1], one number or an array ({n_units},)", leak)
    return rates
