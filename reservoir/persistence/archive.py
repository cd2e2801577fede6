"""The container of a model: a zip of one text and arrays, as `numpy.load` reads them too.

Members are stored as they are, without compression, so that nothing in a file can be larger than the file. The header
of an array is read by a pattern, never evaluated.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
from collections.abc import Iterator
from typing import IO, Any, BinaryIO

import numpy as np

TEXT = "model.json"
LARGEST_TEXT = 1 << 24
MOST_ARRAYS = 20_000
LONGEST_TEXT = 1 << 20  # characters of a text in an array

_MAGIC = b"\x93NUMPY\x01\x00"
_AXES = r"((?:\d{1,19}(?:, ?|(?=\))))*)"
_HEADER = re.compile(
    r"\{'descr': '([<|])([biufcU])(\d{1,9})', 'fortran_order': (True|False), 'shape': \(" + _AXES + r"\), \} *\n"
)
_SIZES = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}
_END, _END_64 = struct.Struct("<4s4H2IH"), struct.Struct("<4sQ2H2I4Q")


class Damaged(Exception):
    """What is wrong with a file that is no model."""


class Newer(Exception):
    """What is wrong with a file of a later version."""


def is_plain(dtype: np.dtype) -> bool:
    """Whether an array of this type may stand in a file: booleans, numbers and texts of fixed length."""
    return dtype.kind == "U" or dtype.itemsize in _SIZES.get(dtype.kind, ())


def write_archive(file: BinaryIO, text: bytes, arrays: list[np.ndarray]) -> None:
    """The text and the arrays in their order; the same content gives the same bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(zipfile.ZipInfo(TEXT), "w") as member:
            member.write(text)
        for index, array in enumerate(arrays):
            with archive.open(zipfile.ZipInfo(_name(index)), "w", force_zip64=array.nbytes > 1 << 30) as member:
                np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)


def open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """The container, once its directory holds what a model has and no more."""
    size = file.seek(0, io.SEEK_END)
    _check_directory(file, size)
    archive = zipfile.ZipFile(file)
    members = archive.infolist()
    names = [TEXT, *(_name(index) for index in range(len(members) - 1))]
    if [member.orig_filename for member in members] != names:
        raise Damaged("its members are not those of a model")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits or member.file_size != member.compress_size:
            raise Damaged(f"its member '{member.filename}' is compressed or encrypted")
    if sum(member.file_size for member in members) > size or members[0].file_size > LARGEST_TEXT:
        raise Damaged("its members are larger than they can be")
    return archive


def read_arrays(archive: zipfile.ZipFile) -> Iterator[np.ndarray]:
    """All arrays, in their order."""
    for member in archive.infolist()[1:]:
        with archive.open(member) as stream:
            yield _read_array(stream, member)


def _name(index: int) -> str:
    return f"array_{index}.npy"


def _check_directory(file: BinaryIO, size: int) -> None:
    """Refuse a directory that would take far more memory than the members of a model do."""
    file.seek(max(0, size - _END.size))
    end = file.read(_END.size)
    if len(end) < _END.size or end[:4] != b"PK\x05\x06":
        raise Damaged("it is no zip archive, or it was cut off")
    count, length, comment = _END.unpack(end)[4], _END.unpack(end)[5], _END.unpack(end)[7]
    place = size - _END.size - 20 - _END_64.size  # a locator of 20 bytes stands between the two
    if place >= 0:
        file.seek(place)
        more = file.read(_END_64.size + 20)
        if more[_END_64.size :][:4] == b"PK\x06\x07":
            count, length = _END_64.unpack(more[: _END_64.size])[7:9]
    if comment or not 1 <= count <= MOST_ARRAYS + 1 or length > 128 * count:
        raise Damaged("its directory is not that of a model")


def _read_array(stream: IO[bytes], member: zipfile.ZipInfo) -> np.ndarray:
    start = stream.read(10)
    if start[:8] != _MAGIC or len(start) < 10:
        raise Damaged(f"its member '{member.filename}' is no array")
    length = int.from_bytes(start[8:], "little")
    found = _HEADER.fullmatch(stream.read(length).decode("latin-1"))
    if found is None:
        raise Damaged(f"its member '{member.filename}' has a header that is not allowed")
    order, kind, size, fortran, axes = found.groups()
    known = int(size) in _SIZES.get(kind, ()) or (kind == "U" and 0 < int(size) <= LONGEST_TEXT)
    dtype = np.dtype(f"{order}{kind}{size}" if known else "V1")
    shape = tuple(int(axis) for axis in axes.replace(",", " ").split())
    count = math.prod(shape)
    if not is_plain(dtype) or len(shape) > 32 or max(shape, default=0) > 1 << 48:
        raise Damaged(f"its member '{member.filename}' has a type or shape that is not allowed")
    if count * dtype.itemsize != member.file_size - 10 - length:
        raise Damaged(f"its member '{member.filename}' has another size than its shape says")
    flat = np.empty(count, dtype)
    _fill(stream, flat)
    _check_content(flat, member)
    return flat.reshape(shape, order="F" if fortran == "True" else "C")


def _fill(stream: Any, flat: np.ndarray) -> None:
    view = memoryview(flat.view(np.uint8).data if flat.size else b"")
    while view:
        n_read = stream.readinto(view)
        if not n_read:
            raise Damaged("it was cut off")
        view = view[n_read:]
    stream.read(1)  # the end, where the checksum is looked at


def _check_content(flat: np.ndarray, member: zipfile.ZipInfo) -> None:
    """Refuse bytes that are no boolean and no character: NumPy itself trusts them."""
    if flat.size and flat.dtype.kind == "b" and flat.view(np.uint8).max() > 1:
        raise Damaged(f"its member '{member.filename}' holds bytes that are no booleans")
    if flat.size and flat.dtype.kind == "U" and flat.view(np.uint32).max() > 0x10FFFF:
        raise Damaged(f"its member '{member.filename}' holds numbers that are no characters")
