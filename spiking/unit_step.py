"""The step of units that put it in words themselves, as text for Brian2, with all that they hear."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from reservoir.neurons.spiking.lif import mean_decay
from reservoir.neurons.spiking.statements import Statements
from spiking.circuit_text import CircuitText, UnitText, engine_lines
from spiking.receptor_text import blocks_of, names_of_kinds, unblocked

_LARGEST = 1e300  # numbers are clipped to this where they are to be copied: the interpreter makes no copy of a name


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
    numbers |= {f"block_{k}": np.asarray(strength) for k, strength in blocks_of(kinds).items()}
    for k, (reversal, tau, _) in enumerate(kinds.conductances):
        mean = mean_decay(tau, dt)
        numbers |= {f"decay_G_{k}": np.exp(-dt / tau), f"open_G_{k}": mean}
        numbers |= {f"pull_G_{k}": mean * reversal, f"reversal_G_{k}": reversal}
    step = "\n".join([*_whole_step(network, statements, injected, texts[0].format(**sums)), *_decays(network)])
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


def _whole_step(network: CircuitText, statements: Statements, injected: bool, step: str) -> list[str]:
    """Statements of a step; where magnesium blocks conductances it is taken twice, as `conduct_blocked` takes it."""
    lines = ["v = v + J_0"] * network.kinds.jumps
    copied = f"clip(v, -{_LARGEST}, {_LARGEST})"  # `before = v` would be v itself in NumPy, where v = v + ... follows
    lines += [f"{statements.before} = {copied}"] if statements.before else []
    lines += ["free = int(not_refractory)", *([] if network.noisy else ["normal = 0"])]
    heard, blocks = _heard(network, injected), blocks_of(network.kinds)
    if not blocks:
        return [*lines, *heard, step]
    before = [f"unblocked_{k} = {unblocked(f'block_{k}', 'v')}" for k in blocks]
    after = [f"unblocked_{k} = unblocked_{k} + (1 - crosses_first) * 0.5 * ({now} - unblocked_{k})"
             for k in blocks if (now := unblocked(f"block_{k}", "v"))]  # fmt: skip
    keep = [f"began_{name} = clip({name}, -{_LARGEST}, {_LARGEST})" for name in statements.variables]
    again = [f"{name} = began_{name}" for name in statements.variables]
    crosses_first = f"crosses_first = free * int({statements.threshold})"
    return [*lines, *before, *keep, *heard, step, crosses_first, *after, *again, *heard, step]


def _heard(network: CircuitText, injected: bool) -> list[str]:
    """Statements of what flows into units in a step."""
    blocks, conductances = blocks_of(network.kinds), range(len(network.kinds.conductances))
    external = ["I_injected"] * injected + ["I_background"] * (network.background is not None)
    opened = [f"G_{k}" + f" * unblocked_{k}" * (k in blocks) for k in conductances]
    external += [
        f"pull_G_{k} * {one}" if network.opens else f"{one} * (reversal_G_{k} - v)" for k, one in enumerate(opened)
    ]
    return [
        f"external = {' + '.join(external) or '0'}",
        f"conductance = {' + '.join(f'open_G_{k} * {one}' for k, one in enumerate(opened)) or '0'}",
    ]


def _decays(network: CircuitText) -> list[str]:
    """Statements by which currents and conductances decay, and jumps are over."""
    lasting = [name for name in names_of_kinds(network.kinds) if name != "J_0"]
    return [f"{name} = {name} * decay_{name}" for name in lasting] + ["J_0 = 0"] * network.kinds.jumps


def _variables(network: CircuitText, statements: Statements) -> list[str]:
    """Declarations of all that changes: Brian2 has flags, and its step, for differential equations only."""
    (voltage, unit), *others = statements.variables.items()
    lines = [f"d{voltage}/dt = 0 * {unit} / second : {unit}{' (unless refractory)' if statements.held else ''}"]
    lines += [f"{name} : {unit}" for name, unit in others]
    lines += [f"{statements.before} : volt"] if statements.before else []
    return lines + [f"{name} : {unit}" for name, unit in names_of_kinds(network.kinds).items()]
