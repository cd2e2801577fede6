"""A liquid of spiking units."""

from __future__ import annotations

from typing import Any

from benchmarks.comparison.systems.base import System, count_readout, read_out, readout_space
from reservoir import LiquidState
from reservoir.circuits import MaassColumn
from reservoir.spikes import Current, Exponential, GaussianReceptiveFields, Latency

ENCODERS = {
    "8 fields": GaussianReceptiveFields(8),
    "4 fields": GaussianReceptiveFields(4),
    "16 fields": GaussianReceptiveFields(16),
    "latency": Latency(),
    "current": Current(),
}


def space(kind: str) -> dict[str, list]:
    """Encoder, time, circuit, trace and readout."""
    return {
        "encoder": list(ENCODERS),
        "step": [0.01, 0.02, 0.03],
        "length": [15, 30],
        "lam": [2.0, 1.0],
        "weight_scale": [1.0, 0.5, 2.0],
        "input_scale": [1.0, 0.5, 2.0],
        "tau": [0.03, 0.1, 0.01],
        **readout_space(kind),
        "alpha": {"classify": [1.0, 0.1, 10.0, 100.0], "regress": [1.0, 0.1, 10.0], "forecast": [1.0, 0.1, 10.0]}[kind],
    }


def parts(settings: dict, seed: int) -> dict[str, Any]:
    """Parameters of `LiquidState`, and of `Microcircuit`."""
    column = MaassColumn(
        (settings["length"], 3, 3),
        settings["lam"],
        weight_scale=settings["weight_scale"],
        input_scale=settings["input_scale"],
    )
    return {
        "circuit": column,
        "encoder": ENCODERS[settings["encoder"]],
        "trace": Exponential(settings["tau"]),
        "step": settings["step"],
        "random_state": seed,
    }


def build(kind: str, settings: dict, seed: int) -> Any:
    """The column of the seed."""
    return read_out(kind, LiquidState(**parts(settings, seed)), settings)


SYSTEM = System(
    "liquid",
    "liquid (LSM)",
    space,
    build,
    count_readout,
    note="The column of Maass, Natschläger, Markram 2002, 135 or 270 LIF units with dynamic synapses, in Numba. The "
    "readout sees the input beside the traces of the spikes, as that of every system here.",
)
