"""An echo-state network."""

from __future__ import annotations

from typing import Any

from benchmarks.comparison.systems.base import System, count_readout, read_out, readout_space
from reservoir import EchoState

UNITS = {"classify": [100, 50, 200], "regress": [500, 200], "forecast": [500, 200]}


def dynamics(kind: str) -> dict[str, list]:
    """What decides how units move, for shallow and deep networks."""
    if kind == "forecast":
        return {
            "spectral_radius": [0.4, 0.2, 0.6, 0.8, 1.0],
            "leak": [1.0, 0.6, 0.3],
            "input_scaling": [0.2, 0.1, 0.5, 1.0],
            "bias_scaling": [1.0, 0.5, 0.2],
        }
    return {
        "spectral_radius": [0.9, 0.5, 0.7, 1.0, 1.1],
        "leak": [1.0, 0.6, 0.3, 0.15],
        "input_scaling": [0.3, 0.1, 0.6, 1.0],
        "bias_scaling": [0.5, 0.0, 0.2],
    }


def space(kind: str) -> dict[str, list]:
    """Size, dynamics and readout."""
    return {"n_units": UNITS[kind], **dynamics(kind), **readout_space(kind)}


def build(kind: str, settings: dict, seed: int) -> Any:
    """One reservoir of the seed."""
    options = {name: settings[name] for name in ("n_units", *dynamics(kind))}
    return read_out(kind, EchoState(**options, random_state=seed), settings)


SYSTEM = System("esn", "ESN", space, build, count_readout, note="An echo-state network of at most 500 units.")
