"""What is recorded of an error: texts of a bounded length that every file can hold, whatever its own methods do."""

from __future__ import annotations

import traceback
from collections.abc import Callable

_ERROR, _TRACE = 1_500, 7_000  # characters, of up to 7 bytes in a file: a record of a failure stays below 64 kB


def texts_of(error: BaseException) -> dict[str, str]:
    """Name and text of an error, and its traceback from the user's function on."""
    return {
        "error": cut(_guarded(lambda: f"{type(error).__name__}: {error}", error), _ERROR),
        "traceback": cut(_guarded(lambda: _own_part(error), error), _TRACE),
    }


def cut(text: str, most: int = _TRACE) -> str:
    """The beginning and the end of a text, with half characters written out."""
    if len(text) > most:
        gap = f"\n... {len(text) - most} characters ...\n"
        text = text[: most // 4] + gap + text[len(text) - most + most // 4 + len(gap) :]
    return text.encode("utf-8", "backslashreplace").decode()


def _guarded(make: Callable[[], str], error: BaseException) -> str:
    try:
        return make()
    except BaseException as inner:
        return f"{type.__repr__(type(error))}, whose text cannot be had: {type.__repr__(type(inner))}"


def _own_part(error: BaseException) -> str:
    trace = error.__traceback__
    return "".join(traceback.format_exception(type(error), error, trace and (trace.tb_next or trace)))
