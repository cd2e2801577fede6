"""How far a batch is: a bar in a terminal, lines in the log elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

LOGGER = logging.getLogger("reservoir.batch")
_EVERY = 30.0


class Progress:
    """Counts finished tasks; shows rate and remaining time with tqdm, or says them in the log every 30 s."""

    def __init__(self, total: int, already: int, shown: bool):
        self._total, self._already, self._finished, self._failed = total, already, 0, 0
        self._start = self._said = time.monotonic()
        self._bar = _bar(total, already) if shown else None
        self._lines = shown and self._bar is None

    def add(self, finished: int, failed: int) -> None:
        """Count tasks that have ended."""
        self._finished += finished
        self._failed += failed
        if self._bar is not None:
            self._bar.set_postfix(failed=self._failed, refresh=False)
            self._bar.update(finished)
        elif self._lines and time.monotonic() - self._said > _EVERY:
            self._say()

    def close(self) -> None:
        """Say the last word."""
        if self._bar is not None:
            self._bar.close()
        elif self._lines:
            self._say()

    def _say(self) -> None:
        self._said = time.monotonic()
        rate = self._finished / max(self._said - self._start, 1e-9)
        done = self._already + self._finished
        left = f"{(self._total - done) / rate:.0f} s left" if rate else "time left unknown"
        LOGGER.info("%d of %d tasks, %d failed, %.3g a second, %s", done, self._total, self._failed, rate, left)


def _bar(total: int, already: int) -> Any:
    """A bar of tqdm where it is installed and somebody looks."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, initial=already, unit="task", file=sys.stderr)
