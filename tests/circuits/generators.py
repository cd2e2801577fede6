"""Generators of circuits, found by walking the exports, and what their tests measure."""

import inspect

import numpy as np

from reservoir import circuits
from reservoir.circuits import Synapses
from reservoir.circuits.mean_degree import MeanDegreeCircuit
from reservoir.circuits.synapses import SynapseParameters

CLASSES = [part for part in vars(circuits).values() if inspect.isclass(part) and hasattr(part, "draw")]
OWN = [part for part in CLASSES if issubclass(part, SynapseParameters)]
"""Generators that have the parameters of synapses themselves."""
FAMILIES = OWN + [part for part in CLASSES if "synapses" in inspect.signature(part).parameters]
"""Generators whose synapses are those of `Synapses`."""
MEAN_DEGREE = [part for part in OWN if issubclass(part, MeanDegreeCircuit)]


def make(family, **synapses):
    """A generator of the family with such synapses."""
    return family(**synapses) if family in OWN else family(synapses=Synapses(**synapses))


def generator(seed=0):
    return np.random.default_rng(seed)


def kinds_of(circuit):
    """The kinds of sender and receiver of each synapse, as text."""
    letters = np.where(circuit.excitatory, "E", "I")
    return np.char.add(letters[circuit.recurrent.pre], letters[circuit.recurrent.post])


def within_error(values, mean, deviation):
    """Whether the mean of the values lies within five standard errors."""
    return abs(np.mean(values) - mean) <= 5 * deviation / np.sqrt(np.size(values))


def degrees(circuit):
    """In-degree and out-degree of every unit."""
    return (np.bincount(ends, minlength=circuit.n_units) for ends in (circuit.recurrent.post, circuit.recurrent.pre))


def decay(degree):
    """Slope of log degree over log rank among the hubs: -1 / (exponent - 1) for a power law."""
    ranks = np.arange(3, len(degree) // 20)
    return np.polyfit(np.log(ranks), np.log(np.sort(degree)[::-1][ranks - 1]), 1)[0]
