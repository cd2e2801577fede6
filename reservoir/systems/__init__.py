"""Dynamical systems that turn series into states: scikit-learn transformers with ``run``.

A system is anything with ``fit(X)`` and ``run(X, state=None) -> (states, final_state)``, rows in = rows out. One that
draws random numbers while it runs takes ``run(X, state, trial=k)`` too, and its final state is a `TrialState`.
"""

from reservoir.systems.circuit_state import CircuitState
from reservoir.systems.composed.bidirectional import Bidirectional
from reservoir.systems.composed.chain import Chain
from reservoir.systems.composed.parallel import Parallel
from reservoir.systems.composed.selected import Selected
from reservoir.systems.deep_echo_state import DeepEchoState
from reservoir.systems.delayed.delays import Delays
from reservoir.systems.delayed.nvar import NVAR
from reservoir.systems.echo_state import EchoState
from reservoir.systems.lanes import EchoStateLanes
from reservoir.systems.liquid_state import LiquidState
from reservoir.systems.prepared import Prepared
from reservoir.systems.recording import Recording
from reservoir.systems.reversed import Reversed
from reservoir.systems.side_by_side import SideBySide
from reservoir.systems.simulation import simulate
from reservoir.trials import TrialState

__all__ = [
    "NVAR",
    "Bidirectional",
    "Chain",
    "CircuitState",
    "DeepEchoState",
    "Delays",
    "EchoState",
    "EchoStateLanes",
    "LiquidState",
    "Parallel",
    "Prepared",
    "Recording",
    "Reversed",
    "Selected",
    "SideBySide",
    "TrialState",
    "simulate",
]
