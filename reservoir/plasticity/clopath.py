"""Plasticity that hears the voltage of the receiver."""

from __future__ import annotations

from dataclasses import dataclass

from reservoir.circuits import Projection
from reservoir.docstrings import documented_with
from reservoir.plasticity.rule import PlasticityRule, Rule, UnitVariables, read_bound, read_numbers
from reservoir.validation import Parameters

_ABOVE = "clip({0} - {1}, 0 * volt, inf * volt) / volt"


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False, kw_only=True)
class ClopathSTDP(PlasticityRule):
    """Voltage-based rule of Clopath, Buesing, Vasilaki and Gerstner for excitatory synapses.

    The receiver has low-passed voltages u_minus and u_plus, of its voltage v, and u_square, of [v - rest]^2; arriving
    spikes leave a trace x, low-passed too, which grows by 1 / tau_x. With [z] = max(z, 0)

        at an arriving spike    dw    = -w_max A_LTD (u_square / reference) [u_minus - theta_minus]
        at all times            dw/dt =  w_max A_LTP x [v - theta_plus] [u_plus - theta_minus]

    and the weight stays in [0, w_max]. Depression asks for a receiver that has been depolarised, potentiation for one
    that has and that is about to fire; so pairs of spikes strengthen the more the faster they come. u_square makes
    depression grow with the activity of the receiver.

    In a step the voltages move first, then w grows, then spikes arrive. The voltage of a unit is that before its reset.

    Parameters
    ----------
    A_LTD : float >= 0, default 0.14
        Depression, a share of w_max, per volt.
    A_LTP : float >= 0, default 80.0
        Potentiation, a share of w_max, per square volt.
    theta_minus : float, default -70.6e-3
        Volts above which low-passed voltages count.
    theta_plus : float, default -45.3e-3
        Volts above which the voltage strengthens.
    tau_minus, tau_plus : float > 0, default 0.01 and 0.007
        Of u_minus and u_plus, seconds.
    tau_x : float > 0, default 0.015
        Of x, seconds.
    reference : float > 0 or None, default None
        Level of u_square at which depression has its size, V^2; 60e-6 in the paper. None: it always has (u_square is
        held at the reference, as in experiments with pairs of spikes).
    rest : float, default -70.6e-3
        Volts above which u_square is counted.
    tau_square : float > 0, default 1.2
        Of u_square, seconds.
    w_max : float > 0 or None, default None
        Largest weight, amperes, at least that of every synapse at the beginning. None: twice the mean initial weight of
        the synapses that learn, or the largest of them (the library's own choice).

    Notes
    -----
    The numbers are those of the paper for visual cortex, in SI units; that w_max is 1 there is the library's own
    choice, and so is that u_square begins at the reference. They belong to units that rest at -70.6 mV and whose
    voltage shows the spike, as that of `AdaptiveExponential` or of `spiking.Equations`; thresholds of a unit that rests
    at 0 are others, and a `PlausibilityWarning` says so where most units begin above theta_plus. The rule looks at
    every synapse in every step.

    References
    ----------
    Clopath, Buesing, Vasilaki, Gerstner 2010, Connectivity reflects coding: a model of voltage-based STDP with
    homeostasis, Nature Neuroscience 13(3):344-352, doi:10.1038/nn.2479.

    Examples
    --------
    >>> from reservoir.circuits import Projection
    >>> from reservoir.plasticity import ClopathSTDP
    >>> synapse = Projection(pre=[0], post=[0], weight=1e-9, delay=0.0, time_constant=5e-3)
    >>> ClopathSTDP(reference=60e-6).rule(synapse).units.start
    {'u_minus': 'v', 'u_plus': 'v', 'u_square': 'reference'}
    """

    A_LTD: float = 0.14
    A_LTP: float = 80.0
    theta_minus: float = -70.6e-3
    theta_plus: float = -45.3e-3
    tau_minus: float = 0.01
    tau_plus: float = 0.007
    tau_x: float = 0.015
    reference: float | None = None
    rest: float = -70.6e-3
    tau_square: float = 1.2
    w_max: float | None = None

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        p, bound = Parameters(self), read_bound(self, projection, 2)
        sizes = {name: (p.real(name, 0), "1") for name in ("A_LTD", "A_LTP")}
        numbers = read_numbers(
            self, theta_minus="volt", theta_plus="volt", rest="volt", tau_minus="second", tau_plus="second",
            tau_x="second", tau_square="second",
        )  # fmt: skip
        square = {"u_rest": numbers.pop("rest"), "tau_square": numbers.pop("tau_square")}
        model = ["du_minus/dt = (v - u_minus) / tau_minus : volt", "du_plus/dt = (v - u_plus) / tau_plus : volt"]
        start, share = {"u_minus": "v", "u_plus": "v"}, ""
        if self.reference is not None:
            numbers |= square | {"reference": (p.real("reference", 0, closed="neither"), "volt ** 2")}
            model.append("du_square/dt = (int(v > u_rest) * (v - u_rest) ** 2 - u_square) / tau_square : volt ** 2")
            start["u_square"], share = "reference", " * u_square_post / reference"
        minus, plus = (_ABOVE.format(f"u_{side}_post", "theta_minus") for side in ("minus", "plus"))
        grown = f"w + w_max * A_LTP * x * dt / tau_x * {_ABOVE.format('v_post', 'theta_plus')} * {plus}"
        return Rule(
            {},
            [f"w = clip(w - w_max * A_LTD{share} * {minus}, 0 * amp, w_max)", "x += 1"],
            [],
            sizes | numbers | bound,
            model=("dx/dt = -x / tau_x : 1 (clock-driven)",),
            on_step=[f"w = clip({grown}, 0 * amp, w_max)"],
            units=UnitVariables(tuple(model), start=start),
            silent_below=(f"'theta_plus' parameter of {p.owner}", numbers["theta_plus"][0]),
        )
