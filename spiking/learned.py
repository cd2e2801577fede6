"""What rules have made of synapses at a moment, from the variables that Brian2 keeps of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reservoir.plasticity import Rule


def faded(rule: Rule, found: Mapping[str, np.ndarray], seconds: np.ndarray | float) -> dict[str, np.ndarray]:
    """The traces, which Brian2 has brought up to date at "lastupdate", as they are at a time."""
    since = seconds - found["lastupdate"] if rule.traces else 0.0
    return {name: found[name] * np.exp(-since / rule.parameters[tau][0]) for name, tau in rule.traces.items()}
