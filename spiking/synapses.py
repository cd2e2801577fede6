"""Synapses as Brian2 reads them: what a spike that arrives does to the receiver.

`Projection` of `reservoir.circuits` holds the numbers; here stand the texts, one function a kind, without Brian2. In
every text `w` is the magnitude of the weight. It is counted in amperes for all kinds, so that a plasticity rule need
not tell them apart: of a conductance, the current at a driving force of one volt.

=====================  ==================================  =========================================
kind                   of a `Projection`                   what a spike adds
=====================  ==================================  =========================================
current                without `reversal`                  `w`, with the sign of the weight, to a current
conductance            with `reversal`                     `w` / volt to a conductance
depressing and         with `U`, `D`, `F`, of either kind  the same, times u and R
facilitating
=====================  ==================================  =========================================
"""

from __future__ import annotations

from typing import NamedTuple


class Synapse(NamedTuple):
    """One kind of synapse as Brian2 reads it."""

    model: list[str]  # variables of a synapse, a line each
    on_pre: list[str]  # what a spike does that arrives


def current(kind: int) -> Synapse:
    """A current of the receiver that decays exponentially.

    References
    ----------
    Rotter and Diesmann 1999, Exact digital simulation of time-invariant linear systems with applications to neuronal
    modeling, Biological Cybernetics 81:381-402, doi:10.1007/s004220050570.
    """
    return Synapse(["w : amp", "direction : 1 (constant)"], [f"I_{kind}_post += direction * {{amount}}"])


def conductance(kind: int) -> Synapse:
    """A conductance of the receiver that decays exponentially; the driving force is that of the beginning of a step.

    References
    ----------
    Destexhe, Mainen, Sejnowski 1994, An efficient method for computing synaptic conductances based on a kinetic model
    of receptor binding, Neural Computation 6(1):14-18, doi:10.1162/neco.1994.6.1.14.
    """
    return Synapse(["w : amp"], [f"G_{kind}_post += {{amount}} / volt"])


def depressing_and_facilitating(synapse: Synapse) -> Synapse:
    """The same with the dynamics of Markram, Wang and Tsodyks: R with the old u, then u, then the jump with both.

    References
    ----------
    Markram, Wang, Tsodyks 1998, Differential signaling via the same axon of neocortical pyramidal neurons,
    PNAS 95(9):5323-5328, doi:10.1073/pnas.95.9.5323.
    """
    variables = ["U : 1", "D : second (constant)", "F : second (constant)", "u : 1", "R : 1", "last : second"]
    before = ["R = 1 + (R - u * R - 1) * exp(-(t - last) / D)", "u = U + u * (1 - U) * exp(-(t - last) / F)"]
    jumps = [line.format(amount="{amount} * u * R") for line in synapse.on_pre]
    return Synapse(synapse.model + variables, [*before, "last = t", *jumps])
