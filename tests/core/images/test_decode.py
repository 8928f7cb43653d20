import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.images.decode import decode, file_name
from core.images.encode import as_png
from core.images.limits import ImageError
from core.images.preprocessing import Preprocessing, fit

NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_keep_every_pixel(form: str) -> None:
    assert (decode(encoded(Image.fromarray(NOISE), form), "x").pixels == NOISE).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LA"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    form = "TIFF" if mode == "CMYK" else "PNG"
    decoded = decode(encoded(Image.fromarray(NOISE).convert(mode), form), "x")
    assert decoded.pixels.shape == (40, 60, 3)
    assert decoded.pixels.std() > 10


def test_sixteen_bits_are_scaled_and_said() -> None:
    deep = (NOISE[..., 0].astype(np.uint16) * 16) + 100
    decoded = decode(encoded(Image.fromarray(deep)), "x")
    assert np.abs(decoded.pixels[..., 0].astype(int) - NOISE[..., 0]).max() <= 1
    assert "scaled" in decoded.notes[0]


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


def test_floats_are_scaled_from_the_least_number_to_the_largest() -> None:
    values = NOISE[..., 0].astype(np.float32) * 1e36 - 1e38
    decoded = decode(encoded(Image.fromarray(values), "TIFF"), "x")
    assert np.abs(decoded.pixels[..., 0].astype(int) - NOISE[..., 0]).max() <= 1
    values[0, :3] = np.nan, np.inf, -np.inf
    assert decode(encoded(Image.fromarray(values), "TIFF"), "x").pixels[0, :3, 0].tolist() == [0, 255, 0]
    with pytest.raises(ImageError, match="holds no numbers"):
        decode(encoded(Image.fromarray(np.full((4, 4), np.nan, np.float32)), "TIFF"), "x")


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_of_several_images_the_first_is_used_and_said(form: str) -> None:
    others = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if form == "WEBP" else {}
    data = encoded(Image.fromarray(NOISE), form, save_all=True, append_images=others, **options)
    decoded = decode(data, "x")
    assert (decoded.pixels == NOISE).all()
    assert decoded.notes == ("The file has several images; the first is used.",)


def test_the_extension_does_not_matter_and_one_pixel_will_do() -> None:
    assert (decode(encoded(Image.fromarray(NOISE), "PNG"), "x.jpg").pixels == NOISE).all()
    one = decode(encoded(Image.fromarray(NOISE[:1, :1])), "x").pixels
    assert fit(one, Preprocessing(image_size=32, fit="letterbox")).shape == (32, 32, 3)


def png_of_many_pieces() -> bytes:
    whole, piece = encoded(Image.new("L", (4, 4))), b"\0\0\0\0teSt" + struct.pack(">I", zlib.crc32(b"teSt"))
    return whole[:33] + piece * 10**6 + whole[33:]


def jpeg_of_many_pieces() -> bytes:
    whole = encoded(Image.new("L", (4, 4)), "JPEG")
    return whole[:2] + b"\xff\xe9\0\2" * 10**6 + whole[2:]


def jpeg_of_many_scans() -> bytes:
    whole = encoded(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    return whole[:-2] + whole[whole.rfind(b"\xff\xda") : -2] * 1000 + whole[-2:]


def bmp_of_many_pieces() -> bytes:
    runs, start = b"\1\5" * 9_000_000, 14 + 40 + 1024
    head = struct.pack("<IHHI", start + len(runs), 0, 0, start)
    head += struct.pack("<IiiHHIIiiII", 40, 4000, 4000, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + head + bytes(1024) + runs


def tiff_of_many_pieces(order: str = "<", *, big: bool = False) -> bytes:
    count, size, entry, number = ("Q", 16, "HHQQ", 43) if big else ("H", 8, "HHII", 42)
    head = {"<": b"II", ">": b"MM"}[order]
    head += struct.pack(f"{order}HHHQ", number, 8, 0, 16) if big else struct.pack(f"{order}HI", number, 8)
    strips, lists = 1_200_000, 256
    tags = {256: 10, 257: strips, 258: 8, 259: 1, 262: 1, 273: None, 277: 1, 278: 1, 279: None}
    fields = [(tag, 4, *((strips, lists) if value is None else (1, value))) for tag, value in tags.items()]
    directory = struct.pack(order + count, len(tags))
    directory += b"".join(struct.pack(order + entry, *field) for field in fields)
    assert len(head) == size
    return (head + directory).ljust(lists, b"\0") + struct.pack(f"{order}I", 8) * strips


TOO_MUCH = {
    "PNG": png_of_many_pieces,
    "JPEG": jpeg_of_many_pieces,
    "scans": jpeg_of_many_scans,
    "BMP": bmp_of_many_pieces,
    "TIFF": tiff_of_many_pieces,
    "big-endian TIFF": lambda: tiff_of_many_pieces(">"),
    "BigTIFF": lambda: tiff_of_many_pieces(big=True),
}


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_a_file_made_to_take_minutes_is_refused(kind: str) -> None:
    with pytest.raises(ImageError, match="unusual way"):
        decode(TOO_MUCH[kind](), "x")


REFUSED = [
    (b"", "is empty"),
    (b"plain text", "is no PNG"),
    (b"%PDF-1.7 something", "is a PDF document, no PNG"),
    (b"PK\x03\x04something", "is a ZIP archive, no PNG"),
    (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG drawing, no PNG"),
    (b"\0\0\0\x24ftypheic\0\0\0\0", "is a HEIC image, no PNG"),
    (encoded(Image.fromarray(NOISE), "GIF"), "is a GIF image, no PNG"),
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


def test_squash_with_nearest_is_what_keras_does(tmp_path) -> None:
    from tensorflow.keras.preprocessing.image import img_to_array, load_img

    path = tmp_path / "x.png"
    Image.fromarray(NOISE).save(path)
    expected = img_to_array(load_img(path, target_size=(33, 33), interpolation="nearest"))
    assert (fit(NOISE, Preprocessing(image_size=33)) == expected).all()


def test_letterbox_keeps_the_aspect_and_pads_black() -> None:
    fitted = fit(np.full((40, 60, 3), 200, np.uint8), Preprocessing(image_size=60, fit="letterbox"))
    assert (fitted[10:50] == 200).all()
    assert (fitted[:10] == 0).all()


def test_border_crop_takes_its_share_from_each_side() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[10:90, 10:90] = 255
    assert fit(pixels, Preprocessing(image_size=80, border_crop=0.1)).min() == 255


@pytest.mark.parametrize("grey", [True, False])
def test_a_png_for_the_browser_holds_every_pixel(grey) -> None:
    image = np.repeat(NOISE[..., :1], 3, axis=2) if grey else NOISE
    assert (decode(as_png(image), "x.png").pixels == image).all()
