"""Which rows predict one another where a penalty is chosen, against naive loops."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from reservoir.readouts import RidgeReadout
from reservoir.readouts.blocks import block_of
from reservoir.readouts.candidates import PenaltyWarning

ALPHAS = np.logspace(-3, 3, 7)
pytestmark = pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")


def naive_errors(X, y, folds):
    """Squared errors of every fold by scikit-learn's fit to the others, for every alpha."""
    errors = np.zeros((len(ALPHAS), y.shape[1]))
    for fold in np.unique(folds):
        own = folds == fold
        for row, alpha in zip(errors, ALPHAS, strict=True):
            model = Ridge(alpha, solver="svd").fit(X[~own], y[~own])
            row += ((y[own] - model.predict(X[own])) ** 2).sum(axis=0)
    return errors


def sequences(seed, n_sequences, n_features=6):
    """Rows of sequences of different lengths, each with an offset of its own, and their numbers."""
    rng = np.random.default_rng(seed)
    numbers = np.repeat(np.arange(n_sequences), rng.integers(4, 30, n_sequences))
    X = rng.normal(size=(len(numbers), n_features)) + rng.normal(size=(n_sequences, n_features))[numbers]
    y = X @ rng.normal(size=(n_features, 2)) + rng.normal(size=(n_sequences, 2))[numbers] + rng.normal(size=(len(X), 2))
    return X, y, numbers


def assert_chosen(readout, errors):
    for k, alpha in enumerate(np.broadcast_to(readout.alpha_, 2)):  # two candidates may tie to rounding
        assert errors[list(ALPHAS).index(alpha), k] <= errors[:, k].min() * (1 + 1e-6)


@given(seed=st.integers(0, 2**32), n_sequences=st.integers(2, 14), solver=st.sampled_from(["gram", "qr"]))
def test_blocks_are_whole_sequences(seed, n_sequences, solver):
    X, y, numbers = sequences(seed, n_sequences)
    folds = numbers if n_sequences <= 5 else block_of(numbers)
    readout = RidgeReadout("blocked", alphas=ALPHAS, solver=solver).fit(X, y, sequence=numbers)
    np.testing.assert_allclose(readout._blocks.errors(ALPHAS), naive_errors(X, y, folds), rtol=1e-6)
    assert_chosen(readout, naive_errors(X, y, folds))


@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(1, 99), min_size=1, max_size=6, unique=True))
def test_a_sequence_that_comes_in_pieces_stays_in_its_block(seed, cuts):
    X, y, numbers = sequences(seed, 8)
    whole = RidgeReadout("blocked", alphas=ALPHAS).fit(X, y, sequence=numbers)
    pieces = RidgeReadout("blocked", alphas=ALPHAS)
    for X_piece, y_piece, own in zip(*(np.split(rows, sorted(cuts)) for rows in (X, y, numbers)), strict=True):
        if len(own):
            pieces.accumulate(X_piece, y_piece, sequence=own)
    errors = [readout._blocks.errors(ALPHAS) for readout in (whole, pieces)]
    np.testing.assert_allclose(*errors, rtol=1e-8)
    np.testing.assert_allclose(pieces.solve().coef_, whole.coef_, rtol=1e-6, atol=1e-9)


def test_sequences_that_workers_learned_are_spread_over_the_blocks():
    """Five readouts of one sequence each, merged, or by their records: every sequence is predicted by the others."""
    X, y, numbers = sequences(0, 5)
    parts = [RidgeReadout("blocked", alphas=ALPHAS).accumulate(X[own], y[own], sequence=0) for own in each(numbers)]
    by_records = RidgeReadout("blocked", alphas=ALPHAS)
    for part in parts:
        by_records.add_record(part.to_record())
    assert_chosen(by_records.solve(), naive_errors(X, y, numbers))
    with pytest.raises(ValueError, match="needs at least two sequences"):
        parts[0].solve()
    for readout in (parts[0].accumulate(X[numbers == 1], y[numbers == 1], sequence=1), parts[1]):
        with pytest.raises(ValueError, match="must hear of the sequence of all rows, or of none"):
            readout.accumulate(X, y)


def each(numbers):
    return [numbers == number for number in np.unique(numbers)]


@pytest.mark.parametrize("period", range(1, 31))
def test_no_order_of_classes_fills_a_block_with_one(period):
    """Classes in turns (0, 1, ..., 0, 1, ...), and classes one after the other."""
    blocks = block_of(np.arange(20 * period))
    for turns in (np.arange(20 * period) % period, np.arange(20 * period) // 20):
        table = np.zeros((period, 5))
        np.add.at(table, (turns, blocks), 1)
        assert (table > 0).sum(axis=1).min() >= 4 and table.max() <= 12
    assert np.bincount(blocks).tolist() == [4 * period] * 5


def test_rows_sorted_by_class_are_told_apart():
    """Every row a sequence of its own: sorted or not, about the same penalty is chosen, and no class is unknown."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(9), 15)
    X = rng.normal(size=(9, 40))[labels] + 0.5 * rng.normal(size=(len(labels), 40))
    y = 2.0 * np.eye(9)[labels] - 1
    own = np.arange(len(X))
    in_turns = np.argsort(own % 15, kind="stable")
    sizes = []
    for order in (own, in_turns, rng.permutation(len(X))):
        readout = RidgeReadout("blocked").fit(X[order], y[order], sequence=own)
        sizes.append(np.median(readout.alpha_))
    assert max(sizes) < 30 * min(sizes)


@pytest.mark.parametrize("sequence", [-1, 0.5, "a", [0, 1], np.full(30, np.nan)])
def test_bad_sequence(sequence):
    X, y, _ = sequences(0, 3)
    with pytest.raises(ValueError, match="The 'sequence' parameter of RidgeReadout must be"):
        RidgeReadout("blocked").fit(X[:30], y[:30], sequence=sequence)


def test_blocks_without_weight_take_no_part():
    X, y, numbers = sequences(0, 5)
    weights = (numbers != 3) * 1.0
    for solver in ("gram", "qr"):
        readout = RidgeReadout("blocked", alphas=ALPHAS, solver=solver)
        readout.fit(X, y, weights, sequence=numbers)
        assert_chosen(readout, naive_errors(X[weights > 0], y[weights > 0], numbers[weights > 0]))


def warned(act):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        act()
    return [str(one.message) for one in said if one.category is PenaltyWarning]


@pytest.mark.parametrize(("scale", "edge"), [(1e-5, "lower"), (1e5, "upper")])
def test_the_advice_of_a_warning_helps(scale, edge):
    """Rows on another scale ask for other penalties: those that the warning names."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 30)), rng.normal(size=40)
    y += 0.5 * X[:, 0]
    for alpha in ("gcv", "blocked"):
        (text,) = warned(lambda alpha=alpha: RidgeReadout(alpha).fit(scale * X, y))
        assert f"the {edge} edge" in text and "Of 1 target:" in text
        alphas = np.logspace(*map(float, re.search(r"logspace\((\S+), (\S+), ", text).groups()), 60)
        assert not warned(lambda alpha=alpha, alphas=alphas: RidgeReadout(alpha, alphas=alphas).fit(scale * X, y))


def test_targets_that_no_penalty_helps():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(100, 5)), rng.normal(size=(100, 3))
    (text,) = warned(lambda: RidgeReadout("gcv", alphas=np.logspace(-2, 6, 9)).fit(X, y))
    assert "larger ones change nothing" in text


def test_a_stream_warns_once():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5))
    y, readout = X @ rng.normal(size=5), RidgeReadout("gcv")
    assert len(warned(lambda: [readout.partial_fit(X[k : k + 20], y[k : k + 20]) for k in range(0, 200, 20)])) == 1
    assert len(warned(lambda: readout.fit(X, y))) == 1
