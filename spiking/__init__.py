"""Spiking microcircuits in Brian2, beside the rate reservoirs of `reservoir`.

Importing this package does not import Brian2; the first simulation does. Every parameter that has a unit, here and in
`reservoir`, may be a number in SI units or a quantity of Brian2, ``LIF(threshold=15 * mV)``; results are SI numbers.
"""

import logging

from reservoir.plasticity import STDP
from spiking.brian_reservoir import BrianReservoir
from spiking.equations import Equations
from spiking.microcircuit import Microcircuit
from spiking.simulation import simulate, warm_up
from spiking.worker_process import own_process

__all__ = ["STDP", "BrianReservoir", "Equations", "Microcircuit", "own_process", "simulate", "warm_up"]

logging.getLogger(__name__).addHandler(logging.NullHandler())
