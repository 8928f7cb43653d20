import io

import numpy as np
import pytest
from PIL import Image

from core.images import ImageError, as_png, decode, fit
from core.recipe import Preprocessing

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


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"plain text", "is no PNG"),
        (b"%PDF-1.7 something", "is no PNG"),
        (encoded(Image.fromarray(NOISE))[:900], "is damaged"),
        (encoded(Image.new("1", (20_000, 20_000))), "too many pixels"),
        (encoded(Image.new("1", (8_000, 8_000))), "too many pixels"),
        (bytes(21 * 2**20), "21 MB"),
    ],
)
def test_what_is_no_usable_picture_is_refused_in_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message) as caught:
        decode(data, "x.png")
    assert str(caught.value).startswith("x.png ")
    assert "\n" not in str(caught.value)


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
    picture = np.repeat(NOISE[..., :1], 3, axis=2) if grey else NOISE
    assert (decode(as_png(picture), "x.png").pixels == picture).all()
