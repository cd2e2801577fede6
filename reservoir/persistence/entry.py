"""What a file keeps of a class, and how a part is taken apart and put together."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reservoir.circuits.array_record import plain_dict
from reservoir.persistence.archive import Damaged
from reservoir.persistence.checks import ANY, FLAG, Check, names, optional

_OUTPUT = Check(
    lambda value, lengths: type(value) is dict and set(value) == {"transform"} and type(value["transform"]) is str,
    "a choice of containers",
)
_TEXTS = Check(lambda value, lengths: type(value) is list and all(type(one) is str for one in value), "a list of texts")
_OF_ANY = {
    "feature_names_in_": optional(names("f")),
    "target_names_in_": optional(_TEXTS),
    "_targets_in_tables": optional(FLAG),
    "_sklearn_output_config": optional(_OUTPUT),
}


@dataclass(frozen=True)
class Entry:
    """What a file keeps of a class.

    Of an estimator these are its parameters and what it has learned, of a record the arguments of its constructor.

    Attributes
    ----------
    attributes : what `fit` learns
    parameters : what the constructor gets; "*" stands for all that are not named, and what has no check may be anything
    anew : attributes that are not kept
    kept : what is kept in their place, as `keep` gives it
    rebuild : makes them anew from what was kept, and checks what has to fit together; a part may check that itself,
        in `check_learned`
    """

    attributes: Mapping[str, Check] = field(default_factory=dict)
    parameters: Mapping[str, Check] = field(default_factory=dict)
    anew: tuple[str, ...] = ()
    kept: Mapping[str, Check] = field(default_factory=dict)
    keep: Callable[[Any], dict[str, Any]] | None = None
    rebuild: Callable[[Any, dict[str, Any], float], None] | None = None

    def known(self) -> dict[str, Check]:
        """All that may stand in a file beside the parameters."""
        return {**_OF_ANY, **self.attributes, **self.kept}

    def taken_apart(self, value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Parameters, and the rest."""
        if not hasattr(value, "get_params"):
            return {name: plain_dict(getattr(value, name)) for name in _parameters_of(type(value))}, {}
        parameters = value.get_params(deep=False)
        # What scikit-learn is about to give up, and nobody has set.
        parameters = {name: one for name, one in parameters.items() if type(one) is not str or one != "deprecated"}
        fresh = set(vars(type(value)(**parameters))) - set(self.attributes)
        rest = {name: one for name, one in vars(value).items() if name not in fresh and name not in self.anew}
        if self.keep is not None and all(hasattr(value, name) for name in self.anew):
            rest |= self.keep(value)
        return parameters, rest

    def put_together(self, name: str, parameters: dict[str, Any], rest: dict[str, Any], *, max_bytes: float) -> Any:
        """The part, once all that it is to hold fits; Damaged where it does not."""
        lengths: dict[str, int] = {}
        for key, value in parameters.items():
            _check(f"{name}.{key}", self.parameters.get(key, self.parameters.get("*", ANY)), value, lengths)
        module, _, short = name.rpartition(".")
        kind = getattr(importlib.import_module(module), short)
        others = set(parameters) - set(_parameters_of(kind))
        if others:
            raise Damaged(f"'{name}' has no parameter '{min(others)}' in the versions installed here")
        made = kind(**parameters)
        known, learned = self.known(), set(rest) - set(_OF_ANY)
        for key, value in rest.items():
            if key not in known:
                raise Damaged(f"'{name}.{key}' is not known")
            _check(f"{name}.{key}", known[key], value, lengths)
        missing = {key for key, check in known.items() if not check.optional} - set(rest)
        if learned and missing:
            raise Damaged(f"'{name}.{min(missing)}' is missing")
        if rest:
            vars(made).update({key: value for key, value in rest.items() if key not in self.kept})
        if learned and hasattr(made, "check_learned"):
            try:
                made.check_learned()
            except ValueError as error:
                raise Damaged(str(error)) from None
        if self.rebuild is not None and (learned or not self.attributes):
            self.rebuild(made, {key: rest[key] for key in self.kept}, max_bytes)
        return made


def _parameters_of(kind: Any) -> tuple[str, ...]:
    """What a constructor takes; that of a class without one is not asked, since `inspect` compiles its text."""
    if kind.__init__ is object.__init__ and kind.__new__ is object.__new__:
        return ()
    return tuple(inspect.signature(kind).parameters)


def _check(path: str, check: Check, value: Any, lengths: dict[str, int]) -> None:
    if not check.fits(value, lengths):
        raise Damaged(f"'{path}' is not {check.what}")
