"""What models let the readout know of its rows, where it chooses a penalty on blocks of them."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.datasets import load_japanese_vowels
from reservoir.model_selection import ReservoirSearchCV
from reservoir.models import fit_in_parts
from reservoir.readouts import RidgeReadout
from reservoir.readouts.candidates import PenaltyWarning
from reservoir.rnn import RNNRegressor
from tests.loops import looped

ALPHAS = np.logspace(-4, 4, 9)
solve = RidgeReadout.solve


def series(seed, lengths):
    """Sequences whose targets have an offset each, so that whole ones are harder to predict than parts of them."""
    rng = np.random.default_rng(seed)
    X = [rng.uniform(-0.5, 0.5, size=(length, 1)) for length in lengths]
    return X, [np.roll(x[:, 0], 2) + rng.normal() + 0.1 * rng.normal(size=len(x)) for x in X]


def best_by_whole_sequences(system, X, y, washout):
    """The candidate of least error where scikit-learn predicts every sequence from the others."""
    states = [np.hstack([system.transform(x), x])[washout:] for x in X]
    targets = [values[washout:] for values in y]
    errors = np.zeros(len(ALPHAS))
    for k, alpha in enumerate(ALPHAS):
        for own in range(len(X)):
            others = [i for i in range(len(X)) if i != own]
            model = Ridge(alpha, solver="svd").fit(*(np.concatenate([v[i] for i in others]) for v in (states, targets)))
            errors[k] += ((targets[own] - model.predict(states[own])) ** 2).sum()
    return ALPHAS[errors.argmin()]


@pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")
@pytest.mark.parametrize("lengths", [(60, 90, 75), (40, 5000, 70, 6000, 50)])
def test_every_sequence_is_a_block(lengths):
    """Also where a sequence is longer than what a model computes at once, and where workers learn of one each."""
    X, y = series(0, lengths)
    readout = RidgeReadout("blocked", alphas=ALPHAS)
    model = ReservoirRegressor(EchoState(20, bias_scaling=0.3, random_state=0), readout, washout=10).fit(X, y)
    best = best_by_whole_sequences(model.reservoir_, X, y, 10)
    assert model.readout_.alpha_ == best
    parts = fit_in_parts(ReservoirRegressor(model.reservoir, readout, washout=10), [*zip(X, y, strict=True)], n_jobs=1)
    assert parts.readout_.alpha_ == best
    assert [len(record.known()) for record in (model.readout_._blocks, parts.readout_._blocks)] == [len(X)] * 2
    one = ReservoirRegressor(model.reservoir, readout, washout=10).fit(X[:1], y[:1]).readout_
    same = ReservoirRegressor(model.reservoir, readout, washout=10).fit(X[0], y[0]).readout_
    assert one.alpha_ == same.alpha_ and not one._blocks.of_sequences and len(one._blocks.known()) == 5


@pytest.mark.parametrize("order", ["by class", "in turns", "shuffled"])
def test_the_order_of_a_file_costs_no_errors(order):
    """Nine speakers, told apart with about two errors of 370; in blocks of a class each it was about a hundred."""
    X, X_test, y, y_test = load_japanese_vowels(return_X_y=True)
    rank = {
        "by class": np.arange(270),
        "in turns": np.arange(270) % 30,
        "shuffled": np.random.default_rng(0).random(270),
    }
    places = np.argsort(rank[order], kind="stable")
    system = EchoState(100, spectral_radius=0.5, input_scaling=0.3, bias_scaling=0.3, random_state=0)
    model = ReservoirClassifier(system, RidgeReadout("blocked")).fit([X[i] for i in places], np.array(y)[places])
    assert np.sum(model.predict(X_test) != y_test) < 10


def test_a_search_tells_sequences_apart_as_a_fit_does():
    X, _, y, _ = load_japanese_vowels(return_X_y=True)
    system = EchoState(30, input_scaling=1.0, bias_scaling=0.0, random_state=0)
    model = ReservoirClassifier(system, RidgeReadout("blocked"))
    grid = {"reservoir__spectral_radius": [0.5, 0.9]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyWarning)
        ours = ReservoirSearchCV(model, grid, cv=3).fit(X, y).cv_results_["mean_test_score"]
        theirs = GridSearchCV(model, grid, cv=3).fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    assert min(ours) > 0.9


@pytest.mark.parametrize("width", [2, 300])
@pytest.mark.parametrize("solver", ["gram", "qr"])
def test_one_row_and_rows_that_do_not_vary(width, solver):
    """Nothing can be chosen from the first; the second say no more than their mean."""
    for alpha in ("gcv", "blocked"):
        with pytest.raises(ValueError, match=f"alpha='{alpha}' of RidgeReadout needs at least (two|2) rows"):
            RidgeReadout(alpha, solver=solver).fit(np.ones((1, width)), [1.0])
        with np.errstate(all="raise"), warnings.catch_warnings():
            warnings.simplefilter("ignore", PenaltyWarning)
            readout = RidgeReadout(alpha, solver=solver).fit(np.ones((6, width)), np.arange(6.0))
        np.testing.assert_allclose(readout.predict(np.ones((2, width))), 2.5)


def test_an_ensemble_warns_once():
    series = np.sin(np.arange(300) / 5).reshape(-1, 1)
    model = looped(EchoState(30, random_state=0), RidgeReadout("gcv", alphas=[1.0, 10.0]), n_members=4)
    with pytest.warns(PenaltyWarning, match=r"at an edge .* So it is in 3 more fit\(s\)\.") as said:
        model.fit(series)
    assert len(said) == 1


def test_columns_of_several_targets_are_named():
    X = np.random.default_rng(0).normal(size=(50, 2))
    readout = RidgeReadout("gcv", alphas=[1e-3, 1.0, 1e3])
    with pytest.warns(PenaltyWarning, match=r"lower edge, for 2 \(column 0, 2\).*upper edge, for 1 \(column 1\)"):
        readout.fit(X, np.column_stack([X[:, 0], np.random.default_rng(1).normal(size=50), X[:, 1]]))


@pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")
def test_output_weights_of_a_network_are_refitted_on_blocks_of_whole_sequences(monkeypatch):
    X, y = series(0, (30, 20, 40))
    network = RNNRegressor(hidden_layer_sizes=5, max_iter=2, tol=None, random_state=0).fit(X, y)
    taken = []
    monkeypatch.setattr(RidgeReadout, "solve", lambda readout: taken.append(readout) or solve(readout))
    network.refit_output(X, y, alpha="blocked")
    assert sorted(record.n_rows for record in taken[0]._blocks.known()) == [20, 30, 40]
