"""Recognise the format of a file by its first bytes, whatever its name says."""

from __future__ import annotations

import codecs
import re
import struct
from typing import Literal, NamedTuple

HEAD_BYTES = 4096
"""Bytes from the start of a file that ``identify`` needs."""

Kind = Literal["image", "video", "volume", "archive", "document", "text", "empty", "unknown"]


class Format(NamedTuple):
    """The format of a file.

    Attributes:
        name: name of the format, such as PNG; '' if it is unknown.
        kind: what files of the format hold; 'volume' also stands for arrays of numbers.
        readable: whether ``core.images.decode`` reads images of the format.
    """

    name: str
    kind: Kind
    readable: bool = False

    def describe(self) -> str:
        """Return the format with an article, such as "a RAR archive"; '' if it is unknown."""
        if not self.name:
            return ""
        article = "an" if self.name.startswith(_SPOKEN_WITH_VOWEL) else "a"
        return f"{article} {self.name} {_NOUNS[self.kind]}"


DICOM = Format("DICOM", "image", readable=True)
EMPTY = Format("", "empty")
UNKNOWN = Format("", "unknown")
READABLE = ("PNG", "JPEG", "BMP", "TIFF", "WebP", "GIF", "DICOM")
VIDEOS = ("MP4", "AVI")
"""Videos that are read as clips."""
_SPOKEN_WITH_VOWEL = (
    "AVI",
    "HDF5",
    "HTML",
    "ISO",
    "MKV",
    "MP4",
    "MPEG",
    "NP",
    "NRRD",
    "Office",
    "SVG",
    "XML",
    "XZ",
)
_NOUNS: dict[Kind, str] = {
    "image": "image",
    "video": "video",
    "volume": "file",
    "archive": "archive",
    "document": "document",
    "text": "file",
}
_HEIC = rb"hei[cmsx]|hev[cmsx]|mif1|msf1"
_MARKUP = rb"(?:\xef\xbb\xbf)?\s*<"
_SVG = re.compile(rb"<(?:svg[\s>]|!DOCTYPE svg)", re.IGNORECASE)
# The first that matches at the start counts. Where a magic number is short, the bytes after it are checked
# too: a table may begin with "BM" or "II*".
_MAGIC: tuple[tuple[bytes, str, Kind], ...] = (
    (rb"\x89PNG\r\n\x1a\n", "PNG", "image"),
    (rb"\xff\xd8\xff", "JPEG", "image"),
    (rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00", "BMP", "image"),
    (rb"II[*+]\x00|MM\x00[*+]|MM\*\x00|II\x00\*", "TIFF", "image"),
    (rb"RIFF.{4}WEBP", "WebP", "image"),
    (rb"GIF8[79]a", "GIF", "image"),
    (rb"\x00\x00\x00\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", "JPEG 2000", "image"),
    (rb"\x00\x00\x00\x0cJXL \r\n\x87\n|\xff\x0a", "JPEG XL", "image"),
    (rb".{4}ftypavi[fs]", "AVIF", "image"),
    # HEIF's general brands stand for AVIF where the list of compatible brands says so.
    (rb".{4}ftyp(?:mif1|msf1).{4}(?:.{4}){0,8}avi[fs]", "AVIF", "image"),
    (rb".{4}ftyp(?:" + _HEIC + rb")", "HEIC", "image"),
    (rb"8BPS\x00[\x01\x02]", "Photoshop", "image"),
    (rb"P[1-7]\s+(?:#|\d|WIDTH)", "Netpbm", "image"),
    (rb".{4}ftypqt  |.{4}(?:moov|wide|mdat)", "QuickTime", "video"),
    (rb".{4}ftyp", "MP4", "video"),
    (rb"RIFF.{4}AVI ", "AVI", "video"),
    (rb"\x1a\x45\xdf\xa3.{0,60}webm", "WebM", "video"),
    (rb"\x1a\x45\xdf\xa3", "MKV", "video"),
    (rb"\x00\x00\x01[\xba\xb3]", "MPEG", "video"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMV", "video"),
    (
        rb"(?:\x5c\x01\x00\x00|\x00\x00\x01\x5c).{340}n[i+][1-9]\x00|(?:\x1c\x02\x00\x00|\x00\x00\x02\x1c)n[i+]2\x00",
        "NIfTI",
        "volume",
    ),
    (rb"NRRD000\d", "NRRD", "volume"),
    (rb"(?:[A-Za-z]+ *=[^\r\n]*\r?\n){0,4}ObjectType *=|ObjectType *=", "MetaImage", "volume"),
    (rb"MATLAB (?:5\.0|7\.3) MAT-file", "MAT", "volume"),
    (rb"\x89HDF\r\n\x1a\n", "HDF5", "volume"),
    (rb"\x93NUMPY", "NPY", "volume"),
    (rb"PK\x03\x04.{26}[^/]{1,100}\.npy", "NPZ", "archive"),
    (
        rb"PK\x03\x04.{26}(?:\[Content_Types\]\.xml|_rels/|word/|xl/|ppt/|mimetypeapplication/)",
        "Office",
        "document",
    ),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "ZIP", "archive"),
    (rb"Rar!\x1a\x07", "RAR", "archive"),
    (rb"7z\xbc\xaf\x27\x1c", "7z", "archive"),
    (rb"\x1f\x8b\x08", "gzip", "archive"),
    (rb"BZh[1-9]1AY&SY", "bzip2", "archive"),
    (rb"\xfd7zXZ\x00", "XZ", "archive"),
    (rb"\x28\xb5\x2f\xfd", "Zstandard", "archive"),
    (rb".{257}ustar", "tar", "archive"),
    (rb"%PDF-", "PDF", "document"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office", "document"),
    (_MARKUP + rb"(?:!DOCTYPE html|html|head|body)", "HTML", "text"),
    (_MARKUP + rb"[?!a-z]", "XML", "text"),
    (rb"(?:\xef\xbb\xbf)?\s*[\[{]\s*[\]}\[{\"0-9-]", "JSON", "text"),
)
_FORMATS = tuple(
    (
        re.compile(magic, re.DOTALL | (re.IGNORECASE if kind == "text" else 0)),
        Format(name, kind, name in READABLE),
    )
    for magic, name, kind in _MAGIC
)
_DICM = b"DICM"
# A data set without preamble begins with its meta header (group 2) or identification (group 8): PS3.10, 7.
_FIRST_GROUPS = (2, 8)
_VR = re.compile(rb"(?:AE|AS|AT|CS|DA|DS|DT|FD|FL|IS|LO|LT|O[BDFLVW]|PN|S[HLQSTV]|TM|U[CILNRSTV])")
_MAX_FIRST_LENGTH = 1024
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MIN_ASCII = 0.7


class Signature(NamedTuple):
    """How files of a format begin.

    Attributes:
        pattern: regular expression that their first bytes match, read as Latin-1; ``.`` matches any byte.
        any_case: whether upper and lower case are the same in it.
        format: the format.
    """

    pattern: str
    any_case: bool
    format: Format


def signatures() -> list[Signature]:
    """Return the signatures of all formats but DICOM's; the first that matches counts."""
    svg = f"(?={_MARKUP.decode()}).*{_SVG.pattern.decode()}"  # markup of any kind, with a drawing in it
    return [
        Signature(svg, any_case=True, format=Format("SVG", "image")),
        *(
            Signature(pattern.pattern.decode(), bool(pattern.flags & re.IGNORECASE), form)
            for pattern, form in _FORMATS
        ),
    ]


def convert_videos(which: str) -> str:
    """Return the rest of a sentence on videos that are not read: which are, and how to convert the others."""
    return f"of videos, {' and '.join(VIDEOS)} are read: convert {which} with `ffmpeg -i IN OUT.mp4`."


def identify(head: bytes) -> Format:
    """Return the format of a file.

    Args:
        head: the first ``HEAD_BYTES`` bytes of the file, or all if it has fewer.
    """
    head = head[:HEAD_BYTES]
    if not head:
        return EMPTY
    if head[128:132] == _DICM or head.startswith(_DICM):
        return DICOM
    for pattern, form in _FORMATS:
        if pattern.match(head):
            return Format("SVG", "image") if form.name in {"XML", "HTML"} and _SVG.search(head) else form
    if _has_dicom_element(head):
        return DICOM
    return Format("text", "text") if _is_text(head) else UNKNOWN


def _has_dicom_element(head: bytes) -> bool:
    """Return whether a file without preamble begins with an element of a DICOM data set.

    It may be of explicit or implicit VR, and of either byte order; its group is 2 or 8, and its value short.
    """
    for order in "<>":
        try:
            group, element = struct.unpack_from(f"{order}HH", head)
            (implicit,) = struct.unpack_from(f"{order}I", head, 4)
            explicit = struct.unpack_from(f"{order}H", head, 6)[0] if _VR.match(head, 4) else None
        except struct.error:
            return False
        if group in _FIRST_GROUPS and element < _MAX_FIRST_LENGTH:
            length = implicit if explicit is None else explicit
            if length <= _MAX_FIRST_LENGTH and length % 2 == 0:
                return True
    return False


def _is_text(head: bytes) -> bool:
    """Return whether bytes are text: UTF-16 or UTF-32 with a byte order mark, UTF-8, or mostly ASCII."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    if _CONTROL.search(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return sum(byte < 128 for byte in head) >= _MIN_ASCII * len(head)  # noqa: PLR2004 - such as cp1252
    return True
