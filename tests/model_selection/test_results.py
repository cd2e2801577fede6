"""Scores that are no finite numbers are counted and said, and win nothing."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from reservoir.model_selection import ReservoirSearchCV
from reservoir.model_selection.candidates import configurations_of
from reservoir.model_selection.halving import survivors
from reservoir.model_selection.results import ascending
from reservoir.readouts.candidates import PenaltyWarning
from tests.model_selection.search_cases import WARM, X, Y, regressor

WASHOUTS = {"washout": [3, 4, 5, 6]}


def scorer_of(values):
    """The score of a candidate by its washout."""
    return lambda model, X, y: values[model.washout - 3]


@pytest.mark.parametrize("readout", [None, Ridge()], ids=["together", "one by one"])
@pytest.mark.parametrize(
    ("values", "count", "best"),
    [
        ([np.nan, 0.1, np.nan, 0.3], 6, 3), ([np.nan, -np.inf, -np.inf, np.nan], 12, 1),
        ([np.nan] * 4, 12, 0), ([0.1, np.inf, 0.2, np.nan], 6, 1), ([0.1, 0.2, 0.3, 0.0], 0, 2),
    ],
)  # fmt: skip
def test_scores_that_are_not_finite(values, count, best, readout):
    model = regressor() if readout is None else regressor().set_params(readout=readout)
    search = ReservoirSearchCV(model, WASHOUTS, cv=WARM, scoring=scorer_of(values))
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        search.fit(X, Y)
    assert len(found) == (count > 0)
    if count:
        assert f"One or more of the test scores are non-finite: {count} of 12 fits" in str(found[0].message)
        assert found[0].filename == __file__
    assert search.best_index_ == best
    ranks = search.cv_results_["rank_test_score"]
    if not np.isnan(values).all():
        assert (ranks[np.isnan(values)] > ranks[~np.isnan(values)].max()).all()
    if not np.isinf(values).any():  # scikit-learn sets NaN one below the lowest, which says nothing beside -inf
        theirs = GridSearchCV(regressor(), WASHOUTS, cv=WARM, scoring=scorer_of(values))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs.fit(X, Y)
        np.testing.assert_array_equal(ranks, theirs.cv_results_["rank_test_score"])


def test_what_failed_is_told_once():
    """A score for errors is no score that a metric gave."""
    with pytest.warns(FitFailedWarning, match="3 fits or scores") as found:
        ReservoirSearchCV(regressor(), {"reservoir__leak": [7.0, 0.5]}, cv=WARM).fit(X, Y)
    assert len(found) == 1
    first, reason = str(found[0].message).split("\n")[:2]
    assert first == "3 fits or scores of ReservoirSearchCV failed, their score is nan; the first with"
    assert reason.startswith("InvalidParameterError: The 'leak' parameter of EchoState must be")
    with pytest.warns(UserWarning, match="of the train scores are non-finite: 6 of 6"):
        search = ReservoirSearchCV(regressor(), {"washout": [3, 4]}, cv=WARM, return_train_score=True)
        search.set_params(scoring=lambda model, X, y: 0.0 if len(y) == 90 else np.nan).fit(X, Y)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_edges_of_the_candidates_are_told_once(n_jobs):
    """However many folds, seeds and workers; the fit on all rows speaks for itself."""
    grid = {"readout__alpha": ["gcv", "blocked"], "reservoir__leak": [0.5, 1.0]}
    model = regressor().set_params(readout__alphas=[1e-3, 1e3])
    with pytest.warns(PenaltyWarning, match=r"lies at an edge .* So it is in \d+ more fit") as found:
        ReservoirSearchCV(model, grid, cv=WARM, n_jobs=n_jobs, refit=False).fit(X, Y)
    assert [one.category for one in found] == [PenaltyWarning]


def test_each_metric_is_counted():
    scoring = {"good": "r2", "bad": scorer_of([np.nan] * 4)}
    with pytest.warns(UserWarning, match="of the test bad scores are non-finite: 12 of 12"):
        ReservoirSearchCV(regressor(), WASHOUTS, cv=WARM, scoring=scoring, refit="good").fit(X, Y)


def test_halving_keeps_no_candidate_without_a_score():
    candidates = [{"washout": washout} for washout in range(4)]
    kept = survivors(configurations_of(candidates), np.array([np.nan, -np.inf, np.nan, -3.0]), 2)
    assert [configuration.candidates for configuration in kept] == [(1,), (3,)]
    np.testing.assert_array_equal(ascending(np.array([np.nan, 2.0, -np.inf, 2.0, np.inf])), [0, 2, 1, 2, 3])


class Far(Ridge):
    """Answers whose squares are no numbers of this computer."""

    def predict(self, X):
        return np.full(len(X), 1e200)


def test_a_score_that_overflows_is_told_once():
    search = ReservoirSearchCV(regressor().set_params(readout=Far()), {"readout__alpha": [1.0, 2.0]}, cv=WARM)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        search.fit(X, Y[:, 0] if np.ndim(Y) == 2 else Y)
    assert [str(one.message).split(":")[0] for one in found] == ["One or more of the test scores are non-finite"]
