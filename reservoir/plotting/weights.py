"""What learning has made of weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.parts import Numbers
from reservoir.plotting.display import Display, legend_above, styled
from reservoir.plotting.names import plain
from reservoir.plotting.palette import BLACK, BLUE, GREY, ORANGE
from reservoir.validation import parameter_error, real_array, without_unit

_SYMBOLS = {"amp": "A", "siemens": "S", "volt": "V"}
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "\N{MICRO SIGN}", -3: "m", 0: ""}


@dataclass(eq=False, repr=False)
class WeightsDisplay(Display):
    """Weights before and after learning as histograms of the same bins, and their course between, where it is known.

    The course shows the median over the synapses, the middle half and the middle nine tenths as bands, and a few
    synapses one by one.

    Parameters
    ----------
    snapshots : array (n_snapshots, n_synapses)
        The weights at different times, two or more.
    times : array (n_snapshots,) or None, default None
        Seconds. None counts the snapshots.
    unit : str, default ""
        "A" or "S", shown with a prefix that fits; without it the weights are shown as they are.

    Attributes
    ----------
    axes_ : array of Axes (1,), or (2,) with the course first, for more than two snapshots
    ax_, figure_ : Axes of the first panel, Figure

    Raises
    ------
    ValueError
        For fewer than two snapshots, snapshots of different synapses, and times that do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.plotting import WeightsDisplay
    >>> before = np.random.default_rng(0).normal(30e-9, 5e-9, 200)
    >>> display = WeightsDisplay.from_snapshots([before, 1.5 * before], unit="A")
    >>> display.ax_.get_xlabel()
    'weight (nA)'
    """

    snapshots: np.ndarray
    _: KW_ONLY
    times: np.ndarray | None = None
    unit: str = ""

    @classmethod
    def from_snapshots(
        cls, snapshots: Iterable[Any], *, times: Numbers | None = None, unit: str | None = None, ax: Any = None
    ) -> WeightsDisplay:
        """Draw weights at two or more times.

        Parameters
        ----------
        snapshots : list of arrays (n_synapses,) or of Projection, or array (n_snapshots, n_synapses)
        times : array (n_snapshots,) or None, default None
            Seconds. None counts the snapshots.
        unit : str or None, default None
            None is that of the weights of projections, and no unit for arrays.
        ax : None, Axes or array of Axes, default None

        Returns
        -------
        WeightsDisplay
        """
        parts = list(snapshots)
        unit = _unit_of(parts) if unit is None else unit
        table = real_array([getattr(part, "weight", part) for part in parts])
        if table is None or table.ndim != 2 or len(table) < 2 or not table.size or not np.isfinite(table).all():
            wanted = "two or more finite arrays or projections of the same synapses"
            raise parameter_error(cls.__name__, "snapshots", wanted, snapshots)
        moments = None if times is None else real_array(without_unit(cls.__name__, "times", times, "second"))
        if times is not None and (moments is None or moments.shape != (len(table),)):
            raise parameter_error(cls.__name__, "times", f"None or an array ({len(table)},)", times)
        return cls(table, times=moments, unit=unit).plot(ax)

    @styled
    def plot(self, ax: Any = None, *, bins: int = 40, n_synapses: int = 8) -> WeightsDisplay:
        """Draw the histograms, and the course of more than two snapshots.

        Parameters
        ----------
        ax : None, Axes or array of Axes, default None
            None makes a figure; one Axes is divided where there are two panels.
        bins : int >= 1, default 40
        n_synapses : int >= 0, default 8
            Synapses that are drawn one by one, evenly over their order.

        Returns
        -------
        self
        """
        factor, unit = _prefixed(self.snapshots, self.unit)
        label = f"weight ({plain(unit)})" if unit else "weight"
        course = len(self.snapshots) > 2
        panels = self._open(ax, size=(6.4, 3.0) if course else (4.2, 3.0), widths=(3, 2) if course else (1,))
        table = self.snapshots * factor
        if course:
            self._draw_course(panels[0], table, n_synapses, label)
        edges = np.histogram_bin_edges(table[[0, -1]], bins)
        before, after = (np.histogram(table[place], edges)[0] for place in (0, -1))
        panels[-1].stairs(before, edges, fill=True, color=GREY, alpha=0.45, label="before")
        panels[-1].stairs(after, edges, color=BLUE, linewidth=1.6, label="after")
        panels[-1].set(xlabel=label, ylabel="synapses")
        legend_above(panels[-1])
        return self

    def _draw_course(self, panel: Any, table: np.ndarray, n_synapses: int, label: str) -> None:
        times = np.arange(len(table)) if self.times is None else self.times
        low, lower, median, upper, high = np.percentile(table, (5, 25, 50, 75, 95), axis=1)
        panel.fill_between(times, low, high, color=ORANGE, alpha=0.2, linewidth=0, label="5 to 95 %")
        panel.fill_between(times, lower, upper, color=ORANGE, alpha=0.45, linewidth=0, label="25 to 75 %")
        chosen = np.unique(np.linspace(0, table.shape[1] - 1, n_synapses).astype(int))
        panel.plot(times, table[:, chosen], color=GREY, linewidth=0.6)
        panel.plot(times, median, color=BLACK, linewidth=2, label="median")
        panel.set(xlabel="snapshot" if self.times is None else "time (s)", ylabel=label, xlim=(times[0], times[-1]))
        legend_above(panel)


def _unit_of(parts: list[Any]) -> str:
    """Amperes of currents, siemens of conductances or volts of jumps, by the first projection; none for arrays."""
    projection = next((part for part in parts if hasattr(part, "weight")), None)
    if projection is None:
        return ""
    return _SYMBOLS[projection.weight_unit]


def _prefixed(values: np.ndarray, unit: str) -> tuple[float, str]:
    """A factor, and the unit with the prefix that makes the largest value 1 to 1000."""
    largest = np.abs(values).max()
    if not unit or largest == 0:
        return 1.0, unit
    power = int(np.clip(3 * np.floor(np.log10(largest) / 3), -15, 0))
    return 10.0**-power, _PREFIXES[power] + unit
