"""Plasticity of inhibitory synapses that holds the rate of their receivers."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

from reservoir.circuits import Projection
from reservoir.plasticity.rule import Rule, inhibits, read_bound, read_numbers
from reservoir.validation import check_real


class InhibitorySTDP(BaseEstimator):
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
        Largest magnitude, amperes. None: ten times the mean initial magnitude (the library's own choice).

    Raises
    ------
    ValueError
        For a parameter out of range, when it is used.

    References
    ----------
    Vogels, Sprekeler, Zenke, Clopath, Gerstner 2011, Inhibitory plasticity balances excitation and inhibition in
    sensory pathways and memory networks, Science 334:1569-1573, doi:10.1126/science.1211095.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.spikes import SpikeTrains
    >>> from spiking import simulate
    >>> from reservoir.plasticity import InhibitorySTDP
    >>> column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 0.1, 0.02), np.zeros(5, int), n_units=1, duration=0.1)
    >>> rules = {"recurrent": InhibitorySTDP(eta=0.1)}
    >>> learned = simulate(column, regular, plasticity=rules, record="weights", random_state=0).circuit
    >>> excites = column.recurrent.weight > 0
    >>> bool((learned.recurrent.weight == column.recurrent.weight)[excites].all())
    True
    """

    def __init__(self, *, eta: float = 0.001, target_rate: float = 3.0, tau: float = 0.02, w_max: float | None = None):
        self.eta = eta
        self.target_rate = target_rate
        self.tau = tau
        self.w_max = w_max

    def acts_on(self, projection: Projection) -> np.ndarray:
        """Which synapses learn (n_synapses,): the inhibitory ones."""
        return inhibits(projection)

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        parameters = read_bound(self, projection, 10)
        parameters["tau_trace"] = read_numbers(self, tau="second")["tau"]
        rate = check_real("InhibitorySTDP", "target_rate", self.target_rate, 0, unit="hertz")
        parameters["alpha"] = 2 * rate * parameters["tau_trace"][0], "1"
        parameters["eta"] = check_real("InhibitorySTDP", "eta", self.eta, 0, closed="neither"), "1"
        return Rule(
            {"arrivals": "tau_trace", "answers": "tau_trace"},
            ["w = clip(w + w_max * eta * (answers - alpha), 0 * amp, w_max)", "arrivals += 1"],
            ["w = clip(w + w_max * eta * arrivals, 0 * amp, w_max)", "answers += 1"],
            parameters,
        )
