"""Variables of the units that change from step to step: injected currents, and the random numbers of their trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from reservoir.poisson_numbers import poisson_numbers
from reservoir.random_numbers import BACKGROUND, ESCAPE, NOISE, Places, fill
from reservoir.sizes import check_fits
from spiking.circuit_text import CircuitText, Group, Trial

HELD = 500_000
"""Values that are made at a time."""


class Feed(NamedTuple):
    """A variable of the units of all tiles, and its values."""

    name: str
    unit: str
    n_units: int  # of all tiles
    fill: Callable[[int, int, np.ndarray], None]  # the values of the steps from the first to the last into an array
    steps: int = 1  # values stand still for so many steps

    def rows(self, n_steps: int) -> Iterator[np.ndarray]:
        """The values (n_units,) of one step after the other, made in pieces."""
        chunk = max(1, min(n_steps, HELD // self.n_units))
        values = np.empty((chunk, self.n_units))
        for first in range(0, n_steps, chunk):
            last = min(first + chunk, n_steps)
            self.fill(first, last, values[: last - first])
            yield from values[: last - first]

    def at_once(self, n_steps: int) -> tuple[int, np.ndarray]:
        """For how many steps values stand still, and all of them (n_values, n_units)."""
        n_values = -(-n_steps // self.steps)
        n_bytes = 8.0 * n_values * self.n_units
        check_fits("simulate", "codegen", "standalone", n_bytes, f"'{self.name}' of {n_steps} steps at once")
        values = np.empty((n_values, self.n_units))
        chunk = 1 if self.steps > 1 else max(1, HELD // self.n_units)
        for row in range(0, n_values, chunk):
            last = min(row + chunk, n_values)
            self.fill(row * self.steps, row * self.steps + last - row, values[row:last])
        return self.steps, values


def feeds_of(network: CircuitText, group: Group, trials: list[Trial]) -> list[Feed]:
    """What the units of a group, of these trials side by side, hear anew in every step."""
    width, feeds = len(group.units) * len(trials), []
    whole = len(group.units) == len(network.excitatory)
    chosen = slice(None) if whole else group.units  # without a copy where units are of one model
    if trials[0].currents is not None:
        feeds.append(Feed("I_injected", "amp", width, _injected(trials, chosen), _still_for(trials)))
    if group.network.noisy:
        feeds.append(Feed("normal", "1", width, _drawn(trials, network, chosen, _normal)))
    if group.network.escapes:
        feeds.append(Feed("uniform", "1", width, _drawn(trials, network, chosen, _uniform)))
    if network.background is not None:
        means = network.background.rate * network.dt

        def count(seed: int, places: Places, out: np.ndarray) -> None:
            out[:] = poisson_numbers(seed, BACKGROUND, places, means)

        feeds.append(Feed("hits", "1", width, _drawn(trials, network, chosen, count)))
    return feeds


def _normal(seed: int, places: Places, out: np.ndarray) -> None:
    fill(seed, NOISE, places, 1.0, out)


def _uniform(seed: int, places: Places, out: np.ndarray) -> None:
    fill(seed, ESCAPE, places, None, out)


def _drawn(
    trials: list[Trial],
    network: CircuitText,
    chosen: np.ndarray | slice,
    draw: Callable[[int, Places, np.ndarray], None],
) -> Callable[[int, int, np.ndarray], None]:
    """Fill an array with the numbers of these units in all trials, 0 behind the end of one."""

    def fill_all(first: int, last: int, out: np.ndarray) -> None:
        numbers = np.empty((last - first, len(network.excitatory)))
        n_units = out.shape[1] // len(trials)
        for tile, trial in enumerate(trials):
            inside = max(0, min(last, trial.n_steps) - first)
            if inside:
                draw(trial.seed, trial.heard.numbers_of(first, first + inside), numbers[:inside])
            numbers[inside:] = 0.0
            out[:, tile * n_units : (tile + 1) * n_units] = numbers[:, chosen]

    return fill_all


def _injected(trials: list[Trial], chosen: np.ndarray | slice) -> Callable[[int, int, np.ndarray], None]:
    """Fill an array with the currents of all trials; behind its end the last row of one goes on."""
    tables = [None if trial.currents is None else trial.currents[:, chosen] for trial in trials]
    rows = [trial.heard.shared_rows() for trial in trials]

    def fill_all(first: int, last: int, out: np.ndarray) -> None:
        begin = 0
        for table, which in zip(tables, rows, strict=True):
            if table is not None:
                steps = np.minimum(np.arange(first, last), len(which) - 1)
                out[:, begin : begin + table.shape[1]] = table[which[steps]]
                begin += table.shape[1]

    return fill_all


def _still_for(trials: list[Trial]) -> int:
    """The largest number of steps after whose multiples alone the currents of any trial change."""
    changes = [np.flatnonzero(np.diff(trial.heard.shared_rows())) + 1 for trial in trials]
    still = int(np.gcd.reduce(np.concatenate(changes))) if any(map(len, changes)) else 0
    return still or max(trial.n_steps for trial in trials)
