"""Spiking wiring as plain arrays, whatever the simulator.

A `Circuit` says which units are excitatory and holds two `Projection`: the synapses between units and those of the
input. A generator is a `BaseEstimator` with ``draw(rng, n_inputs=1)``, which returns a `Circuit`; a circuit is its own
generator. `GraphCircuit` takes any topology; `damaged` makes a worse copy of a circuit.

To add a generator, write one file. If its synapses are drawn by the kinds of the units, make it a dataclass derived
from `synapses.SynapseParameters`, which states the parameters that it has besides, and hand a function that returns
senders and receivers to `synapses.draw_circuit`, as `MaassColumn` does. Add one export line below, by which the shared
tests find it.
"""

from reservoir.circuits.circuit import Circuit, PoissonBackground
from reservoir.circuits.connection import Connection
from reservoir.circuits.damage import damaged
from reservoir.circuits.graph_circuit import GraphCircuit
from reservoir.circuits.maass_column import MaassColumn
from reservoir.circuits.population_circuit import Population, PopulationCircuit
from reservoir.circuits.potjans_diesmann import PotjansDiesmann
from reservoir.circuits.projection import Projection
from reservoir.circuits.random_circuit import RandomCircuit
from reservoir.circuits.scale_free_circuit import ScaleFreeCircuit
from reservoir.circuits.small_world_circuit import SmallWorldCircuit
from reservoir.circuits.synapse_statistics import PairStatistics, SynapseStatistics
from reservoir.circuits.synapses import Synapses
from reservoir.circuits.two_way_power_law_circuit import TwoWayPowerLawCircuit

__all__ = [
    "Circuit",
    "Connection",
    "GraphCircuit",
    "MaassColumn",
    "PairStatistics",
    "PoissonBackground",
    "Population",
    "PopulationCircuit",
    "PotjansDiesmann",
    "Projection",
    "RandomCircuit",
    "ScaleFreeCircuit",
    "SmallWorldCircuit",
    "SynapseStatistics",
    "Synapses",
    "TwoWayPowerLawCircuit",
    "damaged",
]
