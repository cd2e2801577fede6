"""What a result file holds: a header with lengths and checksum, JSON, and the arrays in NumPy's own format.

    b"reservoir-batch 1 <bytes of run> <of content> <of arrays> <CRC-32 of what follows>\\n" run content arrays

`run` (times, host, traceback) is JSON padded with blanks, so that two runs of one task give files of one size.
`content` is JSON of parameters and result, in which arrays are numbered; `arrays` is an npz without compression, so
that no array is larger than the file. Nothing is pickled. Any proper prefix of a file is seen to be incomplete.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from types import UnionType
from typing import IO, Any, BinaryIO, NamedTuple, cast

import numpy as np

from reservoir.batch.plain_values import KINDS, SUBCLASSES, is_array, is_scalar, scalar

_MAGIC = b"reservoir-batch 1"
_ARRAY = "__array__"
_PADDED = 256
_DEEPEST = 200
_PIECE = 1 << 20
_RUN: dict[str, type | UnionType] = {
    "seconds": int | float | None, "attempts": int, "finished": int | float, "host": str, "process": int, "seed": int,
    "error": str, "traceback": str,
}  # fmt: skip


class Record(NamedTuple):
    """One finished or failed task, as read from its file."""

    # seconds, attempts, finished (seconds since 1970), host, process, warnings, and of a failure error and traceback
    run: dict[str, Any]
    parameters: str  # canonical JSON
    result: Any


class DamagedRecordError(ValueError):
    """The bytes are not one complete result file."""


class Packed(NamedTuple):
    """A record about to be written; its arrays are not copied."""

    run: bytes
    content: bytes
    arrays: list[np.ndarray]

    def n_bytes(self) -> int:
        """About as many as its file will have."""
        return len(self.content) + sum(array.nbytes for array in self.arrays)

    def write(self, file: BinaryIO) -> int:
        """Write the file, whose size comes back."""
        head = len(_header(len(self.run), len(self.content), 0, 0))
        file.write(bytes(head) + self.run + self.content)
        start = file.tell()
        if self.arrays:
            numbered = {str(number): array for number, array in enumerate(self.arrays)}
            np.savez(cast(Any, Tail(file, start)), **numbered)  # type: ignore[arg-type]
        end = file.seek(0, io.SEEK_END)
        checksum = _checksum(file, head)
        file.seek(0)
        file.write(_header(len(self.run), len(self.content), end - start, checksum))
        return end


class Tail:
    """A file from some place on, for what counts its bytes from there."""

    def __init__(self, file: BinaryIO, start: int):
        self._file, self._start = file, start
        self.read, self.write, self.flush = file.read, file.write, file.flush

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, from the beginning or from the end."""
        if whence == io.SEEK_SET:
            place = max(place, 0) + self._start
        return self._file.seek(place, whence) - self._start

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell() - self._start

    def seekable(self) -> bool:
        """It is."""
        return True


def packed(record: Record) -> Packed:
    """What is written of a record. Raises TypeError for a result that JSON and NumPy do not hold."""
    arrays: list[np.ndarray] = []
    content = json.dumps([record.parameters, _pack(record.result, arrays)], separators=(",", ":")).encode()
    run = json.dumps(record.run, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Packed(run + b" " * (-len(run) % _PADDED), content, arrays)


def encode(record: Record) -> bytes:
    """The bytes of a result file."""
    file = io.BytesIO()
    packed(record).write(file)
    return file.getvalue()


def decode(data: bytes) -> Record:
    """The record in the bytes of a result file. Raises DamagedRecordError for anything else."""
    return read_record(io.BytesIO(data))


def read_record(file: BinaryIO) -> Record:
    """The record in a file. Raises DamagedRecordError where it holds anything else."""
    header = file.readline(200)
    try:
        magic, *numbers = header.removesuffix(b"\n").rsplit(b" ", 4)
        n_run, n_content, n_arrays, checksum = map(int, numbers)
    except ValueError:
        raise DamagedRecordError("no header of a result file") from None
    start = len(header)
    sizes = min(n_run, n_content, n_arrays) >= 0 and header.endswith(b"\n")
    if magic != _MAGIC or not sizes or file.seek(0, io.SEEK_END) != start + n_run + n_content + n_arrays:
        raise DamagedRecordError("an incomplete result file, or one of another format")
    if _checksum(file, start) != checksum:
        raise DamagedRecordError("a result file with a wrong checksum")
    file.seek(start)
    try:
        run = json.loads(str(file.read(n_run), "utf-8"))
        parameters, result = json.loads(str(file.read(n_content), "utf-8"))
        record = Record(run, parameters, _unpack(result, _arrays(Tail(file, file.tell()), n_arrays)))
    except MemoryError:
        raise
    except Exception as error:  # whatever JSON, zipfile and NumPy raise for the bytes of a stranger
        raise DamagedRecordError(f"a result file with wrong content, {type(error).__name__}") from None
    good = isinstance(parameters, str) and isinstance(run, dict)
    if not good or any(not isinstance(run[name], _RUN[name]) for name in _RUN.keys() & run):
        raise DamagedRecordError("a result file with wrong content")
    return record


def _header(n_run: int, n_content: int, n_arrays: int, checksum: int) -> bytes:
    return b"%b %d %d %020d %010d\n" % (_MAGIC, n_run, n_content, n_arrays, checksum)


def _checksum(file: BinaryIO, start: int) -> int:
    checksum = 0
    file.seek(start)
    while piece := file.read(_PIECE):
        checksum = zlib.crc32(piece, checksum)
    return checksum


def _arrays(stored: Tail, size: int) -> list[np.ndarray]:
    """All arrays of an npz, none of which takes more memory than there are bytes."""
    if not size:
        return []
    with zipfile.ZipFile(cast(Any, stored)) as archive:
        members = archive.infolist()
        plain = [member for member in members if member.compress_type == zipfile.ZIP_STORED and not member.flag_bits]
        names = [member.filename for member in plain]
        total = sum(member.file_size for member in members)
        if names != [f"{number}.npy" for number in range(len(members))] or total > size:
            raise DamagedRecordError("its arrays are compressed or have wrong names")
        found = []
        for member in members:
            with archive.open(member) as stream:
                found.append(_array(stream, member.file_size))
        return found


def _array(stream: IO[bytes], size: int) -> np.ndarray:
    if np.lib.format.read_magic(stream) != (1, 0):
        raise DamagedRecordError("an array of another format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    count, left = math.prod(shape), size - stream.tell()
    if dtype.kind not in KINDS or min(shape, default=0) < 0 or dtype.itemsize < 1 or count * dtype.itemsize != left:
        raise DamagedRecordError("an array of another size or type than its header says")
    flat = np.empty(count, dtype)
    place, view = 0, flat.view(np.uint8) if count else np.empty(0, np.uint8)
    while place < left:
        piece = np.frombuffer(stream.read(_PIECE), np.uint8)
        view[place : place + len(piece)] = piece
        place += len(piece) or left
    stream.read(1)  # the end, where zipfile looks at the checksum
    if count and dtype.kind == "b" and view.max() > 1:
        raise DamagedRecordError("an array of booleans with other values")
    if count and dtype.kind == "U" and flat.view(f"{dtype.byteorder}u4").max() > 0x10FFFF:
        raise DamagedRecordError("an array of texts with numbers that are no characters")
    return flat.reshape(shape, order="F" if fortran else "C")


def _pack(value: Any, arrays: list[np.ndarray], depth: int = 0) -> Any:
    if is_scalar(value):
        return scalar(value)
    if is_array(value):
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if depth >= _DEEPEST:
        raise TypeError(f"A result of run_batch must have at most {_DEEPEST} lists and dictionaries in one another.")
    if isinstance(value, list | tuple):
        return [_pack(item, arrays, depth + 1) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) and key != _ARRAY for key in value):
        return {str.__str__(key): _pack(item, arrays, depth + 1) for key, item in value.items()}
    raise TypeError(
        "A result of run_batch must be made of numbers, strings, lists, dictionaries with strings as keys, and NumPy "
        f"arrays of numbers; {SUBCLASSES}. Got {type(value).__module__}.{type(value).__qualname__}."
    )


def _unpack(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if isinstance(value, dict):
        if _ARRAY in value and not (len(value) == 1 and type(value[_ARRAY]) is int and value[_ARRAY] >= 0):
            raise DamagedRecordError("an array without a number")
        return arrays[value[_ARRAY]] if _ARRAY in value else {k: _unpack(v, arrays) for k, v in value.items()}
    return value
