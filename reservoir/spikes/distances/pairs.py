"""Which trains are compared: those of the units of a record, or of one unit in all trials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reservoir.sizes import check_fits
from reservoir.trains import SpikeTrains, read_records
from reservoir.validation import parameter_error


def pairwise(
    owner: str, trains: Any, others: Any, of_pair: Callable[[np.ndarray, np.ndarray, float], float]
) -> np.ndarray:
    """The distances between all trains, or from each of the trains to each of the others.

    `of_pair` gets two trains and the longest of the durations; it is symmetric, and 0 for equal trains.

    Parameters
    ----------
    trains : SpikeTrains, or list of trials
        Of one record all units are compared with one another, of a list every unit with itself in the other trials.
    others : None, SpikeTrains or list of trials, default None
        What the trains are compared with; None is the trains themselves.

    Returns
    -------
    distances : array (n_units, n_other_units), or (n_units, n_trials, n_other_trials) for trials

    Raises
    ------
    ValueError
        For data that are no spike trains, trials of other units, and a parameter outside its range.
    """
    first, many = read_records(owner, "trains", trains)
    second, both = (first, many) if others is None else read_records(owner, "others", others)
    n_units = first[0].n_units
    if both != many:
        raise parameter_error(owner, "others", f"{'a list of trials' if many else 'one record'}, as trains are", others)
    if many and second[0].n_units != n_units:
        raise parameter_error(owner, "others", f"None or trials of {n_units} units", others)
    n_tables, shape = (n_units, (len(first), len(second))) if many else (1, (n_units, second[0].n_units))
    check_fits(owner, "trains", trains, 8.0 * n_tables * shape[0] * shape[1], f"the distances of {shape} trains")
    rows, columns = _by_table(first, many), _by_table(second, many)
    duration = max(record.duration for record in first + second)
    tables = [_table(*one, of_pair, duration, others is None) for one in zip(rows, columns, strict=True)]
    return np.array(tables).reshape(n_tables, *shape) if many else tables[0]


def _by_table(records: list[SpikeTrains], many: bool) -> list[list[np.ndarray]]:
    """The trains of each table: those of one unit in all trials, or of all units of the record."""
    lists = [record.to_lists() for record in records]
    return [list(trials) for trials in zip(*lists, strict=True)] if many else lists


def _table(
    rows: list[Any], columns: list[Any], of_pair: Callable[..., float], duration: float, symmetric: bool
) -> np.ndarray:
    table = np.zeros((len(rows), len(columns)))
    for i, a in enumerate(rows):
        for j in range(i + 1 if symmetric else 0, len(columns)):
            table[i, j] = of_pair(a, columns[j], duration)
    return table + table.T if symmetric else table
