"""Unit models: one file = one equation, its compiled step, and the loops that call it.

============================ ====================================================
`rate`                       rate units of echo-state networks, and their loops
`activations`, `exponential` the functions that squash them
`products`, `structures`     W x for every structure that a weight matrix may have
`spiking`                    spiking units, and the loop that moves them
============================ ====================================================
"""

from reservoir.neurons.spiking.adaptive_exponential import AdaptiveExponential
from reservoir.neurons.spiking.adaptive_threshold import AdaptiveThreshold
from reservoir.neurons.spiking.hodgkin_huxley import HodgkinHuxley
from reservoir.neurons.spiking.izhikevich import Izhikevich
from reservoir.neurons.spiking.lif import LIF
from reservoir.neurons.spiking.qif import QIF

__all__ = [
    "LIF",
    "QIF",
    "AdaptiveExponential",
    "AdaptiveThreshold",
    "HodgkinHuxley",
    "Izhikevich",
]
