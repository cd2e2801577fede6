"""Circuits whose in-degrees and out-degrees both follow power laws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.circuits.mean_degree import MeanDegreeCircuit
from reservoir.circuits.synapses import Connections
from reservoir.validation import Parameters

_BLOCK = 1 << 20  # pairs of units looked at together


@dataclass(eq=False, repr=False, kw_only=True)
class TwoWayPowerLawCircuit(MeanDegreeCircuit):
    """Circuit with two power laws: few units hear very many, and few units, most often others, send to very many.

        P(next synapse is a -> b) ~ r_a**(-1 / (out_exponent - 1)) s_b**(-1 / (in_exponent - 1)),
        P(out-degree = k) ~ k**-out_exponent,   P(in-degree = k) ~ k**-in_exponent

    where r and s are the ranks of the units, 1 to n_units, in two random orders. Pairs not yet taken are drawn one by
    one, until there are round(n_units * n_synapses_per_unit). The laws hold for the tails, up to degrees at which a hub
    is joined to nearly all units. No unit hears itself. The synapses are those of `MaassColumn`, see there; only its C
    plays no part.

    That such circuits stand damage better than others is the claim of Hazan and Manevitz. This way to draw them, that
    the two orders are independent, and both exponents are this library's choice.

    Parameters
    ----------
    n_units : int >= 2, default 135
        Units.
    n_synapses_per_unit : float in [0, n_units - 1], default 4.7
        Mean of both degrees, of what a unit sends and of what it receives; about that of `MaassColumn()`, 4.72.
    in_exponent, out_exponent : float > 2, default 2.5
        Exponents of the two laws; large ones give a random circuit.
    excitatory_fraction, preset, weight_scale, input_scale, input_probability : default as `Synapses`
        What units and synapses are like; see `Synapses`.

    Raises
    ------
    ValueError
        For fewer than 2 units, more synapses than pairs of units, or an exponent of 2 and less.

    References
    ----------
    Hazan and Manevitz 2012, Topological constraints and robustness in liquid state machines, Expert Systems with
    Applications 39(2):1597-1606, doi:10.1016/j.eswa.2011.06.052.
    Goh, Kahng, Kim 2001, Universal behavior of load distribution in scale-free networks, Physical Review Letters
    87:278701, doi:10.1103/PhysRevLett.87.278701.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import TwoWayPowerLawCircuit
    >>> recurrent = TwoWayPowerLawCircuit(500, 4).draw(np.random.default_rng(0)).recurrent
    >>> len(recurrent), bool(min(np.bincount(recurrent.pre).max(), np.bincount(recurrent.post).max()) > 10 * 4)
    (2000, True)
    """

    in_exponent: float = 2.5
    out_exponent: float = 2.5

    def _connect(self, n_synapses: float, rng: np.random.Generator) -> Connections:
        sending, hearing = (self._logarithms(name, rng) for name in ("out_exponent", "in_exponent"))
        return np.divmod(_heaviest(sending, hearing, round(n_synapses), rng), self.n_units)

    def _logarithms(self, name: str, rng: np.random.Generator) -> np.ndarray:
        """Logarithms of the weights of all units, in random order, for this exponent of the degrees."""
        exponent = Parameters(self).real(name, 2, closed="neither")
        return -np.log(rng.permutation(self.n_units) + 1.0) / (exponent - 1)


def _heaviest(sending: np.ndarray, hearing: np.ndarray, n_synapses: int, rng: np.random.Generator) -> np.ndarray:
    """Places sender * n_units + receiver, drawn without repetition, each in proportion to the exponentials of both.

    The largest of log(weight) + Gumbel noise are such a draw. Units go by blocks, so that memory stays small.
    """
    n_units = len(sending)
    rows = max(1, _BLOCK // n_units)
    keys, places = np.zeros(0), np.zeros(0, dtype=np.int64)
    for first in range(0, n_units, rows):
        block = np.arange(first, min(first + rows, n_units))
        new = sending[block][:, None] + hearing + rng.gumbel(size=(len(block), n_units))
        new[np.arange(len(block)), block] = -np.inf
        keys = np.concatenate([keys, new.ravel()])
        places = np.concatenate([places, np.arange(first * n_units, first * n_units + new.size)])
        if len(keys) > n_synapses:
            best = np.argpartition(-keys, n_synapses)[:n_synapses]
            keys, places = keys[best], places[best]
    return places
