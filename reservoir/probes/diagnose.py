"""Is this system sound? A look at its input, its states and its memory, with advice."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import AnyEstimator
from reservoir.parts import FittedModel, Labels, Numbers, SequenceData, System
from reservoir.probes.advice import Setting, findings
from reservoir.probes.diagnosis import Diagnosis, DiagnosisWarning
from reservoir.probes.driven_states import Driven, driven, is_spiking, states_of
from reservoir.probes.exponents import N_SEGMENTS
from reservoir.probes.firing_rates import rates_of, recording
from reservoir.probes.free_run import free_run_distances
from reservoir.probes.lyapunov_exponent import lyapunov_exponent
from reservoir.probes.washout_estimate import washout_estimate
from reservoir.sequences import Sequences
from reservoir.threads import one_blas_thread
from reservoir.validation import check_flag, check_integer, check_real

_OWNER = "diagnose"
_MOST_ROWS = 10_000
_DYNAMIC_ROWS = 2000
_NEAR_ZERO = 0.1


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

    It looks at the scale of every feature; at saturated and dead units, at the part of the states that is even in the
    input, without which no square or product of inputs can be learnt, at the rank, the condition and the effective
    dimension of the states; at the washout (`washout_estimate`) and the conditional Lyapunov exponent
    (`lyapunov_exponent`); for spiking units at their rates; and for a forecaster that predicts one row well at whether
    it lives on the attractor of the data when it runs by itself. For each thing that is probably wrong there is one
    `DiagnosisWarning` that tells what to change, and in which direction.

    Parameters
    ----------
    system : object with ``fit`` and ``run``, or model
        A fitted one is asked as it is, without its noise; of any other one a copy is fitted, to X and `y`.
    X : series (T, n_features), stack (N, T, n_features) or list of series (T_i, n_features)
        Data as in use; for a system of spiking units also `SpikeTrains` or a list of them. Up to 10,000 rows are looked
        at, and 2000 rows of the longest series for washout and exponent.
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
    >>> found = diagnose(EchoState(50, input_scaling=20.0, bias_scaling=0.0, random_state=0), X, warn=False)
    >>> [finding.measure for finding in found.findings]
    ['saturation', 'even part']
    >>> print(found.findings[0].advice)
    Units sit at their bounds: lower input_scaling (now 20.0).
    """
    check_flag(_OWNER, "warn", warn)
    check_real(_OWNER, "rate_bound", rate_bound, 0, closed="neither", unit="hertz")
    model = _fitted_model(system, X, y)
    model = getattr(model, "best_estimator_", model)
    system, data = driven(_OWNER, model, X)
    own = getattr(model, "washout_", model.washout) if hasattr(model, "reservoir_") else None
    shortest = int(data.lengths.min())
    wanted = min(100 if own is None else own, shortest // 2) if washout is None else washout
    skip = check_integer(_OWNER, "washout", wanted, 0, shortest - 1)
    states, spikes = _states(system, data, skip)
    with one_blas_thread():
        found = Diagnosis(
            type(system).__name__, len(states), states.shape[1], **_of_inputs(data), **_of_states(system, states),
            even_part=_even_part(system, data, skip), **_of_memory(system, data, skip), **spikes,
            **free_run_distances(model, X),
        )  # fmt: skip
    found = replace(found, findings=findings(found, _setting(model, system, own, data, skip, rate_bound)))
    for finding in found.findings if warn else ():
        warnings.warn(f"{finding.measure}: {finding.advice}", DiagnosisWarning, stacklevel=2)
    return found


def _setting(model: Any, system: Any, own: int | None, data: Driven, skip: int, rate_bound: float) -> Setting:
    """Where the system stands, for its advice."""
    return Setting(
        system,
        own,
        data.kind,
        forecasts=hasattr(model, "forecast"),
        starts_matter=data.kind == "series" and getattr(model, "pooling", None) is None,
        squares=getattr(model, "squared_states", False),
        n_dynamic=min(int(data.lengths.max()), skip + _DYNAMIC_ROWS),
        rate_bound=rate_bound,
        predicts=bool(
            np.all(getattr(model, "training_errors_", np.inf) < 0.1 * getattr(model, "training_deviations_", 0))
        ),
    )


def _fitted_model(system: Any, X: Any, y: Any) -> Any:
    """The system as it is, but of a model that is not fitted yet a fitted copy."""
    try:
        if isinstance(system, AnyEstimator) and hasattr(system, "predict" if y is not None else "forecast"):
            check_is_fitted(system)
    except NotFittedError:
        return clone(system).fit(X) if y is None else clone(system).fit(X, y)
    return system


def _states(system: Any, data: Driven, skip: int) -> tuple[np.ndarray, dict[str, Any]]:
    """States (n_rows, n_states) after the washout of as many series as hold 10,000 rows, and the fields of spikes."""
    system, trace = recording(system) if hasattr(system, "circuit_") else (system, None)
    parts, n_rows = [], 0
    for rows in data.members():
        parts.append(np.asarray(states_of(system, rows[: skip + _MOST_ROWS - n_rows]))[skip:])
        n_rows += len(parts[-1])
        if n_rows >= _MOST_ROWS:
            break
    silent = dict.fromkeys(("mean_rate", "highest_rate", "silent_units", "interval_variation"))
    return np.concatenate(parts), silent if trace is None else rates_of(trace.records)


def _of_inputs(data: Driven) -> dict[str, Any]:
    """The fields about features."""
    if not isinstance(data, Sequences):
        return dict.fromkeys(("feature_means", "feature_deviations", "feature_peaks"))
    rows = data.rows
    means, deviations = rows.mean(axis=0), rows.std(axis=0)
    deviations[deviations <= np.finfo(float).eps * np.abs(means)] = 0.0
    peaks = np.abs(rows - means).max(axis=0)
    peaks = np.divide(peaks, deviations, out=np.zeros_like(peaks), where=deviations > 0)
    return {"feature_means": means, "feature_deviations": deviations, "feature_peaks": peaks}


def _even_part(system: Any, data: Driven, skip: int) -> float | None:
    """Deviation of the mean of two states, after the longest series and after it mirrored, over their deviation."""
    if not isinstance(data, Sequences) or not _is_known(system):
        return None
    rows = max(data.members(), key=len)[: skip + _DYNAMIC_ROWS]
    means, off_zero = data.rows.mean(axis=0), _NEAR_ZERO + 2 / np.sqrt(len(data.rows))
    middle = np.where(np.abs(means) > off_zero * data.rows.std(axis=0), means, 0.0)
    both = [np.asarray(states_of(system, one), np.float64)[skip:] for one in (rows, 2 * middle - rows)]
    centred = [states - states.mean(axis=0) for states in both]
    size = float(np.square(centred).mean())
    return float(np.sqrt(np.square(np.mean(centred, axis=0)).mean() / size)) if size else None


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
    """Share of the states beyond 0.95 of the way from the middle to a bound, of the worst layer of bounded units."""
    layers = getattr(system, "layers_", [system])
    if not _is_known(system):
        return None
    ends = np.cumsum([len(layer.bias_) for layer in layers])
    shares = []
    for layer, end in zip(layers, ends, strict=True):
        bounds = layer.unit_.bounds()
        if bounds is not None:
            low, high = bounds
            beyond = np.abs(2 * states[:, end - len(layer.bias_) : end] - low - high) > 0.95 * (high - low)
            shares.append(float(beyond.mean()))
    return max(shares) if shares else None


def _is_known(system: Any) -> bool:
    """Whether the equation of the system is known, that of an echo-state reservoir or of layers of these."""
    return all(getattr(layer, "runs_compiled", False) for layer in getattr(system, "layers_", [system]))


def _of_memory(system: Any, data: Driven, skip: int) -> dict[str, Any]:
    """The fields about what the system forgets, on the head of the longest series."""
    members: list[Any] = list(data.members())
    longest = max(members, key=len)
    n_rows = min(len(longest), skip + _DYNAMIC_ROWS)
    fields: dict[str, Any] = {"washout_rows": None, "lyapunov_exponent": None, "lyapunov_error": None}
    if not getattr(system, "bidirectional", False) and getattr(system, "causal", True):
        answers = np.asarray(system.run(longest[:1])[0])
        if answers.dtype.kind == "f" and len(answers) == 1 and getattr(system, "pooling", None) is None:
            fields["washout_rows"] = washout_estimate(system, longest[:n_rows], n_starts=3)
        if n_rows >= skip + N_SEGMENTS and not is_spiking(system):
            found = lyapunov_exponent(system, longest[:n_rows], washout=skip)
            fields |= {"lyapunov_exponent": found.largest, "lyapunov_error": float(found.standard_errors[0])}
    return fields
