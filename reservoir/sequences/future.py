"""How the index of a table goes on after its last row."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np

from reservoir.sequences.containers import is_one_series
from reservoir.sequences.rows import Sequences
from reservoir.sequences.tables import as_table, chosen_output
from reservoir.sequences.time_index import index_of, skips_weekends, times_of, usual_step

Ending = dict[str, str | float | None]
"""The end of an index in plain texts and numbers, which a model file can hold."""


UNKNOWN: Ending = {"kind": "rows"}
"""The end of an index that goes on nobody knows how: its future labels count rows from 0 on."""


def endings_of(X: Any) -> list[Ending | None]:
    """The ends of the indices of a table, or of every member of a list; None for what has no index."""
    return [ending_of(X)] if is_one_series(X) else [ending_of(member) for member in X]


def forecast_tables(model: Any, context: Any, forecasts: Any, channels: np.ndarray) -> Any:
    """Forecasts of these channels as tables where the series that go on are tables; those of other lists stay arrays.

    They go on with the index of the context, or of the data of `fit` if that is None: `model._endings` has their ends.
    A model that was asked for tables gives one for an array too, and one that was asked for arrays gives none.
    """
    chosen = chosen_output(model)
    if chosen == "default" or isinstance(context, Sequences):
        return forecasts
    endings = model._endings if context is None else endings_of(context)
    names = [model.feature_names_in_[channel] for channel in channels] if hasattr(model, "feature_names_in_") else None
    if isinstance(forecasts, list):
        return [
            rows if ending is None else as_table(rows, index_after(ending, len(rows)), names)
            for rows, ending in zip(forecasts, endings, strict=True)
        ]
    if forecasts.ndim == 3 or (endings[0] is None and chosen is None):
        return forecasts
    return as_table(forecasts, index_after(endings[0] or UNKNOWN, len(forecasts)), names)


def ending_of(table: Any) -> Ending | None:
    """The end of the index of a table: its last label, and the step to the next."""
    index = index_of(table)
    if index is None:
        return None
    if index.nlevels > 1 or len(index) < 2 or index.hasnans:
        return UNKNOWN
    name = index.name if isinstance(index.name, str) else None
    times = times_of(index)
    if times is None:
        return _ending_of_numbers(index, name)
    step = _frequency(index, times)
    if step is None:
        return UNKNOWN
    zone = getattr(index, "tz", None)
    return {"kind": _kind_of(index), "step": step, "zone": zone and str(zone), "name": name, **_last_of(index)}


def index_after(ending: Ending, n_rows: int) -> Any:
    """The labels (n_rows,) after the end of an index, of pandas."""
    if ending["kind"] == "rows":
        return importlib.import_module("pandas").RangeIndex(n_rows)
    return index_from(ending, n_rows + 1)[1:]


def index_from(ending: Ending, n_rows: int) -> Any:
    """The labels (n_rows,) from the last of an index on."""
    pandas = importlib.import_module("pandas")
    if ending["kind"] == "number":
        labels = ending["last"] + ending["step"] * np.arange(n_rows)  # type: ignore[operator]
        return pandas.Index(labels, name=ending["name"])
    return _range_of(ending)(_label(ending), periods=n_rows, freq=ending["step"], name=ending["name"])


def beginning_of(table: Any) -> Ending | None:
    """The index of a table as `ending_of` has it, but with its first label in place of the last."""
    ending = ending_of(table)
    return ending if ending in (None, UNKNOWN) else moved_to(ending, index_of(table)[:1])


def moved_to(ending: Ending, index: Any) -> Ending:
    """The same steps, which end with the last label of an index; `UNKNOWN` where its labels are of another kind."""
    if _kind_of(index) != ending["kind"]:
        return UNKNOWN
    if ending["kind"] == "number":
        return {**ending, "last": np.asarray(index.values)[-1].item()}
    return {**ending, **_last_of(index)}


def rows_between(first: Ending, second: Ending) -> int:
    """How many rows one label stands before another of the same kind and step; less than 0 where it stands behind."""
    if first["kind"] == "number":
        return round((second["last"] - first["last"]) / first["step"])  # type: ignore[operator]
    labels = _label(first), _label(second)
    order = 1 if labels[0] <= labels[1] else -1
    between = _range_of(first)(start=labels[::order][0], end=labels[::order][1], freq=first["step"])
    return order * max(len(between) - 1, 0)


def _label(ending: Ending) -> Any:
    """The last label of an index that has times."""
    pandas = importlib.import_module("pandas")
    last, unit = ending["last"], ending["unit"]
    if ending["kind"] == "period":
        return pandas.Period(last, freq=ending["step"])
    if ending["kind"] == "span":
        return pandas.Timedelta(int(last), unit=unit)  # type: ignore[arg-type]
    return pandas.Timestamp(int(last), unit=unit, tz="UTC").tz_convert(ending["zone"])  # type: ignore[arg-type]


def _range_of(ending: Ending) -> Any:
    """What makes labels of this kind."""
    pandas = importlib.import_module("pandas")
    kinds = {"period": pandas.period_range, "span": pandas.timedelta_range, "time": pandas.date_range}
    return kinds[str(ending["kind"])]


def _kind_of(index: Any) -> str:
    """What the labels of an index are: "period", "span", "time", "number", or "rows" for all else."""
    times = times_of(index)
    if times is None:
        return "number" if np.asarray(index.values).dtype.kind in "iuf" else "rows"
    return "period" if hasattr(index, "to_timestamp") else "span" if times.dtype.kind == "m" else "time"


def _last_of(index: Any) -> Ending:
    """The last label of an index of times, and its unit."""
    times = np.asarray(times_of(index))
    last = str(index[-1]) if hasattr(index, "to_timestamp") else str(times[-1].astype(np.int64))
    return {"last": last, "unit": np.datetime_data(times.dtype)[0]}


def _frequency(index: Any, times: np.ndarray) -> str | None:
    """The frequency of increasing times, in the letters of pandas: that of all rows, else of those after a hole."""
    if getattr(index, "freqstr", None) is not None:
        return str(index.freqstr)
    usual, holes = usual_step(index, times)
    if skips_weekends(index, times, usual):
        return "B"
    pandas = importlib.import_module("pandas")
    kinds = (pandas.DatetimeIndex, pandas.TimedeltaIndex)
    own = index if isinstance(index, kinds) else kinds[times.dtype.kind == "m"](times)
    first = holes[-1] if holes.size else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what will come back instead of a text
        found = pandas.infer_freq(own[first:]) if len(own) - first > 2 else None
    if found is None and len(own) - first > 1 and (np.diff(times[first:]) == usual).all():
        found = pandas.tseries.frequencies.to_offset(pandas.Timedelta(usual))
    return None if found is None else str(getattr(found, "freqstr", found))


def _ending_of_numbers(index: Any, name: str | None) -> Ending:
    labels = np.asarray(index.values)
    if labels.dtype.kind not in "iuf":
        return UNKNOWN
    steps = np.diff(labels.astype(np.float64))
    if not (steps[0] != 0 and np.allclose(steps, steps[0], rtol=1e-6)):
        return UNKNOWN
    last, step = labels[-1].item(), (labels[-1] - labels[-2]).item()
    return {"kind": "number", "last": last, "step": step, "unit": None, "zone": None, "name": name}
