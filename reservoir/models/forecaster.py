"""Free-running forecasts of a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.metrics import r2_score

from reservoir.models.base import ReservoirModel, TrainingRows, as_reservoir, fit_readout
from reservoir.models.blocks import run_in_blocks
from reservoir.models.closed_loop import Feedback, Member, free_run, learn_in_loop
from reservoir.models.divergence import (
    JUDGED_ROWS,
    last_kept,
    one_step_errors,
    tell_beyond,
    tell_unfollowed,
    until_lost,
)
from reservoir.models.free_forecasts import free_forecasts
from reservoir.models.hearing import Hearing
from reservoir.parts import Numbers, Readout, SequenceData, System, Targets, without_noise
from reservoir.ranges import covering, ranges_of, read_bounds
from reservoir.readouts.candidates import one_penalty_warning
from reservoir.sequences import Sequences, container_kind, read_sequences
from reservoir.sequences.future import endings_of, forecast_tables
from reservoir.sequences.observations import read_observed
from reservoir.sizes import LEAST_OF_A_PART, check_fits
from reservoir.trials import draws_numbers
from reservoir.validation import (
    Parameters,
    as_generator,
    check_channels,
    check_integer,
    check_unweighted,
    parameter_error,
    unchanged_on_error,
)


class Start(NamedTuple):
    """From where forecasts go on, for every series."""

    kind: str  # of the container
    states: list[tuple[Any, ...]]  # of every member, before the first step
    rows: np.ndarray  # (n_series, n_features), what is heard at the first step; NaN for drivers of the row to come
    ranges: np.ndarray  # (n_series, n_outputs, 2), what the training rows and the context span


@dataclass(eq=False, repr=False)
class ReservoirForecaster(ReservoirModel):
    """Forecast of a series by a reservoir that runs on its own predictions.

    `fit` trains the readout to give the next row y of the series while the true rows are the input (teacher forcing).
    `forecast` then closes the loop:

        u(t) = [feedback_scaling y(t), e(t + exogenous_lead)]
        x(t) = reservoir(x(t - 1), u(t))
        y(t + 1) = readout([x(t), u(t)])

    where e are the `exogenous` channels, which are known in advance and never predicted: with the lead of 1 what drives
    a row, e(t + 1), is heard before that row, y(t + 1), is answered. With `EchoState` and a linear readout of this
    library the loop runs inside one compiled kernel; any other pair is asked step by step.

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
    washout : int >= 0, default 100
        Rows at the head of every series that are not learnt from. A context must have at least max(washout, 1) rows.
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

    Attributes
    ----------
    reservoir_, readout_ : the fitted parts, those of the first member
    members_ : list of n_members fitted `ReservoirForecaster`, where there are more than one
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names
    exogenous_ : array of int, the columns of `exogenous`
    training_range_ : array (n_outputs, 2)
        Lowest and highest value of every predicted channel in the training rows.
    training_deviations_ : array (n_outputs,)
        Standard deviations of these channels there.
    training_errors_ : array (n_outputs,)
        Root mean square of the errors one step ahead in the last (at most 500) training rows.

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, a series of fewer than washout + 2 rows in `fit`, and
        a context of fewer than max(washout, 1) rows.

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
    washout: int = 100
    include_input: bool = True
    squared_states: bool = False
    feedback_scaling: float = 1.0
    exogenous: Sequence[int] | Sequence[str] | np.ndarray = ()
    n_members: int = 1
    exogenous_lead: int = 1
    bounds: str | Numbers | None = None

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
        _refuse_second_table(type(self).__name__, X, y)
        sequences = read_sequences(self, X, reset=True)
        sequences.check_lengths(self.washout + 2, type(self).__name__, self.washout)
        self._hearing, self._n_rows = self._read_channels(), int(max(sequences.lengths))
        self._endings, predicted = endings_of(X), sequences.rows[:, self._feedback.channels]
        self.training_range_ = ranges_of(predicted, np.array([0, len(predicted)]))[0]
        self.training_deviations_ = predicted.std(axis=0)
        self._read_bounds()
        self.__dict__.pop("members_", None)
        if self.n_members > 1:
            with one_penalty_warning():
                self.members_ = [member.fit(X) for member in self._seeded_members()]
            self.reservoir_, self.readout_ = self.members_[0].reservoir_, self.members_[0].readout_
            self.training_errors_: np.ndarray = np.mean([member.training_errors_ for member in self.members_], axis=0)
        else:
            self._make_parts(replace(sequences, rows=self._hearing.scaled(sequences.rows)))
            closed = getattr(self.readout_, "closed_loop_training", False)
            (self._learn_closed if closed else self._learn_open)(sequences, self._hearing.of(sequences))
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
            not `exogenous`; predictions stand there also where a value was observed.
        """
        self._check_fitted()
        n_steps = check_integer("forecast", "n_steps", n_steps, 1)
        start, bounds = self._start(context), self._read_bounds()
        n_numbers = 2.0 * n_steps * len(start.rows) * self.n_features_in_
        check_fits("forecast", "n_steps", n_steps, 8 * n_numbers, "the rows to come")
        tables = read_observed("forecast", self, observed, n_steps, len(start.rows))
        rows, known = zip(*map(self._inputs, start.rows, tables), strict=True)
        parts = [Member(without_noise(member.reservoir_), member.readout_) for member in self._members()]
        run = free_run(parts, self._features, self.squared_states, self._feedback, bounds)
        futures = [until_lost(run(*one)) for one in zip(start.states, rows, known, strict=True)]
        self._judge(np.stack(futures), None if observed is None else np.stack(tables), start.ranges)
        joined, offsets = np.concatenate(futures), np.arange(len(futures) + 1) * n_steps
        answers = Sequences(joined, offsets, start.kind).pack(joined)
        return forecast_tables(self, context, answers, self._feedback.channels)

    def score(self, X: SequenceData, y: Targets | None = None, sample_weight: Any = None) -> float:
        """Mean R2 of free forecasts; -inf if one diverges.

        The first max(washout, 1) rows of each series are its context, the rest is forecast. Exogenous channels are
        observed.
        """
        check_unweighted(self, sample_weight)
        _refuse_second_table(type(self).__name__, X, y)
        pairs = free_forecasts(self, X)
        return float(np.mean([r2_score(*pair) if np.isfinite(pair[1]).all() else -np.inf for pair in pairs]))

    def heard(self, X: SequenceData) -> Any:
        """The data as the fitted reservoir hears them, in the container of X.

        Rows [feedback_scaling y(t), e(t + exogenous_lead)]: with exogenous channels and a lead of 1 each series has a
        row less.
        """
        self._check_fitted()
        heard = self._hearing.complete(read_sequences(self, X, reset=False))
        return heard.pack(heard.rows)

    @property
    def exogenous_(self) -> np.ndarray:
        """Columns of the exogenous channels."""
        return self._hearing.drivers

    @property
    def _feedback(self) -> Feedback:
        return self._hearing.feedback

    def _check_parameters(self) -> None:
        super()._check_parameters()
        p = Parameters(self)
        p.flag("squared_states")
        p.real("feedback_scaling", 0)
        p.integer("n_members", 1)
        p.integer("exogenous_lead", 0, 1)

    def _read_channels(self) -> Hearing:
        """The channels that are predicted and come back, and those known in advance."""
        p, n_features = Parameters(self), self.n_features_in_
        names = getattr(self, "feature_names_in_", None)
        exogenous = check_channels(p.owner, "exogenous", self.exogenous, n_features, names)
        channels = np.setdiff1d(np.arange(n_features), exogenous)
        if not channels.size:
            raise p.error("exogenous", "fewer columns than there are, to leave one to forecast")
        return Hearing(Feedback(channels, float(self.feedback_scaling)), np.sort(exogenous), int(self.exogenous_lead))

    def _read_bounds(self) -> np.ndarray:
        return read_bounds(type(self).__name__, self.bounds, len(self._feedback.channels), self.training_range_)

    def _members(self) -> list[ReservoirForecaster]:
        return getattr(self, "members_", [self])

    def _start(self, context: SequenceData | None) -> Start:
        """From where to go on: after the series of `fit`, or after the context."""
        if context is None:
            kind, starts = self._members()[0]._context[0], [member._context[1:] for member in self._members()]
            ranges = np.stack([self.training_range_] * len(starts[0][1]))
        else:
            sequences = read_sequences(self, context, reset=False)
            sequences.check_lengths(max(self.washout, 1), type(self).__name__, self.washout)
            kind, heard = sequences.kind, self._hearing.of(sequences)
            starts = [member._after(heard) for member in self._members()]
            spanned = ranges_of(sequences.rows[:, self._feedback.channels], sequences.offsets)
            ranges = covering(self.training_range_, spanned)
        states = list(zip(*(states for states, _ in starts), strict=True))
        return Start(kind, states, np.mean([rows for _, rows in starts], axis=0), ranges)

    def _inputs(self, row: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first input, and what is known of the inputs after each step, see `Hearing`."""
        missing = self._hearing.n_missing(table)
        if missing:
            names = [self._names()[channel] for channel in self.exogenous_]
            when = "every row" if self._hearing.lead else "every row but the last"
            wanted = f"given for the exogenous channels {names} in {when}"
            raise parameter_error("forecast", "observed", wanted, f"nothing in {missing} of {len(table)} rows")
        return self._hearing.of_future(row, table)

    def _names(self) -> list[Any]:
        """Names of the columns, or their places."""
        return list(getattr(self, "feature_names_in_", range(self.n_features_in_)))

    def _judge(self, futures: np.ndarray, tables: np.ndarray | None, ranges: np.ndarray) -> None:
        """Warn of forecasts that leave what was learnt, or what is observed."""
        channels, names = self._feedback.channels, self._names()
        names = [names[channel] for channel in channels]
        tell_beyond(futures, ranges, self._n_rows, names)
        if tables is not None:
            tell_unfollowed(futures, tables[..., channels], self.training_errors_, self.training_range_, names)

    def _features(self, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """What the readout sees: states, their squares if wanted, then inputs if they are included."""
        if self.squared_states:
            states = np.concatenate([states, states**2], axis=1)
        return super()._features(states, inputs)

    def _seeded_members(self) -> list[ReservoirForecaster]:
        reservoir = as_reservoir(self.reservoir)
        seeds = {k: seed for k, seed in reservoir.get_params().items() if k.split("__")[-1] == "random_state"}
        if not seeds:
            raise Parameters(self).error("n_members", "1 for a system without random_state")
        first = next((seed for seed in seeds.values() if seed is not None), None)
        rng = as_generator(type(reservoir).__name__, first)
        what = "the members without their weights"
        check_fits(type(self).__name__, "n_members", self.n_members, LEAST_OF_A_PART * self.n_members, what)
        members = []
        for seed in rng.integers(2**32, size=self.n_members):
            system = clone(reservoir).set_params(**{name: int(seed) for name in seeds})
            members.append(clone(self).set_params(n_members=1, reservoir=system))
        return members

    def _learn_open(self, sequences: Sequences, heard: Sequences) -> None:
        """Train on true rows as inputs."""
        inputs, targets = self._lessons(sequences.members(), heard.members())
        finals: dict[int, Any] = {}
        judged: list[TrainingRows] = []
        fit_readout(self.readout_, last_kept(self._step_blocks(inputs, targets, finals), judged))
        self.training_errors_ = one_step_errors(self.readout_, judged[0])
        if not draws_numbers(self.reservoir_):
            self._context = sequences.kind, list(finals.values()), [member[-1].copy() for member in heard.members()]
        else:
            self._context = sequences.kind, *self._after(heard)

    def _learn_closed(self, sequences: Sequences, heard: Sequences) -> None:
        """Train while the answers come back."""
        member = Member(self.reservoir_, self.readout_)
        for trial, (rows, truth) in enumerate(zip(heard.members(), sequences.members(), strict=True)):
            view, targets = (self._features, self.squared_states), truth[1:, self._feedback.channels]
            learn_in_loop(member, *view, self._feedback, self.washout, rows, targets, trial)
        self._context = sequences.kind, *self._after(heard)
        tail = slice(-self.washout - JUDGED_ROWS - 1, None)
        lessons = self._lessons([sequences.members()[-1][tail]], [heard.members()[-1][tail]])
        *_, judged = self._step_blocks(*lessons)
        self.training_errors_ = one_step_errors(self.readout_, judged)

    def _lessons(self, members: list[np.ndarray], heard: list[np.ndarray]) -> tuple[Sequences, np.ndarray]:
        """What is heard before every row but the first, and that row."""
        inputs = Sequences.of_members([rows[:-1] for rows in heard])
        return inputs, np.concatenate([rows[1:, self._feedback.channels] for rows in members])

    def _after(self, heard: Sequences) -> tuple[list[Any], list[np.ndarray]]:
        """State before the last row, and that row, of every series."""
        members = heard.members()
        states: list[Any] = [None] * len(members)
        longer = [index for index, member in enumerate(members) if len(member) > 1]
        if longer:
            inputs = Sequences.of_members([members[index][:-1] for index in longer])
            for blocks in run_in_blocks(without_noise(self.reservoir_), inputs):
                for block in blocks:
                    states[longer[block.sequence]] = block.final_state
        return states, [member[-1].copy() for member in members]


def _refuse_second_table(owner: str, X: Any, y: Any) -> None:
    """Refuse tables beside X, as in libraries where fit(y, X) has the drivers in X; a vector is ignored."""
    try:
        kind = container_kind(y, owner)
    except ValueError:
        return
    if y is not X and (kind == "list" or not np.array_equal(np.asarray(y), np.asarray(X))):
        wanted = (
            "None, since all channels stand in X: join the tables, column beside column, and name what is known in "
            "advance in 'exogenous'"
        )
        raise parameter_error(owner, "y", wanted, f"a second {'table' if kind == 'series' else kind}")
