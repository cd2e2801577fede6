"""K trials of one network as one Brian2 network of K times as many units; Brian2 itself comes as an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from reservoir.circuits import PoissonBackground
from reservoir.plasticity import Rule, Scaling
from reservoir.quantities import UNITS
from reservoir.systems.simulation import check_finite
from spiking.circuit_text import Answer, CircuitText, Path, Trial, write_units
from spiking.fed_variables import Feed, feeds_of
from spiking.synapses import conductance, current, depressing_and_facilitating

_solved: dict[str, str] = {}  # steps by their equations
_FOR_EVER = 1e6  # seconds; Brian2 takes a unit that has not fired for one that fired 1e4 seconds ago


@dataclass(frozen=True)
class Exact:
    """Brian2's exact step of a unit that is free; Brian2 writes no voltage of one that is not.

    For both at once its step takes an exponential a unit, and divides by zero where a current decays with the time
    constant of the membrane. Brian2 keeps every method for ever, equal ones once: so it must not hold a network. By
    itself it solves equations anew for every number of units, which takes a second.
    """

    brian2: ModuleType
    model: str

    def __call__(self, _: Any, variables: Any, options: Any) -> str:
        free = self.model.replace("(unless refractory)", "")
        if free not in _solved:
            _solved[free] = self.brian2.exact(self.brian2.Equations(free), variables, options)
        return _solved[free]


class SideBySide:
    """The network, built; `run` gives the answer of every trial.

    Parts that stand in the code that Brian2 compiles have names, since its own differ from run to run. Numbers are
    shared constants of their group: in a namespace they would be part of the keys under which Brian2 keeps code.
    """

    def __init__(self, brian2: ModuleType, network: CircuitText, trials: list[Trial], seed: int, voltages: bool):
        self.brian2, self.network, self.trials = brian2, network, trials
        self.n_units, self.n_tiles = len(network.excitatory), len(trials)
        self.n_steps = max(trial.n_steps for trial in trials)
        self.standalone = "standalone" in type(brian2.get_device()).__name__.lower()
        brian2.seed(seed)
        self.clock = brian2.Clock(dt=network.dt * brian2.second, name="steps")
        self.feeds = feeds_of(network, trials)
        self.most: dict[str, int] = {}  # spikes of a channel in one step
        self.sources = {"units": self._make_units(), **self._make_generators()}
        self.synapses = [self._connect(path, f"path_{k:02d}") for k, path in enumerate(network.paths)]
        self.scalings = self._make_scalings()
        units = self.sources["units"]
        self.spikes = brian2.SpikeMonitor(units, name="spikes")
        self.watch = [brian2.StateMonitor(units, "v", record=True, when="end", name="voltages")] if voltages else []

    def run(self, build: Callable[[], None], report: Callable[..., Any] | None = None) -> list[Answer]:
        """Simulate all trials, as long as the longest lasts; `build` is called once the network is complete.

        Brian2 calls `report` now and then with the share that is done, as its second argument.
        """
        parts = [*self.sources.values(), *self.synapses, *self.scalings, self.spikes, *self.watch, *self.operations]
        whole = self.brian2.Network([part for part in parts if part is not None])
        duration, second = self.n_steps * self.network.dt, self.brian2.second
        whole.run(duration * second, namespace={}, report=report, report_period=second)
        build()
        steps = np.round(np.asarray(self.spikes.t) / self.network.dt).astype(np.int64)
        fired = np.column_stack([steps, np.asarray(self.spikes.i, dtype=np.int64)])
        return [self._answer(tile, fired) for tile in range(self.n_tiles)]

    def _value(self, value: Any, unit: str) -> Any:
        """An SI number or array with its unit."""
        if unit == "1":
            return value
        dimensions = self.brian2.get_or_create_dimension([*UNITS[unit][1], 0, 0, 0])
        return self.brian2.Quantity(value, dim=dimensions)

    def _make_units(self) -> Any:
        brian2, network, equations = self.brian2, self.network, self.network.equations
        timed = {f"timed_{feed.name}": self._timed(feed) for feed in self.feeds} if self.standalone else {}
        text = write_units(network, self.trials[0].currents is not None, self.standalone)
        method: Any = Exact(brian2, text.model) if text.method == "exact" else text.method
        units = brian2.NeuronGroup(
            self.n_units * self.n_tiles,
            text.model,
            threshold=f"listening and {equations.threshold}",
            reset=equations.reset or "v = v",
            refractory="hold",
            method=method,
            clock=self.clock,
            namespace=timed,
            name="units",
        )
        self.operations = [] if self.standalone else [self._set(units, feed) for feed in self.feeds]
        for name, line in text.at_start.items():
            units.run_regularly(line, when="start", name=name)
        for row, (name, unit) in enumerate(equations.variables.items()):
            values = np.concatenate([trial.variables[row] for trial in self.trials])
            setattr(units, name, self._value(values, unit))
        for name, (value, unit) in text.constants.items():
            setattr(units, name, self._value(value, unit))
        for name, (values, unit) in text.by_unit.items():
            setattr(units, name, self._value(self._tiled(values), unit))
        if network.background is not None:
            self._add_background(units, network.background)
        hold = np.where(network.listening, network.refractory * network.dt, _FOR_EVER)
        units.hold = self._tiled(hold) * brian2.second
        units.listening = self._tiled(network.listening)
        return units

    def _add_background(self, units: Any, background: PoissonBackground) -> None:
        """Let the units hear Poisson jumps when spikes are delivered."""
        lines, kind = [], self.network.kinds.of(background)
        for k in range(len(self.network.kinds.currents)):
            weight = np.where(kind == k, background.weight, 0.0)
            setattr(units, f"outside_{k}", self._value(self._tiled(weight), "amp"))
            lines += [f"I_{k} += outside_{k} * hits"] if weight.any() else []
        units.I_background = self._value(self._tiled(background.current), "amp")
        if lines:
            units.run_regularly("\n".join(lines), when="synapses", name="outside")

    def _set(self, units: Any, feed: Feed) -> Any:
        """An operation that sets a variable of the units before every step."""
        place = units.variables[feed.name].get_value()
        rows = feed.rows(self.n_steps)

        def set_values() -> None:
            place[:] = next(rows)

        name = f"set_{feed.name}"
        return self.brian2.NetworkOperation(set_values, clock=self.clock, when="start", order=-1, name=name)

    def _timed(self, feed: Feed) -> Any:
        """The values of a variable in all steps, for a program that Python does not see into."""
        steps, values = feed.at_once(self.n_steps)
        return self._timed_array(values, feed.unit, f"timed_{feed.name}", steps)

    def _timed_array(self, values: np.ndarray, unit: str, name: str, steps: int = 1) -> Any:
        """Values whose rows last so many steps each.

        Brian2 steps exactly only where the duration of a row, divided by the step, is a whole number to the last bit:
        where it is not, a row is repeated and lasts a divisor of its steps.
        """
        dt = self.network.dt
        part = next(k for k in range(steps, 0, -1) if steps % k == 0 and k * dt / dt == k)
        rows = np.repeat(values, steps // part, axis=0)
        return self.brian2.TimedArray(self._value(rows, unit), dt=part * dt * self.brian2.second, name=name)

    def _make_generators(self) -> dict[str, Any]:
        """Generators of the spikes of the channels, and of the units that fire of themselves."""
        sizes = {"inputs": self.network.n_inputs, "selves": self.n_units}
        tiles = [np.full(len(trial.events), tile) for tile, trial in enumerate(self.trials)]
        tile, events = np.concatenate(tiles), np.concatenate([trial.events for trial in self.trials])
        own = events[:, 1] < self.n_units
        numbers = events[:, 1] - np.where(own, 0, self.n_units) + tile * np.where(own, sizes["selves"], sizes["inputs"])
        self.own = np.column_stack([events[own, 0], numbers[own]])
        used = {path.source for path in self.network.paths}
        chosen = {"inputs": ~own, "selves": own}
        return {
            name: self._source(name, sizes[name] * self.n_tiles, numbers[mask], events[mask, 0])
            for name, mask in chosen.items() if name in used
        }  # fmt: skip

    def _source(self, name: str, size: int, senders: np.ndarray, steps: np.ndarray) -> Any:
        """What sends these spikes: a generator, which knows one of a channel in a step, or channels that count them."""
        order = np.lexsort((senders, steps))
        senders, steps = senders[order], steps[order]
        begins = np.append(True, (np.diff(senders) != 0) | (np.diff(steps) != 0))[: len(steps)]
        nth = np.arange(len(steps)) - np.flatnonzero(begins)[np.cumsum(begins) - 1]
        self.most[name] = 1 + int(nth.max(initial=0))
        generator = self._generator(name, size * self.most[name], senders + size * nth, steps)
        return generator if self.most[name] == 1 else self._counting(name, size, generator)

    def _generator(self, name: str, size: int, senders: np.ndarray, steps: np.ndarray) -> Any:
        brian2 = self.brian2
        times = steps * self.network.dt * brian2.second
        return brian2.SpikeGeneratorGroup(size, senders, times, clock=self.clock, sorted=True, name=f"spikes_of_{name}")

    def _counting(self, name: str, size: int, generator: Any) -> Any:
        """Channels, each of which has an event for every further spike of a step, from a generator of all of them."""
        most = self.most[name]
        channels = self.brian2.NeuronGroup(
            size, "outside_spikes : 1", threshold="outside_spikes > 0.5", reset="outside_spikes = 0",
            clock=self.clock, name=name,
            events={f"again_{k}": f"outside_spikes > {k}.5" for k in range(1, most)},
        )  # fmt: skip
        relay = self.brian2.Synapses(
            generator, channels, on_pre="outside_spikes_post += 1", clock=self.clock, name=f"count_{name}"
        )  # fmt: skip
        relay.connect(i=np.arange(size * most), j=np.tile(np.arange(size), most))
        generator.when = relay.pre.when = "start"
        generator.order, relay.pre.order = -2, -1
        self.operations += [generator, relay]
        return channels

    def _connect(self, path: Path, name: str) -> Any:
        brian2, rule, n_currents = self.brian2, path.rule, len(self.network.kinds.currents)
        kind = current(path.kind) if path.kind < n_currents else conductance(path.kind - n_currents)
        kind = kind if path.dynamics is None else depressing_and_facilitating(kind)
        model, on_pre = kind.model, [line.format(amount="w") for line in kind.on_pre]
        if rule is not None:
            traces = [f"d{name}/dt = -{name} / {tau} : 1 (event-driven)" for name, tau in rule.traces.items()]
            numbers = [f"{key} : {unit} (shared, constant)" for key, (_, unit) in rule.parameters.items()]
            model, on_pre = [*model, *numbers, *traces, *rule.model], [*on_pre, *rule.on_pre]
        arrivals = ["pre", *(f"again_{k}" for k in range(1, self.most.get(path.source, 1)))]
        synapses = brian2.Synapses(
            self.sources[path.source], self.sources["units"], "\n".join(model),
            on_pre=dict.fromkeys(arrivals, "\n".join(on_pre)), on_event={one: one for one in arrivals[1:]},
            on_post=None if rule is None else "\n".join(rule.on_post) or None,
            namespace={} if rule is None else self._signals(rule, name), clock=self.clock, name=name, method="exact",
        )  # fmt: skip
        shifts, size = np.repeat(np.arange(self.n_tiles), len(path.pre)), len(self.sources[path.source]) // self.n_tiles
        synapses.connect(i=self._tiled(path.pre) + shifts * size, j=self._tiled(path.post) + shifts * self.n_units)
        for order, one in enumerate(arrivals):
            getattr(synapses, one).delay = self._tiled(path.delay) * self.network.dt * brian2.second
            getattr(synapses, one).order = order
        synapses.w = self._tiled(np.abs(path.weight)) * brian2.amp
        if path.kind < n_currents:
            synapses.direction = self._tiled(np.copysign(1.0, path.weight))
        if path.dynamics is not None:
            U, D, F = (self._tiled(values) for values in path.dynamics)
            synapses.U, synapses.D, synapses.F, synapses.R = U, D * brian2.second, F * brian2.second, 1
        if rule is not None:
            for key, (value, unit) in rule.parameters.items():
                setattr(synapses, key, self._value(float(value), unit))
            if rule.on_post:
                synapses.post.order = len(arrivals)  # Brian2's own order is that of their names
        return synapses

    def _signals(self, rule: Rule, name: str) -> dict[str, Any]:
        """What a rule knows of every step."""
        times = np.arange(self.n_steps) * self.network.dt
        return {key: self._timed_array(values(times), "1", f"{name}_{key}") for key, values in rule.signals}

    def _make_scalings(self) -> list[Any]:
        """Operations that scale the weights of plastic projections, from time to time."""
        found: dict[str, Scaling] = {}
        for path in self.network.paths:
            if path.rule is not None and path.rule.scaling is not None:
                found[path.projection] = path.rule.scaling
        return [self._scale(name, scaling) for name, scaling in found.items()]

    def _scale(self, projection: str, scaling: Scaling) -> Any:
        pairs = zip(self.network.paths, self.synapses, strict=True)
        plastic = [part for path, part in pairs if path.projection == projection and path.rule is not None]
        size = self.n_units * self.n_tiles
        receivers = [np.asarray(part.j) for part in plastic]

        def weigh() -> np.ndarray:
            sums = [np.bincount(j, np.asarray(part.w_), size) for j, part in zip(receivers, plastic, strict=True)]
            return np.sum(sums, axis=0)

        total = weigh() if scaling.total is None else np.full(size, scaling.total)

        def scale() -> None:
            now = weigh()
            factor = np.divide(total, now, out=np.ones(size), where=now > 0)
            for j, part in zip(receivers, plastic, strict=True):
                part.w_ = np.asarray(part.w_) * factor[j]

        clock = self.brian2.Clock(dt=scaling.every * self.brian2.second, name=f"scaling_{projection}")
        return self.brian2.NetworkOperation(scale, clock=clock, when="end", name=f"scale_{projection}")

    def _tiled(self, values: np.ndarray) -> np.ndarray:
        return np.tile(values, self.n_tiles)

    def _answer(self, tile: int, fired: np.ndarray) -> Answer:
        trial, units = self.trials[tile], slice(tile * self.n_units, (tile + 1) * self.n_units)
        spikes = np.concatenate([fired, self.own])
        spikes = spikes[(spikes[:, 1] >= units.start) & (spikes[:, 1] < units.stop) & (spikes[:, 0] < trial.n_steps)]
        spikes[:, 1] -= units.start
        spikes = spikes[np.lexsort((spikes[:, 1], spikes[:, 0]))]
        voltages = np.asarray(self.watch[0].v)[units, : trial.n_steps].T.copy() if self.watch else None
        names = self.network.equations.variables
        variables = np.stack([np.asarray(getattr(self.sources["units"], f"{name}_"))[units] for name in names])
        check_finite(self.network.unit, variables, self.network.dt)
        return Answer(spikes, voltages, variables, self._learned(tile))

    def _learned(self, tile: int) -> dict[str, dict[str, np.ndarray]]:
        """What the rules have changed, by projection."""
        learned: dict[str, dict[str, np.ndarray]] = {}
        for path, synapses in zip(self.network.paths, self.synapses, strict=True):
            if path.rule is None:
                continue
            part = slice(tile * len(path.pre), (tile + 1) * len(path.pre))
            names = [*path.rule.read, *path.rule.traces, *["lastupdate"] * bool(path.rule.traces)]
            found = {name: np.asarray(getattr(synapses, f"{name}_"))[part] for name in names}
            since = self.n_steps * self.network.dt - found.pop("lastupdate", 0.0)
            traces = {name: found.pop(name) * np.exp(-since / path.rule.parameters[tau][0])
                      for name, tau in path.rule.traces.items()}  # fmt: skip
            if path.rule.finish is not None:
                found = path.rule.finish(found, self.n_steps * self.network.dt)
            if "w" in found:
                found["w"] = np.copysign(found["w"], path.weight)
            before = learned.setdefault(path.projection, {"which": np.zeros(0, int)})
            for name, values in {"which": path.which, **found, **traces}.items():
                before[name] = np.concatenate([before.get(name, np.zeros(0)), values])
        return learned
