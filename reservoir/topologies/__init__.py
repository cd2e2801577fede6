"""Who hears whom in a rate reservoir: one small file a family.

A topology is a `BaseEstimator` with ``draw(n_units, rng)``, which returns a sparse or structured matrix whose row is
the receiver. `EchoState` scales it to its spectral radius.
"""

from reservoir.topologies.circulant import CirculantGraph, CirculantMatrix
from reservoir.topologies.cycle import Cycle
from reservoir.topologies.random import Random
from reservoir.topologies.spectrum import spectral_radius

__all__ = ["CirculantGraph", "CirculantMatrix", "Cycle", "Random", "spectral_radius"]
