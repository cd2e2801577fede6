"""The rule of a synapse as compiled functions, which an engine calls at spikes.

A rule gives its `Kernel` beside its text: a NamedTuple of numbers, whose type has some of these compiled functions, all
with the record of numbers first. What is left out does nothing.

=======================================  ===========================================================================
``on_pre(numbers, value, own, x, y, t)``   a spike arrives, and has been passed on: the new value of the synapse
``on_post(numbers, value, own, x, y, t)``  a spike of the receiver: the new value
``trace_pre(numbers, x)``                  what a spike that arrives leaves in `x`
``trace_post(numbers, y)``                 what a spike of the receiver leaves in `y`
=======================================  ===========================================================================

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
def with_spike(trace, nearest):
    """A trace with a spike: it grows by 1, or is 1 where the nearest spike alone counts."""
    return 1.0 if nearest else trace + 1.0


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
    if hasattr(numbers, "trace_pre"):
        type(numbers).trace_pre(numbers, x)


def leave_answer(numbers: Any, y: Any) -> None:
    """Let a spike of the receiver leave its traces."""
    if hasattr(numbers, "trace_post"):
        type(numbers).trace_post(numbers, y)


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
    trace_pre = _function_of(numbers, "trace_pre")
    return (lambda numbers, x: None) if trace_pre is None else (lambda numbers, x: trace_pre(numbers, x))


@overload(leave_answer, jit_options={"forceinline": True})
def _typed_leave_answer(numbers, y):
    trace_post = _function_of(numbers, "trace_post")
    return (lambda numbers, y: None) if trace_post is None else (lambda numbers, y: trace_post(numbers, y))
