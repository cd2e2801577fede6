"""No reservoir, but products: nonlinear vector autoregression."""

from __future__ import annotations

from typing import Any

from benchmarks.comparison.systems.base import System, count_readout, read_out, readout_space
from benchmarks.comparison.systems.delay_rows import DelayRows


def space(kind: str) -> dict[str, list]:
    """How many rows of the past, how far apart, and the readout."""
    rows = {"classify": [0, 1], "regress": [10, 5, 20, 2], "forecast": [1, 2, 4, 8]}[kind]
    strides = [1] if kind == "classify" else [1, 2, 4, 8]
    found = {"n_rows": rows, "stride": strides, **readout_space(kind)}
    if kind == "forecast":
        found["alpha"] = [1e-4, 1e-6, 1e-8, 1e-3, 1e-2, 1.0]
    return found


def build(kind: str, settings: dict, seed: int) -> Any:
    """Nothing in it is random."""
    return read_out(kind, DelayRows(settings["n_rows"], settings["stride"], products=True), settings)


SYSTEM = System(
    "nvar",
    "raw and products (NVAR)",
    space,
    build,
    count_readout,
    note="No reservoir: delayed rows and all products of two of them (Gauthier, Bollt, Griffith, Barbosa 2021, "
    "doi:10.1038/s41467-021-25801-2), linear readout.",
)
