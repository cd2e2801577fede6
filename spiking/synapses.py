"""Synapses as Brian2 reads them: what a spike that arrives does to the receiver.

`Projection` of `reservoir.circuits` holds the numbers; here stand the texts, one function a kind, without Brian2. In
every text `w` is the magnitude of the weight. It is counted in amperes for all kinds, so that a plasticity rule need
not tell them apart: of a conductance, the current at a driving force of one volt; of a jump, that which moves one ohm
so far.

=====================  ==================================  =========================================
kind                   of a `Projection`                   what a spike adds
=====================  ==================================  =========================================
current                without `reversal`                  `w`, with the sign of the weight, to a current
conductance            with `reversal`                     `w` / volt to a conductance
jump                   with the `time_constant` 0          `w` ohm, with the sign, to what moves the voltage
rising                 with `rise_time`, of either of the  the same times its peak to the slow exponential, and its
                       first two                           negative to the fast one
depressing and         with `U`, `D`, `F`, of any kind     the same, times u and R
facilitating
released               with `release_probability`, of any  the same or nothing
                       kind
=====================  ==================================  =========================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Synapse(NamedTuple):
    """One kind of synapse as Brian2 reads it."""

    model: list[str]  # variables of a synapse, a line each
    on_pre: list[str]  # what a spike does that arrives


def current(*names: str) -> Synapse:
    """A current of the receiver that decays exponentially, or the difference of two.

    References
    ----------
    Rotter and Diesmann 1999, Exact digital simulation of time-invariant linear systems with applications to neuronal
    modeling, Biological Cybernetics 81:381-402, doi:10.1007/s004220050570.
    """
    return _added(names, "direction * {amount}", ["direction : 1 (constant)"])


def conductance(*names: str) -> Synapse:
    """A conductance of the receiver that decays exponentially, or the difference of two; see `CircuitText.opens`.

    References
    ----------
    Destexhe, Mainen, Sejnowski 1994, An efficient method for computing synaptic conductances based on a kinetic model
    of receptor binding, Neural Computation 6(1):14-18, doi:10.1162/neco.1994.6.1.14.
    """
    return _added(names, "{amount} / volt", [])


def jump(name: str) -> Synapse:
    """A jump of the voltage of the receiver."""
    return _added([name], "direction * {amount} * ohm", ["direction : 1 (constant)"])


def _added(names: Sequence[str], amount: str, variables: list[str]) -> Synapse:
    model = ["w : amp", *variables]
    if len(names) == 1:
        return Synapse(model, [f"{names[0]}_post += {amount}"])
    lines = [f"{name}_post {sign}= peak_of_course * {amount}" for name, sign in zip(names, "+-", strict=True)]
    return Synapse([*model, "peak_of_course : 1 (shared, constant)"], lines)


def released(synapse: Synapse) -> Synapse:
    """The same for spikes whose number, of the synapse and the step in which they were sent, is below its share."""
    variables = [
        "number_of_synapse : integer (constant)",
        "tile_of_synapse : integer (constant)",
        "share_released : 1 (constant)",
    ]
    jumps = [line.format(amount="{amount} * is_released") for line in synapse.on_pre]
    chance = "is_released = int(chance_of_release(number_of_synapse, tile_of_synapse, {nth}) < share_released)"
    return Synapse([*synapse.model, *variables], [chance, *jumps])


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
