"""One docstring out of two: what a class or function says of itself, and what it shares with others."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

_Documented = TypeVar("_Documented", bound=Callable[..., Any])
_SECTIONS = ("", "Parameters", "Returns", "Attributes", "Raises", "Warns", "Notes", "References", "Examples")
_TITLE = re.compile(r"^(\w+)\n-+\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+(?:, \w+)*) : ", re.MULTILINE)


def documented_with(*shared: Callable[..., Any]) -> Callable[[_Documented], _Documented]:
    """Decorator that adds the numpydoc sections of `shared` to those of a class or a function; summaries stay apart.

    Parameters come in the order of the signature, and own words for one go before the shared ones; those of
    parameters that it does not have are left out. In all other sections what is shared comes first. Of several that
    share, the later ones speak after the earlier.
    """

    def document(target: _Documented) -> _Documented:
        if sys.flags.optimize == 2 or target.__doc__ is None:  # python -OO keeps none
            return target
        own = _sections(target.__doc__)
        told = [*(_sections(one.__doc__ or "") for one in shared), own]
        both = {title: "".join(sections.get(title, "") for sections in told) for title in _SECTIONS[1:]}
        both["Parameters"] = _ordered(both["Parameters"], list(inspect.signature(target).parameters))
        parts = [f"{title}\n{'-' * len(title)}\n{text}" for title, text in both.items() if text]
        target.__doc__ = "\n".join([own[""], *parts])
        return target

    return document


def _sections(docstring: str) -> dict[str, str]:
    """The text of every section by its title, the summary under ""; each ends with one line break."""
    titled = ["", *_TITLE.split(inspect.cleandoc(docstring))]
    return {title: text.strip("\n") + "\n" for title, text in zip(titled[::2], titled[1::2], strict=True)}


def _ordered(entries: str, names: list[str]) -> str:
    """The entries of the section "Parameters" in the order of the names; the last of two for one name counts."""
    _, *found = _ENTRY.split(entries)
    texts = {
        name: f"{heads} : {text}"
        for heads, text in zip(found[::2], found[1::2], strict=True)
        for name in heads.split(", ")
    }
    return "".join(dict.fromkeys(texts[name] for name in names))
