"""Plasticity at the spikes of the receiver alone, against an offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from reservoir.circuits import Projection
from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.plasticity.kernel import Kernel, bounded, numbers_of
from reservoir.plasticity.rule import PlasticityRule, Rule, read_bound, read_numbers, read_pairing
from reservoir.validation import Parameters


class Offset(NamedTuple):
    """Numbers of the rule, with its functions."""

    w_max: float
    A: float
    x_target: float
    mu: float
    nearest: bool

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, w, own, x, y, t):
        """A change by the trace of arrivals, against the offset."""
        room = bounded(1.0 - w / p.w_max, 1.0) ** p.mu if p.mu else 1.0
        return bounded(w + p.w_max * p.A * (x[0] - p.x_target) * room, p.w_max)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class OffsetSTDP(PlasticityRule):
    """Rule of excitatory synapses that changes weights at the spikes of the receiver alone.

    Spikes that arrive leave a trace x, which grows by 1 or is set to 1 and decays with tau. At a spike of the receiver

        dw = w_max A (x - x_target) (1 - w / w_max)^mu

    and the weight stays in [0, w_max]: channels that have not spoken lately are weakened, so that a unit forgets what
    it seldom hears when it fires. Where a spike arrives and the receiver fires in one step, the arrival comes first.

    Parameters
    ----------
    A : float, default 0.01
        Learning rate, a share of w_max.
    x_target : float, default 0.4
        Trace at which a weight stands still.
    tau : float > 0, default 0.02
        Of the trace, seconds.
    mu : float >= 0, default 0.2
        How the change depends on the weight.
    pairing : {"all", "nearest"}, default "all"
        "all": the trace grows by 1 at every spike; "nearest": it is set to 1.
    w_max : float > 0 or None, default None
        Largest weight, amperes, at least that of every synapse at the beginning. None: twice the mean initial weight of
        the synapses that learn, or the largest of them.

    Notes
    -----
    The form is that of the paper; all numbers are the library's own choice.

    References
    ----------
    Diehl and Cook 2015, Unsupervised learning of digit recognition using spike-timing-dependent plasticity, Frontiers
    in Computational Neuroscience 9:99, doi:10.3389/fncom.2015.00099.

    Examples
    --------
    >>> from reservoir.circuits import Projection
    >>> from reservoir.plasticity import OffsetSTDP
    >>> synapse = Projection(pre=[0], post=[0], weight=1e-9, delay=0.0, time_constant=5e-3)
    >>> OffsetSTDP(mu=0.0, w_max=2e-9).rule(synapse).on_post
    ['w = clip(w + w_max * A * (arrivals - x_target), 0 * amp, w_max)']
    """

    A: float = 0.01
    x_target: float = 0.4
    tau: float = 0.02
    mu: float = 0.2
    pairing: str = "all"
    w_max: float | None = None

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        mu, numbers = Parameters(self).real("mu", 0), read_numbers(self, A="1", x_target="1", tau="second")
        numbers = {"tau_trace" if name == "tau" else name: number for name, number in numbers.items()}
        parameters = numbers | read_bound(self, projection, 2) | ({"mu": (mu, "1")} if mu else {})
        add, room = read_pairing(self), " * clip(1 - w / w_max, 0, 1) ** mu" if mu else ""
        return Rule(
            {"arrivals": "tau_trace"},
            [f"arrivals {add} 1"],
            [f"w = clip(w + w_max * A * (arrivals - x_target){room}, 0 * amp, w_max)"],
            parameters,
            kernel=Kernel(numbers_of(Offset, parameters, mu=mu, nearest=add == "="), ("arrivals",)),
        )
