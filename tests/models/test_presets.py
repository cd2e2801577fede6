"""Presets: models of whole sequences by name, which are estimators as any other, and what they can do."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.models import Mean
from reservoir.models.presets import PRESETS, parts_of
from reservoir.persistence import load, save
from reservoir.readouts import RidgeReadout
from reservoir.systems import Prepared

RNG = np.random.default_rng(0)
pytestmark = pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")
LABELS = np.arange(30) % 3
RAGGED = [
    np.sin(np.arange(length)[:, None] / (2.0 + label) + RNG.uniform(0, 6, 2)) + 0.1 * RNG.normal(size=(length, 2))
    for label, length in zip(LABELS, RNG.integers(20, 60, 30), strict=True)
]
NEW = [np.sin(np.arange(37)[:, None] / (2.0 + label) + np.array([1.0, 2.0])) for label in range(3)]
WHOLE = ["fast", "full"]


@pytest.fixture(scope="module", params=list(PRESETS))
def fitted(request):
    return ReservoirClassifier(preset=request.param).fit(RAGGED, LABELS)


def test_learns_and_answers_alike_alone_and_together(fitted):
    scores = fitted.decision_function(RAGGED)
    np.testing.assert_array_equal(scores, np.concatenate([fitted.decision_function([rows]) for rows in RAGGED]))
    np.testing.assert_array_equal(scores[::-1], fitted.decision_function(RAGGED[::-1]))
    if fitted.preset != "classic":
        np.testing.assert_array_equal(fitted.predict(NEW), [0, 1, 2])


def test_is_kept(fitted, tmp_path):
    save(fitted, tmp_path / "model.zip")
    loaded = load(tmp_path / "model.zip")
    np.testing.assert_array_equal(loaded.decision_function(NEW), fitted.decision_function(NEW))
    assert loaded.get_params() == fitted.get_params()
    again = clone(fitted).fit(RAGGED, LABELS)
    np.testing.assert_array_equal(again.decision_function(NEW), fitted.decision_function(NEW))


@pytest.mark.parametrize("preset", WHOLE)
def test_a_search_reaches_every_part_of_a_default_model(preset):
    lines = {"fast": "reservoir__system", "full": "reservoir__system__lines"}[preset]
    grid = {
        f"{lines}__delay__n_delays": [4],
        f"{lines}__input_weights__centred": [False],
        "reservoir__transformer__sequencescaler__with_mean": [False],
        "pooling__shares__n_thresholds": [2],
        "readout__slack": [0.1],
    }
    search = GridSearchCV(ReservoirClassifier(preset=preset), grid, cv=2).fit(RAGGED, LABELS)
    best = search.best_estimator_
    line = best.reservoir_.system_ if preset == "fast" else best.reservoir_.system_.systems_[0]
    assert len(np.unique(line.delays_)) <= 4 and best.pooling_.poolings_[0].thresholds_.shape[0] == 2
    assert not best.reservoir_.transformer_[1].with_mean and best.readout_.slack == 0.1
    assert search.best_score_ > 0.8


def test_classic_is_the_single_network_with_mean_states():
    given = ReservoirClassifier(EchoState(random_state=0), RidgeReadout("gcv"), pooling="mean", preset="full")
    classic = ReservoirClassifier(preset="classic").fit(RAGGED, LABELS)
    np.testing.assert_array_equal(given.fit(RAGGED, LABELS).decision_function(NEW), classic.decision_function(NEW))
    regressor = ReservoirRegressor(preset="classic").fit(RAGGED, LABELS)
    given = ReservoirRegressor(pooling="mean").fit(RAGGED, LABELS)
    np.testing.assert_array_equal(given.predict(NEW), regressor.predict(NEW))


def test_parts_that_are_given_are_taken():
    model = ReservoirClassifier(EchoState(20, random_state=0), preset="fast").fit(RAGGED, LABELS)
    assert model.reservoir_.n_units == 20 and model.readout_.n_features_in_ == 100 and model.readout_.alpha == "loo"
    model = ReservoirClassifier(None, LogisticRegression(), preset="fast", pooling=Mean()).fit(RAGGED, LABELS)
    assert isinstance(model.reservoir_, Prepared) and model.readout_.coef_.shape == (3, 576)
    assert model.predict_proba(NEW).shape == (3, 3)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_labels_for_every_step_have_a_default_of_their_own(preset):
    X, y = RAGGED[0], np.arange(len(RAGGED[0])) % 2
    model = ReservoirClassifier(preset=preset).fit(X, y)
    assert isinstance(model.reservoir_, EchoState) and model.readout_.alpha == "gcv"
    np.testing.assert_array_equal(
        model.decision_function(X), ReservoirClassifier(preset="classic").fit(X, y).decision_function(X)
    )
    assert isinstance(model.fit(RAGGED, LABELS).reservoir_, EchoState) == (preset == "classic")


@pytest.mark.parametrize("preset", WHOLE)
def test_real_targets_of_sequences(preset):
    targets = np.array([[1 / (2.0 + label), 3.0 * label] for label in LABELS])
    model = ReservoirRegressor(preset=preset).fit(RAGGED, targets)
    assert model.predict(NEW).shape == (3, 2) and model.score(RAGGED, targets) > 0.9
    np.testing.assert_array_equal(model.predict(NEW)[1:2], model.predict(NEW[1:2]))
    np.testing.assert_allclose(model.predict(NEW)[:, 1], [0, 3, 6], atol=1.5)


@pytest.mark.parametrize("preset", WHOLE)
@pytest.mark.parametrize("X", [RNG.normal(size=(8, 1, 3)), RNG.normal(size=(8, 2, 1)), np.ones((8, 5, 1))])
def test_short_sequences_and_constant_ones(preset, X):
    model = ReservoirClassifier(preset=preset).fit(X, [0, 1] * 4)
    assert np.isfinite(model.decision_function(X)).all()
    assert ReservoirClassifier(preset=preset).fit(X[:1], ["a"]).predict(X[:2]).tolist() == ["a", "a"]


def test_weights_labels_of_pandas_and_members():
    labels = pd.Series(["a", "b", "c"])[LABELS].reset_index(drop=True)
    heavy = np.where(LABELS == 2, 0.0, 2.0)
    model = ReservoirClassifier(preset="fast", class_weight="balanced").fit(RAGGED, labels, sample_weight=heavy)
    assert set(model.predict(RAGGED)) == {"a", "b"}
    several = ReservoirClassifier(preset="fast", n_members=2).fit(RAGGED, labels)
    seeds = [member.reservoir_.system_.random_state for member in several.members_]
    assert seeds[0] != seeds[1] and several.predict(NEW).tolist() == ["a", "b", "c"]


def test_seeds_come_from_one():
    assert {
        parts_of("full", 3).reservoir.system.get_params()[f"{name}__random_state"] for name in ("lines", "rings")
    } != {0}
    first, again, other = (parts_of("full", seed).reservoir.get_params() for seed in (0, 0, 1))
    differ = {name for name in first if name.endswith("random_state") and first[name] != other[name]}
    assert len(differ) == 2 and all(first[name] == again[name] for name in differ)


def test_nothing_goes_on_from_a_bank():
    model = ReservoirClassifier(preset="fast").fit(RAGGED, LABELS)
    _, finals = model.run(NEW)
    assert finals == [None] * 3
    with pytest.raises(
        ValueError, match="The 'state' parameter of ReservoirClassifier must be None: states of its system"
    ):
        model.run(NEW, finals)


@pytest.mark.parametrize(
    "estimator, name", [(ReservoirClassifier(), "reservoir"), (ReservoirRegressor(), "readout"), (Prepared(), "system")]
)
def test_a_wrong_name_makes_no_part(estimator, name):
    with pytest.raises(ValueError, match="Invalid parameter 'colour'"):
        estimator.set_params(**{f"{name}__colour": 1})
    assert getattr(estimator, name) is None


def test_a_preset_has_a_name():
    with pytest.raises(
        ValueError, match="The 'preset' parameter of ReservoirClassifier must be one of 'fast', 'full', 'classic'"
    ):
        ReservoirClassifier(preset="best").fit(RAGGED, LABELS)
    with pytest.raises(ValueError, match="The 'preset' parameter of ReservoirRegressor"):
        ReservoirRegressor(preset="best").fit(RAGGED, LABELS)


def test_real_recordings(shared_data):
    """Far above the single network on the official split; the margins are five times what seeds move."""
    file = np.load(shared_data / "ucr" / "ArrowHead.npz")
    split = [file[name] for name in ("X_train", "y_train", "X_test", "y_test")]
    scores = {name: ReservoirClassifier(preset=name).fit(*split[:2]).score(*split[2:]) for name in PRESETS}
    assert scores["fast"] > 0.8 and scores["full"] > 0.8 and scores["classic"] < 0.75
