"""How much of its past input a system holds, delay by delay."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

import numpy as np

from reservoir.parts import check_part
from reservoir.plotting.display import Display, legend_above, styled
from reservoir.plotting.palette import BLACK, bar
from reservoir.validation import check_integer, parameter_error, real_array


class CapacityRecord(Protocol):
    """How much of the input is remembered, by delay; one with `table` (n_degrees, n_delays) says it by degree too."""

    @property
    def per_delay(self) -> np.ndarray: ...


@dataclass(eq=False, repr=False)
class CapacityDisplay(Display):
    """Capacity by delay, and their sum beside its bound, the number of states; split by degree where that is known.

    Of functions of several delays the longest counts.

    Parameters
    ----------
    table : array (n_degrees, n_delays)
        Capacity of each delay, a row for each degree, which begin at 1; one row where degrees are not told apart.
    by_degree : bool, default True
        Whether the rows are degrees.
    n_states : int >= 1 or None, default None
        Number of states, the bound of the sum; None draws no bound.

    Attributes
    ----------
    total : float
        Sum of the table.
    axes_ : array of Axes (2,), the delays and the sum
    ax_, figure_ : Axes of the delays, Figure

    Raises
    ------
    ValueError
        For an answer without capacities, and an `n_states` that is no integer >= 1.

    References
    ----------
    Dambre, Verstraeten, Schrauwen, Massar 2012, doi:10.1038/srep00514, as for
    `reservoir.probes.information_processing_capacity`.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.plotting import CapacityDisplay
    >>> from reservoir.probes import memory_capacity
    >>> capacity = memory_capacity(EchoState(20, random_state=0), random_state=0)
    >>> display = CapacityDisplay.from_capacity(capacity, n_states=20)
    >>> bool(abs(display.total - capacity.total) < 1e-9)
    True
    """

    table: np.ndarray
    _: KW_ONLY
    by_degree: bool = True
    n_states: int | None = None

    @classmethod
    def from_capacity(cls, capacity: CapacityRecord, *, n_states: int | None = None, ax: Any = None) -> CapacityDisplay:
        """Draw the answer of a probe.

        Parameters
        ----------
        capacity : InformationProcessingCapacity, MemoryCapacity, or another record
            With `table` (n_degrees, n_delays), or else with `per_delay` (n_delays,).
        n_states : int >= 1 or None, default None
            Number of states, the bound of the sum; None draws no bound.
        ax : None, Axes or array of Axes (2,), default None

        Returns
        -------
        CapacityDisplay
        """
        owner = cls.__name__
        by_degree = hasattr(capacity, "table")
        if not by_degree:
            check_part(owner, "capacity", capacity, CapacityRecord)
        table = real_array(np.atleast_2d(getattr(capacity, "table" if by_degree else "per_delay")))
        if table is None or table.ndim != 2 or not table.size or not np.isfinite(table).all():
            raise parameter_error(owner, "capacity", "a record of finite capacities by delay", capacity)
        if n_states is not None:
            n_states = check_integer(owner, "n_states", n_states, 1)
        return cls(table, by_degree=by_degree, n_states=n_states).plot(ax)

    @property
    def total(self) -> float:
        """Sum of all capacities."""
        return float(self.table.sum())

    @styled
    def plot(self, ax: Any = None, *, n_delays: int | None = None) -> CapacityDisplay:
        """Draw the bars.

        Parameters
        ----------
        ax : None, Axes or array of Axes (2,), default None
            None makes a figure; one Axes is divided.
        n_delays : int >= 1 or None, default None
            Delays to draw. None: up to the last that holds anything, as with degrees. The sum is always that of all.

        Returns
        -------
        self
        """
        left, right = self._open(ax, size=(6.4, 3.2), widths=(3.6, 1))
        n_degrees, last = (max(np.flatnonzero(self.table.any(axis=axis)), default=0) + 1 for axis in (1, 0))
        last = last if n_delays is None else check_integer(type(self).__name__, "n_delays", n_delays, 1)
        shown = self.table[:n_degrees, :last]
        floor, sums, base = np.zeros(shown.shape[1]), self.table[:n_degrees].sum(axis=1), 0.0
        for number, (row, part) in enumerate(zip(shown, sums, strict=True)):
            label = f"degree {number + 1}" if self.by_degree else "_nolegend_"
            left.bar(np.arange(len(row)), row, bottom=floor, width=0.85, label=label, **bar(number))
            right.bar(0, part, bottom=base, width=0.6, **bar(number))
            floor, base = floor + row, base + part
        delay = "longest delay" if self.by_degree else "delay"
        left.set(xlabel=f"{delay} (steps)", ylabel="capacity", xlim=(-0.6, len(floor) - 0.4))
        left.xaxis.get_major_locator().set_params(integer=True)
        self._draw_sum(right)
        legend_above(left, 5, columnspacing=0.9, handlelength=1.4, handletextpad=0.5)
        return self

    def _draw_sum(self, panel: Any) -> None:
        bound = self.total if self.n_states is None else self.n_states
        top = 1.12 * max(self.total, bound, 1e-9)
        panel.annotate(
            f"{self.total:.1f}", (0, self.total), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8
        )
        if self.n_states is not None:
            panel.axhline(bound, color=BLACK, linestyle=(0, (5, 2)), linewidth=1)
            panel.set_title(f"N = {bound} states", fontsize=8)
        panel.set(xticks=[], xlim=(-0.6, 0.6), ylim=(0, top), ylabel="sum of capacities")
