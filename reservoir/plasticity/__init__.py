"""Plasticity rules: records that write the text by which an engine changes synapses.

A rule changes what a synapse carries, its weight w or its utilisation U, at the spikes of its two units. `acts_on` says
which synapses of a projection learn; `rule` gives the text: variables that decay (``traces``), what a spike that
arrives does after it has been passed on (``on_pre``), what a spike of the receiver does (``on_post``), and the numbers.
w is the magnitude of the weight, amperes (siemens for a conductance); the sign stays. Traces cost
nothing between spikes. A spike counts when it arrives, after the delay of its
synapse; where a spike arrives and the receiver fires in one step, ``on_pre`` comes first. `Normalised` wraps a rule and
keeps the sum of the weights.

A new rule is one file: a class that stores its parameters, with `rule`, `window` where it has one, and `acts_on` where
it does not act on excitatory synapses (see ``inhibitory.py``, the shortest), and a compiled `Kernel` beside its text,
so that it runs in Numba too; one export line here, and its twin in plain Python in
``tests/plasticity/plasticity_oracles.py``.
"""

from reservoir.plasticity.calcium import CalciumSTDP
from reservoir.plasticity.clopath import ClopathSTDP
from reservoir.plasticity.diehl_cook import DiehlCookSTDP
from reservoir.plasticity.heterosynaptic import HeterosynapticSTDP
from reservoir.plasticity.inhibitory import InhibitorySTDP
from reservoir.plasticity.kernel import Kernel
from reservoir.plasticity.normalised import Normalised
from reservoir.plasticity.offset import OffsetSTDP
from reservoir.plasticity.rate_scaling import RateScaling
from reservoir.plasticity.readout_reward import ReadoutReward
from reservoir.plasticity.release import ReleaseSTDP
from reservoir.plasticity.reward import RewardSTDP
from reservoir.plasticity.rule import Feedback, Later, Rule, Scaling, UnitVariables
from reservoir.plasticity.stdp import STDP
from reservoir.plasticity.suppression import SuppressionSTDP
from reservoir.plasticity.triplet import TripletSTDP

__all__ = [
    "STDP",
    "CalciumSTDP",
    "ClopathSTDP",
    "DiehlCookSTDP",
    "Feedback",
    "HeterosynapticSTDP",
    "InhibitorySTDP",
    "Kernel",
    "Later",
    "Normalised",
    "OffsetSTDP",
    "RateScaling",
    "ReadoutReward",
    "ReleaseSTDP",
    "RewardSTDP",
    "Rule",
    "Scaling",
    "SuppressionSTDP",
    "TripletSTDP",
    "UnitVariables",
]
