"""What systems share that are made of others by name: their list, their states, and what is true of all of them."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

from reservoir.estimators import NamedParts
from reservoir.parts import System, check_system, with_quiet_parts
from reservoir.sequences import Sequences
from reservoir.systems.from_rest import FromRest
from reservoir.systems.wrapped_system import kept_types
from reservoir.validation import parameter_error

SystemList: TypeAlias = Sequence[System | tuple[str, System]] | None
"""Systems, or pairs of a name and a system. One without a name has that of its class, as in `make_pipeline`."""


class NamedSystems(FromRest, NamedParts):
    """Base of systems with a parameter `systems`."""

    systems: SystemList

    def set_params(self, **params: Any) -> Any:
        """Set parameters, systems and theirs; naming one of the default systems makes them first."""
        own = super().get_params(deep=False)
        if self.systems is None and params.get("systems") is None and any(name not in own for name in params):
            params = params | {"systems": self._default_systems()}
        return super().set_params(**params)

    @property
    def causal(self) -> bool:
        """Whether states depend on the rows before alone."""
        return all(getattr(system, "causal", True) for system in self._present())

    @property
    def piecewise(self) -> bool:
        """Whether states stay the same where a run is cut in two."""
        return all(getattr(system, "piecewise", True) for system in self._present())

    @property
    def any_thread(self) -> bool:
        """Whether it may run in any thread, several times at once."""
        return all(getattr(system, "any_thread", False) for system in self._present())

    @property
    def n_before(self) -> int:
        """How many rows before a row its states are made of beside those of reservoirs."""
        return max((getattr(system, "n_before", 0) for system in self._present()), default=0)

    def without_noise(self) -> Any:
        """The same fitted systems with ``noise=0``, where they have it; they share all weights."""
        return with_quiet_parts(self, "systems_")

    @staticmethod
    @abstractmethod
    def _default_systems() -> list[tuple[str, Any]]:
        """What None stands for."""

    def _present(self) -> list[Any]:
        """The fitted systems, or those that are to be."""
        given = self._default_systems() if self.systems is None else self._named()
        return getattr(self, "systems_", [system for _, system in given])

    def _checked(self) -> list[tuple[str, Any]]:
        """The pairs of the parameter, or those that None stands for."""
        if self.systems is None:
            return self._default_systems()
        owner, pairs = type(self).__name__, self._named()
        names = [name for name, _ in pairs]
        own = set(super().get_params(deep=False))
        if not names or len(names) != len(self.systems) or len({*names, *own}) != len(names) + len(own):
            raise self._not_named()
        if "__" in "".join(f"{name} " for name in names):
            raise self._not_named()
        for name, system in pairs:
            check_system(owner, f"systems[{name!r}]", system)
        return pairs

    def _not_named(self) -> ValueError:
        wanted = (
            "None or a list of pairs (name, system) with different names that hold no '__' and are no parameter, or of "
            "systems"
        )
        return parameter_error(type(self).__name__, "systems", wanted, self.systems)

    def _named(self) -> list[tuple[str, Any]]:
        given = self.systems if isinstance(self.systems, list | tuple) else []
        kinds = Counter(type(one).__name__ for one in given if hasattr(one, "get_params"))
        seen, found = Counter[str](), list[tuple[str, Any]]()
        for one in given:
            if isinstance(one, list | tuple) and len(one) == 2 and isinstance(one[0], str) and one[0]:
                found.append((one[0], one[1]))
            elif hasattr(one, "get_params") and not isinstance(one, type):
                kind = type(one).__name__
                seen[kind] += 1
                found.append((kind.lower() + (f"-{seen[kind]}" if kinds[kind] > 1 else ""), one))
        return found

    def _replace(self, name: str, part: Any) -> None:
        pairs = zip(self._named(), self.systems or (), strict=True)
        self.systems = [
            given if own != name else (own, part) if isinstance(given, list | tuple) else part
            for (own, _), given in pairs
        ]

    def _starts(self, state: Any, sequences: Sequences, n_parts: int, what: str = "states") -> list[Any]:
        """The states before the first rows, of every sequence, for each of so many parts."""
        if state is None:
            return [None] * n_parts
        entries = [state] if sequences.kind == "series" else state
        good = isinstance(entries, list | tuple) and len(entries) == len(sequences)
        if not good or any(not isinstance(one, list | tuple) or len(one) != n_parts for one in entries):
            each = f"a tuple of {n_parts} {what}"
            wanted = each if sequences.kind == "series" else f"a list of {len(sequences)}, each {each}"
            raise parameter_error(type(self).__name__, "state", f"None or {wanted}, as run gives it", state)
        return [list(own) for own in zip(*entries, strict=True)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = kept_types([system for _, system in self._named()])
        return tags
