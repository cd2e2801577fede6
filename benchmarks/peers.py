"""The peers, given one and the same W and W_in: functions from an input (T, 1) to states (T, n_units).

A peer may offer more than one way; all are timed and the fastest counts. `None` instead of states says that
a way keeps them to itself. Leak is 1 and the bias is zero everywhere: ORC takes only one bias for all units.
"""

from __future__ import annotations

import importlib.util
import os
import struct
from collections.abc import Callable

import numpy as np
from scipy import sparse

# Name of the module to import and of the package on PyPI.
MODULES = {"reservoirpy": "reservoirpy", "rclib": "rclib", "orc": "orc", "pyrcn": "pyrcn"}
PACKAGES = {"reservoirpy": "reservoirpy", "rclib": "rclib", "orc": "OpenReservoirComputing", "pyrcn": "PyRCN"}

Ways = dict[str, Callable]


def installed() -> list[str]:
    """Peers that can be imported here."""
    return [peer for peer, module in MODULES.items() if importlib.util.find_spec(module)]


def reservoirpy_states(W, W_in: np.ndarray) -> Ways:
    """A Reservoir node with given matrices."""
    from reservoirpy.nodes import Reservoir

    reservoir = Reservoir(W=W, Win=W_in, bias=np.zeros(len(W_in)))

    def run(u: np.ndarray) -> np.ndarray:
        if getattr(reservoir, "initialized", False):
            reservoir.reset()
        return reservoir.run(u)

    return {"run": run}


def rclib_model(W, W_in: np.ndarray, alpha: float = 1e-6):
    """An rclib model with given matrices, put in through its model file (layout of rclib 0.2.0).

    rclib draws its own weights; a saved model holds them, and `loads` checks what it reads.
    """
    from rclib import _rclib

    n_units = len(W_in)
    readout = _rclib.RidgeReadout(alpha, True, _rclib.RidgeReadout.Solver.AUTO, 1e-6)
    template = _rclib.Model()
    template.addReservoir(_rclib.RandomSparseReservoir(n_units, 0.0, 0.0, 1.0, 1.0, False, 0), "serial")
    template.setReadout(readout)
    saved = template.dumps()
    tag = b"RandomSparseReservoir"
    # After the tag: units (4 bytes), radius, sparsity, leak and scaling (32), bias flag (1), seed (4).
    head = saved[: saved.index(tag) + len(tag) + 41]
    tail = saved[saved.index(struct.pack("<I", 12) + b"RidgeReadout") :]
    rows = sparse.csr_array(W, dtype=np.float64)  # rclib has columns of the transpose: the same arrays
    rows.sort_indices()
    arrays = (rows.indptr.astype("<i4"), rows.indices.astype("<i4"), rows.data)
    weights = struct.pack("<3q", n_units, n_units, rows.nnz) + b"".join(array.tobytes() for array in arrays)
    zeros = struct.pack("<2q", 1, n_units) + np.zeros(n_units).tobytes()  # the bias, and the state
    inputs = b"\x01" + struct.pack("<2q", W_in.shape[1], n_units) + np.asfortranarray(W_in.T).tobytes("F")
    return _rclib.Model.loads(head + weights + zeros + zeros + inputs + tail)


def rclib_states(W, W_in: np.ndarray) -> Ways:
    """Step by step from Python, which gives the states; and `predict`, in C++, with one output."""
    model = rclib_model(W, W_in)
    reservoir = model.getReservoir(0)
    some = np.linspace(-0.5, 0.5, 50)[:, None]
    model.fit(some, some)

    def advance(u: np.ndarray) -> np.ndarray:
        reservoir.resetState()
        states = np.empty((len(u), len(W_in)))
        for t in range(len(u)):
            states[t] = reservoir.advance(u[t : t + 1])
        return states

    def predict(u: np.ndarray) -> None:
        model.predict(u)

    return {"advance": advance, "predict": predict}


def orc_states(W, W_in: np.ndarray) -> Ways:
    """Teacher forcing of an ESNForecaster whose arrays are replaced; one core, float64."""
    if hasattr(os, "sched_setaffinity"):  # before JAX starts its threads
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import equinox
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    import jax.numpy as jnp
    from jax.experimental import sparse as jax_sparse
    from orc.forecaster import ESNForecaster

    n_units = len(W_in)
    density = min(1.0, 5 / n_units)  # of the matrix that is thrown away
    esn = ESNForecaster(data_dim=1, res_dim=n_units, leak_rate=1.0, bias=0.0, Wr_density=density)
    places = sparse.csr_array(W).tocoo()
    indices = np.stack([places.row, places.col], axis=1).astype(np.int32)
    recurrent = jax_sparse.BCOO(
        (jnp.asarray(places.data)[None], jnp.asarray(indices)[None]), shape=(1, n_units, n_units)
    )
    esn = equinox.tree_at(lambda model: model.driver.wr, esn, recurrent)
    esn = equinox.tree_at(lambda model: model.embedding.win, esn, jnp.asarray(W_in)[None])
    start = jnp.zeros((1, n_units))

    def force(u: np.ndarray) -> np.ndarray:
        return np.asarray(esn.force(jnp.asarray(u), start))[:, 0, :]

    return {"force": force}


def pyrcn_blocks(W, W_in: np.ndarray):
    """PyRCN's two blocks with given matrices; it multiplies from the left, so both are transposed."""
    from pyrcn.base.blocks import InputToNode, NodeToNode

    n_units = len(W_in)
    turned = sparse.csr_array(W).T.tocsr() if sparse.issparse(W) else np.ascontiguousarray(W.T)
    inputs = InputToNode(
        hidden_layer_size=n_units,
        input_activation="identity",
        bias_scaling=0.0,
        predefined_input_weights=np.ascontiguousarray(W_in.T),
    )
    nodes = NodeToNode(
        hidden_layer_size=n_units,
        spectral_radius=1.0,
        leakage=1.0,
        predefined_recurrent_weights=turned,
    )
    return inputs, nodes


def pyrcn_states(W, W_in: np.ndarray) -> Ways:
    """The scikit-learn blocks in NumPy, and the torch reservoir that ESNRegressor uses."""
    import torch
    from pyrcn.nn import Reservoir

    torch.set_num_threads(1)
    inputs, nodes = pyrcn_blocks(W, W_in)
    some = np.zeros((2, 1))
    nodes.fit(inputs.fit_transform(some))
    reservoir = Reservoir(len(W_in), spectral_radius=1.0, leakage=1.0, dtype=torch.float64)
    reservoir.set_recurrent_weights((W.toarray() if sparse.issparse(W) else W).T.copy())

    def transform(u: np.ndarray) -> np.ndarray:
        return nodes.transform(inputs.transform(u))

    def torch_module(u: np.ndarray) -> np.ndarray:
        driven = torch.as_tensor(inputs.transform(u)).unsqueeze(0)
        return reservoir(driven)[0].squeeze(0).numpy()

    return {"transform": transform, "torch": torch_module}


STATES = {
    "reservoirpy": reservoirpy_states,
    "rclib": rclib_states,
    "orc": orc_states,
    "pyrcn": pyrcn_states,
}
TAKES_DENSE = ("reservoirpy", "pyrcn")
