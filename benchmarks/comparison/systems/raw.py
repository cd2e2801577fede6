"""No reservoir: the same readout on the rows of the input."""

from __future__ import annotations

from typing import Any

from benchmarks.comparison.systems.base import System, count_readout, read_out, readout_space
from benchmarks.comparison.systems.delay_rows import DelayRows


def space(kind: str) -> dict[str, list]:
    """How many rows of the past, how far apart, and the readout."""
    rows = [0, 1, 2, 3] if kind == "classify" else [10, 20, 40, 80, 5]
    strides = [1] if kind == "classify" else [1, 2, 4]
    return {"n_rows": rows, "stride": strides, **readout_space(kind)}


def build(kind: str, settings: dict, seed: int) -> Any:
    """Nothing in it is random."""
    return read_out(kind, DelayRows(settings["n_rows"], settings["stride"]), settings)


SYSTEM = System(
    "raw",
    "raw input",
    space,
    build,
    count_readout,
    note="No reservoir: the same linear readout on delayed rows of the input (how many is searched), pooled for "
    "recordings.",
)
