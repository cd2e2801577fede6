"""Tasks of a search on the cores of this machine, or through a store that survives crashes."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from typing import Any

from sklearn.utils.parallel import Parallel, delayed

import reservoir
from reservoir.batch import run_batch
from reservoir.batch.code_identity import code_identity
from reservoir.model_selection.candidates import Configuration, EvaluationTask
from reservoir.model_selection.evaluation import evaluate
from reservoir.model_selection.folds import CrossValidation
from reservoir.progress import Progress
from reservoir.validation import parameter_error


def run_tasks(
    cv: CrossValidation, tasks: list[EvaluationTask], n_jobs: int | None, verbose: int
) -> Iterator[dict[str, Any]]:
    """Results in the order of the tasks, from processes of this machine."""
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    with Progress(len(tasks), "tasks", "reservoir.model_selection", verbose) as progress:
        for result in parallel(delayed(evaluate)(cv, task) for task in tasks):
            progress.add()
            yield result


class StoredEvaluation:
    """What a worker of `run_batch` does: its task names configurations, a seed and a share of the training parts."""

    state_in_tasks = True  # by the digests of `run_stored_tasks`

    def __init__(self, cv: CrossValidation, configurations: dict[str, list[Configuration]]):
        self.cv, self.configurations = cv, configurations

    def __call__(self, task: dict[str, Any], *, random_state: int) -> dict[str, Any]:
        configurations = self.configurations[task["configurations"]]
        return evaluate(self.cv, EvaluationTask(configurations, task["seed"], task["share"]))


def run_stored_tasks(
    owner: str, cv: CrossValidation, tasks: list[EvaluationTask], store: str | os.PathLike[str], options: dict[str, Any]
) -> Iterator[dict[str, Any] | None]:
    """Results in the order of the tasks, from a store; None for a task whose process died.

    A task is known by a digest of all that its result depends on, so that the store serves the same search alone.
    """
    search = _digest(cv)
    found = {id(task.configurations): task.configurations for task in tasks}
    names = {key: _digest(values) for key, values in _parameters(found).items()}
    named = [
        {"search": search, "configurations": names[id(task.configurations)], "seed": task.seed, "share": task.share}
        for task in tasks
    ]
    on_error = "raise" if isinstance(cv.error_score, str) else "record"
    work = StoredEvaluation(cv, {names[key]: part for key, part in found.items()})
    try:
        return run_batch(work, named, store=store, on_error=on_error, **options).iter_results()
    except pickle.PicklingError as error:
        wanted = f"None for a search whose parts cannot be pickled ({error.__cause__})"
        raise parameter_error(owner, "store", wanted, "a store") from error


def _parameters(parts: dict[int, list[Configuration]]) -> dict[int, list[Any]]:
    return {key: [configuration.parameters for configuration in part] for key, part in parts.items()}


def _digest(content: Any) -> str:
    """A digest of data, estimators and scorers that another process finds too: all that they hold, and what they do."""
    return code_identity([reservoir.__version__, content])
