"""Tasks of a search in several processes, and in a store that survives crashes."""

import numpy as np
import pytest
from sklearn.base import clone

from reservoir.model_selection import ReservoirSearchCV
from tests.model_selection.search_cases import GROUP, WARM, X, Y, regressor, scores_of


@pytest.mark.parametrize("store", [False, True])
def test_the_same_bits_for_any_number_of_jobs(store, tmp_path):
    found = []
    for n_jobs in (None, 2):
        where = {"store": tmp_path / str(n_jobs)} if store else {}
        search = ReservoirSearchCV(regressor(), GROUP, cv=WARM, n_seeds=2, random_state=0, n_jobs=n_jobs, **where)
        found.append(scores_of(search.fit(X, Y)))
    for name, column in found[0].items():
        np.testing.assert_array_equal(column, found[1][name])


def test_a_search_resumes_from_its_store(tmp_path):
    search = ReservoirSearchCV(regressor(), GROUP, cv=WARM, store=tmp_path / "store", verbose=1)
    first = scores_of(search.fit(X, Y))
    files = sorted((tmp_path / "store").glob("??/*.done"))
    assert len(files) == 2  # 18 configurations are two tasks
    files[0].unlink()
    before = files[1].stat().st_mtime_ns
    again = scores_of(clone(search).fit(X, Y))
    assert len(sorted((tmp_path / "store").glob("??/*.done"))) == 2 and files[1].stat().st_mtime_ns == before
    for name, column in first.items():
        np.testing.assert_array_equal(column, again[name])
    clone(search).fit(X, Y + 1e-3)  # other data are another search
    assert len(sorted((tmp_path / "store").glob("??/*.done"))) == 4


def test_a_store_needs_parts_that_can_be_pickled(tmp_path):
    search = ReservoirSearchCV(regressor(), GROUP, cv=WARM, scoring=lambda model, X, y: 0.0, store=tmp_path / "s")
    with pytest.raises(ValueError, match="The 'store' parameter of ReservoirSearchCV must be"):
        search.fit(X, Y)
