"""A user's own network of Brian2, borrowed for some trials and given back; Brian2 itself comes as an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from reservoir.trains import SpikeTrains
from reservoir.validation import parameter_error
from spiking.equation_reading import shortened

_BEFORE, _REST = "before the trials of a reservoir", "rest of a reservoir"


class OwnNetwork:
    """A network, its spikes, and the state in which it was found."""

    def __init__(self, brian2: ModuleType, owner: str, network: Any, monitor: Any, namespace: Mapping[str, Any] | None):
        if not isinstance(network, brian2.Network):
            raise parameter_error(owner, "network", "a Network of Brian2", network)
        if not isinstance(monitor, brian2.SpikeMonitor) or not _holds(network, monitor) or not monitor.record:
            raise parameter_error(owner, "monitor", "a SpikeMonitor of the network that records", monitor)
        if namespace is not None and not isinstance(namespace, Mapping):
            raise parameter_error(owner, "namespace", "None or a dict of names and values", namespace)
        _check_device(brian2, owner, network)
        self.owner, self.network, self.monitor, self.namespace = owner, network, monitor, dict(namespace or {})
        self.n_units = len(monitor.source)
        self._rest = _taken(network, _REST)

    @contextmanager
    def borrowed(self, brian2: ModuleType) -> Iterator[None]:
        """The network for a while, which is then as it was, random numbers too."""
        _check_device(brian2, self.owner, self.network)
        before, runtime = _taken(self.network, _BEFORE), brian2.get_device()
        random = runtime.get_random_state()
        try:
            yield
        finally:
            _put(self.network, _BEFORE, before)
            runtime.set_random_state(random)

    def run(
        self, brian2: ModuleType, seed: int, duration: float, feed: Callable[[float], Any]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Times (n_spikes,), seconds, and units of the spikes in a trial from rest.

        feed(start) : what makes the input ready for a trial that begins at this time of the network, and gives an
        operation that does the rest while it runs, or None.
        """
        _put(self.network, _REST, self._rest)
        start = float(self.network.t_)
        brian2.seed(seed)
        operation = feed(start)
        if operation is not None:
            self.network.add(operation)
        try:
            self.network.run(duration * brian2.second, namespace=self.namespace)
        except brian2.BrianObjectException as error:
            why = shortened(error)
            if "could not be resolved" in why:
                wanted = f"a dict of the names in the equations ({why})"
                raise parameter_error(self.owner, "namespace", wanted, sorted(self.namespace)) from None
            raise
        finally:
            if operation is not None:
                self.network.remove(operation)
        times, units = np.asarray(self.monitor.t_) - start, np.asarray(self.monitor.i)
        new = (times >= -1e-9) & (times < duration)
        return np.maximum(times[new], 0.0), units[new].astype(np.int64)


class Input(Protocol):
    """How a network hears rows, or spikes."""

    spikes: bool  # whether it hears spikes
    size: int  # how many channels

    def feed(self, heard: Any, step: float, start: float) -> Any:
        """Make ready for a trial that begins at `start`, and give an operation that is to run with it, or None."""

    def borrowed(self) -> AbstractContextManager[None]:
        """A context at whose end it is as it was, where the state of the network does not hold it."""
        ...


class SpikeInput:
    """A SpikeGeneratorGroup."""

    spikes = True

    def __init__(self, brian2: ModuleType, group: Any):
        self.second, self.group, self.size = brian2.second, group, len(group)

    borrowed = nullcontext

    def feed(self, heard: SpikeTrains, step: float, start: float) -> None:
        """Hand over the spikes, each channel one in a step."""
        dt = float(self.group.clock.dt_)
        first = round(start / dt)
        pairs = np.unique(np.column_stack([first + heard.steps(dt), heard.units]), axis=0).astype(np.int64)
        self.group.set_spikes(pairs[:, 1], pairs[:, 0] * dt * self.second, sorted=True)


class VariableInput:
    """A variable of a group, set at the beginning of every row."""

    spikes = False

    def __init__(self, brian2: ModuleType, owner: str, group: Any, name: str):
        self.brian2, self.owner, self.group, self.name, self.size = brian2, owner, group, name, len(group)

    borrowed = nullcontext

    def feed(self, heard: np.ndarray, step: float, start: float) -> Any:
        """An operation that sets the values of row after row."""
        if self.name == "rates" and (heard < 0).any():
            raise parameter_error(self.owner, "input", "a PoissonGroup for rates >= 0", heard.min())
        rows = iter(heard)

        def set_row() -> None:
            with suppress(StopIteration):
                setattr(self.group, f"{self.name}_", next(rows))

        clock = self.brian2.Clock(dt=step * self.brian2.second)
        return self.brian2.NetworkOperation(set_row, clock=clock, when="start", order=-1)


class TimedInput:
    """The values of a TimedArray."""

    spikes = False

    def __init__(self, owner: str, array: Any):
        self.owner, self.array = owner, array
        self.size = 1 if array.values.ndim == 1 else array.values.shape[1]

    @contextmanager
    def borrowed(self) -> Iterator[None]:
        """The array for a while."""
        kept = self.array.values.copy()
        try:
            yield
        finally:
            self.array.values[:] = kept

    def feed(self, heard: np.ndarray, step: float, start: float) -> None:
        """Put the rows in their places."""
        dt, values = float(self.array.dt), self.array.values
        first, last = round(start / dt), round((start + len(heard) * step) / dt)
        if abs(step / dt - round(step / dt)) > 1e-6 * step / dt or last > len(values):
            wanted = f"a TimedArray whose dt divides {step:g} s, of at least {last} rows"
            raise parameter_error(self.owner, "input", wanted, self.array)
        rows = np.repeat(heard, round(step / dt), axis=0)
        values[first:last] = rows.reshape((-1, *values.shape[1:]))


def read_input(brian2: ModuleType, owner: str, given: Any, network: Any) -> Input:
    """The input of a network, by what it is."""
    if isinstance(given, brian2.SpikeGeneratorGroup) and _holds(network, given):
        return SpikeInput(brian2, given)
    if isinstance(given, brian2.TimedArray):
        return TimedInput(owner, given)
    pair = (given, "rates") if isinstance(given, brian2.PoissonGroup) else given
    if isinstance(pair, tuple | list) and len(pair) == 2 and isinstance(pair[1], str) and _holds(network, pair[0]):
        variable = pair[0].variables.get(pair[1]) if isinstance(pair[0], brian2.Group) else None
        if isinstance(variable, brian2.core.variables.ArrayVariable) and variable.size == len(pair[0]):
            return VariableInput(brian2, owner, *pair)
        wanted = "a PoissonGroup with plain rates, or a group and its variable with a value for every unit"
        raise parameter_error(owner, "input", wanted, given)
    wanted = "a SpikeGeneratorGroup or PoissonGroup of the network, a TimedArray, or (group, name of a variable)"
    raise parameter_error(owner, "input", wanted, given)


def _check_device(brian2: ModuleType, owner: str, network: Any) -> None:
    if brian2.get_device() is not brian2.devices.all_devices["runtime"]:
        raise parameter_error(owner, "network", "run on the device 'runtime': a C++ program knows no trials", network)


def _holds(network: Any, one: Any) -> bool:
    return any(part is one for part in network.objects)


def _taken(network: Any, name: str) -> Any:
    """The state of a network."""
    network.store(name)
    return network._stored_state.pop(name)


def _put(network: Any, name: str, state: Any) -> None:
    """The network in this state."""
    network._stored_state[name] = state
    try:
        network.restore(name)
    finally:
        del network._stored_state[name]
