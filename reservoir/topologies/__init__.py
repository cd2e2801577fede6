"""Who hears whom in a rate reservoir: one small file per family.

A topology is a `BaseEstimator` with ``draw(n_units, rng)``, which returns a dense, sparse or structured matrix whose
row is the receiver. `EchoState` scales it to its spectral radius. A family that knows the radius of its matrices
has ``spectral_radius(matrix)``; the function of this name measures any other.
"""

from reservoir.topologies.bernoulli import Bernoulli
from reservoir.topologies.blocks import Blocks
from reservoir.topologies.circulant import CirculantGraph, CirculantMatrix
from reservoir.topologies.cycle import Cycle
from reservoir.topologies.cycle_with_jumps import CycleWithJumps
from reservoir.topologies.delay_line import DelayLine
from reservoir.topologies.double_cycle import DoubleCycle
from reservoir.topologies.excitatory_inhibitory import ExcitatoryInhibitory
from reservoir.topologies.graph import Graph
from reservoir.topologies.hadamard import Hadamard, HadamardMatrix
from reservoir.topologies.orthogonal import Orthogonal
from reservoir.topologies.permutation import Permutation
from reservoir.topologies.pruned import Pruned
from reservoir.topologies.random import Random
from reservoir.topologies.repeated import Repeated
from reservoir.topologies.rewired import Rewired
from reservoir.topologies.scale_free import ScaleFree
from reservoir.topologies.self_loops import SelfLoops
from reservoir.topologies.small_world import SmallWorld
from reservoir.topologies.spectrum import largest_singular_value, spectral_radius

__all__ = [
    "Bernoulli",
    "Blocks",
    "CirculantGraph",
    "CirculantMatrix",
    "Cycle",
    "CycleWithJumps",
    "DelayLine",
    "DoubleCycle",
    "ExcitatoryInhibitory",
    "Graph",
    "Hadamard",
    "HadamardMatrix",
    "Orthogonal",
    "Permutation",
    "Pruned",
    "Random",
    "Repeated",
    "Rewired",
    "ScaleFree",
    "SelfLoops",
    "SmallWorld",
    "largest_singular_value",
    "spectral_radius",
]
