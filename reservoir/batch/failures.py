"""What is recorded of errors and warnings: texts that every file can hold, whatever their methods do."""

from __future__ import annotations

import itertools
import json
import traceback
import warnings
from collections.abc import Callable, Iterable

_ERROR, _TRACE = 1_500, 5_500  # characters, of up to 7 bytes in a file: with its warnings, a failure stays below 64 kB
_WARNING, _MOST_WARNINGS, _WARNED_BYTES = 1_000, 20, 12_000


def texts_of(error: BaseException) -> dict[str, str]:
    """Name and text of an error, and its traceback from the user's function on."""
    return {
        "error": cut(_guarded(lambda: f"{type(error).__name__}: {error}", type(error)), _ERROR),
        "traceback": cut(_guarded(lambda: _own_part(error), type(error)), _TRACE),
    }


def warning_texts(said: Iterable[warnings.WarningMessage]) -> list[str]:
    """Name and text of each warning, once, as long as there is room."""
    texts = list(dict.fromkeys(map(_warning_text, said)))[:_MOST_WARNINGS]
    sizes = itertools.accumulate(len(json.dumps(text, ensure_ascii=False).encode()) for text in texts)
    return [text for text, size in zip(texts, sizes, strict=True) if size <= _WARNED_BYTES]


def _warning_text(one: warnings.WarningMessage) -> str:
    return cut(_guarded(lambda: f"{one.category.__name__}: {one.message}", one.category), _WARNING)


def cut(text: str, most: int = _TRACE) -> str:
    """The beginning and the end of a text, with half characters written out."""
    if len(text) > most:
        gap = f"\n... {len(text) - most} characters ...\n"
        text = text[: most // 4] + gap + text[len(text) - most + most // 4 + len(gap) :]
    return text.encode("utf-8", "backslashreplace").decode()


def _guarded(make: Callable[[], str], kind: type[BaseException]) -> str:
    try:
        return make()
    except BaseException as inner:
        return f"{type.__repr__(kind)}, whose text cannot be had: {type.__repr__(type(inner))}"


def _own_part(error: BaseException) -> str:
    trace = error.__traceback__
    return "".join(traceback.format_exception(type(error), error, trace and (trace.tb_next or trace)))
