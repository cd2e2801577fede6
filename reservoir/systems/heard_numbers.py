"""The random numbers that units hear while they run: noise, chances to fire, and the jumps of their background."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reservoir.neurons.spiking.sending import Background
from reservoir.poisson_numbers import Means, known_means, poisson_numbers
from reservoir.random_numbers import BACKGROUND, ESCAPE, NOISE, Places, fill
from reservoir.systems.circuit_units import escapes, is_noisy

if TYPE_CHECKING:
    from reservoir.systems.simulation import CircuitEngine


class HeardNumbers(NamedTuple):
    """What some of the units of a circuit hear, `first_unit` and those behind it."""

    seed: int
    first_unit: int  # a multiple of 4
    n_units: int
    noisy: bool
    chances: bool
    means: Means | None  # of the background
    background: Background | None  # without counts

    def noise(self, places: Places) -> np.ndarray:
        """Normal numbers (n_steps, n_units), behind them uniform ones where units escape; no row where none hears."""
        n_rows = int(places.offsets[-1]) if self.noisy or self.chances else 0
        normal = np.zeros((n_rows, self.n_units))
        if self.noisy:
            fill(self.seed, NOISE, places, 1.0, normal, self.first_unit)
        if not self.chances:
            return normal
        uniform = np.empty_like(normal)
        fill(self.seed, ESCAPE, places, None, uniform, self.first_unit)
        return np.concatenate([normal, uniform], axis=1)

    def jumps(self, places: Places) -> Background | None:
        """What comes from outside in these steps; None where there is no background."""
        if self.background is None or self.means is None:
            return None
        counts = poisson_numbers(self.seed, BACKGROUND, places, self.means, self.first_unit)
        return self.background._replace(counts=counts)


def numbers_heard_by(engine: CircuitEngine, seed: int, units: slice) -> HeardNumbers:
    """What these units of a circuit hear in a trial."""
    heard, made = engine.circuit.background, engine.background
    noisy, chances, n_units = is_noisy(engine.neuron), escapes(engine.neuron), units.stop - units.start
    if heard is None or made is None:
        return HeardNumbers(seed, units.start, n_units, noisy, chances, None, None)
    kind, weight = (np.ascontiguousarray(part[:, units]) for part in (made.kind, made.weight))
    background = Background(made.counts[:, units], kind, weight)
    means = known_means(heard.rate[units] * engine.dt)
    return HeardNumbers(seed, units.start, n_units, noisy, chances, means, background)
