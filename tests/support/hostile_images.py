"""Files that no page should decode: huge, bombs, cut off, of other formats, or lying about what they are."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

import numpy as np
import tissue
from dicoms import dicom
from image_files import encoded
from PIL import Image

MEGABYTE = 2**20
SIDE = 16_385  # one more than an image may have
PNG = b"\x89PNG\r\n\x1a\n"
_START, _END = b"\xff\xd8", b"\xff\xd9"
# Of a JPEG: 8 bits, height and width to be filled in, one channel.
_FRAME, _SCAN = ">BHHBBBB", b"\x00\x08\x01\x01\x00\x00\x3f\x00"
GREY = Image.fromarray(tissue.image(3, 96, 128)[..., 0])
COLOUR = GREY.convert("RGB")


class Hostile(NamedTuple):
    """A file and what the page says of it.

    Attributes:
        file: its bytes.
        reason: reason of the refusal.
        said: what its sentence has in it.
    """

    file: bytes
    reason: str
    said: str


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0, data: bytes = b"") -> bytes:
    """Return a PNG with chunks before its pixels, which are a zlib stream."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"".join(
        [PNG, chunk(b"IHDR", head), *chunks, chunk(b"IDAT", data or zlib.compress(b"")), chunk(b"IEND", b"")]
    )


def segment(marker: int, content: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(width: int, height: int, *segments: bytes, marker: int = 0xC0, bits: int = 8) -> bytes:
    """Return a JPEG without tables, whose header declares a size."""
    frame = segment(marker, struct.pack(_FRAME, bits, height, width, 1, 1, 0x11, 0))
    return b"".join([_START, *segments, frame, segment(0xDA, _SCAN), bytes(64), _END])


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a WebP of chunks."""
    content = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(content)) + content


def huge() -> dict[str, Hostile]:
    """Return small files that declare many pixels."""
    many, long = ("pixels", "20 million"), ("side", "16,384 pixels")
    canvas = bytes([0, 0, 0, 0]) + (15_999).to_bytes(3, "little") * 2
    lossy = b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 16_000, 16_000)
    lossless = b"\x2f" + struct.pack("<I", 15_999 | 15_999 << 14)
    bmp = encoded(COLOUR, "BMP")
    gif = encoded(GREY, "GIF")
    small_first = segment(0xC0, struct.pack(_FRAME, 8, 8, 8, 1, 1, 0x11, 0))
    return {
        "huge.png": Hostile(png(100_000, 100_000), *many),
        "largest.png": Hostile(png(2**31 - 1, 2**31 - 1), *many),
        "just too many.png": Hostile(png(5_000, 4_001), *many),
        "long.png": Hostile(png(SIDE, 10), *long),
        "high.png": Hostile(png(10, SIDE), *long),
        "huge.jpg": Hostile(jpeg(65_535, 65_535), *many),
        "huge progressive.jpg": Hostile(jpeg(65_535, 65_535, marker=0xC2), *many),
        "long.jpg": Hostile(jpeg(SIDE, 10), *long),
        "huge second header.jpg": Hostile(jpeg(65_535, 65_535, small_first), *many),
        "huge lossy.webp": Hostile(webp((b"VP8 ", lossy)), *many),
        "huge lossless.webp": Hostile(webp((b"VP8L", lossless)), *many),
        "huge canvas.webp": Hostile(webp((b"VP8X", canvas), (b"VP8 ", lossy)), *many),
        "huge.bmp": Hostile(bmp[:18] + struct.pack("<ii", 100_000, 100_000) + bmp[26:], *many),
        "huge top down.bmp": Hostile(bmp[:18] + struct.pack("<ii", 100_000, -100_000) + bmp[26:], *many),
        "huge.gif": Hostile(_resized_gif(gif, 65_535, 65_535), *many),
        "long.gif": Hostile(_resized_gif(gif, SIDE, 10), *long),
        "large.png": Hostile(PNG + bytes(20 * MEGABYTE), "bytes", "21 MB"),
    }


def by_name() -> dict[str, Hostile]:
    """Return files of formats that are not decoded, with what is said of each."""
    deep = np.asarray(GREY, np.uint16) * 257
    element = struct.pack("<HHI", 8, 5, 10) + b"ISO_IR 100"
    animated = {"save_all": True, "append_images": [COLOUR.rotate(90), COLOUR.rotate(180)]}
    return {
        "grey of 16 bits.png": Hostile(encoded(Image.fromarray(deep)), "deep", "8-bit PNG"),
        "colour of 16 bits.png": Hostile(png(8, 8, depth=16, colour=2), "deep", "8-bit PNG"),
        "scan.tif": Hostile(encoded(GREY, "TIFF"), "format", "TIFF"),
        "big-endian.tif": Hostile(b"MM\x00*" + bytes(64), "format", "TIFF"),
        "large.tif": Hostile(b"II+\x00\x08\x00" + bytes(64), "format", "TIFF"),
        "series.dcm": Hostile(dicom(np.asarray(GREY)), "format", "DICOM"),
        "without preamble.dcm": Hostile(dicom(np.asarray(GREY))[128:], "format", "DICOM"),
        "without header.dcm": Hostile(element + bytes(200), "format", "DICOM"),
        "photograph.heic": Hostile(b"\0\0\0\x18ftypheic" + bytes(64), "format", "HEIC"),
        "photograph.heif": Hostile(b"\0\0\0\x24ftypmif1\0\0\0\0mif1heic" + bytes(64), "format", "HEIC"),
        "photograph.avif": Hostile(b"\0\0\0\x20ftypavif" + bytes(64), "format", "AVIF"),
        "image.jp2": Hostile(b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(64), "format", "JPEG 2000"),
        "image.jxl": Hostile(b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(64), "format", "JPEG XL"),
        "drawing.svg": Hostile(_SVG, "format", "SVG"),
        "page.html": Hostile(b"<!DOCTYPE html><script>alert(1)</script>", "format", "HTML"),
        "report.pdf": Hostile(b"%PDF-1.7" + bytes(64), "format", "PDF"),
        "images.zip": Hostile(b"PK\x03\x04" + bytes(64), "format", "ZIP"),
        "clip.mp4": Hostile(b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41", "format", "MP4"),
        "nothing.png": Hostile(b"", "empty", "empty"),
        "zeros.png": Hostile(bytes(100), "format", "PNG"),
        "animated.png": Hostile(encoded(COLOUR, "PNG", **animated), "clip", "frame of it as PNG"),
        "animated.webp": Hostile(encoded(COLOUR, "WEBP", **animated), "clip", "frame of it as PNG"),
        "animated.gif": Hostile(encoded(COLOUR, "GIF", **animated), "clip", "frame of it as PNG"),
        "printer.jpg": Hostile(encoded(COLOUR.convert("CMYK"), "JPEG"), "cmyk", "CMYK"),
        "of 12 bits.jpg": Hostile(jpeg(8, 8, bits=12, marker=0xC1), "unusual", "save it as PNG"),
        "lossless.jpg": Hostile(jpeg(8, 8, marker=0xC3), "unusual", "save it as PNG"),
        "arithmetic.jpg": Hostile(jpeg(8, 8, marker=0xC9), "unusual", "save it as PNG"),
        "TIFF called.png": Hostile(encoded(GREY, "TIFF"), "format", "TIFF"),
    }


def tiny_pieces() -> dict[str, Hostile]:
    """Return files of 19 MB that consist of empty pieces, and one of a thousand scans."""
    count = 19 * MEGABYTE
    scans = segment(0xDA, _SCAN) * 1000
    unusual = ("structure", "save it again as PNG")
    names = (struct.pack(">I", 0x41000000 + number) + bytes(4) for number in range(count // 8))
    return {
        "empty chunks.png": Hostile(png(8, 8, chunk(b"teSt", b"") * (count // 12)), *unusual),
        "empty segments.jpg": Hostile(jpeg(8, 8, segment(0xFE, b"") * (count // 4)), *unusual),
        "scans.jpg": Hostile(jpeg(8, 8)[:-2] + scans + _END, *unusual),
        "chunks of many names.webp": Hostile(_riff(b"".join(names)), *unusual),
        "empty blocks.gif": Hostile(_GIF + b"\x21\xfe\x00" * (count // 3) + b"\x3b", *unusual),
    }


def cut_off() -> dict[str, Hostile]:
    """Return files that end too early, lie about their sizes, or have the wrong checksum."""
    damaged = ("damaged", "save or export it again")
    files = {form: encoded(COLOUR, form) for form in ("PNG", "JPEG", "WEBP", "BMP", "GIF")}
    cut = {
        f"{share:.0%} of a {form}": file[: int(len(file) * share)]
        for form, file in files.items()
        for share in (0.1, 0.5, 0.9)
    }
    cut |= {f"the first 20 bytes of a {form}": file[:20] for form, file in files.items()}
    wrong = bytearray(files["PNG"])
    wrong[18] ^= 1  # in the width
    cut |= {
        "no pixels.png": png(64, 64),
        "too few pixels.png": png(64, 64, data=zlib.compress(bytes(65 * 63))),
        "no zlib stream.png": png(64, 64, data=bytes(300)),
        "chunk beyond the end.png": PNG + b"\xff\xff\xff\xffIDAT" + bytes(20),
        "wrong checksum.png": bytes(wrong),
        "no width.png": png(0, 5),
        "no height.jpg": jpeg(8, 0),
        "segment beyond the end.jpg": _START + b"\xff\xe1\xff\xff" + bytes(20),
        "no end.jpg": files["JPEG"][:-2],
        "beyond the end.webp": webp((b"VP8 ", b""))[:-4] + b"\xff\xff\xff\xff",
        "two images.webp": webp((b"VP8 ", bytes(30)), (b"VP8L", bytes(30))),
        "pixels beyond the end.bmp": files["BMP"][:10] + b"\xff\xff\xff\x7f" + files["BMP"][14:],
        "header beyond the end.bmp": files["BMP"][:14] + b"\x7c\x00\x00\x00" + files["BMP"][18:60],
        "colours beyond the end.gif": files["GIF"][:10] + b"\xf7" + files["GIF"][11:40],
    }
    return {name: Hostile(file, *damaged) for name, file in cut.items()}


BOMBS = ("pixels", "pixels in pieces", "texts", "metadata")


def bomb(name: str) -> bytes:
    """Return a PNG of one pixel and less than 20 MB that expands to 19 GB: in its pixels or its texts."""
    stream, pixel = _zeros(19 * 1024), zlib.compress(bytes(2))
    match name:
        case "pixels":
            return png(1, 1, data=stream)
        case "pixels in pieces":
            return png(1, 1, *(chunk(b"IDAT", part) for part in _parts(stream)))
        case "texts":
            text = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + _zeros(1))
            return png(1, 1, *[text] * 15_000, data=pixel)
        case _:
            return png(1, 1, chunk(b"zTXt", b"Raw profile type exif\0\0" + stream), data=pixel)


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
_GIF = b"GIF89a\x08\x00\x08\x00\x00\x00\x00"


def _resized_gif(file: bytes, width: int, height: int) -> bytes:
    """Return a GIF whose screen and first image have another size."""
    size = struct.pack("<HH", width, height)
    start = file.index(b"\x2c\x00\x00\x00\x00") + 5
    return file[:6] + size + file[10:start] + size + file[start + 4 :]


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def _zeros(megabytes: int) -> bytes:
    """Return a zlib stream of so many megabytes of zeros, which has a thousandth of that."""
    stream = zlib.compressobj()
    start = stream.compress(bytes(MEGABYTE)) + stream.flush(zlib.Z_FULL_FLUSH)
    # After a full flush, what follows can be repeated; a reader that gets as far as the checksum has lost.
    part = stream.compress(bytes(MEGABYTE)) + stream.flush(zlib.Z_FULL_FLUSH)
    return start + part * (megabytes - 1) + stream.flush()


def _parts(stream: bytes) -> list[bytes]:
    return [stream[start : start + 65_536] for start in range(0, len(stream), 65_536)]
