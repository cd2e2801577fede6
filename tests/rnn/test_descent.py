"""Gradient descent: it goes down, and what may end it."""

import logging

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from reservoir.rnn import RNNRegressor
from reservoir.rnn.cells import CELLS
from reservoir.rnn.descent import Descent
from reservoir.rnn.losses import LOSSES
from tests.rnn.recurrent_oracles import TWINS
from tests.rnn.small_networks import LENGTHS, SUMS, X, small, targets_of


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [{}, {"pooling": "last"}, {"bidirectional": True}, {"truncation": 4}], ids=str)
def test_the_loss_goes_down(cell, options):
    options = {"max_iter": 40, "tol": None, "learning_rate_init": 0.01, "random_state": 0} | options
    model = RNNRegressor(TWINS[cell].awake or cell, 8, **options)
    model.fit(X, targets_of(model))
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]
    assert model.n_iter_ == len(model.loss_curve_) and model.best_loss_ == min(model.loss_curve_)


@pytest.mark.parametrize("solver", ["sgd", "rmsprop", "adam"])
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_solvers_and_schedules(solver, schedule):
    model = small(solver=solver, learning_rate=schedule, learning_rate_init=0.02, power_t=0.1, max_iter=30, tol=1e-4)
    assert model.fit(X, SUMS).loss_curve_[-1] < model.loss_curve_[0]


@pytest.mark.filterwarnings("ignore:.*no better than that of a constant:sklearn.exceptions.ConvergenceWarning")
def test_an_adaptive_rate_falls_instead_of_stopping():
    stubborn = {"tol": 100.0, "n_iter_no_change": 2, "max_iter": 50}
    assert small(**stubborn).fit(X, SUMS).n_iter_ == 3
    model = small(learning_rate="adaptive", **stubborn).fit(X, SUMS)
    assert model._descent.rate < 0.01 / 5**5 and model.n_iter_ > 10


def test_a_penalty_pulls_weights_and_leaves_biases():
    free, bound = (small(alpha=alpha, max_iter=60).fit(X, SUMS) for alpha in (0.0, 10.0))
    sizes = [[np.abs(model.parameters_[name]).max() for model in (free, bound)] for name in free.parameters_]
    for name, (without, penalised) in zip(free.parameters_, sizes, strict=True):
        assert not name.endswith("weights") or penalised < without


def test_the_same_seed_gives_the_same_bits():
    one, other = (small(variational_dropout=0.2, batch_size=2, early_stopping=True).fit(X, SUMS) for _ in range(2))
    assert one.network_.vector.tobytes() == other.network_.vector.tobytes()
    assert one.loss_curve_ == other.loss_curve_


def exploding(after):
    """An epoch that makes the parameters infinite from some epoch on."""
    present, count = Descent.epoch, iter(range(10**6))

    def epoch(self, examples):
        if next(count) >= after:
            self.network.vector[0] = np.inf
        return present(self, examples)

    return epoch


def test_divergence_at_once_is_an_error_that_changes_nothing(monkeypatch):
    monkeypatch.setattr(Descent, "epoch", exploding(0))
    model = small()
    with pytest.raises(ValueError, match=r"RNNRegressor diverged.*learning_rate_init"):
        model.fit(X, SUMS)
    assert vars(model).keys() == vars(small()).keys()


def test_a_rate_that_is_too_large_ends_in_an_error():
    model = RNNRegressor("irnn", 8, solver="sgd", learning_rate_init=1e9, max_gradient_norm=None, random_state=0)
    with pytest.raises(ValueError, match="diverged"):
        model.fit([x * 100 for x in X], SUMS)


def test_divergence_later_keeps_the_best(monkeypatch):
    """Here the best of three epochs is the last, and what it began with is kept."""
    expected = small(max_iter=2).fit(X, SUMS)
    monkeypatch.setattr(Descent, "epoch", exploding(3))
    with pytest.warns(ConvergenceWarning, match="diverged.*best parameters of 3 epochs"):
        model = small(max_iter=9).fit(X, SUMS)
    assert model.network_.vector.tobytes() == expected.network_.vector.tobytes()
    assert np.isfinite(np.concatenate(model.predict(X))).all()


def test_divergence_of_a_fitted_model_leaves_its_parameters(monkeypatch):
    model = small(warm_start=True).fit(X, SUMS)
    before = model.network_.vector.copy()
    monkeypatch.setattr(Descent, "epoch", exploding(0))
    for method in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="diverged"):
            method(X, SUMS)
        np.testing.assert_array_equal(model.network_.vector, before)


def test_an_interrupt_keeps_the_best(monkeypatch):
    expected, present, count = small(max_iter=1).fit(X, SUMS), Descent.epoch, iter(range(9))

    def epoch(self, examples):
        if next(count) == 2:
            self.network.vector += 1
            raise KeyboardInterrupt
        return present(self, examples)

    monkeypatch.setattr(Descent, "epoch", epoch)
    with pytest.warns(ConvergenceWarning, match="was interrupted"):
        model = small(max_iter=9).fit(X, SUMS)
    assert model.network_.vector.tobytes() == expected.network_.vector.tobytes()
    monkeypatch.setattr(Descent, "epoch", lambda self, examples: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        small().fit(X, SUMS)


def test_truncated_training_is_the_whole_where_pieces_are_long():
    whole, cut = small().fit(X, SUMS), small(truncation=max(LENGTHS)).fit(X, SUMS)
    assert whole.network_.vector.tobytes() == cut.network_.vector.tobytes()
    assert small(truncation=3).fit(X, SUMS).n_updates_ == 5 * 4


def test_rows_of_the_washout_teach_nothing():
    other = [np.concatenate([np.full(3, 1e3), y[3:]]) for y in SUMS]
    one, two = (small(washout=3).fit(X, y) for y in (SUMS, other))
    assert one.network_.vector.tobytes() == two.network_.vector.tobytes()
    assert one.score(X, SUMS) == one.score(X, other)


def test_verbose_shows_epochs(caplog, still_clock):
    for verbose, n_lines in ((0, 0), (True, 1), (2, 3)):
        with caplog.at_level(logging.INFO, "reservoir.rnn"):
            model = small(verbose=verbose, max_iter=3, early_stopping=True).fit(X, SUMS)
        lines = [record.getMessage() for record in caplog.records]
        assert len(lines) == n_lines
        assert not lines or (f"{model.loss_curve_[2]:.8f}" in lines[-1] and "validation loss" in lines[-1])
        caplog.clear()


def test_epochs_that_are_used_up_are_warned_about():
    """Where the loss still falls, not where all epochs are asked for, nor after an epoch of `partial_fit`."""
    with pytest.warns(ConvergenceWarning, match=r"maximum of iterations \(5\) is reached.*hasn't converged") as said:
        small(tol=1e-4).fit(X, SUMS)
    assert said[0].filename == __file__
    small(tol=1e-4).partial_fit(X, SUMS)
    assert small(tol=0.02, max_iter=900).fit(X, SUMS).n_iter_ < 900
    assert small(tol=None, max_iter=40, learning_rate_init=1e-9).fit(X, SUMS).n_iter_ == 40
    with pytest.raises(ValueError, match="'tol' parameter of RNNRegressor must be a number >= 0 where"):
        small(tol=None, learning_rate="adaptive").fit(X, SUMS)


@pytest.mark.parametrize(("loss", "targets"), [("squared", SUMS), ("bernoulli", [(y > 0) * 1.0 for y in SUMS])])
@pytest.mark.parametrize("unit", [2.0**-20, 2.0**20])
def test_the_unit_of_the_loss_does_not_decide_when_training_ends(loss, targets, unit, monkeypatch):
    """Adam takes the same steps, up to rounding, whatever the loss is multiplied by."""
    options = {"loss": loss, "tol": 0.01, "n_iter_no_change": 3, "max_iter": 500, "learning_rate_init": 0.02}
    options |= {"dtype": "float64", "epsilon": 1e-30, "max_gradient_norm": None}
    plain, kind = small(**options).fit(X, targets), type(LOSSES[loss])
    of, of_a_constant = kind.of, kind.of_a_constant
    monkeypatch.setattr(kind, "of", lambda *given: tuple(unit * part for part in of(*given)))
    monkeypatch.setattr(kind, "of_a_constant", lambda *given: unit * of_a_constant(*given))
    model = small(**options).fit(X, targets)
    assert plain.n_iter_ < 500 and model.n_iter_ == plain.n_iter_
    np.testing.assert_allclose(model.loss_curve_, unit * np.array(plain.loss_curve_), rtol=1e-6)


@pytest.mark.parametrize("unit", [0.03, 0.1, 1.0, 10.0])
def test_small_targets_are_learnt_as_large_ones(unit):
    model = small(tol=1e-4, max_iter=3000, learning_rate_init=0.003)
    y = [unit * target for target in SUMS]
    assert model.fit(X, y).score(X, y) > 0.8


@pytest.mark.parametrize(("unit", "rate"), [(1e-4, 0.02), (100.0, 0.001)])
def test_a_network_that_has_learnt_nothing_is_warned_about(unit, rate):
    """Its steps were too long for the targets, or too short."""
    y = [unit * target for target in SUMS]
    with pytest.warns(ConvergenceWarning, match="no better than that of a constant answer.*unit variance") as said:
        model = small(tol=1e-4, max_iter=5000, learning_rate_init=rate).fit(X, y)
    assert len(said) == 1 and model.n_iter_ < 5000 and model.score(X, y) < 0.02


def test_constant_targets_end_by_the_first_loss():
    """They have no variance to measure by, but for rounding."""
    for value in (0.1, 3.0):
        y = [np.full(len(x), value) for x in X]
        model = small(tol=1e-3, max_iter=2000, learning_rate_init=0.05).fit(X, y)
        assert model.n_iter_ < 2000 and model.loss_curve_[-1] < 0.01 * model.loss_curve_[0]
    assert small(tol=1e-3, max_iter=2000).fit(X, [0 * y for y in SUMS]).n_iter_ < 2000
