"""What a simulation keeps: as a whole, in the end, and over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from reservoir.circuits import Circuit
from reservoir.sizes import check_fits
from reservoir.systems.circuit_state import CircuitState
from reservoir.systems.stimuli import whole_steps
from reservoir.trains import SpikeTrains
from reservoir.validation import check_real, parameter_error

Record: TypeAlias = str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]
"""Names of what is kept as a whole, a dict of what is kept over time, or a list of both."""

Places: TypeAlias = Mapping[str, np.ndarray]
"""Numbers of units or synapses by the name of a variable, or of a projection."""

OF_CIRCUITS = ("current", "conductance")
"""What all units have besides the variables of their model."""

_OF_SYNAPSES = ("weights", "traces")


@dataclass(frozen=True, eq=False)
class Recording:
    """What a simulation gives.

    What was recorded over time is an attribute by its name, as ``recording.v`` and ``recording.theta``, (n, k).

    Attributes
    ----------
    spikes : SpikeTrains of the units
    voltages : None or array (n_steps, n_units), volts at the end of each step
    circuit : None or Circuit with the weights after the simulation, where they were plastic
    traces : None or dict by projection of dicts of arrays (n_synapses,)
        Traces of a plasticity rule after the simulation, by their names; 0 at synapses that do not learn. Recorded over
        time they are arrays (n, k).
    times : None or array (n,)
        Seconds from the beginning of the recording of what was recorded over time: what stood there before the step
        that begins then.
    weights : None or dict by projection of arrays (n, k)
        Weights over time, amperes or siemens, with their signs.
    variables : dict by name of arrays (n, k), or of dicts of these by projection
        All that was recorded over time.
    state : None or `CircuitState`
        Where the simulation has stopped.
    """

    spikes: SpikeTrains
    voltages: np.ndarray | None = None
    circuit: Circuit | None = None
    traces: dict[str, dict[str, np.ndarray]] | None = None
    times: np.ndarray | None = None
    weights: dict[str, np.ndarray] | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    state: CircuitState | None = None

    def __getattr__(self, name: str) -> Any:
        variables = self.__dict__.get("variables", {})
        if name not in variables:
            raise AttributeError(f"{type(self).__name__} has no '{name}', and none was recorded over time.")
        return variables[name]

    def __repr__(self) -> str:
        names = ("voltages", "circuit", "traces", "state")
        more = [name for name in names if getattr(self, name) is not None]
        over_time = [f"{name} over time" for name in self.variables]
        return f"<Recording: {', '.join([str(self.spikes), *dict.fromkeys([*more, *over_time])])}>"


class Wanted(NamedTuple):
    """What is to be kept of a simulation."""

    names: tuple[str, ...] = ()  # as a whole, or in the end
    units: Places = MappingProxyType({})  # over time, by variable
    synapses: Mapping[str, Places] = MappingProxyType({})  # over time, by variable and projection
    every: int = 0  # steps from one row to the next; 0: nothing over time

    def rows(self, begun: int, n_steps: int) -> tuple[int, int]:
        """Number of the first row of a run that begins so many steps after the simulation did, and how many it has."""
        if not self.every:
            return 0, 0
        first = -(-begun // self.every)
        return first, max(0, -(-(begun + n_steps) // self.every) - first)

    def times(self, begun: int, n_steps: int, dt: float) -> np.ndarray | None:
        """Seconds (n,) of the rows, from the beginning of a run."""
        first, n_rows = self.rows(begun, n_steps)
        return ((first + np.arange(n_rows)) * self.every - begun) * dt if self.every else None

    @property
    def n_values(self) -> int:
        """How many numbers a row has."""
        of_synapses = [places for by_name in self.synapses.values() for places in by_name.values()]
        return sum(map(len, [*self.units.values(), *of_synapses]))

    def check_room(self, n_steps: int, n_units: int, owner: str = "simulate") -> None:
        """Refuse more than the memory holds."""
        if "voltages" in self.names:
            check_recorded(n_steps, n_units, owner)
        if self.every:
            what = f"{self.n_values} values at {n_steps // self.every} times"
            check_fits(owner, "record", list((*self.units, *self.synapses)),
                       8.0 * self.n_values * (n_steps // self.every), what)  # fmt: skip


NOTHING = Wanted()
"""Spikes alone."""


class Known(NamedTuple):
    """What an engine can keep of a circuit."""

    names: tuple[str, ...]  # as a whole
    units: Mapping[str, np.ndarray]  # which units (n_units,) have a variable
    synapses: Mapping[str, Mapping[str, np.ndarray]]  # by projection, which synapses (n_synapses,) have a variable
    learning: Sequence[str] = ()  # projections that learn
    owner: str = "simulate"  # who is asked


def check_recorded(n_steps: int, n_units: int, owner: str = "simulate", name: str = "record") -> None:
    """Refuse voltages that do not fit into the memory."""
    check_fits(owner, name, "voltages", 8.0 * n_steps * n_units, f"those of {n_steps} steps")


def read_record(record: Any, period: float | None, dt: float, circuit: Circuit, known: Known) -> Wanted:
    """What is to be recorded, checked against what there is."""
    given = [record] if isinstance(record, str | Mapping) else record
    if not isinstance(given, list | tuple):
        raise _refused(known, record)
    whole = [one for one in given if not isinstance(one, Mapping)]
    if not all(isinstance(one, str) and one in known.names for one in whole):
        raise _refused(known, record)
    over_time: dict[str, Any] = {}
    for one in given:
        over_time |= one if isinstance(one, Mapping) else {}
    if "traces" in over_time and "traces" in whole:
        raise parameter_error(known.owner, "record", "with traces at the end, or over time", record)
    if not over_time:
        if period is not None:
            raise parameter_error(known.owner, "period", "None where nothing is recorded over time", period)
        return Wanted(tuple(whole))
    units, synapses = {}, {}
    for name, chosen in over_time.items():
        if name in _OF_SYNAPSES or isinstance(chosen, Mapping):
            synapses[name] = _read_synapses(name, chosen, circuit, known)
        else:
            units[name] = _read_units(name, chosen, circuit, known)
    return Wanted(tuple(whole), units, synapses, _read_period(known.owner, period, dt))


def _refused(known: Known, record: Any) -> Exception:
    wanted = f"a tuple of names among {known.names}, or a dict of what is recorded over time"
    return parameter_error(known.owner, "record", wanted, record)


def _read_period(owner: str, period: float | None, dt: float) -> int:
    """Steps from one row to the next."""
    if period is None:
        return 1
    seconds = check_real(owner, "period", period, 0, closed="neither", unit="second")
    return whole_steps(owner, "period", period, seconds, dt)


def _read_units(name: Any, chosen: Any, circuit: Circuit, known: Known) -> np.ndarray:
    """Numbers of the units whose variable is kept."""
    if not isinstance(name, str) or name not in known.units:
        wanted = f"a dict of variables that units have, {', '.join(known.units)}, or synapses by projection"
        raise parameter_error(known.owner, "record", wanted, name)
    if isinstance(chosen, str):
        chosen = circuit.population(chosen)
    units = _numbers(known.owner, name, chosen, circuit.n_units, "units, True, or the name of a population")
    if not known.units[name][units].all():
        having = f"units that have '{name}' ({known.units[name].sum()} of {circuit.n_units} have)"
        raise parameter_error(known.owner, "record", having, chosen)
    return units


def _read_synapses(name: Any, chosen: Any, circuit: Circuit, known: Known) -> dict[str, np.ndarray]:
    """Places of the synapses whose variable is kept, by projection; a choice alone is of the first that learns."""
    if not isinstance(chosen, Mapping):
        if not known.learning:
            wanted = f"synapses by projection where none learns, {{'{name}': {{'recurrent': [0]}}}}"
            raise parameter_error(known.owner, "record", wanted, chosen)
        chosen = {known.learning[0]: chosen}
    found = {}
    for projection, places in chosen.items():
        if projection not in known.synapses:
            wanted = f"synapses of projections, {' or '.join(known.synapses)}"
            raise parameter_error(known.owner, "record", wanted, projection)
        having = known.synapses[projection]
        if name not in having:
            wanted = f"a dict of variables that synapses of '{projection}' have, {', '.join(having)}"
            raise parameter_error(known.owner, "record", wanted, name)
        found[projection] = _numbers(
            known.owner, name, places, len(having[name]), f"synapses of '{projection}', or True"
        )
        if not having[name][found[projection]].all():
            raise parameter_error(known.owner, "record", f"synapses of '{projection}' that have '{name}'", places)
    return found


def _numbers(owner: str, name: str, chosen: Any, size: int, what: str) -> np.ndarray:
    """Numbers (k,) below a size: all for True, some of a slice, a mask, or numbers."""
    if chosen is True:
        return np.arange(size)
    if isinstance(chosen, slice):
        return np.arange(size)[chosen]
    numbers = np.atleast_1d(np.asarray(chosen))
    if numbers.dtype == bool and numbers.shape == (size,):
        return np.flatnonzero(numbers)
    inside = numbers.ndim == 1 and (numbers.dtype.kind in "iu" or not numbers.size)
    if not inside or (numbers.size and not 0 <= numbers.min() <= numbers.max() < size):
        raise parameter_error(owner, "record", f"{what}, in [0, {size}), for '{name}'", chosen)
    return numbers.astype(np.int64)
