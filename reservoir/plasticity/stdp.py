"""Pair-based spike-timing-dependent plasticity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.plasticity.kernel import Kernel, bounded, numbers_of
from reservoir.plasticity.rule import PairRule, PlasticityRule, Rule, read_bound, read_pairing
from reservoir.validation import Parameters, check_real


class Pairs(NamedTuple):
    """Numbers of the rule, with its functions."""

    w_max: float
    A_plus: float
    A_minus: float
    mu_plus: float
    mu_minus: float
    nearest: bool

    @staticmethod
    @kernel(forceinline=True)
    def on_pre(p, w, own, x, y, t):
        """Depression by the spikes of the receiver before."""
        stock = (w / p.w_max) ** p.mu_minus if p.mu_minus else 1.0
        return bounded(w - p.w_max * p.A_minus * y[0] * stock, p.w_max)

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, w, own, x, y, t):
        """Potentiation by the spikes that have arrived before."""
        room = bounded(1.0 - w / p.w_max, 1.0) ** p.mu_plus if p.mu_plus else 1.0
        return bounded(w + p.w_max * p.A_plus * x[0] * room, p.w_max)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class STDP(PairRule):
    """Pair-based spike-timing-dependent plasticity of excitatory synapses.

    A pair of a spike that arrives and a spike of the receiver, `lag` seconds later, changes the weight by

        dw =  w_max A_plus (1 - w / w_max)^mu_plus exp(-lag / tau_plus)     for lag >= 0
        dw = -w_max A_minus (w / w_max)^mu_minus exp(lag / tau_minus)       for lag < 0

    and the weight stays in [0, w_max]. Every change is made at the later spike of the pair, with the weight of that
    moment. A spike counts when it arrives, after the delay of the synapse; one that arrives in the step in which the
    receiver fires comes first, so that lag = 0 strengthens.

    =========================  =========  ==========
    the rule known as          mu_plus    mu_minus
    =========================  =========  ==========
    additive (Song)            0          0
    multiplicative (Rubin)     1          1
    Guetig                     mu         mu
    van Rossum                 0          1
    =========================  =========  ==========

    Guetig's ratio alpha of depression to potentiation is ``A_minus / A_plus``.

    Parameters
    ----------
    A_plus : float, default 0.01
        Largest potentiation, a share of w_max. Below 0: depression.
    A_minus : float, default 0.0105
        Largest depression, a share of w_max. Below 0: potentiation.
    tau_plus, tau_minus : float > 0, default 0.02
        Seconds in which the two sides of the window decay to 1/e.
    mu_plus, mu_minus : float >= 0, default 0.0
        How the two changes depend on the weight.
    pairing : {"all", "nearest"}, default "all"
        "all": every spike pairs with every spike of the other side; "nearest": with the last one before it.
    w_max : float > 0 or None, default None
        Largest weight, amperes, at least that of every synapse at the beginning. None: twice the mean weight at the
        beginning of the synapses that learn, or the largest of them (the library's own choice), so that who learns in
        pieces should give it.

    References
    ----------
    Song, Miller, Abbott 2000, Competitive Hebbian learning through spike-timing-dependent synaptic plasticity, Nature
    Neuroscience 3:919-926, doi:10.1038/78829.
    Rubin, Lee, Sompolinsky 2001, Equilibrium properties of temporally asymmetric Hebbian plasticity, Physical Review
    Letters 86:364-367, doi:10.1103/PhysRevLett.86.364.
    Guetig, Aharonov, Rotter, Sompolinsky 2003, Learning input correlations through nonlinear temporally asymmetric
    Hebbian plasticity, Journal of Neuroscience 23(9):3697-3714, doi:10.1523/JNEUROSCI.23-09-03697.2003.
    van Rossum, Bi, Turrigiano 2000, Stable Hebbian learning from spike timing-dependent plasticity, Journal of
    Neuroscience 20(23):8812-8821, doi:10.1523/JNEUROSCI.20-23-08812.2000.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.spikes import SpikeTrains
    >>> from spiking import simulate
    >>> from reservoir.plasticity import STDP
    >>> column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 0.1, 0.02), np.zeros(5, int), n_units=1, duration=0.1)
    >>> rule = STDP(mu_plus=1.0, mu_minus=1.0)
    >>> learned = simulate(column, regular, plasticity={"recurrent": rule}, record="weights", random_state=0).circuit
    >>> bool((np.sign(learned.recurrent.weight) * column.recurrent.weight >= 0).all())
    True
    """

    mu_plus: float = 0.0
    mu_minus: float = 0.0
    pairing: str = "all"
    w_max: float | None = None

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        mu_plus, mu_minus = self._powers()
        parameters = self._pair_numbers() | {"mu_plus": (mu_plus, "1"), "mu_minus": (mu_minus, "1")}
        parameters |= read_bound(self, projection, 2)
        add = read_pairing(self)
        room = " * clip(1 - w / w_max, 0, 1) ** mu_plus" if mu_plus else ""
        stock = " * (w / w_max) ** mu_minus" if mu_minus else ""
        return Rule(
            {"arrivals": "tau_plus", "answers": "tau_minus"},
            [f"w = clip(w - w_max * A_minus * answers{stock}, 0 * amp, w_max)", f"arrivals {add} 1"],
            [f"w = clip(w + w_max * A_plus * arrivals{room}, 0 * amp, w_max)", f"answers {add} 1"],
            parameters,
            kernel=Kernel(numbers_of(Pairs, parameters, nearest=add == "="), ("arrivals",), ("answers",)),
        )

    def window(self, lags: float | Numbers, share: float = 0.5) -> np.ndarray:
        """Change by a lone pair of spikes, see `PairRule.window`."""
        share = check_real(type(self).__name__, "share", share, 0, 1)
        mu_plus, mu_minus = self._powers()
        return self._pair_window(lags, (1 - share) ** mu_plus, share**mu_minus)

    def _powers(self) -> tuple[float, float]:
        p = Parameters(self)
        return p.real("mu_plus", 0), p.real("mu_minus", 0)
