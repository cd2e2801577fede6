"""What `verbose` shows of training: a bar of tqdm where that is installed, otherwise a line an epoch."""

from __future__ import annotations

import sys
from collections.abc import Iterator


class Quiet:
    """Shows nothing."""

    def __call__(self, epochs: range) -> Iterator[int]:
        """The epochs."""
        yield from epochs

    def report(self, loss: float, validation_loss: float | None) -> None:
        """Called after every epoch."""


class Lines(Quiet):
    """One line of output an epoch."""

    def __call__(self, epochs: range) -> Iterator[int]:
        """The epochs, counted."""
        for self._epoch in epochs:
            yield self._epoch

    def report(self, loss: float, validation_loss: float | None) -> None:
        """Write the losses."""
        sys.stdout.write(f"Iteration {self._epoch + 1}, {_losses(loss, validation_loss)}\n")


class Bar(Quiet):
    """A progress bar."""

    def __init__(self, tqdm: type):
        self._tqdm = tqdm

    def __call__(self, epochs: range) -> Iterator[int]:
        """The epochs, with a bar that moves."""
        self._bar = self._tqdm(epochs)
        yield from self._bar

    def report(self, loss: float, validation_loss: float | None) -> None:
        """Write the losses beside the bar."""
        self._bar.set_postfix_str(_losses(loss, validation_loss))


def shown(verbose: bool) -> Quiet:
    """What shows the epochs."""
    if not verbose:
        return Quiet()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return Lines()
    return Bar(tqdm)


def _losses(loss: float, validation_loss: float | None) -> str:
    return f"loss = {loss:.8f}" + ("" if validation_loss is None else f", validation loss = {validation_loss:.8f}")
