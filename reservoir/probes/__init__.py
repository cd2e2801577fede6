"""Questions asked of a system, a probe a file: what it remembers, and how small differences move through it.

A system is anything with ``fit`` and ``run``.
"""

from reservoir.probes.closed_loop_exponents import closed_loop_exponents
from reservoir.probes.diagnose import diagnose
from reservoir.probes.diagnosis import Diagnosis, DiagnosisWarning, Finding
from reservoir.probes.echo_state_index import echo_state_index
from reservoir.probes.exponents import LyapunovExponents
from reservoir.probes.lyapunov_exponent import lyapunov_exponent
from reservoir.probes.lyapunov_spectrum import lyapunov_spectrum
from reservoir.probes.memory_capacity import MemoryCapacity, memory_capacity
from reservoir.probes.washout_estimate import washout_estimate

__all__ = [
    "Diagnosis",
    "DiagnosisWarning",
    "Finding",
    "LyapunovExponents",
    "MemoryCapacity",
    "closed_loop_exponents",
    "diagnose",
    "echo_state_index",
    "lyapunov_exponent",
    "lyapunov_spectrum",
    "memory_capacity",
    "washout_estimate",
]
