"""What a unit does in every trial, and on average."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.parts import Labels, SpikeData
from reservoir.plotting.display import Display, styled
from reservoir.plotting.palette import GREY
from reservoir.plotting.spikes import draw_marks, draw_rates, name_rows
from reservoir.spikes import firing_rates
from reservoir.trains import SpikeTrains, read_records
from reservoir.validation import check_channels, check_real, parameter_error


@dataclass(eq=False, repr=False)
class TrialsDisplay(Display):
    """Spikes in every trial, a row each, and below their rate over time, the histogram around the stimulus (PSTH).

        rate = spikes in a bin / (trials * units * step)

    Trials of one condition stand together, the first condition on top, and keep their colour in both panels; without
    colours a condition is told by its place and by the dashes of its rate.

    Parameters
    ----------
    trials : list of SpikeTrains (n_trials)
    units : array of int
        The units whose spikes are drawn; those of several share a row.
    conditions : dict of str to array of int
        Trials of each condition.
    step : float > 0
        Width of a bin, seconds.
    onset : float, default 0.0
        Seconds from the beginning of a trial to time 0, where a line stands, as at the beginning of a stimulus.

    Attributes
    ----------
    rates : dict of str to array (n_bins,)
        Mean rate of a unit in the trials of each condition, hertz; whole bins of the shortest trial.
    axes_ : array of Axes (2,), the spikes and the rates
    ax_, figure_ : Axes of the spikes, Figure

    Raises
    ------
    ValueError
        For what are no trials of the same units, other units, and a step out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.plotting import TrialsDisplay
    >>> from reservoir.spikes import SpikeTrains
    >>> rng = np.random.default_rng(0)
    >>> trials = [SpikeTrains(rng.random(20), np.zeros(20, int), n_units=1, duration=1.0) for _ in range(8)]
    >>> display = TrialsDisplay.from_trials(trials, labels=["left", "right"] * 4, step=0.1)
    >>> display.rates["left"].shape
    (10,)
    """

    trials: list[SpikeTrains]
    _: KW_ONLY
    units: np.ndarray
    conditions: dict[str, np.ndarray]
    step: float
    onset: float = 0.0

    @classmethod
    def from_trials(
        cls,
        trials: SpikeData,
        *,
        units: Any = None,
        labels: Labels | None = None,
        step: float | None = None,
        onset: float = 0.0,
        ax: Any = None,
    ) -> TrialsDisplay:
        """Draw trials.

        Parameters
        ----------
        trials : list of SpikeTrains, Recordings, or SpikeMonitors of Brian2
        units : None, int or array of int, default None
            None is all units.
        labels : None or array (n_trials,), default None
            The condition of each trial; None is one condition.
        step : None or float > 0, default None
            Width of a bin, seconds. None is a fiftieth of the shortest trial.
        onset : float, default 0.0
            Seconds from the beginning of a trial to time 0.
        ax : None, Axes or array of Axes (2,), default None

        Returns
        -------
        TrialsDisplay
        """
        owner = cls.__name__
        records, _ = read_records(owner, "trials", trials)
        shortest = min(one.duration for one in records)
        given = shortest / 50 if step is None else step
        step = check_real(owner, "step", given, 0, shortest, closed="right", unit="second")
        onset = check_real(owner, "onset", onset, unit="second")
        every = np.arange(records[0].n_units)
        chosen = every if units is None else check_channels(owner, "units", np.atleast_1d(units), len(every))
        if not chosen.size:
            raise parameter_error(owner, "units", "None or one unit at least", units)
        conditions = {"all trials": np.arange(len(records))}
        if labels is not None:
            names = np.asarray(labels)
            if names.shape != (len(records),):
                raise parameter_error(owner, "labels", f"None or one for each of {len(records)} trials", labels)
            conditions = {str(one): np.flatnonzero(names == one) for one in dict.fromkeys(names.tolist())}
        return cls(records, units=chosen, conditions=conditions, step=step, onset=onset).plot(ax)

    @property
    def rates(self) -> dict[str, np.ndarray]:
        """Mean rate of a unit in the trials of each condition (n_bins,), hertz."""
        n_bins = min(len(firing_rates(one, self.step)) for one in self.trials)
        return {
            name: firing_rates([self.trials[k] for k in own], self.step)[:n_bins, self.units].mean(axis=1)
            for name, own in self.conditions.items()
        }

    @styled
    def plot(self, ax: Any = None) -> TrialsDisplay:
        """Draw the spikes and the rates.

        Parameters
        ----------
        ax : None, Axes or array of Axes (2,), default None
            None makes a figure; one Axes is divided.

        Returns
        -------
        self
        """
        top, bottom = self._open(ax, size=(6.4, 4.2), heights=(1.6, 1), one_x=True)
        self._draw_trials(top)
        longest = max(one.duration for one in self.trials)
        draw_rates(bottom, self.rates, self.step, (-self.onset, longest - self.onset), legend_on=top)
        if self.onset:
            for panel in (top, bottom):
                panel.axvline(0, color=GREY, linewidth=0.8, zorder=0)
        return self

    def _draw_trials(self, panel: Any) -> None:
        """Condition by condition, every trial in a row of its own."""
        edges = np.concatenate([[0], np.cumsum([len(own) for own in self.conditions.values()])])
        n_rows, longest = int(edges[-1]), max(one.duration for one in self.trials)
        drawn = [one.times[np.isin(one.units, self.units)] - self.onset for one in self.trials]
        n_spikes = sum(map(len, drawn))
        for number, (start, own) in enumerate(zip(edges[:-1], self.conditions.values(), strict=True)):
            times = np.concatenate([drawn[k] for k in own])
            rows = np.repeat(start + np.arange(len(own)), [len(drawn[k]) for k in own])
            draw_marks(panel, times, rows, number, n_rows, n_spikes)
        panel.hlines(edges[1:-1] - 0.5, -self.onset, longest - self.onset, color=GREY, linewidth=0.6)
        panel.set(ylim=(n_rows - 0.5, -0.5), ylabel="trial")
        if len(self.conditions) > 1:
            name_rows(panel, edges, list(self.conditions))
