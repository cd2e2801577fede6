"""Compiled code against its slow twins, and the cache against edits."""

import os

import mpmath
import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from reservoir import EchoState
from reservoir.neurons.activations import ACTIVATIONS, activate
from reservoir.readouts.affine import affine
from reservoir.systems.rate_runs import close_loop, weights_of
from reservoir.topologies import CirculantMatrix
from tests import oracles
from tests.forks import printed


def draw_matrix(structure, n_units, rng):
    """A random matrix of norm below one, so that rounding is not amplified."""
    full = rng.uniform(-1, 1, (n_units, n_units)) * (rng.random((n_units, n_units)) < 0.5)
    full *= 0.9 / max(1.0, np.linalg.norm(full, 2))
    if structure == "sparse":
        return sparse.csr_array(full)
    if structure == "circulant":
        n_offsets = int(rng.integers(1, n_units + 1))
        offsets = rng.choice(n_units, n_offsets, replace=False)
        return CirculantMatrix(rng.uniform(-1, 1, (n_offsets, n_units)) * 0.9 / n_offsets, offsets)
    return full


@given(
    structure=st.sampled_from(["sparse", "circulant", "dense"]),
    activation=st.sampled_from(list(ACTIVATIONS)),
    n_units=st.integers(1, 23),
    n_features=st.integers(1, 4),
    n_steps=st.integers(1, 30),
    leak=st.floats(0.05, 1.0),
    seed=st.integers(0, 2**32),
)
def test_states_equal_the_plain_recursion(structure, activation, n_units, n_features, n_steps, leak, seed):
    rng = np.random.default_rng(seed)
    W = draw_matrix(structure, n_units, rng)
    W_in, bias = rng.uniform(-1, 1, (n_units, n_features)), rng.uniform(-1, 1, n_units)
    inputs, start = rng.standard_normal((n_steps, n_features)), rng.uniform(-1, 1, n_units)
    system = EchoState(
        n_units,
        topology=W,
        spectral_radius=None,
        input_weights=W_in,
        bias=bias,
        leak=leak,
        activation=activation,
    ).fit(inputs)
    states, final = system.run(inputs, start)
    expected = oracles.leaky_states(W, W_in, bias, leak, inputs, start, activation)
    np.testing.assert_allclose(states, expected, rtol=0, atol=1e-12 * max(1, np.abs(expected).max()))
    np.testing.assert_array_equal(final, states[-1])


@given(
    n_units=st.integers(1, 20),
    seed=st.integers(0, 2**32),
    include_input=st.booleans(),
    squares=st.booleans(),
    channels=st.sampled_from([[0, 1, 2], [2, 0], [1]]),
)
def test_closed_loop_equals_the_plain_recursion(n_units, seed, include_input, squares, channels):
    rng = np.random.default_rng(seed)
    system = EchoState(n_units, bias_scaling=0.5, leak=0.7, random_state=seed).fit(np.zeros((1, 3)))
    n_columns = n_units * (1 + squares) + 3 * include_input
    coef, intercept = rng.uniform(-0.5, 0.5, (len(channels), n_columns)) / n_units, rng.uniform(-1, 1, len(channels))
    start = rng.uniform(-1, 1, n_units), rng.uniform(-1, 1, 3)
    known = rng.uniform(-1, 1, (25, 3))
    known[:, channels] = np.where(rng.random((25, len(channels))) < 0.8, np.nan, known[:, channels])
    options = {"squares": squares, "scaling": 0.6, "channels": channels}
    outputs, _ = close_loop(weights_of(system), coef, intercept, *start, 25, known=known, **options)
    weights = system.W_, system.W_in_, system.bias_, 0.7
    expected = oracles.closed_loop(*weights, coef, intercept, *start, known, **options)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-11)


@given(
    n_units=st.integers(1, 40),
    lengths=st.lists(st.integers(1, 20), min_size=2, max_size=6),
    dtype=st.sampled_from(["float64", "float32"]),
    seed=st.integers(0, 2**32),
)
def test_dense_sequences_together_equal_one_by_one(n_units, lengths, dtype, seed):
    rng = np.random.default_rng(seed)
    W, X = rng.normal(size=(n_units, n_units)), [rng.normal(size=(length, 2)) for length in lengths]
    system = EchoState(n_units, topology=W, bias_scaling=0.5, leak=0.6, dtype=dtype, random_state=0).fit(X)
    start = rng.uniform(-1, 1, (len(X), n_units))
    together, finals = system.run(X, start)
    for member, before, states, final in zip(X, start, together, finals, strict=True):
        alone = system.run(member, before)
        np.testing.assert_array_equal(states, alone[0])
        np.testing.assert_array_equal(final, alone[1])


def test_own_activation():
    @numba.njit
    def soft_sign(x):
        return x / (1 + abs(x))

    X = np.random.default_rng(0).normal(size=(30, 2))
    system = EchoState(8, activation=soft_sign, leak=0.5, random_state=0).fit(X)
    W, expected, x = system.W_.toarray(), [], np.zeros(8)
    for u in X:
        x = 0.5 * x + 0.5 * soft_sign.py_func(W @ x + system.W_in_ @ u + system.bias_)
        expected.append(x)
    np.testing.assert_allclose(system.transform(X), expected, rtol=0, atol=1e-12)
    outputs, _ = close_loop(weights_of(system), np.full((2, 8), 0.1), np.zeros(2), x, X[0], 3)
    assert np.isfinite(outputs).all()


def test_float32_states_follow_float64():
    inputs = np.random.default_rng(0).standard_normal((200, 3))
    double = EchoState(100, random_state=0).fit_transform(inputs)
    single = EchoState(100, random_state=0, dtype="float32").fit_transform(inputs)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tanh_is_within_four_units_in_the_last_place(dtype):
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.uniform(-25, 25, 4000), rng.uniform(-1, 1, 4000), 10.0 ** rng.uniform(-30, 1, 2000)])
    values = values.astype(dtype)
    found = values.copy()
    activate(ACTIVATIONS["tanh"], found)
    with mpmath.workdps(40):
        exact = [mpmath.tanh(mpmath.mpf(float(value))) for value in values]
        distance = [abs(mpmath.mpf(float(f)) - e) for f, e in zip(found, exact, strict=True)]
    spacing = np.spacing(np.abs(np.array([float(e) for e in exact])).astype(dtype))
    assert max(float(d) / s for d, s in zip(distance, spacing, strict=True)) <= 4


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_at_the_edges(name, dtype):
    values = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, -1e30], dtype=dtype)
    found = values.copy()
    activate(ACTIVATIONS[name], found)
    with np.errstate(over="ignore"):
        expected = oracles.ACTIVATIONS[name](values)
    np.testing.assert_array_equal(found, expected.astype(dtype))


@given(rows=st.integers(1, 9), features=st.integers(1, 40), outputs=st.integers(1, 5), seed=st.integers(0, 2**32))
def test_affine_rows_do_not_depend_on_each_other(rows, features, outputs, seed):
    rng = np.random.default_rng(seed)
    X, coef, intercept = (
        rng.normal(size=(rows, features)),
        rng.normal(size=(outputs, features)),
        np.ones(outputs),
    )
    together, alone = np.empty((rows, outputs)), np.empty((rows, outputs))
    affine(X, coef, intercept, together)
    for t in range(rows):
        affine(X[t : t + 1], coef, intercept, alone[t : t + 1])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_allclose(together, X @ coef.T + 1, atol=1e-12)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_the_cache_sees_an_edit_in_another_file(tmp_path):
    """Numba alone would go on using the old function; `kernel` names the file it depends on."""
    loop = """
        import step
        from reservoir.compilation import kernel

        @kernel(step.__file__)
        def loop(n):
            total = 0.0
            for i in range(n):
                total += step.step(i)
            return total

        print(loop(10), sum(loop.stats.cache_hits.values()))
    """
    step = "from reservoir.compilation import kernel\n\n@kernel()\ndef step(i):\n    return {}.0\n"
    edits = [{"step.py": step.format(value)} for value in (1, 1, 2)]
    answers = printed(loop, edits, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert answers == [["10.0", "0"], ["10.0", "1"], ["20.0", "0"]]
