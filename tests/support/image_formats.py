"""Image files of every kind that the static page decodes, made and real, and fittings to try on them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tissue
from image_files import encoded
from paths import SHARED
from PIL import Image, PngImagePlugin

from core.data.listing import IMAGE, walk
from core.images.decode import decode
from core.images.preprocessing import Preprocessing, fit
from core.site.probes import probes
from core.site.words import LIMITS, formats

if TYPE_CHECKING:
    from collections.abc import Iterator

# Decodes and fits every file in a browser: a hash of all pixels, and of the network's input by each fitting.
DECODE = """async ([count, site, fittings]) => {
    const { decode } = await import("/page/decode.js");
    const { fit } = await import("/page/fit.js");
    const hash = async ({ width, height, data }) => {
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
        return [width, height, Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")];
    };
    const found = [];
    for (let number = 0; number < count; number++) {
        const response = await fetch(`/file/${number}`);
        try {
            const { image, notes } = await decode(new Uint8Array(await response.arrayBuffer()), site);
            const fitted = [];
            for (const fitting of fittings) fitted.push(await hash(fit(image, fitting)));
            if (notes.includes("decoder")) throw new Error("a probe has other pixels");
            found.push({ whole: await hash(image), fitted, transparent: notes.includes("transparent") });
        } catch (error) {
            found.push({ error: `${error.reason} ${error.stack}` });
        }
    }
    return found;
}"""
ORIENTATIONS = range(1, 9)
REAL = {
    name: Path(os.environ.get(variable, SHARED / "data" / name.lower()))
    for name, variable in (("BUSI", "BUSI_DIR"), ("BUSBRA", "BUSBRA_DIR"))
}
_REAL_OF_EACH = 12


def fittings() -> list[Preprocessing]:
    """Return preprocessings that differ in everything that they can."""
    return [
        Preprocessing(image_size=96, fit="squash", interpolation="nearest"),
        Preprocessing(image_size=224, fit="letterbox", interpolation="bilinear"),
        Preprocessing(image_size=150, fit="squash", interpolation="bilinear", border_crop=0.1),
        Preprocessing(image_size=113, fit="letterbox", interpolation="nearest", border_crop=0.035),
    ]


def made() -> dict[str, bytes]:
    """Return files that were made, by their names."""
    colour, grey = _colour(331, 247), Image.fromarray(tissue.image(3, 240, 317)[..., 0])
    files = {
        "grey.png": encoded(grey),
        "RGB.png": encoded(colour),
        "interlaced.png": _interlaced(colour),
        "alpha.png": encoded(_with_alpha(colour)),
        "grey alpha.png": encoded(_with_alpha(grey)),
        "palette.png": encoded(colour.quantize(200)),
        "palette of 2 bits.png": encoded(colour.quantize(4), bits=2),
        "palette of 4 bits.png": encoded(colour.quantize(13), bits=4),
        "transparent palette.png": encoded(colour.quantize(30), transparency=3),
        "palette of opacities.png": encoded(colour.quantize(30), transparency=bytes(range(0, 240, 8))),
        "bits.png": encoded(grey.convert("1")),
        "transparent grey.png": encoded(grey, transparency=int(np.asarray(grey)[5, 5])),
        "transparent RGB.png": encoded(colour, transparency=colour.getpixel((5, 5))),
        "gamma and profile.png": _with_gamma(colour),
        "one pixel.png": encoded(_colour(1, 1)),
        "wide.png": encoded(_colour(900, 31)),
        "tall.png": encoded(_colour(17, 700)),
        "input size.png": encoded(_colour(96, 96)),
        "large.png": encoded(_colour(1601, 1203)),
        "baseline 4:2:0.jpg": encoded(colour, "JPEG", quality=85, subsampling=2),
        "baseline 4:2:2.jpg": encoded(colour, "JPEG", quality=60, subsampling=1),
        "baseline 4:4:4.jpg": encoded(colour, "JPEG", quality=95, subsampling=0),
        "progressive 4:2:0.jpg": encoded(colour, "JPEG", quality=75, subsampling=2, progressive=True),
        "grey.jpg": encoded(grey, "JPEG", quality=90),
        "grey progressive.jpg": encoded(grey, "JPEG", quality=50, progressive=True),
        "restarts.jpg": encoded(colour, "JPEG", restart_marker_blocks=3),
        "large.jpg": encoded(_colour(1601, 1203), "JPEG", quality=80),
        "narrow.jpg": encoded(_colour(9, 133), "JPEG"),
        "with a profile.jpg": encoded(colour, "JPEG", icc_profile=_profile()),
        "stored as RGB.jpg": encoded(colour, "JPEG", keep_rgb=True),
        "lossy.webp": encoded(colour, "WEBP", quality=80),
        "lossless.webp": encoded(colour, "WEBP", lossless=True),
        "grey.webp": encoded(grey, "WEBP", quality=70),
        "lossy alpha.webp": encoded(_with_alpha(colour), "WEBP", quality=80),
        "lossless alpha.webp": encoded(_with_alpha(colour), "WEBP", lossless=True, exact=True),
        "with a profile.webp": encoded(colour, "WEBP", lossless=True, icc_profile=_profile()),
        "RGB.bmp": encoded(colour, "BMP"),
        "grey.bmp": encoded(grey, "BMP"),
        "palette.bmp": encoded(colour.quantize(99), "BMP"),
        "bits.bmp": encoded(grey.convert("1"), "BMP"),
        "alpha.bmp": encoded(_with_alpha(colour), "BMP"),
        "top down.bmp": _top_down(encoded(colour, "BMP")),
        "grey.gif": encoded(grey, "GIF"),
        "palette.gif": encoded(colour.quantize(64), "GIF"),
        "transparent.gif": encoded(colour.quantize(64), "GIF", transparency=5),
    }
    for form in ("JPEG", "PNG", "WEBP"):
        for orientation in ORIENTATIONS:
            exif = Image.Exif()
            exif[0x0112] = orientation
            turned = encoded(
                _colour(120, 77), form, exif=exif, **({"lossless": True} if form == "WEBP" else {})
            )
            files[f"orientation {orientation}.{form.lower()}"] = turned
    return files


def real() -> Iterator[tuple[str, bytes]]:
    """Yield some real images by their names, where they are."""
    for name, folder in REAL.items():
        if folder.is_dir():
            listed = walk(folder).files
            paths = sorted(listed.loc[listed["content"] == IMAGE, "file"])
            for file in paths[:: max(1, len(paths) // _REAL_OF_EACH)]:
                yield f"{name} {file}", (folder / file).read_bytes()


def _colour(width: int, height: int) -> Image.Image:
    """Return an image in colour, smooth and noisy, as ultrasound with Doppler is."""
    random = np.random.default_rng(width * height)
    rows, columns = np.mgrid[:height, :width]
    waves = np.stack(
        [np.sin(rows / (7 + 3 * band)) * np.cos(columns / (11 - 2 * band)) for band in range(3)], -1
    )
    return Image.fromarray(
        np.clip(128 + 90 * waves + random.normal(0, 18, waves.shape), 0, 255).astype(np.uint8)
    )


def _with_alpha(image: Image.Image) -> Image.Image:
    rows, columns = np.mgrid[: image.height, : image.width]
    image = image.copy()
    image.putalpha(Image.fromarray(((rows * 3 + columns * 5) % 256).astype(np.uint8)))
    return image


def _interlaced(image: Image.Image) -> bytes:
    """Return a PNG in the seven passes of Adam7, which Pillow reads and does not write."""
    import struct
    import zlib

    pixels = np.asarray(image)
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = [
        b"\0" + row.tobytes() for left, top, right, down in passes for row in pixels[top::down, left::right]
    ]

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(name, content)
        for name, content in ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    )


def _with_gamma(image: Image.Image) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", (30_000).to_bytes(4, "big"))
    return encoded(image, pnginfo=info, icc_profile=_profile())


def _profile() -> bytes:
    """Return a colour profile that exchanges red and green, which no careful decoder applies here."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.find(b"rXYZ", 128), profile.find(b"gXYZ", 128)
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def _top_down(file: bytes) -> bytes:
    """Return a BMP whose rows begin at the top: its height is negative."""
    height = int.from_bytes(file[22:26], "little", signed=True)
    return file[:22] + (-height).to_bytes(4, "little", signed=True) + file[26:]


def digest(pixels: np.ndarray[Any, Any]) -> list[Any]:
    """Return width, height and SHA-256 of an image."""
    height, width = pixels.shape[:2]
    return [width, height, hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()]


def decoded(name: str, file: bytes) -> dict[str, Any]:
    """Return what ``DECODE`` returns for a file, as Python finds it."""
    found = decode(file, name)
    return {
        "whole": digest(found.pixels),
        "fitted": [digest(fit(found.pixels, fitting)) for fitting in fittings()],
        "transparent": any("Transparent" in note for note in found.notes),
    }


def site() -> dict[str, Any]:
    """Return what a page needs to decode files."""
    return {"limits": LIMITS, "formats": formats(), "probes": probes()}
