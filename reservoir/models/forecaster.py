"""Free-running forecasts of a series."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from reservoir.models.base import ReservoirModel, run_in_blocks
from reservoir.readouts import RidgeReadout
from reservoir.sequences import Sequences, read_sequences
from reservoir.validation import check_integer, unchanged_on_error


class DivergenceWarning(RuntimeWarning):
    """A forecast left every bound; its rows are NaN from there on."""


class ReservoirForecaster(ReservoirModel):
    """Forecast of a series by a reservoir that runs on its own predictions.

    `fit` trains the readout to give the next row of the series. `forecast` then closes the loop:

        u(t + 1) = readout([state(t), u(t)])

    With `EchoState` and `RidgeReadout` the loop runs inside one compiled kernel; any other pair is asked step by step.

    Parameters
    ----------
    reservoir : None or system, default None
        Any system with ``fit`` and ``run``. None is ``EchoState(random_state=0)``.
    readout : None or estimator, default None
        Any scikit-learn regressor. None is ``RidgeReadout()``.
    washout : int >= 0, default 100
        Rows at the head of every series that are not learnt from. A context must have at least max(washout, 1) rows.
    include_input : bool, default True
        Whether the readout sees the present row beside the state.

    Attributes
    ----------
    reservoir_, readout_ : the fitted parts
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

    def __init__(self, reservoir: Any = None, readout: Any = None, *, washout: int = 100, include_input: bool = True):
        self.reservoir = reservoir
        self.readout = readout
        self.washout = washout
        self.include_input = include_input

    @unchanged_on_error
    def fit(self, X: Any, y: Any = None) -> ReservoirForecaster:
        """Train the readout to give the next row.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : ignored
        """
        self._check_parameters()
        sequences = read_sequences(self, X, reset=True)
        sequences.check_lengths(self.washout + 2, type(self).__name__, self.washout)
        self._make_parts(sequences)
        members = sequences.members()
        inputs = Sequences.of_members([member[:-1] for member in members])
        targets = np.concatenate([member[1:] for member in members])
        finals: dict = {}
        self._fit_readout(self._step_batches(inputs, targets, finals))
        self._context = sequences.kind, list(finals.values()), [member[-1].copy() for member in members]
        return self

    def forecast(self, n_steps: int, context: Any = None) -> Any:
        """The rows after the context.

        Parameters
        ----------
        n_steps : int >= 1
        context : None, series (T, F), stack or list of series
            History to continue; its last row is the input of the first step. None continues the series of `fit`, and
            gives bit for bit what that series as context gives.

        Returns
        -------
        array (n_steps, F), array (N, n_steps, F) or list of arrays
            In the container of the context; row 0 is the step after it.
        """
        self._check_fitted()
        n_steps = check_integer("forecast", "n_steps", n_steps, 1)
        if context is None:
            kind, states, last_rows = self._context
        else:
            sequences = read_sequences(self, context, reset=False)
            sequences.check_lengths(max(self.washout, 1), type(self).__name__, self.washout)
            kind, (states, last_rows) = sequences.kind, self._states_before_last(sequences)
        futures = [self._run_freely(n_steps, *start) for start in zip(states, last_rows, strict=True)]
        if any(np.isnan(future).any() for future in futures):
            warnings.warn("The forecast diverged; its rows are NaN from there on.", DivergenceWarning, stacklevel=2)
        rows, offsets = np.concatenate(futures), np.arange(len(futures) + 1) * n_steps
        return Sequences(rows, offsets, kind).pack(rows)

    def score(self, X: Any, y: Any = None) -> float:
        """Mean R2 of free forecasts; -inf if one diverges.

        The first max(washout, 1) rows of each series are its context, the rest is forecast.
        """
        self._check_fitted()
        sequences = read_sequences(self, X, reset=False)
        n_context = max(self.washout, 1)
        sequences.check_lengths(n_context + 2, type(self).__name__, self.washout)
        scores = []
        for member in sequences.members():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DivergenceWarning)
                future = self.forecast(len(member) - n_context, context=member[:n_context])
            finite = np.isfinite(future).all()
            scores.append(r2_score(member[n_context:], future) if finite else -np.inf)
        return float(np.mean(scores))

    def _states_before_last(self, sequences: Sequences) -> tuple[list, list[np.ndarray]]:
        """State before the last row, and that row, of every series."""
        members = sequences.members()
        states: list = [None] * len(members)
        longer = [index for index, member in enumerate(members) if len(member) > 1]
        if longer:
            for pieces in run_in_blocks(
                self.reservoir_, Sequences.of_members([members[index][:-1] for index in longer])
            ):
                for piece in pieces:
                    states[longer[piece.sequence]] = piece.final_state
        return states, [member[-1].copy() for member in members]

    def _run_freely(self, n_steps: int, state: Any, row: np.ndarray) -> np.ndarray:
        compiled = isinstance(self.readout_, RidgeReadout) and hasattr(self.reservoir_, "close_loop")
        rows = (self._compiled_loop if compiled else self._plain_loop)(n_steps, state, row)
        lost = np.flatnonzero(~(np.abs(rows) <= 1e100).all(axis=1))
        if lost.size:
            rows[lost[0] :] = np.nan
        return rows

    def _compiled_loop(self, n_steps: int, state: Any, row: np.ndarray) -> np.ndarray:
        coef = np.atleast_2d(self.readout_.coef_)
        intercept = np.atleast_1d(np.asarray(self.readout_.intercept_, dtype=np.float64))
        if state is None:
            state = np.zeros(coef.shape[1] - len(row) * self.include_input)
        return self.reservoir_.close_loop(coef, intercept, state, row, n_steps)[0]

    def _plain_loop(self, n_steps: int, state: Any, row: np.ndarray) -> np.ndarray:
        rows = np.full((n_steps, len(row)), np.nan)
        for t in range(n_steps):
            inputs = row.reshape(1, -1)
            states, state = self.reservoir_.run(inputs) if state is None else self.reservoir_.run(inputs, state)
            row = np.asarray(self.readout_.predict(self._features(states, inputs)), dtype=np.float64).reshape(-1)
            rows[t] = row
            if not (np.abs(row) <= 1e100).all():
                break
        return rows
