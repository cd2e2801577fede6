"""Searches: what is drawn is what was found."""

from types import SimpleNamespace

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from reservoir.plotting import (
    SearchDisplay,
)
from tests.plotting.displays import MAKERS, RESULTS, lines

RNG = np.random.default_rng(1)


def test_candidates_and_the_best_of_each_value():
    display = MAKERS["SearchDisplay"]()
    assert display.parameters == ["alpha", "reservoir__leak"]
    for panel, name in zip(display.axes_, display.parameters, strict=True):
        values = np.asarray(RESULTS[f"param_{name}"], dtype=float)
        points = lines(panel, "candidates")[0].get_xydata()
        np.testing.assert_array_equal(points, np.column_stack([values, RESULTS["mean_test_score"]]))
        (bars,) = panel.containers
        for x, y in zip(*bars[0].get_data(), strict=True):
            assert y == np.nanmax(RESULTS["mean_test_score"][values == x])
        place = int(np.nanargmax(RESULTS["mean_test_score"]))
        assert lines(panel, "best")[0].get_xydata().tolist() == [[values[place], 7.0]]
    whiskers = display.axes_[0].containers[0][2][0].get_segments()
    np.testing.assert_allclose(np.ptp(whiskers[1][:, 1]), 2 * RESULTS["std_seed_score"][4])
    assert [panel.get_xscale() for panel in display.axes_] == ["log", "linear"]


def test_a_search_of_scikit_learn_over_words_parts_and_missing_values():
    class Part(BaseEstimator):
        def __init__(self, size=1):
            self.size = size

    X, y = RNG.normal(size=(30, 2)), RNG.normal(size=30)
    grid = [{"alpha": [0.1, 1.0]}, {"solver": ["svd", "cholesky"], "alpha": [0.1]}]
    search = GridSearchCV(Ridge(), grid, cv=3).fit(X, y)
    display = SearchDisplay.from_estimator(search)
    assert display.parameters == ["alpha", "solver"]
    drawn = lines(display.axes_[1], "candidates")[0].get_xdata()
    assert np.isnan(drawn[:2]).all() and drawn[2:].tolist() == [0, 1]
    results = dict(RESULTS, param_part=np.ma.array([Part(k) for k in (1, 2, 3)] * 3, dtype=object))
    parts = SearchDisplay.from_estimator(SimpleNamespace(cv_results_=results)).axes_[-1]
    assert [label.get_text() for label in parts.get_xticklabels()] == ["Part()", "Part(size=2)", "Part(size=3)"]


def test_one_of_several_metrics():
    X, y = RNG.normal(size=(30, 2)), RNG.normal(size=30)
    search = GridSearchCV(
        Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=3, scoring=["r2", "neg_max_error"], refit="neg_max_error"
    )
    search.fit(X, y)
    assert SearchDisplay.from_estimator(search).metric == "neg_max_error"
    display = SearchDisplay.from_estimator(search, metric="r2")
    found = lines(display.ax_, "best")[0].get_ydata()[0]
    assert found == search.cv_results_["mean_test_r2"].max() and display.ax_.get_ylabel() == "r2"
