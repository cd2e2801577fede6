"""Many systems on many tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.plotting.display import Display, legend_above, rows_and_columns, styled
from reservoir.plotting.names import plain
from reservoir.plotting.palette import BLACK, BLUE, GREY, LINES, ORANGE, VERMILLION
from reservoir.validation import parameter_error, real_array

_LONGEST = 32  # characters of a name
_GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(eq=False, repr=False)
class ComparisonDisplay(Display):
    """Scores of systems: a panel per task, a row per system, a point per seed, with the median and an interval.

    Points of one system are moved up and down so that equal scores are seen. Scores that are not finite are counted at
    the right edge, and are no part of the median.

    Parameters
    ----------
    scores : dict of str to dict of str to array (n_seeds,)
        Scores by task, and by system in a task. A system may be missing from a task.
    measures : dict of str to str, default ()
        What is measured in a task, the label of its axis.
    better : dict of str to {"higher", "lower"}, default ()
        Which scores are good, said beside the label.
    references : dict of str to dict of str to float, default ()
        Published values of a task by name, as vertical lines.

    Attributes
    ----------
    systems : list of str
        All systems, from top to bottom, in the order in which they come up.
    axes_ : array of Axes (n_tasks,)
    ax_, figure_ : Axes of the first panel, Figure

    Raises
    ------
    ValueError
        For scores that are no numbers, empty ones, records without the wanted fields, and names of unknown tasks.

    Examples
    --------
    >>> from reservoir.plotting import ComparisonDisplay
    >>> scores = {"NARMA-10": {"ESN": [0.21, 0.19, 0.2], "GRU": [0.3, 0.35, 0.28]}}
    >>> display = ComparisonDisplay.from_scores(scores, measures="NRMSE", better="lower")
    >>> display.systems, display.ax_.get_title("left"), display.ax_.get_xlabel()
    (['ESN', 'GRU'], 'NARMA-10', 'NRMSE (lower is better)')
    """

    scores: dict[str, Any]
    _: KW_ONLY
    measures: Any = ()
    better: Any = ()
    references: Any = ()

    @classmethod
    def from_scores(
        cls,
        scores: Mapping[str, Mapping[str, Any]],
        *,
        measures: str | Mapping[str, str] | None = None,
        better: str | Mapping[str, str] | None = None,
        references: float | Mapping[str, Any] | None = None,
        log: bool | Collection[str] = False,
        ax: Any = None,
    ) -> ComparisonDisplay:
        """Draw scores by task and system.

        Parameters
        ----------
        scores : dict {task: {system: scores of the seeds, or one number}}
        measures : str, dict by task or None, default None
            What is measured.
        better : "higher", "lower", dict of these by task or None, default None
        references : dict {task: number or {name: number}} or None, default None
            Published values.
        log : bool or collection of tasks, default False
            Which horizontal axes are logarithmic.
        ax : None, Axes or array of Axes (n_tasks,), default None

        Returns
        -------
        ComparisonDisplay
        """
        owner, read = cls.__name__, {}
        for task, systems in dict(scores).items() if isinstance(scores, Mapping) else ():
            named = systems.items() if isinstance(systems, Mapping) else ()
            read[str(task)] = {str(name): _numbers(owner, values) for name, values in named}
        if not read or not all(read.values()):
            raise parameter_error(owner, "scores", "a dictionary {task: {system: scores}}, not empty", scores)
        directions = _by_task(owner, "better", better, read)
        if not set(directions.values()) <= {"higher", "lower"}:
            raise parameter_error(owner, "better", "'higher', 'lower' or a dictionary of these by task", better)
        published = _by_task(owner, "references", references, read)
        lines = {task: _named(values) for task, values in published.items()}
        display = cls(read, measures=_by_task(owner, "measures", measures, read), better=directions, references=lines)
        return display.plot(ax, log=log)

    @classmethod
    def from_records(
        cls,
        records: Any,
        *,
        task: str = "task",
        system: str = "system",
        score: str = "score",
        measures: str | Mapping[str, str] | None = None,
        better: str | Mapping[str, str] | None = None,
        references: float | Mapping[str, Any] | None = None,
        log: bool | Collection[str] = False,
        ax: Any = None,
    ) -> ComparisonDisplay:
        """Draw tidy records, one per task, system and seed.

        Parameters
        ----------
        records : DataFrame or list of dict
        task, system, score : str
            Names of the columns.
        measures, better, references, log, ax : as in `from_scores`

        Returns
        -------
        ComparisonDisplay
        """
        rows: Any = records.to_dict("records") if hasattr(records, "to_dict") else records
        scores: dict[str, dict[str, list[Any]]] = {}
        good = isinstance(rows, Iterable)
        for row in rows if good else ():
            if not isinstance(row, Mapping) or not {task, system, score} <= set(row):
                good = False
                break
            value = row[score]
            scores.setdefault(row[task], {}).setdefault(row[system], []).append(np.nan if value is None else value)
        if not good or not scores:
            wanted = f"a frame or a list of dictionaries with {task!r}, {system!r} and {score!r}"
            raise parameter_error(cls.__name__, "records", wanted, records)
        return cls.from_scores(scores, measures=measures, better=better, references=references, log=log, ax=ax)

    @property
    def systems(self) -> list[str]:
        """All systems, in the order in which they come up."""
        return list(dict.fromkeys(name for systems in self.scores.values() for name in systems))

    @styled
    def plot(
        self, ax: Any = None, *, log: bool | Collection[str] = False, interval: tuple[float, float] = (25, 75)
    ) -> ComparisonDisplay:
        """Draw a panel for each task.

        Parameters
        ----------
        ax : None, Axes or array of Axes (n_tasks,), default None
            None makes a figure; one Axes is divided.
        log : bool or collection of tasks, default False
            Which horizontal axes are logarithmic.
        interval : (float, float), default (25, 75)
            Percentiles between which the bar behind the median goes.

        Returns
        -------
        self
        """
        limits = real_array(interval)
        if limits is None or limits.shape != (2,) or not 0 <= limits[0] <= limits[1] <= 100:
            raise parameter_error(type(self).__name__, "interval", "two percentiles in order, 0 to 100", interval)
        n_rows, n_columns = rows_and_columns(len(self.scores))
        size = (min(7.0, 2.6 + 2.2 * n_columns), (0.9 + 0.3 * len(self.systems)) * n_rows + 0.3)
        grid: dict[str, Any] = {"heights": [1] * n_rows, "widths": [1] * n_columns, "n_panels": len(self.scores)}
        panels = self._open(ax, size=size, one_y=True, **grid)
        logarithmic = set(self.scores) if log is True else set(log or ())
        for panel, task in zip(panels, self.scores, strict=True):
            if task in logarithmic:
                panel.set_xscale("log")
            self._draw_task(panel, task, limits)
        panels[0].set_yticks(range(len(self.systems)), [plain(name, _LONGEST) for name in self.systems])
        panels[0].set_ylim(len(self.systems) - 0.5, -0.5)
        return self

    def _draw_task(self, panel: Any, task: str, limits: np.ndarray) -> None:
        for row, name in enumerate(self.systems):
            values = np.asarray(self.scores[task].get(name, ()), dtype=float)
            seen = values[np.isfinite(values)]
            if len(seen) < len(values):
                note = f"{len(values) - len(seen)} of {len(values)} lost"
                panel.text(0.99, row, note, transform=panel.get_yaxis_transform(), ha="right", va="center", fontsize=8)
            if not seen.size:
                continue
            low, median, high = np.percentile(seen, (limits[0], 50, limits[1]))
            panel.plot([low, high], [row, row], color=ORANGE, linewidth=7, alpha=0.6, solid_capstyle="butt", zorder=1)
            shifts = (0.6 * ((np.arange(len(seen)) * _GOLDEN + 0.5) % 1) - 0.3) * (len(seen) > 1)
            panel.plot(seen, row + shifts, "o", color=BLUE, markersize=3.5, markeredgewidth=0, alpha=0.8, zorder=3)
            panel.plot(median, row, "|", color=BLACK, markersize=14, markeredgewidth=2, zorder=2)
        for number, (name, value) in enumerate(dict(self.references).get(task, {}).items()):
            style = {"color": VERMILLION, "linestyle": LINES[(number + 1) % len(LINES)], "linewidth": 1.2}
            panel.axvline(value, label=f"{plain(name)}: {value:.4g}", zorder=0, **style)
        better = dict(self.better).get(task)
        label = plain(dict(self.measures).get(task, "score"), _LONGEST) + (
            f" ({plain(better)} is better)" if better else ""
        )
        n_lines = len(dict(self.references).get(task, {}))
        panel.set_title(plain(task, _LONGEST), loc="left", pad=6 + 13 * n_lines)
        panel.set_xlabel(label)
        panel.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.6)
        panel.tick_params(axis="y", length=0)
        legend_above(panel, 1, labelspacing=0.2)
        _finish_axis(panel, any(not np.isfinite(values).all() for values in self.scores[task].values()))


def _finish_axis(panel: Any, notes: bool) -> None:
    """Room for notes at the right edge, and plain numbers on a logarithmic axis."""
    low, high = panel.get_xlim()
    logarithmic = panel.get_xscale() == "log"
    if notes:
        panel.set_xlim(low, high * (high / low) ** 0.5 if logarithmic else high + 0.5 * (high - low))
    if logarithmic and high < 100 * low:
        panel.xaxis.set_major_formatter("{x:g}")
        panel.xaxis.get_minor_locator().set_params(subs=(2, 5) if high > 5 * low else (1.5, 2, 3, 5))
        panel.xaxis.set_minor_formatter("{x:g}")


def _numbers(owner: str, values: Any) -> np.ndarray:
    array = real_array(values)
    if array is None or array.ndim > 1 or not array.size:
        raise parameter_error(owner, "scores", "numbers, one or more for each system", values)
    return np.atleast_1d(array)


def _named(values: Any) -> dict[str, float]:
    """Published values by name; a number alone is the reference."""
    named = values if isinstance(values, Mapping) else {"reference": values}
    return {str(name): float(value) for name, value in named.items()}


def _by_task(owner: str, name: str, value: Any, tasks: Mapping[str, Any]) -> dict[str, Any]:
    """A dictionary by task; what is not one holds for all tasks."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return dict.fromkeys(tasks, value)
    if not set(value) <= set(tasks):
        raise parameter_error(owner, name, f"by the names of tasks, {', '.join(tasks)}", value)
    return dict(value)
