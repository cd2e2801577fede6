"""A run in which synapses learn: what it begins with, what it tells the loop, and what it has made of synapses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from reservoir.bound_calls import Bound, bind
from reservoir.compilation import compiler_is_off
from reservoir.neurons.spiking.learning import Learning
from reservoir.plasticity.event_loop import BRING_UP, KEEP, act, learn
from reservoir.plasticity.plastic_synapses import Answers, Branches, Clock, Plastic, Synapses
from reservoir.plasticity.rule import settled
from reservoir.random_numbers import RELEASE, round_keys
from reservoir.systems.circuit_state import CircuitState
from reservoir.systems.learned import Learned
from reservoir.systems.learning_rows import put_rows, rows_of
from reservoir.systems.learning_state import go_on, shapes_of, stopped
from reservoir.systems.plastic_parts import PlasticPart, with_room
from reservoir.systems.recording import NOTHING, Wanted
from reservoir.systems.stimuli import Stimulus


class LearningRun:
    """Synapses that learn in the steps of one stimulus; all of them begin with the weights of the circuit."""

    def __init__(
        self, parts: tuple[PlasticPart, ...], n_units: int, heard: Stimulus, state: CircuitState | None = None,
        wanted: Wanted = NOTHING,
    ):  # fmt: skip
        self.parts, self.behind, self.n_steps = parts, 0 if state is None else state.step, heard.n_steps
        self.wanted = wanted
        most = np.bincount(heard.events[:, 0]).max(initial=0) if len(heard.events) else 0
        self.sent = np.zeros((1 + n_units + int(most), 2), np.int64)
        self.room = np.ones((len(parts), 2), np.int64)
        self.plastic = [self._begin(part, heard, *one) for part, *one in zip(parts, self.room, strict=True)]
        if state is not None:
            self.plastic = [
                go_on(one, {name: state.arrays[key] for name, key in _names(part, k)}, state)
                for k, (part, one) in enumerate(zip(parts, self.plastic, strict=True))
            ]
        self.bound: list[Bound] = []

    def _begin(self, part: PlasticPart, heard: Stimulus, room: np.ndarray) -> Plastic:
        """What changes is the run's own."""
        made, clock, passing = part.plastic, _own_clock(part.plastic.clock, self.behind), part.plastic.passing
        if passing.chances.size:
            clock = clock._replace(when=heard.numbers_of(0, heard.n_steps).each().astype(np.int64))
            passing = passing._replace(keys=round_keys(heard.seed, RELEASE))
        room[0] = 0
        return made._replace(
            synapses=Synapses(*(array.copy() for array in made.synapses)),
            passing=passing._replace(dynamics=passing.dynamics.copy()),
            branches=Branches(*(array.copy() for array in made.branches)),
            travelling=with_room(
                made.travelling._replace(lists=made.travelling.lists.copy(), room=room), 2 * len(self.sent)
            ),
            answers=Answers(*(array.copy() for array in made.answers)),
            scaled=made.scaled._replace(steps=self._scalings(part, made.clock.dt), n_done=np.zeros(1, np.int64)),
            rows=rows_of(part, self.wanted, self.behind, self.n_steps),
            clock=clock,
            sent=self.sent,
        )

    def _scalings(self, part: PlasticPart, dt: float) -> np.ndarray:
        """The steps of this run at the end of which values are scaled, as the clocks of Brian2 have them."""
        if part.rule.scaling is None:
            return np.zeros(0, np.int64)
        every, end = part.rule.scaling.every, (self.behind + self.n_steps) * dt
        steps = np.unique(np.floor(np.arange(int(end / every) + 2) * every / dt + 1e-4).astype(np.int64)) - self.behind
        return steps[(steps >= 0) & (steps < self.n_steps)]

    def begin(self, ring: np.ndarray) -> Learning:
        """What the loop needs, which adds to this ring of jumps to come; what stands before step 0 is kept."""
        told = self._tell(ring)
        for one in self.bound:
            one.run(one.place, 0, 0, 0, KEEP)
        return told

    def resume(self, ring: np.ndarray, step: int) -> Learning:
        """The same once the loop has come back before a step, with more room where it had too little."""
        for one in self.bound if (self.room[:, 1] == 0).any() else ():
            one.run(one.place, step, 0, 0, BRING_UP)
        if (self.room[:, 0] >= len(self.sent)).all():
            return self.told
        self.plastic = [
            one._replace(travelling=with_room(one.travelling, len(one.travelling.spikes))) for one in self.plastic
        ]
        return self._tell(ring)

    def stop(self) -> None:
        """Bring all synapses up to the end of the run."""
        for one in self.bound:
            one.run(one.place, self.n_steps, 0, 0, BRING_UP)

    def _tell(self, ring: np.ndarray) -> Learning:
        self.rules = [bind(act, *one) for one in self._given(ring)]
        self.bound = [
            bind(learn, one, rule.code, rule.place) for one, rule in zip(self.plastic, self.rules, strict=True)
        ]
        codes: Any = tuple(one.code for one in self.bound)
        places = np.array([one.place for one in self.bound])
        self.told = Learning(codes if compiler_is_off() else np.array(codes), places, self.room, self.sent)
        return self.told

    def _given(self, ring: np.ndarray) -> Iterator[tuple[Any, ...]]:
        """What `act` is given of each rule."""
        for part, one in zip(self.parts, self.plastic, strict=True):
            spikes = one.travelling.spikes
            yield (
                part.kernel.numbers, one.synapses, one.passing, one.branches, spikes, one.answers, one.clock, ring,
            )  # fmt: skip

    def arrays(self) -> dict[str, np.ndarray]:
        """What a state holds of them."""
        found: dict[str, np.ndarray] = {}
        for k, (part, one) in enumerate(zip(self.parts, self.plastic, strict=True)):
            arrays = stopped(one, self.n_steps)
            found |= {key: arrays[name] for name, key in _names(part, k)}
        return found

    def put_rows(self, found: dict[str, Any], seconds: np.ndarray) -> None:
        """Put what was kept into the arrays (n, k) by variable and projection; `seconds` (n,) of the circuit."""
        put_rows(found, self.wanted, self.parts, self.plastic, seconds)

    def learned(self) -> list[Learned]:
        """What the rules have changed until the end."""
        return [self._learned(part, plastic) for part, plastic in zip(self.parts, self.plastic, strict=True)]

    def _learned(self, part: PlasticPart, plastic: Plastic) -> Learned:
        value, receiver, total = (
            plastic.synapses.table["value"],
            plastic.synapses.table["receiver"],
            plastic.scaled.total,
        )
        if part.rule.scaling is not None:
            sums = np.bincount(receiver, value, len(total))[receiver]
            value = value * np.divide(total[receiver], sums, out=np.ones(len(value)), where=sums > 0)
        seconds = (self.behind + self.n_steps) * plastic.clock.dt
        found = {part.rule.read[0]: value} | dict(zip(part.kernel.own, plastic.synapses.own.T, strict=True))
        values = settled(part.rule, found, seconds, part.source.weight[part.which])
        return Learned(part.projection, part.which, values, self._traces(part, plastic))

    def _traces(self, part: PlasticPart, plastic: Plastic) -> dict[str, np.ndarray]:
        """The traces of all synapses at the end."""
        branch, answers, clock = part.branch_of, plastic.answers, plastic.clock
        receiver, behind = plastic.synapses.table["receiver"], plastic.branches.table["behind"][branch]
        newest, n_post = np.zeros(len(receiver), np.int64), len(clock.fade_y)
        while (late := answers.log[receiver, newest, 0] + behind >= self.n_steps).any():
            newest[late] += 1
        since = self.n_steps - plastic.branches.table["heard"][branch]
        ago = self.n_steps - answers.log[receiver, newest, 0] - behind
        traces = {name: plastic.branches.x[branch, k] * np.exp(-since * clock.fade_x[k])
                  for k, name in enumerate(part.kernel.pre)}  # fmt: skip
        return traces | {name: answers.log[receiver, newest, 1 + n_post + k] * np.exp(-ago * clock.fade_y[k])
                         for k, name in enumerate(part.kernel.post)}  # fmt: skip


def _own_clock(clock: Clock, behind: int) -> Clock:
    return clock._replace(behind=behind, x=clock.x.copy(), later=clock.later.copy(), y=clock.y.copy(), seen=np.zeros(1))


def state_shapes(parts: tuple[PlasticPart, ...]) -> dict[str, tuple[int | None, ...]]:
    """The shapes of what a state holds of synapses that learn."""
    return {key: shapes_of(part)[name] for k, part in enumerate(parts) for name, key in _names(part, k)}


def _names(part: PlasticPart, k: int) -> list[tuple[str, str]]:
    """The names of what a state holds of a part, and under which it does: they say what the rule is."""
    variables = ", ".join((*part.rule.read, *part.kernel.pre, *part.kernel.post))
    return [(name, f"{part.projection}, rule {k} of {variables}: {name}") for name in shapes_of(part)]
