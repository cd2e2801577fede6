"""What the loop of synapses that learn carries, see ``event_loop.py``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

WHOLE, PASSES, HEARS, NOTHING, ANSWERS = range(5)
"""What a spike does: where it arrives it is passed on and heard, either of which may come alone, or there is none; or
it is one of a receiver."""

LONG_AGO = -(2**40)
"""A step before all others."""

SYNAPSE = np.dtype([("receiver", np.int32), ("course", np.int32), ("value", np.float64)])
"""Where a synapse leads, the row of `Passing.kinds` and `Passing.factors`, and what is learned: the magnitude of the
weight, or U."""

DYNAMICS = np.dtype([(name, np.float64) for name in ("recovery", "facilitation", "u", "R")])
"""1 / tau_rec and 1 / tau_fac in steps, and what the last spike that has arrived has left."""

CHANCE = np.dtype([("probability", np.float64), ("number", np.int64)])
"""Of release, and the number of the synapse in the circuit."""

BRANCH = np.dtype([(name, np.int64) for name in ("first", "last", "behind", "heard", "passed", "done")])
"""The synapses of a branch, from `first` up to `last`; steps of their delay that lie behind them; when the last spike
was heard, and the last one passed on; and the step before which they have heard the spikes of their receivers."""

WAY = np.dtype([(name, np.int64) for name in ("delay", "branch", "what")])
"""A way from a sender to a branch: steps, and WHOLE, PASSES or HEARS."""

SPIKE = np.dtype([(name, np.int64) for name in ("following", "sender", "sent", "way", "nth", "trial", "step")])
"""A spike on its way: the one that stands behind it in a list, its sender and step, the way on which it next arrives,
which of the spikes it is that the sender sent in that step, and trial and step of its random numbers."""

LIST = np.dtype([("first", np.int64), ("last", np.int64)])
"""The spikes that next arrive in one step; -1 for none."""


class Synapses(NamedTuple):
    """Synapses by sender, delay, and how much of it lies behind them."""

    table: np.ndarray  # (n,), of SYNAPSE
    own: np.ndarray  # (n, n_own), other variables of the rule


class Passing(NamedTuple):
    """How synapses pass on spikes."""

    kinds: np.ndarray  # (n_courses, n_exponentials), of the currents
    factors: np.ndarray  # (n_courses, n_exponentials), of the weight, with its sign
    weight: np.ndarray  # (n,), magnitudes; (0,) where they are what is learned
    utilisation: np.ndarray  # (n,), U; (0,) where synapses are static
    dynamics: np.ndarray  # (n,), of DYNAMICS, or (0,)
    chances: np.ndarray  # (n,), of CHANCE; (0,) where all is released
    keys: np.ndarray  # (10, 2), of the rounds of their random numbers


class Branches(NamedTuple):
    """Synapses that spikes of one sender reach together."""

    table: np.ndarray  # (n_branches,), of BRANCH
    x: np.ndarray  # (n_branches, n_pre), traces after the last spike that was heard


class Ways(NamedTuple):
    """Ways from the senders to the branches, by sender and delay."""

    starts: np.ndarray  # (n_senders + 1,)
    table: np.ndarray  # (n_ways,), of WAY


class Travelling(NamedTuple):
    """Spikes on their way."""

    spikes: np.ndarray  # (n_places,), of SPIKE
    lists: np.ndarray  # (n_slots,), of LIST
    free: np.ndarray  # (1,), the first place that is free
    room: np.ndarray  # (2,), how many places are free, and whether there is room for `Answers` of a step


class Answers(NamedTuple):
    """The last spikes of units, at least one of which all synapses have heard."""

    waiting: np.ndarray  # (n_units,), how many since all were brought up; -1 for units that no synapse reaches
    log: np.ndarray  # (n_units, n_kept, 1 + 2 n_post), newest first: step, traces before the spike, and after it


class Scaled(NamedTuple):
    """When values are scaled, so that those of a receiver have this sum."""

    total: np.ndarray  # (n_units,); (0,) where none is
    steps: np.ndarray  # (n_times,), at the end of which
    n_done: np.ndarray  # (1,)


class Rows(NamedTuple):
    """What is kept over time of some synapses, as `Probe` does of units."""

    every: int
    first: int
    places: np.ndarray  # (k, 2), synapses and their branches
    kept: np.ndarray  # (n_rows, k, 3 + n_own + n_pre + n_post), value, u, R, own variables, and traces


class Clock(NamedTuple):
    """Time, and what it does to traces."""

    dt: float  # seconds
    behind: int  # steps of the circuit before this run
    most_behind: int  # steps of a delay that lie behind a synapse
    split: bool  # whether any do
    fade_x: np.ndarray  # (n_pre,), 1 / tau of traces, in steps
    fade_y: np.ndarray  # (n_post,)
    x: np.ndarray  # (n_pre,), room for traces, as the next two
    later: np.ndarray  # (n_pre,)
    y: np.ndarray  # (n_post,)
    seen: np.ndarray  # (1,), see `look_ahead`
    when: np.ndarray  # (n_steps, 2), trial and step of random numbers, or (0, 2)


class Plastic(NamedTuple):
    """All that learns by one rule."""

    synapses: Synapses
    passing: Passing
    branches: Branches
    ways: Ways
    travelling: Travelling
    answers: Answers
    scaled: Scaled
    rows: Rows
    clock: Clock
    sent: np.ndarray  # (1 + n_most, 2), the spikes of a step, see `reservoir.neurons.spiking.learning.Learning`
