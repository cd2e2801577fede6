"""Free-running forecasts of a series."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import r2_score

from reservoir.models.base import ReservoirModel, as_reservoir, fit_readout
from reservoir.models.blocks import run_in_blocks
from reservoir.models.closed_loop import Feedback, Member, free_run, learn_in_loop
from reservoir.parts import Readout, SequenceData, System, Targets, without_noise
from reservoir.readouts.candidates import one_penalty_warning
from reservoir.sequences import Sequences, container_kind, read_sequences
from reservoir.validation import (
    Parameters,
    as_generator,
    check_channels,
    check_integer,
    check_unweighted,
    parameter_error,
    unchanged_on_error,
)


class DivergenceWarning(RuntimeWarning):
    """A forecast left every bound; its rows are NaN from there on."""


@dataclass(eq=False, repr=False)
class ReservoirForecaster(ReservoirModel):
    """Forecast of a series by a reservoir that runs on its own predictions.

    `fit` trains the readout to give the next row y of the series while the true rows are the input (teacher forcing).
    `forecast` then closes the loop:

        u(t) = [feedback_scaling y(t), e(t)]
        x(t) = reservoir(x(t - 1), u(t))
        y(t + 1) = readout([x(t), u(t)])

    where e are the `exogenous` channels, which are never predicted. With `EchoState` and a linear readout of this
    library the loop runs inside one compiled kernel; any other pair is asked step by step.

    A readout with ``closed_loop_training``, such as `Force`, learns with the loop closed: from the first step after the
    washout on, its own answer comes back where other readouts hear the true row.

    Parameters
    ----------
    reservoir : None or system, default None
        Any system with ``fit`` and ``run``. None is ``EchoState(random_state=0)``. Noise, as in
        ``EchoState(noise=1e-4)``, is added in `fit` alone; it makes the closed loop more stable.
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
    exogenous : list of int, default ()
        Columns of the data that are known in advance: they are heard, and not predicted.
    n_members : int >= 1, default 1
        Size of an ensemble of reservoirs with seeds of their own, drawn from that of `reservoir`, and readouts of their
        own. In the loop the mean of their answers comes back to all of them.

    Attributes
    ----------
    reservoir_, readout_ : the fitted parts, those of the first member
    members_ : list of n_members fitted `ReservoirForecaster`, where there are more than one
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, a series of fewer than washout + 2 rows in `fit`, and
        a context of fewer than max(washout, 1) rows.

    Notes
    -----
    From the first row that is not finite, or beyond 1e100, a forecast is NaN, and one `DivergenceWarning` is given.
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
    exogenous: Sequence[int] | np.ndarray = ()
    n_members: int = 1

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> ReservoirForecaster:
        """Train the readout to give the next row.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : ignored
        """
        self._check_parameters()
        sequences = read_sequences(self, X, reset=True)
        sequences.check_lengths(self.washout + 2, type(self).__name__, self.washout)
        self._feedback = self._read_channels()
        self.__dict__.pop("members_", None)
        if self.n_members > 1:
            with one_penalty_warning():
                self.members_ = [member.fit(X) for member in self._seeded_members()]
            self.reservoir_, self.readout_ = self.members_[0].reservoir_, self.members_[0].readout_
        else:
            heard = self._heard(sequences)
            self._make_parts(heard)
            closed = getattr(self.readout_, "closed_loop_training", False)
            (self._learn_closed if closed else self._learn_open)(sequences, heard)
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
        observed : None, array (n_steps, F), stack or list of these, one per context, default None
            What is known of the rows to come, NaN elsewhere: all of the `exogenous` channels, and any value of the
            others, which then takes the place of the prediction as the next input. The last row is not used.

        Returns
        -------
        array (n_steps, n_outputs), array (N, n_steps, n_outputs) or list of arrays
            In the container of the context; row 0 is the step after it. The outputs are the channels that are
            not `exogenous`; predictions stand there also where a value was observed.
        """
        self._check_fitted()
        n_steps = check_integer("forecast", "n_steps", n_steps, 1)
        members = getattr(self, "members_", [self])
        if context is None:
            kind = members[0]._context[0]
            starts = [member._context[1:] for member in members]
        else:
            sequences = read_sequences(self, context, reset=False)
            sequences.check_lengths(max(self.washout, 1), type(self).__name__, self.washout)
            kind, heard = sequences.kind, self._heard(sequences)
            starts = [member._after(heard) for member in members]
        states = zip(*(states for states, _ in starts), strict=True)
        rows = np.mean([rows for _, rows in starts], axis=0)
        known = self._read_observed(observed, n_steps, kind, len(rows))
        parts = [Member(without_noise(member.reservoir_), member.readout_) for member in members]
        run = free_run(parts, self._features, self.squared_states, self._feedback)
        futures = [_until_lost(run(*start)) for start in zip(states, rows, known, strict=True)]
        if any(np.isnan(future).any() for future in futures):
            warnings.warn("The forecast diverged; its rows are NaN from there on.", DivergenceWarning, stacklevel=2)
        joined, offsets = np.concatenate(futures), np.arange(len(futures) + 1) * n_steps
        return Sequences(joined, offsets, kind).pack(joined)

    def score(self, X: SequenceData, y: Targets | None = None, sample_weight: Any = None) -> float:
        """Mean R2 of free forecasts; -inf if one diverges.

        The first max(washout, 1) rows of each series are its context, the rest is forecast. Exogenous channels are
        observed.
        """
        check_unweighted(self, sample_weight)
        pairs = free_forecasts(self, X)
        return float(np.mean([r2_score(*pair) if np.isfinite(pair[1]).all() else -np.inf for pair in pairs]))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        p = Parameters(self)
        p.flag("squared_states")
        p.real("feedback_scaling", 0)
        p.integer("n_members", 1)

    def _read_channels(self) -> Feedback:
        """The channels that are predicted and come back."""
        p, n_features = Parameters(self), self.n_features_in_
        exogenous = check_channels(p.owner, "exogenous", self.exogenous, n_features)
        channels = np.setdiff1d(np.arange(n_features), exogenous)
        if not channels.size:
            raise p.error("exogenous", "fewer columns than there are, to leave one to forecast")
        return Feedback(channels, float(self.feedback_scaling))

    def _heard(self, sequences: Sequences) -> Sequences:
        """The rows as the reservoir hears them."""
        return Sequences(self._scaled(sequences.rows), sequences.offsets, sequences.kind)

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        channels, scaling = self._feedback
        if scaling == 1:
            return rows
        rows = rows.copy()
        rows[:, channels] *= scaling
        return rows

    def _features(self, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """What the readout sees: states, their squares if wanted, then inputs if they are included."""
        if self.squared_states:
            states = np.concatenate([states, states**2], axis=1)
        return super()._features(states, inputs)

    def _seeded_members(self) -> list[ReservoirForecaster]:
        reservoir = as_reservoir(self.reservoir)
        seeded = [name for name in reservoir.get_params() if name.split("__")[-1] == "random_state"]
        if not seeded:
            raise Parameters(self).error("n_members", "1 for a system without random_state")
        rng = as_generator(type(reservoir).__name__, reservoir.get_params()[seeded[0]])
        members = []
        for seed in rng.integers(2**32, size=self.n_members):
            system = clone(reservoir).set_params(**{name: int(seed) for name in seeded})
            members.append(clone(self).set_params(n_members=1, reservoir=system))
        return members

    def _learn_open(self, sequences: Sequences, heard: Sequences) -> None:
        """Train on true rows as inputs."""
        inputs = Sequences.of_members([member[:-1] for member in heard.members()])
        targets = np.concatenate([member[1:, self._feedback.channels] for member in sequences.members()])
        finals: dict[int, Any] = {}
        fit_readout(self.readout_, self._step_blocks(inputs, targets, finals))
        if without_noise(self.reservoir_) is self.reservoir_:
            self._context = sequences.kind, list(finals.values()), [member[-1].copy() for member in heard.members()]
        else:
            self._context = sequences.kind, *self._after(heard)

    def _learn_closed(self, sequences: Sequences, heard: Sequences) -> None:
        """Train while the answers come back."""
        member = Member(self.reservoir_, self.readout_)
        for rows, truth in zip(heard.members(), sequences.members(), strict=True):
            targets = truth[1:, self._feedback.channels]
            learn_in_loop(member, self._features, self.squared_states, self._feedback, self.washout, rows, targets)
        self._context = sequences.kind, *self._after(heard)

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

    def _read_observed(self, observed: Any, n_steps: int, kind: str, n_series: int) -> list[np.ndarray]:
        """What is known after each step, as the reservoir hears it: (n_steps, n_features) for every series."""
        n_features, channels = self.n_features_in_, self._feedback.channels
        exogenous = np.setdiff1d(np.arange(n_features), channels)
        if observed is None:
            tables = [np.full((n_steps, n_features), np.nan)] * n_series
        else:
            tables = _tables(observed, kind)
        shape = (n_steps, n_features)
        if len(tables) != n_series or any(table.shape != shape or np.isinf(table).any() for table in tables):
            wanted = f"{n_series} array(s) of shape {shape} without infinity, in the container of the context"
            raise parameter_error("forecast", "observed", wanted, observed)
        if any(np.isnan(table[:-1, exogenous]).any() for table in tables):
            wanted = f"given for the exogenous channels {exogenous.tolist()}, for every step but the last"
            raise parameter_error("forecast", "observed", wanted, observed)
        return [self._scaled(table) for table in tables]


def free_forecasts(model: ReservoirForecaster, X: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """For every series its rows after the context, the first max(washout, 1), and their free forecast.

    Both hold the channels that are predicted; exogenous ones are observed. A forecast that diverges is NaN from there
    on, without a word.
    """
    model._check_fitted()
    sequences = read_sequences(model, X, reset=False)
    n_context = max(model.washout, 1)
    sequences.check_lengths(n_context + 2, type(model).__name__, model.washout)
    channels, pairs = model._feedback.channels, []
    for member in sequences.members():
        context, observed = member[:n_context], member[n_context:].copy()
        observed[:, channels] = np.nan
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DivergenceWarning)
            warnings.filterwarnings("ignore", "X does not have valid feature names")  # they were read above
            pairs.append((member[n_context:, channels], model.forecast(len(observed), context, observed=observed)))
    return pairs


def _until_lost(rows: np.ndarray) -> np.ndarray:
    """The rows, NaN from the first on that is not finite or beyond every bound."""
    lost = np.flatnonzero(~(np.abs(rows) <= 1e100).all(axis=1))
    if lost.size:
        rows[lost[0] :] = np.nan
    return rows


def _tables(observed: Any, kind: str) -> list[np.ndarray]:
    """Arrays of float64, one per series; an empty list where that is not what was given."""
    try:
        series = [observed] if container_kind(observed, "forecast") == "series" else list(observed)
        return [np.array(table, dtype=np.float64) for table in series]
    except (TypeError, ValueError):
        return []
