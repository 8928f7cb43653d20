"""Masks, blank images and images are told apart by their pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from core.data.phantom.simulate import CLASSES, simulate
from core.images.content import look

HEIGHT, WIDTH = 240, 300


def drawn(*values: int | tuple[int, int, int], ground: int = 0) -> np.ndarray:
    """Return a label map: an ellipse of each value."""
    pixels = np.full((HEIGHT, WIDTH, 3), ground, np.uint8)
    for number, value in enumerate(values):
        colour = value if isinstance(value, tuple) else (value,) * 3
        cv2.ellipse(pixels, (60 + 80 * number, 120), (34, 50), 20, 0, 360, colour, -1)
    return pixels


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def lit(count: int) -> np.ndarray:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[::17, ::29].reshape(-1, 3)[:count] = 255
    return pixels


def noise(mean: int, deviation: float) -> np.ndarray:
    values = np.random.default_rng(0).normal(mean, deviation, (HEIGHT, WIDTH, 1))
    return np.clip(values, 0, 255).astype(np.uint8).repeat(3, axis=2)


MASKS = {
    "white": drawn(255),
    "two lesions": drawn(255, 255),
    "inverse": drawn(0, ground=255),
    "green and red": drawn((0, 255, 0), (255, 0, 0)),
    "labels 0 and 1": drawn(1),
    "labels 0 to 2": drawn(1, 2),
    "labels 0, 128 and 255": drawn(128, 255),
    "a palette": drawn((128, 0, 0), (0, 128, 0)),
    "a tiny lesion": np.pad(np.full((12, 12, 3), 255, np.uint8), ((99, 200), (99, 300), (0, 0))),
    "a large one": cv2.resize(drawn(255), (2400, 1600), interpolation=cv2.INTER_NEAREST),
    "antialiased": cv2.resize(drawn(255), (150, 120), interpolation=cv2.INTER_AREA),
}
BLANK = {
    "black": drawn(),
    "white": drawn(ground=255),
    "grey": drawn(ground=90),
    "a lit pixel": lit(1),
    "a few lit pixels": lit(20),
    "noise of a sensor": noise(3, 1),
    "grey with noise": noise(90, 3),
    "a large grey one with noise": cv2.resize(noise(90, 3), (2400, 1600), interpolation=cv2.INTER_NEAREST),
    "one pixel": drawn()[:1, :1],
}


@pytest.mark.parametrize("name", MASKS)
def test_what_has_few_flat_values_is_black_and_white(name) -> None:
    assert look(MASKS[name]) == "black and white"


@pytest.mark.parametrize(
    ("name", "qualities"),
    [
        ("white", (30, 75, 95)),
        ("two lesions", (30, 75, 95)),
        ("inverse", (30, 75, 95)),
        ("green and red", (30, 75, 95)),
        ("labels 0, 128 and 255", (75, 95)),
        ("a palette", (95,)),
    ],
)
def test_jpeg_hides_no_mask(name, qualities) -> None:
    found = [look(jpeg(MASKS[name], quality)) for quality in qualities]
    assert set(found) == {"black and white"}, found


@pytest.mark.parametrize("name", BLANK)
def test_one_grey_value_or_nearly_is_blank(name) -> None:
    assert look(BLANK[name]) == "blank"


@pytest.mark.parametrize("label", CLASSES)
def test_images_are_images_dark_bright_small_or_compressed(label) -> None:
    grey = simulate(label, np.random.default_rng(1)).image
    pixels = grey[..., np.newaxis].repeat(3, axis=2)
    frame = np.zeros((3 * grey.shape[0], 3 * grey.shape[1], 3), np.uint8)
    frame[: grey.shape[0], : grey.shape[1]] = pixels
    brighter = np.minimum(pixels * 2.0, 255).astype(np.uint8)
    shown = {
        "plain": pixels,
        "grey, broadcast": np.broadcast_to(grey[..., np.newaxis], pixels.shape),
        "dark": (pixels * 0.1).astype(np.uint8),
        "very dark": (pixels * 0.05).astype(np.uint8),
        "bright": brighter,
        "in a black frame": frame,
        "one row": pixels[100:101],
        "one column": pixels[:, 100:101],
    }
    found = {name: look(image) for name, image in shown.items()}
    found |= {f"{name} as JPEG": look(jpeg(image, 50)) for name, image in shown.items()}
    assert set(found.values()) == {""}, found


def _looks(paths) -> list[str]:
    return [look(np.asarray(Image.open(path).convert("RGB"))) for path in paths]


@pytest.mark.busi
@pytest.mark.slow
def test_every_mask_of_busi_is_known_and_no_image_is_taken_for_one(busi) -> None:
    images = [path for path in busi.rglob("*.png") if "_mask" not in path.name]
    assert set(_looks(images)) == {""}
    for name in ("benign", "malignant", "normal"):
        found = _looks((busi / name).glob("*_mask*.png"))
        assert set(found) == {"blank" if name == "normal" else "black and white"}
