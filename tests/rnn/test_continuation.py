"""Training that goes on: which parameters must stay, which act, and that nothing is half done."""

import copy
import inspect
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from reservoir.rnn import RNNClassifier, RNNRegressor
from reservoir.rnn.cells import CELLS, GRU, LSTM, PhasedLSTM
from reservoir.rnn.continuation import KEPT, OBEYED, OF_FIT
from reservoir.rnn.descent import Descent
from tests.rnn.recurrent_oracles import TWINS
from tests.rnn.small_networks import LABELS, LAST, SUMS, X, small

LONG = np.random.default_rng(0).uniform(-1, 1, size=(300, 2))
REFUSED = {
    "cell": [({}, "lstm"), ({}, GRU(reset_after=False)), ({"cell": LSTM()}, LSTM(forget_bias=3.0))],
    "hidden_layer_sizes": [({}, 6), ({}, (5, 5))],
    "bidirectional": [({}, True)],
    "dtype": [({}, "float64")],
    "loss": [({}, "bernoulli")],
    "pooling": [({}, "last"), ({"pooling": "last"}, "mean"), ({"pooling": "mean"}, None)],
}
ACTING = {
    "solver": [({}, "sgd"), ({}, "rmsprop"), ({"solver": "sgd"}, "adam")],
    "momentum": [({"solver": "sgd"}, 0.5)],
    "nesterovs_momentum": [({"solver": "sgd"}, False)],
    "decay": [({"solver": "rmsprop"}, 0.5)],
    "beta_1": [({}, 0.5)],
    "beta_2": [({}, 0.9)],
    "epsilon": [({}, 0.1)],
    "learning_rate": [({}, "invscaling")],
    "learning_rate_init": [({}, 0.02)],
    "power_t": [({"learning_rate": "invscaling"}, 0.9)],
    "max_gradient_norm": [({}, 1e-9), ({"max_gradient_norm": 0.01, "solver": "sgd"}, None)],
    "alpha": [({}, 1.0)],
    "variational_dropout": [({}, 0.5)],
    "batch_size": [({}, 2)],
    "shuffle": [({"batch_size": 1}, False)],
    "truncation": [({}, 3)],
    "washout": [({}, 2)],
    "random_state": [({"batch_size": 1}, 7), ({"batch_size": 1}, np.random.default_rng(7))],
}


def targets_of(model):
    signs = [(y > 0).astype(float) for y in SUMS]
    return LAST if model.pooling else signs if model.loss == "bernoulli" else SUMS


def again(model, method, X=X, y=None):
    """Training that goes on by one of its two ways."""
    y = targets_of(model) if y is None else y
    return model.partial_fit(X, y) if method == "partial_fit" else model.set_params(warm_start=True).fit(X, y)


def bits(model):
    return model.network_.vector.tobytes()


def everything(model):
    """All that the next call depends on, by value."""
    return pickle.dumps(vars(model))


@pytest.mark.parametrize("kind", [RNNRegressor, RNNClassifier])
def test_every_parameter_has_one_answer(kind):
    """A new parameter stands in one of the three groups, and in the notes of the docstring."""
    asked = set(kind().get_params(deep=False))
    groups = [set(KEPT), set(OBEYED), set(OF_FIT)]
    assert asked | {"loss", "class_weight"} == set.union(*groups) and sum(map(len, groups)) == len(set.union(*groups))
    notes = inspect.getdoc(kind).partition("Notes\n")[2].partition("References\n")[0]
    assert all(f"`{name}`" in notes for name in asked)
    assert set(REFUSED) == set(KEPT) and set(ACTING) | {"class_weight"} == set(OBEYED)


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
@pytest.mark.parametrize("name", REFUSED)
def test_another_network_is_refused(name, method):
    for base, value in REFUSED[name]:
        model = small(**base)
        model = model.fit(X, targets_of(model)).set_params(warm_start=True, **{name: value})
        before = everything(model)
        with pytest.raises(ValueError, match=f"The '{name}' parameter of RNNRegressor must be .* to go on"):
            again(model, method)
        assert everything(model) == before


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_a_classifier_refuses_another_network_too(method):
    """But not another pooling where it has none to use."""
    for labels, refused in ((LABELS, {"cell": "lstm"}), ([label[-1] for label in LABELS], {"pooling": "mean"})):
        model = RNNClassifier("gru", 5, max_iter=2, tol=None, random_state=0, warm_start=True).fit(X, labels)
        before = everything(model.set_params(**refused))
        with pytest.raises(
            ValueError, match=f"The '{next(iter(refused))}' parameter of RNNClassifier must be .* to go on"
        ):
            again(model, method, y=labels)
        assert everything(model) == before
    steps = RNNClassifier("gru", 5, max_iter=2, tol=None, random_state=0).fit(X, LABELS)
    again(steps.set_params(pooling="mean"), method, y=LABELS)


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
@pytest.mark.parametrize("name", ACTING)
def test_other_parameters_act(name, method):
    for base, value in ACTING[name]:
        plain, changed = (small(**base).fit(X, SUMS) for _ in range(2))
        assert bits(plain) == bits(changed)
        changed.set_params(**{name: value})
        assert bits(again(plain, method)) != bits(again(changed, method))


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_weights_of_classes_act(method):
    network = RNNClassifier(hidden_layer_sizes=4, max_iter=1, tol=None, random_state=0)
    plain, changed = (clone(network).fit(X, LABELS) for _ in range(2))
    changed.set_params(class_weight={LABELS[0][0]: 3.0})
    assert bits(again(plain, method, y=LABELS)) != bits(again(changed, method, y=LABELS))


def test_what_belongs_to_fit_does_not_change_an_epoch():
    values = {"max_iter": 9, "tol": 0.5, "n_iter_no_change": 1, "early_stopping": True, "validation_fraction": 0.4}
    values |= {"warm_start": True, "verbose": 2}
    assert set(values) == set(OF_FIT)
    plain = small().fit(X, SUMS).partial_fit(X, SUMS)
    assert bits(small().fit(X, SUMS).set_params(**values).partial_fit(X, SUMS)) == bits(plain)


def test_the_same_cell_by_name_and_as_a_part_goes_on():
    assert bits(again(small().fit(X, SUMS).set_params(cell=GRU()), "fit")) == bits(again(small().fit(X, SUMS), "fit"))
    timed = small(cell=PhasedLSTM(period_range=(2, 9))).fit(X, SUMS)
    timed.set_params(cell=PhasedLSTM(period_range=[2, 9])).partial_fit(X, SUMS)


@pytest.mark.filterwarnings("ignore:.*no better than that of a constant:sklearn.exceptions.ConvergenceWarning")
def test_a_lowered_rate_stays_for_an_epoch_and_fit_begins_with_the_whole():
    model = small(learning_rate="adaptive", tol=10.0, n_iter_no_change=1, max_iter=50).fit(X, SUMS)
    assert model.partial_fit(X, SUMS)._descent.rate < 1e-5
    model.set_params(learning_rate_init=0.5).partial_fit(X, SUMS)
    assert model._descent.rate < 1e-4
    model.set_params(learning_rate="constant", max_iter=1, tol=None, warm_start=True).fit(X, SUMS)
    assert model._descent.rate == 0.5


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
@pytest.mark.parametrize("n_features", [1, 3, 50])
def test_another_number_of_features_is_refused(n_features, method):
    others = [np.ones((len(x), n_features)) for x in X]
    for model, y in ((small(), SUMS), (small(pooling="last"), LAST), (RNNClassifier("gru", 5, random_state=0), LABELS)):
        model = model.set_params(max_iter=1, tol=None).fit(X, y)
        before = everything(model.set_params(warm_start=True))
        with pytest.raises(ValueError, match=f"X has {n_features} features, but {type(model).__name__} is expecting 2"):
            again(model, method, others, y)
        assert everything(model) == before


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_targets_of_another_shape_are_refused(method):
    flat, column = small().fit(X, SUMS), small().fit(X, [y[:, None] for y in SUMS])
    with pytest.raises(ValueError, match="was fitted with one number per target; y has columns"):
        again(flat, method, y=[y[:, None] for y in SUMS])
    with pytest.raises(ValueError, match="was fitted with columns per target; y has one number"):
        again(column, method)
    steps = RNNClassifier("gru", 5, max_iter=1, tol=None).fit(X, LABELS)
    with pytest.raises(ValueError, match="another depth"):
        again(steps, method, y=[label[-1] for label in LABELS])
    with pytest.raises(ValueError, match="not in classes_"):
        again(steps, method, y=[np.full(len(x), "level") for x in X])


@pytest.mark.parametrize("cell", CELLS)
def test_read_only_models_answer_and_learn(cell, tmp_path):
    """As joblib hands them to workers, or maps them from a file; the bits are those of a model in memory."""
    model = small(cell=TWINS[cell].awake or cell, hidden_layer_sizes=(4, 4), max_iter=1).fit(X, SUMS)
    joblib.dump(model, tmp_path / "model")
    expected = [bits(again(copy.deepcopy(model), method)) for method in ("partial_fit", "fit")]
    for method, wanted in zip(("partial_fit", "fit"), expected, strict=True):
        mapped = joblib.load(tmp_path / "model", mmap_mode="r")
        assert not mapped.network_.vector.flags.writeable
        np.testing.assert_array_equal(np.concatenate(mapped.predict(X)), np.concatenate(model.predict(X)))
        assert bits(again(mapped, method)) == wanted
        assert bits(joblib.load(tmp_path / "model", mmap_mode="r").refit_output(X, SUMS)) != bits(model)
    assert bits(joblib.load(tmp_path / "model")) == bits(model)


def test_read_only_data_are_learnt_from():
    y = LONG[:, 0].copy()
    rows = [LONG.copy(), y, np.zeros(5, np.float32)]
    for array in rows:
        array.flags.writeable = False
    model = small(truncation=10).fit(rows[0], rows[1])
    model.partial_fit(rows[0], rows[1]).run(rows[0], rows[2])
    assert bits(model) == bits(small(truncation=10).fit(LONG, y).partial_fit(LONG, y))


@pytest.mark.parametrize("method", ["partial_fit", "fit", "refit"])
def test_a_shallow_copy_shares_nothing_that_training_changes(method):
    model = small(solver="sgd", batch_size=1, variational_dropout=0.2).fit(X, SUMS)
    before, kept = everything(model), copy.deepcopy(model)
    other = copy.copy(model)
    other.refit_output(X, SUMS) if method == "refit" else again(other, method)
    assert everything(model) == before and bits(other) != bits(model)
    assert bits(model.partial_fit(X, SUMS)) == bits(kept.partial_fit(X, SUMS))


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
@pytest.mark.parametrize("solver", ["adam", "rmsprop", "sgd"])
def test_a_failed_call_leaves_everything_as_it_was(solver, method):
    """The last sequence is spoiled, after the others have moved all that training moves."""
    options = {
        "solver": solver,
        "batch_size": 1,
        "shuffle": False,
        "variational_dropout": 0.2,
        "max_gradient_norm": None,
    }
    model = small(**options, warm_start=True).fit(X, SUMS)
    twin, before = copy.deepcopy(model), everything(model)
    spoiled = [*SUMS[:-1], np.full(len(X[-1]), 1e60)]
    with pytest.raises(ValueError, match="diverged"):
        again(model, method, y=spoiled)
    assert everything(model) == before
    assert bits(again(model, method)) == bits(again(twin, method))


@pytest.mark.parametrize("method", ["partial_fit", "fit"])
@pytest.mark.parametrize("fitted", [True, False])
def test_an_interrupt_leaves_everything_as_it_was(method, fitted, monkeypatch):
    """A generator of the user's too, whether there is a network already or not."""
    present = Descent._move

    def move(self, value, gradient):
        present(self, value, gradient)
        raise KeyboardInterrupt

    model = small(batch_size=1, random_state=np.random.default_rng(5), warm_start=True)
    model = model.fit(X, SUMS) if fitted else model
    before, twin = everything(model), copy.deepcopy(model)
    with monkeypatch.context() as patched:
        patched.setattr(Descent, "_move", move)
        with pytest.raises(KeyboardInterrupt):
            again(model, method)
    assert everything(model) == before
    assert bits(again(model, method)) == bits(again(twin, method))


def test_a_training_that_was_cut_short_goes_on_with_an_optimiser_that_is_sane(monkeypatch):
    """What it gathered on the way to infinity is left behind with the parameters there."""
    present, count = Descent.epoch, iter(range(99))

    def epoch(self, examples):
        if next(count) == 3:
            self.optimizer.mean_square = np.full_like(self.optimizer.mean_square, np.inf)
            self.network.vector[0] = np.inf
        return present(self, examples)

    monkeypatch.setattr(Descent, "epoch", epoch)
    with pytest.warns(match="diverged"):
        model = small(max_iter=9).fit(X, SUMS)
    before = bits(model)
    assert bits(model.partial_fit(X, SUMS)) != before


def test_a_fitted_network_answers_as_it_is():
    """Parameters that are set afterwards do not speak for it."""
    model = small().fit(X, SUMS)
    answer, state = model.run(X)
    model.set_params(bidirectional=True, loss="bernoulli", dtype="float64", cell="lstm", hidden_layer_sizes=9)
    assert model.piecewise
    assert all(np.array_equal(one, two) for one, two in zip(model.run(X, 0 * state)[0], answer, strict=True))
