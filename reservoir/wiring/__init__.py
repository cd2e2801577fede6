"""How the units of a rate reservoir are wired beside their topology: what they hear of the input, and how late.

Of input weights a part has ``draw(n_units, n_features, rng)``, of delays ``draw(n_units, lengths, rng)``; `EchoState`
takes them as its `input_weights` and its `delay`.
"""

from reservoir.wiring.block_input_weights import BlockInputWeights
from reservoir.wiring.chebyshev_input_weights import ChebyshevInputWeights
from reservoir.wiring.k_means_input_weights import k_means_input_weights
from reservoir.wiring.log_uniform_delays import LogUniformDelays
from reservoir.wiring.logistic_input_weights import LogisticInputWeights
from reservoir.wiring.node_input_weights import NodeInputWeights
from reservoir.wiring.pi_signs import PiSigns

__all__ = [
    "BlockInputWeights",
    "ChebyshevInputWeights",
    "LogUniformDelays",
    "LogisticInputWeights",
    "NodeInputWeights",
    "PiSigns",
    "k_means_input_weights",
]
