"""The p-delta rule: perceptrons side by side, each with one layer of weights, that vote."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Self

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.estimators import BaseEstimator
from reservoir.parts import Numbers, Seed
from reservoir.readouts.affine import affine
from reservoir.readouts.rows import changed_since, read_rows
from reservoir.sizes import check_fits
from reservoir.validation import Parameters

SLOWEST, FASTEST = 1e-5, 0.1
_ROWS_A_CALL = 2_000_000  # rows times weights for which a kernel runs well below half a second
_ROWS_OF_VOTES = 4096
_LEARNED = ("weights", "margins", "rates", "errors", "before", "counts")


@dataclass(eq=False, repr=False)
class ParallelPerceptron(BaseEstimator):
    """What regressor and classifier share: weights, votes, and passes over the rows.

    `memory_` holds ``weights`` (n_outputs, n_perceptrons, n_features + 1), and for every output (n_outputs,) the
    ``margins``, the learning ``rates``, and for their tuning ``errors``, ``before`` and ``counts``; ``began`` is where
    margin and learning rate began.

    Parameters
    ----------
    margin : float >= 0, default 0.05
        Where the margin begins.
    learning_rate : float in [1e-5, 0.1], default 0.01
        Where the learning rate begins.
    n_epochs : int >= 1, default 50
        Passes over the rows in `fit`.
    shuffle : bool, default True
        Whether each pass of `fit` takes the rows in another random order.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Seed of the first weights and the orders.

    Attributes
    ----------
    n_features_in_ : int

    Notes
    -----
    The features should be scaled to a variance of about 1.

    References
    ----------
    Auer, Burgsteiner and Maass 2008, A learning rule for very simple universal approximators consisting of a single
    layer of perceptrons, Neural Networks 21(5):786-795, doi:10.1016/j.neunet.2007.12.036.
    """

    n_perceptrons: int
    _: KW_ONLY
    epsilon: float
    rho: float | None
    mu: float
    margin: float = 0.05
    learning_rate: float = 0.01
    adapt_every: int | None
    n_epochs: int = 50
    shuffle: bool = True
    random_state: Seed = None

    row_wise = True
    learned: ClassVar[dict[str, Any]] = {
        "memory_": {
            "weights": "reals (k, p, m)",
            **dict.fromkeys(("margins", "rates", "errors", "before"), "reals (k)"),
            "counts": "integers (k)",
            "began": "reals (2)",
        },
        "coef_": "reals (k, p, f)",
        "intercept_": "reals (k, p)",
        "margin_": "reals (k)",
        "learning_rate_": "reals (k)",
        "n_features_in_": "size (f)",
    }

    def _check_parameters(self) -> None:
        p = Parameters(self)
        n_perceptrons = p.integer("n_perceptrons", 1)
        p.real("epsilon", 0, 2, closed="neither")
        if self.rho is not None:
            p.real("rho", 0, n_perceptrons, closed="right")
        p.real("mu", 0)
        p.real("margin", 0)
        p.real("learning_rate", SLOWEST, FASTEST)
        if self.adapt_every is not None:
            p.integer("adapt_every", 1)
        p.integer("n_epochs", 1)
        p.flag("shuffle")

    def _rho(self) -> float:
        return self.n_perceptrons / 2 if self.rho is None else float(self.rho)

    def _train(self, X: np.ndarray, targets: np.ndarray, n_epochs: int, shuffle: bool) -> Self:
        """Passes over rows (n, n_features) with targets (n, n_outputs) in [-1, 1]."""
        p = Parameters(self)
        rng = p.generator()
        if not hasattr(self, "memory_"):
            self.memory_ = self._begin(rng, X.shape[1] + 1, targets.shape[1])
        self._check_settled()
        memory = self.memory_ = {name: np.array(array) for name, array in self.memory_.items()}
        n_inputs = memory["weights"].shape[2]
        size = max(1, _ROWS_A_CALL // memory["weights"].size)
        settings = self._rho(), float(self.epsilon), float(self.mu), self.adapt_every or 0
        for _ in range(n_epochs):
            order = rng.permutation(len(X)) if shuffle else np.arange(len(X))
            for start in range(0, len(X), size):
                chosen = order[start : start + size]
                rows = np.full((len(chosen), n_inputs), -1.0)
                rows[:, :-1] = X[chosen]
                _learn(*(memory[name] for name in _LEARNED), rows, targets[chosen], *settings)
        if not np.isfinite(memory["weights"]).all():
            raise ValueError(f"The weights of {type(self).__name__} grew beyond every bound: scale the features.")
        self.publish()
        return self

    def _begin(self, rng: np.random.Generator, n_inputs: int, n_outputs: int) -> dict[str, np.ndarray]:
        n_weights = n_outputs * self.n_perceptrons * n_inputs
        check_fits(
            type(self).__name__, "n_perceptrons", self.n_perceptrons, 8.0 * n_weights, f"{n_weights:.3g} weights"
        )
        weights = rng.normal(size=(n_outputs, self.n_perceptrons, n_inputs))
        weights /= np.linalg.norm(weights, axis=2, keepdims=True)
        return {
            "weights": weights,
            "margins": np.full(n_outputs, float(self.margin)),
            "rates": np.full(n_outputs, float(self.learning_rate)),
            "errors": np.zeros(n_outputs),
            "before": np.full(n_outputs, np.inf),
            "counts": np.zeros(n_outputs, dtype=np.int64),
            "began": np.array([self.margin, self.learning_rate], dtype=np.float64),
        }

    def _check_settled(self) -> None:
        """Refuse parameters that were settled with the first row and have been changed since."""
        present = self.n_perceptrons, self.margin, self.learning_rate
        began = self.memory_["weights"].shape[1], *self.memory_["began"].tolist()
        names = ("n_perceptrons", "margin", "learning_rate")
        changed = [name for name, now, then in zip(names, present, began, strict=True) if now != then]
        if changed:
            raise changed_since(self, *changed)

    def publish(self) -> None:
        self.coef_ = self.memory_["weights"][:, :, :-1].copy()
        self.intercept_ = -self.memory_["weights"][:, :, -1]
        self.margin_ = self.memory_["margins"].copy()
        self.learning_rate_ = self.memory_["rates"].copy()

    def check_learned(self) -> None:
        """ValueError unless there is a weight for every feature and one more, and a group for every output."""
        n_outputs, _, n_inputs = self.memory_["weights"].shape
        n_classes = len(getattr(self, "classes_", ())) or n_outputs
        groups = (n_outputs,) if n_classes > 2 else (1, n_classes)
        if n_inputs != self.n_features_in_ + 1 or n_outputs not in groups:
            raise ValueError(f"{type(self).__name__} holds perceptrons for other features or classes")

    def _votes(self, X: Numbers) -> tuple[np.ndarray, np.ndarray]:
        """Votes for minus votes against, and the sum of what the perceptrons hear, both (n_rows, n_outputs)."""
        read = read_rows(self, X)
        n_outputs, n_perceptrons, n_features = self.coef_.shape
        coef, intercept = np.ascontiguousarray(self.coef_).reshape(-1, n_features), self.intercept_.reshape(-1)
        votes, heard = np.empty((len(read), n_outputs)), np.empty((len(read), n_outputs))
        for start in range(0, len(read), _ROWS_OF_VOTES):
            rows = read[start : start + _ROWS_OF_VOTES]
            activity = np.empty((len(rows), n_outputs * n_perceptrons))
            affine(rows, coef, intercept, activity)
            activity = activity.reshape(len(rows), n_outputs, n_perceptrons)
            votes[start : start + len(rows)] = 2.0 * (activity >= 0).sum(axis=2) - n_perceptrons
            heard[start : start + len(rows)] = activity.sum(axis=2)
        return votes, heard


@kernel(fastmath=REASSOCIATE)
def _hear(perceptrons, row, activity, lengths):
    """What each perceptron hears and the squared length of its weights; returns the sum of the votes."""
    votes = 0.0
    for i in range(perceptrons.shape[0]):
        weights, total, length = perceptrons[i], 0.0, 0.0
        for j in range(row.size):
            total += weights[j] * row[j]
            length += weights[j] * weights[j]
        activity[i], lengths[i] = total, length
        votes += 1.0 if total >= 0.0 else -1.0
    return votes


@kernel(fastmath=REASSOCIATE)
def _correct(perceptrons, row, activity, lengths, excess, epsilon, mu, margin, rate):
    """Move the perceptrons by `excess`, output minus target; returns how many lie in the margin."""
    n_near = 0
    for i in range(perceptrons.shape[0]):
        heard, direction = activity[i], 0.0
        if excess > epsilon and heard >= 0.0:
            direction = -1.0
        elif excess < -epsilon and heard < 0.0:
            direction = 1.0
        elif excess <= epsilon and 0.0 <= heard < margin:
            direction, n_near = mu, n_near + 1
        elif excess >= -epsilon and -margin < heard < 0.0:
            direction, n_near = -mu, n_near + 1
        kept, moved = 1.0 - min(rate * (lengths[i] - 1.0), 0.5), rate * direction
        weights = perceptrons[i]
        for j in range(row.size):
            weights[j] = kept * weights[j] + moved * row[j]
    return n_near


@kernel(fastmath=REASSOCIATE)
def _learn(weights, margins, rates, errors, before, counts, rows, targets, rho, epsilon, mu, adapt_every):
    """All rows: weights (K, n, M), the rest of the memory (K,), rows (n_rows, M), targets (n_rows, K)."""
    n_perceptrons = weights.shape[1]
    activity, lengths = np.empty(n_perceptrons), np.empty(n_perceptrons)
    fewest = epsilon * rho
    for t in range(rows.shape[0]):
        row = rows[t]
        for k in range(weights.shape[0]):
            votes = _hear(weights[k], row, activity, lengths)
            excess = min(max(votes / rho, -1.0), 1.0) - targets[t, k]
            n_near = _correct(weights[k], row, activity, lengths, excess, epsilon, mu, margins[k], rates[k])
            margins[k] += rates[k] * (fewest - min(4.0 * fewest, n_near))
            errors[k] += abs(excess)
            counts[k] += 1
            if 0 < adapt_every <= counts[k]:
                if errors[k] < before[k]:
                    rates[k] = min(1.1 * rates[k], 0.1)
                elif errors[k] > before[k]:
                    rates[k] = max(0.5 * rates[k], 1e-5)
                before[k], errors[k], counts[k] = errors[k], 0.0, 0
