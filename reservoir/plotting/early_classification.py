"""How soon a classifier of whole sequences knows."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.base import is_regressor
from sklearn.metrics import accuracy_score

from reservoir.docstrings import documented_with
from reservoir.parts import Labels, Numbers, SequenceData, check_part
from reservoir.plotting.display import Display, legend_above, styled
from reservoir.plotting.palette import BLUE, GREY
from reservoir.sequences import read_sequences
from reservoir.targets import read_labels
from reservoir.validation import parameter_error, real_array


class SequenceClassifier(Protocol):
    """A fitted scikit-learn classifier with one label per sequence."""

    def predict(self, X: Any) -> Any: ...

    def get_params(self) -> dict[str, Any]: ...


@documented_with(Display)
@dataclass(eq=False, repr=False)
class EarlyClassificationDisplay(Display):
    """Accuracy against the share of the rows of every sequence that has been seen.

        accuracy(s) = mean of [predict(x(1), ..., x(ceil(s T))) = y]

    with T the number of rows of a sequence. Of sequences of one length the share is a number of rows. A dashed line is
    the share of the most frequent label, which needs no row at all.

    Parameters
    ----------
    shares : array (n_shares,)
        Shares of the rows, in (0, 1], in ascending order.
    accuracies : array (n_shares,)
        Accuracy on the sequences that are cut there.
    chance : float or None, default None
        Share of the most frequent label; None draws none.

    Raises
    ------
    ValueError
        For shares outside (0, 1], what is no classifier of whole sequences, and labels that do not fit X.

    References
    ----------
    Xing, Pei, Yu 2012, Early classification on time series, Knowledge and Information Systems 31(1):105-127,
    doi:10.1007/s10115-011-0400-x.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirClassifier
    >>> from reservoir.plotting import EarlyClassificationDisplay
    >>> steps = np.arange(40)
    >>> X = [np.sin(steps / pace + shift).reshape(-1, 1) for pace in (2, 4) for shift in range(6)]
    >>> y = ["fast"] * 6 + ["slow"] * 6
    >>> model = ReservoirClassifier(EchoState(50, bias_scaling=0.5, random_state=0)).fit(X, y)
    >>> display = EarlyClassificationDisplay.from_estimator(model, X, y, shares=[0.25, 0.5, 1.0])
    >>> display.accuracies.shape, float(display.accuracies[-1])
    ((3,), 1.0)
    """

    shares: np.ndarray
    accuracies: np.ndarray
    _: KW_ONLY
    chance: float | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: SequenceClassifier,
        X: SequenceData,
        y: Labels,
        *,
        shares: Numbers | None = None,
        ax: Any = None,
    ) -> EarlyClassificationDisplay:
        """Ask a fitted classifier for the beginnings of sequences, and draw how often it is right.

        Parameters
        ----------
        estimator : a classifier of whole sequences
            `ReservoirClassifier`, `RNNClassifier`, a pipeline or a search of these, or another scikit-learn classifier
            that takes stacks or lists.
        X : stack (N, T, F) or list of series (T_i, F)
        y : labels (N,)
        shares : None or numbers in (0, 1], default None
            None is 0.05, 0.1, ..., 1. One row behind the washout of a model is seen at least.
        ax : None or Axes, default None

        Returns
        -------
        EarlyClassificationDisplay
        """
        owner = cls.__name__
        check_part(owner, "estimator", estimator, SequenceClassifier)
        if is_regressor(estimator):
            raise parameter_error(owner, "estimator", "a classifier of whole sequences", estimator)
        cuts = real_array(np.linspace(0.05, 1.0, 20) if shares is None else shares)
        if cuts is None or cuts.ndim != 1 or not cuts.size or not ((cuts > 0) & (cuts <= 1)).all():
            raise parameter_error(owner, "shares", "None or numbers in (0, 1]", shares)
        cuts = np.unique(cuts)
        sequences = read_sequences(estimator, X, reset=False, gaps=True)
        labels, per_step, known = read_labels(owner, y, sequences)
        if per_step:
            raise parameter_error(owner, "y", "one label for each sequence of a stack or list", y)
        least = 1 + getattr(getattr(estimator, "best_estimator_", estimator), "washout", 0)
        members: Any = X
        found = []
        for share in cuts:
            ends = np.maximum(np.ceil(share * sequences.lengths - 1e-9).astype(int), least)
            seen = [rows[:end] for rows, end in zip(members, ends, strict=True)]
            answers = np.asarray(estimator.predict(np.stack(seen) if sequences.kind == "stack" else seen))
            found.append(float(accuracy_score(labels[known], answers[known])))
        chance = np.unique(labels[known], return_counts=True)[1].max() / np.count_nonzero(known)
        return cls(cuts, np.array(found), chance=float(chance)).plot(ax)

    @styled
    def plot(self, ax: Any = None) -> EarlyClassificationDisplay:
        """Draw the line.

        Parameters
        ----------
        ax : None, Axes or array of one Axes, default None
            None makes a figure.

        Returns
        -------
        self
        """
        (panel,) = self._open(ax, size=(4.6, 3.2))
        panel.plot(self.shares, self.accuracies, "o-", color=BLUE, markersize=3.5, label="accuracy")
        if self.chance is not None:
            panel.axhline(self.chance, color=GREY, linestyle=(0, (5, 2)), linewidth=1, label="most frequent label")
        panel.set(xlabel="share of the rows seen", ylabel="accuracy", xlim=(0, 1.02), ylim=(0, 1.03))
        legend_above(panel, 2)
        return self
