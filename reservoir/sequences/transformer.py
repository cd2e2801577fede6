"""What turns sequences into sequences is to scikit-learn: a transformer whose `set_output` concerns one series."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from reservoir.estimators import TransformerMixin
from reservoir.parts import SequenceData, Targets
from reservoir.sequences.containers import is_one_series


class SequenceTransformer(TransformerMixin, auto_wrap_output_keys=None):
    """Transformer of sequences. With ``set_output`` one series becomes a table; stacks and lists stay arrays."""

    fit: Callable[..., Any]
    transform: Callable[..., Any]

    def __init_subclass__(cls, **options: Any) -> None:
        plain = cls.__dict__.get("transform")
        super().__init_subclass__(**options)
        if plain is not None:
            cls.transform = _by_container(plain, cls.__dict__["transform"])

    def fit_transform(self, X: SequenceData, y: Targets | None = None, **fit_params: Any) -> Any:
        """The same as ``fit(X, y, **fit_params).transform(X)``."""
        return self.fit(X, y, **fit_params).transform(X)


def _by_container(plain: Callable[..., Any], tabular: Callable[..., Any]) -> Callable[..., Any]:
    """The method that makes tables for one series, and the plain one for all else."""

    @functools.wraps(plain)
    def transform(self: Any, X: Any) -> Any:
        return (tabular if is_one_series(X) else plain)(self, X)

    return transform
