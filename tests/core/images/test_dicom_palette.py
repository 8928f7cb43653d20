import numpy as np
import pytest
from image_files import NOISE
from pydicom import Dataset

from core.images.dicom_palette import apply_palette

GREY = NOISE[..., 0]
RAMP = np.arange(256)


def palette(
    tables: list[bytes], first: int = 0, bits: int = 16, segmented: str = "", count: int = 256
) -> Dataset:
    header = Dataset()
    for colour, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        setattr(header, f"{colour}PaletteColorLookupTableDescriptor", [count, first, bits])
        setattr(header, f"{segmented}{colour}PaletteColorLookupTableData", table)
    return header


def colours(header: Dataset, samples: np.ndarray = GREY, *, little: bool = True) -> np.ndarray:
    return apply_palette(samples, header, little_endian=little)[0]


EXPECTED = np.stack([np.roll(RAMP, shift)[GREY] for shift in range(3)], axis=2)


@pytest.mark.parametrize(("order", "little"), [("<", True), (">", False)])
def test_a_palette_of_either_byte_order_is_looked_up(order: str, little: bool) -> None:
    deep = [(np.roll(RAMP, shift) * 257).astype(f"{order}u2").tobytes() for shift in range(3)]
    assert (colours(palette(deep), little=little) == EXPECTED).all()
    # Low bytes of zero, which come out black when the bytes are not swapped.
    high = [(np.roll(RAMP, shift) * 256).astype(f"{order}u2").tobytes() for shift in range(3)]
    assert (colours(palette(high), little=little) == EXPECTED).all()
    wide = [np.roll(RAMP, shift).astype(f"{order}u2").tobytes() for shift in range(3)]
    assert (colours(palette(wide, bits=8), little=little) == EXPECTED).all()
    pairs = [
        np.roll(RAMP, shift).astype(np.uint8).view("<u2").astype(f"{order}u2").tobytes() for shift in range(3)
    ]
    assert (colours(palette(pairs, bits=8), little=little) == EXPECTED).all()


def test_values_of_eight_bits_in_a_palette_of_sixteen_are_used_and_said() -> None:
    small = [np.roll(RAMP, shift).astype("<u2").tobytes() for shift in range(3)]
    pixels, notes = apply_palette(GREY, palette(small), little_endian=True)
    assert (pixels == EXPECTED).all()
    assert "8 bits by its values" in notes[0]


def test_values_outside_the_palette_take_its_ends() -> None:
    samples = np.array([[-5, 9, 10, 13, 99]], np.int16)
    steps = [(RAMP[:4] * 64 * 256).astype("<u2").tobytes()] * 3
    assert colours(palette(steps, first=10, count=4), samples)[0, :, 0].tolist() == [0, 0, 0, 192, 192]


@pytest.mark.parametrize(("bits", "address"), [(8, [3, 0, 0, 0]), (16, [6, 0])])
def test_segments_are_expanded(bits: int, address: list[int]) -> None:
    """One entry, four, a ramp of four, and the four once more by reference."""
    unit = 1 if bits == 8 else 256
    kind = np.uint8 if bits == 8 else np.dtype("<u2")
    segments = [0, 1, 0, 0, 4, 0, 8 * unit, 16 * unit, 24 * unit, 1, 4, 64 * unit, 2, 1, *address]
    table = np.array(segments, kind)
    data = table.tobytes() + b"\0" * (table.nbytes % 2)
    header = palette([data] * 3, bits=bits, segmented="Segmented", count=13)
    shown = colours(header, np.arange(13).reshape(1, 13))[0, :, 1]
    assert shown.tolist() == [0, 0, 8, 16, 24, 34, 44, 54, 64, 0, 8, 16, 24]


@pytest.mark.parametrize(
    "segments",
    [
        [3, 1, 0],
        [1, 4, 9],  # a ramp from nowhere
        [2, 1, 0, 0],  # a reference to itself
        [0, 0] * 70_000,
        [0, 2, 1, 2],  # too few entries
        [],
    ],
)
def test_a_damaged_palette_is_an_error_and_soon(segments: list[int]) -> None:
    data = np.array(segments, "<u2").tobytes()
    with pytest.raises((ValueError, IndexError, KeyError)):
        colours(palette([data] * 3, segmented="Segmented"))
