"""What sends the spikes of channels, and of units that fire of themselves; Brian2 itself comes as an argument."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from spiking.circuit_text import CircuitText, Trial


def nth_of(events: np.ndarray) -> np.ndarray:
    """Which of the spikes of its sender in one step each event (step, sender) is; events are sorted."""
    begins = np.append(True, (np.diff(events, axis=0) != 0).any(axis=1))[: len(events)]
    return np.asarray(np.arange(len(events)) - np.flatnonzero(begins)[np.cumsum(begins) - 1])


class InputSources:
    """Generators of all trials side by side."""

    def __init__(self, brian2: ModuleType, clock: Any, network: CircuitText, trials: list[Trial]):
        self.brian2, self.clock, self.dt = brian2, clock, network.dt
        self.behind = trials[0].behind
        self.most: dict[str, int] = {}  # spikes of a channel in one step
        self.operations: list[Any] = []
        n_units = len(network.excitatory)
        sizes = {"inputs": network.n_inputs, "selves": n_units}
        tiles = [np.full(len(trial.events), tile) for tile, trial in enumerate(trials)]
        tile, events = np.concatenate(tiles), np.concatenate([trial.events for trial in trials])
        own = events[:, 1] < n_units
        numbers = events[:, 1] - np.where(own, 0, n_units) + tile * np.where(own, sizes["selves"], sizes["inputs"])
        self.own = np.column_stack([events[own, 0], numbers[own]])  # spikes of units that fire of themselves
        used = {path.source for path in network.paths}
        least = {"inputs": max(_most_on_their_way(trial) for trial in trials), "selves": 1}
        chosen = {"inputs": ~own, "selves": own}
        self.sources = {
            name: self._source(name, sizes[name] * len(trials), numbers[mask], events[mask, 0], least[name])
            for name, mask in chosen.items() if name in used
        }  # fmt: skip

    def _source(self, name: str, size: int, senders: np.ndarray, steps: np.ndarray, least: int) -> Any:
        """What sends these spikes: a generator, which knows one of a channel in a step, or channels that count them."""
        order = np.lexsort((senders, steps))
        senders, steps = senders[order], steps[order]
        nth = nth_of(np.column_stack([steps, senders]))
        self.most[name] = max(least, 1 + int(nth.max(initial=0)))
        generator = self._generator(name, size * self.most[name], senders + size * nth, steps)
        return generator if self.most[name] == 1 else self._counting(name, size, generator)

    def _generator(self, name: str, size: int, senders: np.ndarray, steps: np.ndarray) -> Any:
        brian2 = self.brian2
        times = (self.behind + steps) * self.dt * brian2.second
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


def _most_on_their_way(trial: Trial) -> int:
    """The most spikes of one sender in one step among those that were on their way when a trial began."""
    return 1 + int(nth_of(trial.sent).max(initial=0))
