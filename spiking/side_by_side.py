"""K trials of one network as one Brian2 network of K times as many units; Brian2 itself comes as an argument."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from reservoir.circuits import PoissonBackground
from reservoir.neurons.spiking.statements import Statements
from reservoir.plasticity import Feedback, Rule, Scaling
from reservoir.systems.simulation import check_finite
from spiking.circuit_text import Answer, CircuitText, Group, Learned, Trial, UnitText, write_units
from spiking.fed_variables import Feed, feeds_of
from spiking.integration import Exact, Step, method_of
from spiking.names import follow, lines_of, make_way, renamed
from spiking.pathways import Path, interpreted, numbers_of, synapse_of, ways_of
from spiking.receptor_text import names_of_kinds, outside_of
from spiking.release import chance_of
from spiking.rule_text import Additions, additions_of, refused, step_of, teller_of, with_additions
from spiking.unit_step import write_step

_FOR_EVER = 1e6  # seconds; Brian2 takes a unit that has not fired for one that fired 1e4 seconds ago


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
        self.most: dict[str, int] = {}  # spikes of a channel in one step
        self.operations: list[Any] = []
        self.new: dict[str, str] = {}  # names of units that make way for those of synapses
        self.groups = network.by_groups()
        self.sources = {**{group.name: self._make_units(group) for group in self.groups}, **self._make_generators()}
        self.synapses = [self._connect(path, f"path_{k:02d}") for k, path in enumerate(network.paths)]
        self.scalings = self._make_scalings()
        units = [self.sources[group.name] for group in self.groups]
        self.spikes = [brian2.SpikeMonitor(one, name=one.name.replace("units", "spikes")) for one in units]
        self.operations += self._make_feedback()
        self.watch = [
            brian2.StateMonitor(one, "v", record=True, when="end", name=one.name.replace("units", "voltages"))
            for one in units if voltages
        ]  # fmt: skip

    def run(self, build: Callable[[], None], report: Callable[..., Any] | None = None) -> list[Answer]:
        """Simulate all trials, as long as the longest lasts; `build` is called once the network is complete.

        Brian2 calls `report` now and then with the share that is done, as its second argument.
        """
        parts = [*self.sources.values(), *self.synapses, *self.scalings, *self.spikes, *self.watch, *self.operations]
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
        fired = np.concatenate([self._fired(*one) for one in zip(self.groups, self.spikes, strict=True)])
        return [self._answer(tile, fired) for tile in range(self.n_tiles)]

    def _rule_of(self, error: Exception) -> Rule | None:
        """The rule whose text is the cause of an error of Brian2."""
        rules = [path.rule for path in self.network.paths]
        number = re.search(r"object named 'path_(\d+)", str(error))
        if "'of_rules" in str(error):
            return next((rule for rule in rules if rule is not None and rule.units is not None), None)
        return rules[int(number.group(1))] if number else None

    def _fired(self, group: Group, spikes: Any) -> np.ndarray:
        """Step and unit, by its number among those of all tiles, of the spikes of a group."""
        steps = np.round(np.asarray(spikes.t) / self.network.dt).astype(np.int64)
        tile, place = np.divmod(np.asarray(spikes.i, dtype=np.int64), len(group.units))
        return np.column_stack([steps, tile * self.n_units + group.units[place]])

    def _value(self, value: Any, unit: str) -> Any:
        """An SI number or array with its unit."""
        if unit == "1":
            return value
        dimensions, _ = self.brian2.equations.equations.dimensions_and_type_from_string(unit)
        return self.brian2.Quantity(value, dim=dimensions)

    def _text_of(self, group: Group) -> tuple[UnitText, Additions]:
        """The text of the units of a group, with what rules add to them, and with names that synapses leave them."""
        network, rules = group.network, [path.rule for path in self.network.paths if path.rule is not None]
        injected = self.trials[0].currents is not None
        if isinstance(network.equations, Statements):
            text = write_step(network, network.equations, injected, self.standalone)
        else:
            text = write_units(network, network.equations, injected, self.standalone)
        added = additions_of(self.brian2, rules)
        text, new = make_way(with_additions(text, added), rules)
        self.new |= new
        return text, added

    def _make_units(self, group: Group) -> Any:
        brian2, network, equations = self.brian2, group.network, group.network.equations
        prefix = group.name.removeprefix("units")  # of parts that all groups have
        feeds, (text, added) = feeds_of(self.network, group, self.trials), self._text_of(group)
        timed = {f"timed_{feed.name}": self._timed(feed, prefix) for feed in feeds} if self.standalone else {}
        method: Any = Exact(brian2, text.model) if text.method == "exact" else method_of(brian2, text.method)
        method = Step(text.step) if text.step else method
        units = brian2.NeuronGroup(
            len(group.units) * self.n_tiles,
            text.model,
            threshold=renamed(f"listening and {equations.threshold}", self.new),
            reset=renamed(f"{equations.reset}\n{added.reset}".strip() or "v = v", self.new),
            refractory="hold",
            method=method,
            clock=self.clock,
            namespace=timed,
            name=group.name,
        )
        self.operations += [] if self.standalone else [self._set(units, feed, prefix) for feed in feeds]
        for name, line in text.at_start.items():
            units.run_regularly(line, when="start", name=name + prefix)
        for row, (name, unit) in enumerate(equations.variables.items()):
            values = np.concatenate([trial.variables[row, group.units] for trial in self.trials])
            setattr(units, self.new.get(name, name), self._value(values, unit))
        for name, (value, unit) in text.constants.items():
            setattr(units, name, self._value(value, unit))
        for name, (values, unit) in text.by_unit.items():
            setattr(units, name, self._value(self._tiled(values), unit))
        if network.background is not None:
            self._add_background(units, network.background, f"outside{prefix}")
        hold = np.where(network.listening, network.refractory * network.dt, _FOR_EVER)
        units.hold = self._tiled(hold) * brian2.second
        units.listening = self._tiled(network.listening)
        self._begin(units, added, prefix)
        return units

    def _begin(self, units: Any, added: Additions, prefix: str) -> None:
        """Give the variables of rules to the units: their first values, and how they move."""
        for name, text in added.start.items():
            setattr(units, self.new.get(name, name), renamed(text, self.new))
        if added.declared:
            added = added._replace(equations=renamed(added.equations, self.new))
            step = step_of(self.brian2, added, units.variables)
            units.run_regularly(step, when="groups", order=1, name=f"of_rules{prefix}")

    def _add_background(self, units: Any, background: PoissonBackground, name: str) -> None:
        """Let the units hear Poisson jumps when spikes are delivered."""
        outside, units_of = outside_of(self.network.kinds, background), names_of_kinds(self.network.kinds)
        for one, weight in outside.items():
            setattr(units, f"outside_{one}", self._value(self._tiled(weight), units_of[one]))
        units.I_background = self._value(self._tiled(background.current), "amp")
        if outside:
            text = "\n".join(f"{one} += outside_{one} * hits" for one in outside)
            units.run_regularly(text, when="synapses", name=name)

    def _set(self, units: Any, feed: Feed, prefix: str) -> Any:
        """An operation that sets a variable of the units before every step."""
        place = units.variables[feed.name].get_value()
        rows = feed.rows(self.n_steps)

        def set_values() -> None:
            place[:] = next(rows)

        name = f"set_{feed.name}{prefix}"
        return self.brian2.NetworkOperation(set_values, clock=self.clock, when="start", order=-1, name=name)

    def _timed(self, feed: Feed, prefix: str) -> Any:
        """The values of a variable in all steps, for a program that Python does not see into."""
        steps, values = feed.at_once(self.n_steps)
        return self._timed_array(values, feed.unit, f"timed_{feed.name}{prefix}", steps)

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
        brian2, rule, kind = self.brian2, path.rule, synapse_of(path, self.network.kinds)
        model, method = kind.model, "exact"
        if rule is not None:
            rule, method = follow(rule, self.new), rule.method
            model = [*model, *lines_of(rule)]
        ways = ways_of(path, rule, kind, self.most.get(path.source, 1))
        try:
            synapses = brian2.Synapses(
                self.sources[path.source], self.sources[path.target], "\n".join(model),
                on_pre={way.name: way.text for way in ways}, on_event={way.name: way.event for way in ways},
                on_post=None if rule is None else "\n".join(rule.on_post) or None,
                namespace=self._signals(path, name), clock=self.clock, name=name, method=method_of(brian2, method),
                codeobj_class=None if path.share is None else interpreted(brian2),
            )  # fmt: skip
        except Exception as error:  # what Brian2 may raise here has no end
            if rule is None:
                raise
            raise refused(rule, error) from None
        tiles = np.repeat(np.arange(self.n_tiles), len(path.pre))
        senders, receivers = (len(self.sources[end]) // self.n_tiles for end in (path.source, path.target))
        synapses.connect(i=self._tiled(path.pre) + tiles * senders, j=self._tiled(path.post) + tiles * receivers)
        for order, way in enumerate(ways):
            getattr(synapses, way.name).delay = self._tiled(way.delay) * self.network.dt * brian2.second
            getattr(synapses, way.name).order = order
        for key, (values, unit) in numbers_of(path, self.network.kinds).items():
            setattr(synapses, key, self._value(values if np.ndim(values) == 0 else self._tiled(values), unit))
        if path.share is not None:
            synapses.tile_of_synapse = tiles
        if rule is not None:
            self._give_rule(synapses, path, rule, len(ways))
        return synapses

    def _give_rule(self, synapses: Any, path: Path, rule: Rule, n_arrivals: int) -> None:
        """Give synapses the numbers of a rule, its first values, and what it does besides at spikes."""
        for key, (value, unit) in rule.parameters.items():
            setattr(synapses, key, self._value(float(value), unit))
        if rule.on_post:
            synapses.post.order = n_arrivals  # Brian2's own order is that of their names
            if path.behind is not None:
                synapses.post.delay = self._tiled(path.behind) * self.network.dt * self.brian2.second
        for key, text in rule.start.items():
            setattr(synapses, key, text)
        if rule.on_step:
            synapses.run_regularly("\n".join(rule.on_step), when="groups", order=2, name=f"{synapses.name}_step")

    def _signals(self, path: Path, name: str) -> dict[str, Any]:
        """What the text of synapses knows of every step: signals of a rule, and chances of release."""
        times = np.arange(self.n_steps) * self.network.dt
        signals = () if path.rule is None else path.rule.signals
        found = {key: self._timed_array(values(times), "1", f"{name}_{key}") for key, values in signals}
        if path.share is not None:
            found["chance_of_release"] = chance_of(self.brian2, self.clock, self.trials, path)
        return found

    def _make_scalings(self) -> list[Any]:
        """Operations that scale the weights that learn by one rule, from time to time."""
        found: dict[int, tuple[Scaling, list[Any]]] = {}
        for path, synapses in zip(self.network.paths, self.synapses, strict=True):
            if path.rule is not None and path.rule.scaling is not None:
                found.setdefault(id(path.rule), (path.rule.scaling, []))[1].append(synapses)
        return [self._scale(*one) for one in found.values()]

    def _scale(self, scaling: Scaling, plastic: list[Any]) -> Any:
        size = self.n_units * self.n_tiles
        ends = np.cumsum([len(self.sources[group.name]) for group in self.groups])
        firsts = {
            group.name: int(end) - len(self.sources[group.name]) for group, end in zip(self.groups, ends, strict=True)
        }
        receivers = [np.asarray(part.j) + firsts[part.target.name] for part in plastic]

        def weigh() -> np.ndarray:
            sums = [np.bincount(j, np.asarray(part.w_), size) for j, part in zip(receivers, plastic, strict=True)]
            return np.sum(sums, axis=0)

        total = weigh() if scaling.total is None else np.full(size, scaling.total)

        def scale() -> None:
            now = weigh()
            factor = np.divide(total, now, out=np.ones(size), where=now > 0)
            for j, part in zip(receivers, plastic, strict=True):
                part.w_ = np.asarray(part.w_) * factor[j]

        clock = self.brian2.Clock(dt=scaling.every * self.brian2.second, name=f"scaling_{plastic[0].name}")
        return self.brian2.NetworkOperation(scale, clock=clock, when="end", name=f"scale_{plastic[0].name}")

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
            tell = teller_of(feedback, clock, self._counts, places, self.n_tiles)
            operations.append(self.brian2.NetworkOperation(tell, clock=clock, when="start", name=f"feedback_{k}"))
        return operations

    def _counts(self) -> np.ndarray:
        """Spikes (n_units of all tiles,) so far."""
        counts = np.zeros((self.n_tiles, self.n_units), dtype=np.int64)
        for group, spikes in zip(self.groups, self.spikes, strict=True):
            counts[:, group.units] = np.asarray(spikes.count).reshape(self.n_tiles, -1)
        return counts.ravel()

    def _tiled(self, values: np.ndarray) -> np.ndarray:
        return np.tile(values, self.n_tiles)

    def _answer(self, tile: int, fired: np.ndarray) -> Answer:
        trial, units = self.trials[tile], slice(tile * self.n_units, (tile + 1) * self.n_units)
        spikes = np.concatenate([fired, self.own])
        spikes = spikes[(spikes[:, 1] >= units.start) & (spikes[:, 1] < units.stop) & (spikes[:, 0] < trial.n_steps)]
        spikes[:, 1] -= units.start
        spikes = spikes[np.lexsort((spikes[:, 1], spikes[:, 0]))]
        voltages = np.empty((trial.n_steps, self.n_units)) if self.watch else None
        variables = np.zeros_like(trial.variables)
        for number, group in enumerate(self.groups):
            own = slice(tile * len(group.units), (tile + 1) * len(group.units))
            if voltages is not None:
                voltages[:, group.units] = np.asarray(self.watch[number].v)[own, : trial.n_steps].T
            for row, name in enumerate(group.network.equations.variables):
                variables[row, group.units] = np.asarray(
                    getattr(self.sources[group.name], f"{self.new.get(name, name)}_")
                )[own]
            check_finite(group.network.unit, variables[:, group.units], self.network.dt)
        return Answer(spikes, voltages, variables, self._learned(tile))

    def _learned(self, tile: int) -> list[Learned]:
        """What the rules have changed."""
        pairs = zip(self.network.paths, self.synapses, strict=True)
        return [self._changed(tile, path, path.rule, part) for path, part in pairs if path.rule is not None]

    def _changed(self, tile: int, path: Path, rule: Rule, synapses: Any) -> Learned:
        part, end = slice(tile * len(path.pre), (tile + 1) * len(path.pre)), self.n_steps * self.network.dt
        names = [*rule.read, *rule.traces, *["lastupdate"] * bool(rule.traces)]
        found = {name: np.asarray(getattr(synapses, f"{name}_"))[part] for name in names}
        since = end - found.pop("lastupdate", 0.0)
        traces = {name: found.pop(name) * np.exp(-since / rule.parameters[tau][0]) for name, tau in rule.traces.items()}
        if rule.finish is not None:
            found = rule.finish(found, end)
        if "w" in found:
            found["w"] = np.copysign(found["w"], path.weight)
        return Learned(path.projection, path.which, found, traces)
