"""Seconds of fit and predict: 500 units, 10,000 steps, one input and one output (NARMA-10).

    python benchmarks/training.py                   every peer that is installed here
    python benchmarks/training.py --peer pyrcn      one peer

W and W_in are given to every library, so that nobody draws weights inside the clock and the states are equal.
All train a ridge readout with an intercept on the states of all rows (one way of PyRCN knows no washout), and
predict 10,000 new steps. The errors are compared.
"""

from __future__ import annotations

from functools import partial

import measure  # first: it sets the number of threads
import numpy as np
import peers
from measure import Row
from states import drawn

from reservoir import EchoState, ReservoirRegressor
from reservoir.datasets import make_narma
from reservoir.readouts import RidgeReadout

N_UNITS, IN_DEGREE, N_STEPS, ALPHA = 500, 50, 10_000, 1e-6
SKIPPED = 200  # first rows that are not scored
REQUIRED = {"reservoirpy": 5, "pyrcn": 25}
SAME_ERROR = 0.02  # relative


def ours(W, W_in, u, y, new):
    """The library: states without the input, as the peers' readouts see them."""
    reservoir = EchoState(len(W_in), topology=W, spectral_radius=None, input_weights=W_in)
    model = ReservoirRegressor(reservoir, RidgeReadout(ALPHA), include_input=False)
    return model.fit(u, y).predict(new)


def reservoirpy(W, W_in, u, y, new):
    """Reservoir >> Ridge."""
    from reservoirpy.nodes import Reservoir, Ridge

    model = Reservoir(W=W, Win=W_in, bias=np.zeros(len(W_in))) >> Ridge(ridge=ALPHA)
    model.fit(u, y[:, None])
    model.reset()
    return model.run(new)[:, 0]


def rclib(W, W_in, u, y, new):
    """rclib's Model; its Ridge chooses the solver."""
    model = peers.rclib_model(W, W_in, ALPHA)
    model.fit(u, y[:, None])
    return model.predict(new)[:, 0]


def pyrcn(W, W_in, u, y, new):
    """ESNRegressor as it comes: dense recurrence and readout in torch."""
    import torch
    from pyrcn.echo_state_network import ESNRegressor
    from pyrcn.linear_model import IncrementalRegression

    torch.set_num_threads(1)
    inputs, nodes = peers.pyrcn_blocks(W, W_in)
    readout = IncrementalRegression(alpha=ALPHA)
    model = ESNRegressor(input_to_node=inputs, node_to_node=nodes, regressor=readout, verbose=False)
    return np.ravel(model.fit(u, y).predict(new))


def pyrcn_numpy(W, W_in, u, y, new):
    """ESNRegressor with scikit-learn's Ridge, which takes its sparse NumPy path."""
    from pyrcn.echo_state_network import ESNRegressor
    from sklearn.linear_model import Ridge

    inputs, nodes = peers.pyrcn_blocks(W, W_in)
    readout = Ridge(alpha=ALPHA)
    model = ESNRegressor(input_to_node=inputs, node_to_node=nodes, regressor=readout, verbose=False)
    return np.ravel(model.fit(u, y).predict(new))


MODELS = {
    "reservoirpy": {"Reservoir >> Ridge": reservoirpy},
    "rclib": {"Model": rclib},
    "pyrcn": {"torch (its default)": pyrcn, "NumPy, with Ridge of scikit-learn": pyrcn_numpy},
}


def error(predicted: np.ndarray, target: np.ndarray) -> float:
    """Root mean square error over the standard deviation of the target, without the first rows."""
    predicted, target = predicted[SKIPPED:], target[SKIPPED:]
    return float(np.sqrt(np.mean((predicted - target) ** 2)) / np.std(target))


def rows_of(peer: str, repeats: int) -> list[Row]:
    """One row for every way that a peer offers; the required ratio is asked of its default, the first."""
    W, W_in = drawn(N_UNITS, IN_DEGREE)
    u, y = make_narma(N_STEPS, random_state=0)
    new, wanted = make_narma(N_STEPS, random_state=1)
    models = {"ours": ours, **MODELS[peer]}
    errors = {name: error(model(W, W_in, u, y, new), wanted) for name, model in models.items()}
    for name, value in errors.items():
        if abs(value - errors["ours"]) > SAME_ERROR * errors["ours"]:
            raise SystemExit(f"{peer}, {name}: error {value:.4f}, ours {errors['ours']:.4f}: not equal work")
    taken = measure.in_turns({name: partial(m, W, W_in, u, y, new) for name, m in models.items()}, repeats)
    rows = []
    for index, name in enumerate(MODELS[peer]):
        note = f"{name}; error {errors['ours']:.4f} / {errors[name]:.4f}"
        required = REQUIRED.get(peer) if index == 0 else None
        work = f"fit + predict, N={N_UNITS}, T={N_STEPS:,}"
        times = taken["ours"].median, "s", peer, taken[name].median
        rows.append(Row(work, *times, required=required, note=note))
    return rows


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--peer", choices=list(MODELS))
    options = options.parse_args()
    chosen = [options.peer] if options.peer else [peer for peer in peers.installed() if peer in MODELS]
    rows = [row for peer in chosen for row in rows_of(peer, options.repeats)]
    measure.publish(rows, options, *(peers.PACKAGES[peer] for peer in chosen))


if __name__ == "__main__":
    main()
