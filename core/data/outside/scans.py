"""Scans that show no breast, from the packages pydicom and pydicom-data: other ultrasound, CT, MR, X-ray."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from core.data.outside.motif import Motif, views
from core.data.outside.packages import folder_of
from core.images.local import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.data.outside.motif import Pixels

# Each file shows something else: pydicom's examples are smaller copies of some of pydicom-data's.
_PYDICOM = {
    "CT_small.dcm": "CT of a spine",
    "J2K_pixelrep_mismatch.dcm": "CT of a head",
    "693_J2KI.dcm": "CT of a head, brain window",
    "MR_small.dcm": "MR",
    "examples_overlay.dcm": "MR of an abdomen",
    "examples_palette.dcm": "abdominal ultrasound",
    "examples_rgb_color.dcm": "ultrasound of a lymph node with Doppler",
    "examples_ybr_color.dcm": "echocardiogram",
    "JPEG2000.dcm": "bone scintigram",
}
_PYDICOM_DATA = {
    "MR2_UNCI.dcm": "MR of a shoulder",
    "emri_small.dcm": "MR of a head",
    "eCT_Supplemental.dcm": "CT perfusion of a head",
    "explicit_VR-UN.dcm": "CT of an abdomen",
    "RG1_UNCI.dcm": "chest X-ray",
    "RG3_UNCI.dcm": "X-ray of a leg",
    "gdcm-US-ALOKA-16.dcm": "pelvic ultrasound",
    "JPGLosslessP14SV1_1s_1f_8b.dcm": "echocardiogram of an aorta",
    "color-pl.dcm": "transoesophageal echocardiogram with Doppler",
    "OT-PAL-8-face.dcm": "photograph of a face",
    "vlut_04.dcm": "test pattern",
}
_FILES = {
    "pydicom": ("pydicom", "data/test_files", _PYDICOM),
    "pydicom-data": ("data_store", "data", _PYDICOM_DATA),
}


def motifs() -> list[Motif]:
    """Return a motif for each file of the packages that are installed; three images each."""
    found = []
    for package, (module, inside, files) in _FILES.items():
        if (folder := folder_of(module)) is not None:
            found += [
                Motif("other scans", f"{package}, {name} ({what})", partial(_images, folder / inside / name))
                for name, what in files.items()
            ]
    return found


def _images(path: Path) -> Iterator[Pixels]:
    yield from views(read_file(path).pixels)
