"""The rule by which the network of Diehl and Cook learns digits."""

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


class Nearest(NamedTuple):
    """Numbers of the rule, with its functions."""

    w_max: float
    A_plus: float
    A_minus: float
    nearest: bool

    @staticmethod
    @kernel(forceinline=True)
    def on_pre(p, w, own, x, y, t):
        """Depression by y1."""
        return bounded(w - p.w_max * p.A_minus * y[0], p.w_max)

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, w, own, x, y, t):
        """Potentiation by x, with y2."""
        return bounded(w + p.w_max * p.A_plus * x[0] * y[1], p.w_max)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class DiehlCookSTDP(PlasticityRule):
    """Rule of Diehl and Cook for excitatory synapses, in the form of their program: nearest spikes, in triplets.

    Traces are set to 1 at a spike and decay: x of spikes that arrive with tau_plus, y1 and y2 of spikes of the receiver
    with tau_minus and tau_y. With y2 as it was before this spike of the receiver,

        at an arriving spike          dw = -w_max A_minus y1
        at a spike of the receiver    dw =  w_max A_plus x y2

    and the weight stays in [0, w_max]. The receiver must have fired shortly before to strengthen a synapse, so that a
    lone pair does so never. Where a spike arrives and the receiver fires in one step, the arrival comes first.

    Parameters
    ----------
    A_plus : float, default 0.01
        Largest potentiation, a share of w_max.
    A_minus : float, default 1e-4
        Largest depression, a share of w_max.
    tau_plus : float > 0, default 0.02
        Of x, seconds.
    tau_minus : float > 0, default 0.02
        Of y1, seconds.
    tau_y : float > 0, default 0.04
        Of y2, seconds.
    w_max : float > 0 or None, default None
        Largest weight, amperes, at least that of every synapse at the beginning. None: twice the mean initial weight of
        the synapses that learn, or the largest of them (the library's own choice).

    Notes
    -----
    The paper writes another rule, `OffsetSTDP`; the numbers here are those of the program. `Normalised` adds the
    normalisation of weights.

    References
    ----------
    Diehl and Cook 2015, Unsupervised learning of digit recognition using spike-timing-dependent plasticity, Frontiers
    in Computational Neuroscience 9:99, doi:10.3389/fncom.2015.00099.

    Examples
    --------
    >>> from reservoir.plasticity import DiehlCookSTDP
    >>> DiehlCookSTDP(A_minus=0.1).window([-0.02, 0.02]).round(4).tolist()
    [-0.0368, 0.0]
    """

    A_plus: float = 0.01
    A_minus: float = 1e-4
    tau_plus: float = 0.02
    tau_minus: float = 0.02
    tau_y: float = 0.04
    w_max: float | None = None

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        parameters = self._numbers() | read_bound(self, projection, 2)
        return Rule(
            {"arrivals": "tau_plus", "answers": "tau_minus", "earlier": "tau_y"},
            ["w = clip(w - w_max * A_minus * answers, 0 * amp, w_max)", "arrivals = 1"],
            ["w = clip(w + w_max * A_plus * arrivals * earlier, 0 * amp, w_max)", "answers = 1", "earlier = 1"],
            parameters,
            kernel=Kernel(numbers_of(Nearest, parameters, nearest=True), ("arrivals",), ("answers", "earlier")),
        )

    @property
    def reach(self) -> float:
        """Seconds of lag after which a lone pair hardly counts: five of `tau_minus`."""
        return 5 * self._numbers()["tau_minus"][0]

    def window(self, lags: float | Numbers, share: float = 0.5) -> np.ndarray:
        """Change by a lone pair, far from all other spikes: depression alone; see `PairRule.window`."""
        size = {name: number for name, (number, _) in self._numbers().items()}
        return two_sided(read_lags(self, lags), 0.0, size["tau_plus"], size["A_minus"], size["tau_minus"])

    def _numbers(self) -> dict[str, tuple[float, str]]:
        return read_numbers(
            self, A_plus="1", A_minus="1", tau_plus="second", tau_minus="second", tau_y="second"
        )  # fmt: skip
