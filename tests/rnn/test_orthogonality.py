"""Unitary, EUNN and Householder transitions keep lengths, however they are trained."""

import itertools

import numpy as np
import pytest

from reservoir.rnn import RNNRegressor
from reservoir.rnn.cells import EUNN, Householder, Steps, Unitary
from tests.rnn.recurrent_oracles import TWINS, eunn_matrix, householder_matrix, unitary_matrix

N_UNITS = 24
MATRICES = {"unitary": unitary_matrix, "eunn": eunn_matrix, "householder": householder_matrix}
CASES = [Unitary(), EUNN(), EUNN(7), EUNN(fft=True), Householder(8), Householder(N_UNITS)]
all_cells = pytest.mark.parametrize("cell", CASES, ids=repr)


def drawn(cell, n_units):
    """Parameters whose reflections are not of length 1, with a rectifier that changes nothing."""
    rng = np.random.default_rng(n_units)
    parameters = cell.draw(2, n_units, rng)
    if "reflections" in parameters:
        parameters["reflections"] = 3 * rng.normal(size=parameters["reflections"].shape)
    if "modulus_bias" in parameters:
        parameters["modulus_bias"] = np.zeros(n_units)
    return parameters


def operator(cell, parameters, n_units):
    """What the cell does with the states that have one unit at 1, row = receiver."""
    width = cell.n_outputs(n_units)
    steps = Steps(np.array([0, n_units]), np.empty(0), np.empty((0, width)))
    basis = np.eye(n_units, width)
    outputs, _ = cell.forward(parameters, np.zeros_like(basis), steps, (basis,))
    if cell.name == "householder":
        return np.where(outputs > 0, outputs, 10 * outputs).T  # the leaky rectifier undone
    return (outputs[:, :n_units] + 1j * outputs[:, n_units:]).T


@all_cells
@pytest.mark.parametrize("n_units", [1, 2, 3, 7, 16, N_UNITS])
def test_transition_is_the_matrix(cell, n_units):
    """What the cell does with every state is the matrix that the paper writes."""
    parameters = drawn(cell, n_units)
    expected = MATRICES[cell.name](cell, parameters)
    np.testing.assert_allclose(expected @ expected.conj().T, np.eye(n_units), atol=1e-13)
    np.testing.assert_allclose(operator(cell, parameters, n_units), expected, atol=1e-13)


@pytest.mark.parametrize("cell", CASES[:4], ids=repr)
@pytest.mark.parametrize("n_units", [1, 2, 3, 7, 16, N_UNITS])
def test_states_and_gradients_keep_their_length_for_a_thousand_steps(cell, n_units):
    n_steps, n_sequences, width = 1000, 3, 2 * n_units
    steps = Steps(np.arange(n_steps + 1) * n_sequences, np.empty(0), np.empty((0, width)))
    rng = np.random.default_rng(0)
    parameters, rows = drawn(cell, n_units), np.zeros((n_steps * n_sequences, width))
    state, d_state = rng.normal(size=(2, n_sequences, width))
    lengths = np.linalg.norm([state, d_state], axis=2)
    _, tape = cell.forward(parameters, rows.copy(), steps, (state,))
    cell.backward(parameters, tape, steps, rows, (d_state,))
    np.testing.assert_allclose(np.linalg.norm([state, d_state], axis=2), lengths, rtol=1e-10)


@all_cells
def test_transitions_stay_orthogonal_through_a_thousand_updates(cell):
    """Within 1e-10, far from where they began, and the cell still is its twin."""
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, size=(8, 6, 2))
    y = np.cumsum(X[:, :, 0] * X[:, :, 1], axis=1)
    model = RNNRegressor(
        cell,
        N_UNITS,
        dtype="float64",
        batch_size=8,
        max_iter=1000,
        solver="rmsprop",
        learning_rate_init=0.01,
        random_state=0,
        tol=None,
    )
    still = {"max_iter": 1, "tol": None, "learning_rate_init": 1e-12}
    start = RNNRegressor(cell, N_UNITS, dtype="float64", random_state=0, **still).fit(X, y)
    model.fit(X, y)
    assert model.n_updates_ == 1000
    before, after = (m.network_.layers[0][0].parameters for m in (start, model))
    first, last = (MATRICES[cell.name](cell, parameters) for parameters in (before, after))
    assert np.abs(last - first).max() > 0.1
    linear = after | {"modulus_bias": np.zeros(N_UNITS)}
    for matrix in (last, operator(cell, linear, N_UNITS)):
        assert np.abs(matrix @ matrix.conj().T - np.eye(N_UNITS)).max() <= 1e-10
    twin = TWINS[cell.name].outputs(cell, after, X[0], np.empty(0), np.ones(model.network_.width))
    np.testing.assert_allclose(model.states(X[0]), twin, atol=1e-10)


def test_layers_of_an_eunn_reach_further():
    """A unit hears one other in one layer, and all with as many layers as units, or with log2 of them."""
    for cell, heard in ((EUNN(1), 2), (EUNN(2), 4), (EUNN(N_UNITS), N_UNITS), (EUNN(fft=True), N_UNITS)):
        matrix = eunn_matrix(cell, drawn(cell, N_UNITS if not cell.fft else 16))
        expected = min(heard, len(matrix))
        assert max(np.count_nonzero(np.abs(row) > 1e-14) for row in matrix) == expected


def test_pairs_of_an_eunn_are_parameters_once():
    for n_units, fft in itertools.product(range(1, 20), (False, True)):
        cell = EUNN(n_units, fft)
        drawn_angles = cell.draw(2, n_units, np.random.default_rng(0))["angles"].size
        if not fft:
            assert drawn_angles == n_units * (n_units - 1) // 2
        elif n_units & (n_units - 1) == 0:
            assert drawn_angles == n_units // 2 * (n_units.bit_length() - 1)
