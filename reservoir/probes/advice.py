"""What is probably wrong with a system, and what to change: one function per measure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from reservoir.probes.diagnosis import Diagnosis, Finding

_FEW_ROWS = 2
_ODD = 0.02
_MANY_TIMES = 3
_IN_WORDS = {
    "input_scaling": "the input weights",
    "bias_scaling": "the biases",
    "spectral_radius": "the recurrent weights",
    "leak": "the leak",
}
_GIVEN = {"input_scaling": "input_weights", "bias_scaling": "bias"}
_SCALED = {"input_scaling": "W_in_", "bias_scaling": "bias_"}


class Setting(NamedTuple):
    """Where a system stands: what advice can be followed there, and what matters."""

    system: Any
    washout: int | None  # that of the model, None where there is none
    kind: str  # "series", "stack" or "list"
    forecasts: bool
    starts_matter: bool  # not where all sequences are short and begin at rest, in training as in use
    squares: bool  # whether a readout sees the squares of the states
    n_dynamic: int  # rows over which washout and exponent were looked at
    rate_bound: float
    predicts: bool  # whether it is a forecaster that misses the next row by less than a tenth of the deviations

    @property
    def standardise(self) -> str:
        """How the data get a mean of 0 and a deviation of 1."""
        if self.forecasts:
            return "fit to (X - mean) / deviation, and turn forecasts back by them"
        if self.kind != "series":
            return "give (X - mean) / deviation, with those over all training rows for every sequence"
        return "put a StandardScaler before the system"

    @property
    def layers_hear_one_another(self) -> bool:
        """Whether the scale of what layers hear of one another is a parameter that counts."""
        own = _parameters_of(self.system)
        return own.get("inter_scaling") is not None and own.get("arrangement") == "stacked"

    def lower(self, *names: str) -> str:
        """Advice to lower parameters, each with its present value where the system has it; not those that are zero."""
        lowest = [name for name in names if self._parameter(name)[1] == 0]
        return f"lower {self._named(name for name in names if len(lowest) == len(names) or name not in lowest)}"

    def higher(self, *names: str) -> str:
        """Advice to raise parameters, each with its present value where the system has it."""
        return f"raise {self._named(names)}"

    def _named(self, names: Iterable[str]) -> str:
        return " or ".join(self._parameter(name)[0] for name in names)

    def _parameter(self, name: str) -> tuple[str, Any]:
        """How a parameter is called here, or what it stands for, and its value; None where there is none."""
        parameters, where = _parameters_of(self.system), ""
        known = sorted((key for key in parameters if key == name or key.endswith(f"__{name}")), key=len)
        if not known and hasattr(self.system, "layers_"):
            parameters, where = _parameters_of(self.system.layers_[-1]), " of the layers"
            known = [name] if name in parameters else []
        given = _GIVEN.get(name)
        if given is not None and parameters.get(given) is not None:
            return f"the given {given}", None
        if not known:
            return _IN_WORDS[name], None
        value, text = parameters[known[0]], str(parameters[known[0]])
        if value is None and name in _SCALED:  # the first of several layers: what others hear of one another is scaled
            weights = getattr(getattr(self.system, "layers_", [self.system])[0], _SCALED[name], np.zeros(0))
            value = float(np.max(np.abs(weights), initial=0.0))
            text = f"None: up to {value:.2g}"
        return f"{known[0]}{where} (now {text})", value


def _parameters_of(system: Any) -> dict[str, Any]:
    return system.get_params() if hasattr(system, "get_params") else {}


def findings(found: Diagnosis, setting: Setting) -> tuple[Finding, ...]:
    """All findings, in the order of the table."""
    if found.mean_rate is not None:
        parts = [_rates(found, setting.rate_bound)]
    else:
        parts = [_inputs(found, setting), _states(found, setting), _symmetry(found, setting)]
    parts += [_dimensions(found), _washout(found, setting), _chaos(found, setting), _free_run(found, setting)]
    return tuple(Finding(*finding) for part in parts for finding in part)


def _inputs(found: Diagnosis, setting: Setting) -> Iterator[tuple[str, str]]:
    means, deviations, peaks = found.feature_means, found.feature_deviations, found.feature_peaks
    if means is None or deviations is None or peaks is None:
        return
    still = deviations == 0
    if still.any() and len(still) > 1:
        yield "input deviations", f"{_features(still)} constant: leave out."
    off = ~still & (np.abs(means) > np.maximum(3 * deviations, 1))
    if off.any():
        yield "input means", f"{_features(off)} far from zero: {setting.standardise}."
    odd = ~still & ((deviations > 10) | (deviations < 0.01))
    if odd.any():
        yield "input deviations", f"{_features(odd)} far from a deviation of 1: {setting.standardise}."
    if (peaks > 20).any():
        yield "input peaks", f"{_features(peaks > 20)} with outliers: clip them."


def _states(found: Diagnosis, setting: Setting) -> Iterator[tuple[str, str]]:
    if found.saturation is not None and found.saturation > 0.2:
        means, deviations = found.feature_means, found.feature_deviations
        large = means is not None and deviations is not None and (np.abs(means) + deviations).max() > 3
        scaler = f", or {setting.standardise}" if large else ""
        where = " of a layer" if hasattr(setting.system, "layers_") else ""
        between = ("inter_scaling",) if setting.layers_hear_one_another else ()
        lower = setting.lower(*between, "input_scaling", "bias_scaling")
        yield "saturation", f"Units{where} sit at their bounds: {lower}{scaler}."
    elif len(found.dead_units):
        yield "dead units", f"They never change: {setting.higher('input_scaling', 'bias_scaling')}."
    elif found.saturation is not None and found.typical_state < 0.01:
        yield "typical state", f"Units hardly move: {setting.higher('input_scaling')}."


def _symmetry(found: Diagnosis, setting: Setting) -> Iterator[tuple[str, str]]:
    if found.even_part is None or found.even_part > _ODD or setting.squares:
        return
    what = "The states are odd in the input, so no square, product or modulus of it can be learnt"
    if getattr(setting.system, "activation", None) == "identity":
        yield "even part", f"{what}: take another activation (now 'identity'), with a bias, or give X such columns."
    else:
        layers = getattr(setting.system, "layers_", [setting.system])
        biased = any(np.any(layer.bias_) for layer in layers)
        names = ("bias_scaling", "input_scaling") if biased else ("bias_scaling",)
        yield "even part", f"{what}: {setting.higher(*names)}."


def _dimensions(found: Diagnosis) -> Iterator[tuple[str, str]]:
    most = min(found.n_states, found.n_rows - 1)
    if found.n_rows <= found.n_states:
        yield "rank", "No more rows than states: a readout fits anything, so use more data, fewer units or a penalty."
    elif found.rank < most / 4:
        yield "rank", "Three in four states repeat the others: use fewer units, or make them differ, by biases."
    if found.effective_dimension < 1.01 and found.n_states > 1 and found.rank:
        yield "effective dimension", "All states tell nearly the same: strengthen the recurrence, or vary the biases."


def _washout(found: Diagnosis, setting: Setting) -> Iterator[tuple[str, str]]:
    growth, error, rows = found.lyapunov_exponent, found.lyapunov_error or 0.0, found.washout_rows
    own, calmer = setting.washout, _calmer(found, setting)
    if rows == math.inf and (growth is None or growth > -2 * error):
        yield "washout", f"States from different starts do not meet: {calmer}, or give a longer series."
    elif setting.starts_matter and rows == math.inf and growth is not None:
        if -growth * setting.n_dynamic > _MANY_TIMES * math.log(1000):  # the least that `washout_estimate` asks for
            what = "Starts lead to several responses, although small differences vanish (see echo_state_index)"
            yield "washout", f"{what}: {calmer}."
        else:
            yield "washout", f"The series ends before its start is forgotten: {calmer}, or give a longer one."
    elif setting.starts_matter and rows is not None and own is not None and own < rows:
        yield "washout", f"The model's washout={own} is shorter: raise it to {rows:g}."
    elif rows is not None and rows <= _FEW_ROWS and found.mean_rate is None:
        longer = f"{setting.higher('spectral_radius')} or {setting.lower('leak')}"
        if "delays" in _parameters_of(setting.system):  # it hears rows, and has no dynamics
            longer = setting.higher("delays")
        yield "washout", f"No memory beyond {_FEW_ROWS} rows: {longer}."


def _chaos(found: Diagnosis, setting: Setting) -> Iterator[tuple[str, str]]:
    growth, error = found.lyapunov_exponent, found.lyapunov_error or 0.0
    if growth is not None and growth > 2 * error:
        calmer = _calmer(found, setting)
        yield "Lyapunov exponent", f"Small differences grow, the driven states are chaotic: {calmer}."


def _free_run(found: Diagnosis, setting: Setting) -> Iterator[tuple[str, str]]:
    density, spectrum = found.free_run_density, found.free_run_spectrum
    if density is None or spectrum is None or not setting.predicts:
        return
    if spectrum[0] > max(0.5, 3 * spectrum[1]) or density[0] > max(1.0, 5 * density[1]):
        what = "It predicts the next row and leaves the attractor when it runs by itself"
        yield "free-run spectrum", f"{what}: train with noise, take a larger penalty, or more rows."


def _calmer(found: Diagnosis, setting: Setting) -> str:
    if found.mean_rate is not None:
        return "weaken the recurrent synapses"
    return f"{setting.lower('spectral_radius')} or {setting.higher('input_scaling')}"


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
