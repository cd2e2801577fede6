"""Spiking microcircuits in Brian2, beside the rate reservoirs of `reservoir`.

Importing this package does not import Brian2; the first simulation does.
"""

from spiking.microcircuit import Microcircuit
from spiking.plasticity import STDP
from spiking.simulation import simulate, warm_up

__all__ = ["STDP", "Microcircuit", "simulate", "warm_up"]
