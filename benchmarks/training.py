"""Seconds of fit and predict: 10,000 steps, one input and one output (NARMA-10).

    python benchmarks/training.py                                       every peer that is installed here, 500 units
    python benchmarks/training.py --peer pyrcn                          one peer
    BENCHMARK_THREADS=all python benchmarks/training.py --units 500 1000 3000 --defaults

W and W_in are given to every library, so that nobody draws weights inside the clock and the states are equal.
All train a ridge readout with an intercept on the states of all rows (one way of PyRCN knows no washout), and
predict 10,000 new steps. The errors are compared. With `--defaults` there are also rows of what each library takes
where it is told the number of units alone; the drawing of weights is in the clock then, and our error must not be the
larger one.
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

N_STEPS, ALPHA = 10_000, 1e-6
SKIPPED = 200  # first rows that are not scored
# The peer's time over ours that must be reached.
REQUIRED = {"reservoirpy": 5, "pyrcn": 25}
REQUIRED_OF_ALL_CORES = {"reservoirpy": 3}
REQUIRED_OF_DEFAULTS = {500: 7, 1000: 8, 3000: 10}
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


def our_defaults(n_units, u, y, new):
    """A regressor that is told the number of units."""
    return ReservoirRegressor(EchoState(n_units, random_state=0)).fit(u, y).predict(new)


def defaults_of_reservoirpy(n_units, u, y, new):
    """Reservoir >> Ridge, told the same."""
    from reservoirpy.nodes import Reservoir, Ridge

    model = Reservoir(n_units, seed=0) >> Ridge()
    model.fit(u, y[:, None])
    model.reset()
    return model.run(new)[:, 0]


DEFAULTS = {"reservoirpy": defaults_of_reservoirpy}
MODELS = {
    "reservoirpy": {"Reservoir >> Ridge": reservoirpy},
    "rclib": {"Model": rclib},
    "pyrcn": {"torch (its default)": pyrcn, "NumPy, with Ridge of scikit-learn": pyrcn_numpy},
}


def error(predicted: np.ndarray, target: np.ndarray) -> float:
    """Root mean square error over the standard deviation of the target, without the first rows."""
    predicted, target = predicted[SKIPPED:], target[SKIPPED:]
    return float(np.sqrt(np.mean((predicted - target) ** 2)) / np.std(target))


def data() -> tuple[np.ndarray, ...]:
    """Inputs and targets of training, and new ones."""
    return *make_narma(N_STEPS, random_state=0), *make_narma(N_STEPS, random_state=1)


def rows_of(peer: str, n_units: int, repeats: int) -> list[Row]:
    """One row for every way that a peer offers; the required ratio is asked of its default, the first."""
    W, W_in = drawn(n_units, n_units // 10)
    u, y, new, wanted = data()
    models = {"ours": ours, **MODELS[peer]}
    errors = {name: error(model(W, W_in, u, y, new), wanted) for name, model in models.items()}
    for name, value in errors.items():
        if abs(value - errors["ours"]) > SAME_ERROR * errors["ours"]:
            raise SystemExit(f"{peer}, {name}: error {value:.4f}, ours {errors['ours']:.4f}: not equal work")
    taken = measure.in_turns({name: partial(m, W, W_in, u, y, new) for name, m in models.items()}, repeats)
    rows = []
    for index, name in enumerate(MODELS[peer]):
        note = f"{name}; error {errors['ours']:.4f} / {errors[name]:.4f}"
        asked = REQUIRED_OF_ALL_CORES if measure.ALL else REQUIRED
        required = asked.get(peer) if index == 0 else None
        work = f"fit + predict, N={n_units:,}, T={N_STEPS:,}"
        times = taken["ours"].median, "s", peer, taken[name].median
        rows.append(Row(work, *times, required=required, note=note))
    return rows


def row_of_defaults(peer: str, n_units: int, repeats: int) -> Row:
    """What each library does where it is told the number of units alone."""
    u, y, new, wanted = data()
    works = {"ours": partial(our_defaults, n_units, u, y, new), peer: partial(DEFAULTS[peer], n_units, u, y, new)}
    errors = {name: error(work(), wanted) for name, work in works.items()}
    if not errors["ours"] <= errors[peer]:
        raise SystemExit(f"defaults of {peer}: error {errors[peer]:.4f}, ours {errors['ours']:.4f}: not equal work")
    taken = measure.in_turns(works, repeats, warm=False)  # the errors were the warm-up
    times = taken["ours"].median, "s", peer, taken[peer].median
    note = f"error {errors['ours']:.4f} / {errors[peer]:.4f}"
    required = REQUIRED_OF_DEFAULTS.get(n_units) if measure.ALL else None
    return Row(f"defaults of both, fit + predict, N={n_units:,}, T={N_STEPS:,}", *times, required=required, note=note)


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--peer", choices=list(MODELS))
    options.add_argument("--units", nargs="*", type=int, default=[500])
    options.add_argument("--defaults", action="store_true", help="rows of the defaults of both too")
    options = options.parse_args()
    chosen = [options.peer] if options.peer else [peer for peer in peers.installed() if peer in MODELS]
    rows = [row for peer in chosen for n in options.units for row in rows_of(peer, n, options.repeats)]
    told = [peer for peer in chosen if peer in DEFAULTS and options.defaults]
    rows += [row_of_defaults(peer, n, options.repeats) for peer in told for n in options.units]
    measure.publish(rows, options, *(peers.PACKAGES[peer] for peer in chosen))


if __name__ == "__main__":
    main()
