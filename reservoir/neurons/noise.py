"""Systems without their noise."""

from __future__ import annotations

from typing import Any


def without_noise(system: Any) -> Any:
    """The same fitted system without its noise, where it has any."""
    return system.without_noise() if hasattr(system, "without_noise") else system
