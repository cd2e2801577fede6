"""How trials are run: side by side in one network, compiled or interpreted, in one process or several."""

from __future__ import annotations

import logging
import shutil
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import joblib

from reservoir.progress import Progress
from reservoir.systems.recording import NOTHING, Wanted
from reservoir.temporary_folders import temporary_folder
from reservoir.validation import check_choice, check_integer, parameter_error
from spiking._brian import machine_preferences, run_trials
from spiking.circuit_text import Answer, CircuitText, Trial
from spiking.rule_text import doubt_voltages
from spiking.worker_process import asked_worker, run_apart, run_where_asked, with_plain_errors

CODEGEN = ("auto", "numpy", "cython", "standalone")
_TILES = 64
# Measured for the column of Maass and colleagues: interpreted, a step takes 70 us; as a C++ program 2 us, after 8 s of
# building; with Cython 15 us, after 50 s for the first simulation of its kind on a machine, 2 s later on.
_STEPS_WORTH_A_PROGRAM, _STEPS_WORTH_CYTHON = 150_000, 1_000_000
_LAST_STEP = 2**31 - 2
_NUMBERS_OF_A_PROGRAM = 50_000_000  # random numbers that it is given at once: 400 MB

_log = logging.getLogger(__name__)


class CompilerWarning(UserWarning):
    """There is no C++ compiler, so Brian2 runs interpreted."""


def run_job(
    owner: str, network: CircuitText, trials: list[Trial], codegen: str, seed: int, *, wanted: Wanted = NOTHING,
    n_jobs: int | None = None, verbose: int = 0,
) -> tuple[list[Answer], str]:  # fmt: skip
    """The answers of all trials, and how Brian2 has run. Neither tiles nor processes change an answer."""
    check_options(owner, codegen, n_jobs, verbose)
    if (last := max(trial.behind + trial.n_steps for trial in trials)) > _LAST_STEP:
        raise parameter_error(owner, "state", f"None or before step {_LAST_STEP}, which Brian2 can count", last)
    alike = "state" in wanted.names or any(path.rule is not None for path in network.paths)
    doubt_voltages(network, trials[0])
    batches = list(_batches(trials, _TILES, alike))
    lengths = [max(trial.n_steps for trial in batch) for batch in batches]
    drawn = network.n_drawn * max(lengths)
    goes_on = any(trial.state is not None for trial in trials)
    target = choose_target(owner, network, codegen, sum(lengths), drawn, goes_on)
    if target == "standalone" and drawn * _TILES > _NUMBERS_OF_A_PROGRAM:
        batches = list(_batches(trials, max(1, _NUMBERS_OF_A_PROGRAM // drawn), alike))
        lengths = [max(trial.n_steps for trial in batch) for batch in batches]
    run = partial(run_trials, network, codegen=target, seed=seed, wanted=wanted)
    where = _run_as_a_program if target == "standalone" else run_where_asked
    n_workers = min(joblib.effective_n_jobs(n_jobs), len(batches))
    answers: list[Answer] = []
    with Progress(sum(lengths), "steps", "spiking", verbose) as progress:
        if n_workers == 1:
            for batch, n_steps in zip(batches, lengths, strict=True):
                counter = _Counter(progress, n_steps)
                told = counter.report if verbose and where is run_where_asked and asked_worker() is None else None
                answers += where(partial(run, report=told), batch)
                counter.report(None, 1.0)
            return answers, target
        if target == "cython":  # compiled once, and not by every worker
            run_where_asked(run, [one._replace(events=one.events[:0], n_steps=1, rows=None) for one in batches[0][:1]])
        with joblib.parallel_config(backend="loky", n_jobs=n_workers):
            calls = (joblib.delayed(with_plain_errors)(where, run, batch) for batch in batches)
            found = joblib.Parallel(return_as="generator")(calls)
            for batch_answers, n_steps in zip(found, lengths, strict=True):
                answers += batch_answers
                progress.add(n_steps)
    return answers, target


def check_options(owner: str, codegen: str, n_jobs: int | None, verbose: int) -> None:
    """Refuse what says no way to run."""
    check_choice(owner, "codegen", codegen, CODEGEN)
    if not isinstance(verbose, bool):
        check_integer(owner, "verbose", verbose, 0)
    if n_jobs is not None and check_integer(owner, "n_jobs", n_jobs) == 0:
        raise parameter_error(owner, "n_jobs", "None or an integer other than 0", n_jobs)


def _run_as_a_program(run: Callable[..., list[Answer]], batch: list[Trial]) -> list[Answer]:
    """The answers of a C++ program, which is built in a process of its own: Brian2 has one program a process.

    The folder is this process's, which removes it where the other one is killed.
    """
    with temporary_folder("spiking") as folder:
        return run_apart(partial(run, folder=folder, machine=machine_preferences()), batch)


class _Counter:
    """Hands on to a progress how many steps of one run are done."""

    def __init__(self, progress: Progress, n_steps: int):
        self._progress, self._n_steps, self._done = progress, n_steps, 0

    def report(self, elapsed: Any, share: float, *more: Any) -> None:
        """Count up to this share of the steps."""
        new = round(share * self._n_steps) - self._done
        if new:
            self._done += new
            self._progress.add(new)


def _batches(trials: list[Trial], n_tiles: int, alike: bool) -> Iterator[list[Trial]]:
    """Trials that follow one another and can be tiles of one network, at most so many.

    They begin at one step. Where they must be `alike` they last as long, since all tiles go on until the longest has
    ended, and what is learned and where a trial stops is read in the end.
    """
    batch: list[Trial] = []
    for trial in trials:
        other = bool(batch) and trial.behind != batch[-1].behind
        other |= alike and bool(batch) and trial.n_steps != batch[-1].n_steps
        if other or len(batch) == n_tiles:
            yield batch
            batch = []
        batch.append(trial)
    if batch:
        yield batch


def choose_target(
    owner: str, network: CircuitText, codegen: str, n_steps: int, drawn: int = 0, goes_on: bool = False
) -> str:
    """How Brian2 runs a job of so many steps: what is asked for, or for "auto" what takes least time.

    A program is given the random numbers of a trial, of which there are so many, at once.
    """
    in_python = any(path.share is not None or (path.rule is not None and path.rule.in_python) for path in network.paths)
    if codegen == "standalone" and in_python:
        wanted = "another one for normalised weights, feedback and release by chance, which need Python"
        raise parameter_error(owner, "codegen", wanted, codegen)
    if codegen == "standalone" and goes_on:
        wanted = "another one where a simulation goes on from a state: a program begins at rest"
        raise parameter_error(owner, "codegen", wanted, codegen)
    wanted = codegen
    if codegen == "auto":
        stays = in_python or goes_on or drawn > _NUMBERS_OF_A_PROGRAM
        compiled, worth = ("cython", _STEPS_WORTH_CYTHON) if stays else ("standalone", _STEPS_WORTH_A_PROGRAM)
        wanted = compiled if n_steps >= worth else "numpy"
    if wanted != "numpy" and not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
        text = "There is no C++ compiler, so that Brian2 runs interpreted, which takes longer."
        warnings.warn(text, CompilerWarning, stacklevel=5)
        wanted = "numpy"
    _log.info("%s: %d steps of Brian2, codegen %s", owner, n_steps, wanted)
    return wanted
