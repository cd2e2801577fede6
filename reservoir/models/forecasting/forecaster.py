"""Free-running forecasts of a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from reservoir.models.base import ReservoirModel
from reservoir.models.forecasting.calibration import CalibrationRows
from reservoir.models.forecasting.closed_loop import Feedback
from reservoir.models.forecasting.divergence import judge
from reservoir.models.forecasting.ensembles import seeded_members
from reservoir.models.forecasting.intervals import ForecastIntervals
from reservoir.models.forecasting.lessons import STRATEGIES, TARGETS, lessons_of, washout_of
from reservoir.models.forecasting.one_step import one_step_ahead
from reservoir.models.forecasting.origins import free_forecasts, futures_of
from reservoir.models.forecasting.reading import (
    after_gaps,
    heard_bounds,
    in_units,
    learned_units,
    pieces_to_learn,
    table_in_units,
)
from reservoir.models.forecasting.starts import context_of, course_of, start_of
from reservoir.models.forecasting.training import learn, refuse_second_table
from reservoir.parts import Numbers, Readout, SequenceData, System, Targets
from reservoir.ranges import ranges_of, read_bounds
from reservoir.readouts.candidates import one_penalty_warning
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.future import endings_of, forecast_tables
from reservoir.sequences.gaps import pieces_of
from reservoir.sequences.observations import read_observed
from reservoir.validation import (
    Parameters,
    check_integer,
    check_unweighted,
    unchanged_on_error,
)


@dataclass(eq=False, repr=False)
class ReservoirForecaster(ForecastIntervals, ReservoirModel):
    """Forecast of a series by a reservoir that runs on its own predictions.

    `fit` trains the readout to give the next row y of the series while the true rows are the input (teacher forcing).
    `forecast` then closes the loop:

        u(t) = [feedback_scaling y(t), e(t + exogenous_lead)]
        x(t) = reservoir(x(t - 1), u(t))
        y(t + 1) = readout([x(t), u(t)])

    where e are the `exogenous` channels, which are known in advance and never predicted: with the lead of 1 what drives
    a row, e(t + 1), is heard before that row, y(t + 1), is answered. With `EchoState` and a linear readout of this
    library the loop runs inside one compiled kernel; any other pair is asked step by step.

    With `lags` the readout sees [x(t), u(t), u(t - 1), ..., u(t - lags)]. With ``target="increments"`` its answers are
    y(t + 1) - y(t), and the loop adds the last row, the observed value where there is one; then a penalty pulls to
    "nothing changes" instead of to rest. With ``strategy="direct"`` it answers `horizon` rows at once,

        [y(t + 1), ..., y(t + horizon)] = readout([x(t), u(t), e(t + exogenous_lead + 1), ...])

    with what is known of all of them, so that errors of one row are not heard in the next; later rows follow block by
    block, and what was observed on the way is heard before the rows after it are answered.

    A readout with ``closed_loop_training``, such as `Force`, learns with the loop closed: from the first step after the
    washout on, its own answer comes back where other readouts hear the true row.

    Parameters
    ----------
    reservoir : None or system, default None
        Any system with ``fit`` and ``run``. None is ``EchoState(random_state=0)``. Noise, as in
        ``EchoState(noise=1e-4)``, is added in `fit` alone, where series k is trial k; it makes the closed loop more
        stable.
    readout : None or estimator, default None
        Any scikit-learn regressor. None is ``RidgeReadout()``.
    washout : int >= 0 or "auto", default 100
        Rows at the head of every series that are not learnt from. "auto" is a fifth of the shortest series, at most
        100. A context must have at least max(washout, 1) rows.
    include_input : bool, default True
        Whether the readout sees the present input u beside the state.
    squared_states : bool, default False
        Whether the readout sees the squares of the states too: [x, x^2, u].
    feedback_scaling : float >= 0, default 1.0
        Factor on the channels that are fed back, before they enter the reservoir.
    exogenous : list of int or of str, default ()
        Columns of the data that are known in advance, by place, or by name where the data have names: they are heard,
        and not predicted.
    n_members : int >= 1, default 1
        Size of an ensemble of reservoirs with seeds of their own, drawn from that of `reservoir`, and readouts of their
        own. In the loop the mean of their answers comes back to all of them.
    exogenous_lead : 0 or 1, default 1
        1: a row is answered from the `exogenous` channels of that row. The first row of a series then gives none, and
        `forecast` asks for them in every row to come. 0: from those of the row before, as where they are measured with
        the others and act later; in the last row to come they are not asked for.
    bounds : None, pair, array (n_outputs, 2) or "training", default None
        Lowest and highest value that a forecast may take, in all channels or in each; "training" is what the training
        rows spanned. What lies beyond is set to them before it comes back. It is read in `forecast`, not in `fit`.
    target : "values" or "increments", default "values"
        What the readout learns: the next row, or by how much it differs from the present one.
    lags : int >= 0, default 0
        How many inputs before the present one the readout sees. It learns from rows that have as many before them;
        before a context its first row counts as heard.
    strategy : "recursive" or "direct", default "recursive"
        One row at a time, which comes back; or `horizon` rows at once, with ``horizon=1`` the same.
    horizon : None or int >= 1, default None
        Rows that are answered at once, which "direct" asks for. With exogenous channels `forecast` then asks for at
        least as many rows.
    scaling : None or "standard", default None
        "standard" works with (y - mean) / deviation of every column, over all training rows, so that data of any size
        are heard alike; a constant column is not divided. Data, answers, bounds and errors stay in units of the data.
    transform : None or "log", default None
        "log" works with the logarithm of what is predicted, before it is scaled, where changes are shares; all of it
        must be positive. Forecasts are medians then, where errors of the logarithm are symmetric.
    gaps : "refuse" or "split", default "refuse"
        What becomes of rows with NaN in `fit` and in a context. "split" learns from the pieces between them as from
        series of their own, those that are long enough, and goes on from the rows after the last gap.
    season : None, "calendar", period or list of periods, default None
        Adds the phases of periods of so many rows, whole or not, as exogenous channels that `forecast` knows: sin and
        cos of up to three harmonics, none shorter than two rows. The longest series must hold a period twice. Rows are
        counted from the first of `fit`; a table whose index goes on with that of `fit` (dates, periods, numbers in its
        steps) tells where it stands, and an array begins with the phase of the first row of `fit`. "calendar" takes
        time of day, day of week and time of year from dates, what of these the steps tell and the series holds twice.

    Attributes
    ----------
    reservoir_, readout_ : the fitted parts, those of the first member
    members_ : list of n_members fitted `ReservoirForecaster`, where there are more than one
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names
    exogenous_ : array of int, the columns of `exogenous`
    units_ : the units of `scaling` and `transform`: ``units_.heard(rows)`` and, back again, ``units_.given(rows)``
    season_ : the phases of `season`, None without
    washout_ : int, the rows of `washout`
    training_range_ : array (n_outputs, 2)
        Lowest and highest value of every predicted channel in the training rows.
    training_deviations_ : array (n_outputs,)
        Standard deviations of these channels there.
    training_errors_ : array (n_outputs,)
        Root mean square of the errors one step ahead in the last (at most 500) training rows.

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, a series of fewer than max(washout, lags) + 2 rows in `fit`
        (+ horizon + 1 if they are answered at once), and a context of fewer than max(washout, 1) rows.

    Warns
    -----
    DivergenceWarning
        Where a forecast lies beyond the range of the training rows and the context by more than 1 + 3 h / T widths of
        it, h steps ahead after training on T rows, with its first such row and channel; a trend may go on. From the
        first row that is not finite, or beyond 1e100, a forecast is NaN.
        Where a channel is observed and the forecast does not follow it: more than one in 25 of the answers one step
        ahead (and what chance adds) are off by more than 5 `training_errors_`, a quarter of a typical step and a
        thousandth of the range.

    Notes
    -----
    Free-running R2 of an unstable model has no lower bound; the valid prediction time has.

    References
    ----------
    Jaeger and Haas 2004, Harnessing nonlinearity, Science 304(5667):78-80, doi:10.1126/science.1091277.
    Sussillo and Abbott 2009, Neuron 63(4):544-557, doi:10.1016/j.neuron.2009.07.018 (closed-loop training).

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirForecaster
    >>> series = np.sin(np.arange(600) / 5).reshape(-1, 1)
    >>> model = ReservoirForecaster(EchoState(100, random_state=0)).fit(series[:500])
    >>> forecast = model.forecast(100)
    >>> bool(np.abs(forecast - series[500:]).max() < 0.01)
    True
    """

    reservoir: System | None = None
    readout: Readout | None = None
    _: KW_ONLY
    washout: int | str = 100
    include_input: bool = True
    squared_states: bool = False
    feedback_scaling: float = 1.0
    exogenous: Sequence[int] | Sequence[str] | np.ndarray = ()
    n_members: int = 1
    exogenous_lead: int = 1
    bounds: str | Numbers | None = None
    target: str = "values"
    lags: int = 0
    strategy: str = "recursive"
    horizon: int | None = None
    scaling: str | None = None
    transform: str | None = None
    season: str | float | Sequence[float] | np.ndarray | None = None
    gaps: str = "refuse"

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> ReservoirForecaster:
        """Train the readout to give the next row.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
            All channels, those known in advance among them.
        y : ignored
            But a table other than X is refused, since nothing would be learnt from it.
        """
        self._check_parameters()
        refuse_second_table(type(self).__name__, X, y)
        sequences = read_sequences(self, X, reset=True, gaps=self.gaps == "split")
        self._hearing, self.units_, self.season_ = learned_units(self, X, sequences)
        learnt, self._n_rows = in_units(self, X, sequences)[0], int(max(sequences.lengths))
        self._lessons, self.washout_ = lessons_of(self, self._hearing), washout_of(self, int(min(sequences.lengths)))
        needed = max(self.washout_, self._lessons.lags) + self._lessons.horizon + 1
        sequences.check_lengths(needed, type(self).__name__, self.washout_, self._lessons.told())
        pieces = pieces_to_learn(self, learnt, needed)
        complete = pieces_of(sequences, cut=self.gaps == "split").sequences.rows
        self._endings, predicted = endings_of(X), complete[:, self._feedback.channels]
        self.training_range_ = ranges_of(predicted, np.array([0, len(predicted)]))[0]
        self.training_deviations_ = predicted.std(axis=0)
        heard_bounds(self)
        self._calibration = CalibrationRows.of(pieces)
        self.__dict__.pop("members_", None)
        if self.n_members > 1:
            with one_penalty_warning():
                self.members_ = [member.fit(X) for member in seeded_members(self)]
            self.reservoir_, self.readout_ = self.members_[0].reservoir_, self.members_[0].readout_
            for member in self.members_:
                del member._calibration
            self.training_errors_ = np.mean([member.training_errors_ for member in self.members_], axis=0)
        else:
            self._make_parts(replace(pieces, rows=self._hearing.scaled(pieces.rows)))
            learn(self, pieces)
            if pieces is not learnt:
                self._context = sequences.kind, *context_of(self, self.reservoir_, after_gaps(self, learnt))
        return self

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
        heard = self._hearing.complete(learnt)
        return heard.pack(heard.rows)

    def _free(self, n_steps: int, context: Any, observed: Any) -> Sequences:
        """The rows after every context."""
        self._check_fitted()
        n_steps = check_integer("forecast", "n_steps", n_steps, 1)
        start = start_of(self, context, n_steps)
        tables = read_observed("forecast", self, observed, n_steps, len(start.tails))
        known = [table_in_units(self, *one) for one in zip(start.phases, tables, strict=True)]
        begun = zip(start.states, start.tails, start.levels, known, strict=True)
        courses = [course_of(self, *one) for one in begun]
        futures = [future[:n_steps] for future in futures_of(self, courses)]
        judge(self, np.stack(futures), None if observed is None else np.stack(tables), start.ranges)
        return Sequences(np.concatenate(futures), np.arange(len(futures) + 1) * n_steps, start.kind)

    def _packed(self, context: Any, answers: Sequences, rows: np.ndarray) -> Any:
        """Such rows in the container of the context."""
        return forecast_tables(self, context, answers.pack(rows), self._feedback.channels)

    @property
    def exogenous_(self) -> np.ndarray:
        """Columns of the exogenous channels."""
        drivers = self._hearing.drivers
        return drivers[drivers < self.n_features_in_]

    @property
    def _feedback(self) -> Feedback:
        return self._hearing.feedback

    @property
    def _washout(self) -> int:
        return self.washout_ if isinstance(self.washout, str) else int(self.washout)

    def _check_washout(self, p: Parameters) -> None:
        p.integer_or("washout", "auto", 0)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        p = Parameters(self)
        p.choice("target", TARGETS)
        p.integer("lags", 0)
        p.choice("strategy", STRATEGIES)
        p.integer_or("horizon", None, 1)
        p.choice("gaps", ("refuse", "split"))
        p.flag("squared_states")
        p.real("feedback_scaling", 0)
        p.integer("n_members", 1)
        p.integer("exogenous_lead", 0, 1)

    def _read_bounds(self) -> np.ndarray:
        return read_bounds(type(self).__name__, self.bounds, len(self._feedback.channels), self.training_range_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.gaps == "split"
        return tags

    def _members(self) -> list[ReservoirForecaster]:
        return getattr(self, "members_", [self])
