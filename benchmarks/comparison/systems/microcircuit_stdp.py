"""The microcircuit whose recurrent synapses have learned by STDP."""

from __future__ import annotations

from typing import Any

from benchmarks.comparison.systems import liquid
from benchmarks.comparison.systems.base import System, count_readout, read_out
from spiking import STDP, Microcircuit


def space(kind: str) -> dict[str, list]:
    """All that a liquid has, and how it learns."""
    return {
        "learning_time": [1.0, 0.5, 2.0, 8.0],
        "A_plus": [0.01, 0.003, 0.001],
        "mu_minus": [0.0, 1.0],
        **liquid.space(kind),
    }


def build(kind: str, settings: dict, seed: int) -> Any:
    """The column of the seed, which hears some of the training rows and learns, then stays as it is."""
    rule = STDP(A_plus=settings["A_plus"], A_minus=1.05 * settings["A_plus"], mu_minus=settings["mu_minus"])
    system = Microcircuit(
        **liquid.parts(settings, seed),
        plasticity={"recurrent": rule},
        learning_time=settings["learning_time"],
    )
    return read_out(kind, system, settings)


SYSTEM = System(
    "microcircuit_stdp",
    "microcircuit, STDP",
    space,
    build,
    count_readout,
    note="Recurrent synapses learn by pair-based STDP, in Numba, while the circuit hears the first seconds of the "
    "training rows; then it is frozen and read like the liquid. What STDP has set is not counted as trained.",
    version="in Numba",
)
