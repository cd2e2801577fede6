"""Poolings by their names."""

from __future__ import annotations

from typing import Any

from reservoir.models.poolings.last import Last
from reservoir.models.poolings.max import Max
from reservoir.models.poolings.mean import Mean
from reservoir.models.poolings.model_space import ModelSpace
from reservoir.models.poolings.segments import Segments
from reservoir.models.poolings.weighted import Weighted
from reservoir.validation import parameter_error

POOLINGS = {
    "mean": Mean,
    "last": Last,
    "max": Max,
    "segments": Segments,
    "weighted": Weighted,
    "model_space": ModelSpace,
}


def named_pooling(owner: str, name: str, pooling: Any) -> Any:
    """The part with ``pool(rows)`` that a name stands for, or the part itself."""
    if isinstance(pooling, str) and pooling in POOLINGS:
        return POOLINGS[pooling]()
    if not isinstance(pooling, type) and hasattr(pooling, "pool"):
        return pooling
    raise parameter_error(owner, name, "one of " + ", ".join(map(repr, POOLINGS)) + " or a part with pool", pooling)
