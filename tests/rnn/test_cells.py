"""Every recurrent cell equals its naive twin, and its gradients finite differences; torch too where it is installed."""

import copy
import itertools
import sys

import numpy as np
import pytest

from reservoir.rnn import layer as layer_module
from reservoir.rnn.cells import CELLS
from reservoir.rnn.descent import run_rows
from reservoir.rnn.examples import Batch, Examples
from reservoir.rnn.gradients import Gradient
from reservoir.rnn.losses import LOSSES
from reservoir.rnn.recurrent_network import RecurrentNetwork
from tests.rnn.recurrent_oracles import TWINS, cells

LENGTHS = np.array([3, 12, 1, 7, 12])
ROWS, OFFSETS = int(LENGTHS.sum()), np.concatenate([[0], np.cumsum(LENGTHS)])


def name_of(cell):
    return repr(cell).replace("\n", "").replace(" ", "")


all_cells = pytest.mark.parametrize("cell", cells(), ids=name_of)


def network_of(cell, sizes=(4,), bidirectional=False, n_outputs=2, n_features=3, dtype="float64"):
    """A network with no parameter at zero, and none so large that rectified units explode."""
    rng = np.random.default_rng(5)
    network = RecurrentNetwork(cell, sizes, bidirectional, n_features, n_outputs, rng, np.dtype(dtype))
    network.vector += rng.normal(scale=0.15, size=network.vector.size).astype(dtype)
    network.vector *= 0.7
    return network


def examples_of(loss="squared", pooling=None, washout=0):
    """Ragged sequences, whose last feature grows as time does."""
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(ROWS, 3))
    rows[:, -1] = np.concatenate([np.cumsum(rng.uniform(0.5, 2, size=length)) for length in LENGTHS])
    n_targets = ROWS if pooling is None else len(LENGTHS)
    targets = {
        "squared": rng.normal(size=(n_targets, 2)),
        "bernoulli": rng.integers(0, 2, size=(n_targets, 2)).astype(float),
        "cross_entropy": rng.integers(0, 2, size=n_targets),
    }[loss]
    return Examples(rows, OFFSETS, targets, pooling, washout)


def assert_gradient(network, piece, pooling, loss, masks=None, state=None, n_directions=None):
    """The gradient is that of central differences, to 1e-6 and the rounding of the loss.

    By parameter, or along so many random directions, in which each parameter counts.
    """
    ahead = copy.copy(network)  # of the same numbers; only the loss is asked for, so that nothing runs backwards
    ahead.backward = lambda *_: np.zeros_like(network.vector)

    def value():
        return Gradient(ahead, pooling, LOSSES[loss]).of(piece, masks, state)[0]

    gradient = Gradient(network, pooling, LOSSES[loss]).of(piece, masks, state)[2]
    step = 2e-6
    rounding = 8 * np.finfo(float).eps * value() / step
    size, kept = network.vector.size, network.vector.copy()
    directions = np.eye(size)
    if n_directions is not None:
        directions = np.random.default_rng(2).choice([-1.0, 1.0], (n_directions, size)) / np.sqrt(size)
    for direction in directions:
        network.vector[:] = kept + step * direction
        above = value()
        network.vector[:] = kept - step * direction
        below = value()
        network.vector[:] = kept
        expected = (above - below) / (2 * step)
        assert abs(gradient @ direction - expected) <= 1e-6 * max(1.0, abs(expected)) + rounding
    assert np.abs(gradient).max() > 1e-3


@all_cells
def test_twin(cell):
    network, examples = network_of(cell), examples_of()
    hidden, _ = run_rows(network, examples.rows, examples.offsets)
    rows, times = network.split_times(examples.rows)
    for a, b in itertools.pairwise(OFFSETS):
        own = network.layers[0][0].parameters
        expected = TWINS[cell.name].outputs(cell, own, rows[a:b], times[a:b], np.ones(network.width))
        np.testing.assert_allclose(hidden[a:b], expected, rtol=1e-12, atol=1e-12)


@all_cells
def test_twin_with_a_mask(cell):
    network, examples = network_of(cell), examples_of()
    masks = network.draw_masks((0.3, 0.5, 0.3), len(LENGTHS), np.random.default_rng(0))
    batch = Batch(examples)
    hidden = network.forward(batch.rows, batch.packing, None, masks)[0]
    rows, times = network.split_times(batch.rows)
    for member in range(len(LENGTHS)):
        here = batch.packing.member == member
        x, mask = rows[here] * masks.inputs[0][member], masks.recurrent[0][0][member]
        expected = TWINS[cell.name].outputs(
            cell, network.layers[0][0].parameters, x, times[here] if times.size else times, mask
        )
        np.testing.assert_allclose(hidden[here], expected, rtol=1e-12, atol=1e-12)


@all_cells
@pytest.mark.parametrize(
    ("loss", "pooling", "washout"),
    [("squared", None, 0), ("cross_entropy", None, 2), ("bernoulli", None, 0), ("cross_entropy", "last", 0)],
)
def test_gradient(cell, loss, pooling, washout):
    piece = next(Batch(examples_of(loss, pooling, washout)).pieces())
    assert_gradient(network_of(cell), piece, pooling, loss)


@all_cells
@pytest.mark.parametrize(
    "pooling, n_directions",
    [("mean", 20), *(pytest.param(one, None, marks=pytest.mark.long) for one in ("mean", None, "last"))],
)
def test_gradient_of_a_deep_bidirectional_network_with_masks(cell, pooling, n_directions):
    network = network_of(cell, (3, 2), bidirectional=True)
    masks = network.draw_masks((0.2, 0.3, 0.2), len(LENGTHS), np.random.default_rng(1))
    piece = next(Batch(examples_of("squared", pooling)).pieces())
    assert_gradient(network, piece, pooling, "squared", masks, n_directions=n_directions)


@all_cells
def test_a_truncated_gradient_ends_at_the_piece(cell):
    """Each piece's gradient is that of its own loss for a given state, and the losses are those of the whole run."""
    network, examples, state, total = network_of(cell, (3, 2)), examples_of(), None, 0.0
    for piece in Batch(examples).pieces(5):
        state = state if state is None else state[: len(piece.packing.lengths)]
        assert_gradient(network, piece, None, "squared", None, state)
        value, n, _, state = Gradient(network, None, LOSSES["squared"]).of(piece, None, state)
        total += value * n
    whole = Gradient(network, None, LOSSES["squared"]).of(next(Batch(examples).pieces()), None, None)
    assert total == pytest.approx(whole[0] * whole[1], rel=1e-12)


@all_cells
@pytest.mark.parametrize("bidirectional", [False, True])
def test_long_runs_are_cut_without_a_trace(cell, bidirectional, monkeypatch):
    """Kernels get a few steps at once; the state, and its gradient, are handed on."""
    network = network_of(cell, (3, 2), bidirectional)
    piece = next(Batch(examples_of()).pieces())
    at_once = Gradient(network, None, LOSSES["squared"]).of(piece, None, None)
    monkeypatch.setattr(layer_module, "rows_per_call", lambda *work: 6)
    in_pieces = Gradient(network, None, LOSSES["squared"]).of(piece, None, None)
    assert at_once[0] == in_pieces[0]
    np.testing.assert_array_equal(at_once[3], in_pieces[3])
    np.testing.assert_allclose(at_once[2], in_pieces[2], rtol=1e-10, atol=1e-13)


@all_cells
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_bits_do_not_depend_on_the_batch(cell, dtype, bidirectional):
    network, examples = network_of(cell, (19, 6), bidirectional, dtype=dtype), examples_of()
    hidden, finals = run_rows(network, examples.rows, OFFSETS)
    for index, (a, b) in enumerate(itertools.pairwise(OFFSETS)):
        alone, final = run_rows(network, examples.rows[a:b], np.array([0, b - a]))
        assert alone.tobytes() == hidden[a:b].tobytes()
        assert final.tobytes() == finals[index : index + 1].tobytes()
    order = np.argsort(LENGTHS)
    there = examples.take(order)
    again, _ = run_rows(network, there.rows, there.offsets)
    assert again.tobytes() == np.concatenate([hidden[OFFSETS[i] : OFFSETS[i + 1]] for i in order]).tobytes()
    one, other = (
        Gradient(network, None, LOSSES["squared"]).of(next(Batch(which).pieces()), None, None)[2]
        for which in (examples, there)
    )
    np.testing.assert_allclose(one, other, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-6)


@all_cells
def test_float32_is_near_float64(cell):
    networks = [network_of(cell, (9,), dtype=dtype) for dtype in ("float32", "float64")]
    networks[1].vector[:] = networks[0].vector
    single, double = (run_rows(network, examples_of().rows, OFFSETS)[0] for network in networks)
    np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["elman", "lstm", "gru"])
def test_torch(name):
    """Outputs and gradients of an independent implementation, two layers deep, to 1e-10."""
    torch = pytest.importorskip("torch", reason="torch is not installed: its autograd is the witness")
    network, n_units, n_steps, n_sequences = network_of(CELLS[name](), (5, 5)), 5, 12, 3
    kind = {"elman": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[name]
    peer = kind(3, n_units, 2).double()
    order = {"elman": [0], "lstm": [0, 1, 3, 2], "gru": [0, 1, 2]}[name]

    def theirs(array):
        blocks = np.split(array, array.shape[-1] // n_units, axis=-1)
        return torch.from_numpy(np.ascontiguousarray(np.concatenate([blocks[k] for k in order], axis=-1).T))

    def pairs(views):
        for k in range(2):
            own = {part: views[f"layer_{k}.forward.{part}"] for part in network.layers[k][0].parameters}
            yield f"weight_ih_l{k}", theirs(own["input_weights"])
            yield f"weight_hh_l{k}", theirs(own["recurrent_weights"])
            yield f"bias_ih_l{k}", theirs(own["bias"])
            inner = own.get("recurrent_bias", np.zeros(0))
            yield f"bias_hh_l{k}", torch.from_numpy(np.concatenate([np.zeros(own["bias"].size - inner.size), inner]))

    with torch.no_grad():
        for part, value in pairs(network.named):
            getattr(peer, part).copy_(value)
    rng = np.random.default_rng(2)
    rows, d_hidden = rng.normal(size=(n_steps, n_sequences, 3)), rng.normal(size=(n_steps, n_sequences, n_units))
    outputs, _ = peer(torch.from_numpy(rows))
    outputs.backward(torch.from_numpy(d_hidden))
    packing = Batch(Examples(rows.reshape(-1, 3), np.arange(4) * n_steps, rows.reshape(-1, 3), None, 0)).packing
    hidden, _, tapes = network.forward(rows.reshape(-1, 3), packing)
    np.testing.assert_allclose(hidden, outputs.detach().numpy().reshape(-1, n_units), atol=1e-10, rtol=0)
    gradient = network.views(network.backward(tapes, d_hidden.reshape(-1, n_units), packing))
    for part, value in pairs(gradient):
        if name != "gru" or not part.startswith("bias_hh"):
            expected = getattr(peer, part).grad
        else:  # torch has a second bias for every gate
            expected = torch.cat([torch.zeros(2 * n_units), getattr(peer, part).grad[2 * n_units :]])
        if not part.startswith("bias_hh") or name == "gru":
            np.testing.assert_allclose(value.numpy(), expected.numpy(), atol=1e-10, rtol=0)
    assert "torch" in sys.modules


def test_every_cell_has_a_twin_and_a_name():
    assert set(CELLS) <= set(TWINS)
    assert all(cell().get_params() is not None and cell.name == name for name, cell in CELLS.items())
