"""The main job keeps its promises."""

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.preprocessing import StandardScaler

from reservoir.datasets import load_japanese_vowels
from tests.house.scripts import STUDIES, load


@pytest.fixture(scope="module")
def compare():
    return load(STUDIES, "who_spoke")


SHORT = {"readout__alpha": [1.0], "reservoir__spectral_radius": [0.9]}


@pytest.mark.parametrize(
    ("search_seeds", "grid", "firsts"),
    [([0], SHORT, (100,)), pytest.param([0, 1, 2], {}, (100, 200, 300), marks=pytest.mark.long)],
    ids=["one ensemble", "as it is"],
)
def test_main_job_errors(compare, search_seeds, grid, firsts, monkeypatch):
    """Settings chosen on the training recordings; an ensemble makes at most 1 error."""
    monkeypatch.setattr(compare, "SEARCH_SEEDS", search_seeds)
    monkeypatch.setattr(compare, "GRID", compare.GRID | grid)
    X_train, X_test, y_train, y_test = load_japanese_vowels(return_X_y=True)
    scaler = StandardScaler().fit(np.concatenate(X_train))
    data = [scaler.transform(x) for x in X_train], y_train, [scaler.transform(x) for x in X_test], y_test
    with parallel_config(backend="sequential"):
        model = compare.choose_settings(*data[:2])
    assert 12 <= compare.run_baseline(*data)[0] <= 16
    for first in firsts:
        assert compare.run_ensemble(model, range(first, first + compare.N_MEMBERS), *data)[0] <= 1
