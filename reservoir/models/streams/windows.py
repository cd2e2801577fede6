"""Systems that go on row by row, also behind a transformer that looks at the rows beside the one that comes out.

What such a transformer makes of the last `ahead` rows will be another once their successors are known. So the state is
kept before them, they are run from there for what they are until now, and once more when they are final.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.models.streams.rows import check_goes_on
from reservoir.parts import without_noise
from reservoir.systems import Prepared
from reservoir.systems.apart import run_apart
from reservoir.systems.prepared import n_neighbours

Parts = tuple[np.ndarray, ...]
"""States (n_rows, n_units) that stand side by side."""


class Hearing(NamedTuple):
    """A system without noise, and what it hears its rows through."""

    system: Any
    transformer: Any = None
    ahead: int = 0  # rows that come out otherwise once more rows are known

    def moved(self, window: np.ndarray, state: Any) -> tuple[Parts | None, Any, Parts | None]:
        """States of the row that has become final, if one has, and of those that have not, behind a new row.

        Parameters
        ----------
        window : array (n_rows, n_features)
            The last rows with the new one, up to 1 + 2 * ahead of a piece.
        state : what the system goes on from, at the first row that is not final

        Returns
        -------
        final, state, provisional : the states, and the state between them
        """
        heard, final = self._transformed(window), None
        if len(heard) > self.ahead:
            place = len(heard) - self.ahead
            final, state = self._run(heard[place - 1 : place], state)
        return final, state, self._provisional(heard, state)

    def provisional(self, window: np.ndarray, state: Any) -> Parts | None:
        """States of the rows that are not final, where no new one comes."""
        return self._provisional(self._transformed(window), state) if len(window) else None

    def _provisional(self, heard: Any, state: Any) -> Parts | None:
        return self._run(heard[max(0, len(heard) - self.ahead) :], state)[0] if self.ahead else None

    def _transformed(self, window: np.ndarray) -> Any:
        return window if self.transformer is None else next(iter(self.transformer.transform([window])))

    def _run(self, rows: Any, state: Any) -> tuple[Parts, Any]:
        (parts,), (after,) = run_apart(self.system, [rows], None if state is None else [state])
        return parts, after


def hearings_of(owner: str, model: Any) -> list[Hearing]:
    """How a fitted model of sequences hears row by row: one for the system of all members, or one for each."""
    members = [member.reservoir_ for member in model._members()]
    if all(getattr(system, "causal", True) for system in members):
        for system in members:
            check_goes_on(owner, system)
        return [Hearing(without_noise(model._system))]
    return [_prepared(owner, system) for system in members]


def _prepared(owner: str, system: Any) -> Hearing:
    """How a system hears row by row that is not causal for the sake of its transformer."""
    ahead = n_neighbours(system.transformer_) if isinstance(system, Prepared) else None
    if ahead is None:
        raise ValueError(
            f"{owner} needs a causal system, or one that is Prepared by transformers with a known number of "
            f"`neighbours`, as WithGradient. The states of {type(system).__name__} depend on more rows to come."
        )
    check_goes_on(owner, system.system_)
    return Hearing(without_noise(system.system_), system.transformer_, ahead)
