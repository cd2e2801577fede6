"""Plasticity by calcium, which has two thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from reservoir.circuits import Projection
from reservoir.docstrings import documented_with
from reservoir.plasticity.rule import Later, PlasticityRule, Rule, read_bound, read_numbers
from reservoir.validation import Parameters, check_choice

# tau_calcium in milliseconds, C_pre, C_post, theta_p, gamma_d, gamma_p, sigma, tau in seconds, D in milliseconds, and
# b, the ratio of the two stable weights. theta_d is 1 and rho_star 0.5 throughout.
_FITS: dict[str, tuple[float, ...]] = {
    "DP": (20, 1, 2, 1.3, 200, 321.808, 2.8284, 150, 13.7, 5),
    "DPD": (20, 0.9, 0.9, 1.3, 250, 550, 2.8284, 150, 4.6, 5),
    "DPD'": (20, 1, 2, 2.5, 50, 600, 2.8284, 150, 2.2, 5),
    "P": (20, 2, 2, 1.3, 160, 257.447, 2.8284, 150, 0, 5),
    "D": (20, 0.6, 0.6, 1.3, 500, 550, 5.6568, 150, 0, 5),
    "D'": (20, 1, 2, 3.5, 60, 600, 2.8284, 150, 0, 5),
    "hippocampal slices": (48.8373, 1, 0.275865, 1.3, 313.0965, 1645.59, 9.1844, 688.355, 18.8008, 5.28145),
    "hippocampal cultures": (11.9536, 0.58156, 1.76444, 1.3, 61.141, 113.6545, 2.5654, 33.7596, 10, 36.0263),
    "cortical slices": (22.6936, 0.5617539, 1.23964, 1.3, 331.909, 725.085, 3.3501, 346.3615, 4.6098, 5.40988),
}
# How much of a step calcium has been above a threshold, from its value at the end.
_SHARE = "share_{0} = clip(1 + log(clip(calcium, 1e-300, inf) / theta_{0}) * tau_calcium / dt, 0, 1)"


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class CalciumSTDP(PlasticityRule):
    """Calcium-based rule of Graupner and Brunel for excitatory synapses, which have two stable weights.

    A spike that arrives adds C_pre to the calcium c of the synapse, D seconds later, and a spike of the receiver adds
    C_post; c decays with tau_calcium. Above a threshold it moves the efficacy rho, which otherwise goes to 0 or 1:

        tau_rho drho/dt = -rho (1 - rho) (rho_star - rho)
                          + gamma_p (1 - rho) [c > theta_p] - gamma_d rho [c > theta_d]
                          + sigma sqrt(tau_rho ([c > theta_p] + [c > theta_d])) xi(t)

    with white noise xi. The weight is w = w_max (low + (1 - low) rho), with which spikes are passed on.

    c is exact, also for the part of a step in which it is above a threshold; rho is integrated by Euler's method.

    Parameters
    ----------
    tau_calcium : float > 0, default 0.02
        Seconds in which calcium decays to 1/e.
    C_pre, C_post : float >= 0, default 1.0 and 2.0
        Jumps of calcium.
    D : float >= 0, default 0.0137
        Seconds from an arriving spike to its calcium; rounded to whole steps.
    theta_d, theta_p : float > 0, default 1.0 and 1.3
        Calcium above which rho falls and grows.
    gamma_d, gamma_p : float >= 0, default 200.0 and 321.808
        Rates of depression and potentiation.
    tau_rho : float > 0, default 150.0
        Of rho, seconds.
    rho_star : float in (0, 1), default 0.5
        Efficacy that divides the two stable ones.
    sigma : float >= 0, default 2.8284
        Size of the noise; 0 for none.
    low : float in [0, 1), default 0.0
        Weight where rho is 0, a share of w_max (the library's own choice; 1 / b in the paper, 0.2 for "DP").
    w_max : float > 0 or None, default None
        Weight where rho is 1, amperes, at least that of every synapse at the beginning. None: twice the mean initial
        weight of the synapses that learn, or the largest of them (the library's own choice).

    Raises
    ------
    ValueError
        For initial weights below low w_max, which no rho gives.

    Notes
    -----
    The defaults are the set "DP" of the paper but for `low`; `fitted` has all. The noise is drawn by Brian2, so that
    it depends on the trials beside and on `codegen`, and is drawn anew where a simulation goes on from a state; without
    it nothing does. The rule looks at every synapse in every step.

    References
    ----------
    Graupner and Brunel 2012, Calcium-based plasticity model explains sensitivity of synaptic changes to spike pattern,
    rate, and dendritic location, PNAS 109(10):3991-3996, doi:10.1073/pnas.1109359109; numbers as in the program of its
    authors.

    Examples
    --------
    >>> from reservoir.plasticity import CalciumSTDP
    >>> rule = CalciumSTDP.fitted("cortical slices", sigma=0.0)
    >>> rule.C_post, round(rule.low, 3)
    (1.23964, 0.185)
    """

    tau_calcium: float = 0.02
    C_pre: float = 1.0
    C_post: float = 2.0
    D: float = 0.0137
    theta_d: float = 1.0
    theta_p: float = 1.3
    gamma_d: float = 200.0
    gamma_p: float = 321.808
    tau_rho: float = 150.0
    rho_star: float = 0.5
    sigma: float = 2.8284
    low: float = 0.0
    w_max: float | None = None

    @classmethod
    def fitted(cls, data: str = "DP", *, sigma: float | None = None, w_max: float | None = None) -> CalciumSTDP:
        """The rule with one set of numbers of the paper.

        Parameters
        ----------
        data : str, default "DP"
            "DP", "DPD", "DPD'", "P", "D" or "D'", the six curves that a lag of spikes can give, by what it does from
            negative to positive lags; or "hippocampal slices", "hippocampal cultures", "cortical slices".
        sigma : float >= 0 or None, default None
            As above; None: that of the set.
        w_max : float > 0 or None, default None
            As above.
        """
        check_choice("CalciumSTDP.fitted", "data", data, list(_FITS))
        tau_calcium, C_pre, C_post, theta_p, gamma_d, gamma_p, noise, tau_rho, D, b = _FITS[data]
        return cls(
            tau_calcium=tau_calcium / 1000, C_pre=C_pre, C_post=C_post, D=D / 1000, theta_p=theta_p, gamma_d=gamma_d,
            gamma_p=gamma_p, tau_rho=tau_rho, sigma=noise if sigma is None else sigma, low=1 / b, w_max=w_max,
        )  # fmt: skip

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        p, numbers = Parameters(self), read_numbers(self, tau_calcium="second", tau_rho="second")
        numbers |= {name: (p.real(name, 0), "1") for name in ("gamma_d", "gamma_p", "sigma")}
        numbers |= {"C_arrival": (p.real("C_pre", 0), "1"), "C_answer": (p.real("C_post", 0), "1")}
        numbers |= {name: (p.real(name, 0, closed="neither"), "1") for name in ("theta_d", "theta_p")}
        numbers["rho_star"] = p.real("rho_star", 0, 1, closed="neither"), "1"
        numbers["low"] = p.real("low", 0, 1, closed="left"), "1"
        wait = p.real("D", 0, unit="second")
        numbers |= read_bound(self, projection, 2)
        low, w_max = numbers["low"][0], numbers["w_max"][0]
        least = float(np.abs(projection.weight).min(initial=w_max))
        if least < low * w_max * (1 - 1e-9):
            raise p.error("low", f"at most {least / w_max:.3g}, the smallest initial weight as a share of w_max")
        slope = "gamma_p * (1 - rho) * share_p - gamma_d * rho * share_d - rho * (1 - rho) * (rho_star - rho)"
        noise = " + sigma * sqrt(dt / tau_rho * (share_d + share_p)) * randn()"
        return Rule(
            {},
            [] if wait else ["calcium += C_arrival"],
            ["calcium += C_answer"],
            numbers if numbers["sigma"][0] else {name: one for name, one in numbers.items() if name != "sigma"},
            model=("dcalcium/dt = -calcium / tau_calcium : 1 (clock-driven)", "rho : 1\nshare_d : 1\nshare_p : 1"),
            read=("rho",),
            finish=partial(_weights, low, w_max),
            before=["w = w_max * clip(low + (1 - low) * rho, 0, 1)"],
            start={"rho": "clip((w / w_max - low) / (1 - low), 0, 1)"},
            on_step=[
                *(_SHARE.format(side) for side in "dp"),
                f"rho = rho + dt / tau_rho * ({slope})" + (noise if numbers["sigma"][0] else ""),
            ],
            later=Later(wait, ("calcium += C_arrival",)) if wait else None,
        )


def _weights(low: float, w_max: float, found: dict[str, np.ndarray], end: float) -> dict[str, np.ndarray]:
    """The weights that the efficacies give."""
    return {"w": w_max * np.clip(low + (1 - low) * found["rho"], 0, 1)}
