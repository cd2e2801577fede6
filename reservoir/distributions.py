"""Numbers that are given one by one, all alike, or as a frozen distribution of SciPy from which they are drawn."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from scipy import stats
from scipy.stats import rv_continuous, rv_discrete

from reservoir.validation import parameter_error

_FAMILIES = rv_continuous, rv_discrete


class Distribution(Protocol):
    """A frozen distribution of `scipy.stats`."""

    @property
    def dist(self) -> Any: ...

    def rvs(self, *, size: int, random_state: Any) -> Any: ...


def is_distribution(value: Any) -> bool:
    """Whether a value is a frozen distribution, such as ``scipy.stats.norm(0.02, 0.002)``."""
    return isinstance(getattr(value, "dist", None), _FAMILIES) and hasattr(value, "rvs")


def drawn(owner: str, name: str, distribution: Any, size: int, rng: np.random.Generator) -> np.ndarray:
    """So many numbers (size,) of a frozen distribution of numbers.

    Raises ValueError where it gives none that are finite.
    """
    numbers = np.asarray(distribution.rvs(size=size, random_state=rng), dtype=np.float64)
    if numbers.shape != (size,) or not np.isfinite(numbers).all():
        raise parameter_error(owner, name, "a frozen distribution of finite numbers", distribution)
    return numbers


def is_family(name: str) -> bool:
    """Whether SciPy has distributions of this name."""
    return isinstance(getattr(stats, name, None), _FAMILIES)


def name_of(value: Any) -> str | None:
    """The name by which SciPy knows the family of a frozen distribution; None for one of a user's own, or none."""
    name = str(value.dist.name) if is_distribution(value) else ""
    known = is_family(name) and isinstance(value.dist, type(getattr(stats, name)))
    return name if known else None
