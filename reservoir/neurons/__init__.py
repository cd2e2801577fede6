"""Unit models: one file = one equation, its compiled step, and the loops that call it.

============================ ====================================================
`leaky`                      rate units of echo-state networks
`activations`, `exponential` the functions that squash them
`products`                   W x for every structure that a weight matrix may have
`spiking`                    the loop of all spiking units, with their synapses
`lif` and the others         spiking units: a record, and how they move in a step
============================ ====================================================
"""

from reservoir.neurons.spiking.adaptive_exponential import AdaptiveExponential
from reservoir.neurons.spiking.adaptive_threshold import AdaptiveThreshold
from reservoir.neurons.spiking.hodgkin_huxley import HodgkinHuxley
from reservoir.neurons.spiking.izhikevich import Izhikevich
from reservoir.neurons.spiking.lif import LIF

__all__ = [
    "LIF",
    "AdaptiveExponential",
    "AdaptiveThreshold",
    "HodgkinHuxley",
    "Izhikevich",
]
