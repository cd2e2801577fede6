"""Where the numbers were measured, without names of machines or folders."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from collections.abc import Iterable

PACKAGES = ("reservoir-spiking", "numpy", "scipy", "numba", "scikit-learn", "brian2")


def environment(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Date, cores, system and versions."""
    found = {
        "date": datetime.date.today().isoformat(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "system": f"{platform.system()}, {platform.machine()}",
        "Python": platform.python_version(),
    }
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "absent"
    return found
