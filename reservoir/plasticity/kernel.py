"""The rule of a synapse as compiled functions, which an engine calls at spikes.

A rule gives its `Kernel` beside its text: a NamedTuple of numbers, whose type has some of these compiled functions, all
with the record of numbers first. Without the first two nothing changes there; without the others every trace grows by 1
at a spike, or is set to 1 where the numbers have `nearest`, which is true.

=========================================  ==========================================================================
``on_pre(numbers, value, own, x, y, t)``   a spike arrives, and has been passed on: the new value of the synapse
``on_post(numbers, value, own, x, y, t)``  a spike of the receiver: the new value
``trace_pre(numbers, x)``                  what a spike that arrives leaves in `x`
``trace_post(numbers, y)``                 what a spike of the receiver leaves in `y`
=========================================  ==========================================================================

`value` is the magnitude of the weight, amperes, or U of a dynamic synapse; `x` (n_pre,) are the traces of spikes that
arrive and `y` (n_post,) those of the receiver, as they have decayed to this moment, before this spike is added; `own`
(n_own,) are other variables of the synapse, 0 at first, which the function changes; `t` is the time in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from numba.extending import overload

from reservoir.compilation import kernel


class Kernel(NamedTuple):
    """Compiled functions of a rule, by the type of its numbers, and the names of what they are given."""

    numbers: Any
    pre: tuple[str, ...] = ()  # traces of spikes that arrive, of those of the `Rule`
    post: tuple[str, ...] = ()  # traces of spikes of the receiver
    own: tuple[str, ...] = ()  # other variables of a synapse


def numbers_of(kind: Any, parameters: Mapping[str, tuple[float, str]], **others: Any) -> Any:
    """The record of numbers of a kernel, from the parameters of a `Rule` by their names, and others."""
    found = {name: number for name, (number, _) in parameters.items()} | others
    return kind(**{name: found[name] for name in kind._fields})


@kernel(forceinline=True)
def bounded(weight, largest):
    """The weight, put back into [0, largest]."""
    return min(max(weight, 0.0), largest)


@kernel(forceinline=True)
def grow(p, traces):
    """Let a spike leave 1 more in each trace."""
    for k in range(traces.size):
        traces[k] += 1.0


@kernel(forceinline=True)
def grow_or_set(p, traces):
    """The same, or 1 alone where the nearest spike counts."""
    for k in range(traces.size):
        traces[k] = 1.0 if p.nearest else traces[k] + 1.0


def change_at_arrival(numbers: Any, value: float, own: Any, x: Any, y: Any, t: float) -> float:
    """What `on_pre` of the numbers makes of a value."""
    done: float = type(numbers).on_pre(numbers, value, own, x, y, t) if hasattr(numbers, "on_pre") else value
    return done


def change_at_answer(numbers: Any, value: float, own: Any, x: Any, y: Any, t: float) -> float:
    """What `on_post` of the numbers makes of a value."""
    done: float = type(numbers).on_post(numbers, value, own, x, y, t) if hasattr(numbers, "on_post") else value
    return done


def leave_arrival(numbers: Any, x: Any) -> None:
    """Let an arriving spike leave its traces."""
    leave = type(numbers).trace_pre if hasattr(numbers, "trace_pre") else _grows(hasattr(numbers, "nearest"))
    leave(numbers, x)


def leave_answer(numbers: Any, y: Any) -> None:
    """Let a spike of the receiver leave its traces."""
    leave = type(numbers).trace_post if hasattr(numbers, "trace_post") else _grows(hasattr(numbers, "nearest"))
    leave(numbers, y)


def _grows(choice: bool) -> Any:
    return grow_or_set if choice else grow


def _function_of(numbers: Any, name: str) -> Any:
    return getattr(getattr(numbers, "instance_class", None), name, None)


@overload(change_at_arrival, jit_options={"forceinline": True})
def _typed_change_at_arrival(numbers, value, own, x, y, t):
    on_pre = _function_of(numbers, "on_pre")
    if on_pre is None:
        return lambda numbers, value, own, x, y, t: value
    return lambda numbers, value, own, x, y, t: on_pre(numbers, value, own, x, y, t)


@overload(change_at_answer, jit_options={"forceinline": True})
def _typed_change_at_answer(numbers, value, own, x, y, t):
    on_post = _function_of(numbers, "on_post")
    if on_post is None:
        return lambda numbers, value, own, x, y, t: value
    return lambda numbers, value, own, x, y, t: on_post(numbers, value, own, x, y, t)


@overload(leave_arrival, jit_options={"forceinline": True})
def _typed_leave_arrival(numbers, x):
    leave = _function_of(numbers, "trace_pre") or _grows("nearest" in numbers.fields)
    return lambda numbers, x: leave(numbers, x)


@overload(leave_answer, jit_options={"forceinline": True})
def _typed_leave_answer(numbers, y):
    leave = _function_of(numbers, "trace_post") or _grows("nearest" in numbers.fields)
    return lambda numbers, y: leave(numbers, y)
