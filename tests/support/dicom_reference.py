"""Compare how DICOM files are read with a reference decode, file by file.

    PYTHONPATH=. python tests/support/dicom_reference.py FOLDER [FOLDER ...] > docs/dicom.csv

The reference is pydicom's own ``pixel_array`` of the first frame, with its palette or its colours converted,
by whatever decoders are installed: pylibjpeg with its plugins (GPL), python-gdcm and pyjpegls for the whole
table. Without them a file that only they decode has no reference.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import warnings
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut, pixel_array

from core.images.formats import DICOM, HEAD_BYTES, identify
from core.images.limits import ImageError
from core.images.local import read_file

# Largest difference, levels of 255, that rounding in a conversion of colours makes.
ROUNDING = 2
PYDICOM = Path(pydicom.__file__).parent / "data"
Outcome = Literal["equal", "noted", "refused", "no reference", "differs"]


class Comparison(NamedTuple):
    """How a file is read.

    ``equal`` are the values of the reference, ``noted`` those after what the notes say was done to them.
    ``why`` are the notes, or the reason of a refusal.
    """

    outcome: Outcome
    why: str


def dicom_files(folder: Path) -> list[Path]:
    """Return the files below a folder that are DICOM by their content."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in files if identify(path.read_bytes()[:HEAD_BYTES]) == DICOM]


def reference(path: Path) -> np.ndarray:
    """Decode the first frame to uint8 [H, W, 3] RGB by pydicom.

    Raises:
        Exception: any, where pydicom has no decoder, or the file is damaged.
    """
    header = pydicom.dcmread(io.BytesIO(path.read_bytes()), force=True)
    if "TransferSyntaxUID" not in header.file_meta:
        implicit, little = header.original_encoding
        header.file_meta.TransferSyntaxUID = (
            pydicom.uid.ImplicitVRLittleEndian
            if implicit
            else pydicom.uid.ExplicitVRLittleEndian
            if little
            else pydicom.uid.ExplicitVRBigEndian
        )
    # Of a file that ends early pydicom finds the pixels only when it reads frame by frame.
    values = pixel_array(header if "PixelData" in header else path, index=0)
    if header.get("PhotometricInterpretation") == "PALETTE COLOR":
        if header.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRBigEndian:  # pydicom forgets to swap
            for name in (f"{colour}PaletteColorLookupTableData" for colour in ("Red", "Green", "Blue")):
                if name in header:
                    header[name].value = np.frombuffer(header[name].value, ">u2").astype("<u2").tobytes()
        values = apply_color_lut(values, header)
        values = (values >> 8 if values.dtype == np.uint16 else values).astype(np.uint8)
    return values if values.ndim == 3 else np.repeat(values[..., np.newaxis], 3, axis=2)


def as_noted(values: np.ndarray, notes: str) -> np.ndarray:
    """Apply to the values of the reference what notes say was done: scaling, inversion and cropping."""
    if scaled := re.search(r"Grey values from (\S+) to (\S+) \(", notes):
        low, high = map(float, scaled.groups())
        values = np.clip((values.astype(float) - low) * (255 / (high - low)), 0, 255)
    if "inverted back" in notes:
        values = 255 - values.astype(float)
    if cropped := re.search(r"columns (\d+) to (\d+), rows (\d+) to (\d+)", notes):
        left, right, top, bottom = map(int, cropped.groups())
        values = values[top : bottom + 1, left : right + 1]
    return values


def compare(path: Path) -> Comparison:
    """Compare how a file is read with the reference."""
    try:
        ours = read_file(path)
    except ImageError as error:
        return Comparison("refused", str(error).removeprefix(f"{path} "))
    notes = " ".join(ours.notes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            values = reference(path)
        except Exception as error:  # noqa: BLE001 - of pydicom comes any
            return Comparison("no reference", f"{type(error).__name__}: {notes}")
    expected = as_noted(values, notes)
    same = (
        ours.pixels.shape == expected.shape and np.abs(ours.pixels - expected.astype(float)).max() <= ROUNDING
    )
    if not same and "by the JPEG stream" not in notes:
        return Comparison("differs", notes)
    return Comparison("equal" if same and expected is values else "noted", notes)


if __name__ == "__main__":
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["file", *Comparison._fields])
    for folder in map(Path, sys.argv[1:]):
        for path in dicom_files(folder):
            table.writerow([path.relative_to(folder).as_posix(), *compare(path)])
