"""The baselines of the study of ordinary series, against naive twins, and its own shares."""

import numpy as np
import pytest
from scipy.signal import lfilter

from tests.house.scripts import STUDIES, load


@pytest.fixture(scope="module")
def study():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(STUDIES))
        yield load(STUDIES, "ordinary_series")


@pytest.fixture(scope="module")
def seasonal(study):
    from ordinary.task import task

    rng = np.random.default_rng(0)
    return task(np.tile([0.0, 3, 1, 5], 40) + 0.1 * rng.normal(size=160), 100, 6, 4)


def test_simple_baselines(study, seasonal):
    origins, rows = seasonal.origins(5), seasonal.rows[:, 0]
    assert origins.tolist() == [100, 113, 127, 140, 154]
    last = study.BASELINES["last value"](seasonal, origins)[..., 0]
    ago = study.BASELINES["season ago"](seasonal, origins)[..., 0]
    for k, o in enumerate(origins):
        assert last[k].tolist() == [rows[o - 1]] * 6
        assert ago[k].tolist() == [*rows[o - 4 : o], *rows[o - 4 : o - 2]]


def test_the_order_of_an_autoregression_is_found(study, seasonal):
    from ordinary.baselines import best_autoregression

    rows = lfilter([1], [1, -1.6, 0.8], np.random.default_rng(1).normal(size=3000))
    coef, constant = best_autoregression(rows)
    assert len(coef) >= 2 and abs(constant) < 0.1
    np.testing.assert_allclose(coef[:2], [1.6, -0.8], atol=0.06)


@pytest.mark.parametrize("name", ["AR", "ridge", "season ago"])
def test_what_repeats_is_forecast(study, seasonal, name):
    origins = seasonal.origins(5)
    truth = np.stack([seasonal.rows[o : o + 6] for o in origins])
    assert study.missed(seasonal, study.BASELINES[name](seasonal, origins), truth) < 0.15


def test_a_line_of_the_table(study, seasonal):
    found = study.tried(seasonal, 0)
    assert found.share(2 * found.best) == pytest.approx(2) and found.seconds > 0
    assert study.line("four", seasonal, found, 0).startswith("| four | 100 | 1 | 6 | ")
    assert study.summary([found], 0)[0].startswith("1 series: share median")
    assert found.default < 3 * found.best and 0.5 < found.covered.mean() <= 1


def test_tasks_have_rows_for_all_that_is_asked(study, monkeypatch, tmp_path):
    monkeypatch.setenv("RESERVOIR_DATA", str(tmp_path))
    from ordinary.made import drawn_tasks

    tasks = drawn_tasks()
    for name, task in tasks.items():
        origins = task.origins(12)
        assert task.n_train <= origins[0] and origins[-1] + task.horizon <= len(task.rows), name
        assert np.isfinite(task.rows).all() and task.n_train >= 20, name
    real, missing = study.real_tasks(tmp_path)
    assert real == {} and len(missing) == 13 and "is not there" in missing[0]
