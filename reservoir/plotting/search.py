"""What a search has found, one parameter after the other."""

from __future__ import annotations

import numbers
from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

import numpy as np

from reservoir.estimators import AnyEstimator
from reservoir.parts import check_part
from reservoir.plotting.display import Display, legend_above, rows_and_columns, styled
from reservoir.plotting.names import plain
from reservoir.plotting.palette import BLACK, BLUE, GREY, VERMILLION
from reservoir.validation import parameter_error


class FittedSearch(Protocol):
    """A search of scikit-learn or of this library, whose candidates have been tried."""

    @property
    def cv_results_(self) -> dict[str, Any]: ...


@dataclass(eq=False, repr=False)
class SearchDisplay(Display):
    """Score against each parameter that varies: all candidates, and the best for each value of the parameter.

    A grey point is a candidate; where a parameter has few values a line joins the best candidate of each, with bars for
    the standard deviation of its score: over seeds where the search had several, otherwise over folds. A star marks the
    best of all. Numbers that are evenly spread by their ratios get a logarithmic axis; other values stand side by side.

    Parameters
    ----------
    cv_results : dict of arrays (n_candidates,)
        As in scikit-learn's searches.
    metric : str, default "score"
        The name behind ``mean_test_``.
    best : int or None, default None
        Index of the best candidate. None is the one of rank 1.

    Attributes
    ----------
    parameters : list of str
        The parameters that vary, one per panel.
    axes_ : array of Axes (n_parameters,)
    ax_, figure_ : Axes of the first panel, Figure

    Raises
    ------
    ValueError
        For an object without results, an unknown metric, and results in which no parameter varies or no score is
        finite.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import GridSearchCV
    >>> from reservoir.plotting import SearchDisplay
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    >>> search = GridSearchCV(Ridge(), {"alpha": [0.01, 0.1, 1.0]}, cv=3, scoring="neg_mean_squared_error").fit(X, y)
    >>> display = SearchDisplay.from_estimator(search)
    >>> display.parameters, display.ax_.get_xscale()
    (['alpha'], 'log')
    """

    cv_results: dict[str, Any]
    _: KW_ONLY
    metric: str = "score"
    best: int | None = None

    @classmethod
    def from_estimator(cls, search: FittedSearch, *, metric: str | None = None, ax: Any = None) -> SearchDisplay:
        """Draw the results of a fitted search.

        Parameters
        ----------
        search : ReservoirSearchCV, GridSearchCV, RandomizedSearchCV or another with ``cv_results_``
        metric : str or None, default None
            Which of several metrics. None is the one that chose the best, or the first.
        ax : None, Axes or array of Axes (n_parameters,), default None

        Returns
        -------
        SearchDisplay
        """
        check_part(cls.__name__, "search", search, FittedSearch)
        known = [name[len("mean_test_") :] for name in search.cv_results_ if name.startswith("mean_test_")]
        chosen = getattr(search, "refit", None)
        own = chosen if isinstance(chosen, str) and chosen in known else known[0]
        metric = own if metric is None else metric
        if metric not in known:
            raise parameter_error(cls.__name__, "metric", f"one of {', '.join(known)}", metric)
        best = getattr(search, "best_index_", None) if metric == own else None
        display = cls(search.cv_results_, metric=metric, best=best)
        if not display.parameters or not np.isfinite(display._scores()).any():
            wanted = "a search with a parameter that varies and finite scores"
            raise parameter_error(cls.__name__, "search", wanted, search)
        return display.plot(ax)

    @property
    def parameters(self) -> list[str]:
        """The parameters that vary, in the order of the results."""
        names = [name for name in self.cv_results if name.startswith("param_")]
        return [name[len("param_") :] for name in names if len(set(_words(self.cv_results[name]))) > 1]

    @styled
    def plot(self, ax: Any = None) -> SearchDisplay:
        """Draw a panel for each parameter.

        Parameters
        ----------
        ax : None, Axes or array of Axes (n_parameters,), default None
            None makes a figure; one Axes is divided.

        Returns
        -------
        self
        """
        names = self.parameters
        n_rows, n_columns = rows_and_columns(len(names))
        size = (max(2.3 * n_columns, 4.6), 0.3 + 2.3 * n_rows)
        panels = self._open(
            ax, size=size, heights=[1] * n_rows, widths=[1] * n_columns, n_panels=len(names), one_y=True
        )
        for number, (panel, name) in enumerate(zip(panels, names, strict=True)):
            self._draw_parameter(panel, name)
            panel.set_xlabel("\n".join(map(plain, name.split("__"))))
            if number % n_columns == 0:
                panel.set_ylabel(plain(self.metric.replace("_", " ")))
        handles, labels = panels[0].get_legend_handles_labels()
        if ax is None:
            self.figure_.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        else:
            legend_above(panels[0], 1, labelspacing=0.2)
        return self

    def _scores(self) -> np.ndarray:
        return np.asarray(self.cv_results[f"mean_test_{self.metric}"], dtype=float)

    def _best(self) -> int:
        ranks = self.cv_results[f"rank_test_{self.metric}"]
        return int(np.argmin(ranks)) if self.best is None else self.best

    def _spread(self) -> tuple[np.ndarray, str]:
        """Standard deviations of the scores (n_candidates,), and over what."""
        over = "seeds" if f"std_seed_{self.metric}" in self.cv_results else "folds"
        name = f"std_seed_{self.metric}" if over == "seeds" else f"std_test_{self.metric}"
        return np.asarray(self.cv_results[name], dtype=float), over

    def _draw_parameter(self, panel: Any, name: str) -> None:
        column = self.cv_results[f"param_{name}"]
        given = ~np.ma.getmaskarray(column)
        scores, (spread, over), best = self._scores(), self._spread(), self._best()
        places = np.full(len(scores), np.nan)
        places[given] = _places(panel, np.ma.getdata(column)[given])
        panel.plot(places, scores, "o", color=GREY, markersize=3.5, alpha=0.6, markeredgewidth=0, label="candidates")
        seen = np.unique(places[np.isfinite(places) & np.isfinite(scores)])
        if len(seen) < 0.75 * np.count_nonzero(np.isfinite(places)) or len(seen) == given.sum() <= 20:
            tops = [np.nanargmax(np.where(places == place, scores, np.nan)) for place in seen]
            label = f"best of a value, std over {over}"
            panel.errorbar(seen, scores[tops], spread[tops], color=BLUE, linewidth=1.3, capsize=2, label=label)
        star = {"color": VERMILLION, "markeredgecolor": BLACK, "markersize": 11, "zorder": 5}
        panel.plot(places[best], scores[best], "*", label="best", **star)


def _words(column: Any) -> list[str]:
    """Each value as text, for parts their class and what differs from its defaults; what is masked is left out."""
    given = np.ma.getdata(column)[~np.ma.getmaskarray(column)]
    return [repr(value) if isinstance(value, AnyEstimator) else str(value) for value in given]


def _places(panel: Any, values: np.ndarray) -> np.ndarray:
    """Where values stand on the horizontal axis, which is prepared for them."""
    if all(isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_) for value in values):
        places = values.astype(float)
        if _is_geometric(np.unique(places)):
            panel.set_xscale("log")
        return places
    words = _words(values)
    kinds = list(dict.fromkeys(words))
    short = [plain(word, 13) for word in kinds]
    panel.set_xticks(range(len(kinds)), short, rotation=30 if max(map(len, short)) > 6 else 0)
    panel.set_xlim(-0.5, len(kinds) - 0.5)
    return np.array([kinds.index(word) for word in words], dtype=float)


def _is_geometric(values: np.ndarray) -> bool:
    """Whether positive numbers are spread more evenly by their ratios than by their differences, over a factor of 8."""
    if len(values) < 2 or values[0] <= 0 or values[-1] < 8 * values[0]:
        return False
    uneven = [np.std(gaps) / np.mean(gaps) for gaps in (np.diff(np.log(values)), np.diff(values))]
    return len(values) == 2 or uneven[0] < uneven[1]
