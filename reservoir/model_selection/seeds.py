"""The seeds of the random draws that a search compares: those that the user gave stay as they are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.validation import Parameters


class SeedNames(NamedTuple):
    """Parameters that seed a model, but not its readout; a part that has a seed gives one to what it holds."""

    of_systems: list[str]  # of reservoirs, and of models that are their own
    of_others: list[str]  # of steps before them

    @property
    def all(self) -> list[str]:
        """Those of systems first."""
        return [*self.of_systems, *self.of_others]

    @property
    def drawn_anew(self) -> list[str]:
        """Those that `n_seeds` varies: of the systems, or of what else there is."""
        return self.of_systems or self.of_others


def seed_names(model: Any) -> SeedNames:
    """The outermost parameters ``random_state`` of a model."""
    parts = {name: value for name, value in model.get_params().items() if "readout" not in name.split("__")}
    owners = [name.split("__")[:-1] for name in parts if name.split("__")[-1] == "random_state"]
    owners += [name.split("__") for name, part in parts.items() if name.split("__")[-1] == "reservoir" and part is None]
    outer = [owner for owner in owners if not any(owner[:depth] in owners for depth in range(len(owner)))]
    found = SeedNames([], [])
    for owner in outer:
        part = parts.get("__".join(owner)) if owner else model
        system = "reservoir" in owner or hasattr(part, "run")
        (found.of_systems if system else found.of_others).append("__".join([*owner, "random_state"]))
    return found


def seeded(model: Any, seed: int, redraw: bool) -> Any:
    """The model with a seed wherever it has none, each its own; its systems draw anew where `redraw` says so.

    The first gets `seed` itself.
    """
    names, present = seed_names(model), model.get_params()
    drawn = [int(seed), *map(int, np.random.SeedSequence(seed).generate_state(len(names.all)) >> 1)]
    wanted = {
        name: own
        for name, own in zip(names.all, drawn, strict=False)
        if present.get(name, 0) is None or (redraw and name in names.drawn_anew)
    }
    return model.set_params(**wanted)


def read_seeds(search: Any, candidates: list[dict[str, Any]]) -> list[int]:
    """Seeds to draw with; none where every part has its own."""
    p = Parameters(search)
    own = [name for parameters in candidates for name in parameters if name.split("__")[-1] == "random_state"]
    if search.n_seeds is None:
        n_drawn = 1 if _lacks_a_seed(search.estimator, candidates) else 0
    else:
        n_drawn = p.integer("n_seeds", 1)
        if own or not seed_names(search.estimator).all:
            why = f"the candidates set {own[0]}" if own else "the estimator has no random_state outside its readout"
            raise p.error("n_seeds", f"None, since {why}")
    return [int(seed) for seed in p.generator().integers(2**31, size=n_drawn)]


def _lacks_a_seed(estimator: Any, candidates: list[dict[str, Any]]) -> bool:
    """Whether the estimator, or a part that a candidate brings, has a seed that is None."""
    named = [item for parameters in candidates for item in parameters.items() if "readout" not in item[0].split("__")]
    if any(value is None for name, value in named if name.split("__")[-1] == "random_state"):
        return True
    models = [estimator, *(value for _, value in named if hasattr(value, "get_params") and not isinstance(value, type))]
    return any(model.get_params().get(name, 0) is None for model in models for name in seed_names(model).all)
