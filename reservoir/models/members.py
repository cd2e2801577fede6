"""Models of other seeds side by side: how they are made, how each readout learns, and what all answer."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.models.base import TrainingRows, fit_readout, readout_of, reservoir_of, teach
from reservoir.readouts.candidates import one_penalty_warning
from reservoir.sequences import SequenceWarning
from reservoir.sizes import LEAST_OF_A_PART, check_fits
from reservoir.threads import spread
from reservoir.validation import Parameters, as_generator


def seeded_members(model: Any, reservoir: Any) -> list[Any]:
    """As many models as a model has members, not fitted, with seeds drawn from that of the reservoir."""
    seeds = {k: seed for k, seed in reservoir.get_params().items() if k.split("__")[-1] == "random_state"}
    if not seeds:
        raise Parameters(model).error("n_members", "1 for a system without random_state")
    first = next((seed for seed in seeds.values() if seed is not None), None)
    rng = as_generator(type(reservoir).__name__, first)
    what = "the members without their weights"
    check_fits(type(model).__name__, "n_members", model.n_members, LEAST_OF_A_PART * model.n_members, what)
    members, alone = [], clone(model).set_params(n_members=1, reservoir=None)
    for seed in rng.integers(2**32, size=model.n_members):
        system = clone(reservoir).set_params(**_own_seeds(list(seeds), int(seed)))
        members.append(clone(alone).set_params(reservoir=system))
    return members


def _own_seeds(names: list[str], seed: int) -> dict[str, int]:
    """A seed for each of the parameters ``random_state`` of a system.

    Parts that stand side by side get seeds of their own, the first `seed` itself; what a part with a seed holds gets
    the same.
    """
    owners = [name.removesuffix("random_state") for name in names]
    outer = [owner for owner in owners if not any(owner != one and owner.startswith(one) for one in owners)]
    drawn = [seed, *map(int, np.random.SeedSequence(seed).generate_state(len(outer)))]
    known = dict(zip(outer, drawn, strict=False))
    return {
        name: next(own for one, own in known.items() if owner.startswith(one))
        for name, owner in zip(names, owners, strict=True)
    }


def learn_each(members: list[Any], X: Any, choice: Any, n_rows: int) -> list[Any]:
    """The members of a forecaster after each has learnt; what there is to say of the data has been said."""
    for_threads = all(map(_for_threads, (reservoir_of(members[0]), readout_of(members[0]))))
    work = 100.0 * n_rows * len(members) * for_threads  # of few rows most is Python, which one thread at a time runs
    with one_penalty_warning(), warnings.catch_warnings():
        warnings.simplefilter("ignore", SequenceWarning)
        return spread(lambda member: member._learn(X, choice), members, work)


def fit_readouts(readouts: list[Any], blocks: Iterable[TrainingRows], *, ahead: bool = False) -> None:
    """Train each readout; of several, on what it sees of rows (n_rows, n_members, n_columns) that come once for all.

    Of one, another thread may make the next block `ahead`.
    """
    if len(readouts) == 1:
        fit_readout(readouts[0], blocks, ahead=ahead)
        return
    if all(hasattr(readout, "accumulate") for readout in readouts):
        n_columns = _teach_all(readouts, blocks)
        with one_penalty_warning():
            _each(readouts, partial(_solve_one, readouts), len(readouts) * n_columns**3)
    else:
        parts = zip(*(rows_of_members(rows, len(readouts)) for rows in blocks), strict=True)
        for readout, own_rows in zip(readouts, parts, strict=True):
            fit_readout(readout, own_rows)


def _teach_all(readouts: list[Any], blocks: Iterable[TrainingRows]) -> int:
    """Let each readout take in its rows of all blocks, none of which is held any more when they solve: the columns."""
    n_columns = 0
    for rows in blocks:
        n_columns, own = rows.features.shape[2], rows_of_members(rows, len(readouts))
        _each(readouts, partial(_teach_one, readouts, own), rows.features.size * n_columns)
    return n_columns


def mean_answer(readouts: list[Any], method: str) -> Callable[[np.ndarray], np.ndarray]:
    """What takes rows, (n_rows, n_members, n_columns) of several, to the mean answer of their readouts."""
    asked = [getattr(readout, method) for readout in readouts]
    if len(asked) == 1:
        return asked[0]

    def ask(rows: np.ndarray) -> np.ndarray:
        answers = _each(readouts, lambda place: asked[place](np.ascontiguousarray(rows[:, place])), rows.size)
        return np.mean(answers, axis=0)

    return ask


def _teach_one(readouts: list[Any], rows: list[TrainingRows], place: int) -> None:
    teach(readouts[place], rows[place])


def _solve_one(readouts: list[Any], place: int) -> None:
    readouts[place].solve()


def _each(readouts: list[Any], function: Callable[[int], Any], work: float) -> list[Any]:
    """What a function gives for the place of every readout, from several threads where the readouts are for that."""
    return spread(function, range(len(readouts)), work * all(map(_for_threads, readouts)))


def _for_threads(part: Any) -> bool:
    return bool(getattr(part, "any_thread", False))


def rows_of_members(rows: TrainingRows, n_members: int) -> list[TrainingRows]:
    """Rows as each member sees them."""
    if n_members == 1:
        return [rows]
    return [rows._replace(features=np.ascontiguousarray(rows.features[:, k])) for k in range(n_members)]
