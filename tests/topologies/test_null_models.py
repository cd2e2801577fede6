"""Networks that are made of others: null models of the same degrees, pruned ones, and ones with self-loops."""

import numpy as np
import pytest
from scipy import sparse

from reservoir import EchoState
from reservoir.topologies import Bernoulli, CirculantMatrix, Cycle, DelayLine, Pruned, Random, Rewired, SelfLoops
from tests.topologies.families import dense, generator


def symmetric(n_units, seed=0):
    rows = dense(Bernoulli(0.15).draw(n_units, generator(seed)))
    return np.triu(rows, 1) + np.triu(rows, 1).T + np.diag(rows.diagonal())


NETWORKS = {
    "directed": dense(Bernoulli(0.1).draw(40, generator(2))),
    "undirected": symmetric(40),
    "fixed in-degree": dense(Random(4).draw(40, generator(3))),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("modules", [None, np.arange(40) % 3])
def test_degrees_are_kept_and_connections_are_not(name, modules):
    network = NETWORKS[name]
    null = dense(Rewired(network, modules=modules).draw(40, generator(1)))
    for axis in (0, 1):
        assert np.array_equal((null != 0).sum(axis=axis), (network != 0).sum(axis=axis))
    assert np.array_equal(np.sort(null[null != 0]), np.sort(network[network != 0]))
    assert np.array_equal(null.diagonal(), network.diagonal())
    shared = ((null != 0) & (network != 0)).sum() / (network != 0).sum()
    assert shared < 0.5  # as among unrelated networks of this density, and loops
    if name == "undirected":
        assert np.array_equal(null, null.T)
    else:  # weights stay with their senders
        assert np.allclose(np.sort(null, axis=0), np.sort(network, axis=0))
    if modules is not None:
        counts = [[(one[modules == a][:, modules == b] != 0).sum() for a in range(3) for b in range(3)]
                  for one in (null, network)]  # fmt: skip
        assert counts[0] == counts[1]


def test_all_networks_of_the_degrees_are_found_alike_often():
    """A ring of six units, each hearing one: its null models are the derangements of six, 265 of them."""
    ring, found = dense(Cycle().draw(6, None)), {}
    for seed in range(600):
        null = dense(Rewired(ring, swaps=8).draw(6, generator(seed)))
        key = tuple(null.argmax(axis=1).tolist())
        found[key] = found.get(key, 0) + 1
    assert len(found) > 200 and max(found.values()) < 16  # 237 are expected, 2.3 of each


def test_no_swap_is_the_network():
    network = NETWORKS["directed"]
    assert np.array_equal(dense(Rewired(sparse.csr_array(network), swaps=0).draw(40, generator())), network)
    assert not dense(Rewired(np.zeros((3, 3))).draw(3, generator())).any()


@pytest.mark.parametrize("by", ["degree", "in_degree", "out_degree", "strength", "in_strength", "out_strength"])
@pytest.mark.parametrize("highest", [False, True])
def test_units_are_pruned_by_their_number(by, highest):
    network = dense(Bernoulli(0.5).draw(40, generator(4)))
    values = np.abs(network) if "strength" in by else network != 0
    of_both = {"in": values.sum(axis=1), "out": values.sum(axis=0)}
    number = of_both.get(by.split("_")[0], of_both["in"] + of_both["out"])
    found = dense(Pruned(network, fraction=0.25, by=by, highest=highest).draw(40, generator()))
    gone = ~(found.any(axis=0) | found.any(axis=1))
    assert gone.sum() == 10 and np.array_equal(found, network * np.outer(~gone, ~gone))
    low, high = (number[~gone], number[gone]) if highest else (number[gone], number[~gone])
    assert low.max() <= high.min()


def test_pruned_edges():
    network = NETWORKS["undirected"]
    assert np.array_equal(dense(Pruned(network, fraction=0.0).draw(40, generator())), network)
    assert not dense(Pruned(network, fraction=1.0).draw(40, generator())).any()
    by_chance = [dense(Pruned(network, fraction=0.5, by="chance").draw(40, generator(k))) for k in (0, 0, 1)]
    assert np.array_equal(by_chance[0], by_chance[1]) and not np.array_equal(by_chance[0], by_chance[2])


def test_self_loops():
    ring = SelfLoops(Cycle(), weight=0.3).draw(8, generator())
    assert isinstance(ring, CirculantMatrix) and np.array_equal(
        dense(ring), dense(Cycle().draw(8, None)) + 0.3 * np.eye(8)
    )
    roots = np.exp(2j * np.pi * np.arange(8) / 8)
    assert np.allclose(sorted(np.abs(np.linalg.eigvals(dense(ring)))), sorted(np.abs(roots + 0.3)))
    line = dense(SelfLoops(DelayLine(), weight=-0.5).draw(8, generator()))
    assert np.array_equal(line, dense(DelayLine().draw(8, generator())) - 0.5 * np.eye(8))
    twice = SelfLoops(SelfLoops(weight=0.9), weight=0.2).draw(5, generator())
    assert np.array_equal(dense(twice), dense(SelfLoops(weight=0.2).draw(5, generator())))
    system = EchoState(8, topology=SelfLoops(weight=0.3), spectral_radius=0.8, random_state=0).fit(np.zeros((1, 1)))
    assert np.abs(np.linalg.eigvals(dense(system.W_))).max() == pytest.approx(0.8)


@pytest.mark.parametrize("kind", [Rewired, Pruned, SelfLoops])
@pytest.mark.parametrize("topology", [3, "x", Cycle, np.ones((3, 3)), [[np.nan]], np.ones(40), object()])
def test_bad_networks(kind, topology):
    with pytest.raises(ValueError, match=f"'topology' parameter of {kind.__name__} must be"):
        kind(topology).draw(40, generator())


@pytest.mark.parametrize("part", [
    Rewired(swaps=-1), Rewired(modules=[1, 2]), Pruned(fraction=1.1), Pruned(by="size"), Pruned(highest=2),
    SelfLoops(weight=np.inf),
])  # fmt: skip
def test_bad_parameters(part):
    with pytest.raises(ValueError, match=rf"The '\w+' parameter of {type(part).__name__} must be"):
        part.draw(40, generator())
