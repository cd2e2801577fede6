"""Readouts that learn from spikes rather than from states: single units that fire, or not, or at given times.

They take lists of trials, `SpikeTrains` or anything of which `reservoir.spikes` reads them: recordings, or what a
liquid answers, ``simulate(circuit, trials)``.
"""

from reservoir.readouts.spiking.resume import ReSuMe
from reservoir.readouts.spiking.tempotron import Tempotron

__all__ = ["ReSuMe", "Tempotron"]
