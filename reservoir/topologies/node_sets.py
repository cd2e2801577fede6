"""Which units of a reservoir are meant: by number, by mask, or by the modules that they belong to."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.validation import is_masked, parameter_error


def read_modules(owner: str, modules: Any, n_units: int) -> np.ndarray | None:
    """The labels (n_units,) of the modules of all units, or None."""
    if modules is None:
        return None
    labels = np.asarray(modules)
    if labels.shape != (n_units,) or labels.dtype.kind not in "iuUSb" or is_masked(modules):
        raise parameter_error(owner, "modules", f"None or {n_units} labels, integers or texts, one per unit", modules)
    return labels


def chosen_units(owner: str, units: Any, modules: Any, n_units: int) -> np.ndarray:
    """The numbers of the chosen units, in the order in which they were given; with modules, all of those named."""
    labels = read_modules(owner, modules, n_units)
    if units is None:
        return np.arange(n_units)
    chosen = np.asarray(units) if not is_masked(units) else np.empty((0, 0))
    if labels is not None:
        named = [np.flatnonzero(labels == one) for one in np.atleast_1d(chosen)] if chosen.ndim < 2 else []
        if chosen.dtype.kind == labels.dtype.kind and named and all(map(len, named)):
            found = np.concatenate(named)
            if len(np.unique(found)) == len(found):
                return found
        raise parameter_error(owner, "units", f"None or different modules among {np.unique(labels).tolist()}", units)
    if chosen.dtype == bool and chosen.shape == (n_units,) and chosen.any():
        return np.flatnonzero(chosen)
    whole = chosen.ndim == 1 and chosen.size and chosen.dtype.kind in "iu"
    if not whole or chosen.min() < 0 or chosen.max() >= n_units or len(np.unique(chosen)) < len(chosen):
        wanted = f"None, different units in [0, {n_units}), or a mask of {n_units} units"
        raise parameter_error(owner, "units", wanted, units)
    return chosen.astype(np.int64)
