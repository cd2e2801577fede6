"""What fits into the memory of this machine, asked before it is taken."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from math import inf
from pathlib import Path

WORTH_ASKING = 2**27  # bytes; what takes less is not looked at


def check_memory(owner: str, what: str, n_bytes: float, advice: str = "") -> None:
    """MemoryError, with both numbers, where `owner` would take more bytes for `what` than there are free."""
    if n_bytes < WORTH_ASKING:
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
        return inf


def _of_container() -> float:
    """What the control groups of this process leave, version 2 or 1: its own and all above it."""
    return min((_left(folder) for folder in _groups(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))), default=inf)


def _groups(told: Path, root: Path) -> Iterator[Path]:
    """The folders of the groups. In a container the path may be that of the host, of which only the root is seen."""
    try:
        lines = [line.split(":", 2) for line in told.read_text().splitlines()]
    except OSError:
        lines = []
    for top, controllers in ((root, ""), (root / "memory", "memory")):
        own = [path.strip("/") for _, names, path in lines if controllers in names.split(",")]
        yield top
        for path in own:
            yield from (top / path, *(top / parent for parent in Path(path).parents))


def _left(folder: Path) -> float:
    """What a group leaves; pages of files count as used, but give way."""
    for limit, used, kept in (
        ("memory.max", "memory.current", ("inactive_file", "active_file")),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file")),
    ):
        try:
            most, now = int((folder / limit).read_text()), int((folder / used).read_text())
            lines = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            return float(most - now + sum(int(lines.get(name, 0)) for name in kept))
        except (OSError, ValueError):  # not there, or "max"
            continue
    return inf


def _of_limit() -> float:
    """What `ulimit -v` leaves of the address space."""
    if sys.platform == "win32":
        return inf
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    try:
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        taken = 0
    return inf if most == resource.RLIM_INFINITY else float(most - taken)
