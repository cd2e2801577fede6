"""The units of a user, and those in which a forecaster hears and learns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.preprocessing.channel_moments import ChannelMoments
from reservoir.sequences import Sequences
from reservoir.validation import check_choice, parameter_error

TRANSFORMS = (None, "log")
_SCALINGS = (None, "standard")


class SeriesUnits(NamedTuple):
    """How every column x of the data becomes what is heard of it: z = (log x - place) / scale, or without logarithm."""

    logarithmic: np.ndarray  # (n_features,), bool
    places: np.ndarray  # (n_features,)
    scales: np.ndarray  # (n_features,), > 0

    @classmethod
    def learned(
        cls, owner: str, sequences: Sequences, outputs: np.ndarray, names: list[Any], *, transform: Any, scaling: Any
    ) -> SeriesUnits:
        """The units in which these training rows are heard.

        The logarithm is taken of the columns that are predicted, `outputs`; means and deviations are those of all
        columns. A column that is constant, up to rounding, keeps its scale.
        """
        check_choice(owner, "transform", transform, TRANSFORMS)
        check_choice(owner, "scaling", scaling, _SCALINGS)
        n_features = sequences.rows.shape[1]
        logarithmic = np.isin(np.arange(n_features), outputs) & (transform == "log")
        units = cls(logarithmic, np.zeros(n_features), np.ones(n_features))
        units.check_positive(owner, "X", names, sequences.members())
        if scaling is None:
            return units
        moments = ChannelMoments.of_rows(units.heard(sequences.rows))
        return units._replace(places=moments.means, scales=moments.deviations)

    @property
    def are_own(self) -> bool:
        """Whether columns are heard as they are."""
        return not (self.logarithmic.any() or self.places.any() or (self.scales != 1).any())

    def of(self, columns: np.ndarray) -> SeriesUnits:
        """The units of some columns."""
        return SeriesUnits(self.logarithmic[columns], self.places[columns], self.scales[columns])

    def check_positive(self, owner: str, data: str, names: list[Any], members: list[np.ndarray]) -> None:
        """Refuse members (n_rows, n_features) with what has no logarithm; NaN may stand there."""
        if not self.logarithmic.any():
            return
        for index, rows in enumerate(members):
            found = np.argwhere((rows <= 0) & self.logarithmic)
            if len(found):
                row, column = map(int, found[0])
                which = f" of sequence {index}" if len(members) > 1 else ""
                more = f" ({len(found)} such values there)" if len(found) > 1 else ""
                raise ValueError(
                    f"{data} of {owner} with transform='log' must be positive. Column {names[column]!r} is "
                    f"{rows[row, column]:g} at row {row}{which}{more}. Give transform=None, or add a constant."
                )

    def heard(self, rows: np.ndarray) -> np.ndarray:
        """Rows (..., n_features) of the user as they are heard; NaN stays."""
        if self.are_own:
            return rows
        with np.errstate(invalid="ignore", divide="ignore"):  # the logarithm of the column that has none
            levels = np.where(self.logarithmic, np.log(rows), rows) if self.logarithmic.any() else rows
        return (levels - self.places) / self.scales

    def given(self, rows: np.ndarray) -> np.ndarray:
        """Rows (..., n_features) that were heard or answered in units of the user; NaN stays."""
        if self.are_own:
            return rows
        levels = rows * self.scales + self.places
        if not self.logarithmic.any():
            return levels
        with np.errstate(over="ignore"):
            return np.where(self.logarithmic, np.exp(levels), levels)

    def heard_ranges(self, ranges: np.ndarray) -> np.ndarray:
        """Ranges (..., n_features, 2) as they are heard; where there is a logarithm those below 0 begin at 0."""
        if self.are_own:
            return ranges
        floors = np.where(self.logarithmic, 0.0, -np.inf)[:, None]
        return np.swapaxes(self.heard(np.swapaxes(np.maximum(ranges, floors), -1, -2)), -1, -2)

    def heard_bounds(self, owner: str, bounds: np.ndarray, given: Any) -> np.ndarray:
        """Bounds (n_features, 2) of forecasts as they are heard; `given` is what the user said."""
        if np.isinf(bounds).all():
            return bounds
        if (bounds[self.logarithmic, 1] <= 0).any():
            raise parameter_error(owner, "bounds", "above 0 where transform='log'", given)
        return np.ascontiguousarray(self.heard_ranges(bounds))

    def errors(self, residuals: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """Root mean square errors (n_features,), in units of the user, of answers that miss heard rows by residuals."""
        with np.errstate(over="ignore", invalid="ignore"):
            exact = self.given(truth + residuals) - self.given(truth) if self.logarithmic.any() else 0.0
            return np.sqrt(np.mean(np.where(self.logarithmic, exact, residuals * self.scales) ** 2, axis=0))
