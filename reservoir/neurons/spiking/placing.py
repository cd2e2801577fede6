"""Where synapses stand that are put in the order of their senders, and of a sender in that of slices of receivers."""

from __future__ import annotations

from reservoir.compilation import kernel


@kernel()
def count_synapses(senders, receivers, first_sender, width, counts):
    """Add to `counts` (n_senders, n_slices) how many synapses a sender has with each slice of `width` receivers."""
    for i in range(senders.size):
        counts[first_sender + senders[i], receivers[i] // width] += 1


@kernel()
def take_places(senders, receivers, first_sender, width, free, places):
    """The place (n,) of each synapse, the first that is free (n_senders, n_slices) for its sender and slice."""
    for i in range(senders.size):
        sender, part = first_sender + senders[i], receivers[i] // width
        places[i] = free[sender, part]
        free[sender, part] += 1
