"""Models that have their answers at hand say what they would say themselves, and nothing else."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from reservoir import ReservoirClassifier, ReservoirRegressor
from reservoir.models.inference import Inference
from reservoir.models.precomputed import (
    PrecomputedAnswers,
    PrecomputedPooling,
    read_training_data,
    with_attributes,
    with_inference,
    with_readout,
)
from reservoir.readouts import RidgeReadout
from reservoir.sequences import read_sequences
from tests.sequence_cases import DATA, RAGGED, STACK, N, same_bits, small, step_values

LABELS = [np.where(values > 0.5, "high", "low") for values in step_values("list")]
PER_STEP = {
    "numbers": (ReservoirRegressor(small(), washout=3), step_values("list")),
    "vectors": (ReservoirRegressor(small()), step_values("list", 2)),
    "labels": (ReservoirClassifier(small(), pooling="mean"), LABELS),
}
PER_SEQUENCE = {
    "numbers": (ReservoirRegressor(small(), pooling="mean", washout=2), np.arange(N) / 3),
    "labels": (ReservoirClassifier(small(), pooling="mean"), list("abcab")),
    "labels by a classifier": (ReservoirClassifier(small(), LogisticRegression(), pooling="mean"), list("abcab")),
}


def with_answers(model, X):
    """The model with the answers of its readout to X, which are those of a regressor with the same features."""
    sequences = read_sequences(model, X, reset=False)
    states = model.reservoir_.transform(X)
    features = [np.hstack([x, u]) if model.include_input else x for x, u in zip(states, X, strict=True)]
    answers = model.readout_.predict(np.concatenate(features))
    return with_inference(model, PrecomputedAnswers(X, sequences, answers))


@pytest.mark.parametrize("model, y", PER_STEP.values(), ids=PER_STEP)
def test_precomputed_answers_have_the_same_bits(model, y):
    model.fit(RAGGED, y)
    knowing = with_answers(model, RAGGED)
    del knowing.reservoir_
    assert same_bits(knowing.predict(RAGGED), model.predict(RAGGED))
    assert same_bits(knowing.predict([member.copy() for member in RAGGED]), model.predict(RAGGED))
    assert knowing.score(RAGGED, y) == model.score(RAGGED, y)


@pytest.mark.parametrize("model, y", PER_SEQUENCE.values(), ids=PER_SEQUENCE)
def test_precomputed_pooling_has_the_same_bits(model, y):
    model.fit(RAGGED, y)
    sequences = read_sequences(model, RAGGED, reset=False)
    rows, _ = Inference().pooled_rows(model, sequences, None)
    knowing = with_inference(model, PrecomputedPooling(RAGGED, sequences, rows))
    del knowing.reservoir_
    assert same_bits(knowing.predict(RAGGED), model.predict(RAGGED))
    assert knowing.score(RAGGED, y) == model.score(RAGGED, y)


def test_other_data_are_refused():
    model = ReservoirRegressor(small()).fit(RAGGED, step_values("list"))
    knowing = with_answers(model, RAGGED)
    for X in (RAGGED[:2], STACK, [member + 1e-9 for member in RAGGED]):
        with pytest.raises(ValueError, match="Only the answers to the data of the fold are known"):
            knowing.predict(X)
    with pytest.raises(ValueError, match="Only the answers"):
        knowing.run(RAGGED, model.run(RAGGED)[1])


def test_the_model_stays_as_it_is():
    model = ReservoirRegressor(small(), RidgeReadout(0.1)).fit(RAGGED, step_values("list"))
    before = dict(vars(model))
    other = RidgeReadout(5.0)
    changed = with_readout(with_attributes(model, {"n_features_in_": 7}), other, 5.0)
    assert changed.readout_ is other and changed.readout.alpha == 5.0 and changed.n_features_in_ == 7
    read_training_data(model, DATA["stack"], step_values("stack"))
    assert vars(model) == before and model.readout.alpha == 0.1


@pytest.mark.parametrize("per_step", [True, False])
def test_training_data_are_read_as_fit_reads_them(per_step):
    y = LABELS if per_step else list("abcab")
    fitted, model = (
        ReservoirClassifier(small(), pooling="mean").fit(RAGGED, y),
        ReservoirClassifier(small(), pooling="mean"),
    )
    data = read_training_data(model, RAGGED, y)
    assert data.per_step is per_step and not hasattr(model, "classes_")
    assert same_bits(data.sequences.members(), RAGGED)
    assert len(data.targets) == (sum(map(len, RAGGED)) if per_step else N)
    assert np.array_equal(data.attributes["classes_"], fitted.classes_)
    learnt = {"reservoir_", "readout_", "pooling_", "_n_presented"}
    assert set(data.attributes) == set(vars(fitted)) - set(vars(model)) - learnt
