"""Spike-timing-dependent plasticity from triplets of spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.plasticity.kernel import Kernel, bounded, numbers_of
from reservoir.plasticity.rule import (
    PlasticityRule,
    Rule,
    read_bound,
    read_lags,
    read_numbers,
    read_pairing,
    two_sided,
)
from reservoir.validation import check_choice

# A2_plus, A3_plus, A2_minus, A3_minus, tau_x and tau_y in milliseconds, pairing. The paper leaves tau_x of the minimal
# models open, since A3_minus is 0: the default stands there.
_FITS: dict[str, tuple[float, float, float, float, float, float, str]] = {
    "visual cortex": (5e-10, 6.2e-3, 7e-3, 2.3e-4, 101, 125, "all"),
    "visual cortex, minimal": (0, 6.5e-3, 7.1e-3, 0, 101, 114, "all"),
    "visual cortex, nearest": (8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714, 40, "nearest"),
    "visual cortex, nearest, minimal": (0, 5e-2, 8e-3, 0, 101, 40, "nearest"),
    "hippocampus": (6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946, 27, "all"),
    "hippocampus, minimal": (5.3e-3, 8e-3, 3.5e-3, 0, 101, 40, "all"),
    "hippocampus, nearest": (4.6e-3, 9.1e-3, 3e-3, 7.5e-9, 575, 47, "nearest"),
    "hippocampus, nearest, minimal": (4.6e-3, 9.1e-3, 3e-3, 0, 101, 48, "nearest"),
}


class Triplets(NamedTuple):
    """Numbers of the rule, with its functions."""

    w_max: float
    A2_plus: float
    A3_plus: float
    A2_minus: float
    A3_minus: float
    nearest: bool

    @staticmethod
    @kernel(forceinline=True)
    def on_pre(p, w, own, r, o, t):
        """Depression by o1, and with r2."""
        return bounded(w - p.w_max * o[0] * (p.A2_minus + p.A3_minus * r[1]), p.w_max)

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, w, own, r, o, t):
        """Potentiation by r1, and with o2."""
        return bounded(w + p.w_max * r[0] * (p.A2_plus + p.A3_plus * o[1]), p.w_max)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class TripletSTDP(PlasticityRule):
    """Triplet rule of Pfister and Gerstner for excitatory synapses.

    Arriving spikes leave the traces r1 and r2, spikes of the receiver o1 and o2, which decay with tau_plus, tau_x,
    tau_minus and tau_y:

        at an arriving spike          dw = -w_max o1 (A2_minus + A3_minus r2),   then r1, r2 grow by 1
        at a spike of the receiver    dw =  w_max r1 (A2_plus + A3_plus o2),     then o1, o2 grow by 1

    so that every trace is read before its own spike is added; with ``pairing="nearest"`` it is set to 1 instead of
    growing. The weight stays in [0, w_max]. Where a spike arrives and the receiver fires in one step, the arrival comes
    first. Potentiation grows with the rate of the receiver, which no pair rule gives.

    The defaults, and the sets of `fitted`, are those of the paper; its weights have no unit, and that w_max is 1 there
    is the library's own choice.

    Parameters
    ----------
    A2_plus : float, default 5e-10
        Potentiation by pairs, a share of w_max.
    A3_plus : float, default 6.2e-3
        Potentiation by triplets, a share of w_max.
    A2_minus : float, default 7e-3
        Depression by pairs, a share of w_max.
    A3_minus : float, default 2.3e-4
        Depression by triplets, a share of w_max.
    tau_plus : float > 0, default 0.0168
        Of r1, seconds.
    tau_minus : float > 0, default 0.0337
        Of o1, seconds.
    tau_x : float > 0, default 0.101
        Of r2, seconds.
    tau_y : float > 0, default 0.125
        Of o2, seconds.
    pairing : {"all", "nearest"}, default "all"
        Whether all spikes count, or the last one of either side.
    w_max : float > 0 or None, default None
        Largest weight, amperes, at least that of every synapse at the beginning. None: twice the mean initial weight of
        the synapses that learn, or the largest of them (the library's own choice).

    References
    ----------
    Pfister and Gerstner 2006, Triplets of spikes in a model of spike timing-dependent plasticity, Journal of
    Neuroscience 26(38):9673-9682, doi:10.1523/JNEUROSCI.1425-06.2006.

    Examples
    --------
    >>> from reservoir.plasticity import TripletSTDP
    >>> rule = TripletSTDP.fitted("hippocampus")
    >>> rule.A3_plus, rule.window([-0.02, 0.02]).round(5).tolist()
    (0.0067, [-0.00088, 0.00185])
    """

    A2_plus: float = 5e-10
    A3_plus: float = 6.2e-3
    A2_minus: float = 7e-3
    A3_minus: float = 2.3e-4
    tau_plus: float = 0.0168
    tau_minus: float = 0.0337
    tau_x: float = 0.101
    tau_y: float = 0.125
    pairing: str = "all"
    w_max: float | None = None

    @classmethod
    def fitted(cls, data: str = "visual cortex", *, w_max: float | None = None) -> TripletSTDP:
        """The rule as the paper fits it to one set of data.

        Parameters
        ----------
        data : str, default "visual cortex"
            "visual cortex" or "hippocampus", either followed by ", nearest", by ", minimal" (the model with the fewest
            parameters) or by ", nearest, minimal".
        w_max : float > 0 or None, default None
            As above.
        """
        check_choice("TripletSTDP.fitted", "data", data, list(_FITS))
        A2_plus, A3_plus, A2_minus, A3_minus, tau_x, tau_y, pairing = _FITS[data]
        return cls(
            A2_plus=A2_plus, A3_plus=A3_plus, A2_minus=A2_minus, A3_minus=A3_minus,
            tau_x=tau_x / 1000, tau_y=tau_y / 1000, pairing=pairing, w_max=w_max,
        )  # fmt: skip

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        add, parameters = read_pairing(self), self._numbers() | read_bound(self, projection, 2)
        arrival = "w = clip(w - w_max * o1 * (A2_minus + A3_minus * r2), 0 * amp, w_max)"
        answer = "w = clip(w + w_max * r1 * (A2_plus + A3_plus * o2), 0 * amp, w_max)"
        return Rule(
            {"r1": "tau_plus", "r2": "tau_x", "o1": "tau_minus", "o2": "tau_y"},
            [arrival, f"r1 {add} 1", f"r2 {add} 1"],
            [answer, f"o1 {add} 1", f"o2 {add} 1"],
            parameters,
            kernel=Kernel(numbers_of(Triplets, parameters, nearest=add == "="), ("r1", "r2"), ("o1", "o2")),
        )

    @property
    def reach(self) -> float:
        """Seconds of lag after which a lone pair hardly counts: five of the longer time constant."""
        numbers = self._numbers()
        return 5 * max(numbers["tau_plus"][0], numbers["tau_minus"][0])

    def window(self, lags: float | Numbers, share: float = 0.5) -> np.ndarray:
        """Change by a lone pair, far from all other spikes: A2_plus and A2_minus; see `PairRule.window`."""
        size = {name: number for name, (number, _) in self._numbers().items()}
        sides = size["A2_plus"], size["tau_plus"], size["A2_minus"], size["tau_minus"]
        return two_sided(read_lags(self, lags), *sides)

    def _numbers(self) -> dict[str, tuple[float, str]]:
        amplitudes = dict.fromkeys(("A2_plus", "A3_plus", "A2_minus", "A3_minus"), "1")
        times = dict.fromkeys(("tau_plus", "tau_minus", "tau_x", "tau_y"), "second")
        return read_numbers(self, **amplitudes, **times)
