"""Encoders and traces, found by walking the exports, and records of spikes to try them on."""

import inspect

import numpy as np
from hypothesis import strategies as st

from reservoir import spikes
from reservoir.trains import SpikeTrains

PARTS = [part for part in vars(spikes).values() if inspect.isclass(part) and hasattr(part, "get_params")]
SCALED = [part for part in PARTS if hasattr(part, "shares")]
"""Parts that read features as shares of their range."""
ENCODERS = [part for part in SCALED if hasattr(part, "encode")]
TRACES = [part for part in PARTS if hasattr(part, "filter")]


def generator(seed=0):
    return np.random.default_rng(seed)


def some_trains(n_spikes=200, n_units=5, duration=1.0, seed=0):
    rng = generator(seed)
    return SpikeTrains(rng.random(n_spikes) * duration, rng.integers(n_units, size=n_spikes), n_units, duration)


@st.composite
def trains(draw, n_units=3):
    """Spikes anywhere and on a grid of milliseconds."""
    duration = draw(st.integers(1, 200)) * 1e-3
    anywhere = st.floats(0, duration, exclude_max=True)
    on_grid = st.integers(0, round(duration / 1e-3) - 1).map(lambda step: step * 1e-3)
    times = draw(st.lists(st.one_of(anywhere, on_grid), max_size=30))
    units = draw(st.lists(st.integers(0, n_units - 1), min_size=len(times), max_size=len(times)))
    return SpikeTrains(times, units, n_units, duration)
