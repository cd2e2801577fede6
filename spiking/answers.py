"""What a network that has run gives, trial by trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reservoir.plasticity.rule import settled
from reservoir.systems.learned import Learned
from reservoir.systems.simulation import check_finite
from spiking.circuit_text import Answer, Group
from spiking.feedback import numbered
from spiking.learned import faded
from spiking.network_state import state_of
from spiking.pathways import Path

if TYPE_CHECKING:
    from reservoir.plasticity import Rule
    from spiking.side_by_side import SideBySide


def answers_of(built: SideBySide) -> list[Answer]:
    """The answer of every trial; weights that are scaled from time to time are in it as after one more scaling.

    Where a trial has stopped is told before, so that those who go on from there learn what a whole one does.
    """
    fired = [_fired(built, *one) for one in zip(built.groups, built.spikes, strict=True)]
    spikes = [_of_tile(built, tile, np.concatenate([*fired, built.own])) for tile in range(built.n_tiles)]
    wanted = "state" in built.wanted.names
    states = [state_of(built, tile, own) if wanted else None for tile, own in enumerate(spikes)]
    for scaling in built.scalings:
        scaling.function()
    return [_answer(built, tile, *one) for tile, one in enumerate(zip(spikes, states, strict=True))]


def _fired(built: SideBySide, group: Group, spikes: Any) -> np.ndarray:
    """Step and unit, by its number among those of all tiles, of the spikes of a group."""
    found = numbered(group, np.asarray(spikes.t), np.asarray(spikes.i), built.n_units, built.network.dt)
    return found - np.array([built.behind, 0])


def _of_tile(built: SideBySide, tile: int, spikes: np.ndarray) -> np.ndarray:
    """Step and unit of the spikes of one trial, in order."""
    n_steps, first, last = built.trials[tile].n_steps, tile * built.n_units, (tile + 1) * built.n_units
    own = spikes[(spikes[:, 1] >= first) & (spikes[:, 1] < last) & (spikes[:, 0] < n_steps)] - np.array([0, first])
    return own[np.lexsort((own[:, 1], own[:, 0]))]


def _answer(built: SideBySide, tile: int, spikes: np.ndarray, state: dict[str, np.ndarray] | None) -> Answer:
    variables = np.zeros_like(built.trials[tile].variables)
    for group in built.groups:
        own = slice(tile * len(group.units), (tile + 1) * len(group.units))
        for row, name in enumerate(group.network.equations.variables):
            variables[row, group.units] = np.asarray(
                getattr(built.sources[group.name], f"{built.new.get(name, name)}_")
            )[own]
        check_finite(group.network.unit, variables[:, group.units], built.network.dt)
    return Answer(
        spikes, built.monitors.voltages(tile), variables, _learned(built, tile), built.monitors.over_time(tile), state
    )


def _learned(built: SideBySide, tile: int) -> list[Learned]:
    """What the rules have changed."""
    pairs = zip(built.network.paths, built.synapses, strict=True)
    return [_changed(built, tile, path, path.rule, part) for path, part in pairs if path.rule is not None]


def _changed(built: SideBySide, tile: int, path: Path, rule: Rule, synapses: Any) -> Learned:
    part, end = slice(tile * len(path.pre), (tile + 1) * len(path.pre)), built.end
    names = [*rule.read, *rule.traces, *["lastupdate"] * bool(rule.traces)]
    found = {name: np.asarray(getattr(synapses, f"{name}_"))[part] for name in names}
    return Learned(path.projection, path.which, settled(rule, found, end, path.weight), faded(rule, found, end))
