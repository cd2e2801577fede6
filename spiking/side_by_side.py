"""K trials of one network as one Brian2 network of K times as many units; Brian2 itself comes as an argument."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from reservoir.circuits import PoissonBackground
from reservoir.plasticity import Feedback, Rule, Scaling
from spiking.circuit_text import Answer, CircuitText, Path, Trial, write_units
from spiking.integration import method_of
from spiking.names import follow, lines_of, make_way, renamed
from spiking.rule_text import Additions, additions_of, refused, step_of, teller_of, with_additions
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
        brian2.seed(seed)
        self.clock = brian2.Clock(dt=network.dt * brian2.second, name="steps")
        self.sources = {"units": self._make_units(), **self._make_generators()}
        self.synapses = [self._connect(path, f"path_{k:02d}") for k, path in enumerate(network.paths)]
        self.scalings = self._make_scalings()
        units = self.sources["units"]
        self.spikes = brian2.SpikeMonitor(units, name="spikes")
        self.feedback = self._make_feedback()
        self.watch = [brian2.StateMonitor(units, "v", record=True, when="end", name="voltages")] if voltages else []

    def run(self, build: Callable[[], None], report: Callable[..., Any] | None = None) -> list[Answer]:
        """Simulate all trials, as long as the longest lasts; `build` is called once the network is complete.

        Brian2 calls `report` now and then with the share that is done, as its second argument.
        """
        parts = [*self.sources.values(), *self.synapses, *self.scalings, *self.feedback, self.spikes, *self.watch]
        whole = self.brian2.Network([part for part in parts if part is not None])
        duration, second = self.n_steps * self.network.dt, self.brian2.second
        try:
            whole.run(duration * second, namespace={}, report=report, report_period=second)
        except self.brian2.BrianObjectException as error:
            rule = self._rule_of(error)
            if rule is None:
                raise
            raise refused(rule, error) from None
        build()
        steps = np.round(np.asarray(self.spikes.t) / self.network.dt).astype(np.int64)
        fired = np.column_stack([steps, np.asarray(self.spikes.i, dtype=np.int64)])
        return [self._answer(tile, fired) for tile in range(self.n_tiles)]

    def _rule_of(self, error: Exception) -> Rule | None:
        """The rule whose text is the cause of an error of Brian2."""
        rules = [path.rule for path in self.network.paths]
        number = re.search(r"object named 'path_(\d+)", str(error))
        if "'of_rules" in str(error):
            return next((rule for rule in rules if rule is not None and rule.units is not None), None)
        return rules[int(number.group(1))] if number else None

    def _value(self, value: Any, unit: str) -> Any:
        """An SI number or array with its unit."""
        if unit == "1":
            return value
        dimensions, _ = self.brian2.equations.equations.dimensions_and_type_from_string(unit)
        return self.brian2.Quantity(value, dim=dimensions)

    def _make_units(self) -> Any:
        brian2, network, equations = self.brian2, self.network, self.network.equations
        injected = self.trials[0].currents is not None
        rules = [path.rule for path in network.paths if path.rule is not None]
        added = additions_of(brian2, rules)
        text, self.new = make_way(with_additions(write_units(network, injected), added), rules)
        namespace = {"injected": self._injected()} if injected else {}
        method: Any = Exact(brian2, text.model) if text.method == "exact" else method_of(brian2, text.method)
        units = brian2.NeuronGroup(
            self.n_units * self.n_tiles,
            text.model,
            threshold=renamed(f"listening and {equations.threshold}", self.new),
            reset=renamed(f"{equations.reset}\n{added.reset}".strip() or "v = v", self.new),
            refractory="hold",
            method=method,
            clock=self.clock,
            namespace=namespace,
            name="units",
        )
        for name, line in text.at_start.items():
            units.run_regularly(line, when="start", name=name)
        for row, (name, unit) in enumerate(equations.variables.items()):
            values = np.concatenate([trial.variables[row] for trial in self.trials])
            setattr(units, self.new.get(name, name), self._value(values, unit))
        for name, (value, unit) in text.constants.items():
            setattr(units, name, self._value(value, unit))
        for name, (values, unit) in text.by_unit.items():
            setattr(units, name, self._value(self._tiled(values), unit))
        if network.background is not None:
            self._add_background(units, network.background)
        hold = np.where(network.listening, network.refractory * network.dt, _FOR_EVER)
        units.hold = self._tiled(hold) * brian2.second
        units.listening = self._tiled(network.listening)
        self._begin(units, added)
        return units

    def _begin(self, units: Any, added: Additions) -> None:
        """Give the variables of rules to the units: their first values, and how they move."""
        for name, text in added.start.items():
            setattr(units, self.new.get(name, name), renamed(text, self.new))
        if added.declared:
            added = added._replace(equations=renamed(added.equations, self.new))
            units.run_regularly(step_of(self.brian2, added, units.variables), when="groups", order=1, name="of_rules")

    def _add_background(self, units: Any, background: PoissonBackground) -> None:
        """Let the units hear Poisson jumps when spikes are delivered; Brian2 draws how many."""
        lines, kind = ["hits = poisson(outside_rate * dt)"], self.network.kinds.of(background)
        for k in range(len(self.network.kinds.currents)):
            weight = np.where(kind == k, background.weight, 0.0)
            setattr(units, f"outside_{k}", self._value(self._tiled(weight), "amp"))
            lines += [f"I_{k} += outside_{k} * hits"] if weight.any() else []
        units.I_background = self._value(self._tiled(background.current), "amp")
        units.outside_rate = self._value(self._tiled(background.rate), "hertz")
        if len(lines) > 1:
            units.run_regularly("\n".join(lines), when="synapses", name="outside")

    def _injected(self) -> Any:
        """Currents (n_rows, n_units of all tiles), rows of equal duration."""
        rows = [trial.currents for trial in self.trials if trial.currents is not None]
        steps = -(-self.trials[0].n_steps // len(rows[0]))
        longest = max(map(len, rows))
        padded = [np.concatenate([one, np.repeat(one[-1:], longest - len(one), axis=0)]) for one in rows]
        return self._timed(np.hstack(padded), "amp", "injected", steps)

    def _timed(self, values: np.ndarray, unit: str, name: str, steps: int = 1) -> Any:
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
            name: self._generator(name, sizes[name] * self.n_tiles, numbers[mask], events[mask, 0])
            for name, mask in chosen.items() if name in used
        }  # fmt: skip

    def _generator(self, name: str, size: int, senders: np.ndarray, steps: np.ndarray) -> Any:
        order = np.lexsort((senders, steps))
        times = steps[order] * self.network.dt * self.brian2.second
        return self.brian2.SpikeGeneratorGroup(size, senders[order], times, clock=self.clock, sorted=True, name=name)

    def _connect(self, path: Path, name: str) -> Any:
        brian2, rule, n_currents = self.brian2, path.rule, len(self.network.kinds.currents)
        kind = current(path.kind) if path.kind < n_currents else conductance(path.kind - n_currents)
        kind = kind if path.dynamics is None else depressing_and_facilitating(kind)
        model, on_pre, method = kind.model, [line.format(amount="w") for line in kind.on_pre], "exact"
        if rule is not None:
            rule, method = follow(rule, self.new), rule.method
            model, on_pre = [*model, *lines_of(rule)], [*rule.before, *on_pre, *rule.on_pre]
        try:
            synapses = brian2.Synapses(
                self.sources[path.source], self.sources["units"], "\n".join(model), on_pre="\n".join(on_pre),
                on_post=None if rule is None else "\n".join(rule.on_post) or None,
                namespace={} if rule is None else self._signals(rule, name), clock=self.clock, name=name,
                method=method_of(brian2, method),
            )  # fmt: skip
        except Exception as error:  # what Brian2 may raise here has no end
            if rule is None:
                raise
            raise refused(rule, error) from None
        shifts, size = np.repeat(np.arange(self.n_tiles), len(path.pre)), len(self.sources[path.source]) // self.n_tiles
        synapses.connect(i=self._tiled(path.pre) + shifts * size, j=self._tiled(path.post) + shifts * self.n_units)
        synapses.pre.delay = self._tiled(path.delay) * self.network.dt * brian2.second
        synapses.w = self._tiled(np.abs(path.weight)) * brian2.amp
        if path.kind < n_currents:
            synapses.direction = self._tiled(np.copysign(1.0, path.weight))
        if path.dynamics is not None:
            U, D, F = (self._tiled(values) for values in path.dynamics)
            synapses.U, synapses.D, synapses.F, synapses.R = U, D * brian2.second, F * brian2.second, 1
        if rule is not None:
            for key, (value, unit) in rule.parameters.items():
                setattr(synapses, key, self._value(float(value), unit))
            synapses.pre.order = 0
            if rule.on_post:
                synapses.post.order = 1  # Brian2's own order of the two is that of their names
            for key, text in rule.start.items():
                setattr(synapses, key, text)
            if rule.on_step:
                synapses.run_regularly("\n".join(rule.on_step), when="groups", order=2, name=f"{name}_step")
        return synapses

    def _signals(self, rule: Rule, name: str) -> dict[str, Any]:
        """What a rule knows of every step."""
        times = np.arange(self.n_steps) * self.network.dt
        return {key: self._timed(values(times), "1", f"{name}_{key}") for key, values in rule.signals}

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

    def _make_feedback(self) -> list[Any]:
        """Operations that tell synapses what comes from the simulation itself, one for each source of it."""
        found: dict[int, tuple[Feedback, list[tuple[Any, int]]]] = {}
        for path, synapses in zip(self.network.paths, self.synapses, strict=True):
            feedback = None if path.rule is None else path.rule.feedback
            if feedback is not None:
                place = synapses.variables[feedback.name].get_value(), len(path.pre)
                found.setdefault(id(feedback.value), (feedback, []))[1].append(place)
        operations = []
        for k, (feedback, places) in enumerate(found.values()):
            clock = self.brian2.Clock(dt=feedback.every * self.brian2.second, name=f"feedback_clock_{k}")
            tell = teller_of(feedback, clock, lambda: np.asarray(self.spikes.count), places, self.n_tiles)
            operations.append(self.brian2.NetworkOperation(tell, clock=clock, when="start", name=f"feedback_{k}"))
        return operations

    def _tiled(self, values: np.ndarray) -> np.ndarray:
        return np.tile(values, self.n_tiles)

    def _answer(self, tile: int, fired: np.ndarray) -> Answer:
        trial, units = self.trials[tile], slice(tile * self.n_units, (tile + 1) * self.n_units)
        spikes = np.concatenate([fired, self.own])
        spikes = spikes[(spikes[:, 1] >= units.start) & (spikes[:, 1] < units.stop) & (spikes[:, 0] < trial.n_steps)]
        spikes[:, 1] -= units.start
        spikes = spikes[np.lexsort((spikes[:, 1], spikes[:, 0]))]
        voltages = np.asarray(self.watch[0].v)[units, : trial.n_steps].T.copy() if self.watch else None
        names = [self.new.get(name, name) for name in self.network.equations.variables]
        variables = np.stack([np.asarray(getattr(self.sources["units"], f"{name}_"))[units] for name in names])
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
