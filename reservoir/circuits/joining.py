"""Circuits made one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reservoir.circuits.array_record import is_name
from reservoir.circuits.connection import Connection
from reservoir.circuits.projection import Projection, kind_of
from reservoir.validation import parameter_error

if TYPE_CHECKING:
    from reservoir.circuits.circuit import Circuit, PoissonBackground

_SILENT = "rate", "weight", "current"  # numbers of a background that are 0 where units hear none


def joined(
    cls: type[Circuit],
    circuits: Mapping[str, Circuit] | Sequence[Circuit],
    between: Mapping[str, Projection | Connection] | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> Circuit:
    """One circuit of several: their units, and their input channels, one circuit after the other.

    What has a name gets that of its circuit before it: the projection "recurrent" of the circuit "left" is
    "left_recurrent", its population "E" is "left_E", and all its units are the population "left".

    Parameters
    ----------
    circuits : dict of Circuit by name, or list
        The names of a list are "a", "b" and so on.
    between : dict of Projection or Connection by name, or None, default None
        Synapses between them: a projection by the numbers of units in the whole, or a connection of two populations of
        the whole, ``Connection("left_E", "right", ...)``, which is drawn.
    rng : numpy.random.Generator or None, default None
        Source of what connections draw. None: a new one.

    Returns
    -------
    Circuit
        Its positions are those of the circuits, None unless all have them.

    Raises
    ------
    ValueError
        For names that stand twice, and populations that are not there.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import Circuit, Connection, MaassColumn
    >>> rng = np.random.default_rng(0)
    >>> columns = {"left": MaassColumn((3, 3, 3)).draw(rng), "right": MaassColumn((3, 3, 3)).draw(rng)}
    >>> across = Connection("left_E", "right", in_degree=2, weight=1e-8, delay=5e-3, time_constant=3e-3)
    >>> both = Circuit.joined(columns, {"across": across}, rng=rng)
    >>> both.n_units, both.n_inputs, len(both.projection("across")), both.population("right_I").sum().item()
    (54, 2, 54, 5)
    """
    owner = f"{cls.__name__}.joined"
    parts = _named(owner, cls, circuits)
    sizes, channels = [part.n_units for part in parts.values()], [part.n_inputs for part in parts.values()]
    places = [part.positions for part in parts.values() if part.positions is not None]
    between_units, inputs = _shifted(parts, _firsts(sizes), _firsts(channels))
    nothing = Projection(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), *[np.zeros(0)] * 3)
    whole = cls(
        np.concatenate([part.excitatory for part in parts.values()]),
        nothing,
        nothing,
        sum(channels),
        np.concatenate(places) if len(places) == len(parts) else None,
        _filled([part.dead for part in parts.values()], sizes, False),
        _filled([part.spontaneous_rate for part in parts.values()], sizes, 0.0),
        joined_background([part.background for part in parts.values()], sizes),
        _populations(parts, sizes),
        between_units,
        inputs,
    )
    return _connected(owner, whole, between, np.random.default_rng() if rng is None else rng)


def joined_background(
    backgrounds: Sequence[PoissonBackground | None], sizes: Sequence[int]
) -> PoissonBackground | None:
    """What all units hear from outside, each record being that of one unit or of all; None where there is none."""
    some = [one for one in backgrounds if one is not None]
    if not some:
        return None
    if len(set(map(kind_of, some))) > 1:
        wanted = "backgrounds that are all currents, all conductances or all jumps, and all or none with each number"
        raise parameter_error(type(some[0]).__name__, "joined", wanted, some)
    silent = {
        one.name: None if (value := getattr(some[0], one.name)) is None else value[:1] * (one.name not in _SILENT)
        for one in fields(some[0])
    }
    columns = {
        name: [
            np.broadcast_to(silence if one is None else getattr(one, name), (size,))
            for one, size in zip(backgrounds, sizes, strict=True)
        ]
        for name, silence in silent.items() if silence is not None
    }  # fmt: skip
    return type(some[0])(**{name: np.concatenate(column) for name, column in columns.items()})


def _named(owner: str, cls: type[Circuit], circuits: Any) -> dict[str, Circuit]:
    listed = circuits if isinstance(circuits, list | tuple) else []
    named = (
        dict(circuits)
        if isinstance(circuits, Mapping)
        else dict(zip("abcdefghijklmnopqrstuvwxyz", listed, strict=False))
    )
    good = named and (isinstance(circuits, Mapping) or len(named) == len(listed)) and all(map(is_name, named))
    if not good or not all(isinstance(part, cls) for part in named.values()):
        raise parameter_error(owner, "circuits", "a dict of Circuit by name, or a list of up to 26", circuits)
    return named


def _firsts(sizes: list[int]) -> list[int]:
    return [sum(sizes[:place]) for place in range(len(sizes))]


def _shifted(
    parts: dict[str, Circuit], units: list[int], channels: list[int]
) -> tuple[dict[str, Projection], dict[str, Projection]]:
    """All projections between units, and from channels, by their new names, with their new numbers."""
    found: dict[str, dict[str, Projection]] = {"units": {}, "inputs": {}}
    for (name, part), unit, channel in zip(parts.items(), units, channels, strict=True):
        for key, source, projection in part.pathways():
            pre = projection.pre + (unit if source == "units" else channel)
            found[source][f"{name}_{key}"] = replace(projection, pre=pre, post=projection.post + unit)
    return found["units"], found["inputs"]


def _populations(parts: dict[str, Circuit], sizes: list[int]) -> dict[str, np.ndarray]:
    label = np.repeat(np.arange(len(sizes)), sizes)
    found = {name: label == place for place, name in enumerate(parts)}
    for name, part in parts.items():
        for key in ("E", "I", *part.populations):
            units = np.zeros(len(label), dtype=bool)
            units[found[name]] = part.population(key)
            found.setdefault(f"{name}_{key}", units)
    return found


def _filled(arrays: list[np.ndarray | None], sizes: list[int], missing: Any) -> np.ndarray | None:
    """The arrays, one after the other, with a value where one is None; None where all are."""
    if all(one is None for one in arrays):
        return None
    return np.concatenate([np.full(n, missing) if one is None else one for one, n in zip(arrays, sizes, strict=True)])


def _connected(owner: str, whole: Circuit, between: Any, rng: np.random.Generator) -> Circuit:
    """The circuit with the projections between its parts."""
    if between is not None and not isinstance(between, Mapping):
        raise parameter_error(owner, "between", "None or a dict of Projection or Connection by name", between)
    more: dict[str, Projection] = {}
    for name, part in (between or {}).items():
        if isinstance(part, Connection):
            sources, targets = (np.flatnonzero(whole.population(end)) for end in (part.source, part.target))
            where = {"excitatory": whole.excitatory, "positions": whole.positions}
            more[name] = part.connect(sources, targets, rng, **where)
        elif isinstance(part, Projection) and name not in whole.projections:
            more[name] = part
        else:
            raise parameter_error(owner, "between", "a dict of Projection or Connection by new names", between)
    return replace(whole, projections={**whole.projections, **more})
