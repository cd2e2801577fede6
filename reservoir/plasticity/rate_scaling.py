"""Synaptic scaling: weights that grow where the receiver is too quiet, and shrink where it is too loud."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.plasticity.kernel import Kernel, bounded, numbers_of
from reservoir.plasticity.rule import PlasticityRule, Rule, read_bound, read_numbers
from reservoir.validation import Parameters


class Growth(NamedTuple):
    """Numbers of the rule, with its functions; own variables are the last spike of the receiver, and its rate then."""

    w_max: float
    eta: float
    target_rate: float
    tau_rate: float

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, w, own, x, y, t):
        """What has grown since the last spike of the receiver."""
        settled, heard = own[0], own[1]
        left = math.exp(-(t - settled) / p.tau_rate)
        own[0], own[1] = t, heard * left + 1.0
        return bounded(w * math.exp(p.eta * (p.target_rate * (t - settled) - heard * (1.0 - left))), p.w_max)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class RateScaling(PlasticityRule):
    """Multiplicative scaling of excitatory synapses that draws the rate of a unit towards `target_rate`.

        dr/dt = -r / tau_rate + (1 / tau_rate at each spike of the receiver)       its rate, hertz
        dw/dt = eta w (target_rate - r)

    and the weight stays in [0, w_max]. All excitatory weights of a unit change by one factor, so that their ratios, and
    what they have learned, stay. Between two spikes the change has a closed form: after `time` seconds

        w <- w exp(eta (target_rate time - tau_rate (1 - exp(-time / tau_rate)) r))

    which is made at the spikes of the receiver and at the end; a bound acts then as well.

    Parameters
    ----------
    target_rate : float >= 0, default 5.0
        Hertz.
    eta : float > 0, default 0.01
        Speed, without unit: weights of a silent unit grow by the factor e in 1 / eta intervals of `target_rate`.
    tau_rate : float > 0, default 1.0
        Seconds over which the rate is measured.
    w_max : float > 0 or None, default None
        Largest weight, amperes, at least that of every synapse at the beginning. None: ten times the mean initial
        weight of the synapses that learn, or the largest of them.

    Notes
    -----
    The numbers are the library's own choice: scaling takes hours in the experiments.

    References
    ----------
    Turrigiano, Leslie, Desai, Rutherford, Nelson 1998, Activity-dependent scaling of quantal amplitude in neocortical
    neurons, Nature 391:892-896, doi:10.1038/36103.
    van Rossum, Bi, Turrigiano 2000, Stable Hebbian learning from spike timing-dependent plasticity, Journal of
    Neuroscience 20(23):8812-8821, doi:10.1523/JNEUROSCI.20-23-08812.2000.

    Examples
    --------
    >>> from reservoir.circuits import Projection
    >>> from reservoir.plasticity import RateScaling
    >>> synapse = Projection(pre=[0], post=[0], weight=1e-9, delay=0.0, time_constant=5e-3)
    >>> RateScaling(eta=0.1).rule(synapse).parameters["w_max"]
    (1e-08, 'amp')
    """

    target_rate: float = 5.0
    eta: float = 0.01
    tau_rate: float = 1.0
    w_max: float | None = None

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        p = Parameters(self)
        eta, target = p.real("eta", 0, closed="neither"), p.real("target_rate", 0, unit="hertz")
        bound, tau = read_bound(self, projection, 10), read_numbers(self, tau_rate="second")
        parameters = tau | bound | {"eta": (eta, "1"), "target_rate": (target, "hertz")}
        grown = "grown = exp(eta * (target_rate * (t - settled) - heard * (1 - exp(-(t - settled) / tau_rate)))) : 1"
        return Rule(
            {},
            [],
            [
                "w = clip(w * grown, 0 * amp, w_max)",
                "heard = heard * exp(-(t - settled) / tau_rate) + 1",
                "settled = t",
            ],
            parameters,
            ("settled : second\nheard : 1", grown),
            read=("w", "settled", "heard"),
            finish=partial(_settle, eta, target, tau["tau_rate"][0], bound["w_max"][0]),
            kernel=Kernel(numbers_of(Growth, parameters), own=("settled", "heard")),
        )


def _settle(
    eta: float, target: float, tau: float, w_max: float, found: dict[str, np.ndarray], end: float
) -> dict[str, np.ndarray]:
    """The weights with what has grown since the last spike of each receiver."""
    time = end - found["settled"]
    grown = np.exp(eta * (target * time - found["heard"] * (1 - np.exp(-time / tau))))
    return {"w": np.clip(found["w"] * grown, 0, w_max)}
