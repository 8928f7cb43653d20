import numpy as np
import pytest
from image_files import NOISE, encoded
from PIL import Image

from core.images.decode import decode, file_name
from core.images.limits import ImageError
from core.images.preprocessing import Preprocessing, fit


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_keep_every_pixel(form: str) -> None:
    assert (decode(encoded(Image.fromarray(NOISE), form), "x").pixels == NOISE).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LA"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    form = "TIFF" if mode == "CMYK" else "PNG"
    decoded = decode(encoded(Image.fromarray(NOISE).convert(mode), form), "x")
    assert decoded.pixels.shape == (40, 60, 3)
    assert decoded.pixels.std() > 10


def test_exif_rotation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(encoded(Image.fromarray(NOISE), "JPEG", exif=exif), "x").pixels.shape == (60, 40, 3)


def test_transparent_parts_become_black() -> None:
    alpha = np.full((40, 60, 1), 255, np.uint8)
    alpha[:10] = 0
    decoded = decode(encoded(Image.fromarray(np.concatenate([NOISE, alpha], axis=2))), "x")
    assert decoded.pixels[:10].max() == 0
    assert (decoded.pixels[10:] == NOISE[10:]).all()
    assert decoded.notes


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_of_several_images_the_first_is_used_and_said(form: str) -> None:
    others = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if form == "WEBP" else {}
    data = encoded(Image.fromarray(NOISE), form, save_all=True, append_images=others, **options)
    decoded = decode(data, "x")
    assert (decoded.pixels == NOISE).all()
    assert decoded.notes == ("The file has several images; the first is used.",)


def test_a_gif_of_one_frame_is_an_image_and_one_of_several_a_video() -> None:
    grey = Image.fromarray(NOISE[..., 0])
    assert (decode(encoded(grey, "GIF"), "x").pixels == NOISE[..., :1]).all()
    cine = encoded(grey, "GIF", save_all=True, append_images=[Image.new("L", (60, 40), c) for c in (1, 9)])
    with pytest.raises(ImageError, match=r"x is a video of 3 frames \(GIF\), not an image; save") as caught:
        decode(cine, "x")
    assert caught.value.reason == "video"


def test_the_extension_does_not_matter_and_one_pixel_will_do() -> None:
    assert (decode(encoded(Image.fromarray(NOISE), "PNG"), "x.jpg").pixels == NOISE).all()
    one = decode(encoded(Image.fromarray(NOISE[:1, :1])), "x").pixels
    assert fit(one, Preprocessing(image_size=32, fit="letterbox")).shape == (32, 32, 3)


REFUSED = [
    (b"", "is empty"),
    (b"plain text", "is a text file, not a PNG, .*; choose another file"),
    (bytes(99), "is not a PNG, .*; convert it to PNG first"),
    (b"%PDF-1.7 something", "is a PDF document, not a PNG"),
    (b"PK\x03\x04something", "is a ZIP archive, not a PNG, .* or DICOM image; unpack it first"),
    (b"Rar!\x1a\7\0something", "is a RAR archive, not a PNG, .*; unpack it first"),
    (b"\0\0\0\x14ftypqt  ", "is a QuickTime video; of videos, MP4 and AVI are read: convert it with `ffmpeg"),
    (b"NRRD0004", "is an NRRD file, not a PNG, .*; save slices of it as PNG first"),
    (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG image, not a PNG"),
    (b"\0\0\0\x24ftypheic\0\0\0\0", "is a HEIC image, not a PNG"),
    (encoded(Image.fromarray(NOISE), "GIF")[:900], "is damaged"),
    (encoded(Image.fromarray(NOISE))[:900], "is damaged"),
    (encoded(Image.fromarray(NOISE), "JPEG")[:900], "is damaged"),
    (encoded(Image.fromarray(NOISE), "TIFF")[:900], "is damaged"),
    (encoded(Image.new("1", (20_000, 20_000))), "too many pixels"),
    (encoded(Image.new("1", (20_000, 20_000)), "TIFF", compression="group4"), "too many pixels"),
    (encoded(Image.new("1", (8_000, 8_000))), "too many pixels"),
    (encoded(Image.new("1", (20_000, 2))), "side of more than 16,384 pixels"),
    (bytes(50 * 2**20), "has 50 MB; send at most 20 MB"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_is_no_usable_image_is_refused_in_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message) as caught:
        decode(data, "x.png")
    assert str(caught.value).startswith("x.png ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\Users\\ann\\scan.png", "scan.png"),
        ("a\nb\x1b[31m\x00\u202egnp.exe", "a b[31mgnp.exe"),
        ("Mädchen 42 (ü).png", "Mädchen 42 (ü).png"),
        ("\x07", "The file"),
        ("", "The file"),
    ],
)
def test_a_name_is_shown_without_its_path_and_what_cannot_be_seen(name: str, shown: str) -> None:
    assert file_name(name) == shown
    with pytest.raises(ImageError) as caught:
        decode(b"", name)
    assert str(caught.value).isprintable()
