"""Models of series with gaps: the same as those of a user who cuts them by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline

from reservoir import ReservoirClassifier, ReservoirRegressor, load, save
from reservoir.model_selection import ReservoirSearchCV
from reservoir.models import fit_in_parts
from reservoir.preprocessing import SequenceScaler
from reservoir.readouts import RidgeReadout
from tests.sequence_cases import RAGGED, STACK, T, same_bits, small, step_values

WASHOUT = 2
GAPS = {0: [4], 1: [0, 6], 3: [2, 3, 14]}  # rows of sequences; 3 begins with a piece as long as the washout


def with_gaps(X=RAGGED):
    X = [member.copy() for member in X]
    for index, rows in GAPS.items():
        X[index][rows, 1] = np.nan
    return X


def pieces(X, *others):
    """By hand: the pieces of X, and the rows of the others beside them."""
    cut = [[] for _ in range(1 + len(others))]
    for index, member in enumerate(X):
        missing = np.isnan(member).any(axis=1)
        numbers = np.cumsum(missing)
        for number in np.unique(numbers[~missing]):
            rows = (numbers == number) & ~missing
            for own, whole in zip(cut, (X, *others), strict=True):
                own.append(whole[index][rows])
    return cut


@pytest.mark.parametrize("readout", [RidgeReadout(1e-3), Ridge(1e-3)], ids=repr)
def test_steps(readout):
    X, y = with_gaps(), step_values("list")
    model = ReservoirRegressor(small(), readout, washout=WASHOUT, gaps="split").fit(X, y)
    cut, targets = pieces(X, y)
    long = [len(piece) > WASHOUT for piece in cut]
    kept = [[one for one, fits in zip(own, long, strict=True) if fits] for own in (cut, targets)]
    by_hand = ReservoirRegressor(small(), readout, washout=WASHOUT).fit(*kept)
    answers = model.predict(X)
    np.testing.assert_allclose(np.concatenate(pieces(X, answers)[1]), np.concatenate(by_hand.predict(cut)), rtol=1e-9)
    for member, own in zip(X, answers, strict=True):
        np.testing.assert_array_equal(np.isnan(own), np.isnan(member).any(axis=1))
    assert model.score(X, y) == pytest.approx(by_hand.score(*kept))
    whole = ReservoirRegressor(small(), readout, washout=WASHOUT).fit(RAGGED, y)
    assert same_bits(model.fit(RAGGED, y).predict(RAGGED), whole.predict(RAGGED))


def test_states_end_where_a_gap_begins():
    X, y = with_gaps(), step_values("list")
    model = ReservoirRegressor(small(), gaps="split").fit(X, y)
    answers, states = model.run(X)
    assert [state is None for state in states] == [False, True, False, True, False]
    late = model.run([RAGGED[0][:3]] * 5, states)[0]
    for k in (0, 2, 4):
        after = model.run(pieces([X[k]])[0][-1:])[1]
        assert same_bits(late[k : k + 1], model.run([RAGGED[0][:3]], after)[0])
    begun = model.run([X[0]], [states[2]])[0][0]
    np.testing.assert_array_equal(begun[:4], model.run([X[0][:4]], [states[2]])[0][0])
    np.testing.assert_array_equal(begun[5:], answers[0][5:])  # from rest behind the gap
    stack = STACK.copy()
    stack[0, 3:5] = np.nan
    assert model.predict(stack).shape == stack.shape[:2] and np.isnan(model.predict(stack)).sum() == 2
    series = model.predict(stack[0])
    np.testing.assert_array_equal(series, model.predict(stack)[0])


@pytest.mark.parametrize("pooling", ["mean", "max", "last", "segments"])
def test_a_label_for_every_sequence(pooling):
    X, y = with_gaps(), list("abaab")
    model = ReservoirClassifier(small(), LogisticRegression(), pooling=pooling, washout=WASHOUT, gaps="split").fit(X, y)
    pool = {"mean": lambda rows: rows.mean(axis=0), "max": lambda rows: rows.max(axis=0), "last": lambda rows: rows[-1],
            "segments": lambda rows: np.concatenate([part.mean(axis=0) for part in np.split(
                rows, [len(rows) // 3, 2 * len(rows) // 3])])}[pooling]  # fmt: skip
    pooled = []
    for member in X:
        states = [model.reservoir_.transform(piece)[WASHOUT:] for piece in pieces([member])[0]]
        pooled.append(pool(np.concatenate(states)))
    by_hand = LogisticRegression().fit(pooled, y)
    np.testing.assert_allclose(model.predict_proba(X), by_hand.predict_proba(pooled), rtol=1e-6)


def test_in_searches_and_files(tmp_path):
    X, y = with_gaps(), step_values("list")
    piped = make_pipeline(SequenceScaler(), ReservoirRegressor(small(), RidgeReadout(), washout=1, gaps="split"))
    scores = cross_val_score(piped, X, y, cv=KFold(2))
    search = ReservoirSearchCV(piped[-1], {"readout__alpha": [1e-6, 1.0]}, cv=KFold(2)).fit(X, y)
    plain = cross_val_score(piped[-1].set_params(readout__alpha=1.0), X, y, cv=KFold(2))
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(search.cv_results_["mean_test_score"][1], plain.mean())
    save(piped.fit(X, y), tmp_path / "model")
    assert all(map(np.array_equal, load(tmp_path / "model").predict(RAGGED), piped.predict(RAGGED)))


def test_what_is_refused():
    X, y = with_gaps(), step_values("list")
    with pytest.raises(ValueError, match="contains NaN at row 4"):
        ReservoirRegressor(small()).fit(X, y)
    with pytest.raises(ValueError, match="of ReservoirClassifier must be 'refuse' for a label for every step"):
        ReservoirClassifier(small(), gaps="split").fit(X, [np.arange(len(member)) % 2 for member in X])
    with pytest.raises(ValueError, match=r"must be 'refuse' for the pooling ModelSpace, which goes from row to row"):
        ReservoirClassifier(small(), pooling="model_space", gaps="split").fit(X, list("abaab"))
    X[2][1::2] = np.nan
    with pytest.raises(ValueError, match="Sequence 2 of X of ReservoirClassifier has no piece between"):
        ReservoirClassifier(small(), washout=WASHOUT, gaps="split").fit(X, list("abaab"))
    ReservoirRegressor(small(), washout=WASHOUT, gaps="split").fit(X, y)  # the others are learnt
    for gone in (np.full((T, 2), np.nan), np.where(np.arange(T)[:, None] % 2, np.nan, STACK[0])):
        with pytest.raises(ValueError, match="has no piece between its gaps"):
            ReservoirRegressor(small(), washout=WASHOUT, gaps="split").fit(gone, np.arange(float(T)))
    X[2][:] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        ReservoirRegressor(small(), gaps="split").fit(X, y)
    with pytest.raises(ValueError, match="must be 'refuse' in training in parts"):
        fit_in_parts(ReservoirRegressor(small(), gaps="split"), [(RAGGED, y)], n_jobs=1)
