"""Is this system sound? A look at its input, its states and its memory, with advice."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from reservoir.compilation import one_blas_thread
from reservoir.estimators import BaseEstimator
from reservoir.parts import FittedModel, Labels, Numbers, SequenceData, System
from reservoir.probes.advice import findings
from reservoir.probes.diagnosis import Diagnosis, DiagnosisWarning
from reservoir.probes.driven_states import driven, is_spiking
from reservoir.probes.exponents import N_SEGMENTS
from reservoir.probes.firing_rates import rates_of, recording
from reservoir.probes.lyapunov_exponent import lyapunov_exponent
from reservoir.probes.washout_estimate import washout_estimate
from reservoir.sequences import Sequences
from reservoir.validation import check_flag, check_integer, check_real

_OWNER = "diagnose"
_MOST_ROWS = 10_000
_DYNAMIC_ROWS = 2000


def diagnose(
    system: System | FittedModel,
    X: SequenceData,
    y: Numbers | Labels | None = None,
    *,
    washout: int | None = None,
    warn: bool = True,
    rate_bound: float = 200.0,
) -> Diagnosis:
    """Health of a system, or of the reservoir of a model, on given data: one table, and advice.

    It looks at the scale of every feature; at saturated and dead units, the rank, the condition and the effective
    dimension of the states; at the washout (`washout_estimate`) and the conditional Lyapunov exponent
    (`lyapunov_exponent`); and for spiking units at their rates. For each thing that is probably wrong there is one
    `DiagnosisWarning` that tells what to change, and in which direction.

    Parameters
    ----------
    system : object with ``fit`` and ``run``, or model
        A fitted one is asked as it is, without its noise; of any other one a copy is fitted, to X and `y`.
    X : series (T, n_features), stack (N, T, n_features) or list of series (T_i, n_features)
        Data as in use. Up to 10,000 rows are looked at, and 2000 rows of the longest series for washout and exponent.
    y : None or targets, default None
        For a model that is not fitted yet.
    washout : None or int >= 0, default None
        Rows at the head of every series whose states are not looked at. None is that of the model, else 100, and no
        more than half of the shortest series.
    warn : bool, default True
        Whether findings are warned of; they stand in the table in any case.
    rate_bound : float > 0, default 200.0
        Rate of a spiking unit that is too high, hertz.

    Returns
    -------
    diagnosis : Diagnosis
        Its fields hold the numbers; it prints as a table, and has ``to_frame()``.

    Warns
    -----
    DiagnosisWarning
        One per finding.

    Raises
    ------
    ValueError
        For a parameter outside its range.

    References
    ----------
    Lukosevicius 2012, A practical guide to applying echo state networks, Neural Networks: Tricks of the Trade,
    LNCS 7700:659-686, doi:10.1007/978-3-642-35289-8_36.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.probes import diagnose
    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(1000, 1))
    >>> found = diagnose(EchoState(50, input_scaling=20.0, random_state=0), X, warn=False)
    >>> [finding.measure for finding in found.findings]
    ['saturation']
    >>> print(found.findings[0].advice)
    Units sit at their bounds: lower input_scaling (now 20.0) or bias_scaling (now 0.0).
    """
    check_flag(_OWNER, "warn", warn)
    check_real(_OWNER, "rate_bound", rate_bound, 0, closed="neither", unit="hertz")
    asked = _fitted_model(system, X, y)
    system, sequences = driven(_OWNER, asked, X)
    own = asked.washout if hasattr(asked, "reservoir_") else None
    shortest = int(sequences.lengths.min())
    wanted = min(100 if own is None else own, shortest // 2) if washout is None else washout
    skip = check_integer(_OWNER, "washout", wanted, 0, shortest - 1)
    states, spikes = _states(system, sequences, skip)
    with one_blas_thread():
        found = Diagnosis(
            type(system).__name__, len(states), states.shape[1], **_of_inputs(sequences.rows),
            **_of_states(system, states), **_of_memory(system, sequences, skip), **spikes,
        )  # fmt: skip
    starts_matter = sequences.kind == "series" and getattr(asked, "pooling", None) is None
    found = replace(found, findings=findings(found, system, own, starts_matter, rate_bound))
    for finding in found.findings if warn else ():
        warnings.warn(f"{finding.measure}: {finding.advice}", DiagnosisWarning, stacklevel=2)
    return found


def _fitted_model(system: Any, X: Any, y: Any) -> Any:
    """The system as it is, but of a model that is not fitted yet a fitted copy."""
    try:
        if isinstance(system, BaseEstimator) and hasattr(system, "predict" if y is not None else "forecast"):
            check_is_fitted(system)
    except NotFittedError:
        return clone(system).fit(X) if y is None else clone(system).fit(X, y)
    return system


def _states(system: Any, sequences: Sequences, skip: int) -> tuple[np.ndarray, dict[str, Any]]:
    """States (n_rows, n_states) after the washout of as many series as hold 10,000 rows, and the fields of spikes."""
    system, trace = recording(system) if hasattr(system, "circuit_") else (system, None)
    parts, n_rows = [], 0
    for rows in sequences.members():
        rows = rows[: skip + _MOST_ROWS - n_rows]
        found = system.states(rows) if hasattr(system, "states") else system.run(rows)[0]
        parts.append(np.asarray(found)[skip:])
        n_rows += len(parts[-1])
        if n_rows >= _MOST_ROWS:
            break
    silent = dict.fromkeys(("mean_rate", "highest_rate", "silent_units", "interval_variation"))
    return np.concatenate(parts), silent if trace is None else rates_of(trace.records)


def _of_inputs(rows: np.ndarray) -> dict[str, Any]:
    """The fields about features."""
    means, deviations = rows.mean(axis=0), rows.std(axis=0)
    deviations[deviations <= np.finfo(float).eps * np.abs(means)] = 0.0
    peaks = np.abs(rows - means).max(axis=0)
    peaks = np.divide(peaks, deviations, out=np.zeros_like(peaks), where=deviations > 0)
    return {"feature_means": means, "feature_deviations": deviations, "feature_peaks": peaks}


def _of_states(system: Any, states: np.ndarray) -> dict[str, Any]:
    """The fields about the states (n_rows, n_states)."""
    precision = np.finfo(states.dtype).eps if states.dtype.kind == "f" else np.finfo(float).eps
    states = states.astype(np.float64)
    centred = states - states.mean(axis=0)
    dead = np.flatnonzero(centred.std(axis=0) <= 2 * precision * np.abs(states).max(axis=0))
    sizes = np.linalg.svd(np.linalg.qr(centred, mode="r"), compute_uv=False)
    sizes = sizes[sizes > precision * max(states.shape) * sizes.max(initial=0.0)]
    squares = (sizes / sizes.max(initial=np.finfo(float).tiny)) ** 2
    return {
        "typical_state": float(np.sqrt(np.mean(states**2))),
        "saturation": _saturation(system, states),
        "dead_units": dead,
        "rank": len(sizes),
        "condition_number": float(sizes[0] / sizes[-1]) if sizes.size else np.inf,
        "effective_dimension": float(squares.sum() ** 2 / (squares**2).sum()) if sizes.size else 0.0,
    }


def _saturation(system: Any, states: np.ndarray) -> float | None:
    """Share of the states beyond 0.95 of the way from the middle to a bound, of the units that have bounds."""
    layers = getattr(system, "layers_", [system])
    if not all(getattr(layer, "runs_compiled", False) for layer in layers):
        return None
    ends = np.cumsum([len(layer.bias_) for layer in layers])
    parts = []
    for layer, end in zip(layers, ends, strict=True):
        bounds = layer.unit_.bounds()
        if bounds is not None:
            low, high = bounds
            parts.append(np.abs(2 * states[:, end - len(layer.bias_) : end] - low - high) > 0.95 * (high - low))
    return float(np.mean(np.concatenate(parts, axis=1))) if parts else None


def _of_memory(system: Any, sequences: Sequences, skip: int) -> dict[str, Any]:
    """The fields about what the system forgets, on the head of the longest series."""
    rows = max(sequences.members(), key=len)[: skip + _DYNAMIC_ROWS]
    fields: dict[str, Any] = {"washout_rows": None, "lyapunov_exponent": None, "lyapunov_error": None}
    if not getattr(system, "bidirectional", False):
        answers = np.asarray(system.run(rows[:1])[0])
        if answers.dtype.kind == "f" and len(answers) == 1 and getattr(system, "pooling", None) is None:
            fields["washout_rows"] = washout_estimate(system, rows, n_starts=3)
        if len(rows) >= skip + N_SEGMENTS and not is_spiking(system):
            found = lyapunov_exponent(system, rows, washout=skip)
            fields |= {"lyapunov_exponent": found.largest, "lyapunov_error": float(found.standard_errors[0])}
    return fields
