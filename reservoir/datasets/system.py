"""What one must know of a chaotic system to hold forecasts of it against the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeAlias

Field: TypeAlias = Callable[..., Any]
"""A function of a state (n,), and of parameters by their names."""


class Known(NamedTuple):
    """Measures of an attractor."""

    lyapunov_exponent: float
    dimension: float


class Equation(NamedTuple):
    """An equation: where it stands, how a state moves, and its measures by the values of its parameters."""

    name: str
    source: str
    known: Mapping[tuple[float, ...], Known]
    function: Field | None = None
    jacobian: Field | None = None
    is_map: bool = False

    def system(self, parameters: Mapping[str, float], dt: float = 1.0) -> System:
        """Its record for these parameters."""
        exponent, dimension = self.known.get(tuple(parameters.values()), (None, None))
        function, jacobian = (one and partial(one, **parameters) for one in (self.function, self.jacobian))
        return System(
            self.name, dt, exponent, dimension, self.source, dict(parameters), self.is_map, function, jacobian
        )


@dataclass(frozen=True)
class System:
    """A dynamical system, as ``return_system=True`` gives it beside a series.

    `reservoir.metrics.valid_prediction_time` takes it for the unit of its times. `function` and `jacobian` are what
    `reservoir.probes.lyapunov_spectrum` asks for, by which exponents for other parameters are measured. Exponents and
    dimensions were computed with this library's equations, over times so long that the last digit is uncertain by one
    or two.

    Attributes
    ----------
    name : str
    dt : float
        Time between two rows of the series; 1 of a map.
    lyapunov_exponent : float or None
        Largest Lyapunov exponent, in the inverse unit of `dt`; None where it is not known for these parameters.
    dimension : float or None
        Kaplan-Yorke dimension of the attractor; None where it is not known for these parameters.
    source : str
        Publication of the equation.
    parameters : dict of float
    is_map : bool
        Whether time comes in steps: function(x) is then the next state, and otherwise dx/dt.
    function, jacobian : callable or None
        From a state (n,) to (n,), and to (n, n); None for delays and for partial differential equations.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.datasets import make_henon
    >>> from reservoir.metrics import valid_prediction_time
    >>> from reservoir.probes import lyapunov_spectrum
    >>> series, henon = make_henon(500, return_system=True)
    >>> henon.lyapunov_exponent, henon.dimension
    (0.4193, 1.2583)
    >>> forecast = np.where(np.arange(500)[:, None] < 10, series, 0.0)
    >>> round(valid_prediction_time(series, forecast, system=henon), 3)
    4.193
    >>> x, other = make_henon(1, a=0.3, return_system=True)  # a fixed point attracts
    >>> print(other.lyapunov_exponent)
    None
    >>> bool(lyapunov_spectrum(other.function, other.jacobian, x[0]).largest < 0)
    True
    """

    name: str
    dt: float
    lyapunov_exponent: float | None
    dimension: float | None
    source: str
    parameters: Mapping[str, float]
    is_map: bool = False
    function: Field | None = field(default=None, repr=False)
    jacobian: Field | None = field(default=None, repr=False)

    @property
    def lyapunov_time(self) -> float | None:
        """Time in which a small error grows e times, in the unit of `dt`; None where that is not known or infinite."""
        exponent = self.lyapunov_exponent
        return 1 / exponent if exponent else None
