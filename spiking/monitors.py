"""What Brian2 keeps of a network over time; a row stands before a step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from reservoir.neurons.spiking.magnesium import open_share
from reservoir.plasticity.rule import settled
from reservoir.systems.recording import OF_CIRCUITS, Wanted
from spiking.circuit_text import Group
from spiking.learned import faded
from spiking.pathways import Path
from spiking.receptor_text import blocks_of

if TYPE_CHECKING:
    from spiking.side_by_side import SideBySide

_BEFORE_ALL = -100  # the order of what is done first in a step


class Monitors:
    """Monitors of all trials side by side."""

    def __init__(self, built: SideBySide, wanted: Wanted):
        self.built, self.wanted, self.all = built, wanted, list[Any]()
        brian2 = built.brian2
        self.watch = [
            brian2.StateMonitor(
                built.sources[group.name], "v", record=True, when="end", name=f"voltages{_suffix(group)}"
            )
            for group in built.groups if "voltages" in wanted.names
        ]  # fmt: skip
        self.clock = built.clock
        if wanted.every > 1:
            self.clock = brian2.Clock(dt=wanted.every * built.network.dt * brian2.second, name="rows")
        self.units = [
            (name, columns, self._watch(built.sources[group.name], self._of_units(name), places, len(group.units)))
            for name, units in wanted.units.items() for group, places, columns in self._parted(units)
        ]  # fmt: skip
        self.synapses = [
            (name, path, places, columns, self._watch(part, self._of_path(path, name), places, len(path.pre)))
            for name, chosen in wanted.synapses.items() for projection, which in chosen.items()
            for path, part, places, columns in self._paths(projection, which)
        ]  # fmt: skip
        self.all += self.watch

    def _parted(self, units: np.ndarray) -> Iterable[tuple[Group, np.ndarray, np.ndarray]]:
        """The groups that have some of the units, the places of these in it, and their columns."""
        for group in self.built.groups:
            columns = np.flatnonzero(np.isin(units, group.units))
            if columns.size:
                yield group, np.searchsorted(group.units, units[columns]), columns

    def _paths(self, projection: str, which: np.ndarray) -> Iterable[tuple[Path, Any, np.ndarray, np.ndarray]]:
        """The same of the paths of a projection, with the synapses of Brian2."""
        for path, synapses in zip(self.built.network.paths, self.built.synapses, strict=True):
            columns = np.flatnonzero(np.isin(which, path.which)) if path.projection == projection else np.zeros(0, int)
            if columns.size:
                order = np.argsort(path.which)
                yield path, synapses, order[np.searchsorted(path.which[order], which[columns])], columns

    def _watch(self, source: Any, names: list[str], places: np.ndarray, size: int) -> Any:
        """A monitor of these variables of these places in every tile; None where there are none."""
        if not names:
            return None
        record = np.concatenate([places + tile * size for tile in range(self.built.n_tiles)])
        made = self.built.brian2.StateMonitor(
            source,
            names,
            record=record,
            clock=self.clock,
            when="start",
            order=_BEFORE_ALL,
            name=f"rows_{len(self.all):02d}",
        )
        self.all.append(made)
        return made

    def _of_units(self, name: str) -> list[str]:
        kinds = self.built.network.kinds
        conductances = [f"G_{k}" for k in range(len(kinds.conductances))]
        if name == "conductance":
            return [*conductances, *["v"] * bool(blocks_of(kinds))]
        if name == "current":
            return ["v", *(f"I_{k}" for k in range(len(kinds.currents))), *conductances]
        return [self.built.new.get(name, name)]

    def _of_path(self, path: Path, name: str) -> list[str]:
        """Variables of Brian2 by which one of synapses is known."""
        traces = {} if path.rule is None else path.rule.traces
        if name == "weights":
            return ["w"] if path.rule is None else list(dict.fromkeys(["w", *path.rule.read]))
        if name == "traces":
            return [*traces, "lastupdate"] if traces else []
        return [name, "lastupdate"] if name in traces else [name]

    def voltages(self, tile: int) -> np.ndarray | None:
        """Those at the ends of all steps (n_steps, n_units) of a trial."""
        if not self.watch:
            return None
        n_steps = self.built.trials[tile].n_steps
        voltages = np.empty((n_steps, self.built.n_units))
        for group, monitor in zip(self.built.groups, self.watch, strict=True):
            own = slice(tile * len(group.units), (tile + 1) * len(group.units))
            voltages[:, group.units] = np.asarray(monitor.v)[own, :n_steps].T
        return voltages

    def over_time(self, tile: int) -> dict[str, Any]:
        """What was kept of a trial, (n, k), by variable, of synapses also by projection."""
        first, n_rows = self.wanted.rows(self.built.behind, self.built.trials[tile].n_steps)
        seconds = (first + np.arange(n_rows)) * self.wanted.every * self.built.network.dt
        found: dict[str, Any] = {name: np.zeros((n_rows, len(units))) for name, units in self.wanted.units.items()}
        for name, columns, monitor in self.units:
            found[name][:, columns] = self._unit_values(name, _rows(monitor, tile, len(columns), n_rows))
        for name, chosen in self.wanted.synapses.items():
            names = self._traces() if name == "traces" else {}
            found[name] = {
                projection: {one: np.zeros((n_rows, len(which))) for one in names[projection]} if name == "traces"
                else np.zeros((n_rows, len(which)))
                for projection, which in chosen.items()
            }  # fmt: skip
        for name, path, places, columns, monitor in self.synapses:
            values = _rows(monitor, tile, len(columns), n_rows)
            for key, rows in _synaptic_values(name, path, places, values, seconds).items():
                place = found[name][path.projection]
                (place[key] if name == "traces" else place)[:, columns] = rows
        return found

    def _unit_values(self, name: str, values: Mapping[str, np.ndarray]) -> np.ndarray:
        if name not in OF_CIRCUITS:
            return next(iter(values.values()))
        total = sum((one for key, one in values.items() if key.startswith("I_")), np.zeros(()))
        blocks = blocks_of(self.built.network.kinds)
        for k, reversal in enumerate(self.built.network.kinds.conductances[:, 0]):
            share = open_share(blocks[k], values["v"]) if k in blocks else 1.0
            total = total + values[f"G_{k}"] * share * (1.0 if name == "conductance" else reversal - values["v"])
        return np.asarray(total)

    def _traces(self) -> dict[str, list[str]]:
        """The names of traces by projection."""
        found: dict[str, list[str]] = {}
        for path in self.built.network.paths:
            known = found.setdefault(path.projection, [])
            known += [name for name in ({} if path.rule is None else path.rule.traces) if name not in known]
        return found


def _suffix(group: Group) -> str:
    return group.name.removeprefix("units")


def _rows(monitor: Any, tile: int, width: int, n_rows: int) -> dict[str, np.ndarray]:
    """The values (n_rows, width) of a trial by the names of variables."""
    own = slice(tile * width, (tile + 1) * width)
    names = () if monitor is None else monitor.record_variables
    return {name: np.asarray(getattr(monitor, f"{name}_"))[own, :n_rows].T.astype(float) for name in names}


def _synaptic_values(
    name: str, path: Path, places: np.ndarray, values: Mapping[str, np.ndarray], seconds: np.ndarray
) -> dict[str, np.ndarray]:
    """What is asked for of synapses by name, from the variables of Brian2 (n, k)."""
    rule = path.rule
    if name == "weights":
        weight = path.weight[places]
        if rule is None or "w" not in rule.read:
            return {"w": np.copysign(values["w"], weight)}
        rows = [settled(rule, {key: one[k] for key, one in values.items()}, float(second), weight)["w"]
                for k, second in enumerate(seconds)]  # fmt: skip
        return {"w": np.stack(rows) if rows else values["w"]}
    if rule is not None and (name == "traces" or name in rule.traces):
        traces = rule.traces if name == "traces" else {name: rule.traces[name]}
        return faded(rule._replace(traces=traces), values, seconds[:, None]) if values else {}
    return {name: values[name]} if values else {}
