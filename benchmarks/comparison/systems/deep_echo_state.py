"""Echo-state networks upon one another."""

from __future__ import annotations

from typing import Any

from benchmarks.comparison.systems.base import System, count_readout, read_out, readout_space
from benchmarks.comparison.systems.echo_state import UNITS, dynamics
from reservoir import DeepEchoState, EchoState


def space(kind: str) -> dict[str, list]:
    """Layers, units in all, dynamics and readout."""
    return {"n_layers": [3, 2, 5], "n_units": UNITS[kind], **dynamics(kind), **readout_space(kind)}


def build(kind: str, settings: dict, seed: int) -> Any:
    """Layers of equal size that share the settings, their scaling too; every layer hears the input as well."""
    options = {name: settings[name] for name in dynamics(kind)}
    layer = EchoState(settings["n_units"] // settings["n_layers"], **options)
    system = DeepEchoState(layer, settings["n_layers"], input_to_all=True, inter_scaling=None, random_state=seed)
    return read_out(kind, system, settings)


SYSTEM = System(
    "deep_esn",
    "deep ESN",
    space,
    build,
    count_readout,
    note="2 to 5 layers that hear the input; at most 500 units in all.",
)
