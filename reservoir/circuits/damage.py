"""Damaged copies of circuits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reservoir.circuits.circuit import Circuit
from reservoir.circuits.projection import Projection
from reservoir.validation import check_choice, check_real, parameter_error


def damaged(
    circuit: Circuit,
    *,
    kind: str = "dead",
    fraction: float,
    of: str = "units",
    rng: np.random.Generator,
    rate: float = 20.0,
) -> Circuit:
    """New circuit in which every unit, or every synapse, is damaged with probability `fraction`, by itself.

    Of units: a "dead" one never spikes, is marked in `dead` and loses the synapses that it sends; a "noise" one fires
    spontaneously at `rate`, see `spontaneous_rate` of `Circuit`, and keeps its synapses; "combined" makes each
    damaged unit one or the other by a fair coin. Of synapses: those between units are removed. Input synapses stay as
    they are. Damage adds up: what was damaged in the given circuit stays so, and a unit once dead is not revived. The
    same `rng` damages the same units whatever the kind, and with a larger fraction also others.

    Parameters
    ----------
    circuit : Circuit
        Circuit that is copied; it does not change.
    kind : {"dead", "noise", "combined"}, default "dead"
        Kind of damage; only "dead" for synapses.
    fraction : float in [0, 1]
        Probability of damage, the mean share of damaged units or synapses.
    of : {"units", "synapses"}, default "units"
        What is damaged.
    rng : numpy.random.Generator
        Source of the draw.
    rate : float > 0, default 20.0
        Hertz, the mean rate of a "noise" unit; this library's choice.

    Returns
    -------
    Circuit
        The damaged copy.

    Raises
    ------
    ValueError
        For an unknown kind of damage, a fraction outside [0, 1], and a rate that is not above 0.

    References
    ----------
    Hazan and Manevitz 2012, Topological constraints and robustness in liquid state machines, Expert Systems with
    Applications 39(2):1597-1606, doi:10.1016/j.eswa.2011.06.052; the kinds of damage are those of the authors' code.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import MaassColumn, damaged
    >>> rng = np.random.default_rng(0)
    >>> circuit = MaassColumn().draw(rng)
    >>> hurt = damaged(circuit, fraction=0.1, rng=rng)
    >>> bool(hurt.dead.any()), circuit.dead is None
    (True, True)
    """
    if not isinstance(circuit, Circuit):
        raise parameter_error("damaged", "circuit", "a Circuit", circuit)
    fraction = check_real("damaged", "fraction", fraction, 0, 1)
    rate = check_real("damaged", "rate", rate, 0, closed="neither", unit="hertz")
    if check_choice("damaged", "of", of, ("units", "synapses")) == "synapses":
        check_choice("damaged", "kind", kind, ("dead",))
        return _thinned(circuit, lambda part: rng.random(len(part)) >= fraction)
    check_choice("damaged", "kind", kind, ("dead", "noise", "combined"))
    hit, coin = rng.random((2, circuit.n_units)) < np.array([[fraction], [0.5]])
    dies = hit & {"dead": True, "noise": False, "combined": coin}[kind]
    return _silence(_set_off(circuit, hit & ~dies, rate), dies)


def _silence(circuit: Circuit, units: np.ndarray) -> Circuit:
    """The circuit with these units dead."""
    if not units.any():
        return replace(circuit)
    dead = units if circuit.dead is None else units | circuit.dead
    rates = None if circuit.spontaneous_rate is None else np.where(dead, 0.0, circuit.spontaneous_rate)
    return _thinned(replace(circuit, dead=dead, spontaneous_rate=rates), lambda part: ~units[part.pre])


def _thinned(circuit: Circuit, kept: Callable[[Projection], np.ndarray]) -> Circuit:
    """The circuit with some of the synapses between its units."""
    for name, source, part in circuit.pathways():
        if source == "units":
            circuit = circuit.replaced(name, part.select(kept(part)))
    return circuit


def _set_off(circuit: Circuit, units: np.ndarray, rate: float) -> Circuit:
    """The circuit with these units firing by themselves."""
    if circuit.dead is not None:
        units = units & ~circuit.dead
    if not units.any():
        return replace(circuit)
    rates = np.zeros(circuit.n_units) if circuit.spontaneous_rate is None else circuit.spontaneous_rate
    return replace(circuit, spontaneous_rate=np.where(units, rate, rates))
