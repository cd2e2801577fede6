"""What the loop of spiking units knows of synapses that learn: whom to tell of the spikes of a step."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir import bound_calls
from reservoir.bound_calls import call
from reservoir.compilation import kernel


class Learning(NamedTuple):
    """Synapses that learn, a bound call for each rule, see `reservoir.bound_calls`; they do not stand in `Wiring`."""

    codes: Any  # (n_rules,)
    places: Any  # (n_rules,)
    room: np.ndarray  # (n_rules, 2), how many more spikes can be on their way, and whether more can be remembered
    sent: np.ndarray  # (1 + n_most, 2), how many spikes a step has; sender of each, and which of those it sends then


@kernel(forceinline=True)
def has_room(learning):
    """Whether there is room for all spikes that a step may have."""
    if learning is not None:
        for k in range(len(learning.room)):
            if learning.room[k, 0] < len(learning.sent) or learning.room[k, 1] == 0:
                return False
    return True


@kernel(forceinline=True)
def tell(learning, sender, nth):
    """Let synapses that learn know of a spike, the n-th of its sender in this step."""
    if learning is not None:
        learning.sent[0, 0] += 1
        learning.sent[learning.sent[0, 0], 0], learning.sent[learning.sent[0, 0], 1] = sender, nth


@kernel(bound_calls.__file__, forceinline=True)
def learn_step(learning, step, n_fired):
    """Let synapses learn, once the spikes of a step are sent: first those of units that have fired."""
    if learning is not None:
        for k in range(len(learning.room)):
            call(learning.codes[k], learning.places[k], step, n_fired, learning.sent[0, 0], 0)
        learning.sent[0, 0] = 0
