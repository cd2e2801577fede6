"""What a result file holds: a header with lengths and checksum, JSON, and the arrays in NumPy's own format.

    b"reservoir-batch 1 <bytes of run> <of content> <of arrays> <CRC-32 of what follows>\\n" run content arrays

`run` (times, host, traceback) is JSON padded with blanks, so that two runs of one task give files of one size.
`content` is JSON of parameters and result, in which arrays are numbered; `arrays` is an npz. Nothing is pickled. Any
proper prefix of a file is seen to be incomplete.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from reservoir.batch.plain_values import SUBCLASSES, is_array, is_scalar, scalar

_MAGIC = b"reservoir-batch 1"
_ARRAY = "__array__"
_PADDED = 256


class Record(NamedTuple):
    """One finished or failed task, as read from its file."""

    # seconds, attempts, finished (seconds since 1970), host, process, and of a failure error and traceback
    run: dict[str, Any]
    parameters: str  # canonical JSON
    result: Any


class DamagedRecordError(ValueError):
    """The bytes are not one complete result file."""


def encode(record: Record) -> bytes:
    """The bytes of a result file. Raises TypeError for a result that JSON and NumPy do not hold."""
    arrays: list[np.ndarray] = []
    content = json.dumps([record.parameters, _pack(record.result, arrays)], separators=(",", ":")).encode()
    run = json.dumps(record.run).encode()
    run += b" " * (-len(run) % _PADDED)
    stored = io.BytesIO()
    if arrays:
        numbered = {str(number): array for number, array in enumerate(arrays)}
        np.savez(stored, **numbered)  # type: ignore[arg-type]
    body = run + content + stored.getvalue()
    sizes = len(run), len(content), len(stored.getvalue()), zlib.crc32(body)
    return b"%b %d %d %d %d\n" % (_MAGIC, *sizes) + body


def decode(data: bytes) -> Record:
    """The record in the bytes of a result file. Raises DamagedRecordError for anything else."""
    header, newline, body = data.partition(b"\n")
    try:
        magic, *numbers = header.rsplit(b" ", 4)
        n_run, n_content, n_arrays, checksum = map(int, numbers)
    except ValueError:
        raise DamagedRecordError("no header of a result file") from None
    if magic != _MAGIC or not newline or len(body) != n_run + n_content + n_arrays or zlib.crc32(body) != checksum:
        raise DamagedRecordError("an incomplete result file, or one of another format")
    parameters, result = json.loads(body[n_run : n_run + n_content])
    arrays: Mapping[str, np.ndarray] = {}
    if n_arrays:
        with np.load(io.BytesIO(body[n_run + n_content :]), allow_pickle=False) as stored:
            arrays = dict(stored)
    return Record(json.loads(body[:n_run]), parameters, _unpack(result, arrays))


def _pack(value: Any, arrays: list[np.ndarray]) -> Any:
    if is_scalar(value):
        return scalar(value)
    if is_array(value):
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if isinstance(value, list | tuple):
        return [_pack(item, arrays) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) and key != _ARRAY for key in value):
        return {str.__str__(key): _pack(item, arrays) for key, item in value.items()}
    raise TypeError(
        "A result of run_batch must be made of numbers, strings, lists, dictionaries with strings as keys, and NumPy "
        f"arrays of numbers; {SUBCLASSES}. Got {type(value).__module__}.{type(value).__qualname__}."
    )


def _unpack(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if isinstance(value, dict):
        return arrays[str(value[_ARRAY])] if _ARRAY in value else {k: _unpack(v, arrays) for k, v in value.items()}
    return value
