"""Truths that every topology must meet, found by walking the exports."""

import re

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from reservoir import EchoState
from reservoir.topologies import (
    Bernoulli,
    Blocks,
    CirculantGraph,
    CycleWithJumps,
    DelayLine,
    DoubleCycle,
    ExcitatoryInhibitory,
    Graph,
    Random,
    ScaleFree,
    SmallWorld,
)
from tests.topologies.families import FAMILIES, dense, generator, make


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_units", [1, 2, 7, 50])
def test_draw(family, n_units):
    """The same matrix for the same seed; a family may want some units, but never more than 7."""
    topology = make(family, n_units)
    try:
        first, again = (clone(topology).draw(n_units, generator(3)) for _ in range(2))
    except ValueError as error:
        assert n_units < 7 and re.match(rf"The '\w+' parameter of {family.__name__} must be ", str(error))
        return
    assert first.shape == (n_units, n_units)
    np.testing.assert_array_equal(np.asarray(dense(first)), np.asarray(dense(again)))
    if sparse.issparse(first):
        assert first.indices.dtype == first.indptr.dtype == np.int32 and first.has_canonical_format


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_reservoir_has_the_asked_radius(family, dtype):
    """Unless all matrices of the family are nilpotent, which is told."""
    system = EchoState(60, topology=make(family, 60), spectral_radius=0.7, random_state=1, dtype=dtype)
    if not np.linalg.matrix_power(dense(make(family, 60).draw(60, generator())), 60).any():
        with pytest.raises(ValueError, match=r"The 'topology' parameter of EchoState .* spectral radius 0"):
            system.fit(np.zeros((1, 1)))
        return
    W = system.fit(np.zeros((1, 1))).W_
    tolerance = 1e-9 if dtype == "float64" else 1e-5
    assert W.dtype == dtype
    assert np.abs(np.linalg.eigvals(dense(W).astype(float))).max() == pytest.approx(0.7, rel=tolerance)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_units", [7, 64, 77])
def test_the_compiled_product_is_the_dense_product(family, n_units):
    topology = make(family, n_units)
    options = {"spectral_radius": None, "activation": "identity", "bias_scaling": 0.0, "random_state": 2}
    system = EchoState(n_units, topology=topology, **options)
    start, inputs = generator().normal(size=n_units), np.zeros((1, 1))
    W = system.fit(inputs).W_
    states, _ = system.run(inputs, start)
    np.testing.assert_allclose(states[0], dense(W) @ start, rtol=0, atol=1e-12 * max(1, np.abs(states).max()))
    np.testing.assert_allclose(states[0], W @ start, rtol=0, atol=1e-12 * max(1, np.abs(states).max()))


@pytest.mark.parametrize(
    "topology",
    [
        Bernoulli(0),
        Bernoulli(1.5),
        Blocks(0),
        Blocks(density_within=-1),
        CirculantGraph(0),
        CycleWithJumps(1),
        CycleWithJumps(10),
        CycleWithJumps(jump_weight=0),
        DelayLine(0),
        DelayLine("x"),
        DoubleCycle(np.inf),
        Random(0),
        ExcitatoryInhibitory(1.1),
        ExcitatoryInhibitory(density=0),
        ScaleFree(0),
        SmallWorld(0),
        SmallWorld(rewiring=2),
        Graph(None),
    ],
)
def test_parameters_out_of_range(topology):
    """Told with the name of the class, that of a subclass too."""
    own = type("Own", (type(topology),), {})(**topology.get_params())
    for part in (topology, own):
        with pytest.raises(ValueError, match=rf"The '\w+' parameter of {type(part).__name__} must be"):
            part.draw(20, generator())


@pytest.mark.parametrize(
    "topology, least",
    [
        (CycleWithJumps(jump=2), 5),
        (DoubleCycle(), 3),
        (ScaleFree(), 2),
        (SmallWorld(), 2),
    ],
)
def test_the_fewest_units(topology, least):
    assert topology.draw(least, generator()).shape == (least, least)
    for n_units in range(1, least):
        with pytest.raises(ValueError, match=rf"The 'n_units' parameter of {type(topology).__name__} must be"):
            topology.draw(n_units, generator())
