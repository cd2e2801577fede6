"""Forecasters with reservoirs of their own, whose mean answer comes back to all of them."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from reservoir.models.base import as_reservoir
from reservoir.sizes import LEAST_OF_A_PART, check_fits
from reservoir.validation import Parameters, as_generator


def seeded_members(model: Any) -> list[Any]:
    """As many forecasters as the model has members, not fitted, with seeds drawn from that of its reservoir."""
    reservoir = as_reservoir(model.reservoir)
    seeds = {k: seed for k, seed in reservoir.get_params().items() if k.split("__")[-1] == "random_state"}
    if not seeds:
        raise Parameters(model).error("n_members", "1 for a system without random_state")
    first = next((seed for seed in seeds.values() if seed is not None), None)
    rng = as_generator(type(reservoir).__name__, first)
    what = "the members without their weights"
    check_fits(type(model).__name__, "n_members", model.n_members, LEAST_OF_A_PART * model.n_members, what)
    members = []
    for seed in rng.integers(2**32, size=model.n_members):
        system = clone(reservoir).set_params(**{name: int(seed) for name in seeds})
        members.append(clone(model).set_params(n_members=1, reservoir=system))
    return members
