"""Microseconds a step: how fast the states of a reservoir are computed, here and by the peers.

    python benchmarks/states.py                     every peer that is installed here
    python benchmarks/states.py --peer rclib        one peer
    python benchmarks/states.py --peer none         the library alone: limits and the large reservoir
    python benchmarks/states.py --only "N=1000"     works whose name holds this text

One W and W_in go to both libraries, and equal states (1e-10) are asserted before any clock starts.
"""

from __future__ import annotations

from functools import partial

import measure  # first: it sets the number of threads
import numpy as np
import peers
from measure import Row
from scipy import sparse

from reservoir import EchoState
from reservoir.random_numbers import NOISE, normal_numbers
from reservoir.topologies import CirculantGraph, CirculantMatrix, Random, spectral_radius

# Units, inputs a unit, steps.
RANDOM = [(100, 10, 20_000), (500, 50, 4_000), (1000, 100, 2_000), (1000, 10, 4_000)]
DENSE = [(500, 2_000), (1000, 1_000)]
LARGE = 100_000
# The peer's time over ours that must be reached, by units and inputs a unit.
REQUIRED = {
    "reservoirpy": {(100, 10): 25, (1000, 100): 3, (1000, 10): 5},
    "rclib": {(100, 10): 3, (500, 50): 2, (1000, 100): 2, (1000, 10): 2},
}
CIRCULANT_REQUIRED = {"reservoirpy": 15, "rclib": 10}
TOLERANCE = 1e-10


def least_microseconds(W, dtype) -> tuple[float, str]:
    """What the product with W takes at least, and what that is: reading the weights, and for sparse ones gathering."""
    if not sparse.issparse(W):
        n_bytes = W.weights.nbytes if isinstance(W, CirculantMatrix) else W.nbytes
        read = 1e6 * measure.read_seconds(n_bytes, dtype)
        return read, f"read {read:.3g}"
    ways = measure.gather_seconds(W.data, W.indices, W.shape[1])
    taken = {name: 1e6 * seconds for name, seconds in ways.items()}
    return min(taken.values()), ", ".join(f"{name} {least:.3g}" for name, least in taken.items())


def drawn(n_units: int, in_degree: int) -> tuple[sparse.csr_array, np.ndarray]:
    """A random sparse W of radius 0.9, and W_in for one input."""
    rng = np.random.default_rng(n_units + in_degree)
    W = Random(in_degree).draw(n_units, rng)
    W = narrow(W * (0.9 / spectral_radius(W)))
    return W, rng.uniform(-1, 1, (n_units, 1))


def narrow(W: sparse.csr_array) -> sparse.csr_array:
    """The same matrix with 32-bit indices, as the peers draw theirs: SciPy is slower with 64-bit ones."""
    W.indices, W.indptr = W.indices.astype(np.int32), W.indptr.astype(np.int32)
    return W


def series(n_steps: int) -> np.ndarray:
    """An input (n_steps, 1)."""
    return np.random.default_rng(0).uniform(-0.5, 0.5, (n_steps, 1))


def given(W, W_in: np.ndarray, dtype: str = "float64") -> EchoState:
    """The library's reservoir with these weights."""
    reservoir = EchoState(len(W_in), topology=W, spectral_radius=None, input_weights=W_in, dtype=dtype)
    return reservoir.fit(np.zeros((2, 1)))


def check_equal(ways: peers.Ways, ours: EchoState, u: np.ndarray) -> None:
    """Stop where a peer's states differ from ours."""
    expected = ours.transform(u)
    for name, way in ways.items():
        states = way(u)
        if states is None:
            continue
        difference = np.abs(states - expected).max()
        if not difference < TOLERANCE:
            raise SystemExit(f"'{name}' has other states: they differ by {difference:.1e}")


def fastest(taken: dict[str, measure.Work], ways: peers.Ways) -> tuple[str, measure.Work]:
    """The peer's fastest way."""
    name = min(ways, key=lambda way: taken[way].median)
    return name, taken[name]


def row(work, ours, u, peer="", ways=None, repeats=measure.REPEATS, **requirements) -> Row:
    """Time our reservoir and the peer's ways in turns, and take the limits in the same run."""
    ways = ways or {}
    works = {"ours": partial(ours.transform, u)} | {name: partial(way, u) for name, way in ways.items()}
    taken = measure.in_turns(works, repeats)
    scale, mine = 1e6 / len(u), taken["ours"]
    dtype = ours.bias_.dtype
    least, parts = least_microseconds(ours.W_, dtype)
    tanh = measure.tanh_seconds(len(ours.bias_), dtype) * 1e6
    first, theirs, note = f"{mine.first:.2g} s", None, f"limit: {parts}, tanh {tanh:.3g} us"
    if ways:
        way, best = fastest(taken, ways)
        theirs = best.median * scale
        first += f" / {best.first:.2g} s"
        others = [f"{n} {taken[n].median * scale:.3g}" for n in ways if n != way]
        note = f"{way}" + (f" ({', '.join(others)} us); " if others else "; ") + note
    mine_us = mine.median * scale
    known = {"limit": (least + tanh) / mine_us, "first": first, "note": note}
    return Row(work, mine_us, "us a step", peer, theirs, **known, **requirements)


def random_rows(peer: str, options) -> list[Row]:
    """The same random sparse W in both libraries."""
    rows = []
    for n_units, in_degree, n_steps in RANDOM:
        work = f"random N={n_units}, {100 * in_degree / n_units:g} %, float64"
        if options.only not in work:
            continue
        W, W_in = drawn(n_units, in_degree)
        ours, ways = given(W, W_in), peers.STATES[peer](W, W_in)
        check_equal(ways, ours, series(300))
        # The slow ones get a shorter series: the time a step does not depend on it.
        u = series(n_steps if peer in ("reservoirpy", "rclib") else n_steps // 4)
        required = REQUIRED.get(peer, {}).get((n_units, in_degree))
        rows.append(row(work, ours, u, peer, ways, options.repeats, required=required))
    return rows


def circulant_rows(peer: str, options) -> list[Row]:
    """A circulant graph in float32 against the peer's random matrix of the same density in float64."""
    work = "circulant N=1000, 100 inputs a unit, float32"
    if options.only not in work:
        return []
    ours = EchoState(1000, topology=CirculantGraph(100), bias_scaling=0.0, dtype="float32", random_state=0).fit(
        series(2)
    )
    if peer == "none":
        return [row(work, ours, series(2_000), repeats=options.repeats, limit_required=0.5)]
    W, W_in = ours.W_.astype(np.float64), ours.W_in_.astype(np.float64)
    check_equal(peers.STATES[peer](W.tocsr(), W_in), given(W, W_in), series(300))
    ways = peers.STATES[peer](*drawn(1000, 100))
    required = CIRCULANT_REQUIRED.get(peer)
    return [row(work, ours, series(2_000), f"{peer}, random 10 %", ways, options.repeats, required=required)]


def dense_rows(peer: str, options) -> list[Row]:
    """A full matrix; the peer gets it too where it takes one."""
    rows = []
    for n_units, n_steps in DENSE:
        work = f"dense N={n_units}, float64"
        if options.only not in work or not (peer == "none" or peer in peers.TAKES_DENSE):
            continue
        rng = np.random.default_rng(n_units)
        W = rng.standard_normal((n_units, n_units)) * 0.9 / np.sqrt(n_units)
        W_in = rng.uniform(-1, 1, (n_units, 1))
        ours = given(W, W_in)
        if peer == "none":
            rows.append(row(work, ours, series(n_steps), repeats=options.repeats, limit_required=0.5))
            continue
        ways = peers.STATES[peer](W, W_in)
        check_equal(ways, ours, series(300))
        rows.append(row(work, ours, series(n_steps), peer, ways, options.repeats))
    return rows


def large_rows(options) -> list[Row]:
    """A structured reservoir of 100,000 units: set-up, then steps."""
    work = f"circulant N={LARGE:,}, 10 inputs a unit, float64"
    if options.only not in work:
        return []
    reservoir = EchoState(LARGE, topology=CirculantGraph(10), random_state=0)
    with measure.one_thread():
        set_up = measure.timed(lambda: reservoir.fit(series(2)))
    steps = row(work, reservoir, series(100), repeats=options.repeats, below=2000.0)
    return [Row(f"{work}: set-up", set_up, "s", below=5.0), steps]


def noise_rows(options) -> list[Row]:
    """What the noise of a step costs: numbers by counter, and those of NumPy's stream, of which no piece can be had."""
    rows, shape, rng = [], (2_000, 1_000), np.random.default_rng(0)
    for dtype in ("float64", "float32"):
        work = f"noise N={shape[1]}, {dtype}"
        if options.only not in work:
            continue
        works = {
            "ours": partial(normal_numbers, 0, NOISE, 0, 0, *shape, dtype),
            "numpy": partial(rng.standard_normal, shape, dtype),
        }
        taken = measure.in_turns(works, options.repeats)
        ours, theirs = (taken[name].median * 1e6 / shape[0] for name in works)
        rows.append(Row(work, ours, "us a step", "numpy, standard_normal", theirs, required=1))
    return rows


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--peer", choices=["none", *peers.STATES])
    options.add_argument("--only", default="", help="only works whose name holds this text")
    options = options.parse_args()
    chosen = [options.peer] if options.peer else peers.installed() or ["none"]
    rows = []
    for peer in chosen:
        if peer == "none":
            rows += circulant_rows(peer, options) + dense_rows(peer, options) + large_rows(options)
            rows += noise_rows(options)
        else:
            rows += random_rows(peer, options) + circulant_rows(peer, options) + dense_rows(peer, options)
    measure.publish(rows, options, *(peers.PACKAGES[peer] for peer in chosen if peer != "none"))


if __name__ == "__main__":
    main()
