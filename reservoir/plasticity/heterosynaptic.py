"""Triplet plasticity that heterosynaptic and transmitter-induced terms keep in bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.plasticity.kernel import Kernel, bounded, numbers_of
from reservoir.plasticity.rule import PlasticityRule, Rule, read_bound, read_lags, read_numbers, two_sided
from reservoir.validation import Parameters


class FourTerms(NamedTuple):
    """Numbers of the rule, with its functions."""

    w_max: float
    A: float
    B: float
    beta: float
    delta: float
    resting: float

    @staticmethod
    @kernel(forceinline=True)
    def on_pre(p, w, own, x, y, t):
        """Depression by pairs, and what a spike that arrives does alone."""
        return bounded(w + p.w_max * (p.delta - p.B * y[0]), p.w_max)

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, w, own, x, y, t):
        """Potentiation by triplets, and the way back to rest."""
        towards = p.w_max * p.A * x[0] * y[1] - p.beta * (w - p.resting * p.w_max) * y[0] ** 3
        return bounded(w + towards, p.w_max)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class HeterosynapticSTDP(PlasticityRule):
    """Rule of Zenke, Agnes and Gerstner for excitatory synapses, with weights that do not run away.

    Spikes that arrive leave the trace x, spikes of the receiver y and z, which grow by 1 at a spike, are read before
    their own spike is added, and decay with tau_plus, tau_minus and tau_slow:

        at an arriving spike          dw = w_max (delta - B y)
        at a spike of the receiver    dw = w_max A x z - beta (w - w_rest) y^3

    and the weight stays in [0, w_max]. A is potentiation by triplets and B depression by pairs; beta draws all synapses
    of a unit that fires in bursts back to w_rest, those that were silent too (heterosynaptic); delta lets silent units
    find a voice (transmitter-induced). The last two act fast enough to hold what the first two would blow up. Where a
    spike arrives and the receiver fires in one step, the arrival comes first.

    Parameters
    ----------
    A : float, default 1e-3
        Potentiation, a share of w_max.
    B : float, default 1e-3
        Depression, a share of w_max; it stays as it is.
    beta : float >= 0, default 0.05
        Strength of the heterosynaptic term.
    delta : float, default 2e-5
        Change by a spike that arrives, a share of w_max.
    tau_plus, tau_minus : float > 0, default 0.02
        Of x and y, seconds.
    tau_slow : float > 0, default 0.1
        Of z, seconds.
    resting : float in [0, 1], default 0.5
        w_rest, a share of w_max.
    w_max : float > 0 or None, default None
        Largest weight, amperes, at least that of every synapse at the beginning. None: twice the mean initial weight of
        the synapses that learn, or the largest of them.

    Notes
    -----
    The form of the four terms is that of the paper, where B follows the rate and w_rest the weight, over minutes and
    hours; here both stand still. The numbers are the library's own choice.

    References
    ----------
    Zenke, Agnes, Gerstner 2015, Diverse synaptic plasticity mechanisms orchestrated to form and retrieve memories in
    spiking neural networks, Nature Communications 6:6922, doi:10.1038/ncomms7922.

    Examples
    --------
    >>> from reservoir.plasticity import HeterosynapticSTDP
    >>> HeterosynapticSTDP(B=0.1).window([-0.02, 0.02]).round(4).tolist()  # a lone pair makes no triplet
    [-0.0368, 0.0]
    """

    A: float = 1e-3
    B: float = 1e-3
    beta: float = 0.05
    delta: float = 2e-5
    tau_plus: float = 0.02
    tau_minus: float = 0.02
    tau_slow: float = 0.1
    resting: float = 0.5
    w_max: float | None = None

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        p = Parameters(self)
        own = {"beta": (p.real("beta", 0), "1"), "resting": (p.real("resting", 0, 1), "1")}
        parameters = self._numbers() | own | read_bound(self, projection, 2)
        towards = "w_max * A * arrivals * slow - beta * (w - resting * w_max) * answers ** 3"
        return Rule(
            {"arrivals": "tau_plus", "answers": "tau_minus", "slow": "tau_slow"},
            ["w = clip(w + w_max * (delta - B * answers), 0 * amp, w_max)", "arrivals += 1"],
            [f"w = clip(w + {towards}, 0 * amp, w_max)", "answers += 1", "slow += 1"],
            parameters,
            kernel=Kernel(numbers_of(FourTerms, parameters), ("arrivals",), ("answers", "slow")),
        )

    @property
    def reach(self) -> float:
        """Seconds of lag after which a lone pair hardly counts: five of `tau_minus`."""
        return 5 * self._numbers()["tau_minus"][0]

    def window(self, lags: float | Numbers, share: float = 0.5) -> np.ndarray:
        """Change by a lone pair, without what the arriving spike does alone; see `PairRule.window`."""
        size = {name: number for name, (number, _) in self._numbers().items()}
        return two_sided(read_lags(self, lags), 0.0, size["tau_plus"], size["B"], size["tau_minus"])

    def _numbers(self) -> dict[str, tuple[float, str]]:
        return read_numbers(
            self, A="1", B="1", delta="1", tau_plus="second", tau_minus="second", tau_slow="second"
        )  # fmt: skip
