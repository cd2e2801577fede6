"""Tables of pandas in, tables out: answers with the index of the data and the names of the targets."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Self

from reservoir.sequences.containers import is_one_series
from reservoir.sequences.rows import Sequences
from reservoir.sequences.time_index import index_of
from reservoir.validation import check_choice


class TabularAnswers:
    """A model whose answers can be tables of pandas."""

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the container of answers per row.

        A model that was never asked gives a Series or DataFrame where it was given them: forecasts of a table, and
        predictions for a table by a model whose targets in `fit` were a table too, with the index of the data.

        Parameters
        ----------
        transform : {"default", "pandas"} or None, default None
            "default" gives arrays, whatever comes in. "pandas" makes a Series or DataFrame of the answers to one
            series, and of those to every table of a list, with the index of the data and the names of the targets.
            Scores, probabilities and answers of one per sequence stay arrays, and so do those to stacks. None changes
            nothing. The name of the parameter is scikit-learn's; its global setting `transform_output` does not reach
            models.
        """
        if check_choice(type(self).__name__, "transform", transform, ("default", "pandas", None)) is not None:
            self._sklearn_output_config = {"transform": transform}  # where `clone` and `save` look for it
        return self


def chosen_output(model: Any) -> str | None:
    """What `set_output` was asked for: "default", "pandas", or None where it never was."""
    return vars(model).get("_sklearn_output_config", {}).get("transform")


def in_tables(
    model: Any,
    X: Any,
    answers: Any,
    names: Sequence[str] | None = None,
    rows: slice = slice(None),
    *,
    unasked: bool = False,
) -> Any:
    """Answers to these rows of each X, as tables if the model was asked for them; `names` are those of its targets.

    With `unasked` tables are answered in tables by a model that was never asked.
    """
    chosen = chosen_output(model)
    if isinstance(X, Sequences) or not (chosen == "pandas" or (chosen is None and unasked)):
        return answers
    names = getattr(model, "target_names_in_", None) if names is None else names
    if isinstance(answers, list):
        return [
            own if index_of(member) is None else as_table(own, index_of(member)[rows], names)
            for member, own in zip(X, answers, strict=True)
        ]
    index = index_of(X) if is_one_series(X) else None
    if not is_one_series(X) or (index is None and chosen is None):
        return answers
    return as_table(answers, None if index is None else index[rows], names)


def as_table(rows: Any, index: Any, names: Sequence[str] | None) -> Any:
    """Rows (n_rows,) as a Series or (n_rows, n_columns) as a DataFrame of pandas."""
    pandas = importlib.import_module("pandas")
    if rows.ndim == 1:
        return pandas.Series(rows, index=index, name=None if names is None else names[0])
    return pandas.DataFrame(rows, index=index, columns=names)


def keep_target_names(model: Any, X: Any, y: Any) -> None:
    """Give a model `target_names_in_`, the names of the targets, and whether they are tables with the index of X."""
    for known in ("target_names_in_", "_targets_in_tables"):
        vars(model).pop(known, None)
    table = y[0] if isinstance(y, list | tuple) and len(y) else y
    names = _names(table)
    if names and all(isinstance(name, str) for name in names):
        model.target_names_in_ = names
    first = X[0] if isinstance(X, list | tuple) and len(X) else X
    index, beside = index_of(table), index_of(first)
    if index is not None and beside is not None and index.equals(beside):
        model._targets_in_tables = True


def answers_in_tables(model: Any, X: Any, answers: Any) -> Any:
    """Answers to each row of X as tables: as the model was asked for, else where X and the targets of `fit` are.

    What is built on predictions and reshapes them, as `TransformedTargetRegressor`, teaches no such, and gets arrays.
    """
    return in_tables(model, X, answers, unasked="_targets_in_tables" in vars(model))


def _names(table: Any) -> list[Any]:
    if hasattr(table, "columns"):
        return list(table.columns)
    return [table.name] if index_of(table) is not None else []
