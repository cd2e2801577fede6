"""Signals to spikes and back: encoders, traces, and the record `SpikeTrains`.

An encoder turns rows (n_rows, n_features) into spikes of input channels; row i is the time from i step to (i + 1) step:

- ``fit(rows)`` learns the range of each feature, ``low_`` and ``high_``, where `low` and `high` are None;
- ``n_channels(n_features)`` is the number of channels;
- ``encode(rows, step, rng)``, `step` in seconds, gives `SpikeTrains` of as many units and of duration len(rows) * step.

Values outside the range are clipped to it. `rng` is a generator of NumPy; a system gives a `TrialGenerator`
(`reservoir.random_numbers`), which says the seed, the trial and the number of the first row, so that an encoder that
draws can make any piece what it is of the whole (`poisson.poisson_spikes`). What an encoder must know of the rows
before it keeps in a memory: ``n_memory(n_features)`` numbers, and ``encode_on(rows, step, rng, memory)``, which gives
the spikes and the next memory. One that can do neither says ``piecewise = False``, one that draws nothing
``draws = False``. `Current` is the one without spikes: it has no ``encode`` but ``weights`` and ``normalised``. A
simulation hears every spike, also two of a channel in one of its time steps.

A trace turns spikes into states, one row per `step` seconds, exactly from the times of the spikes:

- ``n_memory(step)`` is the number of rows it carries from one piece of a record to the next;
- ``filter(trains, step, n_rows, memory=None)`` gives states (n_rows, n_units) and memory (n_memory, n_units).

To add an encoder, write one file with a subclass of `scaling.Scaled` and its ``encode``; where there is more than one
channel per feature, also ``n_channels``. To add a trace, write one file with a subclass of `sampling.Trace`, its
``n_memory`` and ``advance``. Both need an export line here, by which the shared tests find them; a trace also the
answer to one spike in ``tests/spikes/test_sampling.py``.
"""

from reservoir.spikes.alpha import Alpha
from reservoir.spikes.counts import Counts
from reservoir.spikes.current import Current
from reservoir.spikes.exponential import Exponential
from reservoir.spikes.gaussian_receptive_fields import GaussianReceptiveFields
from reservoir.spikes.latency import Latency
from reservoir.spikes.poisson import Poisson
from reservoir.spikes.raster import Raster
from reservoir.spikes.send_on_delta import SendOnDelta
from reservoir.trains import SpikeTrains

__all__ = [
    "Alpha",
    "Counts",
    "Current",
    "Exponential",
    "GaussianReceptiveFields",
    "Latency",
    "Poisson",
    "Raster",
    "SendOnDelta",
    "SpikeTrains",
]
