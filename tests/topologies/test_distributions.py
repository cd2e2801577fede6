"""Weights by the name of their distribution, in every family that draws them."""

import inspect

import networkx as nx
import numpy as np
import pytest

from reservoir.topologies import DelayLine, ExcitatoryInhibitory, spectral_radius
from tests.topologies.families import FAMILIES, dense, generator, make

DRAWN = [family for family in FAMILIES if "distribution" in inspect.signature(family).parameters]


def weights_of(family, name, n_units=120):
    weights = dense(make(family, n_units).set_params(distribution=name).draw(n_units, generator()))
    return weights[weights != 0]


@pytest.mark.parametrize("family", [family for family in DRAWN if family is not ExcitatoryInhibitory])
def test_distributions(family):
    assert len(DRAWN) == 8
    found = {name: weights_of(family, name) for name in ("uniform", "normal", "signs")}
    assert set(np.unique(found["signs"])) == {-1.0, 1.0} and abs(found["signs"].mean()) < 0.15
    assert found["normal"].std() == pytest.approx(1, abs=0.1) and np.abs(found["normal"]).max() > 2
    assert found["uniform"].std() == pytest.approx(3**-0.5, abs=0.05) and np.abs(found["uniform"]).max() <= 1


def test_sizes_under_dales_law():
    """Signs go by the sender; excitatory weights have the sizes of the distribution."""
    signs, normal = (
        ExcitatoryInhibitory(distribution=name).draw(200, generator()).toarray() for name in ("signs", "normal")
    )
    assert set(np.unique(signs[:, :160])) == {0.0, 1.0} and (signs[:, 160:] <= 0).all()
    assert 2 < normal[:, :160].max() < 6 and normal[:, :160].min() == 0


@pytest.mark.parametrize("family", DRAWN)
def test_other_names_are_refused(family):
    words = f"The 'distribution' parameter of {family.__name__} must be one of 'uniform', 'normal', 'signs'. Got 'g'."
    with pytest.raises(ValueError, match=words):
        make(family, 20).set_params(distribution="g").draw(20, generator())


def test_the_weight_of_a_delay_line():
    line = dense(DelayLine(weight=0.5).draw(6))
    np.testing.assert_array_equal(line, 0.5 * nx.to_numpy_array(nx.path_graph(6, create_using=nx.DiGraph)).T)
    both = DelayLine(0.25, weight=0.5).draw(30)
    assert spectral_radius(both) == pytest.approx(2 * (0.25 * 0.5) ** 0.5 * np.cos(np.pi / 31))
    assert spectral_radius(both) == pytest.approx(np.abs(np.linalg.eigvals(dense(both))).max(), rel=1e-6)
    for weight in (0, np.nan, "big"):
        with pytest.raises(ValueError, match="The 'weight' parameter of DelayLine must be a number"):
            DelayLine(weight=weight).draw(6)
