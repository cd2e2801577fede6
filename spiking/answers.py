"""What a network that has run gives, trial by trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reservoir.systems.simulation import check_finite
from spiking.circuit_text import Answer, Group, Learned, Path
from spiking.learned import faded, settled
from spiking.network_state import state_of

if TYPE_CHECKING:
    from reservoir.plasticity import Rule
    from spiking.side_by_side import SideBySide


def answers_of(built: SideBySide) -> list[Answer]:
    """The answer of every trial."""
    fired = np.concatenate([_fired(built, *one) for one in zip(built.groups, built.spikes, strict=True)])
    spikes = np.concatenate([fired, built.own])
    return [_answer(built, tile, spikes) for tile in range(built.n_tiles)]


def _fired(built: SideBySide, group: Group, spikes: Any) -> np.ndarray:
    """Step and unit, by its number among those of all tiles, of the spikes of a group."""
    steps = np.round(np.asarray(spikes.t) / built.network.dt).astype(np.int64) - built.behind
    tile, place = np.divmod(np.asarray(spikes.i, dtype=np.int64), len(group.units))
    return np.column_stack([steps, tile * built.n_units + group.units[place]])


def _answer(built: SideBySide, tile: int, spikes: np.ndarray) -> Answer:
    trial, units = built.trials[tile], slice(tile * built.n_units, (tile + 1) * built.n_units)
    spikes = spikes[(spikes[:, 1] >= units.start) & (spikes[:, 1] < units.stop) & (spikes[:, 0] < trial.n_steps)]
    spikes[:, 1] -= units.start
    spikes = spikes[np.lexsort((spikes[:, 1], spikes[:, 0]))]
    variables = np.zeros_like(trial.variables)
    for group in built.groups:
        own = slice(tile * len(group.units), (tile + 1) * len(group.units))
        for row, name in enumerate(group.network.equations.variables):
            variables[row, group.units] = np.asarray(
                getattr(built.sources[group.name], f"{built.new.get(name, name)}_")
            )[own]
        check_finite(group.network.unit, variables[:, group.units], built.network.dt)
    state = state_of(built, tile, spikes) if "state" in built.wanted.names else None
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
