"""How far something long is: a bar where somebody looks and tqdm is installed, lines in the log elsewhere.

Who asks for lines must see them: where no handler of the log takes a line, it goes to standard error.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from typing import Any

EVERY = 30.0
"""Seconds between two lines of the log."""


class Progress:
    """Counts what is done of `total` pieces, and shows it with rate and remaining time.

    Parameters
    ----------
    total : int
    what : str
        What is counted, in the plural.
    logger : str
        Name of the log, where lines go at level INFO.
    verbose : int >= 0 or bool
        0 shows nothing. 1 shows a bar in a terminal or a notebook, otherwise a line every 30 s and at the end; from 2
        on it is a line for every piece. Lines that no handler of the log takes go to standard error.
    already : int, default 0
        Pieces that were done before.
    """

    def __init__(self, total: int, what: str, logger: str, verbose: int, already: int = 0):
        self._total, self._what, self._already, self._finished = total, what, already, 0
        self._logger = logging.getLogger(logger)
        self._start = self._said = time.monotonic()
        self._note = ""
        self._every = 0.0 if verbose > 1 else EVERY
        self._bar = _bar(total, what, already) if verbose == 1 else None
        self._lines = bool(verbose) and self._bar is None
        self._unsaid = True

    def add(self, n_finished: int = 1, note: str = "") -> None:
        """Count pieces that have ended; the note stands beside the number."""
        self._finished += n_finished
        self._note, self._unsaid = note, True
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(n_finished)
        elif self._lines and time.monotonic() - self._said >= self._every:
            self._say()

    def close(self) -> None:
        """Say the last word."""
        if self._bar is not None:
            self._bar.close()
        elif self._lines and self._unsaid:
            self._say()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _say(self) -> None:
        self._said, self._unsaid = time.monotonic(), False
        rate = self._finished / max(self._said - self._start, 1e-9)
        done, note = self._already + self._finished, f", {self._note}" if self._note else ""
        left = f"{(self._total - done) / rate:.0f} s left" if rate else "time left unknown"
        line = f"{done} of {self._total} {self._what}{note}, {rate:.3g} a second, {left}"
        self._logger.info("%s", line)
        if not _is_heard(self._logger) and sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):  # a pipe or a file that was closed
                sys.stderr.write(f"{self._logger.name}: {line}\n")
                sys.stderr.flush()


def _is_heard(logger: logging.Logger) -> bool:
    """Whether a handler that somebody has set up takes lines of this log at level INFO."""
    if not logger.isEnabledFor(logging.INFO):
        return False
    source: logging.Logger | None = logger
    while source is not None:
        for handler in source.handlers:
            if handler.level <= logging.INFO and not isinstance(handler, logging.NullHandler):
                return True
        source = source.parent if source.propagate else None
    return False


def _bar(total: int, what: str, already: int) -> Any:
    """A bar of tqdm where it is installed and somebody looks."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    if not terminal and "ipykernel" not in sys.modules:
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=total, initial=already, desc=what, file=sys.stderr if terminal else None)
