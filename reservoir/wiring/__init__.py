"""How the units of a rate reservoir are wired beside their topology: what they hear of the input, and how late.

Of input weights a part has ``draw(n_units, n_features, rng)``, of delays ``draw(n_units, lengths, rng)``; `EchoState`
takes them as its `input_weights` and its `delay`.
"""

from reservoir.wiring.block_input_weights import BlockInputWeights
from reservoir.wiring.log_uniform_delays import LogUniformDelays

__all__ = ["BlockInputWeights", "LogUniformDelays"]
