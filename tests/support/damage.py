"""Damaged files, as transfers and attackers make them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from hostile_images import PNG, chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np


def mutated(data: bytes, random: np.random.Generator) -> bytes:
    """Return a file with one to three faults: bits, numbers, holes, copies, cuts."""
    changed = bytearray(data)
    for _ in range(random.integers(1, 4)):
        # Headers are where decoders can be led astray.
        end = len(changed) if random.random() < 0.4 else min(len(changed), 600)
        at = int(random.integers(max(end, 1)))
        match random.integers(6):
            case 0:
                changed[at : at + 1] = bytes([random.integers(256)])
            case 1:
                size = int(random.choice([1, 2, 4]))
                extreme = random.choice([0, 1, 127, 128, 255])
                changed[at : at + size] = bytes([extreme]) * size
            case 2:
                del changed[at : at + int(random.integers(1, 40))]
            case 3:
                changed[at:at] = changed[max(at - int(random.integers(1, 200)), 0) : at]
            case 4:
                changed[at:at] = random.bytes(int(random.integers(1, 20)))
            case _:
                del changed[int(random.integers(len(changed) + 1)) :]
    return bytes(changed)


def mutated_png(file: bytes, random: np.random.Generator) -> bytes:
    """Return a PNG with faults in one chunk, or in its pixels, under checksums that are right again."""
    parts = list(_chunks(file))
    pixels = zlib.decompress(b"".join(content for name, content in parts if name == b"IDAT"))
    first = [name for name, _ in parts].index(b"IDAT")
    parts = [part for part in parts if part[0] != b"IDAT"]
    if random.random() < 0.3:
        pixels = mutated(pixels, random)
    parts.insert(first, (b"IDAT", zlib.compress(pixels)))
    number = int(random.integers(len(parts)))
    name, content = parts[number]
    match random.integers(4):
        case 0:
            parts[number] = name, mutated(content, random)
        case 1:
            parts.insert(number, parts[int(random.integers(len(parts)))])
        case 2:
            del parts[number]
        case _:
            pass
    return PNG + b"".join(chunk(*part) for part in parts)


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(PNG)
    while place < len(file):
        size = int.from_bytes(file[place : place + 4], "big")
        yield file[place + 4 : place + 8], file[place + 8 : place + 8 + size]
        place += 12 + size
