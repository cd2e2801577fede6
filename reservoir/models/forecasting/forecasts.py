"""What a fitted forecaster answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from reservoir.models.base import ReservoirModel
from reservoir.models.forecasting.divergence import judge
from reservoir.models.forecasting.gap_filling import without_gaps
from reservoir.models.forecasting.hearing import Hearing
from reservoir.models.forecasting.intervals import ForecastIntervals
from reservoir.models.forecasting.lessons import Lessons
from reservoir.models.forecasting.one_step import one_step_ahead
from reservoir.models.forecasting.origins import free_forecasts, futures_of
from reservoir.models.forecasting.reading import bounds_after, in_units, known_ranges, stays_near, table_in_units
from reservoir.models.forecasting.starts import course_of, start_of
from reservoir.models.forecasting.training import refuse_second_table
from reservoir.models.streams.forecaster import ForecasterStream
from reservoir.parts import SequenceData, Targets
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.future import forecast_tables
from reservoir.sequences.observations import read_observed
from reservoir.sizes import check_fits
from reservoir.validation import check_integer, check_unweighted


class Forecasts(ForecastIntervals, ReservoirModel):
    """The methods of a forecaster that answer, apart from how it learns."""

    n_features_in_: int
    _hearing: Hearing
    _lessons: Lessons

    def forecast(
        self, n_steps: int, context: SequenceData | None = None, *, observed: SequenceData | None = None
    ) -> Any:
        """The rows after the context.

        Parameters
        ----------
        n_steps : int >= 1
        context : None, series (T, F), stack or list of series
            History to continue, which the reservoir hears from rest; its last row is the input of the first step. None
            continues the series of `fit`, and gives bit for bit what that series as context gives.
        observed : None, array or table (n_steps, F), stack or list of these, one per context, default None
            What is known of the rows to come; NaN, masked and None entries are not. All of the `exogenous` channels, in
            every row (with ``exogenous_lead=0`` in every row but the last), and any value of the others, which then
            takes the place of the prediction as the next input; in the last row these are not used. A table with named
            columns goes by the names of those of `fit`, in any order, and what it lacks is not known.

        Returns
        -------
        array (n_steps, n_outputs), array (N, n_steps, n_outputs) or list of arrays
            In the container of the context; row 0 is the step after it. The outputs are the channels that are
            not `exogenous`; predictions stand there also where a value was observed. A table of pandas goes on as a
            table, with its index, frequency and names, a list of tables as such a list; `set_output` says otherwise.
        """
        answers = self._free(n_steps, context, observed)
        return self._packed(context, answers, answers.rows)

    def stream(self, context: SequenceData | None = None) -> ForecasterStream:
        """The model on a stream: an object that takes the next row and answers the one after it.

        Parameters
        ----------
        context : None or series (T, n_features), default None
            What was heard before. None goes on after the series of `fit`; `reset` of the stream is rest.

        Returns
        -------
        ForecasterStream
            With ``step(row)``, ``update(row)``, which learns the row too, ``forecast(n_steps)`` and ``reset()``;
            `save`, `load`, `copy` and `pickle` take all of its state. Readouts that can learn are copies, so that this
            model stays as it is.

        Examples
        --------
        >>> import numpy as np
        >>> from reservoir import EchoState, ReservoirForecaster
        >>> series = np.sin(np.arange(400) / 5).reshape(-1, 1)
        >>> model = ReservoirForecaster(EchoState(50, random_state=0)).fit(series[:300])
        >>> stream = model.stream()
        >>> answers = [stream.step(row) for row in series[300:]]
        >>> bool((answers[-1] == model.forecast(1, series)[0]).all())
        True
        """
        return ForecasterStream.after(self, context)

    def predict_one_step(self, X: SequenceData) -> tuple[Any, Any]:
        """Each row as it is answered from the true rows before it, and what the answer misses.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
            At least max(washout, 1) + 1 rows each, which the reservoir hears from rest.

        Returns
        -------
        predictions : array (T - max(washout, 1), n_outputs), stack or list of these
            Row k is ``forecast(1, X[:k])``, from k = max(washout, 1) on. A direct readout gives the first row of its
            horizon; where it sees exogenous channels, the last horizon - 1 rows are not answered.
        residuals : the same
            The rows of X less the predictions. For a table both are tables with the index of these rows.
        """
        self._check_fitted()
        return one_step_ahead(self, X)

    def score(self, X: SequenceData, y: Targets | None = None, sample_weight: Any = None) -> float:
        """Mean R2 of free forecasts; -inf if one diverges.

        The first max(washout, 1) rows of each series are its context, the rest is forecast. Exogenous channels are
        observed.
        """
        check_unweighted(self, sample_weight)
        refuse_second_table(type(self).__name__, X, y)
        pairs = free_forecasts(self, X)
        return float(np.mean([r2_score(*pair) if np.isfinite(pair[1]).all() else -np.inf for pair in pairs]))

    def heard(self, X: SequenceData) -> Any:
        """The data as the fitted reservoir hears them, in the container of X.

        Rows [feedback_scaling y(t), e(t + exogenous_lead)], scaled and with the phases of seasons: with exogenous
        channels or seasons and a lead of 1 each series has a row less.
        """
        self._check_fitted()
        learnt, _ = in_units(self, X, read_sequences(self, X, reset=False))
        heard = self._lessons.inputs(self._hearing.complete(learnt))
        return heard.pack(heard.rows)

    def _free(self, n_steps: int, context: Any, observed: Any) -> Sequences:
        """The rows after every context."""
        self._check_fitted()
        n_steps = check_integer("forecast", "n_steps", n_steps, 1)
        check_fits("forecast", "n_steps", n_steps, 16.0 * n_steps * self.n_features_in_, "the rows to come")
        start = start_of(self, context, n_steps, without_gaps)
        tables = read_observed("forecast", self, observed, n_steps, len(start.tails))
        known = [table_in_units(self, *one) for one in zip(start.phases, tables, strict=True)]
        bounds = bounds_after(self, np.stack(start.levels), len(known[0]))
        begun = zip(start.states, start.tails, start.levels, known, bounds, strict=True)
        courses = [course_of(self, *one) for one in begun]
        futures = [future[:n_steps] for future in futures_of(self, courses)]
        ranges = known_ranges(self, np.stack(start.levels)) if stays_near(self) else start.ranges
        judge(self, np.stack(futures), None if observed is None else np.stack(tables), ranges)
        return Sequences(np.concatenate(futures), np.arange(len(futures) + 1) * n_steps, start.kind)

    def _packed(self, context: Any, answers: Sequences, rows: np.ndarray) -> Any:
        """Such rows in the container of the context."""
        return forecast_tables(self, context, answers.pack(rows), self._hearing.feedback.channels)
