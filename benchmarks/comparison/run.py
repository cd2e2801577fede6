"""All searches and all runs, through `reservoir.batch.run_batch`: what its store holds is not run again."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from benchmarks.comparison.kinds import KINDS
from benchmarks.comparison.search import Budget, search, spent_seconds
from benchmarks.comparison.systems import SYSTEMS
from benchmarks.comparison.tasks import TASKS
from reservoir.batch import run_batch

VERSION = "2"
SEARCH_DATA = 0  # seed of the data that searches see, no seed of a run
_warm: set[tuple[str, str]] = set()


def choose(job: dict, *, random_state: int) -> dict:
    """One search: settings for a system on a task, and what it took."""
    task, system = TASKS[job["task"]], SYSTEMS[job["system"]]
    lesson = task.draw(SEARCH_DATA).training()
    found = search(task, system, lesson, Budget(job["seconds"], job["settings"]), random_state)
    return found._asdict()


def run(job: dict, *, random_state: int) -> dict:
    """One run with chosen settings: score on the test part, processor seconds, and numbers that training has set."""
    task, system = TASKS[job["task"]], SYSTEMS[job["system"]]
    kind, data, seed = KINDS[task.kind], task.draw(job["seed"]), job["seed"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if (task.name, system.name) not in _warm:  # compiles, outside the clock
            small = kind.piece(data.training())
            kind.examine(kind.learn(system.build(task.kind, job["settings"], 0), small), small, task)
            _warm.add((task.name, system.name))
        model = system.build(task.kind, job["settings"], seed)
        start = spent_seconds()
        kind.learn(model, data)
        fitted = spent_seconds()
        score = kind.examine(model, data, task)
    return {
        "score": score,
        "fit": fitted - start,
        "predict": spent_seconds() - fitted,
        "trained": system.trained(model),
    }


def compare(
    tasks: Sequence[str], systems: Sequence[str], budget: Budget, n_seeds: int, store: str, n_jobs: int = -1,
    progress: bool = True,
) -> dict[str, dict[str, dict]]:  # fmt: skip
    """{task: {system: {"choice": ..., "runs": [...]}}} of all that fit together."""
    pairs = [(task, name) for task in tasks for name in systems if TASKS[task].kind in SYSTEMS[name].kinds]
    searchers = list(dict.fromkeys((task, SYSTEMS[name].takes_search_of or name) for task, name in pairs))
    options = {"n_jobs": n_jobs, "on_error": "raise", "progress": progress, "version": VERSION}
    jobs = [_job(task, name, **budget._asdict()) for task, name in searchers]
    found = run_batch(choose, jobs, store=os.path.join(store, "searches"), **options).results()
    choices = dict(zip(searchers, found, strict=True))
    seeds = [1000 * (number + 1) for number in range(n_seeds)]
    jobs = [
        _job(task, name, settings=_choice(choices, task, name)["settings"], seed=seed)
        for task, name in pairs
        for seed in seeds
    ]
    results = iter(run_batch(run, jobs, store=os.path.join(store, "runs"), **options).results())
    table: dict[str, dict[str, dict]] = {task: {} for task in tasks}
    for task, name in pairs:
        table[task][name] = {"choice": _choice(choices, task, name), "runs": [next(results) for _ in seeds]}
    return table


def _job(task: str, name: str, **others: Any) -> dict:
    """Parameters of a search or run, which are its identity in the store."""
    version = SYSTEMS[name].version
    return {"task": task, "system": name, **others, **({"version": version} if version else {})}


def _choice(choices: dict[tuple, dict], task: str, name: str) -> dict[str, Any]:
    return choices[task, SYSTEMS[name].takes_search_of or name]
