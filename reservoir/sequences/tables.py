"""Tables of pandas out: the answers of a model with the index of its data and the names of its targets."""

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

        Parameters
        ----------
        transform : {"default", "pandas"} or None, default None
            "pandas" makes a Series or DataFrame of the answers to one series, and of those to every table of a list,
            with the index of the data and the names of the targets. Scores, probabilities and answers of one per
            sequence stay arrays, and so do those to stacks. None changes nothing. The name of the parameter is
            scikit-learn's; its global setting `transform_output` does not reach models.
        """
        if check_choice(type(self).__name__, "transform", transform, ("default", "pandas", None)) is not None:
            self._sklearn_output_config = {"transform": transform}  # where `clone` and `save` look for it
        return self


def wants_tables(model: Any) -> bool:
    """Whether a model was asked for tables by `set_output`."""
    return vars(model).get("_sklearn_output_config", {}).get("transform") == "pandas"


def in_tables(model: Any, X: Any, answers: Any, names: Sequence[str] | None = None, rows: slice = slice(None)) -> Any:
    """Answers to these rows of each X, as tables if the model was asked for them; `names` are those of its targets."""
    if not wants_tables(model) or isinstance(X, Sequences):
        return answers
    names = getattr(model, "target_names_in_", None) if names is None else names
    if isinstance(answers, list):
        return [
            own if index_of(member) is None else as_table(own, index_of(member)[rows], names)
            for member, own in zip(X, answers, strict=True)
        ]
    index = index_of(X) if is_one_series(X) else None
    return as_table(answers, None if index is None else index[rows], names) if is_one_series(X) else answers


def as_table(rows: Any, index: Any, names: Sequence[str] | None) -> Any:
    """Rows (n_rows,) as a Series or (n_rows, n_columns) as a DataFrame of pandas."""
    pandas = importlib.import_module("pandas")
    if rows.ndim == 1:
        return pandas.Series(rows, index=index, name=None if names is None else names[0])
    return pandas.DataFrame(rows, index=index, columns=names)


def keep_target_names(model: Any, y: Any) -> None:
    """Give a model `target_names_in_`, the names of the targets where they have names."""
    vars(model).pop("target_names_in_", None)
    names = _names(y[0] if isinstance(y, list | tuple) and len(y) else y)
    if names and all(isinstance(name, str) for name in names):
        model.target_names_in_ = names


def _names(table: Any) -> list[Any]:
    if hasattr(table, "columns"):
        return list(table.columns)
    return [table.name] if index_of(table) is not None else []
