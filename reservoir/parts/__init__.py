"""The joints of the house: what every kind of part must have, and the marks that it may have.

A part is known by its methods, never by its class: whatever has those of a `Protocol` here can stand in its place.
`check_part` tells at run time what is missing, a type checker before. What other rooms ask a part beyond its methods
stands in `MARKS`.
"""

from reservoir.parts.checks import check_draws as check_draws
from reservoir.parts.checks import check_part as check_part
from reservoir.parts.checks import check_system as check_system
from reservoir.parts.checks import members_of as members_of
from reservoir.parts.checks import signature_of as signature_of
from reservoir.parts.checks import with_quiet_parts as with_quiet_parts
from reservoir.parts.checks import without_noise as without_noise
from reservoir.parts.marks import MARKS as MARKS
from reservoir.parts.marks import Mark as Mark
from reservoir.parts.protocols import Activation as Activation
from reservoir.parts.protocols import CircuitModel as CircuitModel
from reservoir.parts.protocols import Delays as Delays
from reservoir.parts.protocols import Encoder as Encoder
from reservoir.parts.protocols import Estimator as Estimator
from reservoir.parts.protocols import FittedForecaster as FittedForecaster
from reservoir.parts.protocols import FittedModel as FittedModel
from reservoir.parts.protocols import FloatType as FloatType
from reservoir.parts.protocols import Forecaster as Forecaster
from reservoir.parts.protocols import InputWeights as InputWeights
from reservoir.parts.protocols import Labels as Labels
from reservoir.parts.protocols import Matrix as Matrix
from reservoir.parts.protocols import MergingReadout as MergingReadout
from reservoir.parts.protocols import Numbers as Numbers
from reservoir.parts.protocols import OnlineReadout as OnlineReadout
from reservoir.parts.protocols import Part as Part
from reservoir.parts.protocols import PlasticityRule as PlasticityRule
from reservoir.parts.protocols import Pooling as Pooling
from reservoir.parts.protocols import PoolingChoice as PoolingChoice
from reservoir.parts.protocols import RateUnit as RateUnit
from reservoir.parts.protocols import Readout as Readout
from reservoir.parts.protocols import RecurrentCell as RecurrentCell
from reservoir.parts.protocols import Seed as Seed
from reservoir.parts.protocols import SequenceData as SequenceData
from reservoir.parts.protocols import SpikeData as SpikeData
from reservoir.parts.protocols import SpikeRecord as SpikeRecord
from reservoir.parts.protocols import SpikingUnit as SpikingUnit
from reservoir.parts.protocols import Splitter as Splitter
from reservoir.parts.protocols import SupportsArray as SupportsArray
from reservoir.parts.protocols import SupportsBinned as SupportsBinned
from reservoir.parts.protocols import System as System
from reservoir.parts.protocols import Targets as Targets
from reservoir.parts.protocols import Topology as Topology
from reservoir.parts.protocols import Trace as Trace
from reservoir.parts.protocols import Transformer as Transformer
from reservoir.parts.protocols import TrialSystem as TrialSystem
from reservoir.parts.protocols import Units as Units
from reservoir.parts.protocols import VoltageTrace as VoltageTrace
from reservoir.parts.protocols import WindowedRule as WindowedRule
