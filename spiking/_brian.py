"""The only file that imports Brian2, and only when a simulation is wanted."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from reservoir.circuits import PoissonBackground
from spiking.network import Answer, Network, Path, Trial

_busy = threading.Lock()
_FOR_EVER = 1e6  # seconds; Brian2 takes a unit that has not fired for one that fired 1e4 seconds ago
_ALIKE = 1e-8  # relative difference of time constants below which the exact solution loses its digits


def engine() -> ModuleType:
    """Brian2, imported once, in the main thread, without its side effects on the rest of the program.

    The import of Brian2 replaces ``sys.excepthook``, which would put its bug-report text behind every uncaught error
    of the user's own script, sends all warnings to its own log, answers Ctrl-C itself, and opens a file for its log and
    a copy of the script. All of that is put back or removed.

    Raises RuntimeError outside the main thread, where Brian2 cannot be imported.
    """
    if "brian2" in sys.modules:
        return sys.modules["brian2"]
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "Brian2 must be imported in the main thread: do that before other threads start; give Dask workers "
            "--preload brian2."
        )
    hook, interrupt, shown = sys.excepthook, signal.getsignal(signal.SIGINT), warnings.showwarning
    try:
        import brian2
    finally:
        sys.excepthook = hook
        signal.signal(signal.SIGINT, interrupt)
        if warnings.showwarning is not shown:
            logging.captureWarnings(False)
    brian2.prefs.logging.file_log = False
    _remove_files(brian2.BrianLogger)
    return brian2


def _remove_files(log: Any) -> None:
    """Close and remove the files that Brian2 has opened while it was imported."""
    if log.file_handler is not None:
        logging.getLogger("brian2").removeHandler(log.file_handler)
        log.file_handler.close()
    for path in (log.tmp_log, log.tmp_script):
        if path is not None and os.path.exists(path):
            os.remove(path)
    log.file_handler = log.tmp_log = log.tmp_script = None


@contextmanager
def _settings(brian2: ModuleType, codegen: str) -> Iterator[None]:
    """Brian2 as a simulation needs it; its settings and the random numbers of the program are put back.

    An interrupt ends a simulation: Brian2 by itself stops where it is and returns as if all were done.
    """
    device, stop = brian2.get_device(), "core.stop_on_keyboard_interrupt"
    wanted = {"codegen.target": codegen, "core.default_float_dtype": np.float64, stop: False}
    before = {name: brian2.prefs[name] for name in wanted}
    random = device.get_random_state()
    try:
        for name, value in wanted.items():
            brian2.prefs[name] = value
        yield
    finally:
        for name, value in before.items():
            brian2.prefs[name] = value
        device.set_random_state(random)


def run_trials(network: Network, trials: list[Trial], codegen: str, seed: int, voltages: bool) -> list[Answer]:
    """All trials side by side, as unconnected parts of one network.

    Raises RuntimeError where another simulation is under way: in threads Brian2 gives wrong spikes without a word.
    """
    if not _busy.acquire(blocking=False):
        raise RuntimeError(
            "Another Brian2 simulation is under way in this process, where two would disturb one another without an "
            "error: run them one after the other, or in processes of their own."
        )
    try:
        brian2 = engine()
        with _settings(brian2, codegen):
            return _Tiles(brian2, network, trials, seed, voltages).run()
    finally:
        _busy.release()


@dataclass(frozen=True)
class _Exact:
    """Brian2's exact step of a unit that is free; Brian2 writes no voltage of one that is not.

    For both at once its step takes an exponential a unit, and divides by zero where a current decays with the time
    constant of the membrane. Brian2 keeps every method for ever, equal ones once: so it must not hold a network.
    """

    brian2: ModuleType
    model: str

    def __call__(self, _: Any, variables: Any, options: Any) -> str:
        free = self.brian2.Equations(self.model.replace("(unless refractory)", ""))
        return self.brian2.exact(free, variables, options)


class _Tiles:
    """K trials of one network as one Brian2 network of K times as many units."""

    def __init__(self, brian2: ModuleType, network: Network, trials: list[Trial], seed: int, voltages: bool):
        self.brian2, self.network, self.trials = brian2, network, trials
        self.n_units, self.n_tiles = len(network.excitatory), len(trials)
        self.n_steps = max(trial.n_steps for trial in trials)
        brian2.seed(seed)
        # Named, since the names that Brian2 gives to clocks differ from run to run and stand in the code it compiles.
        self.clock = brian2.Clock(dt=network.dt * brian2.second, name="steps")
        self.units = self._make_units()
        self.inputs, self.selves = self._make_sources()
        self.synapses = [
            self._connect(path, f"path_{k:02d}", self._source(path)) for k, path in enumerate(network.paths)
        ]
        own = [path for path in network.paths if path.projection == "recurrent" and self.selves is not None]
        self.copies = [self._connect(path, f"own_{k:02d}", self.selves) for k, path in enumerate(own)]
        self.spikes = brian2.SpikeMonitor(self.units, name="spikes")
        self.watch = (
            [brian2.StateMonitor(self.units, "v", record=True, when="end", name="voltages")] if voltages else []
        )

    def run(self) -> list[Answer]:
        parts = [self.units, self.inputs, self.selves, *self.synapses, *self.copies, self.spikes, *self.watch]
        whole = self.brian2.Network([part for part in parts if part is not None])
        whole.run(self.n_steps * self.network.dt * self.brian2.second, namespace={})
        steps = np.round(np.asarray(self.spikes.t) / self.network.dt).astype(np.int64)
        fired = np.column_stack([steps, np.asarray(self.spikes.i, dtype=np.int64)])
        return [self._answer(tile, fired) for tile in range(self.n_tiles)]

    def _value(self, value: Any, unit: str) -> Any:
        """An SI number or array with its unit."""
        b = self.brian2
        units = {
            "volt / second": b.volt / b.second, "volt * second**-0.5": b.volt * b.second**-0.5, "1": 1,
            **{name: getattr(b, name) for name in ("volt", "amp", "second", "siemens", "farad", "ohm", "hertz")},
        }  # fmt: skip
        return value * units[unit]

    def _make_units(self) -> Any:
        brian2, network, equations = self.brian2, self.network, self.network.equations
        noisy = equations.parameters["noise"][0] != 0
        text, namespace, pairs = self._write_units(noisy)
        method: Any = _Exact(brian2, text) if equations.method == "exact" else equations.method
        units = brian2.NeuronGroup(
            self.n_units * self.n_tiles,
            text,
            threshold=f"listening and {equations.threshold}",
            reset=equations.reset or "v = v",
            refractory="hold",
            method="euler" if noisy else method,
            clock=self.clock,
            namespace=namespace,
            name="units",
        )
        if "before" in equations.threshold:
            units.run_regularly("before = v", when="start", name="remember")
        for row, (name, unit) in enumerate(equations.variables):
            values = np.concatenate([trial.variables[row] for trial in self.trials])
            setattr(units, name, self._value(values, unit))
        for name, values in pairs.items():
            setattr(units, name, values)
        if network.background is not None:
            self._add_background(units, network.background)
        hold = np.where(network.listening, network.refractory * network.dt, _FOR_EVER)
        units.hold = self._tiled(hold) * brian2.second
        units.listening = self._tiled(network.listening)
        return units

    def _write_units(self, noisy: bool) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Equations of the units, their numbers, and those that differ between the two kinds of units."""
        network, n_kinds = self.network, len(self.network.time_constants)
        currents = [f"I_{k}" for k in range(n_kinds)]
        membrane = network.equations.parameters.get("tau", (0.0, "second"))[0]
        decays = ["tau" if abs(tau - membrane) < _ALIKE * tau else f"tau_I_{k}"
                  for k, tau in enumerate(network.time_constants)]  # fmt: skip
        lines = [f"d{name}/dt = -{name} / {decay} : amp" for name, decay in zip(currents, decays, strict=True)]
        namespace = {f"tau_I_{k}": self._value(float(tau), "second") for k, tau in enumerate(network.time_constants)}
        if self.trials[0].currents is not None:
            namespace["injected"] = self._injected()
            lines.append("I_injected = injected(t, i) : amp")
            currents.append("I_injected")
        if network.background is not None:
            lines += ["I_background : amp (constant)", "outside_rate : hertz (constant)"]
            lines += [f"outside_{k} : amp (constant)" for k in range(n_kinds)]
            currents.append("I_background")
        pairs = {}
        for name, (value, unit) in network.equations.parameters.items():
            if isinstance(value, tuple | list):
                pairs[name] = self._value(self._tiled(np.where(network.excitatory, value[0], value[1])), unit)
                lines.append(f"{name} : {unit} (constant)")
            else:
                namespace[name] = self._value(float(value), unit)
        lines += ["hold : second (constant)", "listening : boolean (constant)"]
        lines += ["before : volt"] if "before" in network.equations.threshold else []
        noise = network.equations.noise if noisy else ""
        text = network.equations.text.format(current=" + ".join(currents), noise=noise)
        return "\n".join([text, *lines]), namespace, pairs

    def _add_background(self, units: Any, background: PoissonBackground) -> None:
        """Let the units hear Poisson jumps when spikes are delivered; Brian2 draws how many."""
        lines = ["hits = poisson(outside_rate * dt)"]
        for k, time_constant in enumerate(self.network.time_constants):
            weight = np.where(background.time_constant == time_constant, background.weight, 0.0)
            setattr(units, f"outside_{k}", self._value(self._tiled(weight), "amp"))
            lines += [f"I_{k} += outside_{k} * hits"] if weight.any() else []
        units.I_background = self._value(self._tiled(background.current), "amp")
        units.outside_rate = self._value(self._tiled(background.rate), "hertz")
        if len(lines) > 1:
            units.run_regularly("\n".join(lines), when="synapses", name="outside")

    def _injected(self) -> Any:
        """Currents (n_rows, n_units of all tiles), rows of equal duration."""
        rows = [trial.currents for trial in self.trials if trial.currents is not None]
        steps = -(-self.trials[0].n_steps // len(rows[0]))
        longest = max(map(len, rows))
        padded = [np.concatenate([one, np.repeat(one[-1:], longest - len(one), axis=0)]) for one in rows]
        return self.brian2.TimedArray(
            np.hstack(padded) * self.brian2.amp, dt=steps * self.network.dt * self.brian2.second, name="injected"
        )

    def _make_sources(self) -> tuple[Any, Any]:
        """Generators of the spikes of the channels, and of the units that fire of themselves."""
        tiles = [np.full(len(trial.events), tile) for tile, trial in enumerate(self.trials)]
        tile, events = np.concatenate(tiles), np.concatenate([trial.events for trial in self.trials])
        own = events[:, 1] < self.n_units
        channels = events[~own, 1] - self.n_units + tile[~own] * self.network.n_inputs
        inputs = self._generator("inputs", self.network.n_inputs * self.n_tiles, channels, events[~own, 0])
        selves = self._generator("selves", self.n_units * self.n_tiles, events[own, 1] + tile[own] * self.n_units,
                                 events[own, 0]) if own.any() else None  # fmt: skip
        self.own = np.column_stack([events[own, 0], events[own, 1] + tile[own] * self.n_units])
        return inputs, selves

    def _generator(self, name: str, size: int, senders: np.ndarray, steps: np.ndarray) -> Any:
        if not size:
            return None
        order = np.lexsort((senders, steps))
        times = steps[order] * self.network.dt * self.brian2.second
        return self.brian2.SpikeGeneratorGroup(size, senders[order], times, clock=self.clock, sorted=True, name=name)

    def _source(self, path: Path) -> Any:
        return self.units if path.projection == "recurrent" else self.inputs

    def _connect(self, path: Path, name: str, source: Any) -> Any:
        brian2 = self.brian2
        size = self.n_units if path.projection == "recurrent" else self.network.n_inputs
        model, before, after, namespace = ["w : amp", "direction : 1 (constant)"], [], [], {}
        amount = "w"
        if path.dynamics is not None:
            model += ["U : 1", "D : second (constant)", "F : second (constant)", "u : 1", "R : 1", "last : second"]
            before += ["R = 1 + (R - u * R - 1) * exp(-(t - last) / D)"]
            before += ["u = U + u * (1 - U) * exp(-(t - last) / F)", "last = t"]
            amount = "w * u * R"
        before.append(f"I_{path.current}_post += direction * {amount}")
        rule = path.rule
        if rule is not None:
            model += rule.model.strip().split("\n")
            before += rule.on_pre
            after += rule.on_post
            namespace = {key: self._value(float(value), unit) for key, (value, unit) in rule.parameters.items()}
        synapses = brian2.Synapses(
            source, self.units, "\n".join(model), on_pre="\n".join(before), on_post="\n".join(after) or None,
            namespace=namespace, clock=self.clock, name=name, method="exact",
        )  # fmt: skip
        shifts = np.repeat(np.arange(self.n_tiles), len(path.pre))
        synapses.connect(i=self._tiled(path.pre) + shifts * size, j=self._tiled(path.post) + shifts * self.n_units)
        synapses.pre.delay = self._tiled(path.delay) * self.network.dt * brian2.second
        synapses.w = self._tiled(np.abs(path.weight)) * brian2.amp
        synapses.direction = self._tiled(np.sign(path.weight))
        if path.dynamics is not None:
            U, D, F = (self._tiled(values) for values in path.dynamics)
            synapses.U, synapses.D, synapses.F, synapses.R = U, D * brian2.second, F * brian2.second, 1
        if rule is not None:
            synapses.pre.order = 0
            if after:
                synapses.post.order = 1  # Brian2's own order of the two is that of their names
        return synapses

    def _tiled(self, values: np.ndarray) -> np.ndarray:
        return np.tile(values, self.n_tiles)

    def _answer(self, tile: int, fired: np.ndarray) -> Answer:
        trial, units = self.trials[tile], slice(tile * self.n_units, (tile + 1) * self.n_units)
        spikes = np.concatenate([fired, self.own])
        spikes = spikes[(spikes[:, 1] >= units.start) & (spikes[:, 1] < units.stop) & (spikes[:, 0] < trial.n_steps)]
        spikes[:, 1] -= units.start
        spikes = spikes[np.lexsort((spikes[:, 1], spikes[:, 0]))]
        voltages = np.asarray(self.watch[0].v)[units, : trial.n_steps].T.copy() if self.watch else None
        learned: dict[str, dict[str, np.ndarray]] = {}
        for path, synapses in zip(self.network.paths, self.synapses, strict=True):
            if path.rule is not None:
                found = learned.setdefault(path.projection, {})
                part = slice(tile * len(path.pre), (tile + 1) * len(path.pre))
                found.setdefault("which", np.zeros(0, int))
                found["which"] = np.concatenate([found["which"], path.which])
                for name in path.rule.learned:
                    values = np.asarray(getattr(synapses, name))[part] * (np.sign(path.weight) if name == "w" else 1)
                    found[name] = np.concatenate([found.get(name, np.zeros(0)), values])
        return Answer(spikes, voltages, learned)
