"""Training on more data than one machine holds: workers learn from parts, their readouts are merged."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.batch import run_batch
from reservoir.models.base import penalties_told, readout_of, teach
from reservoir.models.classifier import ReservoirClassifier
from reservoir.models.pooled_rows import learn_poolings
from reservoir.models.regressor import ReservoirRegressor
from reservoir.parts import Labels, MergingReadout, check_part
from reservoir.sequences import is_one_series
from reservoir.temporary_folders import temporary_folder
from reservoir.trainers import one_trainer
from reservoir.trials import draws_numbers
from reservoir.validation import check_path, parameter_error
from reservoir.whole_files import open_regular

Part = Callable[[], tuple[Any, Any]] | str | os.PathLike[str] | tuple[Any, Any]


def fit_in_parts(
    model: ReservoirRegressor | ReservoirClassifier,
    parts: Iterable[Part],
    *,
    classes: Labels | None = None,
    n_jobs: int = -1,
    client: Any = None,
    folder: str | os.PathLike[str] | None = None,
    setup: Callable[..., Any] | str | None = None,
    retries: int = 1,
    progress: bool = False,
) -> ReservoirRegressor | ReservoirClassifier:
    """Fitted model, trained by workers that each see some parts of the data.

        record = sum_k record(features(X_k), y_k),   coef = solve(record)

    This is `fit` on the sequences of all parts together, up to rounding. A worker computes the states of a part and
    keeps the readout's record only, whose size is that of the features squared; records are merged in the order of the
    parts, so that the result does not depend on the number of workers. Where the reservoir has noise, the trials are
    counted through all parts, so that every part is read once more before the work begins. ``alpha="blocked"`` deals
    the sequences of every part to blocks of its own, so that it may choose another penalty than one `fit`; a part of
    one series is one sequence.

    Parameters
    ----------
    model : ReservoirRegressor or ReservoirClassifier
        Its readout must merge, as `RidgeReadout` does. It is fitted in place. The reservoir itself is fitted here, on
        the first part alone: an `EchoState` looks only at the number of features, a `LiquidState` also at their range,
        or learns from it with `plasticity`, and a pooling that learns looks at the states.
    parts : iterable of callables, paths or pairs
        A callable returns (X, y); it is called in a worker. A path names an npz file with the arrays "X" and "y". A
        pair (X, y) is sent to every worker, which suits small data only. X and y are as in `fit`.
    classes : array (n_classes,), needed for a classifier
        All labels that the parts hold.
    n_jobs, client, setup, retries, progress : as in `reservoir.batch.run_batch`
    folder : None or path, default None
        Where the records of the parts are kept until they are merged; with a cluster a folder that all machines share.
        None is the system's place for temporary files.

    Raises
    ------
    ValueError
        For no parts, a part of another kind, a model or readout that cannot be trained so, and unusable data.
    TaskError
        For a part that a worker could not learn from.

    References
    ----------
    Chan, Golub and LeVeque 1983, Algorithms for computing the sample variance, The American Statistician
    37(3):242-247, doi:10.2307/2683386.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirRegressor
    >>> from reservoir.models import fit_in_parts
    >>> def part(seed):
    ...     X = np.random.default_rng(seed).uniform(-0.5, 0.5, size=(500, 1))
    ...     return X, np.roll(X[:, 0], 2)
    >>> parts = [lambda seed=seed: part(seed) for seed in range(3)]
    >>> model = fit_in_parts(ReservoirRegressor(EchoState(50, random_state=0), washout=50), parts, n_jobs=1)
    >>> bool(model.score(*part(9)) > 0.99)
    True
    """
    batch = {"n_jobs": n_jobs, "client": client, "retries": retries, "setup": setup, "progress": progress}
    return _train(model, parts, classes, folder, batch)


@one_trainer
def _train(model: Any, parts: Any, classes: Labels | None, folder: Any, batch: dict[str, Any]) -> Any:
    if isinstance(parts, str | np.ndarray) or not isinstance(parts, Iterable):
        raise parameter_error("fit_in_parts", "parts", "a list with a part in every entry", parts)
    parts = _checked(model, list(parts), classes)
    place = None if folder is None else check_path("fit_in_parts", "folder", folder)
    trained = clone(model)
    options = {} if classes is None else {"classes": classes}
    sequences, targets = trained._read_training_data(*_load(parts[0]), **options)
    trained._make_parts(sequences)
    if not trained._per_step and hasattr(trained.pooling_, "fit"):
        learn_poolings(trained, sequences, targets.counted)
    check_part(type(model).__name__, "readout", trained.readout_, MergingReadout)
    del sequences, targets
    sizes = _of_parts(PartSizes(parts), place, batch) if draws_numbers(trained.reservoir_) else [0] * len(parts)
    first_trials = [0, *accumulate(sizes)]
    for record in _of_parts(PartialTraining(trained, parts, first_trials, options), place, batch):
        trained.readout_.add_record(record)
    with penalties_told(trained):
        trained.readout_.solve()
    trained._n_presented = first_trials[-1]
    parameters = model.get_params(deep=False)
    model.__dict__.pop("_calibration", None)
    model.__dict__.update({name: value for name, value in vars(trained).items() if name not in parameters})
    return model


class PartialTraining:
    """What a worker does with a part: compute states, and return the record of the readout."""

    def __init__(
        self,
        trained: ReservoirRegressor | ReservoirClassifier,
        parts: list[Part],
        first_trials: list[int],
        options: dict[str, Any],
    ):
        self.trained, self.parts, self.first_trials, self.options = trained, parts, first_trials, options

    def __call__(self, task: dict[str, Any], *, random_state: int) -> dict[str, Any]:
        trained = copy.copy(self.trained)
        trained.readout_ = clone(readout_of(trained))
        data = trained._read_training_data(*_load(self.parts[task["part"]]), reset=False, **self.options)
        if trained._target_depth != self.trained._target_depth:
            raise ValueError(f"y of part {task['part']} has another depth than y of the first part.")
        for rows in trained._training_blocks(*data, self.first_trials[task["part"]]):
            one = rows.sequence is None and len(self.parts) > 1
            teach(trained.readout_, rows._replace(sequence=np.zeros(len(rows.features), int)) if one else rows)
        return trained.readout_.to_record()


class PartSizes:
    """What a worker counts: the sequences of a part."""

    def __init__(self, parts: list[Part]):
        self.parts = parts

    def __call__(self, task: dict[str, Any], *, random_state: int) -> int:
        X, _ = _load(self.parts[task["part"]])
        return 1 if is_one_series(X) else len(X)


def _of_parts(work: PartSizes | PartialTraining, folder: str | None, batch: dict[str, Any]) -> Iterator[Any]:
    """What workers make of the parts, in the order of these."""
    with temporary_folder("fit_in_parts", folder) as store:
        tasks = {"part": range(len(work.parts))}
        yield from run_batch(work, tasks, store=store, on_error="raise", **batch).iter_results()


def _load(part: Part) -> tuple[Any, Any]:
    """X and y of a part."""
    if isinstance(part, str | os.PathLike):
        with open_regular(part) as file, np.load(file, allow_pickle=False) as arrays:
            return arrays["X"], arrays["y"]
    return part() if callable(part) else part


def _checked(model: Any, parts: list[Part], classes: Any) -> list[Part]:
    if not isinstance(model, ReservoirRegressor | ReservoirClassifier):
        wanted = "a ReservoirRegressor or ReservoirClassifier"
        raise parameter_error("fit_in_parts", "model", wanted, model)
    if model.gaps != "refuse":
        raise parameter_error(type(model).__name__, "gaps", "'refuse' in training in parts", model.gaps)
    if model.n_members != 1:
        raise parameter_error(type(model).__name__, "n_members", "1 in training in parts", model.n_members)
    if isinstance(model, ReservoirClassifier) and model.class_weight == "balanced":
        wanted = "a dict of weights in training in parts, none of which knows how often a class comes in all"
        raise parameter_error(type(model).__name__, "class_weight", wanted, "balanced")
    if isinstance(model, ReservoirClassifier) != (classes is not None):
        wanted = "all labels for a classifier, and None for a regressor"
        raise parameter_error("fit_in_parts", "classes", wanted, classes)
    good = [
        callable(part) or isinstance(part, str | os.PathLike) or (isinstance(part, tuple) and len(part) == 2)
        for part in parts
    ]
    if not good or not all(good):
        raise parameter_error("fit_in_parts", "parts", "callables, paths of npz files or pairs (X, y)", parts)
    return parts
