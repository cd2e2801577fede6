"""Gated recurrent units, trained by backpropagation through time."""

from __future__ import annotations

from functools import partial

from benchmarks.comparison.systems.base import System
from benchmarks.comparison.systems.recurrent import build, space, trained

SYSTEM = System(
    "gru",
    "GRU",
    space,
    partial(build, "gru"),
    trained,
    note="One layer of at most 64 units, trained with Adam; every weight is trained.",
    version="3",
)
