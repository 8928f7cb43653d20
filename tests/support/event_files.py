"""Reading TensorBoard's event files without TensorFlow: records, and the few fields of protobuf in them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def scalars(folder: Path) -> list[tuple[str, int, float]]:
    """Return (tag, step, value) of every point in a run's folder, in the order of writing."""
    return [point for path in sorted(folder.iterdir()) for point in _points(path.read_bytes())]


def _points(data: bytes) -> Iterator[tuple[str, int, float]]:
    while data:
        # A record: its length, the length's checksum, the event, its checksum.
        (length,) = struct.unpack_from("<Q", data)
        event = dict(_fields(data[12 : 12 + length]))
        data = data[16 + length :]
        if 5 in event:  # a summary: here one value, its tag and its tensor of one float32
            value = dict(_fields(dict(_fields(event[5]))[1]))
            tensor = dict(_fields(value[8]))
            yield value[1].decode(), event.get(2, 0), struct.unpack("<f", tensor[4])[0]


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Yield the number and the content of each field of a protobuf message."""
    while data:
        key, data = _varint(data)
        kind = key & 7
        if kind == 0:
            value, data = _varint(data)
            yield key >> 3, value
        elif kind == 2:
            length, data = _varint(data)
            yield key >> 3, data[:length]
            data = data[length:]
        else:
            width = {1: 8, 5: 4}[kind]
            yield key >> 3, data[:width]
            data = data[width:]


def _varint(data: bytes) -> tuple[int, bytes]:
    value = shift = 0
    for place, byte in enumerate(data, start=1):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, data[place:]
    raise ValueError("the number has no end")
