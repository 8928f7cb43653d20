"""Decode one frame of a DICOM file to the values that it stores.

Uncompressed pixels and JPEG 2000 are decoded by pydicom and Pillow; JPEG, lossless too, by Pillow, which
knows 8 bits; RLE here. Other decoders are pylibjpeg-libjpeg, whose licence (GPL) does not fit, GDCM, a large
C++ library that untrusted files would reach, and for JPEG-LS pyjpegls, which takes 8 s for a damaged file of
2 kB.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np
from PIL import Image
from pydicom import uid
from pydicom.encaps import encapsulate, get_frame, parse_basic_offsets, parse_fragments
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import as_pixel_options

from core.images.dicom_header import unreadable
from core.images.dicom_stream import CODESTREAM, codec, jpeg_2000_size, read_jpeg
from core.images.limits import check_scans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.images.dicom_header import Header
    from core.images.dicom_stream import Codec

_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_GREYS = ("MONOCHROME1", "MONOCHROME2")
_PALETTE = "PALETTE COLOR"
_BITS = (8, 16)
_SAMPLES = (1, 3)
_MAX_FRAGMENTS = 20_000
_CONVERT = "convert it with `{} IN OUT`"
# The transfer syntaxes by what their streams should be.
_FAMILIES: dict[Codec, tuple[uid.UID, ...]] = {
    "JPEG": (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1),
    "JPEG-LS": (uid.JPEGLSLossless, uid.JPEGLSNearLossless),
    "JPEG 2000": (uid.JPEG2000Lossless, uid.JPEG2000),
    "RLE": (uid.RLELossless,),
}


class Frame(NamedTuple):
    """A decoded frame.

    Attributes:
        samples: stored values [H, W] of grey or a palette, or [H, W, 3].
        colour: photometric interpretation of the values: a grey, PALETTE COLOR, RGB or YBR_FULL.
        notes: sentences on where header and stream differ.
    """

    samples: NDArray[np.generic]
    colour: str
    notes: tuple[str, ...]


def read_frame(file: BinaryIO, header: Header, index: int) -> Frame:
    """Decode one frame.

    Args:
        file: the file.
        header: its header.
        index: number of the frame, from 0.

    Raises:
        ImageError: the frame is stored in an unsupported way, or would take too long.
        Exception: any, from a decoder on a damaged file.
    """
    elements = header.elements
    said = str(elements.get("PhotometricInterpretation") or "").strip()
    if said and said not in (*_COLOURS, *_GREYS, _PALETTE):
        raise unreadable("an unknown colour space")
    bits = int(elements.BitsAllocated)
    if bits not in _BITS:
        raise unreadable("1 bit" if bits == 1 else f"{bits} bits")
    file.seek(header.start)
    if header.length is not None:
        return _native(file, header, index, said)
    stream = _stream(file, header, index)
    kind = codec(stream)
    declared = next((name for name, syntaxes in _FAMILIES.items() if header.syntax in syntaxes), None)
    if header.syntax.is_compressed and declared is None:
        raise unreadable(header.syntax.name, "save frames of it as PNG")
    if not kind:
        raise ValueError  # none that is known, whatever the header says
    notes: tuple[str, ...] = ()
    if header.known and kind != declared:
        notes = (f"By the header the pixels are stored in another way than {kind}, as which they were read.",)
    if kind == "JPEG-LS":
        raise unreadable(kind, _CONVERT.format("dcmdjpls"))
    read = {"JPEG": _jpeg, "JPEG 2000": _jpeg_2000, "RLE": _rle}[kind]
    frame = read(stream, header, said)
    return frame._replace(notes=(*notes, *frame.notes))


def _stream(file: BinaryIO, header: Header, index: int) -> bytes:
    """Read the compressed stream of a frame."""
    parse_basic_offsets(file)
    fragments, _ = parse_fragments(file)
    if fragments > _MAX_FRAGMENTS:
        raise unreadable("too many fragments")
    file.seek(header.start)
    elements, offsets = header.elements, None
    if "ExtendedOffsetTable" in elements and "ExtendedOffsetTableLengths" in elements:
        offsets = (elements.ExtendedOffsetTable, elements.ExtendedOffsetTableLengths)
    return get_frame(file, index, extended_offsets=offsets, number_of_frames=header.frames)


def _native(file: BinaryIO, header: Header, index: int, said: str) -> Frame:
    elements = header.elements
    if header.syntax.is_compressed:
        raise ValueError
    pixels = int(elements.Rows) * int(elements.Columns) * header.frames * (int(elements.BitsAllocated) // 8)
    samples = int(elements.get("SamplesPerPixel") or (3 if (header.length or 0) >= 3 * pixels else 1))
    colour = said or _by_samples(samples, "RGB")
    if colour == "YBR_FULL_422" and (header.length or 0) >= 3 * pixels:
        raise ValueError  # its size is that of another colour space
    notes = () if said else (_no_colour_space(colour),)
    decoded, properties = get_decoder(header.syntax).as_array(
        file, index=index, raw=True, **_options(header, samples, colour, pixel_vr=header.pixel_vr)
    )
    return Frame(decoded, str(properties["photometric_interpretation"]), notes)


def _jpeg(stream: bytes, header: Header, said: str) -> Frame:
    jpeg = read_jpeg(stream)
    if jpeg is None:
        raise ValueError
    if jpeg.precision != 8:  # noqa: PLR2004
        kind = "JPEG Lossless" if jpeg.lossless else "JPEG"
        raise unreadable(f"{kind} of {jpeg.precision} bits", _CONVERT.format("dcmdjpeg"))
    _check_stream(jpeg.width, jpeg.height, header)
    file = io.BytesIO(stream)
    check_scans(file)
    with Image.open(file, formats=["JPEG"]) as image:
        if len(jpeg.components) == 1:
            image.load()
            return _grey(np.array(image), header, said)
        if len(jpeg.components) != 3:  # noqa: PLR2004
            raise unreadable(f"JPEG of {len(jpeg.components)} channels", _CONVERT.format("dcmdjpeg"))
        if jpeg.ycbcr_to_libjpeg:  # it would convert these, unless asked not to
            image.draft("YCbCr", image.size)
        samples = np.array(image)
    ycbcr = jpeg.is_ycbcr("RGB" if said == "RGB" else "YBR_FULL" if said in _COLOURS else "")
    colour = "YBR_FULL" if ycbcr else "RGB"
    if said not in _COLOURS:
        return Frame(samples, colour, (_no_colour_space(colour),))
    if ycbcr != (said != "RGB"):
        why = " (chroma is subsampled)" if jpeg.subsampled else ""
        names = ("RGB", "YCbCr") if ycbcr else ("YCbCr", "RGB")
        note = (
            f"By the header the colours are {names[0]}, by the JPEG stream {names[1]}{why}; it was followed."
        )
        return Frame(samples, colour, (note,))
    return Frame(samples, colour, ())


def _grey(samples: NDArray[np.generic], header: Header, said: str) -> Frame:
    if int(header.elements.get("PixelRepresentation") or 0):
        samples = samples.view(np.int8)
    if said in (*_GREYS, _PALETTE):
        return Frame(samples, said, ())
    if said:
        return Frame(
            samples,
            "MONOCHROME2",
            ("By the header the image has colours, by the stream none; it was read as grey.",),
        )
    return Frame(samples, "MONOCHROME2", (_no_colour_space("MONOCHROME2"),))


def _jpeg_2000(stream: bytes, header: Header, said: str) -> Frame:
    # Without the boxes around it, which DICOM does not allow: pydicom never ends at one of length 0.
    stream = stream[max(stream.find(CODESTREAM), 0) :]
    size = jpeg_2000_size(stream)
    if size is None:
        raise ValueError
    width, height, count, bits = size
    _check_stream(width, height, header)
    if bits > 16 or (bits > 8 and count > 1):  # noqa: PLR2004
        raise unreadable(f"JPEG 2000 of {bits} bits", _CONVERT.format("gdcmconv --raw"))
    return _by_pydicom(uid.JPEG2000Lossless, "pillow", stream, header, said, count)


def _by_pydicom(
    syntax: uid.UID, plugin: str, stream: bytes, header: Header, said: str, samples: int
) -> Frame:
    if samples not in _SAMPLES:
        raise unreadable(f"{samples} channels", _CONVERT.format("gdcmconv --raw"))
    fits = bool(said) and (said in _COLOURS) == (samples > 1)
    colour = said if fits else _by_samples(samples, "RGB")
    options = _options(header, samples, colour, number_of_frames=1)
    options.pop("extended_offsets", None)
    decoded, properties = get_decoder(syntax).as_array(
        encapsulate([stream]), index=0, raw=True, decoding_plugin=plugin, **options
    )
    return Frame(
        decoded, str(properties["photometric_interpretation"]), () if fits else (_no_colour_space(colour),)
    )


def _rle(stream: bytes, header: Header, said: str) -> Frame:
    """Decode RLE: planes of bytes, for each sample the highest byte first (PS3.5, Annex G)."""
    elements = header.elements
    rows, columns, width = int(elements.Rows), int(elements.Columns), int(elements.BitsAllocated) // 8
    count, *starts = struct.unpack_from("<16L", stream)
    samples, odd = divmod(count, width)
    if odd or samples not in _SAMPLES:
        raise ValueError
    ends = [*starts[1:count], len(stream)]
    planes = [
        # Pillow's decoder of TIFF knows the same code; one line, since runs may cross rows.
        Image.frombytes("L", (rows * columns, 1), stream[start:end], "packbits", "L")
        for start, end in zip(starts, ends, strict=False)
    ]
    data = np.stack([np.asarray(plane).reshape(rows, columns) for plane in planes], axis=2)
    signed = "i" if int(elements.get("PixelRepresentation") or 0) else "u"
    decoded = np.ascontiguousarray(data).view(f">{signed}{width}").astype(f"{signed}{width}")
    fits = bool(said) and (said in _COLOURS) == (samples > 1)
    colour = said if fits else _by_samples(samples, "RGB")
    if colour == "YBR_FULL_422":  # RLE holds all samples: PS3.5, 8.2.2
        colour = "YBR_FULL"
    return Frame(
        decoded if samples > 1 else decoded[..., 0], colour, () if fits else (_no_colour_space(colour),)
    )


def _check_stream(width: int, height: int, header: Header) -> None:
    """Check that a stream has the size of the header, whose limits were checked, before it is decoded."""
    if (height, width) != (int(header.elements.Rows), int(header.elements.Columns)):
        raise ValueError


def _options(header: Header, samples: int, colour: str, **more: Any) -> dict[str, Any]:
    elements = header.elements
    bits = int(elements.BitsAllocated)
    missing = {
        "bits_stored": int(elements.get("BitsStored") or bits),
        "pixel_representation": int(elements.get("PixelRepresentation") or 0),
        "planar_configuration": int(elements.get("PlanarConfiguration") or 0),
    }
    more = {"number_of_frames": header.frames, "pixel_keyword": "PixelData", **more}
    return as_pixel_options(
        elements, samples_per_pixel=samples, photometric_interpretation=colour, **missing, **more
    )


def _by_samples(samples: int, colour: str) -> str:
    return colour if samples > 1 else "MONOCHROME2"


def _no_colour_space(colour: str) -> str:
    names = {"MONOCHROME2": "grey", "YBR_FULL": "YCbCr"}
    name = names.get(colour, colour)
    return f"The header names no colour space that fits the pixels; they were read as {name}."
