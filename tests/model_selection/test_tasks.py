"""Tasks of a search in several processes, and in a store that survives crashes."""

import copy
import sys
import threading

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import make_scorer

from reservoir.model_selection import ReservoirSearchCV
from reservoir.model_selection.tasks import _digest
from reservoir.readouts import RidgeReadout
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
    lock = threading.Lock()
    search = ReservoirSearchCV(regressor(), GROUP, cv=WARM, scoring=lambda *_: bool(lock), store=tmp_path / "s")
    with pytest.raises(ValueError, match=r"The 'store' parameter of ReservoirSearchCV must be None.*cannot pickle"):
        search.fit(X, Y)
    assert not (tmp_path / "s").exists()


def test_a_store_tells_masks_units_and_kinds_of_arrays_apart():
    """What their numbers do not say counts too, in data and in parameters."""
    plain = np.arange(4.0)
    mv, ma = pytest.importorskip("brian2").mV, pytest.importorskip("brian2").mA
    values = [
        plain, plain + 1, plain.view(np.matrix), np.ma.array(plain, mask=[0, 1, 0, 0]),
        np.ma.array(plain, mask=[1, 0, 0, 0]), plain * mv, plain * ma, 5 * mv, 5 * ma, pd.Series(plain),
        pd.Series(plain, index=[3, 1, 2, 0]), pd.DataFrame({"a": plain}), pd.DataFrame({"b": plain}),
    ]  # fmt: skip
    for put in (lambda value: value, lambda value: [{"reservoir__bias": value}]):
        digests = [_digest(put(value)) for value in values]
        assert len(set(digests)) == len(values)
        assert [_digest(put(copy.deepcopy(value))) for value in values] == digests


def edited(text, monkeypatch):
    """What a cell of a notebook defines, under one name whatever its code."""
    held = {"__name__": "__main__", "RidgeReadout": RidgeReadout}
    exec(text, held)
    monkeypatch.setattr(sys.modules["__main__"], "Edited", held["Edited"], raising=False)
    return held["Edited"]


def test_a_store_tells_edits_under_one_name_apart(tmp_path, monkeypatch):
    def found(grid, **options):
        search = ReservoirSearchCV(regressor(), grid, cv=WARM, store=tmp_path / "store", **options)
        return search.fit(X, Y).best_score_

    def scored(value, wrap=lambda scorer: scorer, **options):
        scorer = edited(f"def Edited(model, X, y): return {value}", monkeypatch)
        return found({"washout": [3]}, scoring=wrap(scorer), **options)

    assert [scored(value) for value in (1.0, 100.0, 1.0)] == [1.0, 100.0, 1.0]
    scorers = [lambda *_, value=value: value for value in (8.0, 9.0)]
    assert [found({"washout": [3]}, scoring=scorer) for scorer in scorers] == [8.0, 9.0]
    assert [scored(value, lambda s: {"a": s}, refit="a") for value in (2.0, 3.0)] == [2.0, 3.0]
    assert [scored(value, WARM.scorer) for value in (4.0, 5.0)] == [4.0, 5.0]
    metric = "def Edited(y, said): return {}"
    scores = [
        found({"washout": [3]}, scoring=make_scorer(edited(metric.format(value), monkeypatch))) for value in (6.0, 7.0)
    ]
    assert scores == [6.0, 7.0]
    readout = "class Edited(RidgeReadout):\n    def predict(self, X): return super().predict(X) * {}"
    scores = [found({"readout": [edited(readout.format(factor), monkeypatch)()]}) for factor in (1.0, 2.0, 1.0)]
    assert scores[0] == scores[2] > 0 > scores[1]
