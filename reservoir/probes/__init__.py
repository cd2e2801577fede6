"""Questions asked of a system, one file per probe: what it remembers, computes, tells apart, how differences move.

A system is anything with ``fit`` and ``run``.
"""

from reservoir.probes.closed_loop_exponents import closed_loop_exponents
from reservoir.probes.controllability_rank import controllability_rank
from reservoir.probes.diagnose import diagnose
from reservoir.probes.diagnosis import Diagnosis, DiagnosisWarning, Finding
from reservoir.probes.echo_state_index import echo_state_index
from reservoir.probes.exponents import LyapunovExponents
from reservoir.probes.information_processing_capacity import (
    InformationProcessingCapacity,
    information_processing_capacity,
)
from reservoir.probes.lyapunov_exponent import lyapunov_exponent
from reservoir.probes.lyapunov_spectrum import lyapunov_spectrum
from reservoir.probes.memory_capacity import MemoryCapacity, memory_capacity
from reservoir.probes.separation import Separation, separation
from reservoir.probes.state_rank import StateRank, generalisation_rank, kernel_rank
from reservoir.probes.washout_estimate import washout_estimate

__all__ = [
    "Diagnosis",
    "DiagnosisWarning",
    "Finding",
    "InformationProcessingCapacity",
    "LyapunovExponents",
    "MemoryCapacity",
    "Separation",
    "StateRank",
    "closed_loop_exponents",
    "controllability_rank",
    "diagnose",
    "echo_state_index",
    "generalisation_rank",
    "information_processing_capacity",
    "kernel_rank",
    "lyapunov_exponent",
    "lyapunov_spectrum",
    "memory_capacity",
    "separation",
    "washout_estimate",
]
