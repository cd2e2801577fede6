"""Gradient descent over batches of ragged sequences, and all that may end it."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from reservoir.parts import Seed
from reservoir.progress import Progress
from reservoir.rnn.examples import Batch, Examples
from reservoir.rnn.gradients import Gradient
from reservoir.rnn.optimizers import clipped
from reservoir.rnn.output_rows import pooled
from reservoir.rnn.packing import Packing
from reservoir.rnn.recurrent_network import RecurrentNetwork
from reservoir.rnn.truncation import too_long
from reservoir.threads import n_threads, one_blas_thread, spread

_ROWS_AT_ONCE = 1 << 14
_SMALLEST_RATE = 1e-6
_ROUNDING = 1e-14  # of squares in single precision, as a share


class Diverged(ArithmeticError):
    """A loss or a gradient that is not finite."""


class Settings(NamedTuple):
    """How to descend; the names are those of the estimators."""

    alpha: float
    batch_size: int
    shuffle: bool
    truncation: int | str | None
    dropout: tuple[float, float, float]
    max_gradient_norm: float | None
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    tol: float | None
    n_iter_no_change: int


def run_rows(
    network: RecurrentNetwork, rows: np.ndarray, offsets: np.ndarray, state: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Hidden states (n_rows, width) of concatenated sequences and final states (n_sequences, state_size).

    A row gets the same bits whatever else is run.
    """
    lengths = np.diff(offsets)
    hidden = np.empty((len(rows), network.width), network.vector.dtype)
    finals = np.empty((len(lengths), network.state_size), network.vector.dtype)

    def run(chosen: np.ndarray) -> None:
        packing = Packing.of(lengths[chosen])
        members, places = chosen[packing.order], packing.places(offsets[chosen])
        present = None if state is None else state[members]
        n_steps = len(packing.starts) - 1
        at_once = n_steps if network.bidirectional else max(1, _ROWS_AT_ONCE // len(chosen))
        for first in range(0, n_steps, at_once):
            piece = packing.cut(first, min(first + at_once, n_steps))
            here = places[packing.starts[first] :][: piece.starts[-1]]
            n_running = len(piece.lengths)
            present = present if present is None else present[:n_running]
            hidden[here], present, _ = network.forward(rows[here], piece, present)
            finals[members[:n_running]] = present

    work = float(len(rows)) * network.vector.size
    spread(run, _groups(lengths, n_threads(work)), work)
    return hidden, finals


def _groups(lengths: np.ndarray, n_groups: int) -> Iterator[np.ndarray]:
    """Sequences that are run together: of similar length, not too many rows, and in about as many groups or more."""
    order = np.argsort(-lengths, kind="stable")
    group = np.cumsum(lengths[order]) // min(_ROWS_AT_ONCE, lengths.sum() // n_groups + 1)
    yield from np.split(order, np.flatnonzero(np.diff(group)) + 1)


class Descent:
    """Training of one network. What comes of it is changed in place, so whoever goes on takes a copy, `onward`."""

    def __init__(
        self, network: RecurrentNetwork, optimizer: Any, loss: Any, rng: np.random.Generator, settings: Settings
    ):
        self.network, self.optimizer, self.loss, self.rng, self.settings = network, optimizer, loss, rng, settings
        self.n_updates = 0
        self.seed: Seed = None  # what `rng` comes from
        self.lowered = 1.0  # what an adaptive rate has come down to, as a share of learning_rate_init
        self.penalised = network.penalised()

    def onward(self, optimizer: Any, settings: Settings) -> Descent:
        """The training that goes on from here, in arrays of its own; another kind of optimiser begins anew."""
        if type(optimizer) is type(self.optimizer):
            optimizer.take_over(self.optimizer)
        other = copy.copy(self)
        other.network, other.rng = self.network.copied(), copy.deepcopy(self.rng)
        other.optimizer, other.settings = optimizer, settings
        return other

    @property
    def rate(self) -> float:
        """The learning rate, without the decay of "invscaling"."""
        return self.settings.learning_rate_init * self.lowered

    def epoch(self, examples: Examples) -> float:
        """Go through the examples once; gives the mean loss. Raises Diverged before a step that is not finite."""
        total, count, size = 0.0, 0.0, self.settings.batch_size
        order = self.rng.permutation(len(examples)) if self.settings.shuffle else np.arange(len(examples))
        truncation = self._truncation(examples)
        for first in range(0, len(order), size):
            batch = Batch(examples.take(order[first : first + size]))
            for value, weight in self._batch(batch, truncation):
                total, count = total + value * weight, count + weight
        return total / count

    def _truncation(self, examples: Examples) -> int | str | None:
        """How these sequences are cut."""
        may_be_cut = not self.network.bidirectional and examples.pooling is None
        if self.settings.truncation != "auto":
            return self.settings.truncation
        return "auto" if may_be_cut and too_long(np.diff(examples.offsets), self.settings.batch_size) else None

    def _batch(self, batch: Batch, truncation: int | str | None) -> Iterator[tuple[float, float]]:
        """Losses and weights of the pieces of a batch, after each of which the parameters move."""
        masks, state, asked = None, None, Gradient(self.network, batch.pooling, self.loss)
        if any(self.settings.dropout):
            masks = self.network.draw_masks(self.settings.dropout, len(batch.packing.lengths), self.rng)
        for piece in batch.pieces(truncation):
            n_running = len(piece.packing.lengths)
            state = state if state is None else state[:n_running]
            masks = masks if masks is None else masks.of(slice(n_running))
            value, weight, gradient, state = asked.spread(piece, masks, state)
            if gradient is not None:
                yield value + self._move(value, gradient), weight

    def _move(self, value: float, gradient: np.ndarray) -> float:
        """One update; gives the penalty."""
        parameters, alpha = self.network.vector, self.settings.alpha
        weights = parameters * self.penalised
        penalty = 0.5 * alpha * float(np.sum(np.square(weights, dtype=np.float64)))
        gradient += alpha * weights
        gradient, norm = clipped(gradient, self.settings.max_gradient_norm)
        if not np.isfinite(value + penalty + norm):
            raise Diverged
        self.n_updates += 1
        decay = self.n_updates**-self.settings.power_t if self.settings.learning_rate == "invscaling" else 1.0
        self.optimizer.update(parameters, gradient, self.rate * decay)
        return penalty

    def validation_loss(self, examples: Examples) -> float:
        """Mean loss without penalty, dropout or learning."""
        hidden, _ = run_rows(self.network, examples.rows, examples.offsets)
        batch = Batch(examples)
        hidden = hidden[batch.packing.places(examples.offsets[:-1])]
        where = batch.scored, batch.pooling, self.network.layers[-1][0].n_outputs
        kept = batch.scored if batch.pooling is None else slice(None)
        weights = None if batch.weights is None else batch.weights[kept]
        return self.loss.of(self.network.output(pooled(hidden, batch.packing, *where)), batch.targets[kept], weights)[0]


class History:
    """What was seen epoch by epoch, and the best parameters."""

    def __init__(self, tol: float | None, scale: float) -> None:
        self.losses: list[float] = []
        self.validation_losses: list[float] = []
        self.best = np.inf
        self.best_parameters: np.ndarray | None = None
        self.converged, self.cut_short = False, False
        self.n_without = 0
        self._tol, self._scale = tol, scale

    def note(self, loss: float, validation_loss: float | None, parameters: np.ndarray | None) -> None:
        """Add one epoch: its loss, and the parameters that it began with, or ended with if there is a validation.

        They are None where training has not made them.
        """
        if validation_loss is not None:
            self.validation_losses.append(validation_loss)
        watched = loss if validation_loss is None else validation_loss
        if not self.losses and self._scale < _ROUNDING * loss:  # targets that are constant
            self._scale = loss
        if self._tol is not None:
            self.n_without = self.n_without + 1 if watched > self.best - self._tol * self._scale else 0
        if watched < self.best:
            self.best, self.best_parameters = watched, parameters
        self.losses.append(loss)

    @property
    def as_a_constant(self) -> bool:
        """Whether the best constant answer is as good, within 1 %, as all that was seen."""
        return min(self.losses) > 0.99 * self._scale

    def last(self) -> str:
        """The losses of the last epoch in words."""
        validation = f", validation loss = {self.validation_losses[-1]:.8f}" if self.validation_losses else ""
        return f"loss = {self.losses[-1]:.8f}{validation}"


def descend(descent: Descent, examples: Examples, validation: Examples | None, owner: str, verbose: int) -> History:
    """Epochs until one of the ends; with `validation` the best parameters are kept, otherwise the last ones.

    An interrupt or a loss that is not finite ends training with a warning and the best parameters so far: those whose
    held-out loss is smallest, or that began the epoch with the smallest loss. Where those are the ones that training
    began with, the interrupt, or an error, is raised. Epochs that are all used up without an end are warned about.
    """
    history, settings = History(descent.settings.tol, descent.loss.of_a_constant(*examples.scored)), descent.settings
    try:
        with (
            one_blas_thread(),
            np.errstate(over="ignore", invalid="ignore"),
            Progress(settings.max_iter, "epochs", "reservoir.rnn", verbose) as progress,
        ):
            for _ in range(settings.max_iter):
                _one_epoch(descent, examples, validation, history)
                progress.add(1, history.last())
                if _finished(descent, history):
                    break
    except (KeyboardInterrupt, Diverged) as end:
        _warn(_cut_short(end, descent, history, owner))
    else:
        if validation is not None:
            descent.network.vector[:] = history.best_parameters
        if settings.tol is not None and not history.converged:
            _warn(_not_converged(owner, settings.max_iter))
        elif history.converged and history.as_a_constant:
            _warn(_nothing_learnt(owner, settings.learning_rate_init))
    return history


def _one_epoch(descent: Descent, examples: Examples, validation: Examples | None, history: History) -> None:
    parameters, checked = descent.network.vector, None
    tried = parameters.copy() if history.losses and validation is None else None
    loss = descent.epoch(examples)
    if validation is not None:
        checked = descent.validation_loss(validation)
        tried = parameters.copy() if checked < history.best else None
    if not np.isfinite(loss if checked is None else checked) or not np.isfinite(parameters).all():
        raise Diverged
    history.note(loss, checked, tried)


def _finished(descent: Descent, history: History) -> bool:
    """Whether training ends because the loss no longer improves; an adaptive rate is lowered first."""
    if history.n_without < descent.settings.n_iter_no_change:
        return False
    if descent.settings.learning_rate != "adaptive" or descent.rate <= _SMALLEST_RATE:
        history.converged = True
        return True
    descent.lowered /= 5.0
    history.n_without = 0
    return False


def _cut_short(end: BaseException, descent: Descent, history: History, owner: str) -> str:
    """Put back the best parameters, and say so, or raise where training has made none."""
    interrupted = isinstance(end, KeyboardInterrupt)
    if interrupted and history.best_parameters is None:
        raise end
    why = "was interrupted" if interrupted else _divergence(owner, descent)
    if history.best_parameters is None:
        raise ValueError(f"Training {why}.") from None
    descent.network.vector[:] = history.best_parameters
    history.cut_short = True
    return f"Training {why}. The best parameters of {len(history.losses)} epochs are kept."


def _divergence(owner: str, descent: Descent) -> str:
    return (
        f"of {owner} diverged: the loss or its gradient is not finite after {descent.n_updates} updates. Lower "
        f"learning_rate_init (now {descent.rate:g}), set max_gradient_norm, or scale the data"
    )


def _not_converged(owner: str, max_iter: int) -> str:
    return (
        f"Training of {owner}: the maximum of iterations ({max_iter}) is reached and the optimization hasn't "
        "converged yet. Raise max_iter or learning_rate_init, or bring X and y to unit variance; tol=None asks for "
        "all max_iter epochs."
    )


def _nothing_learnt(owner: str, rate: float) -> str:
    return (
        f"Training of {owner} has converged to a loss no better than that of a constant answer. Bring X and y to unit "
        f"variance, or change learning_rate_init (now {rate:g})."
    )


def _warn(text: str) -> None:
    """To whoever called the method of the estimator."""
    warnings.warn(text, ConvergenceWarning, stacklevel=6)
