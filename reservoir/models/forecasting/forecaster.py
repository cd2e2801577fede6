"""Free-running forecasts of a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.models.base import readout_of
from reservoir.models.forecasting.calibration import CalibrationRows
from reservoir.models.forecasting.chosen_parameters import Choice, can_choose
from reservoir.models.forecasting.closed_loop import Feedback
from reservoir.models.forecasting.forecasts import Forecasts
from reservoir.models.forecasting.gap_filling import keep_contexts, missing_rows, without_gaps
from reservoir.models.forecasting.hidden_parameter import HiddenParameter
from reservoir.models.forecasting.lessons import STRATEGIES, TARGETS, beside_phases, head_of, lessons_of, washout_of
from reservoir.models.forecasting.reading import (
    first_rows,
    heard_bounds,
    in_units,
    learned_units,
    pieces_to_learn,
)
from reservoir.models.forecasting.settled import settled
from reservoir.models.forecasting.training import learn, refuse_second_table
from reservoir.models.forecasting.units import TRANSFORMS
from reservoir.models.members import learn_each, seeded_members
from reservoir.parts import Numbers, Readout, SequenceData, System, Targets
from reservoir.ranges import ranges_of, read_bounds
from reservoir.sequences import read_sequences
from reservoir.sequences.future import endings_of
from reservoir.sequences.gaps import pieces_of
from reservoir.validation import (
    Parameters,
    check_choice,
    unchanged_on_error,
)


@dataclass(eq=False, repr=False)
class ReservoirForecaster(Forecasts):
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

    What is "auto" is decided by rolling origins inside the training rows (see the page on ordinary series), and the
    penalty with it, where `readout` is None and sees the present input. States are left out where they do not help, and
    phases of seasons are seen beside them and not heard. Else "auto" is "values", 0 lags, "recursive", and twice None.

    A readout with ``closed_loop_training``, such as `Force`, learns with the loop closed: from the first step after the
    washout on, its own answer comes back where other readouts hear the true row.

    Parameters
    ----------
    reservoir : None or system, default None
        Any system with ``fit`` and ``run``. None is ``EchoState(300, leak=0.3, random_state=0)`` where something is
        chosen, else ``EchoState(random_state=0)``. Noise, as in ``EchoState(noise=1e-4)``, is added in `fit` alone,
        where series k is trial k; it steadies the closed loop.
    readout : None or estimator, default None
        Any scikit-learn regressor. None is ``RidgeReadout()``, or what is chosen.
    washout : int >= 0 or "auto", default "auto"
        Rows at the head of every series that are not learnt from. "auto" is a tenth of the shortest series, at most
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
    bounds : None, pair, array (n_outputs, 2), "training" or "auto", default "auto"
        Lowest and highest value that a forecast may take, in all channels or in each; "training" is what the training
        rows spanned. What lies beyond is set to them before it comes back. "auto" is None, but where something was
        chosen: there row h may lie beyond the range of the T training rows and the last known row by 1 + 3 h / T widths
        of it, and what is kept so is warned of. It is read in `forecast`, not in `fit`.
    target : "values", "increments", "differences" or "auto", default "auto"
        What the readout learns: the next row, or by how much it differs from the present one. "differences" learns that
        from such differences of the rows before, so that no level matters and a constant more in all rows is one more
        in all answers; it asks for a lag, and its penalty is always chosen.
    lags : int >= 0 or "auto", default "auto"
        How many inputs before the present one the readout sees. It learns from rows that have as many before them;
        before a context its first row counts as heard.
    strategy : "recursive", "direct" or "auto", default "auto"
        One row at a time, which comes back; or `horizon` rows at once, with ``horizon=1`` the same.
    horizon : None or int >= 1, default None
        Rows that are answered at once, which "direct" asks for, and for which "auto" decides; there None is two
        seasons, or a tenth of the rows, at most 48. With exogenous channels `forecast` then asks for at
        least as many rows.
    scaling : None or "standard", default "standard"
        "standard" works with (y - mean) / deviation of every column, over all training rows, so that data of any size
        are heard alike; a constant column is not divided. Data, answers, bounds and errors stay in units of the data.
    transform : None, "log" or "auto", default "auto"
        "log" works with the logarithm of what is predicted, before it is scaled, where changes are shares; all of it
        must be positive. Forecasts are medians then, where errors of the logarithm are symmetric.
    gaps : "refuse", "split" or "free-run", default "refuse"
        What becomes of rows with NaN in `fit` and in a context. "split" learns from the pieces between them as from
        series of their own, those that are long enough, and goes on from the rows after the last gap. "free-run" hears
        its own answers in place of what is missing, from the first max(washout, 1) rows without a gap on; `fit` learns
        from the pieces, answers the gaps, and learns once more from all rows that were known, states of the gaps
        behind them. It answers row by row, and its exogenous channels have no gaps.
    season : None, "calendar", period, list of periods or "auto", default "auto"
        Adds the phases of periods of so many rows, whole or not, as exogenous channels that `forecast` knows: sin and
        cos of up to six harmonics, none shorter than two rows. The longest series must hold a period twice. Rows are
        counted from the first of `fit`; a table whose index goes on with that of `fit` (dates, periods, numbers in its
        steps) tells where it stands. An array begins with the phase of the first row of `fit`; where the season was
        found, with that which its rows fit best, unless it begins as a series of `fit`. "calendar" takes time of day,
        day of week and time of year from dates, what of these the steps tell and the series holds twice.

    Attributes
    ----------
    reservoir_, readout_ : the fitted parts, those of the first member
    chosen_ : dict, where something was "auto" and chosen
        What was chosen, its mean ``error`` in deviations and that of the last value, and ``scores``, the best of each
        kind. A ``target`` "differences" learns increments from those before them, and "seasonal" what differs from the
        value a season ago, from such differences before, so that no level matters.
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
        (+ horizon + 1 if they are answered at once; 8 where something is chosen), and a context of fewer than
        max(washout, 1) rows.

    Warns
    -----
    BaselineWarning
        Where what was chosen loses to the last value at the rolling origins, with both errors. A readout that was given
        is held against it by the first `forecast_interval`.
    SequenceWarning
        Where a season was found, and the rows of data without an index do not tell well where in it they begin.
    DivergenceWarning
        Where a forecast lies beyond the range of the training rows and the context by more than 1 + 3 h / T widths of
        it, h steps ahead after training on T rows, with its first such row and channel; a trend may go on. Or where
        ``bounds="auto"`` keeps it there. From the first row that is not finite, or beyond 1e100, a forecast is NaN.
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
    washout: int | str = "auto"
    include_input: bool = True
    squared_states: bool = False
    feedback_scaling: float = 1.0
    exogenous: Sequence[int] | Sequence[str] | np.ndarray = ()
    n_members: int = 1
    exogenous_lead: int = 1
    bounds: str | Numbers | None = "auto"
    target: str = "auto"
    lags: int | str = "auto"
    strategy: str = "auto"
    horizon: int | None = None
    scaling: str | None = "standard"
    transform: str | None = "auto"
    season: str | float | Sequence[float] | np.ndarray | None = "auto"
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
        return self._learn(X)

    def _learn(self, X: SequenceData, choice: Choice | None = None) -> ReservoirForecaster:
        """Learn what is chosen here, or was for the ensemble of which this is a member."""
        sequences = read_sequences(self, X, reset=True, gaps=self.gaps != "refuse")
        self.__dict__.pop("chosen_", None)
        made, choice = settled(self, X, sequences, choice)
        self._hearing, self.units_, self.season_ = learned_units(made, X, sequences)
        self._heads = first_rows(sequences.members())
        learnt, self._n_rows = in_units(self, X, sequences)[0], int(max(sequences.lengths))
        self._lessons, self.washout_ = lessons_of(made, self._hearing), washout_of(self, int(min(sequences.lengths)))
        if choice is not None:
            self.chosen_, self._lessons = choice.told, beside_phases(self._lessons, self.n_features_in_)
        needed = head_of(self.washout_, self._lessons.lags, made.reservoir) + self._lessons.horizon + 1
        sequences.check_lengths(needed, type(self).__name__, self.washout_, self._lessons.told())
        pieces = pieces_to_learn(self, learnt, needed)
        complete = pieces_of(sequences, cut=self.gaps != "refuse").sequences.rows
        self._endings, predicted = endings_of(X), complete[:, self._feedback.channels]
        self.training_range_ = ranges_of(predicted, np.array([0, len(predicted)]))[0]
        self.training_deviations_ = predicted.std(axis=0)
        heard_bounds(self)
        self._calibration = CalibrationRows.of(pieces)
        for earlier in ("members_", "_context"):
            self.__dict__.pop(earlier, None)
        if self.n_members > 1:
            self.members_ = learn_each(seeded_members(self, made.reservoir), X, choice, len(learnt.rows))
            self.reservoir_, self.readout_ = self.members_[0].reservoir_, self.members_[0].readout_
            for member in self.members_:
                del member._calibration
            self.training_errors_ = np.mean([member.training_errors_ for member in self.members_], axis=0)
        else:
            made._make_parts(self._lessons.inputs(replace(pieces, rows=self._hearing.scaled(pieces.rows))))
            self.reservoir_, self.readout_ = made.reservoir_, made.readout_
            learn(self, pieces, choice)
            if pieces is not learnt and self.gaps == "free-run":
                whole = without_gaps(self, learnt)  # by what was learnt from the pieces
                self.readout_ = clone(readout_of(self))
                learn(self, whole, choice, missing_rows(self, learnt))
        if pieces is not learnt:
            keep_contexts(self, sequences.kind, learnt)
        return self

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
        if not getattr(self.reservoir, "causal", True):
            raise p.error("reservoir", "a system whose states do not depend on rows to come (causal = False)")
        p.choice("strategy", (*STRATEGIES, "auto"))
        check_choice(p.owner, "transform", vars(self)["transform"], (*TRANSFORMS, "auto"))
        p.integer_or("horizon", None, 1)
        p.choice("gaps", ("refuse", "split", "free-run"))
        if self.gaps == "free-run" and self.strategy == "direct":
            raise p.error("gaps", "'refuse' or 'split' with strategy='direct'")
        p.flag("squared_states")
        p.real("feedback_scaling", 0)
        p.integer("n_members", 1)
        p.integer("exogenous_lead", 0, 1)
        self._check_target(p)

    def _check_target(self, p: Parameters) -> None:
        target = p.choice("target", (*TARGETS, "auto"))
        lags = p.integer_or("lags", "auto", 0)
        if target == "differences" and lags == 0:
            raise p.error("lags", 'at least 1, or "auto", with target="differences"')
        if target == "differences" and not can_choose(self):
            wanted = '"values", "increments" or "auto" with a readout that is given, or does not see what comes back'
            raise p.error("target", wanted)

    def _read_bounds(self) -> np.ndarray:
        return read_bounds(type(self).__name__, self.bounds, len(self._feedback.channels), self.training_range_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.gaps != "refuse"
        return tags

    def _parameter(self, name: str) -> Any:
        return vars(self)[name] if name in vars(self) else super()._parameter(name)

    def _members(self) -> list[ReservoirForecaster]:
        return getattr(self, "members_", [self])


# After the dataclass is made, which would take it for the default.
ReservoirForecaster.transform = HiddenParameter("transform")  # type: ignore[assignment]
