"""Questions asked of a system, a probe a file: what it remembers.

A system is anything with ``fit`` and ``run``.
"""

from reservoir.probes.memory_capacity import MemoryCapacity, memory_capacity

__all__ = ["MemoryCapacity", "memory_capacity"]
