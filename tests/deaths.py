"""Processes that die at a call of the system, for tests of what is left behind."""

import os
from collections.abc import Iterable

from reservoir.whole_files import Part


def die_at(deadly: int, names: Iterable[str]) -> None:
    """End this process at its call of that number, counted over these functions of `os` and all writing of parts."""
    calls = 0

    def counted(real):
        def call(*arguments, **options):
            nonlocal calls
            calls += 1
            if calls == deadly:
                os._exit(9)
            return real(*arguments, **options)

        return call

    for name in names:
        setattr(os, name, counted(getattr(os, name)))
    Part.write = counted(Part.write)
