"""The draw of synapses around the means of `SynapseStatistics`."""

from __future__ import annotations

import numpy as np

from reservoir.circuits.array_record import sealed
from reservoir.circuits.projection import Projection
from reservoir.circuits.synapse_statistics import DRAWN, DYNAMICS, KINDS, PairStatistics, SynapseStatistics
from reservoir.circuits.synaptic_numbers import synaptic_numbers, with_way
from reservoir.distributions import is_distribution
from reservoir.sizes import check_fits
from reservoir.topologies.drawing import bernoulli_positions


def draw_synapses(
    senders: np.ndarray,
    receivers: np.ndarray,
    excitatory: np.ndarray,
    statistics: SynapseStatistics,
    rng: np.random.Generator,
    positions: np.ndarray | None = None,
    weight_scale: float = 1.0,
) -> Projection:
    """Synapses for these connections (S,) between units of the kinds `excitatory` (N,)."""
    inhibitory = (~excitatory).view(np.int8)
    kinds = 2 * inhibitory[senders] + inhibitory[receivers]
    given = [name for name in DRAWN if getattr(statistics.EE, name) is not None]
    dynamic = [name for name in given if name in DYNAMICS]
    alike = ("delay", "time_constant", *(name for name in given if name not in DYNAMICS))
    columns = {name: np.empty(len(senders)) for name in ("weight", *dynamic, *alike)}
    for number, kind in enumerate(KINDS):
        pair, places = getattr(statistics, kind), np.nonzero(kinds == number)[0]
        columns["weight"][places] = _weights(pair, places.size, rng)
        for name in dynamic:
            columns[name][places] = _positive(pair, name, places.size, rng)
        for name in alike:
            columns[name][places] = synaptic_numbers("PairStatistics", name, getattr(pair, name), places.size, rng)
        ends = (None if positions is None else positions[one[places]] for one in (senders, receivers))
        columns["delay"][places] = with_way("PairStatistics", columns["delay"][places], pair.velocity, *ends)
    if dynamic:
        columns["U"] = np.minimum(columns["U"], 1.0)
    columns["weight"] *= weight_scale
    return Projection(senders, receivers, **{name: sealed(values) for name, values in columns.items()})


def draw_inputs(
    n_inputs: int, probability: float, excitatory: np.ndarray, statistics: SynapseStatistics, rng: np.random.Generator
) -> Projection:
    """Static synapses from each input channel to each unit, present with this probability."""
    n_units = len(excitatory)
    n_synapses = probability * n_inputs * n_units
    check_fits("draw", "n_inputs", n_inputs, 40 * n_synapses, f"{n_synapses:.3g} synapses of the input")
    channels, units = np.divmod(bernoulli_positions(n_inputs * n_units, probability, rng), n_units)

    def numbers(name: str) -> np.ndarray:
        known = name if name.startswith("input_to") else name.removeprefix("input_")
        value = getattr(statistics, name)
        return synaptic_numbers("SynapseStatistics", known, value, len(units), rng)

    weights = np.where(excitatory[units], numbers("input_to_excitatory"), numbers("input_to_inhibitory"))
    names = [name for name in ("reversal", "rise_time") if getattr(statistics, f"input_{name}") is not None]
    more = {name: numbers(f"input_{name}") for name in names}
    decay = numbers("input_time_constant")
    return Projection(channels, units, weights, numbers("input_delay"), decay, **more)


def _weights(pair: PairStatistics, size: int, rng: np.random.Generator) -> np.ndarray:
    if is_distribution(pair.weight):
        return synaptic_numbers("PairStatistics", "weight", pair.weight, size, rng)
    if pair.weight_variation == 0:
        return np.full(size, pair.weight)
    scale = pair.weight_variation**2
    return pair.weight * scale * rng.standard_gamma(1 / scale, size=size)


def _positive(pair: PairStatistics, name: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Normal values; those at or below 0 are drawn again, evenly from (0, 2 mean]."""
    mean = getattr(pair, name)
    if is_distribution(mean):
        return synaptic_numbers("PairStatistics", name, mean, size, rng)
    values = rng.normal(mean, pair.variation * mean, size=size)
    again = values <= 0
    values[again] = 2 * mean * (1.0 - rng.random(np.count_nonzero(again)))
    return values
