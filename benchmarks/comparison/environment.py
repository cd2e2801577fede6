"""Where the numbers were measured, without names of machines or folders."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform

PACKAGES = ("numpy", "scipy", "numba", "scikit-learn", "brian2")


def environment() -> dict[str, str]:
    """Date, cores, system and versions."""
    found = {
        "date": datetime.date.today().isoformat(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "system": f"{platform.system()}, {platform.machine()}",
        "Python": platform.python_version(),
    }
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "absent"
    return found
