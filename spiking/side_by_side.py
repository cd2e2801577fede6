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
from spiking.circuit_text import Answer, CircuitText, Group, Path, Trial, UnitText, write_units
from spiking.fed_variables import Feed, feeds_of
from spiking.input_sources import InputSources
from spiking.integration import Exact, Step, method_of
from spiking.monitors import Monitors
from spiking.names import follow, lines_of, make_way, renamed
from spiking.network_state import Begun
from spiking.rule_operations import feedback_of, scalings_of
from spiking.rule_text import Additions, additions_of, arrivals_of, refused, step_of, with_additions
from spiking.synapses import conductance, current, depressing_and_facilitating
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
        brian2.seed((seed + self.behind) % 2**32)  # what `rand` in a user's text gives goes on otherwise
        self.clock = brian2.Clock(dt=network.dt * brian2.second, name="steps")
        self.operations: list[Any] = []
        self.new: dict[str, str] = {}  # names of units that make way for those of synapses
        self.of_rules: set[str] = set()  # variables that rules give to the units
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
        self.begun = Begun(self)
        self.operations += self.begun.operations + self.scalings

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
        lines, kind = [], self.network.kinds.of(background)
        for k in range(len(self.network.kinds.currents)):
            weight = np.where(kind == k, background.weight, 0.0)
            setattr(units, f"outside_{k}", self._value(self._tiled(weight), "amp"))
            lines += [f"I_{k} += outside_{k} * hits"] if weight.any() else []
        units.I_background = self._value(self._tiled(background.current), "amp")
        if lines:
            units.run_regularly("\n".join(lines), when="synapses", name=name)

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
        brian2, rule, n_currents = self.brian2, path.rule, len(self.network.kinds.currents)
        kind = current(path.kind) if path.kind < n_currents else conductance(path.kind - n_currents)
        kind = kind if path.dynamics is None else depressing_and_facilitating(kind)
        model, on_pre, method = kind.model, [line.format(amount="w") for line in kind.on_pre], "exact"
        if rule is not None:
            rule, method = follow(rule, self.new), rule.method
            model, on_pre = [*model, *lines_of(rule)], [*rule.before, *on_pre, *rule.on_pre]
        arrivals = arrivals_of("\n".join(on_pre), self.most.get(path.source, 1), rule, self.network.dt)
        try:
            synapses = brian2.Synapses(
                self.sources[path.source], self.sources[path.target], "\n".join(model),
                on_pre={one.name: one.text for one in arrivals}, on_event={one.name: one.event for one in arrivals},
                on_post=None if rule is None else "\n".join(rule.on_post) or None,
                namespace={} if rule is None else self._signals(rule, name), clock=self.clock, name=name,
                method=method_of(brian2, method),
            )  # fmt: skip
        except Exception as error:  # what Brian2 may raise here has no end
            if rule is None:
                raise
            raise refused(rule, error) from None
        tiles = np.repeat(np.arange(self.n_tiles), len(path.pre))
        senders, receivers = (len(self.sources[end]) // self.n_tiles for end in (path.source, path.target))
        synapses.connect(i=self._tiled(path.pre) + tiles * senders, j=self._tiled(path.post) + tiles * receivers)
        for order, one in enumerate(arrivals):
            getattr(synapses, one.name).delay = self._tiled(path.delay + one.steps) * self.network.dt * brian2.second
            getattr(synapses, one.name).order = order
        synapses.w = self._tiled(np.abs(path.weight)) * brian2.amp
        if path.kind < n_currents:
            synapses.direction = self._tiled(np.copysign(1.0, path.weight))
        if path.dynamics is not None:
            U, D, F = (self._tiled(values) for values in path.dynamics)
            synapses.U, synapses.D, synapses.F, synapses.R = U, D * brian2.second, F * brian2.second, 1
        if rule is not None:
            self._give_rule(synapses, rule, len(arrivals))
        return synapses

    def _give_rule(self, synapses: Any, rule: Rule, n_arrivals: int) -> None:
        """Give synapses the numbers of a rule, its first values, and what it does besides at spikes."""
        for key, (value, unit) in rule.parameters.items():
            setattr(synapses, key, self._value(float(value), unit))
        if rule.on_post:
            synapses.post.order = n_arrivals  # Brian2's own order is that of their names
        for key, text in rule.start.items():
            setattr(synapses, key, text)
        if rule.feedback is not None and rule.feedback.told:
            every, text = rule.feedback.every * self.brian2.second, "\n".join(rule.feedback.told)
            synapses.run_regularly(text, dt=every, when="start", order=1, name=f"{synapses.name}_told")
        if rule.on_step:
            synapses.run_regularly("\n".join(rule.on_step), when="groups", order=2, name=f"{synapses.name}_step")

    def _signals(self, rule: Rule, name: str) -> dict[str, Any]:
        """What a rule knows of every step."""
        times = np.arange(self.behind, self.behind + self.n_steps) * self.network.dt
        past = np.zeros(self.behind)  # Brian2 counts the rows from time 0
        signals = [(key, np.concatenate([past, values(times)])) for key, values in rule.signals]
        return {key: self._timed_array(values, "1", f"{name}_{key}") for key, values in signals}

    def _tiled(self, values: np.ndarray) -> np.ndarray:
        return np.tile(values, self.n_tiles)
