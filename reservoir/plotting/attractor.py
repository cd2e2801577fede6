"""A free run beside the truth: places, frequencies, and how high after how high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import welch

from reservoir.metrics import density_distance, return_map, spectrum_distance
from reservoir.parts import Forecaster, Numbers, SequenceData, check_part
from reservoir.plotting.display import Display, legend_above, styled
from reservoir.plotting.names import plain
from reservoir.plotting.palette import BLACK, VERMILLION
from reservoir.sequences import read_sequences
from reservoir.validation import check_integer, check_real, parameter_error, real_array

_SEGMENT = 256


@dataclass(eq=False, repr=False)
class AttractorDisplay(Display):
    """The attractor of a free run beside that of the truth, in four panels.

    The orbits in the plane of two channels, or of one and itself some rows before; and of the first channel the
    density, the power spectrum and the return map of its maxima. The rows need not be those of the same time. The
    legend has `reservoir.metrics.density_distance` and `spectrum_distance` over all channels.

    Parameters
    ----------
    y_true : array (T, K)
    y_pred : array (S, K)
    step : float > 0, default 1.0
        Time between rows.
    channels : pair of int, default (0, 1)
        The two channels of the orbits, of which the first is that of the other panels. Of one channel alone, the second
        one is that channel a row before.
    names : None or list of str (K,), default None
        Names of the channels.

    Attributes
    ----------
    density, spectrum : float
        The two distances.
    axes_ : array of Axes (4,)
    ax_, figure_ : Axes of the first panel, Figure

    Raises
    ------
    ValueError
        For arrays of other widths, NaN or infinity, fewer than 16 rows, and a constant channel of `y_true`.

    Examples
    --------
    >>> from reservoir.datasets import make_henon
    >>> from reservoir.plotting import AttractorDisplay
    >>> series = make_henon(1000)
    >>> display = AttractorDisplay.from_predictions(series[:500], series[500:])
    >>> len(display.axes_), display.density < 0.1
    (4, True)
    """

    y_true: np.ndarray
    y_pred: np.ndarray
    step: float = 1.0
    channels: tuple[int, int] = (0, 1)
    names: Sequence[str] | None = None

    @classmethod
    def from_estimator(
        cls, estimator: Forecaster, X: SequenceData, n_steps: int = 2000, *, step: float = 1.0, ax: Any = None
    ) -> AttractorDisplay:
        """Draw what a fitted forecaster makes of `n_steps` rows after X (T, K), without exogenous channels."""
        check_part(cls.__name__, "estimator", estimator, Forecaster)
        n_steps = check_integer(cls.__name__, "n_steps", n_steps, 16)
        model = getattr(estimator, "best_estimator_", estimator)
        names = getattr(X, "columns", getattr(model, "feature_names_in_", None))
        rows: Any = read_sequences(model, X, reset=False).rows if hasattr(model, "n_features_in_") else X
        drawn = None if names is None else list(map(str, names))
        return cls.from_predictions(rows, estimator.forecast(n_steps, X), step=step, names=drawn, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: Numbers,
        y_pred: Numbers,
        *,
        step: float = 1.0,
        channels: tuple[int, int] = (0, 1),
        names: Sequence[str] | None = None,
        ax: Any = None,
    ) -> AttractorDisplay:
        """Draw a free run (S,) or (S, K) beside the truth (T,) or (T, K)."""
        true, predicted = (_read(cls.__name__, *pair) for pair in (("y_true", y_true), ("y_pred", y_pred)))
        n_channels = true.shape[1]
        if predicted.shape[1] != n_channels:
            raise parameter_error(cls.__name__, "y_pred", f"rows of {n_channels} channel(s), as y_true", y_pred)
        check_real(cls.__name__, "step", step, 0, closed="neither")
        if len(channels) != 2:
            raise parameter_error(cls.__name__, "channels", "a pair of channels", channels)
        for channel in channels[: min(2, n_channels)]:
            check_integer(cls.__name__, "channels", channel, 0, n_channels - 1)
        if names is not None and len(names) != n_channels:
            raise parameter_error(cls.__name__, "names", f"None or {n_channels} names", names)
        return cls(true, predicted, step, channels, names).plot(ax)

    @property
    def density(self) -> float:
        """Distance of the densities over all channels, in nats."""
        return density_distance(self.y_true, self.y_pred)

    @property
    def spectrum(self) -> float:
        """Distance of the spectra over all channels, from 0 to 1."""
        return spectrum_distance(self.y_true, self.y_pred, step=self.step)

    @styled
    def plot(self, ax: Any = None) -> AttractorDisplay:
        """Draw into `ax`, an Axes that is divided or an array of four, or into a new figure, and return the display."""
        orbits, densities, spectra, maps = self._open(ax, size=(6.4, 5.2), heights=(1, 1), widths=(1, 1))
        first = self.channels[0]
        name = f"channel {first}" if self.names is None else plain(self.names[first])
        low, high = self.y_true[:, first].min(), self.y_true[:, first].max()
        edges = np.linspace(low - 0.1 * (high - low), high + 0.1 * (high - low), 41)
        styles = (
            (self.y_true, {"color": BLACK, "label": "truth"}),
            (self.y_pred, {"color": VERMILLION, "linestyle": (0, (4, 1.2)), "label": "free run"}),
        )
        for rows, style in styles:
            dots = {**style, "linestyle": "none", "marker": "o" if rows is self.y_true else "+", "markersize": 2.5}
            orbits.plot(*self._plane(rows), **dots)
            heights, _ = np.histogram(rows[:, first], edges)
            densities.plot((edges[1:] + edges[:-1]) / 2, heights / len(rows) / np.diff(edges), **style)
            spectra.plot(*self._power(rows[:, first]), **style)
            maps.plot(*return_map(rows, channel=first).T, **dots)
        self._frame(orbits, *self._plane(self.y_true))
        orbits.set(xlabel=name, ylabel=self._second_name(name))
        densities.set(xlabel=name, ylabel="density", title=f"density {self.density:.2g} nats")
        spectra.set(xlabel="frequency", ylabel="power", yscale="log", title=f"spectrum {self.spectrum:.2g}")
        maps.set(xlabel=f"maximum of {name}", ylabel="next maximum")
        legend_above(orbits)
        return self

    def _plane(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The two coordinates of the orbits."""
        if rows.shape[1] == 1:
            return rows[1:, 0], rows[:-1, 0]
        return rows[:, self.channels[0]], rows[:, self.channels[1]]

    def _second_name(self, name: str) -> str:
        if self.y_true.shape[1] == 1:
            return f"{name}, a row before"
        second = self.channels[1]
        return f"channel {second}" if self.names is None else plain(self.names[second])

    def _power(self, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Frequencies above 0, and the power there; NaN where it is nothing."""
        n_segment = min(_SEGMENT, len(self.y_true), len(self.y_pred))
        with np.errstate(under="ignore", over="ignore", invalid="ignore"):
            frequencies, power = welch(column, fs=1 / self.step, nperseg=n_segment, detrend="constant")
        return frequencies[1:], np.where(power > 0, power, np.nan)[1:]

    @staticmethod
    def _frame(panel: Any, x: np.ndarray, y: np.ndarray) -> None:
        """Limits by the truth, so that a run that leaves every bound does not stretch them."""
        for values, setter in ((x, panel.set_xlim), (y, panel.set_ylim)):
            margin = 0.1 * (np.ptp(values) or 1.0)
            setter(values.min() - margin, values.max() + margin)


def _read(owner: str, name: str, value: Any) -> np.ndarray:
    array = real_array(value)
    if array is None or array.ndim not in (1, 2) or len(array) < 16 or not np.isfinite(array).all():
        raise parameter_error(owner, name, "a finite array (T,) or (T, K) of at least 16 rows", value)
    return array.reshape(len(array), -1)
