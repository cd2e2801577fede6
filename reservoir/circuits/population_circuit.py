"""Circuits of named populations, and projections between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

import numpy as np

from reservoir.circuits.array_record import is_name
from reservoir.circuits.circuit import Circuit, PoissonBackground
from reservoir.circuits.connection import Connection
from reservoir.circuits.joining import joined_background
from reservoir.circuits.projection import Projection
from reservoir.estimators import BaseEstimator
from reservoir.parts import Numbers
from reservoir.sizes import check_fits
from reservoir.validation import Parameters, check_integer

INPUTS = "inputs"


@dataclass(eq=False, repr=False)
class Population(BaseEstimator):
    """Units of one kind.

    Parameters
    ----------
    n_units : int >= 1
        Number of units.
    excitatory : bool, default True
        Whether they are excitatory, or inhibitory.
    positions : array (n_units, 3) or None, default None
        Where they are, in any unit of length; see `velocity` of `Connection`.
    background : PoissonBackground of one unit or of n_units, or None, default None
        What each of them hears from outside. None: nothing.

    Raises
    ------
    ValueError
        For a parameter out of range, when a circuit is drawn.

    Examples
    --------
    >>> from reservoir.circuits import PoissonBackground, Population
    >>> Population(200, excitatory=False, background=PoissonBackground([8000.0], 9e-11, 5e-4)).excitatory
    False
    """

    n_units: int
    _: KW_ONLY
    excitatory: bool = True
    positions: Numbers | None = None
    background: PoissonBackground | None = None

    def check(self) -> None:
        """Refuse parameters out of range."""
        p = Parameters(self)
        n_units, heard = p.integer("n_units", 1), self.background
        p.flag("excitatory")
        if heard is not None and (not isinstance(heard, PoissonBackground) or len(heard) not in (1, n_units)):
            raise p.error("background", f"None or a PoissonBackground of one unit or of {n_units}")

    def places(self) -> np.ndarray:
        """Positions (n_units, 3), NaN where they are not given."""
        shape = self.n_units, 3
        if self.positions is None:
            return np.full(shape, np.nan)
        return Parameters(self).finite_array("positions", shape, "None or ")


class PopulationCircuit(BaseEstimator):
    """Circuit of populations and of projections between them, each with its own rule and synapses.

    Units stand in the order of the populations. Each projection draws from random numbers of its own, so that what one
    is like changes no other. A search reaches every part by its name, ``projections__EI__weight``,
    ``populations__E__n_units``; rules of plasticity go by the name of a projection. One named "recurrent" or "inputs"
    is that of the `Circuit`.

    `GraphCircuit` and its like have one graph over all units, whatever their kinds, and synapses by the kinds of both
    units.

    Parameters
    ----------
    populations : dict of Population by name
        Names are identifiers without "__"; "E" and "I" only for all excitatory and all inhibitory units.
    projections : dict of Connection by name
        From a population, or from the input channels, which are the source "inputs", to a population.

    Raises
    ------
    ValueError
        For populations that are not there, and parameters out of range.

    References
    ----------
    Brunel 2000, Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons, Journal of
    Computational Neuroscience 8(3):183-208, doi:10.1023/A:1008925309027, for the kind of circuit in the example.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from reservoir.circuits import Connection, Population, PopulationCircuit
    >>> current = {"delay": 1.5e-3, "time_constant": 5e-3}
    >>> brunel = PopulationCircuit(
    ...     {"E": Population(80), "I": Population(20, excitatory=False)},
    ...     {
    ...         "EE": Connection("E", "E", in_degree=8, weight=1e-10, **current),
    ...         "EI": Connection("E", "I", in_degree=8, weight=1e-10, **current),
    ...         "IE": Connection("I", "E", probability=0.1, weight=uniform(4e-10, 2e-10), **current),
    ...         "input": Connection("inputs", "E", graph="all_to_all", weight=1e-10, **current),
    ...     },
    ... )
    >>> circuit = brunel.draw(np.random.default_rng(0), n_inputs=2)
    >>> len(circuit.projection("EE")), bool((circuit.projection("IE").weight < 0).all())
    (640, True)
    """

    def __init__(self, populations: Mapping[str, Population], projections: Mapping[str, Connection]):
        self.populations = populations
        self.projections = projections

    def draw(self, rng: np.random.Generator, n_inputs: int = 1) -> Circuit:
        """A circuit with this many input channels."""
        check_integer(type(self).__name__, "n_inputs", n_inputs, 0)
        populations = self._read_populations()
        sizes = [part.n_units for part in populations.values()]
        label = np.repeat(np.arange(len(sizes)), sizes)
        masks = {name: label == number for number, name in enumerate(populations)}
        excitatory = np.array([part.excitatory for part in populations.values()])[label]
        positions = np.concatenate([part.places() for part in populations.values()])
        between, inputs = self._connect(masks, n_inputs, excitatory, positions, rng)
        return Circuit(
            excitatory,
            between.pop("recurrent", _none()),
            inputs.pop(INPUTS, _none()),
            n_inputs,
            positions if np.isfinite(positions).all() else None,
            background=joined_background([part.background for part in populations.values()], sizes),
            populations=masks,
            projections=between,
            input_projections=inputs,
        )

    def _connect(
        self,
        masks: dict[str, np.ndarray],
        n_inputs: int,
        excitatory: np.ndarray,
        positions: np.ndarray,
        rng: np.random.Generator,
    ) -> tuple[dict[str, Projection], dict[str, Projection]]:
        """Projections between units, and from channels, by name."""
        between: dict[str, Projection] = {}
        inputs: dict[str, Projection] = {}
        connections = self._read_projections(masks)
        seeds = rng.integers(2**63, size=len(connections)).tolist()
        for (name, part), seed in zip(connections.items(), seeds, strict=True):
            targets, own = np.flatnonzero(masks[part.target]), np.random.default_rng(seed)
            if part.source == INPUTS:
                inputs[name] = part.connect(np.arange(n_inputs), targets, own)
            else:
                sources = np.flatnonzero(masks[part.source])
                between[name] = part.connect(sources, targets, own, excitatory=excitatory, positions=positions)
        return between, inputs

    def _read_populations(self) -> dict[str, Population]:
        p, given = Parameters(self), self.populations
        named = isinstance(given, Mapping) and len(given) > 0 and all(map(is_name, given)) and INPUTS not in given
        if not named or not all(isinstance(part, Population) for part in given.values()):
            raise p.error("populations", "a dict of Population by name, identifiers without '__' other than 'inputs'")
        for part in given.values():
            part.check()
        n_units = sum(part.n_units for part in given.values())
        check_fits(p.owner, "populations", given, 40.0 * n_units, f"{n_units:.3g} units")
        return dict(given)

    def _read_projections(self, known: Mapping[str, np.ndarray]) -> dict[str, Connection]:
        p, given = Parameters(self), self.projections
        named = isinstance(given, Mapping) and all(map(is_name, given))
        if not named or not all(isinstance(part, Connection) for part in given.values()):
            raise p.error("projections", "a dict of Connection by name, identifiers without '__'")
        for part in given.values():
            Parameters(part).choice("source", (*known, INPUTS))
            Parameters(part).choice("target", tuple(known))
        return dict(given)


def _none() -> Projection:
    """No synapses."""
    units, numbers = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Projection(units, units, numbers, numbers, numbers)
