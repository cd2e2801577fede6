"""The record of what was found wrong, or right, with a system: one table."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class DiagnosisWarning(UserWarning):
    """Something that `diagnose` has found, with advice what to change."""


class Finding(NamedTuple):
    """One thing that is probably wrong."""

    measure: str
    """Name of the row of the table, as "saturation"."""
    advice: str
    """What was found, and what to change in which direction."""


@dataclass(frozen=True)
class Diagnosis:
    """The answer of `diagnose`; printed, it is one table. What does not apply to a system is None."""

    system: str
    """Class of the system that was asked."""
    n_rows: int
    """Rows of states that were looked at, after the washout."""
    n_states: int
    """Number of states N."""
    feature_means: np.ndarray | None
    """(n_features,); None for spike trains, as the next two."""
    feature_deviations: np.ndarray | None
    """Standard deviations (n_features,)."""
    feature_peaks: np.ndarray | None
    """Largest distance from the mean in standard deviations (n_features,), 0 for a constant."""
    typical_state: float
    """Root mean square of all states."""
    saturation: float | None
    """Share of the states beyond 0.95 of the way from the middle to a bound of their activation, if it has bounds; of
    several layers that of the worst."""
    even_part: float | None
    """Root mean square of the even part of the states, of what stays when the input is mirrored, over that of the
    states, both without their means; near 0 the states are odd functions. The mirror stands at zero, and for features
    whose mean is well off zero, by a tenth of their deviation and twice its error, at the mean. None where the equation
    is not that of `EchoState`."""
    dead_units: np.ndarray
    """Indices of the states that do not change at all."""
    rank: int
    """Dimensions of the centred states that their type of float tells apart."""
    condition_number: float
    """Largest singular value of the centred states over the smallest of those that count in the rank."""
    effective_dimension: float
    """Participation ratio of the variances along the principal axes, (sum v)^2 / sum v^2, at most N."""
    washout_rows: float | None
    """See `washout_estimate`, to a thousandth; inf where the states did not meet, None for a network that reads
    both ways or gives no number per row."""
    lyapunov_exponent: float | None
    """Largest conditional exponent per row, see `lyapunov_exponent`; None for spiking units and too short series."""
    lyapunov_error: float | None
    """Its standard error."""
    mean_rate: float | None
    """Spikes per unit and second, hertz."""
    highest_rate: float | None
    """That of the fastest unit, hertz."""
    silent_units: np.ndarray | None
    """Indices of units without a spike."""
    interval_variation: float | None
    """Coefficient of variation of the intervals between the spikes of a unit, mean over units with three or more."""
    free_run_density: tuple[float, float] | None = None
    """`reservoir.metrics.density_distance` of a forecaster that runs by itself from the second half of one series, in
    nats, infinite where it diverges; and of one half of these rows from the other. None of what does not forecast in a
    closed loop."""
    free_run_spectrum: tuple[float, float] | None = None
    """The same of their spectra, from 0 to 1 (`reservoir.metrics.spectrum_distance`)."""
    findings: tuple[Finding, ...] = ()
    """What is probably wrong, and what to change."""

    def rows(self) -> list[tuple[str, str, str]]:
        """The table as (measure, value, advice)."""
        values = [
            ("input means", _span(self.feature_means)),
            ("input deviations", _span(self.feature_deviations)),
            ("input peaks", None if self.feature_peaks is None else f"{self.feature_peaks.max():.3g} deviations"),
            ("typical state", f"{self.typical_state:.3g}"),
            ("saturation", None if self.saturation is None else f"{self.saturation:.1%}"),
            ("even part", None if self.even_part is None else f"{self.even_part:.1%}"),
            ("dead units", f"{len(self.dead_units)} of {self.n_states}"),
            ("rank", f"{self.rank} of {self.n_states}"),
            ("condition number", f"{self.condition_number:.2g}"),
            ("effective dimension", f"{self.effective_dimension:.3g}"),
            ("washout", None if self.washout_rows is None else f"{self.washout_rows:g} rows"),
            ("Lyapunov exponent", _with_error(self.lyapunov_exponent, self.lyapunov_error)),
            ("mean rate", None if self.mean_rate is None else f"{self.mean_rate:.3g} Hz"),
            ("highest rate", None if self.highest_rate is None else f"{self.highest_rate:.3g} Hz"),
            ("silent units", None if self.silent_units is None else f"{len(self.silent_units)} of {self.n_states}"),
            ("interval variation", None if self.interval_variation is None else f"{self.interval_variation:.2f}"),
            ("free-run density", _beside(self.free_run_density)),
            ("free-run spectrum", _beside(self.free_run_spectrum)),
        ]
        advice: dict[str, list[str]] = {}
        for finding in self.findings:
            advice.setdefault(finding.measure, []).append(finding.advice)
        return [(name, value, " ".join(advice.get(name, []))) for name, value in values if value is not None]

    def to_frame(self) -> Any:
        """The table as a pandas DataFrame, indexed by measure, with the columns value and advice."""
        import pandas

        table = pandas.DataFrame(self.rows(), columns=["measure", "value", "advice"])
        return table.set_index("measure")

    def __str__(self) -> str:
        rows = self.rows()
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        lines = [f"{name:<{widths[0]}}  {value:>{widths[1]}}  {advice}".rstrip() for name, value, advice in rows]
        return "\n".join([self._title(), *lines])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cells = [f"<tr><th>{'</th><th>'.join(('measure', 'value', 'advice'))}</th></tr>"]
        cells += [f"<tr><td>{'</td><td>'.join(map(html.escape, row))}</td></tr>" for row in self.rows()]
        return f"<table><caption>{html.escape(self._title())}</caption>{''.join(cells)}</table>"

    def _title(self) -> str:
        n = len(self.findings)
        found = f"{n} finding{'s' * (n != 1)}" if n else "nothing found wrong"
        return f"{self.system}: {self.n_states} states over {self.n_rows} rows, {found}"


def _span(values: np.ndarray | None) -> str | None:
    if values is None:
        return None
    low, high = values.min(), values.max()
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _beside(pair: tuple[float, float] | None) -> str | None:
    return None if pair is None else f"{pair[0]:.2g}, halves {pair[1]:.2g}"


def _with_error(value: float | None, error: float | None) -> str | None:
    if value is None:
        return None
    digits = ".1e" if 0 < abs(value) < 1e-3 else ".3f"
    return (
        f"{value:{digits}} a row"
        if error is None or not np.isfinite(error)
        else f"{value:{digits}} ± {error:{digits}} a row"
    )
