"""What is kept over time of synapses that learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reservoir.plasticity.plastic_synapses import Plastic, Rows
from reservoir.plasticity.rule import settled
from reservoir.systems.plastic_parts import PlasticPart
from reservoir.systems.recording import Wanted


def rows_of(part: PlasticPart, wanted: Wanted, behind: int, n_steps: int) -> Rows:
    """Room for what is wanted of the synapses of a part, in steps which so many of the circuit precede."""
    first, n_rows = wanted.rows(behind, n_steps)
    places = [_columns(part, chosen)[1] for by_name in wanted.synapses.values() for chosen in _own(part, by_name)]
    synapses = np.unique(np.concatenate([np.zeros(0, np.int64), *places]))
    plastic, kernel = part.plastic, part.kernel
    width = 3 + len(kernel.own) + len(kernel.pre) + len(kernel.post)
    return plastic.rows._replace(
        every=wanted.every if synapses.size and n_rows else 0, first=first,
        places=np.column_stack([synapses, part.branch_of[synapses]]), kept=np.zeros((n_rows, len(synapses), width)),
    )  # fmt: skip


def _own(part: PlasticPart, by_name: Any) -> list[np.ndarray]:
    return [by_name[part.projection]] if part.projection in by_name else []


def _columns(part: PlasticPart, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the chosen synapses of a projection are of the part, and where they stand in it."""
    inverse = np.full(len(part.source), -1)
    inverse[part.which] = np.arange(len(part.which))
    columns = np.flatnonzero(inverse[chosen] >= 0)
    return columns, inverse[chosen[columns]]


def put_rows(
    found: dict[str, Any],
    wanted: Wanted,
    parts: Sequence[PlasticPart],
    plastics: Sequence[Plastic],
    seconds: np.ndarray,
) -> None:
    """Put what was kept into the arrays (n, k) by variable and projection; `seconds` (n,) of the circuit."""
    for name, by_name in wanted.synapses.items():
        for part, plastic in zip(parts, plastics, strict=True):
            for chosen in _own(part, by_name):
                columns, synapses = _columns(part, chosen)
                kept = plastic.rows.kept[:, np.searchsorted(plastic.rows.places[:, 0], synapses)]
                place = found[name][part.projection]
                if name != "traces":
                    values = _values(part, name, kept, part.which[synapses], seconds)
                    if values is not None:
                        place[:, columns] = values
                    continue
                for trace in part.kernel.pre + part.kernel.post:
                    place[trace][:, columns] = kept[:, :, _names(part).index(trace)]


def _names(part: PlasticPart) -> list[str]:
    return ["value", "u", "R", *part.kernel.own, *part.kernel.pre, *part.kernel.post]


def _values(
    part: PlasticPart, name: str, kept: np.ndarray, which: np.ndarray, seconds: np.ndarray
) -> np.ndarray | None:  # fmt: skip
    """The values (n, k) of a variable of synapses; None where the rule does not change it."""
    learned, names = part.rule.read[0], _names(part)
    if name not in ("weights", learned):
        return kept[:, :, names.index(name)] if name in names else None
    if (name == "weights") != (learned == "w"):
        return None
    weight = part.source.weight[which]
    own = {one: kept[:, :, names.index(one)] for one in part.kernel.own} | {learned: kept[:, :, 0]}
    rows = [settled(part.rule, {one: values[k] for one, values in own.items()}, float(second), weight)[learned]
            for k, second in enumerate(seconds)]  # fmt: skip
    return np.stack(rows) if rows else kept[:, :, 0]
