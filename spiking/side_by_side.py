"""K trials of one network as one Brian2 network of K times as many units; Brian2 itself comes as an argument."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from reservoir.circuits import PoissonBackground
from reservoir.neurons.spiking.statements import Statements
from reservoir.plasticity import Rule
from reservoir.systems.recording import Wanted
from spiking.answers import answers_of
from spiking.circuit_text import Answer, CircuitText, Group, Trial, UnitText, write_units
from spiking.fed_variables import Feed, feeds_of
from spiking.input_sources import InputSources
from spiking.integration import Exact, Step, method_of
from spiking.monitors import Monitors
from spiking.names import follow, lines_of, make_way, renamed
from spiking.network_state import begin
from spiking.pathways import Path, interpreted, numbers_of, synapse_of, ways_of
from spiking.receptor_text import names_of_kinds, outside_of
from spiking.release import chance_of
from spiking.rule_operations import feedback_of, scalings_of
from spiking.rule_text import Additions, additions_of, refused, step_of, with_additions
from spiking.unit_step import write_step

_FED = -200  # the order in a step of what units hear anew, before anything is recorded
_FOR_EVER = 1e6  # seconds; Brian2 takes a unit that has not fired for one that fired 1e4 seconds ago


class SideBySide:
    """The network, built; `run` gives the answer of every trial.

    Parts that stand in the code that Brian2 compiles have names, since its own differ from run to run. Numbers are
    shared constants of their group: in a namespace they would be part of the keys under which Brian2 keeps code.
    """

    def __init__(self, brian2: ModuleType, network: CircuitText, trials: list[Trial], seed: int, wanted: Wanted):
        self.brian2, self.network, self.trials, self.wanted = brian2, network, trials, wanted
        self.n_units, self.n_tiles = len(network.excitatory), len(trials)
        self.n_steps, self.behind = max(trial.n_steps for trial in trials), trials[0].behind
        self.end = (self.behind + self.n_steps) * network.dt  # seconds
        self.standalone = "standalone" in type(brian2.get_device()).__name__.lower()
        begun = [seed, self.behind, *(trial.heard.number for trial in trials)]
        brian2.seed(int(np.random.SeedSequence(begun).generate_state(1)[0]))  # of what `rand` in a rule's text gives
        self.clock = brian2.Clock(dt=network.dt * brian2.second, name="steps")
        self.operations: list[Any] = []
        self.new: dict[str, str] = {}  # names of units that make way for those of synapses
        self.of_rules: set[str] = set()  # variables that rules give to the units
        self.fed: set[str] = set()  # variables of units that are set before every step
        self.groups = network.by_groups()
        inputs = InputSources(brian2, self.clock, network, trials)
        self.operations += inputs.operations
        self.most, self.own = inputs.most, inputs.own
        self.sources = {**{group.name: self._make_units(group) for group in self.groups}, **inputs.sources}
        self.synapses = [self._connect(path, f"path_{k:02d}") for k, path in enumerate(network.paths)]
        self.scalings = scalings_of(self)
        units = [self.sources[group.name] for group in self.groups]
        self.spikes = [brian2.SpikeMonitor(one, name=one.name.replace("units", "spikes")) for one in units]
        self.operations += feedback_of(self)
        self.monitors = Monitors(self, wanted)
        self.operations += begin(self) + self.scalings

    def run(self, build: Callable[[], None], report: Callable[..., Any] | None = None) -> list[Answer]:
        """Simulate all trials, as long as the longest lasts; `build` is called once the network is complete.

        Brian2 calls `report` now and then with the share that is done, as its second argument.
        """
        parts = [*self.sources.values(), *self.synapses, *self.spikes, *self.monitors.all, *self.operations]
        whole = self.brian2.Network(parts)
        duration, second = self.n_steps * self.network.dt, self.brian2.second
        if self.behind:
            whole.t_ = self.behind * self.network.dt
        try:
            whole.run(duration * second, namespace={}, report=report, report_period=second)
        except self.brian2.BrianObjectException as error:
            rule = self._rule_of(error)
            if rule is None:
                raise
            raise refused(rule, error) from None
        build()
        return answers_of(self)

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
        self.of_rules |= {new.get(name, name) for name in added.declared}
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
        self.fed |= {feed.name for feed in feeds}
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
        return self.brian2.NetworkOperation(set_values, clock=self.clock, when="start", order=_FED, name=name)

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

    def _connect(self, path: Path, name: str) -> Any:
        brian2, rule, kind = self.brian2, path.rule, synapse_of(path, self.network.kinds)
        model, method = kind.model, "exact"
        if rule is not None:
            rule, method = follow(rule, self.new), rule.method
            model = [*model, *lines_of(rule)]
        ways = ways_of(path, rule, kind, self.most.get(path.source, 1), self.network.dt)
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
        if rule.feedback is not None and rule.feedback.told:
            every, text = rule.feedback.every * self.brian2.second, "\n".join(rule.feedback.told)
            synapses.run_regularly(text, dt=every, when="start", order=1, name=f"{synapses.name}_told")
        if rule.on_step:
            synapses.run_regularly("\n".join(rule.on_step), when="groups", order=2, name=f"{synapses.name}_step")

    def _signals(self, path: Path, name: str) -> dict[str, Any]:
        """What the text of synapses knows of every step: signals of a rule, and chances of release."""
        found: dict[str, Any] = {}
        for key, values in () if path.rule is None else path.rule.signals:
            times = np.arange(self.behind, self.behind + self.n_steps) * self.network.dt
            rows = np.concatenate([np.zeros(self.behind), values(times)])  # Brian2 counts them from time 0
            found[key] = self._timed_array(rows, "1", f"{name}_{key}")
        if path.share is not None:
            found["chance_of_release"] = chance_of(self.brian2, self.clock, self.trials, path)
        return found

    def _tiled(self, values: np.ndarray) -> np.ndarray:
        return np.tile(values, self.n_tiles)
