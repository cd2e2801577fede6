"""A forecast against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.metrics import ValidTime, valid_prediction_time
from reservoir.parts import Forecaster, Numbers, SequenceData, check_part
from reservoir.plotting.display import BEHIND_TEXT, Display, legend_above, styled
from reservoir.plotting.names import plain
from reservoir.plotting.palette import BLACK, BLUE, GREEN, VERMILLION
from reservoir.sequences import read_sequences
from reservoir.validation import check_channels, check_finite_array, check_real, parameter_error, real_array

_MOST_CHANNELS = 6


@dataclass(eq=False, repr=False)
class ForecastDisplay(Display):
    """Forecast against truth, channel below channel, the error of every step, and how long the forecast is valid.

        error = sqrt(mean over columns of ((y_true - y_pred) / scale)^2)

    Row i stands at the time (i + 1) step, of a forecast that begins after time 0. The vertical line is the
    `reservoir.metrics.valid_prediction_time`, the last time before the error first exceeds the threshold; there is none
    where it never does, and the legend says so. A forecast that leaves every bound does not stretch the axes, which
    follow the truth, and intervals up to its width beside it.

    Parameters
    ----------
    y_true, y_pred : array (T, K)
    step : float > 0, default 1.0
        Time between rows.
    lyapunov_exponent : float > 0 or None, default None
        Largest Lyapunov exponent, in the inverse unit of `step`; with it the time axis counts Lyapunov times.
    threshold : float > 0, default 0.4
        Error up to which the forecast is valid.
    scale : None or array (K,), default None
        Scale of every column. None: the standard deviation of `y_true`.
    unit : None or str, default None
        Name of the unit of `step`. None: "steps" for a step of 1, "units of time" for another.
    names : None or list of str (K,), default None
        Names of the channels.
    lower, upper : None or array (T, K), default None
        Ends of the intervals of the forecast, drawn as a band behind it.

    Attributes
    ----------
    errors : array (T,)
    valid_time : float
        In Lyapunov times with an exponent, otherwise in the unit of `step`; `censored` where the forecast is valid to
        the end.
    axes_ : array of Axes (n_channels drawn + 1,), the last one for the errors
    ax_, figure_ : Axes of the first panel, Figure

    Raises
    ------
    ValueError
        For arrays of different shapes, a constant column without `scale`, and parameters outside their range.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.plotting import ForecastDisplay
    >>> time = np.arange(1, 201) * 0.1
    >>> display = ForecastDisplay.from_predictions(np.sin(time), np.sin(1.05 * time), step=0.1, unit="s")
    >>> [panel.get_ylabel() for panel in display.axes_], round(display.valid_time, 1)
    (['channel 0', 'error'], 5.8)
    """

    y_true: np.ndarray
    y_pred: np.ndarray
    _: KW_ONLY
    step: float = 1.0
    lyapunov_exponent: float | None = None
    threshold: float = 0.4
    scale: np.ndarray | None = None
    unit: str | None = None
    names: Sequence[str] | None = None
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Forecaster,
        X: SequenceData,
        *,
        context: SequenceData | None = None,
        step: float = 1.0,
        lyapunov_exponent: float | None = None,
        threshold: float = 0.4,
        scale: Numbers | None = None,
        unit: str | None = None,
        coverage: float | None = None,
        ax: Any = None,
    ) -> ForecastDisplay:
        """Draw what a fitted forecaster makes of the rows X (T, F) that come after the context.

        Exogenous channels of X are observed, and not drawn. A table must have the columns of `fit`. `context` is as in
        ``ReservoirForecaster.forecast``; with a `coverage`, as 0.9, the intervals of ``forecast_interval`` are drawn.
        """
        check_part(cls.__name__, "estimator", estimator, Forecaster)
        model = getattr(estimator, "best_estimator_", estimator)
        names = getattr(X, "columns", getattr(model, "feature_names_in_", None))
        if hasattr(model, "n_features_in_"):
            X = read_sequences(model, X, reset=False).rows
        rows = _read_rows(cls.__name__, "X", X)
        known: dict[str, Any] = {}
        exogenous = np.asarray(getattr(model, "exogenous_", ()), dtype=int)
        channels = np.setdiff1d(np.arange(rows.shape[1]), exogenous)
        observed = rows.copy()
        observed[:, channels] = np.nan
        if exogenous.size:
            known["observed"] = observed
        lower = upper = None
        with_intervals: Any = model
        if coverage is None:
            forecast = estimator.forecast(len(rows), context, **known)
        else:
            forecast, lower, upper = with_intervals.forecast_interval(len(rows), coverage, context, **known)
        drawn = None if names is None else [names[channel] for channel in channels]
        return cls.from_predictions(
            rows[:, channels], forecast, step=step, lyapunov_exponent=lyapunov_exponent, threshold=threshold,
            scale=scale, unit=unit, names=drawn, lower=lower, upper=upper, ax=ax,
        )  # fmt: skip

    @classmethod
    def from_predictions(
        cls,
        y_true: Numbers,
        y_pred: Numbers,
        *,
        step: float = 1.0,
        lyapunov_exponent: float | None = None,
        threshold: float = 0.4,
        scale: Numbers | None = None,
        unit: str | None = None,
        names: Sequence[str] | None = None,
        lower: Numbers | None = None,
        upper: Numbers | None = None,
        ax: Any = None,
    ) -> ForecastDisplay:
        """Draw a forecast (T,) or (T, K) against the truth of the same shape, and the ends of its intervals."""
        owner = cls.__name__
        true, predicted = _read_rows(owner, "y_true", y_true), _read_rows(owner, "y_pred", y_pred)
        if not np.isfinite(true).all():
            raise parameter_error(owner, "y_true", "finite", y_true)
        if true.shape != predicted.shape:
            raise parameter_error(owner, "y_pred", f"an array of shape {np.shape(y_true)}, as y_true", y_pred)
        check_real(owner, "step", step, 0, closed="neither")
        check_real(owner, "threshold", threshold, 0, closed="neither")
        if lyapunov_exponent is not None:
            check_real(owner, "lyapunov_exponent", lyapunov_exponent, 0, closed="neither")
        sizes = true.std(axis=0) if scale is None else check_finite_array(owner, "scale", scale, true.shape[1:])
        if not (sizes > 0).all():
            raise parameter_error(owner, "scale", "positive in every column", scale)
        if names is not None and len(names) != true.shape[1]:
            raise parameter_error(owner, "names", f"None or {true.shape[1]} names", names)
        given = {name: end for name, end in (("lower", lower), ("upper", upper)) if end is not None}
        ends = {name: _read_rows(owner, name, end) for name, end in given.items()}
        if len(ends) == 1:
            raise parameter_error(owner, "upper", "given with lower, and only then", upper)
        for name, end in ends.items():
            if end.shape != true.shape:
                raise parameter_error(owner, name, f"an array of shape {np.shape(y_true)}, as y_true", end)
        display = cls(
            true, predicted, step=step, lyapunov_exponent=lyapunov_exponent, threshold=threshold, scale=sizes,
            unit=unit, names=names, **ends,
        )  # fmt: skip
        return display.plot(ax)

    @property
    def errors(self) -> np.ndarray:
        """Error of every step (T,), NaN where the forecast is."""
        scale = self.y_true.std(axis=0) if self.scale is None else self.scale
        with np.errstate(over="ignore", invalid="ignore"):
            return np.sqrt((((self.y_true - self.y_pred) / scale) ** 2).mean(axis=1))

    @property
    def valid_time(self) -> ValidTime:
        """How long the error stays below the threshold."""
        exponent = 1.0 if self.lyapunov_exponent is None else self.lyapunov_exponent
        return valid_prediction_time(
            self.y_true,
            self.y_pred,
            step=self.step,
            lyapunov_exponent=exponent,
            threshold=self.threshold,
            scale=self.scale,
        )

    @styled
    def plot(
        self, ax: Any = None, *, channels: Sequence[int] | Sequence[str] | np.ndarray | None = None
    ) -> ForecastDisplay:
        """Draw the forecast.

        Parameters
        ----------
        ax : None, Axes or array of Axes (n_channels + 1,), default None
            None makes a figure; one Axes is divided.
        channels : None or list of int or of str, default None
            Columns to draw, by place or by name. None: all, but at most the first six. The error is always that of all
            columns.

        Returns
        -------
        self
        """
        n_channels = self.y_true.shape[1]
        shown = np.arange(min(n_channels, _MOST_CHANNELS)) if channels is None else channels
        shown = check_channels(type(self).__name__, "channels", shown, n_channels, self.names)
        heights, size = [1.0] * len(shown) + [1.2], (6.4, 1.4 + 1.1 * len(shown))
        *panels, bottom = self._open(ax, size=size, heights=heights, one_x=True)
        exponent = self.lyapunov_exponent
        time = np.arange(1, len(self.y_true) + 1) * self.step * (1.0 if exponent is None else exponent)
        for panel, channel in zip(panels, shown, strict=True):
            self._draw_channel(panel, time, channel)
        self._draw_errors(bottom, time)
        unit = self._unit()
        for panel in (*panels, bottom):
            self._draw_valid_time(panel, unit)
            panel.set_xlim(0, time[-1])
        bottom.set_xlabel(f"time ahead ({unit})")
        legend_above(self.ax_)
        self.figure_.align_ylabels(self.axes_.tolist())
        return self

    def _unit(self) -> str:
        """What the time axis counts."""
        if self.lyapunov_exponent is not None:
            return "Lyapunov times"
        return plain(self.unit) if self.unit else ("steps" if self.step == 1 else "units of time")

    def _draw_valid_time(self, panel: Any, unit: str) -> None:
        """A line at the valid time; only its words where the forecast is valid to the end."""
        valid, line = self.valid_time, {"color": GREEN, "linestyle": (0, (1, 1.2)), "linewidth": 1.8}
        if valid.censored:
            panel.plot([], [], label=f"valid to the end, {valid:.3g} {unit} or more", **line)
        else:
            panel.axvline(valid, label=f"valid for {valid:.3g} {unit}", **line)

    def _draw_channel(self, panel: Any, time: np.ndarray, channel: int) -> None:
        true, name = self.y_true[:, channel], f"channel {channel}"
        low, high, width = true.min(), true.max(), np.ptp(true) or 1.0
        if self.lower is not None and self.upper is not None:
            ends = self.lower[:, channel], self.upper[:, channel]
            panel.fill_between(time, *ends, color=VERMILLION, alpha=0.25, linewidth=0, label="interval")
            seen = np.clip(np.concatenate([end[np.isfinite(end)] for end in ends]), low - width, high + width)
            low, high = seen.min(initial=low), seen.max(initial=high)
        panel.plot(time, true, color=BLACK, linewidth=1.6, label="truth")
        panel.plot(time, self.y_pred[:, channel], color=VERMILLION, linestyle=(0, (4, 1.2)), label="forecast")
        panel.set_ylim(low - 0.25 * width, high + 0.25 * width)
        panel.set_ylabel(name if self.names is None else plain(self.names[channel]))

    def _draw_errors(self, panel: Any, time: np.ndarray) -> None:
        errors = self.errors
        panel.plot(time, errors, color=BLUE)
        panel.axhline(self.threshold, color=BLACK, linestyle=(0, (5, 2)), linewidth=0.8)
        late = errors[-(len(errors) // 5 + 1) :]
        below = np.median(np.where(np.isfinite(late), late, np.inf)) > self.threshold  # away from the curve
        panel.annotate(
            f"threshold {self.threshold:g}",
            (0.99, self.threshold),
            xycoords=("axes fraction", "data"),
            xytext=(0, -4 if below else 4),
            textcoords="offset points",
            ha="right",
            va="top" if below else "bottom",
            fontsize=8,
            bbox=BEHIND_TEXT,
        )
        seen = errors[(errors > 0) & np.isfinite(errors)]
        low, high = seen.min(initial=self.threshold), seen.max(initial=self.threshold)
        panel.set_ylim(max(low, 1e-16) / 2, min(high, 1e3 * self.threshold) * 5)
        panel.set(yscale="log", ylabel="error")


def _read_rows(owner: str, name: str, value: Any) -> np.ndarray:
    """The value as rows (T, K); one column where it is 1-D."""
    array = real_array(value)
    if array is None or array.ndim not in (1, 2) or not array.size:
        raise parameter_error(owner, name, "an array of numbers (T,) or (T, K), not empty", value)
    return array.reshape(len(array), -1)
