"""Plasticity of inhibitory synapses that holds the rate of their receivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.plasticity.kernel import Kernel, bounded, numbers_of
from reservoir.plasticity.rule import PlasticityRule, Rule, inhibits, read_bound, read_lags
from reservoir.validation import Parameters


class Balance(NamedTuple):
    """Numbers of the rule, with its functions."""

    w_max: float
    eta: float
    alpha: float

    @staticmethod
    @kernel(forceinline=True)
    def on_pre(p, w, own, x, y, t):
        """A pair with the spikes of the receiver before, and a little less for a spike alone."""
        return bounded(w + p.w_max * p.eta * (y[0] - p.alpha), p.w_max)

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, w, own, x, y, t):
        """A pair with the spikes that have arrived before."""
        return bounded(w + p.w_max * p.eta * x[0], p.w_max)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class InhibitorySTDP(PlasticityRule):
    """Rule of Vogels and colleagues for inhibitory synapses: it draws the rate of a unit towards `target_rate`.

    Arriving spikes and spikes of the receiver leave traces x_arriving and x_receiver, which grow by 1 at a spike and
    decay with tau. With w the magnitude of the weight,

        at an arriving spike          dw = w_max eta (x_receiver - alpha),   alpha = 2 target_rate tau
        at a spike of the receiver    dw = w_max eta x_arriving

    and w stays in [0, w_max]. Pairs strengthen in either order, arriving spikes alone weaken: for unrelated trains the
    mean change vanishes where the receiver fires at `target_rate`. Where a spike arrives and the receiver fires in one
    step, the arrival comes first, so that the pair counts once.

    Parameters
    ----------
    eta : float > 0, default 0.001
        Learning rate, a share of w_max.
    target_rate : float >= 0, default 3.0
        rho_0, the rate at which the receiver is held, hertz.
    tau : float > 0, default 0.02
        Of both traces, seconds.
    w_max : float > 0 or None, default None
        Largest magnitude, amperes, at least that of every synapse at the beginning. None: ten times the mean initial
        magnitude, or the largest (the library's own choice).

    References
    ----------
    Vogels, Sprekeler, Zenke, Clopath, Gerstner 2011, Inhibitory plasticity balances excitation and inhibition in
    sensory pathways and memory networks, Science 334:1569-1573, doi:10.1126/science.1211095.

    Examples
    --------
    >>> from reservoir.plasticity import InhibitorySTDP
    >>> InhibitorySTDP(eta=0.1).window([-0.02, 0.0, 0.02]).round(4).tolist()
    [0.0368, 0.1, 0.0368]
    """

    eta: float = 0.001
    target_rate: float = 3.0
    tau: float = 0.02
    w_max: float | None = None

    def acts_on(self, projection: Projection) -> np.ndarray:
        """Which synapses learn (n_synapses,): the inhibitory ones."""
        return inhibits(projection)

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        eta, tau = self._rate_and_time()
        alpha = 2 * Parameters(self).real("target_rate", 0, unit="hertz") * tau
        parameters = {"tau_trace": (tau, "second"), "alpha": (alpha, "1"), "eta": (eta, "1")}
        parameters |= read_bound(self, projection, 10)
        return Rule(
            {"arrivals": "tau_trace", "answers": "tau_trace"},
            ["w = clip(w + w_max * eta * (answers - alpha), 0 * amp, w_max)", "arrivals += 1"],
            ["w = clip(w + w_max * eta * arrivals, 0 * amp, w_max)", "answers += 1"],
            parameters,
            kernel=Kernel(numbers_of(Balance, parameters), ("arrivals",), ("answers",)),
        )

    @property
    def reach(self) -> float:
        """Seconds of lag after which a pair hardly counts: five of `tau`."""
        return 5 * self._rate_and_time()[1]

    def window(self, lags: float | Numbers, share: float = 0.5) -> np.ndarray:
        """Change by a lone pair, without what the arriving spike does alone; see `PairRule.window`."""
        eta, tau = self._rate_and_time()
        return eta * np.exp(-np.abs(read_lags(self, lags)) / tau)

    def _rate_and_time(self) -> tuple[float, float]:
        p = Parameters(self)
        return p.real("eta", 0, closed="neither"), p.real("tau", 0, closed="neither", unit="second")
