"""What is asked of a public name, by its kind: arguments that make it small and quick, and the numbers it answers.

`of_exports` gives the entries of a whole room, so that a new part of one that stands here needs no line of its own.
"""

import importlib
import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

import reservoir
import spiking
from reservoir import EchoState, LiquidState
from reservoir.circuits import MaassColumn
from reservoir.neurons import LIF
from reservoir.rnn import RNNRegressor
from reservoir.spikes import SpikeTrains

T, F = 12, 2
X = np.random.default_rng(3).uniform(size=(T, F))
Y, LABELS = X[:, 0] + 1, np.array(list("ab" * (T // 2)))
ROWS, STACK = X, np.stack([X, X[::-1], X])
SERIES = np.random.default_rng(4).uniform(size=(80, 1))
SYSTEM = EchoState(6, random_state=0)
COLUMN = MaassColumn((2, 2, 2), weight_scale=3.0).draw(np.random.default_rng(0))
FAINT = MaassColumn((2, 2, 2), weight_scale=0.03, input_scale=0.03).draw(np.random.default_rng(0))  # for other units
TRAINS = SpikeTrains(np.arange(0.001, 0.02, 0.002), np.zeros(10, int), 1, 0.02)


@dataclass
class Entry:
    """A public callable: keyword arguments that work, what takes data, and how its numbers are asked for."""

    arguments: dict[str, Any]
    ask: Any  # (made, X) -> the numbers; `made` is what the call gave, fitted where there is `fit`
    X: Any = None
    y: Any = None
    fit: Any = None  # (made, X, y)
    slow: bool = False  # more than some 20 ms
    fixed: tuple = ()  # arguments that are left as they are
    call: Any = None  # what is called instead of the name itself

    def make(self, name):
        """The object or answer of the name, fitted where there is `fit`."""
        made = self.called(name)(**self.arguments)
        if self.fit is not None:
            self.fit(made, self.X, self.y)
        return made

    def called(self, name):
        """What makes the object or the answer of the name."""
        return self.call or object_of(name)


def object_of(name):
    """What a full name means."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def of_exports(room, kind, entry, *data, **known):
    """Such an entry for everything of a kind that a room exports, with those of the known arguments that it takes.

    A kind is a class from which parts derive, the name of a method that they have, or "function".
    """
    found = {name: getattr(room, name) for name in room.__all__}
    found = {name: part for name, part in found.items() if _is_of(part, kind)}
    taken = {name: inspect.signature(part).parameters for name, part in found.items()}
    return {
        f"{room.__name__}.{name}": entry(*data, **{one: known[one] for one in known if one in taken[name]})
        for name in found
    }


def _is_of(part, kind):
    if kind == "function":
        return inspect.isfunction(part)
    return isinstance(part, type) and (hasattr(part, kind) if isinstance(kind, str) else issubclass(part, kind))


def numbers(answer):
    """All arrays of numbers in what a call answers."""
    if hasattr(answer, "toarray") or isinstance(answer, str | bytes | type | None):
        return [answer.toarray()] if hasattr(answer, "toarray") else []
    if isinstance(answer, np.ndarray) and answer.dtype.kind in "OUS":
        return [found for member in answer if answer.dtype == object for found in numbers(member)]
    if isinstance(answer, np.ndarray | np.generic | int | float | complex):
        return [np.asarray(answer)]
    if isinstance(answer, dict):
        return [found for value in answer.values() for found in numbers(value)]
    if isinstance(answer, list | tuple):
        return [found for value in answer for found in numbers(value)]
    return numbers(dict(vars(answer))) if hasattr(answer, "__dict__") else []


def itself(made, X=None):
    return numbers(made)


def fits(system, X, y):
    system.fit(X)


def fits_targets(model, X, y):
    model.fit(X, y)


def states(system, X):
    found = system.run(X)[0]
    assert len(found) == len(X)
    return numbers(found)


def predictions(model, X):
    found = model.predict(X)
    assert len(found) == len(X)
    decided = model.decision_function(X) if hasattr(model, "decision_function") else 0.0
    return numbers([found, decided])


def system(X=X, **arguments):
    return Entry(arguments, states, X, None, fits)


def model(X, y, **arguments):
    return Entry(arguments, predictions, X, y, fits_targets)


def chosen(search, X):
    return predictions(search, X) if hasattr(search, "predict") else numbers(search.cv_results_["mean_test_score"])


# What a part is put into


def topology(spectral_radius=0.9, **arguments):
    def ask(part, X):
        return states(EchoState(6, topology=part, spectral_radius=spectral_radius, random_state=0).fit(ROWS), ROWS)

    return Entry(arguments, ask)


def wiring(name, **arguments):
    def ask(part, X):
        return states(EchoState(6, random_state=0, **{name: part}).fit(ROWS), ROWS)

    return Entry(arguments, ask)


def rate_unit(**arguments):
    return Entry(arguments, lambda part, X: states(EchoState(6, unit=part, random_state=0).fit(ROWS), ROWS))


def drawn(part, X):
    return numbers(part.draw(np.random.default_rng(0), n_inputs=2))


def generator(**arguments):
    return Entry(arguments, drawn)


def neuron(**arguments):
    def ask(part, X):
        circuit = COLUMN if isinstance(part, LIF) else FAINT
        return numbers(simulated(reservoir.simulate, circuit=circuit, neuron=part))

    return Entry(arguments, ask)


def simulated(simulate, **arguments):
    return simulate(**{"circuit": COLUMN, "spikes": TRAINS, "record": "voltages", "random_state": 0} | arguments)


def encoder(X=X, **arguments):
    small = MaassColumn((2, 2, 2))

    def ask(part, X):
        return states(LiquidState(small, encoder=part, random_state=0).fit(X), X)

    return Entry(arguments, ask, X)


def trace(**arguments):
    return Entry(arguments, lambda part, X: numbers(part.filter(TRAINS, 0.005, 4)))


def pooling(**arguments):
    def ask(part, X):
        if hasattr(part, "fit"):
            part.fit(lambda chosen: (STACK[k] for k in chosen), len(STACK))
        return numbers(part.pool(ROWS))

    return Entry(arguments, ask)


def cell(**arguments):
    def ask(part, _):
        with_times = np.c_[X, np.arange(len(X))]
        network = RNNRegressor(part, 3, max_iter=1, tol=None, random_state=0)
        return predictions(network.fit(with_times, Y), with_times)

    return Entry(arguments, ask)


def rule(**arguments):
    def ask(part, X):
        units = LIF(
            rest=-0.07, threshold=-0.055, reset=-0.0565, initial=(-0.0565, -0.055)
        )  # where rules expect voltages
        options = {"neuron": units, "record": "weights", "codegen": "numpy"}
        answer = simulated(spiking.simulate, plasticity={"recurrent": part}, **options)
        return numbers(answer.circuit.recurrent.weight)

    return Entry(arguments, ask, slow=True)


def function(*, slow=False, fixed=(), call=None, **arguments):
    return Entry(arguments, itself, slow=slow, fixed=fixed, call=call)
