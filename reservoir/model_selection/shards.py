"""Shards of a search on the cores of this machine, or through a store that survives crashes."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any, NamedTuple

import joblib
from sklearn.utils.parallel import Parallel, delayed

import reservoir
from reservoir.batch import run_batch
from reservoir.compilation import one_blas_thread
from reservoir.model_selection.candidates import Configuration
from reservoir.model_selection.plain import evaluate_plainly
from reservoir.model_selection.problem import Problem
from reservoir.model_selection.together import evaluate_together
from reservoir.progress import Progress
from reservoir.validation import parameter_error


class Work(NamedTuple):
    """What one worker does at a time."""

    shard: list[Configuration]
    seed: int | None
    share: float  # of the training parts


def evaluate(problem: Problem, work: Work) -> dict:
    """Scores and times of the candidates of a shard; see `Outcome`.

    What goes wrong while candidates are evaluated together is met again, and told, where they are evaluated one by one.
    """
    with one_blas_thread():
        try:
            return evaluate_together(problem, *work).plain()
        except Exception:
            return evaluate_plainly(problem, *work).plain()


def run_shards(problem: Problem, works: list[Work], n_jobs: int | None, verbose: int) -> Iterator[dict]:
    """Results in the order of the works, from processes of this machine."""
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    with Progress(len(works), "shards", "reservoir.model_selection", verbose) as progress:
        for result in parallel(delayed(evaluate)(problem, work) for work in works):
            progress.add()
            yield result


class StoredShards:
    """What a worker of `run_batch` does: the task names a shard, a seed and a share of the training parts."""

    def __init__(self, problem: Problem, shards: dict[str, list[Configuration]]):
        self.problem, self.shards = problem, shards

    def __call__(self, task: dict, *, random_state: int) -> dict:
        return evaluate(self.problem, Work(self.shards[task["shard"]], task["seed"], task["share"]))


def run_stored_shards(problem: Problem, works: list[Work], store: Any, options: dict) -> Iterator[dict | None]:
    """Results in the order of the works, from a store; None for a work whose process died.

    A task is known by a digest of all that its result depends on, so that the store serves the same search alone.
    """
    search = digest(problem)
    shards = {id(work.shard): work.shard for work in works}
    names = {key: digest([configuration.parameters for configuration in shard]) for key, shard in shards.items()}
    tasks = [{"search": search, "shard": names[id(w.shard)], "seed": w.seed, "share": w.share} for w in works]
    on_error = "raise" if isinstance(problem.error_score, str) else "record"
    work = StoredShards(problem, {names[key]: shard for key, shard in shards.items()})
    study = run_batch(work, tasks, store=store, on_error=on_error, **options)
    return study.iter_results()


def digest(content: Any) -> str:
    """A digest of data, estimators and scorers that another process finds too."""
    try:
        return joblib.hash([reservoir.__version__, content])
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        wanted = f"None for a search whose parts cannot be pickled ({error})"
        raise parameter_error("ReservoirSearchCV", "store", wanted, "a store") from error
