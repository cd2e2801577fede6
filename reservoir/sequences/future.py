"""How the index of a table goes on after its last row."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np

from reservoir.sequences.containers import is_one_series
from reservoir.sequences.rows import Sequences
from reservoir.sequences.tables import as_table, wants_tables
from reservoir.sequences.time_index import index_of, skips_weekends, times_of, usual_step

Ending = dict[str, str | float | None]
"""The end of an index in plain texts and numbers, which a model file can hold."""


UNKNOWN: Ending = {"kind": "rows"}
"""The end of an index that goes on nobody knows how: its future labels count rows from 0 on."""


def endings_of(X: Any) -> list[Ending | None]:
    """The ends of the indices of a table, or of every member of a list; None for what has no index."""
    return [ending_of(X)] if is_one_series(X) else [ending_of(member) for member in X]


def forecast_tables(model: Any, context: Any, forecasts: Any, channels: np.ndarray) -> Any:
    """Forecasts of these channels as tables, if the model was asked for them; those of a list of arrays stay arrays.

    They go on with the index of the context, or of the data of `fit` if that is None: `model._endings` has their ends.
    """
    if not wants_tables(model) or isinstance(context, Sequences):
        return forecasts
    endings = model._endings if context is None else endings_of(context)
    names = [model.feature_names_in_[channel] for channel in channels] if hasattr(model, "feature_names_in_") else None
    if isinstance(forecasts, list):
        return [
            rows if ending is None else as_table(rows, index_after(ending, len(rows)), names)
            for rows, ending in zip(forecasts, endings, strict=True)
        ]
    if forecasts.ndim == 3:
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
    kind = "period" if hasattr(index, "to_timestamp") else "span" if times.dtype.kind == "m" else "time"
    last = str(index[-1]) if kind == "period" else str(times[-1].astype(np.int64))
    zone = getattr(index, "tz", None)
    unit = np.datetime_data(times.dtype)[0]
    return {"kind": kind, "last": last, "step": step, "unit": unit, "zone": zone and str(zone), "name": name}


def index_after(ending: Ending, n_rows: int) -> Any:
    """The labels (n_rows,) after the end of an index, of pandas."""
    pandas = importlib.import_module("pandas")
    if ending["kind"] == "rows":
        return pandas.RangeIndex(n_rows)
    name, step, last = ending["name"], ending["step"], ending["last"]
    if ending["kind"] == "number":
        labels = last + step * np.arange(1, n_rows + 1)  # type: ignore[operator]
        return pandas.Index(labels, name=name)
    if ending["kind"] == "period":
        return pandas.period_range(pandas.Period(last, freq=step), periods=n_rows + 1, freq=step, name=name)[1:]
    if ending["kind"] == "span":
        start = pandas.Timedelta(int(last), unit=ending["unit"])  # type: ignore[arg-type]
        return pandas.timedelta_range(start, periods=n_rows + 1, freq=step, name=name)[1:]
    start = pandas.Timestamp(int(last), unit=ending["unit"], tz="UTC").tz_convert(ending["zone"])  # type: ignore[arg-type]
    return pandas.date_range(start, periods=n_rows + 1, freq=step, name=name)[1:]


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
