"""Colours of a DICOM file with a palette: PS3.3, C.7.6.3.1.5 and C.7.9.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom import Dataset

_MAX_ENTRIES = 2**16
_DISCRETE, _LINEAR, _INDIRECT = range(3)
_COLOURS = ("Red", "Green", "Blue")
_BYTE = 8


def apply_palette(
    samples: NDArray[np.generic], header: Dataset, *, little_endian: bool
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Look up the colours of an image.

    Args:
        samples: stored values [H, W].
        header: elements with the palette, whole or in segments.
        little_endian: byte order of the file.

    Returns:
        uint8 [H, W, 3] RGB, and sentences on what is unusual.

    Raises:
        ValueError: the palette is missing or damaged.
    """
    tables = [_table(header, colour, little_endian=little_endian) for colour in _COLOURS]
    _, first, bits = _descriptor(header, "Red")
    notes: tuple[str, ...] = ()
    if bits > _BYTE:
        # Some files keep values of 8 bits in a palette that claims 16.
        if max(int(table.max()) for table in tables) >= 2**_BYTE:
            tables = [(table >> _BYTE).astype(np.uint16) for table in tables]
        else:
            notes = ("The palette has 16 bits by the header and 8 bits by its values; these were used.",)
    entries = np.stack([table.astype(np.uint8) for table in tables], axis=1)
    places = np.clip(samples.astype(np.int32) - first, 0, len(entries) - 1)
    return entries[places], notes


def _descriptor(header: Dataset, colour: str) -> tuple[int, int, int]:
    """Return number of entries, first value mapped, and bits of an entry."""
    entries, first, bits = (
        int(value) for value in header[f"{colour}PaletteColorLookupTableDescriptor"].value
    )
    return entries or _MAX_ENTRIES, first, bits


def _table(header: Dataset, colour: str, *, little_endian: bool) -> NDArray[np.uint16]:
    count, _, bits = _descriptor(header, colour)
    words = np.dtype("<u2" if little_endian else ">u2")
    whole = header.get(f"{colour}PaletteColorLookupTableData")
    if not whole:
        data = header[f"Segmented{colour}PaletteColorLookupTableData"].value
        values = _bytes_of_words(data, words) if bits <= _BYTE else np.frombuffer(data, words)
        table = _expand(values.tolist(), count, 4 if bits <= _BYTE else 2)
    elif len(whole) >= 2 * count:  # entries of 8 bits may be kept in 16
        table = np.frombuffer(whole[: 2 * count], words).astype(np.uint16)
    else:
        table = _bytes_of_words(whole, words)
    if len(table) < count:
        raise ValueError
    return table[:count]


def _bytes_of_words(data: bytes, words: np.dtype[np.uint16]) -> NDArray[np.uint16]:
    """Return bytes that are kept in words, whose pairs a big-endian file swaps."""
    pairs = np.frombuffer(data[: len(data) // 2 * 2], words)
    return pairs.astype("<u2").view(np.uint8).astype(np.uint16)


def _expand(values: list[int], count: int, address: int) -> NDArray[np.uint16]:
    """Expand the segments of a palette.

    Args:
        values: segments: kind, number, and then entries (discrete), the last entry (linear), or the position
            in bytes of segments to repeat (indirect).
        count: number of entries of the palette.
        address: values that a position takes, lowest first.

    Raises:
        ValueError: the segments are damaged, or too many.
    """
    bits = 32 // address
    table: list[int] = []
    steps = 0

    def run(position: int, segments: int, *, nested: bool) -> None:
        nonlocal steps
        while segments and position + 2 <= len(values) and len(table) < count:
            steps, segments = steps + 1, segments - 1
            kind, number = values[position : position + 2]
            if steps > _MAX_ENTRIES or kind > _INDIRECT or (kind == _INDIRECT and nested):
                raise ValueError
            start = position + 2
            if kind == _DISCRETE:
                table.extend(values[start : start + number])
                position = start + number
            elif kind == _LINEAR:
                # From the entry before to the last one; there is none before the first.
                table.extend(
                    np.rint(np.linspace(table[-1], values[start], number + 1)[1:]).astype(int).tolist()
                )
                position = start + 1
            else:
                place = sum(
                    part << bits * order for order, part in enumerate(values[start : start + address])
                )
                run(place * _BYTE // bits, number, nested=True)
                position = start + address

    run(0, len(values), nested=False)
    return np.array(table[:count], np.uint16)
