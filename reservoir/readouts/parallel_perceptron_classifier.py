"""Classification by parallel perceptrons."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Self

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from reservoir.docstrings import documented_with
from reservoir.estimators import ClassifierMixin
from reservoir.parts import Labels, Numbers
from reservoir.readouts.parallel_perceptron import ParallelPerceptron
from reservoir.readouts.rows import read_labelled
from reservoir.validation import Parameters, parameter_error, unchanged_on_error


@documented_with(ParallelPerceptron)
@dataclass(eq=False, repr=False)
class ParallelPerceptronClassifier(ClassifierMixin, ParallelPerceptron):
    """Classification by the votes of perceptrons, trained by the p-delta rule.

    The rule is that of `ParallelPerceptronRegressor`, with the targets 1 for a class and -1 for the others. Two
    classes need one group of perceptrons, more need one per class; the class with the largest sum of votes wins. Equal
    sums are decided by what the perceptrons hear.

    Parameters
    ----------
    n_perceptrons : odd int >= 1, default 15
        Perceptrons per group; odd, so that the votes are never equal.
    epsilon : float in (0, 2), default 0.51
        Error on the scale of [-1, 1] that is let pass; epsilon rho perceptrons are kept within the margin.
    rho : None or float in (0, n_perceptrons], default 1.0
        Sum of votes at which the output is 1. With 1 a bare majority is enough. None is n_perceptrons / 2.
    mu : float >= 0, default 1.0
        Weight of the cases in the margin.
    adapt_every : None or int >= 1, default 500
        Rows after which the learning rate changes, as in the regressor. None keeps it.

    Attributes
    ----------
    classes_ : array (n_classes,)
    coef_ : array (n_groups, n_perceptrons, n_features)
    intercept_ : array (n_groups, n_perceptrons)
    margin_, learning_rate_ : arrays (n_groups,)

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, fewer than two classes, a label that is not among the
        classes, and another number of features than before.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.readouts import ParallelPerceptronClassifier
    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(500, 2))
    >>> readout = ParallelPerceptronClassifier(random_state=0).fit(X, X[:, 0] > X[:, 1])
    >>> readout.predict([[0.5, -0.5], [-0.5, 0.5]])
    array([ True, False])
    """

    n_perceptrons: int = 15
    _: KW_ONLY
    epsilon: float = 0.51
    rho: float | None = 1.0
    mu: float = 1.0
    adapt_every: int | None = 500

    learned = ParallelPerceptron.learned | {"classes_": "labels (c)"}

    @unchanged_on_error
    def fit(self, X: Numbers, y: Labels) -> Self:
        """Learn from these rows alone, in `n_epochs` passes.

        Parameters
        ----------
        X : array (n_rows, n_features)
        y : array (n_rows,)
            Labels of at least two classes.
        """
        self.__dict__.pop("memory_", None)
        self._check_parameters()
        rows, labels = read_labelled(self, X, y, reset=True)
        self._check_labels(labels)
        self.classes_ = self._read_classes(labels)
        return self._train(rows, self._targets(labels), self.n_epochs, self.shuffle)

    @unchanged_on_error
    def partial_fit(self, X: Numbers, y: Labels, classes: Labels | None = None) -> Self:
        """Go on learning from these rows, once and in their order.

        Parameters
        ----------
        X : array (n_rows, n_features)
        y : array (n_rows,)
        classes : None or array (n_classes,)
            All labels that will come; needed in the first call.
        """
        self._check_parameters()
        known = hasattr(self, "memory_")
        if not known and classes is None:
            raise parameter_error("partial_fit", "classes", "given in the first call", classes)
        rows, labels = read_labelled(self, X, y, reset=not known)
        self._check_labels(labels)
        if classes is not None:
            given = self._read_classes(classes)
            if known and not np.array_equal(given, self.classes_):
                raise parameter_error("partial_fit", "classes", f"those of the first call, {self.classes_}", classes)
            self.classes_ = given
        return self._train(rows, self._targets(labels), 1, False)

    def decision_function(self, X: Numbers) -> np.ndarray:
        """Sum of the votes over their number, with the share of one vote for what the perceptrons hear.

        (n_rows,), positive for classes_[1], or (n_rows, n_classes) for more than two classes.
        """
        votes, heard = self._votes(X)
        values = (votes + 0.5 * heard / (1 + np.abs(heard))) / self.coef_.shape[1]
        return values[:, 0] if len(self.classes_) == 2 else values

    def predict(self, X: Numbers) -> np.ndarray:
        """The class of every row (n_rows,); a row's result does not depend on the other rows."""
        values = self.decision_function(X)
        return self.classes_[(values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)]

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.n_perceptrons % 2 == 0:
            raise Parameters(self).error("n_perceptrons", "odd")

    def _check_labels(self, y: np.ndarray) -> None:
        if y.dtype == object and len({type(label) for label in y}) > 1:
            raise ValueError(f"The labels y of {type(self).__name__} must be of one type that sorts.")
        check_classification_targets(y)

    def _read_classes(self, labels: Labels) -> np.ndarray:
        classes = np.unique(labels)
        if len(classes) < 2:
            name = type(self).__name__
            raise ValueError(f"{name} needs labels of at least two classes. Got {len(classes)} class: {classes}.")
        return classes

    def _targets(self, y: np.ndarray) -> np.ndarray:
        """1 for the class of a row and -1 for others (n_rows, n_groups)."""
        unknown = np.setdiff1d(y, self.classes_)
        if unknown.size:
            raise ValueError(f"y of {type(self).__name__} has labels that are not among the classes: {unknown}.")
        sought = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        return np.where(y[:, None] == sought, 1.0, -1.0)
