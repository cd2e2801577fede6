"""Simulation batches: one call that runs thousands of tasks, survives anything and gives the same bits anywhere."""

from reservoir.batch.dispatch import TaskError
from reservoir.batch.run import run_batch
from reservoir.batch.study import Failure, Study

__all__ = ["Failure", "Study", "TaskError", "run_batch"]
