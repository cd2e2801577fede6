"""What the comparison on copy memory and the adding problem says, on short sequences; and its claims."""

import numpy as np
import pytest

from reservoir.metrics import copy_recall
from reservoir.rnn.cells import Steps
from tests.house.scripts import STUDIES, load

LENGTH = 20
BEST_LINEAR = 1 / 6 - 1 / (3 * LENGTH)


@pytest.fixture(scope="module")
def example():
    return load(STUDIES, "long_memory")


def squared_errors(model, X, y):
    return (model.predict(X) - y) ** 2


def test_copying_is_solved_in_closed_form(example):
    """Being a delay of 30 rows, it needs no marker either."""
    X, y = example.draw("copy", 150, LENGTH, example.TRAINING)
    X_test, y_test = example.draw("copy", 100, LENGTH, example.TEST)
    (recall,) = example.score(example.echo_state("copy", 300).fit(X, y), X_test, y_test)
    assert recall > 0.99
    X[:, :, 9], X_test[:, :, 9] = 0, 0
    model = example.echo_state("copy", 300).fit(X, y)
    assert copy_recall(y_test, model.predict(X_test)) > 0.99


def test_a_linear_readout_of_linear_memory_cannot_add(example):
    """It comes as near as noise allows to the best linear answer, and no nearer to the truth; the product is enough."""
    X, y = example.draw("adding", 2000, LENGTH, example.TRAINING)
    X_test, y_test = example.draw("adding", 4000, LENGTH, example.TEST)
    errors = squared_errors(example.echo_state("adding", 100).fit(X, y), X_test, y_test)
    noise = errors.std() / np.sqrt(len(errors))
    assert BEST_LINEAR - 4 * noise < errors.mean() < BEST_LINEAR + 4 * noise + BEST_LINEAR * 2 * LENGTH / len(X)
    X, y = example.draw("product", 2000, LENGTH, example.TRAINING)
    X_test, y_test = example.draw("product", 4000, LENGTH, example.TEST)
    assert squared_errors(example.echo_state("product", 100).fit(X, y), X_test, y_test).mean() < 1e-6


def test_a_trained_network_adds(example):
    """Where it has 400 updates on sequences that are all new."""
    model, rng = example.network("adding", "gru", example.RATES["adding"]["gru"]), np.random.default_rng(0)
    for _ in range(40):
        model.partial_fit(*example.draw("adding", 320, LENGTH, rng))
    assert squared_errors(model, *example.draw("adding", 500, LENGTH, example.TEST)).mean() < 0.05


def test_a_trained_unitary_network_forgets_nothing_by_itself(example):
    """After training in float32 too, a state that no input and no rectifier touches keeps its length."""
    model = example.network("copy", "unitary", 0.01)
    model.partial_fit(*example.draw("copy", 320, LENGTH, 0), classes=np.arange(9))
    cell, layer = model.network_.cell, model.network_.layers[0][0]
    linear = layer.parameters | {"modulus_bias": np.zeros(layer.n_units, np.float32)}
    state = np.random.default_rng(0).normal(size=(3, layer.n_outputs)).astype(np.float32)
    lengths = np.linalg.norm(state, axis=1)
    steps = Steps(3 * np.arange(101), np.empty(0), np.empty((0, layer.n_outputs), np.float32))
    cell.forward(linear, np.zeros((300, layer.n_outputs), np.float32), steps, (state,))
    np.testing.assert_allclose(np.linalg.norm(state, axis=1), lengths, rtol=1e-3)


@pytest.mark.long
def test_the_example_finds_what_it_claims(example):
    """Transitions that lose nothing copy, gates add, and the linear readout copies at once and never adds."""
    copied, added = (example.compare(task, example.LENGTH, example.SECONDS[task]) for task in ("copy", "adding"))
    seconds, recall = copied.pop("echo state")[0]
    assert recall > 0.999 and seconds < example.SECONDS["copy"] / 2
    final = {cell: curve[-1][1] for cell, curve in copied.items()}
    assert min(final["unitary"], final["eunn"]) > 0.99
    assert max(final["lstm"], final["gru"], final["householder"]) < 0.6
    errors = {name: curve[-1][1] for name, curve in added.items()}
    assert max(errors["lstm"], errors["gru"]) < 0.005
    assert errors["householder"] < 0.15
    assert errors["echo state"] > 0.9 * (1 / 6 - 1 / (3 * example.LENGTH))
    test = example.draw("product", 500, example.LENGTH, example.TEST)
    assert example.solve("product", example.LENGTH, test)[1][1] < 1e-9
