"""The step of units that put it in words themselves, as text for Brian2, with all that they hear."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from reservoir.neurons.spiking.lif import mean_decay
from reservoir.neurons.spiking.statements import Statements
from spiking.circuit_text import CircuitText, UnitText, engine_lines


def write_step(network: CircuitText, statements: Statements, injected: bool, timed: bool = False) -> UnitText:
    """The very step of the compiled units: same order, same coefficients, so that spikes are the same."""
    kinds, dt = network.kinds, network.dt
    opens = len(kinds.conductances) > 0 and network.opens
    texts = [statements.conducting if opens and statements.conducting else statements.step]
    texts += [statements.threshold, statements.reset]
    numbers = {name: value for name, value in network.coefficients.items() if name != "refractory"}
    by_current = {name: value for name, value in numbers.items() if name.startswith(("weights", "means"))}
    sums = {name: _sum(name, len(kinds.currents)) for name in by_current}
    numbers = _spread(numbers, by_current)
    numbers |= {f"decay_I_{k}": np.exp(-dt / tau) for k, tau in enumerate(kinds.currents)}
    for k, (reversal, tau) in enumerate(kinds.conductances):
        mean = mean_decay(tau, dt)
        numbers |= {f"decay_G_{k}": np.exp(-dt / tau), f"open_G_{k}": mean}
        numbers |= {f"pull_G_{k}": mean * reversal, f"reversal_G_{k}": reversal}
    step = "\n".join([*_heard(network, statements, injected), texts[0].format(**sums), *_decays(network)])
    used = set(re.findall(r"\w+", " ".join([step, *texts[1:]])))
    numbers = {name: value for name, value in numbers.items() if name in used}
    units = {name: statements.units.get(name, "1") for name in numbers}
    constants = {name: (float(value), units[name]) for name, value in numbers.items() if not np.ndim(value)}
    by_unit = {name: (np.asarray(value), units[name]) for name, value in numbers.items() if np.ndim(value)}
    lines = [*_variables(network, statements), *engine_lines(network, injected, timed)]
    lines += [f"{name} : {units[name]} (shared, constant)" for name in constants]
    lines += [f"{name} : {units[name]} (constant)" for name in by_unit]
    return UnitText("\n".join(lines), "", constants, by_unit, {}, step)


def _sum(name: str, n_currents: int) -> str:
    """The currents, each times its coefficient."""
    return " + ".join(f"{name}_{k} * I_{k}" for k in range(n_currents)) or "0"


def _spread(numbers: Mapping[str, np.ndarray], by_current: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Coefficients, those of currents each under a name of its own."""
    found = {name: value for name, value in numbers.items() if name not in by_current}
    return found | {f"{name}_{k}": one for name, values in by_current.items() for k, one in enumerate(values)}


def _heard(network: CircuitText, statements: Statements, injected: bool) -> list[str]:
    """Statements of what units hear in a step."""
    conductances = range(len(network.kinds.conductances))
    external = ["I_injected"] * injected + ["I_background"] * (network.background is not None)
    external += [f"pull_G_{k} * G_{k}" if network.opens else f"G_{k} * (reversal_G_{k} - v)" for k in conductances]
    copied = "clip(v, -1e300, 1e300)"  # `before = v` would be v itself in NumPy, where a step writes v = v + ...
    return [
        *([f"{statements.before} = {copied}"] if statements.before else []),
        "free = int(not_refractory)",
        f"external = {' + '.join(external) or '0'}",
        f"conductance = {' + '.join(f'open_G_{k} * G_{k}' for k in conductances) or '0'}",
        *([] if network.noisy else ["normal = 0"]),
    ]


def _decays(network: CircuitText) -> list[str]:
    """Statements by which currents and conductances decay."""
    names = [f"I_{k}" for k in range(len(network.kinds.currents))]
    names += [f"G_{k}" for k in range(len(network.kinds.conductances))]
    return [f"{name} = {name} * decay_{name}" for name in names]


def _variables(network: CircuitText, statements: Statements) -> list[str]:
    """Declarations of all that changes: Brian2 has flags, and its step, for differential equations only."""
    (voltage, unit), *others = statements.variables.items()
    lines = [f"d{voltage}/dt = 0 * {unit} / second : {unit}{' (unless refractory)' if statements.held else ''}"]
    lines += [f"{name} : {unit}" for name, unit in others]
    lines += [f"{statements.before} : volt"] if statements.before else []
    lines += [f"I_{k} : amp" for k in range(len(network.kinds.currents))]
    lines += [f"G_{k} : siemens" for k in range(len(network.kinds.conductances))]
    return lines
