"""The record of spike trains: who fired when, in plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.sizes import check_fits
from reservoir.trains.events import read_event_times, read_event_units, read_lists, read_neo
from reservoir.validation import Parameters, check_real, parameter_error, real_array, without_unit

_SHARE, _MOST = 1e-3, 1e-6  # of a step, and seconds
_ROUNDINGS = 4.0  # of a time, by which sums and multiples of steps may miss the number that is meant


def tolerance(step: float) -> float:
    """Seconds before the end of a step within which a spike counts as on it: a thousandth of it, at most 1e-6.

    So times that are whole steps but for rounding, in single precision too, stay in their step.
    """
    return min(_SHARE * step, _MOST)


def steps_of_times(times: np.ndarray, step: float) -> np.ndarray:
    """The step of each time, counted from 0, on a grid of `step` seconds."""
    return np.floor((times + tolerance(step)) / step).astype(np.int64)


def earliest_on(time: float, duration: float) -> float:
    """The earliest time of a spike that lies on this one but for rounding; no spike of a record lies on its end."""
    return np.inf if time >= duration else time - _ROUNDINGS * float(np.spacing(time))


@dataclass(frozen=True, eq=False, repr=False)
class SpikeTrains:
    """Spikes of `n_units` units in the time from 0 to `duration`.

    Spikes are sorted by time, those of one time by unit; the arrays are copies that cannot be written to. Two records
    are equal where all four fields are. A record without spikes is a record all the same, although its length is 0.

    Parameters
    ----------
    times : array (n_spikes,), seconds, each in [0, duration)
    units : array of integers (n_spikes,), each in [0, n_units)
        The unit, or channel, of each spike.
    n_units : int >= 0
    duration : float > 0, seconds

    Raises
    ------
    ValueError
        For times or units outside their range, not finite, or not equally many.

    Examples
    --------
    >>> from reservoir.spikes import SpikeTrains
    >>> trains = SpikeTrains([0.3, 0.1, 0.2], [0, 1, 0], n_units=3, duration=0.5)
    >>> trains
    <SpikeTrains: 3 spikes of 3 units in 0.5 s>
    >>> trains.times
    array([0.1, 0.2, 0.3])
    >>> trains.rates()
    array([4., 2., 0.])
    """

    times: np.ndarray
    units: np.ndarray
    n_units: int
    duration: float

    def __post_init__(self) -> None:
        p = Parameters(self)
        n_units = p.integer("n_units", 0)
        duration = p.real("duration", 0, closed="neither", unit="second")
        times, units = _read_times(p.owner, self.times, duration), self._read_units(n_units)
        if len(times) != len(units):
            raise ValueError(f"{p.owner} needs one unit per spike. Got {len(times)} times and {len(units)} units.")
        if not _are_sorted(times, units):
            order = np.lexsort((units, times))
            times, units = times[order], units[order]
        fields = (("times", times), ("units", units), ("n_units", n_units), ("duration", duration))
        for name, value in fields:
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)

    @classmethod
    def of_lists(cls, lists: Sequence[Any] | Mapping[int, Any], duration: float) -> SpikeTrains:
        """Spike times of each unit, seconds: a list of arrays, or a dict of them by unit, as of Brian2's monitors."""
        duration = check_real(cls.__name__, "duration", duration, 0, closed="neither", unit="second")
        arrays = [_read_times(cls.__name__, one, duration) for one in read_lists(f"{cls.__name__}.of_lists", lists)]
        units = np.repeat(np.arange(len(arrays)), [len(times) for times in arrays])
        return cls(np.concatenate([*arrays, np.zeros(0)]), units, len(arrays), duration)

    @classmethod
    def from_events(
        cls,
        times: Any,
        units: Any = None,
        *,
        n_units: int | None = None,
        duration: float | None = None,
        start: float | None = None,
        ids: Any = None,
        tick: float = 1.0,
    ) -> SpikeTrains:
        """A record of events in any order, as a recording system or an event camera lists them.

        Parameters
        ----------
        times : array (n_events,)
            In units of `tick`.
        units : None or array (n_events,), default None
            The unit of each event: its number, or its label among `ids`. None: all are of one unit.
        n_units : None or int, default None
            None is the number of `ids`, or one more than the largest number of a unit.
        duration : None or float > 0, default None
            Seconds. None: the record ends right after the last event, so that rates depend on it.
        start : None or float, default None
            Seconds, where the record begins among the times. None: at 0, and every event must lie in the record. Given:
            events before it, and those after the duration, are left out, as those of another trial.
        ids : None or array (n_units,), default None
            Labels of the units, numbers or names, in the order of the record.
        tick : float > 0, default 1.0
            Seconds in which the times are counted: 1e-3 for milliseconds, 1e-6 for microseconds, 1 / rate for samples.

        Returns
        -------
        trains : SpikeTrains

        Raises
        ------
        ValueError
            For events outside the record, units that are no label, and unequally many times and units.

        Examples
        --------
        >>> from reservoir.spikes import SpikeTrains
        >>> times, units = [1250, 1100, 2900], ["b", "a", "b"]
        >>> trains = SpikeTrains.from_events(times, units, ids=["a", "b"], tick=1e-3, start=1, duration=1)
        >>> trains.to_lists()
        [array([0.1]), array([0.25])]
        """
        owner = f"{cls.__name__}.from_events"
        seconds = read_event_times(owner, times, tick)
        senders = read_event_units(owner, units, len(seconds), ids)
        if n_units is None:
            n_units = int(senders.max(initial=-1)) + 1 if ids is None else len(ids)
        if start is not None:
            seconds = seconds - check_real(owner, "start", start, unit="second")
        if duration is None and seconds.max(initial=0.0) <= 0:
            raise parameter_error(owner, "duration", "given where no event comes after the beginning", duration)
        if duration is None:
            duration = float(np.nextafter(seconds.max(initial=0.0), np.inf))
        duration = check_real(owner, "duration", duration, 0, closed="neither", unit="second")
        if start is not None:
            inside = (seconds >= 0) & (seconds < duration)
            seconds, senders = seconds[inside], senders[inside]
        return cls(seconds, senders, n_units, duration)

    @classmethod
    def from_neo(
        cls, spiketrains: Sequence[Any], *, start: float | None = None, stop: float | None = None
    ) -> SpikeTrains:
        """A record of the spike trains of neo, a list with one for each unit, as ``segment.spiketrains``.

        Parameters
        ----------
        spiketrains : list of neo.SpikeTrain
            With times of any unit, ``t_start`` and ``t_stop``; all must cover the time from `start` to `stop`.
        start, stop : None or float, default None
            Seconds among the times. None is the latest ``t_start`` and the earliest ``t_stop``. Spikes outside are left
            out.

        Returns
        -------
        trains : SpikeTrains
            In which `start` is 0.

        Raises
        ------
        ValueError
            For what are no spike trains of neo, and a time that not all of them cover.
        """
        owner = f"{cls.__name__}.from_neo"
        lists, latest, earliest = read_neo(owner, spiketrains)
        first = check_real(owner, "start", latest if start is None else start, latest, unit="second")
        last = check_real(owner, "stop", earliest if stop is None else stop, first, earliest, unit="second")
        duration = check_real(owner, "stop", last - first, 0, closed="neither")
        inside = [times[(times >= first) & (times <= last)] - first for times in lists]
        units = np.repeat(np.arange(len(inside)), [len(times) for times in inside])
        return _within(np.concatenate(inside), units, len(inside), duration)

    @classmethod
    def concatenated(cls, parts: Sequence[SpikeTrains]) -> SpikeTrains:
        """Records of the same units joined in time, one after the other."""
        parts = list(parts)
        if not all(isinstance(part, SpikeTrains) for part in parts) or len({part.n_units for part in parts}) != 1:
            requirement = "a list of one or more SpikeTrains with the same number of units"
            raise parameter_error("SpikeTrains.concatenated", "parts", requirement, parts)
        ends = np.cumsum([part.duration for part in parts])
        starts = np.concatenate([[0.0], ends[:-1]])
        times = np.concatenate([part.times + start for part, start in zip(parts, starts, strict=True)])
        return _within(times, np.concatenate([part.units for part in parts]), parts[0].n_units, float(ends[-1]))

    def to_lists(self) -> list[np.ndarray]:
        """Sorted spike times of each unit, one array per unit, seconds."""
        order = np.argsort(self.units, kind="stable")
        return np.split(self.times[order], np.cumsum(self.counts())[:-1]) if self.n_units else []

    def counts(self) -> np.ndarray:
        """Number of spikes of each unit (n_units,)."""
        check_fits("counts", "n_units", self.n_units, 8.0 * self.n_units, "a number for each unit")
        return np.bincount(self.units, minlength=self.n_units)

    def rates(self) -> np.ndarray:
        """Mean rate of each unit (n_units,), hertz."""
        return self.counts() / self.duration

    def binned(self, step: float) -> np.ndarray:
        """Spikes of each unit in each piece of `step` seconds: (n_pieces, n_units), whole pieces only.

        A spike within a thousandth of a piece, at most 1e-6 s, before its end counts in the next one, as in `steps`.
        """
        step = check_real("binned", "step", step, 0, self.duration, closed="right", unit="second")
        n_pieces = int(self.duration / step + 1e-6)
        check_fits("binned", "step", step, 8.0 * n_pieces * self.n_units, f"{n_pieces} pieces of {self.n_units} units")
        pieces = steps_of_times(self.times, step)
        table = np.zeros((n_pieces, self.n_units))
        inside = pieces < n_pieces
        np.add.at(table, (pieces[inside], self.units[inside]), 1)
        return table

    def window(self, start: float, stop: float) -> SpikeTrains:
        """The spikes with start <= time < stop, seconds, in a record that begins at `start`.

        A time that misses a bound by the rounding of a few floating-point operations lies on it, so that windows on a
        grid hold what is theirs.
        """
        start = check_real("SpikeTrains.window", "start", start, 0, self.duration, closed="left", unit="second")
        end = self.duration * (1 + 1e-9)
        stop = check_real("SpikeTrains.window", "stop", stop, start, end, closed="right", unit="second")
        first, last = np.searchsorted(self.times, [earliest_on(bound, self.duration) for bound in (start, stop)])
        return _within(
            np.maximum(self.times[first:last] - start, 0.0), self.units[first:last], self.n_units, stop - start
        )

    def steps(self, dt: float) -> np.ndarray:
        """Step of each spike (n_spikes,) on a grid of `dt` seconds: floor((t + tolerance) / dt).

        Times are truncated, but one within a thousandth of a step, at most 1e-6 s, before the next one is on that: at
        dt = 0.1 ms, 0.19 ms is step 1 and 0.1999 ms is step 2. So a spike so close to the end falls on the step after
        the last one.
        """
        dt = check_real("SpikeTrains.steps", "dt", dt, 0, closed="neither", unit="second")
        return steps_of_times(self.times, dt)

    def _read_units(self, n_units: int) -> np.ndarray:
        units = real_array(self.units)
        whole = units is not None and (not units.size or np.asarray(self.units).dtype.kind in "iu")
        if units is None or not whole or units.ndim != 1 or not ((units >= 0) & (units < n_units)).all():
            raise Parameters(self).error("units", f"a 1-D array of integers in [0, {n_units})")
        return units.astype(np.int64)

    def __len__(self) -> int:
        return len(self.times)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpikeTrains):
            return NotImplemented
        same_size = self.n_units == other.n_units and self.duration == other.duration
        return same_size and np.array_equal(self.times, other.times) and np.array_equal(self.units, other.units)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return SpikeTrains, (self.times, self.units, self.n_units, self.duration)

    def __repr__(self) -> str:
        spikes, units = (f"{n} {what}{'s' * (n != 1)}" for n, what in ((len(self), "spike"), (self.n_units, "unit")))
        return f"<SpikeTrains: {spikes} of {units} in {self.duration:g} s>"


def _within(times: np.ndarray, units: np.ndarray, n_units: int, duration: float) -> SpikeTrains:
    """A record of shifted times, of which rounding may have put the last on the end."""
    return SpikeTrains(np.minimum(times, np.nextafter(duration, 0)), units, n_units, duration)


def _read_times(owner: str, value: Any, duration: float) -> np.ndarray:
    times = real_array(without_unit(owner, "times", value, "second"))
    if times is None or times.ndim != 1 or not ((times >= 0) & (times < duration)).all():
        requirement = f"a 1-D array of numbers in [0, {duration:g}), the duration"
        raise parameter_error(owner, "times", requirement, value)
    times += 0.0  # minus zero becomes zero
    return times


def _are_sorted(times: np.ndarray, units: np.ndarray) -> bool:
    later, same = times[1:] > times[:-1], times[1:] == times[:-1]
    return bool((later | (same & (units[1:] >= units[:-1]))).all())
