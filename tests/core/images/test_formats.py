import io
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from dicoms import dicom
from image_files import NOISE, encoded
from PIL import Image

from core.images.formats import HEAD_BYTES, identify

IMAGE = Image.fromarray(NOISE)
DATA = dicom(NOISE, "RGB")
NIFTI = struct.pack("<i", 348).ljust(344, b"\0") + b"n+1\0"


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    return file.getvalue()


def saved(save, *arguments: object) -> bytes:
    file = io.BytesIO()
    save(file, *arguments)
    return file.getvalue()


READABLE = {
    "PNG": [encoded(IMAGE)],
    "JPEG": [encoded(IMAGE, "JPEG"), b"\xff\xd8\xff\xee"],
    "BMP": [encoded(IMAGE, "BMP")],
    "TIFF": [encoded(IMAGE, "TIFF"), b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0"],
    "WebP": [encoded(IMAGE, "WEBP")],
    "GIF": [encoded(IMAGE, "GIF"), b"GIF87a"],
    # With preamble, without it, without its meta header, implicit VR, big-endian.
    "DICOM": [
        DATA,
        DATA[128:],
        DATA[132:],
        DATA[DATA.index(b"\x08\0\x16\0UI") :],
        struct.pack("<HHI", 8, 5, 10) + b"ISO_IR 100",
        struct.pack(">HH2sH", 8, 8, b"CS", 16) + b"ORIGINAL\\PRIMARY",
    ],
}
OTHER = {
    ("HEIC", "image"): [b"\0\0\0\x24ftypheic\0\0\0\0", b"\0\0\0\x24ftypmif1\0\0\0\0mif1heic"],
    ("AVIF", "image"): [encoded(IMAGE, "AVIF"), b"\0\0\0\x24ftypmif1\0\0\0\0mif1avif"],
    ("JPEG 2000", "image"): [encoded(IMAGE, "JPEG2000"), encoded(IMAGE, "JPEG2000", no_jp2=True)],
    ("SVG", "image"): [
        b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"\xef\xbb\xbf <svg>",
    ],
    ("Netpbm", "image"): [encoded(IMAGE, "PPM")],
    ("MP4", "video"): [b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41"],
    ("QuickTime", "video"): [b"\0\0\0\x14ftypqt  ", b"\0\0\0\x08wide\0\0\0\0mdat"],
    ("AVI", "video"): [b"RIFF\0\0\0\0AVI LIST"],
    ("MKV", "video"): [b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\1\x42\x82\x88matroska"],
    ("WebM", "video"): [b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm"],
    ("NIfTI", "volume"): [NIFTI, struct.pack(">i", 348).ljust(344, b"\0") + b"ni1\0", b"\x1c\2\0\0n+2\0"],
    ("MetaImage", "volume"): [b"ObjectType = Image\nNDims = 3", b"Comment = x\r\nObjectType=Image"],
    ("NRRD", "volume"): [b"NRRD0004\n# Complete"],
    ("MAT", "volume"): [b"MATLAB 5.0 MAT-file, Platform: GLNXA64", b"MATLAB 7.3 MAT-file, Platform"],
    ("HDF5", "volume"): [b"\x89HDF\r\n\x1a\n\0"],
    ("NPY", "volume"): [saved(np.save, NOISE)],
    ("NPZ", "archive"): [saved(np.savez, NOISE)],
    ("ZIP", "archive"): [zipped("a/b.png"), b"PK\x05\x06" + bytes(18), b"PK\3\4something"],
    ("RAR", "archive"): [b"Rar!\x1a\7\0", b"Rar!\x1a\7\1\0"],
    ("7z", "archive"): [b"7z\xbc\xaf\x27\x1c\0\4"],
    ("gzip", "archive"): [b"\x1f\x8b\x08\0\0\0\0\0"],
    ("tar", "archive"): [tarred()],
    ("PDF", "document"): [b"%PDF-1.7 something"],
    ("Office", "document"): [zipped("[Content_Types].xml"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
    ("XML", "text"): [b'<?xml version="1.0"?><case/>', b"<annotation>"],
    ("HTML", "text"): [b"\n<!DOCTYPE html><html>", b"<html>"],
    ("JSON", "text"): [b'{"a": 1}', b'[{"a": 1}]', b"[1, 2]"],
    ("text", "text"): [
        b"BMI;age\r\n21,5;40\r\n",
        "Größe,Fläche\n".encode("utf-16"),
        "Größe;Fläche\n".encode(),
        "Größe;Fläche\n".encode("cp1252"),
        ("a" * (HEAD_BYTES - 1) + "ü").encode(),
    ],
    ("", "empty"): [b""],
    ("", "unknown"): [bytes(100), bytes(range(256)), b"\x89PN", b"\xff\xd8", b"BM\1\2\3", bytes(7)],
}


@pytest.mark.parametrize("name", READABLE)
def test_what_can_be_read_is_recognised_by_content(name: str) -> None:
    for data in READABLE[name]:
        assert identify(data[:HEAD_BYTES]) == identify(data) == (name, "image", True)


@pytest.mark.parametrize(("name", "kind"), OTHER)
def test_what_cannot_be_read_is_recognised_too(name: str, kind: str) -> None:
    for data in OTHER[name, kind]:
        assert identify(data[:HEAD_BYTES]) == (name, kind, False)


def test_a_format_is_named_with_its_article() -> None:
    named = {identify(cases[0]).describe() for cases in OTHER.values()}
    assert {
        "a RAR archive",
        "an SVG image",
        "a NIfTI file",
        "an MP4 video",
        "a text file",
        "an NPY file",
    } <= named
    assert {
        "a PDF document",
        "an Office document",
        "an XML file",
        "a 7z archive",
        "a HEIC image",
        "",
    } <= named
