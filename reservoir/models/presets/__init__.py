"""Models of whole sequences, put together from parts, by name.

A preset is a file with a function of its name, which makes the parts with their seeds.
"""

from __future__ import annotations

from collections.abc import Callable

from reservoir.models.presets.classic import classic
from reservoir.models.presets.fast import fast
from reservoir.models.presets.full import full
from reservoir.models.presets.preset import Preset

PRESETS: dict[str, Callable[[int], Preset]] = {"fast": fast, "full": full, "classic": classic}


def parts_of(name: str, random_state: int = 0) -> Preset:
    """The parts of the preset with this name."""
    return PRESETS[name](random_state)


def places_in_presets(part: str, parameter: str) -> dict[str, list[str]]:
    """Names under which the parts of presets have a parameter, by preset: ``reservoir__leak``."""
    last = parameter.rpartition("__")[2]
    found = {}
    for name in PRESETS:
        known = getattr(parts_of(name), part)
        keys = [] if known is None else [key for key in known.get_params() if key.rpartition("__")[2] == last]
        found[name] = [f"{part}__{key}" for key in keys]
    return {name: keys for name, keys in found.items() if keys}
