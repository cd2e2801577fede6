"""The parameters that both estimators share: they stand once, are documented in both, and are checked."""

import ast
import inspect
import re

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, KFold

from reservoir.rnn import RNNClassifier, RNNRegressor
from reservoir.rnn.cells import LSTM
from tests.rnn.small_networks import SUMS, X, small


def entries(section):
    """Names that begin the entries of a section of numpydoc."""
    return re.findall(r"^(\w+) : ", section, re.MULTILINE)


@pytest.mark.parametrize("model", [RNNRegressor, RNNClassifier])
def test_the_docstring_has_every_parameter_in_the_order_of_the_constructor(model):
    """And each section once, the examples at the end."""
    text = inspect.getdoc(model)
    titles = re.findall(r"^(\w+)\n-+$", text, re.MULTILINE)
    assert titles == ["Parameters", "Attributes", "Raises", "Warns", "Notes", "References", "Examples"]
    section = text.partition("Parameters\n----------\n")[2].partition("\nAttributes\n")[0]
    assert entries(section) == list(inspect.signature(model).parameters)
    assert set(entries(section)) == set(model().get_params(deep=False))


@pytest.mark.parametrize("model", [RNNRegressor, RNNClassifier])
def test_the_docstring_says_the_defaults(model):
    for name, parameter in inspect.signature(model).parameters.items():
        said = re.search(rf"^{name} : .*, default (.*)$", inspect.getdoc(model), re.MULTILINE)[1]
        assert ast.literal_eval(said) == parameter.default


def test_only_regression_has_a_choice_of_losses():
    assert "loss" in RNNRegressor().get_params() and "loss" not in RNNClassifier().get_params()
    with pytest.raises(TypeError):
        RNNClassifier(loss="squared")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cell", "lsmt"), ("hidden_layer_sizes", ()), ("hidden_layer_sizes", (3, 0)), ("solver", "lbfgs"),
        ("variational_dropout", 1.0), ("variational_dropout", (0.1, 0.2)), ("truncation", 0), ("pooling", "max"),
        ("max_gradient_norm", 0.0), ("batch_size", 0), ("dtype", "float16"), ("loss", "absolute"), ("washout", -1),
        ("cell", LSTM(forget_gate=False, coupled=True)),
    ],
    ids=str,
)  # fmt: skip
def test_refused_parameters(name, value):
    with pytest.raises(ValueError, match=r"parameter of (RNNRegressor|LSTM) must be"):
        small(**{name: value}).fit(X, SUMS)


def test_options_of_a_cell_are_reached_by_a_search():
    search = GridSearchCV(
        RNNRegressor("lstm", 3, max_iter=2, tol=None),
        {"cell__forget_bias": [0.0, 2.0]},
        cv=KFold(2),
        error_score="raise",
    )
    stack = np.stack([x[:4] for x in X])
    search.fit(stack, np.stack([y[:4] for y in SUMS]))
    assert search.best_params_["cell__forget_bias"] in (0.0, 2.0)
