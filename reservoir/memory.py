"""What fits into the memory of this machine, asked before it is taken."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_WORTH_ASKING = 2**27


def check_memory(owner: str, what: str, n_bytes: float, advice: str = "") -> None:
    """MemoryError, with both numbers, where `owner` would take more bytes for `what` than there are free."""
    if n_bytes < _WORTH_ASKING:
        return
    free = free_bytes()
    if n_bytes > free:
        raise MemoryError(f"{owner} needs {n_bytes / 1e9:.3g} GB for {what}, and {free / 1e9:.3g} GB are free.{advice}")


def free_bytes() -> float:
    """Bytes that this process may still take: of the machine, its container and its limit; inf where unknown."""
    return min(_of_machine(), _of_container(), _of_limit())


def _of_machine() -> float:
    try:
        lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        return 1024.0 * int(lines["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        pass
    try:  # all that is built in, where the system does not say what is free
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return float("inf")


def _of_container() -> float:
    """What a control group leaves, version 2 or 1."""
    folder = Path("/sys/fs/cgroup")
    pairs = [("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")]
    for limit, used in pairs:
        try:
            return float(int((folder / limit).read_text()) - int((folder / used).read_text()))
        except (OSError, ValueError):  # not there, or "max"
            continue
    return float("inf")


def _of_limit() -> float:
    """What `ulimit -v` leaves of the address space."""
    if sys.platform == "win32":
        return float("inf")
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    try:
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        taken = 0
    return float("inf") if most == resource.RLIM_INFINITY else float(most - taken)
