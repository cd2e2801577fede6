"""Who fired when, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.parts import Labels, SpikeRecord
from reservoir.plotting.display import Display, legend_above, styled
from reservoir.plotting.names import plain
from reservoir.plotting.palette import GREY, colour, line
from reservoir.trains import SpikeTrains, are_spikes, read_trains
from reservoir.validation import check_real, parameter_error

_VECTORS = 10_000  # spikes, up to which they are drawn one by one in a PDF


@dataclass(eq=False, repr=False)
class RasterDisplay(Display):
    """Spikes of all units over time, group by group, and the mean rate of each group below.

        rate = spikes of the group in a bin / (units of the group * step)

    The first group stands on top; units that are in no group are left out. A group keeps its colour in both panels, and
    is told without colours by its place and by the dashes of its rate.

    Parameters
    ----------
    spikes : SpikeTrains
    groups : None or dict of str to array of int, default None
        Units of each group. None is one group of all.
    step : float > 0 or None, default None
        Width of a bin, seconds. None is a hundredth of the duration.

    Attributes
    ----------
    rates : dict of str to array (n_bins,)
        Mean rate of a unit of each group, hertz; whole bins only.
    axes_ : array of Axes (2,), the spikes and the rates
    ax_, figure_ : Axes of the spikes, Figure

    Raises
    ------
    ValueError
        For what are no spikes, groups that name other units, and a step out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import simulate
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.plotting import RasterDisplay
    >>> from reservoir.spikes import SpikeTrains
    >>> column = MaassColumn().draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 0.5, 0.02), np.zeros(25, int), n_units=1, duration=0.5)
    >>> recording = simulate(column, regular, random_state=0)
    >>> kinds = np.where(column.excitatory, "excitatory", "inhibitory")
    >>> display = RasterDisplay.from_spikes(recording, groups=kinds)
    >>> sorted(display.groups)
    ['excitatory', 'inhibitory']
    """

    spikes: SpikeTrains
    _: KW_ONLY
    groups: dict[str, np.ndarray] | None = None
    step: float | None = None

    @classmethod
    def from_spikes(
        cls,
        spikes: SpikeRecord,
        *,
        groups: Mapping[str, Any] | Labels | None = None,
        step: float | None = None,
        ax: Any = None,
    ) -> RasterDisplay:
        """Draw spikes.

        Parameters
        ----------
        spikes : SpikeTrains, Recording, or SpikeMonitor of Brian2
        groups : None, dict or array (n_units,), default None
            A dictionary from names to units (indices, a slice or a mask), or the name of the group of each unit.
        step : float > 0 or None, default None
            Width of a bin, seconds. None is a hundredth of the duration.
        ax : None, Axes or array of Axes (2,), default None

        Returns
        -------
        RasterDisplay
        """
        if isinstance(spikes, list | tuple) and are_spikes(spikes):
            raise parameter_error(cls.__name__, "spikes", "one record; TrialsDisplay draws a list of trials", spikes)
        trains = read_trains(cls.__name__, "spikes", spikes)
        if step is None:
            step = trains.duration / 100
        step = check_real(cls.__name__, "step", step, 0, trains.duration, closed="right", unit="second")
        return cls(trains, groups=_read_groups(cls.__name__, groups, trains.n_units), step=step).plot(ax)

    @property
    def rates(self) -> dict[str, np.ndarray]:
        """Mean rate of a unit of each group (n_bins,), hertz."""
        return {name: self._rate(units) for name, units in self._all_groups().items()}

    @styled
    def plot(self, ax: Any = None) -> RasterDisplay:
        """Draw the spikes and the rates.

        Parameters
        ----------
        ax : None, Axes or array of Axes (2,), default None
            None makes a figure; one Axes is divided.

        Returns
        -------
        self
        """
        top, bottom = self._open(ax, size=(6.4, 4.2), heights=(2.2, 1), one_x=True)
        groups = self._all_groups()
        edges = np.concatenate([[0], np.cumsum([len(units) for units in groups.values()])])
        self._draw_spikes(top, groups, edges)
        draw_rates(bottom, self.rates, self._step(), (0, self.spikes.duration), legend_on=top)
        return self

    def _draw_spikes(self, panel: Any, groups: dict[str, np.ndarray], edges: np.ndarray) -> None:
        """Group by group, every unit in a row of its own."""
        n_rows = int(edges[-1])
        for number, (start, units) in enumerate(zip(edges[:-1], groups.values(), strict=True)):
            row = np.full(self.spikes.n_units, -1)
            row[units] = start + np.arange(len(units))
            own = row[self.spikes.units] >= 0
            draw_marks(panel, self.spikes.times[own], row[self.spikes.units[own]], number, n_rows, len(self.spikes))
        panel.hlines(edges[1:-1] - 0.5, 0, self.spikes.duration, color=GREY, linewidth=0.6)
        panel.set(ylim=(n_rows - 0.5, -0.5), xlim=(0, self.spikes.duration), ylabel="unit")
        if len(groups) > 1:
            name_rows(panel, edges, list(groups))

    def _all_groups(self) -> dict[str, np.ndarray]:
        return {"all units": np.arange(self.spikes.n_units)} if self.groups is None else self.groups

    def _step(self) -> float:
        return self.spikes.duration / 100 if self.step is None else self.step

    def _rate(self, units: np.ndarray) -> np.ndarray:
        mine = np.isin(self.spikes.units, units)
        together = SpikeTrains(self.spikes.times[mine], np.zeros(mine.sum(), int), 1, self.spikes.duration)
        return together.binned(self._step())[:, 0] / (max(len(units), 1) * self._step())


def draw_marks(panel: Any, times: np.ndarray, rows: np.ndarray, number: int, n_rows: int, n_spikes: int) -> None:
    """Spikes of one group among `n_rows` rows and `n_spikes` spikes of all groups, in the colour of its number."""
    panel.plot(
        times,
        rows,
        linestyle="none",
        color=colour(number),
        marker="|" if n_rows <= 60 else "o",
        markersize=float(np.clip(160 / max(n_rows, 1), 1.5, 6.0)),
        markeredgewidth=0.8 if n_rows <= 60 else 0,
        rasterized=n_spikes > _VECTORS,
    )


def draw_rates(
    panel: Any, rates: dict[str, np.ndarray], step: float, span: tuple[float, float], legend_on: Any
) -> None:
    """Rates of groups in bins of `step` seconds over this span of time; several are named on the panel above."""
    for number, (name, rate) in enumerate(rates.items()):
        edges = span[0] + np.arange(len(rate) + 1) * step
        panel.stairs(rate, edges, baseline=None, label=plain(name), **line(number))
    panel.set(xlabel="time (s)", ylabel="rate (Hz)", xlim=span)
    panel.set_ylim(bottom=0)
    if len(rates) > 1:
        legend_above(legend_on, 5, of=panel)
    panel.figure.align_ylabels([legend_on, panel])


def name_rows(panel: Any, edges: np.ndarray, names: list[str]) -> None:
    """Names of groups of rows in place of their numbers; group k has the rows from edges[k] to edges[k + 1]."""
    n_rows = int(edges[-1])
    panel.set_yticks(_apart((edges[:-1] + edges[1:] - 1) / 2, n_rows / 16), list(map(plain, names)))
    panel.tick_params(axis="y", length=0)
    panel.set_ylabel("")


def _apart(places: np.ndarray, gap: float) -> np.ndarray:
    """Increasing places, moved as little as a gap between them asks for, and not beyond the last."""
    down = gap * np.arange(len(places))
    return np.minimum(np.maximum.accumulate(places - down) + down, places[-1] + down - down[-1])


def _read_groups(owner: str, groups: Mapping[str, Any] | Labels | None, n_units: int) -> dict[str, np.ndarray] | None:
    """Units of each group, in the order given; labels in the order in which they come up."""
    if groups is None:
        return None
    if not isinstance(groups, Mapping):
        labels = np.asarray(groups)
        if labels.shape != (n_units,):
            raise parameter_error(owner, "groups", f"a dictionary or one name for each of {n_units} units", groups)
        return {str(name): np.flatnonzero(labels == name) for name in dict.fromkeys(labels.tolist())}
    every = np.arange(n_units)
    try:
        read = {
            str(name): every[units if isinstance(units, slice) else np.asarray(units)] for name, units in groups.items()
        }
    except IndexError:
        read = {}
    if not read or any(units.ndim != 1 for units in read.values()):
        raise parameter_error(owner, "groups", f"a dictionary of indices, slices or masks of {n_units} units", groups)
    return read
