"""What Python does for rules while a network runs: weights that are scaled, and what the simulation tells synapses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reservoir.plasticity import Feedback, Scaling
from spiking.feedback import Listener, teller_of

if TYPE_CHECKING:
    from spiking.side_by_side import SideBySide


def scalings_of(built: SideBySide) -> list[Any]:
    """Operations that scale the weights that learn by one rule, from time to time."""
    found: dict[int, tuple[Scaling, list[Any]]] = {}
    for path, synapses in zip(built.network.paths, built.synapses, strict=True):
        if path.rule is not None and path.rule.scaling is not None:
            found.setdefault(id(path.rule), (path.rule.scaling, []))[1].append((path, synapses))
    return [_scale(built, *one) for one in found.values()]


def _scale(built: SideBySide, scaling: Scaling, plastic: list[Any]) -> Any:
    size = built.n_units * built.n_tiles
    lengths = [len(built.sources[group.name]) for group in built.groups]
    firsts = {group.name: sum(lengths[:k]) for k, group in enumerate(built.groups)}
    receivers = [np.asarray(part.j) + firsts[path.target] for path, part in plastic]
    parts = [part for _, part in plastic]

    def weigh() -> np.ndarray:
        sums = [np.bincount(j, np.asarray(part.w_), size) for j, part in zip(receivers, parts, strict=True)]
        return np.asarray(np.sum(sums, axis=0))

    total = weigh() if scaling.total is None else np.full(size, scaling.total)

    def scale() -> None:
        now = weigh()
        factor = np.divide(total, now, out=np.ones(size), where=now > 0)
        for j, part in zip(receivers, parts, strict=True):
            part.w_ = np.asarray(part.w_) * factor[j]

    clock = built.brian2.Clock(dt=scaling.every * built.brian2.second, name=f"scaling_{parts[0].name}")
    return built.brian2.NetworkOperation(scale, clock=clock, when="end", name=f"scale_{parts[0].name}")


def feedback_of(built: SideBySide) -> list[Any]:
    """Operations that tell synapses what comes from the simulation itself, one for each source of it."""
    found: dict[int, tuple[Feedback, list[tuple[Any, int]]]] = {}
    for path, synapses in zip(built.network.paths, built.synapses, strict=True):
        feedback = None if path.rule is None else path.rule.feedback
        if feedback is not None:
            place = synapses.variables[feedback.name].get_value(), len(path.pre)
            found.setdefault(id(feedback.value), (feedback, []))[1].append(place)
    operations = []
    for k, (feedback, places) in enumerate(found.values()):
        clock = built.brian2.Clock(dt=feedback.every * built.brian2.second, name=f"feedback_clock_{k}")
        tell = teller_of(feedback, clock, _listener(built, feedback.every), places, built.n_tiles)
        operations.append(built.brian2.NetworkOperation(tell, clock=clock, when="start", name=f"feedback_{k}"))
    return operations


def _listener(built: SideBySide, every: float) -> Listener:
    """What hears all spikes, those before this run that nobody has been told of among them."""
    first, own = first_untold(built.behind, every, built.network.dt), [built.own]
    for tile, trial in enumerate(built.trials):
        own.append(trial.sent[trial.sent[:, 1] < built.n_units] + np.array([0, tile * built.n_units]))
    steps = np.concatenate(own) + np.array([built.behind, 0])
    return Listener(built.groups, built.spikes, steps, built.n_units, built.network.dt, first)


def first_untold(step: int, every: float, dt: float) -> int:
    """The step that the last call before this step stood in front of, where calls come after every so many seconds."""
    calls = int(np.ceil(step * dt / every - 1e-4 * dt / every))
    return int(np.ceil((calls - 1) * every / dt - 1e-4)) if calls > 0 else 0
