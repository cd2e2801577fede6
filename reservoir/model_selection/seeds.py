"""The seeds of the reservoirs that a search compares."""

from __future__ import annotations

from typing import Any

from reservoir.validation import Parameters


def seed_names(model: Any) -> list[str]:
    """Parameters that seed a model, but not its readout; a part that has a seed gives one to what it holds."""
    found = {name: value for name, value in model.get_params().items() if "readout" not in name.split("__")}
    owners = [name.split("__")[:-1] for name in found if name.split("__")[-1] == "random_state"]
    owners += [name.split("__") for name, part in found.items() if name.split("__")[-1] == "reservoir" and part is None]
    outer = [owner for owner in owners if not any(owner[:depth] in owners for depth in range(len(owner)))]
    return ["__".join([*owner, "random_state"]) for owner in outer]


def read_seeds(search: Any, candidates: list[dict[str, Any]]) -> list[int]:
    """Seeds for the reservoir; none where it keeps its own."""
    p = Parameters(search)
    own = [name for parameters in candidates for name in parameters if name.split("__")[-1] == "random_state"]
    names, present = seed_names(search.estimator), search.estimator.get_params()
    if search.n_seeds is None:
        unseeded = not own and any(present.get(name, 0) is None for name in names)
        n_drawn = 1 if unseeded else 0
    else:
        n_drawn = p.integer("n_seeds", 1)
        if own or not names:
            why = f"the candidates set {own[0]}" if own else "the estimator has no random_state outside its readout"
            raise p.error("n_seeds", f"None, since {why}")
    return [int(seed) for seed in p.generator().integers(2**31, size=n_drawn)]
