"""Forecasts with what is not known of them: intervals, quantiles and paths."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reservoir.models.conformal import CoverageWarning, bound_of, never_narrower, quantile_of, read_coverage
from reservoir.models.forecasting.calibration import residuals_of
from reservoir.parts import SequenceData
from reservoir.sequences import Sequences
from reservoir.validation import as_generator, check_flag, check_integer, parameter_error, real_array

_FEW = "too few forecasts of rows that the readout had not learnt fit into the last third of the series of `fit`"
_LESS = "so few that forecasts from rows that the readout had not learnt fit into the last third of the series of `fit`"


class ForecastIntervals:
    """The methods of a forecaster that say how far its forecasts may be off."""

    _free: Callable[..., Sequences]
    _packed: Callable[..., Any]

    def forecast_interval(
        self,
        n_steps: int,
        coverage: float = 0.9,
        context: SequenceData | None = None,
        *,
        observed: SequenceData | None = None,
        joint: bool = False,
    ) -> tuple[Any, Any, Any]:
        """The rows after the context, and the interval in which each lies with a probability (split conformal).

        A copy of the readout learns what stands before the last third of every series of `fit` (of a short one the last
        half, up to 100 rows). From n origins in that part the model forecasts what it has not learnt, and misses row h
        by e(h). With q(h) the ceil((n + 1) coverage)-th smallest of the n numbers |e(h)|, row h of the interval is

            forecast(h) - q(h), forecast(h) + q(h)

        for every channel by itself. Widths do not shrink with h: neighbours that would are pooled. With
        ``transform="log"`` the errors are those of logarithms.

        Parameters
        ----------
        n_steps, context, observed : as in `forecast`
            Errors are those of forecasts that know the exogenous channels, and nothing of the others.
        coverage : float in (0, 1), default 0.9
        joint : bool, default False
            True: all channels of a row lie in their intervals with this probability, by the largest of their errors,
            each in units of its root mean square.

        Returns
        -------
        forecast, lower, upper : array (n_steps, n_outputs), stack or list of these
            In the container of the context; a table where `forecast` gives one.

        Raises
        ------
        ValueError
            For a parameter outside its range, and as `forecast` does.

        Warns
        -----
        CoverageWarning
            Where n origins are too few for a bound, less than about 1 / (1 - coverage), or forecasts from them are
            lost: then it is infinite.

        Notes
        -----
        Coverage holds on average over series, and for errors that go on as they were: it is exact for exchangeable
        ones, and near for those of neighbouring origins, which resemble one another. The model itself has learnt more
        rows than its copy, so that intervals are rather too wide than too narrow. The first call takes about as long as
        `fit`; later ones go by what it found. For this the last rows of the series are kept, and saved with the model:
        200,000 numbers, or 2,000 rows of very many channels.

        References
        ----------
        Lei, G'Sell, Rinaldo, Tibshirani, Wasserman 2018, Distribution-free predictive inference for regression,
        Journal of the American Statistical Association 113(523):1094-1111, doi:10.1080/01621459.2017.1307116.

        Examples
        --------
        >>> import numpy as np
        >>> from reservoir import EchoState, ReservoirForecaster
        >>> noise = np.random.default_rng(0).normal(size=600)
        >>> series = np.sin(np.arange(600) / 5) + 0.1 * noise
        >>> model = ReservoirForecaster(EchoState(30, random_state=0)).fit(series[:560, None])
        >>> forecast, lower, upper = model.forecast_interval(40)
        >>> bool(np.mean((lower[:, 0] <= series[560:]) & (series[560:] <= upper[:, 0])) > 0.7)
        True
        """
        coverage = read_coverage("forecast_interval", coverage)
        joint = check_flag("forecast_interval", "joint", joint)
        answers = self._free(n_steps, context, observed)
        widths = widths_of(self, n_steps, coverage, joint)
        _tell_infinite(widths)
        bounds = [moved(self, answers.rows, move) for move in (-widths, widths)]
        lost = np.isnan(answers.rows)
        for rows, end in zip(bounds, (-np.inf, np.inf), strict=True):
            rows[lost] = end
        found = [self._packed(context, answers, rows) for rows in (answers.rows, *bounds)]
        return found[0], found[1], found[2]

    def forecast_quantiles(
        self,
        n_steps: int,
        quantiles: Sequence[float] | np.ndarray = (0.1, 0.5, 0.9),
        context: SequenceData | None = None,
        *,
        observed: SequenceData | None = None,
    ) -> list[Any]:
        """Quantiles of the rows after the context, by the signed errors of `forecast_interval`.

        The quantile s is the forecast plus the ceil((n + 1) s)-th smallest of n errors e(h), plus their median for 1/2,
        and the same from the other end for s below it. Quantiles of s and 1 - s hold 1 - 2 s between them.

        Parameters
        ----------
        n_steps, context, observed : as in `forecast`
        quantiles : list of float in (0, 1), default (0.1, 0.5, 0.9)

        Returns
        -------
        list with one forecast for every quantile, each as `forecast` gives it
        """
        shares = real_array(quantiles)
        if shares is None or shares.ndim != 1 or not shares.size or not ((shares > 0) & (shares < 1)).all():
            raise parameter_error("forecast_quantiles", "quantiles", "a list of numbers in (0, 1)", quantiles)
        answers = self._free(n_steps, context, observed)
        moves = [quantile_of(residuals_of(self, n_steps), float(share)) for share in shares]
        _tell_infinite(np.stack(moves, axis=1))
        return [self._packed(context, answers, moved(self, answers.rows, move)) for move in moves]

    def forecast_paths(
        self,
        n_steps: int,
        n_paths: int = 100,
        context: SequenceData | None = None,
        *,
        observed: SequenceData | None = None,
        random_state: Any = None,
    ) -> Any:
        """Sample paths of the rows after the context: the forecast plus what it missed from an origin drawn at random.

        Errors of all rows and channels of a path come from one origin of `forecast_interval`, so that they hang
        together as they did there. Of what a path tells, such as its highest value or sum, quantiles over paths are
        quantiles of that.

        Parameters
        ----------
        n_steps, context, observed : as in `forecast`
        n_paths : int >= 1, default 100
        random_state : None, int, Generator or RandomState, default None

        Returns
        -------
        array (n_paths, n_steps, n_outputs), array (N, n_paths, n_steps, n_outputs) or list of arrays
            In the container of the context.

        Raises
        ------
        ValueError
            For a parameter outside its range, as `forecast` does, and where no forecast of `n_steps` rows fits into the
            calibration part, or none is finite.
        """
        n_paths = check_integer("forecast_paths", "n_paths", n_paths, 1)
        rng = as_generator("forecast_paths", random_state)
        answers = self._free(n_steps, context, observed)
        errors = residuals_of(self, n_steps)
        whole = errors[np.isfinite(errors).all(axis=(1, 2))]
        if not len(whole):
            raise parameter_error("forecast_paths", "n_steps", _LESS, n_steps)
        drawn = whole[rng.integers(len(whole), size=(len(answers), n_paths))]
        repeated = np.repeat(answers.rows.reshape(len(answers), 1, n_steps, -1), n_paths, axis=1)
        paths = moved(self, repeated.reshape(-1, drawn.shape[-1]), drawn).reshape(drawn.shape)
        return paths[0] if answers.kind == "series" else paths if answers.kind == "stack" else list(paths)


def widths_of(model: Any, n_steps: int, coverage: float, joint: bool = False) -> np.ndarray:
    """Half of the widths (n_steps, n_outputs) of intervals, in the units of the model."""
    errors = np.abs(residuals_of(model, n_steps))
    counts = np.count_nonzero(~np.isnan(errors), axis=0)
    if not joint:
        return never_narrower(bound_of(errors, coverage), counts)
    scales = _root_mean_squares(errors)
    return never_narrower(bound_of((errors / scales).max(axis=2), coverage), counts[:, 0])[:, None] * scales


def moved(model: Any, rows: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Answers (n_series * n_steps, n_outputs) moved by (..., n_steps, n_outputs) in the units of the model.

    They stay within the bounds that were given as numbers.
    """
    units = model.units_.of(model._feedback.channels)
    found = units.given(units.heard(rows).reshape(-1, *moves.shape[-2:]) + moves.reshape(-1, *moves.shape[-2:]))
    found = found.reshape(rows.shape)
    if isinstance(model.bounds, str):
        return found
    bounds = model._read_bounds()
    return np.clip(found, bounds[:, 0], bounds[:, 1])


def _root_mean_squares(errors: np.ndarray) -> np.ndarray:
    """Sizes (n_steps, n_outputs) of the errors that are finite, 1 where there are none."""
    known = np.isfinite(errors)
    squares = np.where(known, errors, 0.0) ** 2
    sizes = np.sqrt(squares.sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    return np.where(sizes > 0, sizes, 1.0)


def _tell_infinite(bounds: np.ndarray) -> None:
    """Warn of bounds (n_steps, ...) that are infinite."""
    lost = np.flatnonzero(np.isinf(bounds).reshape(len(bounds), -1).any(axis=1))
    if lost.size:
        warnings.warn(
            f"From row {lost[0]} on the interval is infinite: {_FEW}, or these run away. A longer series, fewer steps "
            "or a smaller coverage give a bound.",
            CoverageWarning,
            stacklevel=3,
        )
