"""Spike-timing-dependent plasticity in which spikes suppress those that follow them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from reservoir.circuits import Projection
from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.plasticity.kernel import Kernel, bounded, numbers_of
from reservoir.plasticity.rule import PairRule, PlasticityRule, Rule, read_bound, read_numbers


@kernel(forceinline=True)
def count(traces):
    """Let a spike leave what it counts, and suppress the next."""
    traces[0] += 1.0 - traces[1]
    traces[1] = 1.0


class Suppressed(NamedTuple):
    """Numbers of the rule, with its functions; traces are those of spikes, and how much the last one suppresses."""

    w_max: float
    A_plus: float
    A_minus: float

    @staticmethod
    @kernel(forceinline=True)
    def on_pre(p, w, own, x, y, t):
        """Depression by the spikes of the receiver before, with what this spike counts."""
        return bounded(w - p.w_max * p.A_minus * (1.0 - x[1]) * y[0], p.w_max)

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, w, own, x, y, t):
        """Potentiation by the spikes that have arrived before, with what this spike counts."""
        return bounded(w + p.w_max * p.A_plus * (1.0 - y[1]) * x[0], p.w_max)

    @staticmethod
    @kernel(forceinline=True)
    def trace_pre(p, x):
        """A spike that arrives."""
        count(x)

    @staticmethod
    @kernel(forceinline=True)
    def trace_post(p, y):
        """A spike of the receiver."""
        count(y)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class SuppressionSTDP(PairRule):
    """Pair rule of Froemke and Dan: a spike counts the less, the sooner it follows the one before it.

    Spike k of either unit has the efficacy

        e_k = 1 - exp(-(t_k - t_k-1) / tau_s),   1 for the first,

    with tau_s = tau_arriving for spikes that arrive, tau_receiver for those of the receiver. A pair of an arriving
    spike i and a spike j of the receiver, `lag` seconds later, changes the weight by

        dw =  w_max A_plus e_i e_j exp(-lag / tau_plus)      for lag >= 0
        dw = -w_max A_minus e_i e_j exp(lag / tau_minus)     for lag < 0

    and the weight stays in [0, w_max]. All pairs count, at the later spike; one that arrives in the step in which the
    receiver fires comes first. So the first spikes of bursts decide, as in natural trains.

    Parameters
    ----------
    A_plus : float, default 0.01
        Largest potentiation, a share of w_max. Below 0: depression.
    A_minus : float, default 0.0105
        Largest depression, a share of w_max. Below 0: potentiation.
    tau_plus, tau_minus : float > 0, default 0.02
        Seconds in which the two sides of the window decay to 1/e.
    tau_arriving : float > 0, default 0.03
        Seconds in which spikes that arrive recover from suppression (the library's own choice, as are the others).
    tau_receiver : float > 0, default 0.08
        Seconds in which spikes of the receiver recover.
    w_max : float > 0 or None, default None
        Largest weight, amperes, at least that of every synapse at the beginning. None: twice the mean initial weight of
        the synapses that learn, or the largest of them (the library's own choice).

    References
    ----------
    Froemke and Dan 2002, Spike-timing-dependent synaptic modification induced by natural spike trains, Nature
    416:433-438, doi:10.1038/416433a.

    Examples
    --------
    >>> from reservoir.plasticity import SuppressionSTDP
    >>> SuppressionSTDP(A_plus=0.1, A_minus=0.1).window([-0.02, 0.0, 0.02]).round(4).tolist()
    [-0.0368, 0.1, 0.0368]
    """

    tau_arriving: float = 0.03
    tau_receiver: float = 0.08
    w_max: float | None = None

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        recoveries = read_numbers(self, tau_arriving="second", tau_receiver="second")
        weaker = "w = clip(w - w_max * A_minus * (1 - spent_in) * answers, 0 * amp, w_max)"
        stronger = "w = clip(w + w_max * A_plus * (1 - spent_out) * arrivals, 0 * amp, w_max)"
        parameters = self._pair_numbers() | recoveries | read_bound(self, projection, 2)
        return Rule(
            {"arrivals": "tau_plus", "answers": "tau_minus", "spent_in": "tau_arriving", "spent_out": "tau_receiver"},
            [weaker, "arrivals += 1 - spent_in", "spent_in = 1"],
            [stronger, "answers += 1 - spent_out", "spent_out = 1"],
            parameters,
            kernel=Kernel(numbers_of(Suppressed, parameters), ("arrivals", "spent_in"), ("answers", "spent_out")),
        )
