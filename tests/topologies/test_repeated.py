"""Many reservoirs along the diagonal."""

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import block_diag

from reservoir import EchoState, ReservoirRegressor, load, save
from reservoir.model_selection import ReservoirSearchCV
from reservoir.topologies import (
    CirculantGraph,
    CirculantMatrix,
    Cycle,
    CycleWithJumps,
    DelayLine,
    DoubleCycle,
    Orthogonal,
    Random,
    Repeated,
    spectral_radius,
)
from tests.topologies.families import dense, generator

RINGS = [Cycle(), DelayLine(), DelayLine(0.5), DoubleCycle(), CycleWithJumps(jump=2)]
OTHERS = [Random(3), Orthogonal(), CirculantGraph(3)]


@pytest.mark.parametrize("topology", [*RINGS, *OTHERS], ids=str)
@pytest.mark.parametrize("n_units", [7, 21, 26])
def test_the_matrix_is_that_of_its_blocks(topology, n_units):
    length, rng = 7, generator(3)
    blocks = [dense(topology.draw(min(length, n_units - first), rng)) for first in range(0, n_units, length)]
    found = Repeated(topology, length).draw(n_units, generator(3))
    assert np.array_equal(dense(found), block_diag(*blocks))
    assert found.shape == (n_units, n_units)


@pytest.mark.parametrize("topology", [*RINGS, Orthogonal()], ids=str)
def test_rings_lines_and_small_full_blocks_are_circulant(topology):
    """Each offset of a ring is one forward and one back across its end, in all of them the same."""
    found, alone = Repeated(topology, 10).draw(1000, generator()), dense(topology.draw(10, generator()))
    assert isinstance(found, CirculantMatrix)
    assert len(found.offsets) <= 2 * np.count_nonzero(alone, axis=1).max()


def test_large_sparse_blocks_are_sparse():
    assert sparse.issparse(Repeated(Random(3), 40).draw(1000, generator()))


@pytest.mark.parametrize("topology", [Random(3), Cycle(), DoubleCycle()], ids=str)
def test_the_radius_of_every_block(topology):
    same = dense(Repeated(topology, 8, radius=0.7).draw(40, generator()))
    radii = [spectral_radius(same[i : i + 8, i : i + 8]) for i in range(0, 40, 8)]
    np.testing.assert_allclose(radii, 0.7, rtol=1e-9)
    drawn = dense(Repeated(topology, 8, radius=(0.3, 1.1)).draw(400, generator()))
    radii = [spectral_radius(drawn[i : i + 8, i : i + 8]) for i in range(0, 400, 8)]
    assert 0.3 <= min(radii) < 0.5 and 0.9 < max(radii) <= 1.1


def test_the_reservoir_scales_the_largest():
    W = dense(
        EchoState(40, topology=Repeated(Random(3), 8), spectral_radius=0.6, random_state=0).fit(np.ones((1, 1))).W_
    )
    radii = [spectral_radius(W[i : i + 8, i : i + 8]) for i in range(0, 40, 8)]
    assert max(radii) == pytest.approx(0.6, rel=1e-9) and min(radii) < 0.55


def test_searches_and_files_know_its_parts(tmp_path):
    X = np.random.default_rng(0).normal(size=(60, 1))
    model = ReservoirRegressor(EchoState(12, topology=Repeated(Random(2), 4), random_state=0))
    grid = {"reservoir__topology__topology__in_degree": [1, 2], "reservoir__topology__length": [4, 6]}
    search = ReservoirSearchCV(model, grid, cv=2).fit([X[:30], X[30:]], [X[:30, 0], X[30:, 0]])
    best = search.best_estimator_
    save(best, tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.predict(X), best.predict(X))
    assert repr(again.reservoir.topology) == repr(best.reservoir.topology)


BAD = [{"length": 0}, {"length": 2.5}, {"topology": 3}, {"topology": Cycle}, {"radius": -1}, {"radius": (1, 0.5)},
       {"radius": "x"}, {"radius": np.nan}, {"topology": DelayLine(), "radius": 0.5}]  # fmt: skip


@pytest.mark.parametrize("options", BAD, ids=str)
def test_parameters_out_of_range(options):
    with pytest.raises(ValueError, match=r"The '\w+' parameter of Repeated must be"):
        Repeated(**options).draw(20, generator())
