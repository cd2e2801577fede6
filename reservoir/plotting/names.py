"""Names that users gave, as a picture can show them: text, never TeX."""

from __future__ import annotations

import unicodedata
from typing import Any

_LONGEST = 24  # characters
_TEX = {one: "\\" + one for one in "{}$&%#_"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def plain(name: Any, longest: int = _LONGEST) -> str:
    """What is drawn for a name of a channel, class, group, task or unit: its very characters, in one line.

    A name longer than `longest` ends in an ellipsis. Spaces of any kind are one space, what turns the direction of
    writing is left out, and other characters that cannot be printed are replaced. One that begins with an underscore,
    which matplotlib leaves out of legends, gets a space before it.
    """
    import matplotlib

    text = "".join(map(_printable, " ".join(str(name).split())))
    text = text if len(text) <= longest else text[: longest - 1] + "\u2026"
    if matplotlib.rcParams["text.usetex"]:
        return "".join(_TEX.get(one, one) for one in text)
    if matplotlib.rcParams["text.parse_math"]:
        text = text.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def _printable(character: str) -> str:
    if unicodedata.category(character) == "Cf":
        return ""
    return character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
