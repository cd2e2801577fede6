"""Numbers that are given one by one, all alike, or as a frozen distribution of SciPy from which they are drawn."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from scipy import stats
from scipy.stats import rv_continuous, rv_discrete

from reservoir.validation import check_real, parameter_error

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


def drawn_by_kind(
    owner: str, name: str, value: Any, excitatory: np.ndarray, rng: np.random.Generator
) -> np.ndarray | None:
    """Numbers (n_units,) of a parameter that is a distribution, or two, of which one may be a number; None otherwise.

    Of two the first is that of the excitatory units. Each is drawn for all units.
    """
    pair = value if isinstance(value, tuple | list) and len(value) == 2 else (value,)
    if not any(map(is_distribution, pair)):
        return None
    both = [
        drawn(owner, name, one, len(excitatory), rng) if is_distribution(one) else check_real(owner, name, one)
        for one in pair
    ]
    return np.where(excitatory, both[0], both[-1])


def is_family(name: str) -> bool:
    """Whether SciPy has distributions of this name."""
    return isinstance(getattr(stats, name, None), _FAMILIES)


def name_of(value: Any) -> str | None:
    """The name by which SciPy knows the family of a frozen distribution; None for one of a user's own, or none."""
    name = str(value.dist.name) if is_distribution(value) else ""
    known = is_family(name) and isinstance(value.dist, type(getattr(stats, name)))
    return name if known else None
