"""One echo-state network, whose states are averaged over the rows."""

from __future__ import annotations

from reservoir.models.poolings.mean import Mean
from reservoir.models.presets.preset import Preset
from reservoir.systems import EchoState


def classic(random_state: int = 0) -> Preset:
    """``EchoState(random_state=0)``, the mean of its states, and the readout that the model takes for steps."""
    return Preset(EchoState(random_state=random_state), Mean())
