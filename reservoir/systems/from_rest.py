"""States from rest, which any system that can go on from a state also gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reservoir.estimators import ClassNamePrefixFeaturesOutMixin
from reservoir.parts import SequenceData
from reservoir.sequences.transformer import SequenceTransformer


class FromRest(ClassNamePrefixFeaturesOutMixin, SequenceTransformer):
    """What a transformer of sequences into states has of its `run`."""

    run: Callable[..., tuple[Any, Any]]

    def transform(self, X: SequenceData) -> Any:
        """States of every sequence from rest, in trial 0.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)

        Returns
        -------
        states : array (T, n_units), array (N, T, n_units) or list of arrays (T_i, n_units)
            In the same kind of container; rows in = rows out. The units of several parts stand side by side, in the
            order of the parts.
        """
        return self.run(X)[0]
