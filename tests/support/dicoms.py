"""DICOM files of every kind that a test needs, with a patient whose name must not turn up anywhere."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pydicom
from PIL import Image
from pydicom import uid
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate

if TYPE_CHECKING:
    import numpy as np

PATIENT = "Unnameable^Patient"


def dicom(
    pixels: np.ndarray | bytes,
    photometric: str = "MONOCHROME2",
    *,
    syntax: uid.UID = uid.ExplicitVRLittleEndian,
    frames: list[bytes] | None = None,
    rle: bool = False,
    **elements: Any,
) -> bytes:
    """Return a file that holds pixels, [H, W], [H, W, 3] or [N, H, W]; ``frames`` are compressed already."""
    header = FileDataset(None, {}, file_meta=FileMetaDataset(), preamble=bytes(128))
    header.file_meta.TransferSyntaxUID = syntax
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = uid.UltrasoundImageStorage
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = "1.2.3.4"
    header.PatientName = header.ReferringPhysicianName = PATIENT
    header.PatientID, header.PatientBirthDate = "Unnameable-17", "19700101"
    colour = photometric not in ("MONOCHROME1", "MONOCHROME2")
    shape = pixels.shape[:-1] if colour else pixels.shape
    header.SamplesPerPixel, header.PhotometricInterpretation = 3 if colour else 1, photometric
    if colour:
        header.PlanarConfiguration = 0
    if len(shape) > 2:
        header.NumberOfFrames = shape[0]
    header.Rows, header.Columns = shape[-2:]
    header.BitsAllocated = header.BitsStored = 8 * pixels.itemsize
    header.HighBit, header.PixelRepresentation = header.BitsStored - 1, int(pixels.dtype.kind == "i")
    header.PixelData = pixels.tobytes() if frames is None else encapsulate(frames)
    if rle:
        header.compress(uid.RLELossless)
    for name, value in elements.items():
        setattr(header, name, value)
    file = io.BytesIO()
    pydicom.dcmwrite(file, header)
    return file.getvalue()


def frame(pixels: np.ndarray, form: str, **options: Any) -> bytes:
    """Return pixels as the JPEG or JPEG 2000 stream that a compressed file holds."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()
