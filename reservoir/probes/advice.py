"""What is probably wrong with a system, and what to change: one function per measure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from reservoir.parts import System
from reservoir.probes.diagnosis import Diagnosis, Finding

_FEW_ROWS = 2


def findings(
    found: Diagnosis, system: System, model_washout: int | None, starts_matter: bool, rate_bound: float
) -> tuple[Finding, ...]:
    """All findings, in the order of the table.

    Starts do not matter where all sequences are short and begin at rest, in training as in use.
    """
    parts = [_rates(found, rate_bound)] if found.mean_rate is not None else [_inputs(found), _states(found, system)]
    parts += [_dimensions(found), _memory(found, system, model_washout, starts_matter)]
    return tuple(Finding(*finding) for part in parts for finding in part)


def _inputs(found: Diagnosis) -> Iterator[tuple[str, str]]:
    means, deviations = found.feature_means, found.feature_deviations
    still = deviations == 0
    if still.any() and len(still) > 1:
        yield "input deviations", f"{_features(still)} constant: leave out."
    off = ~still & (np.abs(means) > np.maximum(3 * deviations, 1))
    if off.any():
        yield "input means", f"{_features(off)} far from zero: put a StandardScaler before the system."
    odd = ~still & ((deviations > 10) | (deviations < 0.01))
    if odd.any():
        yield "input deviations", f"{_features(odd)} far from a deviation of 1: put a StandardScaler before the system."
    if (found.feature_peaks > 20).any():
        yield "input peaks", f"{_features(found.feature_peaks > 20)} with outliers: clip them."


def _states(found: Diagnosis, system: Any) -> Iterator[tuple[str, str]]:
    if found.saturation is not None and found.saturation > 0.2:
        large = (np.abs(found.feature_means) + found.feature_deviations).max() > 3
        scaler = ", or put a StandardScaler before the system" if large else ""
        named = _named(system, "input_scaling", "bias_scaling")
        yield "saturation", f"Units sit at their bounds: lower {named}{scaler}."
    elif len(found.dead_units):
        yield "dead units", f"They never change: raise {_named(system, 'input_scaling', 'bias_scaling')}."
    elif found.saturation is not None and found.typical_state < 0.01:
        yield "typical state", f"Units hardly move: raise {_named(system, 'input_scaling')}."


def _dimensions(found: Diagnosis) -> Iterator[tuple[str, str]]:
    most = min(found.n_states, found.n_rows - 1)
    if found.n_rows <= found.n_states:
        yield "rank", "No more rows than states: a readout fits anything, so use more data, fewer units or a penalty."
    elif found.rank < most / 4:
        yield "rank", "Three in four states repeat the others: use fewer units, or make them differ, by biases."
    if found.effective_dimension < 1.01 and found.n_states > 1 and found.rank:
        yield "effective dimension", "All states tell nearly the same: strengthen the recurrence, or vary the biases."


def _memory(found: Diagnosis, system: Any, model_washout: int | None, starts_matter: bool) -> Iterator[tuple[str, str]]:
    calmer = f"lower {_named(system, 'spectral_radius')} or raise {_named(system, 'input_scaling')}"
    calmer = "weaken the recurrent synapses" if found.mean_rate is not None else calmer
    growth, error, rows = found.lyapunov_exponent, found.lyapunov_error or 0.0, found.washout_rows
    if rows == math.inf and (growth is None or growth > -2 * error):
        yield "washout", f"States from different starts do not meet: {calmer}, or give a longer series."
    elif starts_matter and rows == math.inf:
        yield "washout", f"The series ends before its start is forgotten: {calmer}, or give a longer one."
    elif starts_matter and rows is not None and model_washout is not None and model_washout < rows:
        yield "washout", f"The model's washout={model_washout} is shorter: raise it to {rows:g}."
    elif rows is not None and rows <= _FEW_ROWS and found.mean_rate is None:
        yield "washout", f"No memory beyond {_FEW_ROWS} rows: raise {_named(system, 'spectral_radius')} or lower leak."
    if growth is not None and growth > 2 * error:
        yield "Lyapunov exponent", f"Small differences grow, the driven states are chaotic: {calmer}."


def _rates(found: Diagnosis, rate_bound: float) -> Iterator[tuple[str, str]]:
    silent, rate, highest = found.silent_units, found.mean_rate, found.highest_rate
    if silent is None or rate is None or highest is None:
        return
    if len(silent) == found.n_states:
        yield "silent units", "No unit spikes: strengthen the input synapses, or the currents of the encoder."
    elif len(silent) > found.n_states / 2:
        yield "silent units", "More than half never spike: strengthen the input or the excitatory synapses."
    if highest > rate_bound:
        yield "highest rate", f"Above {rate_bound:g} Hz: weaken input or excitation, or strengthen inhibition."


def _features(which: np.ndarray) -> str:
    indices = np.flatnonzero(which).tolist()
    names = ", ".join(map(str, indices[:5])) + ", ..." * (len(indices) > 5)
    return f"Feature{'s' * (len(indices) != 1)} {names}"


def _named(system: Any, *names: str) -> str:
    """Parameters by name, each with its present value where the system has it."""
    parts = [f"{name} (now {getattr(system, name)})" if hasattr(system, name) else name for name in names]
    return " or ".join(parts)
