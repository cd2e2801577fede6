"""Poolings that learn, against naive NumPy; how models let them learn; lists of poolings."""

import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.model_selection import ReservoirSearchCV
from reservoir.models import Joined, Last, Max, Mean, Segments, Shares, fit_in_parts
from reservoir.models.poolings.tally import Asks, Tally
from reservoir.preprocessing import SequenceScaler, WithGradient
from reservoir.readouts import RidgeReadout
from reservoir.systems import DeepEchoState, Reversed, SideBySide
from tests.models.test_pooling import refused

RNG = np.random.default_rng(7)
RAGGED = [np.sin(np.arange(n) / pace + shift).reshape(-1, 1) for n, pace, shift in zip(
    [1, 2, *RNG.integers(8, 40, 22)], np.tile([2, 3, 4], 8), RNG.uniform(0, 6, 24), strict=True)]  # fmt: skip
LABELS = np.tile(["fast", "middle", "slow"], 8)
LIST = [(Shares(3, 4, random_state=1), 1.0), (Max(), 0.5), "mean"]


def system(n_units=10, **parameters):
    return EchoState(n_units, **{"random_state": 0, "bias_scaling": 0.3, **parameters})


def both(dtype="float32", **parameters):
    forward, backward = system(dtype=dtype, **parameters), system(7, leak=0.4, dtype=dtype, **parameters)
    return SideBySide([("forward", forward), ("backward", Reversed(backward))])


def naive_thresholds(shares, sequences):
    """The thresholds, drawn and interpolated one by one."""
    rng = np.random.default_rng(shares.random_state)
    n, n_columns = len(sequences), sequences[0].shape[1]
    if n < shares.n_thresholds:
        chosen = rng.integers(n, size=(shares.n_groups, shares.n_thresholds))
    else:
        chosen = [rng.choice(n, shares.n_thresholds, replace=False) for _ in range(shares.n_groups)]
    quantiles = rng.random((shares.n_thresholds, n_columns))
    found = np.empty((shares.n_thresholds, n_columns))
    for i in range(n_columns):
        group = next(g for g in range(shares.n_groups) if (g + 1) * n_columns // shares.n_groups > i)
        for k in range(shares.n_thresholds):
            found[k, i] = np.quantile(sequences[chosen[group][k]][:, i].astype(float), quantiles[k, i])
    return found


def naive_shares(rows, thresholds):
    return np.concatenate([np.mean(rows > threshold, axis=0) for threshold in thresholds])


def naive_sum(rows):
    """The sum row by row."""
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += row
    return total


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_columns", [1, 5, 300])
@pytest.mark.parametrize("n_sequences", [1, 3, 9])
def test_thresholds_and_shares(n_columns, n_sequences, dtype):
    sequences = [RNG.normal(size=(n, n_columns)).astype(dtype) for n in [1, 2, *range(5, 40, 5)][:n_sequences]]
    shares = Shares(4, 3, random_state=2).fit(lambda chosen: (sequences[k] for k in chosen), n_sequences)
    assert shares.thresholds_.dtype == dtype
    rtol = 1e-12 if dtype == "float64" else 1e-6
    np.testing.assert_allclose(shares.thresholds_, naive_thresholds(shares, sequences), rtol=rtol, atol=rtol)
    for rows in (*sequences, RNG.normal(size=(700, n_columns)).astype(dtype)):
        assert np.array_equal(shares.pool(rows), naive_shares(rows, shares.thresholds_))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_columns", [1, 255, 256, 600])
def test_counts_however_rows_are_cut(n_columns, dtype):
    rows = RNG.normal(size=(90, n_columns)).astype(dtype)
    thresholds = RNG.normal(size=(3, n_columns)).astype(dtype)
    tally = Tally(Asks(thresholds, highest=True, sums=True))
    for ends in ([90], [1, 2, 90], list(range(1, 91)), [50, 90]):
        for first, last in zip([0, *ends], ends, strict=False):
            tally.add(rows[first:last])
        counts = tally.take()
        assert np.array_equal(counts.above / counts.n_rows, [np.mean(rows > one, axis=0) for one in thresholds])
        assert np.array_equal(counts.highest, rows.max(axis=0)) and np.array_equal(counts.sums, naive_sum(rows))


def expected_vectors(model, X, states):
    """What the readout sees of sequences with these states, in plain NumPy."""
    shares, *_ = model.pooling_.poolings_
    vectors = np.stack([
        np.concatenate([naive_shares(rows, shares.thresholds_), rows.max(axis=0), naive_sum(rows) / len(rows)])
        for rows in states
    ])  # fmt: skip
    return (vectors - model.pooling_.mean_) / model.pooling_.scale_


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reservoir", [
    lambda **kind: system(**kind), both, lambda **kind: Reversed(system(**kind)),
    lambda **kind: DeepEchoState(system(**kind), 2, random_state=0),
    lambda **kind: SideBySide([("inner", both(**kind)), ("turned", Reversed(both(**kind)))]),
], ids=["echo", "side by side", "reversed", "deep", "nested"])  # fmt: skip
def test_a_model_sees_the_naive_vectors_bit_for_bit(reservoir, dtype):
    """One by one, in a list, in any order, in a stack, and where a sequence is longer than a block."""
    model = ReservoirClassifier(reservoir(dtype=dtype), LogisticRegression(), pooling=LIST).fit(RAGGED, LABELS)
    seen = lambda X: model._inference.pooled_rows(model, model._inference.read(model, X), None)[0]  # noqa: E731
    long = RNG.normal(size=(9000, 1))
    X = [*RAGGED, long, RAGGED[5]]
    expected = expected_vectors(model, X, [model.reservoir_.transform(x) for x in X])
    assert np.array_equal(seen(X), expected)
    assert np.array_equal(seen(X[::-1]), expected[::-1])
    assert np.array_equal(np.concatenate([seen([x]) for x in X]), expected)
    stack = RNG.normal(size=(5, 30, 1))
    assert np.array_equal(seen(stack), seen(list(stack)))


def test_columns_are_standardised_over_the_training_sequences_times_their_weights():
    model = ReservoirClassifier(both(), LogisticRegression(), pooling=LIST).fit(RAGGED, LABELS)
    vectors = model._inference.pooled_rows(model, model._inference.read(model, RAGGED), None)[0]
    deviations = np.repeat([1.0, 0.5, 1.0], model.pooling_.widths_)
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-9)
    known = vectors.std(axis=0) > 0
    np.testing.assert_allclose(vectors.std(axis=0)[known], deviations[known], rtol=1e-6)
    assert known.mean() > 0.9


def test_a_constant_column_is_not_divided():
    joined = Joined([Max()]).fit(lambda chosen: (np.ones((3, 2)) for _ in chosen), 4)
    vectors = np.array([[1.0, 2.0]] * 4)
    joined.fit_vectors(vectors, np.ones(4, bool))
    assert np.array_equal(joined.scale_, [1.0, 1.0]) and np.array_equal(vectors, np.zeros((4, 2)))


@pytest.mark.parametrize("pooling", [Shares(2, random_state=0), LIST, ["segments", "last"], Joined([Mean(), Last()])])
@pytest.mark.parametrize("include_input", [False, True])
def test_contract(pooling, include_input):
    check_sequence_estimator(ReservoirClassifier(system(), pooling=pooling, include_input=include_input, washout=2))
    check_sequence_estimator(ReservoirRegressor(both(), pooling=pooling, include_input=include_input))


def test_states_are_never_held_for_all_sequences():
    """The states take 240 MB, what is pooled 1.6 MB."""
    X, y = [RNG.uniform(size=(500, 1)) for _ in range(200)], np.arange(200) % 2
    model = ReservoirClassifier(both().set_params(forward__n_units=200, backward__system__n_units=100), pooling=LIST)
    model.set_params(readout=RidgeReadout(1.0)).fit(X[:4], y[:4])
    tracemalloc.start()
    model.fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e7


def test_labels_are_not_looked_at():
    pooling = Shares(3, random_state=0)
    models = [ReservoirClassifier(both(), pooling=pooling).fit(RAGGED, y) for y in (LABELS, LABELS[::-1])]
    assert np.array_equal(*(model.pooling_.thresholds_ for model in models))


def test_sequences_that_are_not_learnt_are_left_out():
    """A weight of 0 and a missing label are as good as no sequence."""
    y, kept = LABELS.astype(object), np.arange(24) % 5 > 0
    y[~kept] = None
    model = ReservoirClassifier(both(), pooling=LIST, include_input=True)
    fewer = clone(model).fit([x for x, one in zip(RAGGED, kept, strict=True) if one], LABELS[kept])
    for same in (clone(model).fit(RAGGED, y), clone(model).fit(RAGGED, LABELS, sample_weight=kept * 1.0)):
        assert np.array_equal(same.decision_function(RAGGED), fewer.decision_function(RAGGED))


def test_every_fold_learns_by_itself():
    model = ReservoirClassifier(both(), RidgeReadout(1.0), pooling=LIST)
    folds = list(KFold(3).split(RAGGED))
    scores = cross_val_score(model, RAGGED, LABELS, cv=folds, error_score="raise")
    for (train, test), score in zip(folds, scores, strict=True):
        own = clone(model).fit([RAGGED[k] for k in train], LABELS[train])
        assert own.score([RAGGED[k] for k in test], LABELS[test]) == score


def test_search_finds_what_grid_search_finds():
    grid = {"reservoir__spectral_radius": [0.3, 0.9], "readout__alpha": [1e-3, 1.0]}
    model = ReservoirClassifier(system(), RidgeReadout(1.0), pooling=LIST)
    folds = KFold(3, shuffle=True, random_state=0)
    found = [search(model, grid, cv=folds).fit(RAGGED, LABELS) for search in (GridSearchCV, ReservoirSearchCV)]
    assert np.array_equal(*(search.cv_results_["mean_test_score"] for search in found))


@pytest.mark.parametrize("pooling, name", [
    (Shares(random_state=0), "pooling__n_thresholds"),
    (Joined([Shares(random_state=0), Max()]), "pooling__shares__n_thresholds"),
    ([Shares(random_state=0), "max", "max"], "pooling__shares__n_thresholds"),
    ([Shares(random_state=0), Shares(8, random_state=0)], "pooling__shares-1__n_thresholds"),
    ("segments", "pooling__n_segments"),
])  # fmt: skip
def test_search_reaches_the_parameters_of_a_pooling(pooling, name):
    model = ReservoirClassifier(system(), RidgeReadout(1.0), pooling=pooling)
    search = GridSearchCV(model, {name: [1, 6]}, cv=KFold(3), error_score="raise").fit(RAGGED, LABELS)
    assert search.best_params_[name] in (1, 6)
    widths = {len(clone(model).set_params(**{name: k}).fit(RAGGED, LABELS).readout_.coef_.T) for k in (1, 6)}
    assert len(widths) == 2


def test_parts_of_a_list_by_name():
    joined = Joined([Shares(2), "max", Segments(2), Segments(4)], weights=[1, 1, 0.5, 2])
    assert {"shares__n_thresholds", "segments-1", "segments-2__n_segments"} <= set(joined.get_params())
    joined.set_params(**{"segments-2__n_segments": 5, "shares": Last()})
    assert joined.poolings[3].n_segments == 5 and isinstance(joined.poolings[0], Last)
    assert clone(joined).get_params()["segments-2__n_segments"] == 5
    with pytest.raises(ValueError, match="Invalid parameter 'colour'"):
        joined.set_params(colour=3)


def test_training_that_goes_on_keeps_what_the_first_call_learnt():
    model = ReservoirRegressor(both(), RidgeReadout(1e-3), pooling=LIST)
    first, rest = slice(0, 10), slice(10, None)
    y = np.arange(24.0)
    going_on = clone(model).partial_fit(RAGGED[first], y[first])
    learnt = going_on.pooling_.mean_.copy()
    going_on.partial_fit(RAGGED[rest], y[rest])
    assert np.array_equal(going_on.pooling_.mean_, learnt)
    in_parts = fit_in_parts(clone(model), [(RAGGED[first], y[first]), (RAGGED[rest], y[rest])], n_jobs=1)
    np.testing.assert_allclose(in_parts.predict(RAGGED), going_on.predict(RAGGED), rtol=1e-6, atol=1e-6)


def test_members_learn_by_themselves_and_share_what_is_learnt_of_the_input():
    model = ReservoirClassifier(both(), RidgeReadout(1.0), pooling=LIST, include_input=True, n_members=3)
    model.fit(RAGGED, LABELS)
    means = [member.pooling_.mean_ for member in model.members_]
    assert not np.array_equal(means[0], means[1])
    assert all(member.input_pooling_ is model.input_pooling_ for member in model.members_)
    scores = np.mean([member.decision_function(RAGGED) for member in model.members_], axis=0)
    np.testing.assert_allclose(model.decision_function(RAGGED), scores, rtol=1e-12)


def test_noise_is_that_of_the_training_presentations():
    """Thresholds are quantiles of what the readout learns from, in the same trials."""
    model = ReservoirClassifier(system(noise=0.3), pooling=Shares(3, 4, random_state=1)).fit(RAGGED, LABELS)
    noisy = model.reservoir_.run(RAGGED, trial=np.arange(24))[0]
    np.testing.assert_allclose(model.pooling_.thresholds_, naive_thresholds(model.pooling_, noisy), rtol=1e-12)


def test_pieces_between_gaps_are_counted_together():
    X = [np.vstack([x, [[np.nan]], x[:5]]) for x in RAGGED[2:]]
    model = ReservoirClassifier(system(), LogisticRegression(), pooling=LIST, gaps="split", washout=2)
    model.fit(X, LABELS[2:])
    states = [np.vstack([model.reservoir_.transform(x)[2:], model.reservoir_.transform(x[:5])[2:]]) for x in RAGGED[2:]]
    seen = model._inference.pooled_rows(model, model._inference.read(model, X), None)[0]
    assert np.array_equal(seen, expected_vectors(model, X, states))


def test_in_a_pipeline():
    steps = make_pipeline(WithGradient(), SequenceScaler(), ReservoirClassifier(both(), pooling=LIST))
    assert steps.fit(RAGGED[2:], LABELS[2:]).score(RAGGED[2:], LABELS[2:]) > 0.9


def test_another_depth_of_labels_forgets_the_pooling():
    model = ReservoirClassifier(system(), pooling=LIST).fit(RAGGED, LABELS)
    assert not hasattr(model.fit(RAGGED[5], RAGGED[5][:, 0] > 0), "pooling_")


@pytest.mark.parametrize("pooling, text", [
    (Shares(0), "'n_thresholds' parameter of Shares must be an integer >= 1. Got 0"),
    (Shares(n_groups=1.5), "'n_groups' parameter of Shares must be an integer >= 1"),
    (Shares(random_state="a"), "'random_state' parameter of Shares must be None, an integer"),
    ([], "'poolings' parameter of Joined must be a list of one pooling or more. Got \\[\\]"),
    (["mean", 3], "'poolings' parameter of Joined must be one of 'mean', .* or a part with pool. Got 3"),
    ([("max", -1.0)], "'weights' parameter of Joined must be a number > 0. Got -1.0"),
    ([("max", "a")], "'weights' parameter of Joined must be a number > 0. Got 'a'"),
    (Joined(["max"], [1.0, 2.0]), "'weights' parameter of Joined must be None or a list of 1 numbers"),
    (Joined("max"), "'poolings' parameter of Joined must be a list of one pooling or more"),
])  # fmt: skip
def test_bad_parameter(pooling, text):
    refused(ReservoirClassifier(system(), pooling=pooling), text)


def test_rows_of_another_width_are_refused():
    shares = Shares(2, random_state=0).fit(lambda chosen: (np.ones((3, 4)) for _ in chosen), 4)
    with pytest.raises(ValueError, match=r"has learnt 4 columns\. Got 5"):
        shares.pool(np.ones((3, 5)))
