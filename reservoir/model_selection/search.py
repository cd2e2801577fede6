"""Grid and random search that computes once what candidates share."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import joblib
import numpy as np
from sklearn.exceptions import FitFailedWarning
from sklearn.utils import get_tags, indexable

from reservoir.estimators import BaseEstimator, MetaEstimatorMixin
from reservoir.model_selection.candidates import Configuration, EvaluationTask, configurations_of, tasks_of
from reservoir.model_selection.delegation import BestModel
from reservoir.model_selection.folds import CrossValidation
from reservoir.model_selection.halving import survivors, training_shares
from reservoir.model_selection.results import ResultTable
from reservoir.model_selection.seeds import read_seeds
from reservoir.model_selection.settings import (
    context_length,
    kind_to_divide,
    labels_to_split,
    longest_washout,
    read_candidates,
    read_scorers,
    read_splitter,
    shortest_of,
    warn_of_overlap,
)
from reservoir.model_selection.tasks import run_stored_tasks, run_tasks
from reservoir.parts import Estimator, Labels, Seed, SequenceData, Splitter, Targets, check_part
from reservoir.readouts.candidates import PenaltyWarning, said_once
from reservoir.sequences.time_index import check_index
from reservoir.validation import Parameters, check_integer, check_unweighted, is_function, unchanged_on_error


@dataclass(eq=False, repr=False)
class ReservoirSearchCV(BestModel, MetaEstimatorMixin, BaseEstimator):  # type: ignore[override]
    """Search over the parameters of a model by cross-validation, with one run of the reservoir for many candidates.

        best = argmax_candidate  mean_{seeds, folds}  score(model fitted on the training part, test part)

    It finds what scikit-learn's `GridSearchCV` and `RandomizedSearchCV` find, with the same attributes. Candidates that
    differ only in `spectral_radius`, `input_scaling`, `bias_scaling`, `leak` and `noise` of an `EchoState` advance as
    lanes of one kernel; training parts that begin alike share one run and its sums of products; all values of
    ``readout__alpha`` are solved from one factorisation. That holds for a `ReservoirRegressor` or `ReservoirClassifier`
    with an `EchoState`, and for a target per step with a `RidgeReadout` (but not ``alpha="blocked"``). All others are
    fitted one by one with the same results; where the readout is a `RidgeReadout` its penalties still share one fit.

    Parameters
    ----------
    estimator : estimator
        A model, a forecaster or a pipeline that ends in one.
    param_distributions : dict or list of dicts
        Names and their values. For a random search a value may be a distribution with ``rvs``.
    n_iter : None or int >= 1, default None
        None tries every point of the grid, a number so many random ones.
    scoring : None, str, callable, or list or dict of these, default None
        What is no `sequence_scorer` yet is made one: with a splitter that has a `scorer`, such as
        `WarmTimeSeriesSplit`, folds start warm and only their scored rows count; the rows of stacks and lists are
        joined. With other splitters None is the model's own `score`, without its washout. A forecaster forecasts the
        rows behind the warm-up of a fold whatever its washout; with other splitters those behind the largest washout
        of all candidates. Several metrics need `refit` to name one.
    cv : None, int, splitter or iterable, default None
        None and a number of folds mean `WarmTimeSeriesSplit` for a series, with a warm-up of 100 rows, or of the
        largest washout for a forecaster; for stacks and lists `StratifiedKFold` for a classifier of sequences,
        otherwise `KFold`.
    n_seeds : None or int >= 1, default None
        None keeps every seed that is given. A number evaluates each candidate with so many draws of the reservoir, with
        seeds drawn from `random_state`, ranks by the mean over them, and reports their spread. Other steps of a
        pipeline keep the seeds that they were given.
    pruning : None or int >= 2, default None
        Successive halving over the length of training: all configurations learn from a small share of each training
        part, the best one in `pruning` from `pruning` times as much, and so on. A series keeps its first rows,
        sequences are taken evenly. The best penalty speaks for a configuration, since all penalties cost as one.
    refit : bool, str or callable, default True
        Whether to fit the best candidate on all data, with the first of the seeds. A name chooses among several
        metrics, a callable gets `cv_results_` and returns the index of the best.
    random_state : None, int, RandomState or Generator, default None
        For the points of a random search and the seeds.
    n_jobs : None or int, default None
        Worker processes, as in scikit-learn; None is 1. The scores are the same bits for any number.
    store : None or path, default None
        Folder of results: the search goes through `reservoir.batch.run_batch`, and the same call after a crash goes on
        where it stood. Random searches need an int as `random_state` for that. Other data, seeds or scorers, and an
        edit in a function or class of your own that the estimator, its parameters or the scorers hold, are another
        search.
    client : None or distributed.Client, default None
        Runs the search on a Dask cluster; needs `store`.
    error_score : "raise" or float, default NaN
        Score of a candidate that cannot be fitted or scored.
    return_train_score : bool, default False
        Whether the training parts are scored too.
    verbose : int >= 0, default 0
        Above 0 shows progress in tasks, each of up to 16 configurations: 1 by a bar in a terminal or a notebook, where
        tqdm is installed, otherwise by a line every 30 s in the log ``reservoir.model_selection``, level INFO, or on
        standard error where no handler takes it; 2 by a line for every task. With a `store` as in `run_batch`.

    Attributes
    ----------
    cv_results_ : dict of arrays (n_candidates,)
        ``params``, ``param_*``, ``split*_test_score``, ``mean_``, ``std_`` and ``rank_test_score``, ``mean_fit_time``
        and so on; the time of a task is divided evenly. With `n_seeds` also ``seed*_test_score`` and
        ``std_seed_score``, the standard deviation over seeds of the mean over folds; the splits are means over seeds.
        With `pruning` also ``training_share``; candidates of a larger share rank first.
    best_estimator_, best_params_, best_score_, best_index_, n_splits_, refit_time_, multimetric_
        As in `GridSearchCV`.
    scorer_ : callable, or dict of these
        What `score` asks: the metric over all rows, without a warm-up, unless `scoring` is a scorer that has one.
    seeds_ : list of int
        What was drawn from `random_state`, one per draw; empty where every part has a seed. The reservoir has this
        very seed, other parts without one have seeds that follow from it, each its own.
    n_features_in_ : int

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, and where no candidate could be fitted.

    Warns
    -----
    FitFailedWarning
        Where some candidates could not be fitted or scored.
    PenaltyWarning
        Once, where readouts of folds chose a penalty at the edge of their candidates.
    UserWarning
        Where test rows of a series are training rows too and are scored, as those of ``list(cv.split(X))`` of a
        `WarmTimeSeriesSplit`, and where scores are NaN or infinite. A candidate whose mean is NaN ranks last, behind
        -inf.

    Notes
    -----
    Scores equal those of scikit-learn's searches up to rounding, which dynamics that contract do not enlarge. What
    has no seed, outside the readout, gets one drawn from `random_state`, so that candidates are compared on one draw;
    seeds that are given stay. Workers send scores, never states.

    References
    ----------
    Jamieson and Talwalkar 2016, Non-stochastic best arm identification and hyperparameter optimization, Proceedings of
    AISTATS, PMLR 51:240-248 (successive halving).

    Examples
    --------
    >>> from reservoir import EchoState, ReservoirRegressor
    >>> from reservoir.datasets import make_mackey_glass
    >>> from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
    >>> series = make_mackey_glass(1001)
    >>> X, y = series[:-1], series[1:, 0]
    >>> model = ReservoirRegressor(EchoState(50, random_state=0), washout=50)
    >>> grid = {"reservoir__leak": [0.3, 0.6, 0.9], "readout__alpha": [1e-8, 1e-6, 1e-4]}
    >>> search = ReservoirSearchCV(model, grid, cv=WarmTimeSeriesSplit(4)).fit(X, y)
    >>> search.best_params_
    {'readout__alpha': 1e-08, 'reservoir__leak': 0.9}
    """

    estimator: Estimator
    param_distributions: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    _: KW_ONLY
    n_iter: int | None = None
    scoring: str | Callable[..., Any] | Collection[str] | Mapping[str, Any] | None = None
    cv: Splitter | Iterable[tuple[Any, Any]] | int | None = None
    n_seeds: int | None = None
    pruning: int | None = None
    refit: bool | str | Callable[..., Any] = True
    random_state: Seed = None
    n_jobs: int | None = None
    store: str | os.PathLike[str] | None = None
    client: Any = None
    error_score: float | str = np.nan
    return_train_score: bool = False
    verbose: int = 0

    @unchanged_on_error
    def fit(
        self, X: SequenceData, y: Targets | None = None, *, groups: Labels | None = None, **fit_params: Any
    ) -> ReservoirSearchCV:
        """Evaluate all candidates, and fit the best on all data.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F), list of series (T_i, F), or list of spike trains (n_trials)
            The last for models whose reservoir hears spikes.
        y : as the estimator takes it
        groups : None or array, default None
            For a splitter that keeps groups together.
        **fit_params
            What `fit` of the estimator takes beside X and y, such as ``sample_weight`` of a model, or
            ``reservoirregressor__sample_weight`` of a pipeline. What has an entry for every row of a series, or for
            every sequence, is divided as y is. Scores do not count weights; candidates are fitted one by one.
        """
        self._check_parameters()
        candidates = read_candidates(self)
        self.seeds_ = read_seeds(self, candidates)
        cv = self._cross_validation(X, y, groups, candidates, fit_params)
        table = self._evaluate(cv, candidates)
        self._choose(table, candidates)
        if self.refit:
            start = time.perf_counter()
            model = cv.candidate(self.best_params_, self.seeds_[0] if self.seeds_ else None)
            self.best_estimator_ = model.fit(*((X,) if y is None else (X, y)), **fit_params)
            self.refit_time_ = time.perf_counter() - start
            if hasattr(self.best_estimator_, "feature_names_in_"):
                self.feature_names_in_ = self.best_estimator_.feature_names_in_
        return self

    def score(self, X: SequenceData, y: Targets | None = None, sample_weight: Any = None) -> float:
        """The score of the best model by the metric that chose it.

        All rows of X count, the first ones from rest: the warm-up of folds is left out of folds alone. A scorer with a
        warm-up of its own, such as ``cv.scorer("r2")``, keeps it; the model's own `score` leaves out its washout. A
        forecaster forecasts what follows its first max(washout, 1) rows.
        """
        check_unweighted(self, sample_weight)
        scorer: Any = self.scorer_[self.refit] if isinstance(self.scorer_, dict) else self.scorer_
        return scorer(self._best(), X) if y is None else scorer(self._best(), X, y)

    def _check_parameters(self) -> None:
        p = Parameters(self)
        check_part(p.owner, "estimator", self.estimator, Estimator)
        if self.pruning is not None:
            p.integer("pruning", 2)
        if not isinstance(self.refit, bool | np.bool_ | str) and not is_function(self.refit):
            raise p.error("refit", "True, False, the name of a metric or a function")
        if self.n_jobs is not None and p.integer("n_jobs") == 0:
            raise p.error("n_jobs", "None or an integer other than 0")
        if self.client is not None and self.store is None:
            raise p.error("client", "None without a store")
        p.flag("return_train_score")
        p.integer("verbose", 0)
        if isinstance(self.error_score, str) and self.error_score == "raise":
            return
        if self.error_score is not np.nan:
            p.real("error_score")

    def _cross_validation(
        self, X: Any, y: Any, groups: Any, candidates: list[dict[str, Any]], fit_params: dict[str, Any]
    ) -> CrossValidation:
        """What all candidates share; sets `scorer_`, `multimetric_` and `n_splits_`."""
        kind = kind_to_divide(X, type(self).__name__)
        X, y, groups = indexable(X, y, groups)
        if kind == "series":
            check_index(X, "X", type(self).__name__)
        n_context = context_length(self.estimator, candidates, shortest_of(X, kind))
        splitter = read_splitter(self, kind, y, n_context)
        scorers, of_all_rows = read_scorers(self, splitter, kind, n_context)
        self.multimetric_ = list(scorers) != ["score"] or isinstance(self.scoring, dict)
        self.scorer_: Any = of_all_rows if self.multimetric_ else of_all_rows["score"]
        if self.multimetric_ and not (self.refit is False or callable(self.refit) or self.refit in scorers):
            wanted = f"False, a callable or one of {', '.join(scorers)}, since there are several metrics"
            raise Parameters(self).error("refit", wanted)
        given = self.scoring.values() if isinstance(self.scoring, dict) else [self.scoring]
        standard = not any(map(callable, given))
        dealt = splitter.split(X, labels_to_split(self.estimator, kind, y), groups)
        splits = [(np.asarray(train), np.asarray(test)) for train, test in dealt]
        self.n_splits_ = len(splits)
        if kind == "series" and not hasattr(splitter, "scorer"):
            warn_of_overlap(splits, scorers)
        own = self.return_train_score, self.error_score, self.n_seeds is not None, fit_params
        return CrossValidation(self.estimator, X, y, kind, splits, scorers, standard, *own)

    def _evaluate(self, cv: CrossValidation, candidates: list[dict[str, Any]]) -> ResultTable:
        """The scores of all candidates; with pruning those of the last round that each has reached."""
        configurations = configurations_of(candidates)
        table = ResultTable(list(cv.scorers), candidates, max(1, len(self.seeds_)), self.n_splits_, cv.scored_parts)
        washouts = [parameters.get("washout", getattr(self.estimator, "washout", 0)) for parameters in candidates]
        most = max(longest_washout(washout, shortest_of(cv.X, cv.kind)) for washout in washouts)
        shares = training_shares(self.pruning, cv, len(configurations), most)
        errors: list[str] = []
        edges: list[str] = []
        for share in shares:
            tasks = self._tasks(configurations, share)
            for task, result in zip(tasks, self._results(cv, tasks), strict=True):
                indices = [index for configuration in task.configurations for index in configuration.candidates]
                seed = 0 if task.seed is None else self.seeds_.index(task.seed)
                table.put(indices, seed, share, result, self.error_score)
                errors += ["a worker died"] if result is None else result["errors"]
                edges += [] if result is None else result["penalty_warnings"]
            if self.pruning is not None and share < 1:
                configurations = survivors(configurations, table.mean_scores(self._metric()), self.pruning)
        if edges:
            warnings.warn(said_once(edges), PenaltyWarning, stacklevel=4)
        self._report(errors, table)
        return table

    def _tasks(self, configurations: list[Configuration], share: float) -> list[EvaluationTask]:
        seeds: Sequence[int | None] = self.seeds_ or [None]
        n_wanted = 1 if self.store is not None else -(-joblib.effective_n_jobs(self.n_jobs) // len(seeds))
        return tasks_of(configurations, seeds, share, n_wanted)

    def _results(self, cv: CrossValidation, tasks: list[EvaluationTask]) -> Iterator[dict[str, Any] | None]:
        if self.store is None:
            return run_tasks(cv, tasks, self.n_jobs, self.verbose)
        n_jobs = 1 if self.n_jobs is None else self.n_jobs
        options = {"n_jobs": n_jobs, "client": self.client, "progress": self.verbose > 0}
        return run_stored_tasks(type(self).__name__, cv, tasks, self.store, options)

    def _metric(self) -> str:
        """The metric that ranks."""
        if not self.multimetric_:
            return "score"
        return self.refit if isinstance(self.refit, str) else next(iter(self.scorer_))

    def _choose(self, table: ResultTable, candidates: list[dict[str, Any]]) -> None:
        """Set `cv_results_`, and which candidate is the best."""
        self.cv_results_ = table.columns(with_seeds=self.n_seeds is not None, with_shares=self.pruning is not None)
        if self.multimetric_ and not self.refit:
            return
        if callable(self.refit):
            high = len(candidates) - 1
            self.best_index_ = check_integer(type(self).__name__, "refit", self.refit(self.cv_results_), 0, high)
        else:
            self.best_index_ = int(self.cv_results_[f"rank_test_{self._metric()}"].argmin())
            self.best_score_ = float(self.cv_results_[f"mean_test_{self._metric()}"][self.best_index_])
        self.best_params_ = candidates[self.best_index_]

    def _report(self, errors: list[str], table: ResultTable) -> None:
        for part, (number, means) in table.not_finite().items():
            text = f"One or more of the {part} scores are non-finite: {number} of {table.n_fits} fits; means {means}"
            warnings.warn(text, UserWarning, stacklevel=5)
        if not errors:
            return
        text = f"{len(errors)} fits or scores of {type(self).__name__} failed"
        first = f"the first with\n{errors[0]}"
        if len(errors) >= table.n_fits:
            raise ValueError(f"All {text}, {first}")
        warnings.warn(f"{text}, their score is {self.error_score}; {first}", FitFailedWarning, stacklevel=5)

    def __sklearn_tags__(self) -> Any:
        tags, own = super().__sklearn_tags__(), get_tags(self.estimator)
        for name in ("estimator_type", "classifier_tags", "regressor_tags", "transformer_tags", "input_tags"):
            setattr(tags, name, getattr(own, name))
        return tags
