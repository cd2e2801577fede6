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
