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
from reservoir.neurons.spiking.escape_lif import EscapeLIF
from reservoir.neurons.spiking.fitzhugh_nagumo import FitzHughNagumo
from reservoir.neurons.spiking.gif import GIF
from reservoir.neurons.spiking.hindmarsh_rose import HindmarshRose
from reservoir.neurons.spiking.hodgkin_huxley import HodgkinHuxley
from reservoir.neurons.spiking.izhikevich import Izhikevich
from reservoir.neurons.spiking.lif import LIF
from reservoir.neurons.spiking.morris_lecar import MorrisLecar
from reservoir.neurons.spiking.qif import QIF
from reservoir.neurons.spiking.resonate_and_fire import ResonateAndFire

__all__ = [
    "GIF",
    "LIF",
    "QIF",
    "AdaptiveExponential",
    "AdaptiveThreshold",
    "EscapeLIF",
    "FitzHughNagumo",
    "HindmarshRose",
    "HodgkinHuxley",
    "Izhikevich",
    "MorrisLecar",
    "ResonateAndFire",
]
