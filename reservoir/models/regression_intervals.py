"""Predictions of a regressor with the intervals in which the targets lie."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from reservoir.derived import Derived
from reservoir.models.base import readout_of
from reservoir.models.conformal import CoverageWarning, bound_of, read_coverage
from reservoir.models.members import fit_readouts
from reservoir.models.precomputed import with_attributes
from reservoir.models.supervised import SupervisedModel, TrainingTargets
from reservoir.parts import SequenceData
from reservoir.readouts.candidates import unasked_candidates
from reservoir.sequences import Sequences

_MOST_NUMBERS = 200_000
_FEWEST_SEQUENCES = 100


class CalibrationTargets(NamedTuple):
    """Training data that a regressor keeps: sequences, and their targets per row or per sequence."""

    rows: np.ndarray  # (n_rows, n_features), of sequences joined
    offsets: np.ndarray  # (n_sequences + 1,)
    values: np.ndarray  # (n,) or (n, n_outputs)
    weights: np.ndarray  # (n,), 0 where a target does not count

    @classmethod
    def of(cls, sequences: Sequences, targets: TrainingTargets, late: np.ndarray, per_step: bool) -> CalibrationTargets:
        """The last rows of one series, or as many sequences as have room, evenly spread; targets count where `late`."""
        weights = late * (1.0 if targets.weights is None else targets.weights)
        room, n = max(_MOST_NUMBERS // sequences.rows.shape[1], 2000), len(sequences)
        if n == 1 and per_step:
            last = slice(-room, None)
            rows = sequences.rows[last]
            return cls(rows.copy(), np.array([0, len(rows)]), targets.values[last].copy(), weights[last])
        n_kept = int(np.clip(room * n // len(sequences.rows), min(n, _FEWEST_SEQUENCES), n))
        chosen, members = np.arange(n_kept) * n // n_kept, sequences.members()
        kept = Sequences.of_members([members[k] for k in chosen])
        if not per_step:
            return cls(kept.rows, kept.offsets, targets.values[chosen], weights[chosen])
        values, own = sequences.split(targets.values), sequences.split(weights)
        joined = (np.concatenate([parts[k] for k in chosen]) for parts in (values, own))
        return cls(kept.rows, kept.offsets, *joined)

    def held_out(self, per_step: bool) -> np.ndarray:
        """Which targets (n,) calibrate: the last third of one series, or of each of two, or every third sequence's."""
        n_sequences = len(self.offsets) - 1
        if n_sequences < 3 and per_step:
            counts = [np.cumsum(own > 0) for own in np.split(self.weights, self.offsets[1:-1])]
            return np.concatenate([counted > 2 * counted[-1] // 3 for counted in counts])
        third = np.arange(n_sequences) % 3 == 2
        return np.repeat(third, np.diff(self.offsets)) if per_step else third


_RESIDUALS: Derived[np.ndarray] = Derived()


class RegressionIntervals(SupervisedModel):
    """A regressor that says how far its predictions may be off."""

    def predict_interval(self, X: SequenceData, coverage: float = 0.9) -> tuple[Any, Any, Any]:
        """Predictions, and the interval in which each target lies with a probability (split conformal).

        A copy of the readout learns two thirds of the training data: the first rows of one or two series, of more
        sequences two of every three. With q the ceil((n + 1) coverage)-th smallest of its absolute errors on the n
        targets of the rest, for every output by itself, the interval is prediction - q, prediction + q.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        coverage : float in (0, 1), default 0.9

        Returns
        -------
        prediction, lower, upper : as `predict` gives them

        Raises
        ------
        ValueError
            For a coverage outside its range, unusable data, and a model that was not trained by `fit`.

        Warns
        -----
        CoverageWarning
            Where n is too small for a bound, less than about 1 / (1 - coverage): then it is infinite.

        Notes
        -----
        Coverage holds on average over data like those of `fit`: it is exact for exchangeable targets, and near for rows
        of a series, which resemble their neighbours. Widths are the same for every row. The first call takes about as
        long as `fit`. For this the last rows, or some sequences, are kept, and saved with the model: 200,000 numbers or
        2,000 rows, or 100 sequences if they are longer.

        References
        ----------
        Lei, G'Sell, Rinaldo, Tibshirani, Wasserman 2018, Distribution-free predictive inference for regression,
        Journal of the American Statistical Association 113(523):1094-1111, doi:10.1080/01621459.2017.1307116.

        Examples
        --------
        >>> import numpy as np
        >>> from reservoir import EchoState, ReservoirRegressor
        >>> rng = np.random.default_rng(0)
        >>> X = rng.uniform(-0.5, 0.5, size=(1000, 1))
        >>> y = np.roll(X[:, 0], 3) + 0.1 * rng.normal(size=1000)
        >>> model = ReservoirRegressor(EchoState(30, random_state=0), washout=20).fit(X[:700], y[:700])
        >>> prediction, lower, upper = model.predict_interval(X[700:])
        >>> bool(0.8 < np.mean((lower <= y[700:]) & (y[700:] <= upper)) < 1)
        True
        """
        coverage = read_coverage("predict_interval", coverage)
        prediction = self.predict(X)
        kept = vars(self).get("_calibration")
        if kept is None:
            raise ValueError(f"predict_interval asks for a {type(self).__name__} that was trained by `fit`.")
        errors = _RESIDUALS.get(self, (self.readout_, kept), partial(_residuals, with_attributes(self, {})))
        width = bound_of(np.abs(errors), coverage)
        if np.isinf(width).any():
            text = f"The interval is infinite: {len(errors)} targets that the readout had not learnt are too few."
            warnings.warn(f"{text} More data or a smaller coverage give a bound.", CoverageWarning, stacklevel=2)
        lower, upper = ([one + end * width for one in _parts(prediction)] for end in (-1, 1))
        return (prediction, lower, upper) if isinstance(prediction, list) else (prediction, lower[0], upper[0])


def _parts(prediction: Any) -> list[Any]:
    return prediction if isinstance(prediction, list) else [prediction]


def _residuals(model: Any) -> np.ndarray:
    """Errors (n, ...) on the held-out targets of a copy whose readout learns the others; the reservoir stays."""
    kept, per_step = model._calibration, model._per_step
    held_out = kept.held_out(per_step)
    kind = "series" if len(kept.offsets) == 2 else "list"
    sequences = Sequences(kept.rows, kept.offsets, kind)
    members = [with_attributes(member, {"readout_": clone(readout_of(member))}) for member in model._members()]
    with unasked_candidates():  # what there is to say of them was said in `fit`
        targets = TrainingTargets(kept.values, np.where(held_out, 0.0, kept.weights))
        fit_readouts([member.readout_ for member in members], model._training_blocks(sequences, targets))
    model = with_attributes(model, {"members_": members}) if len(members) > 1 else members[0]
    answers = model._answers(sequences, *model._way("predict"))[0]
    joined = np.concatenate(answers) if isinstance(answers, list) else np.asarray(answers)
    return (kept.values - joined)[held_out & (kept.weights > 0)]
