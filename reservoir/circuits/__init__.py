"""Spiking wiring as plain arrays, whatever the simulator.

A `Circuit` says which units are excitatory and holds two `Projection`: the synapses between units and those of the
input. A generator is a `BaseEstimator` with ``draw(rng, n_inputs=1)``, which returns a `Circuit`; a circuit is its own
generator. `damaged` makes a worse copy of a circuit.

To add a generator, write one file. Where the wiring does not look at the kinds of the units, derive from
`wiring.GraphCircuit` and write ``_connect(n_synapses, rng)``, which returns senders and receivers; otherwise call
`wiring.build` as `MaassColumn` does. Both draw the kinds of units, the synapses and the inputs. Add one export line
below; the shared tests find it by walking the exports.
"""

from reservoir.circuits.circuit import Circuit, PoissonBackground, Projection
from reservoir.circuits.damage import damaged
from reservoir.circuits.maass_column import MaassColumn
from reservoir.circuits.potjans_diesmann import PotjansDiesmann
from reservoir.circuits.random_circuit import RandomCircuit
from reservoir.circuits.scale_free_circuit import ScaleFreeCircuit
from reservoir.circuits.small_world_circuit import SmallWorldCircuit
from reservoir.circuits.synapse_statistics import PairStatistics, SynapseStatistics
from reservoir.circuits.two_way_power_law_circuit import TwoWayPowerLawCircuit

__all__ = [
    "Circuit",
    "MaassColumn",
    "PairStatistics",
    "PoissonBackground",
    "PotjansDiesmann",
    "Projection",
    "RandomCircuit",
    "ScaleFreeCircuit",
    "SmallWorldCircuit",
    "SynapseStatistics",
    "TwoWayPowerLawCircuit",
    "damaged",
]
