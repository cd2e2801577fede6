"""States of NumPy's random generators as plain values, and back once they are such states."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.persistence.archive import Damaged

_BITS: dict[str, Any] = {
    "PCG64": np.random.PCG64,
    "PCG64DXSM": np.random.PCG64DXSM,
    "MT19937": np.random.MT19937,
    "Philox": np.random.Philox,
    "SFC64": np.random.SFC64,
}
_BELOW = {"state": 1 << 128, "inc": 1 << 128, "has_uint32": 2, "uinteger": 1 << 32, "buffer_pos": 5, "has_gauss": 2}
KINDS = (np.random.Generator, np.random.RandomState, np.random.SeedSequence)


def state_of(source: Any) -> dict[str, Any] | None:
    """All that a generator or a sequence of seeds goes on from; None for one of another making."""
    if type(source) is np.random.SeedSequence:
        return {"kind": "SeedSequence", **source.state}
    if type(source) is np.random.RandomState:
        state = source.get_state(legacy=False)
        return {"kind": "RandomState", "state": state} if state["bit_generator"] in _BITS else None
    bits: Any = source.bit_generator if type(source) is np.random.Generator else None
    if type(bits) not in _BITS.values():
        return None
    seeds = bits.seed_seq
    seed = seeds if type(seeds) is np.random.SeedSequence else None
    return {"kind": "Generator", "state": bits.state, "seed": seed}


def source_of(kept: Any) -> Any:
    """The generator of a state; Damaged where there is no such state, for NumPy takes what it gets."""
    if not isinstance(kept, dict) or not isinstance(kept.get("state", {}), dict):
        raise Damaged("it holds a random generator without a state")
    kind = kept.get("kind")
    if kind == "SeedSequence":
        return _seeds({name: value for name, value in kept.items() if name != "kind"})
    state, seed = kept.get("state", {}), kept.get("seed")
    name = state.get("bit_generator")
    if name not in _BITS or kind not in ("Generator", "RandomState"):
        raise Damaged("it holds a random generator of a kind that is not known")
    if kind == "RandomState":
        old = np.random.RandomState(_BITS[name](0))
        _check_alike(state, old.get_state(legacy=False))
        old.set_state(state)
        return old
    bits = _BITS[name](seed if type(seed) is np.random.SeedSequence else 0)
    _check_alike(state, bits.state)
    bits.state = state
    return np.random.Generator(bits)


def _seeds(kept: dict[str, Any]) -> np.random.SeedSequence:
    if set(kept) != {"entropy", "spawn_key", "pool_size", "n_children_spawned"} or not _is_small(kept["pool_size"]):
        raise Damaged("it holds a sequence of seeds with other fields than NumPy knows")
    return np.random.SeedSequence(**kept)


def _is_small(value: Any) -> bool:
    return type(value) is int and 4 <= value <= 64


def _check_alike(state: Any, known: Any, name: str = "") -> None:
    """Refuse what has not the form of a state, and numbers beyond their range."""
    good = type(state) is type(known)
    if isinstance(known, dict):
        good = good and set(state) == set(known)
        for key in known if good else ():
            _check_alike(state[key], known[key], key)
    elif isinstance(known, np.ndarray):
        good = good and state.shape == known.shape and state.dtype == known.dtype
    elif isinstance(known, int):
        good = good and 0 <= state < (625 if name == "pos" else _BELOW.get(name, 0))
    elif isinstance(known, str):
        good = good and state == known
    if not good:
        raise Damaged("it holds the state of a random generator that NumPy could not have given")
