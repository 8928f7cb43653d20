"""Changes of an image that the self-test makes, to see which of them hide a near-duplicate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from core.augmentation.ranges import AUGMENTATIONS, Augmentation
from core.augmentation.transform import augment

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Generator = np.random.Generator

COMMON, HARD = 0.95, 0.90
SLIGHT_CROP, LEAST_CROP, MOST_CROP = 0.03, 0.1, 0.2  # shares of the width or height
MOST_LETTERBOX = 0.15  # of the longer side
WHITE = (255, 255, 255)
# Grey values alone; the geometry stays.
RETONED = Augmentation(brightness_range=(0.75, 1.25), contrast_range=(0.75, 1.25), gamma_range=(0.8, 1.25))
# Standard deviations of the Gaussian that gives speckle its size, pixels. Speckle is wider across the beam
# than along it (Wagner, Smith, Sandrik and Lopez 1983); measured in BUSI's most even patches.
SPECKLE_X, SPECKLE_Y = 1.3, 0.8
LEAST_SPECKLE, MOST_SPECKLE = 0.03, 0.06  # standard deviation on white, with grey values in [0, 1]


class Change(NamedTuple):
    """A change of an image.

    Attributes:
        name: its name in reports.
        wanted: smallest share of changed images that must be found, 0–1; None where none is demanded.
        apply: function of pixels, uint8 [H, W, 3] RGB, and a random generator; returns new pixels, of any
            size.
    """

    name: str
    wanted: float | None
    apply: Callable[[Pixels, Generator], Pixels]


def mirrored(pixels: Pixels, _: Generator) -> Pixels:
    """Mirror left to right."""
    return np.ascontiguousarray(pixels[:, ::-1])


def upside_down(pixels: Pixels, _: Generator) -> Pixels:
    """Mirror top to bottom."""
    return np.ascontiguousarray(pixels[::-1])


def turned_by_90(pixels: Pixels, rng: Generator) -> Pixels:
    """Turn by 90°, to the left or to the right."""
    return np.ascontiguousarray(np.rot90(pixels, rng.choice([1, 3])))


def turned_by_180(pixels: Pixels, _: Generator) -> Pixels:
    """Turn by 180°."""
    return np.ascontiguousarray(pixels[::-1, ::-1])


def rotated(pixels: Pixels, rng: Generator, *, degrees: float, border: int) -> Pixels:
    """Rotate about the centre, either way, on a canvas of the same size.

    Args:
        pixels: uint8 [H, W, 3].
        rng: random generator, which draws the direction.
        degrees: angle.
        border: OpenCV's border mode, which fills the corners.
    """
    height, width = pixels.shape[:2]
    centre = ((width - 1) / 2, (height - 1) / 2)
    matrix = cv2.getRotationMatrix2D(centre, float(rng.choice([-degrees, degrees])), 1)
    turned = cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(turned, np.uint8)


def cropped(pixels: Pixels, rng: Generator) -> Pixels:
    """Crop 10–20 % of the width and of the height in total, at a random position."""
    (top, bottom), (left, right) = (
        cut * np.array([place, 1 - place])
        for cut, place in zip(rng.uniform(LEAST_CROP, MOST_CROP, 2), rng.random(2), strict=True)
    )
    return _without_margins(pixels, top, bottom, left, right)


def cropped_at_each_side(pixels: Pixels, rng: Generator) -> Pixels:
    """Crop 10–20 % at each of the four sides, so that 60–80 % of the width and height stay."""
    return _without_margins(pixels, *rng.uniform(LEAST_CROP, MOST_CROP, 4))


def cropped_slightly(pixels: Pixels, rng: Generator) -> Pixels:
    """Crop up to 3 % at each of the four sides."""
    return _without_margins(pixels, *rng.uniform(0, SLIGHT_CROP, 4))


def inverted(pixels: Pixels, _: Generator) -> Pixels:
    """Invert the grey values."""
    return 255 - pixels


def letterboxed(pixels: Pixels, rng: Generator) -> Pixels:
    """Put the image in the middle of a white square, whose side is up to 15 % longer than the image's."""
    height, width = pixels.shape[:2]
    side = round(max(height, width) * rng.uniform(1, 1 + MOST_LETTERBOX))
    top, left = (side - height) // 2, (side - width) // 2
    margins = (top, side - height - top, left, side - width - left)
    return np.asarray(cv2.copyMakeBorder(pixels, *margins, cv2.BORDER_CONSTANT, value=WHITE), np.uint8)


def compressed(pixels: Pixels, _: Generator) -> Pixels:
    """Halve the size, and save as JPEG of quality 40."""
    small = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR),
        np.uint8,
    )


def mirrored_and_rotated(pixels: Pixels, rng: Generator) -> Pixels:
    """Mirror left to right, and rotate by 15° either way, with the edge pixels repeated."""
    return rotated(mirrored(pixels, rng), rng, degrees=15, border=cv2.BORDER_REPLICATE)


def augmented(pixels: Pixels, rng: Generator, *, augmentation: Augmentation) -> Pixels:
    """Augment as a training does."""
    return augment(pixels, augmentation, rng)


def retoned(pixels: Pixels, rng: Generator) -> Pixels:
    """Change brightness and contrast by up to 25 %, and add speckle noise; the geometry stays."""
    grey = augment(pixels, RETONED, rng) / np.float32(255)
    noise = cv2.GaussianBlur(
        rng.standard_normal(grey.shape[:2], np.float32), (0, 0), sigmaX=SPECKLE_X, sigmaY=SPECKLE_Y
    )
    noise *= rng.uniform(LEAST_SPECKLE, MOST_SPECKLE) / noise.std()
    # Grows with the root of the grey value (Loupas, McDicken and Allan 1989).
    return np.rint(255 * np.clip(grey + np.sqrt(grey) * noise[..., None], 0, 1)).astype(np.uint8)


def _without_margins(pixels: Pixels, top: float, bottom: float, left: float, right: float) -> Pixels:
    """Crop shares of the height and width, 0–1."""
    height, width = pixels.shape[:2]
    rows = slice(round(top * height), height - round(bottom * height))
    return np.ascontiguousarray(pixels[rows, round(left * width) : width - round(right * width)])


CHANGES = (
    Change("mirrored left to right", COMMON, mirrored),
    Change("upside down", COMMON, upside_down),
    Change("turned by 90°", COMMON, turned_by_90),
    Change("turned by 180°", COMMON, turned_by_180),
    Change(
        "rotated by 10°, edge pixels repeated",
        COMMON,
        partial(rotated, degrees=10, border=cv2.BORDER_REPLICATE),
    ),
    Change("rotated by 10°, black corners", COMMON, partial(rotated, degrees=10, border=cv2.BORDER_CONSTANT)),
    Change("cropped by 10–20 %", COMMON, cropped),
    Change("cropped by 10–20 % at each side", None, cropped_at_each_side),
    Change("inverted grey values", HARD, inverted),
    Change("letterboxed in white", COMMON, letterboxed),
    Change("half the size, JPEG quality 40", COMMON, compressed),
    Change("mirrored and rotated by 15°", COMMON, mirrored_and_rotated),
    Change("other brightness and contrast, speckle noise", COMMON, retoned),
    Change("augmented (paper)", COMMON, partial(augmented, augmentation=AUGMENTATIONS["paper"])),
    Change("augmented (strong)", HARD, partial(augmented, augmentation=AUGMENTATIONS["strong"])),
)
