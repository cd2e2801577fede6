"""Spike-timing-dependent plasticity of the utilisation of dynamic synapses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.plasticity.kernel import Kernel, numbers_of
from reservoir.plasticity.rule import PairRule, PlasticityRule, Rule
from reservoir.validation import Parameters, parameter_error


class Releasing(NamedTuple):
    """Numbers of the rule, with its functions."""

    A_plus: float
    A_minus: float
    U_min: float
    U_max: float

    @staticmethod
    @kernel(forceinline=True)
    def on_pre(p, U, own, x, y, t):
        """Less by the spikes of the receiver before."""
        return min(max(U - p.A_minus * y[0], p.U_min), p.U_max)

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, U, own, x, y, t):
        """More by the spikes that have arrived before."""
        return min(max(U + p.A_plus * x[0], p.U_min), p.U_max)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class ReleaseSTDP(PairRule):
    """Spike-timing-dependent plasticity of U, the utilisation at rest of excitatory dynamic synapses.

    A pair of a spike that arrives and a spike of the receiver, `lag` seconds later, changes U by

        dU =  A_plus exp(-lag / tau_plus)      for lag >= 0
        dU = -A_minus exp(lag / tau_minus)     for lag < 0

    and U stays in [U_min, U_max]. All pairs count; a spike counts when it arrives, and one that arrives in the step in
    which the receiver fires comes first. A larger U passes on more of the first spikes of a burst, less of the later
    ones: what is learned is the form of the answer, not its size alone. The idea is that of Legenstein, Naeger and
    Maass; window and numbers are the library's own choice.

    Parameters
    ----------
    A_plus : float, default 0.01
        Largest growth of U. Below 0: decline.
    A_minus : float, default 0.0105
        Largest decline of U. Below 0: growth.
    tau_plus, tau_minus : float > 0, default 0.02
        Seconds in which the two sides of the window decay to 1/e.
    U_min : float in (0, 1], default 0.01
        Smallest U.
    U_max : float in [U_min, 1], default 1.0
        Largest U.

    Raises
    ------
    ValueError
        For static synapses.

    References
    ----------
    Legenstein, Naeger, Maass 2005, What can a neuron learn with spike-timing-dependent plasticity?, Neural Computation
    17(11):2337-2382, doi:10.1162/0899766054796888.

    Examples
    --------
    >>> from reservoir.plasticity import ReleaseSTDP
    >>> ReleaseSTDP(A_plus=0.1, A_minus=0.1).window([-0.02, 0.0, 0.02]).round(4).tolist()  # changes of U
    [-0.0368, 0.1, 0.0368]
    """

    U_min: float = 0.01
    U_max: float = 1.0

    def acts_on(self, projection: Projection) -> np.ndarray:
        """Which synapses learn (n_synapses,): the excitatory ones. ValueError where they are static."""
        if not projection.dynamic:
            wanted = "one of dynamic synapses, with U, D and F"
            raise parameter_error(type(self).__name__, "projection", wanted, projection)
        return super().acts_on(projection)

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        p = Parameters(self)
        low = p.real("U_min", 0, 1, closed="right")
        parameters = self._pair_numbers() | {"U_min": (low, "1"), "U_max": (p.real("U_max", low, 1), "1")}
        return Rule(
            {"arrivals": "tau_plus", "answers": "tau_minus"},
            ["U = clip(U - A_minus * answers, U_min, U_max)", "arrivals += 1"],
            ["U = clip(U + A_plus * arrivals, U_min, U_max)", "answers += 1"],
            parameters,
            read=("U",),
            kernel=Kernel(numbers_of(Releasing, parameters), ("arrivals",), ("answers",)),
        )
