"""Which units of a circuit have states: all, some, or populations by their means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from reservoir.circuits import Circuit
from reservoir.parts import Numbers
from reservoir.validation import parameter_error

UnitChoice: TypeAlias = Numbers | str | Sequence[str] | None


def chosen_states(owner: str, units: Any, circuit: Circuit) -> Callable[[np.ndarray], np.ndarray]:
    """What makes the states (n_rows, n_states) that were asked for of those of all units (n_rows, n_units)."""
    if units is None:
        return lambda states: states
    if isinstance(units, str):
        mask = _population(owner, units, circuit)
        return lambda states: states[:, mask]
    if isinstance(units, list | tuple) and units and all(isinstance(one, str) for one in units):
        masks = [_population(owner, one, circuit) for one in units]
        return lambda states: np.stack([states[:, mask].mean(axis=1) for mask in masks], axis=1)
    chosen, n_units = np.asarray(units), circuit.n_units
    if chosen.dtype == bool and chosen.shape == (n_units,):
        chosen = np.flatnonzero(chosen)
    good = chosen.ndim == 1 and chosen.size and chosen.dtype.kind in "iu" and len(set(chosen.tolist())) == chosen.size
    if not good or not 0 <= chosen.min() <= chosen.max() < n_units:
        wanted = f"None, distinct units in [0, {n_units}), a mask of {n_units} units, or names of populations"
        raise parameter_error(owner, "units", wanted, units)
    return lambda states: states[:, chosen]


def _population(owner: str, name: str, circuit: Circuit) -> np.ndarray:
    """The units (n_units,) of a population that has some."""
    known = {"E": circuit.excitatory, "I": ~circuit.excitatory, **circuit.populations}
    if name not in known or not known[name].any():
        named = [one for one, mask in known.items() if mask.any()]
        raise parameter_error(owner, "units", f"None, units, or populations among {named}", name)
    return known[name]
