"""Augmentations as ranges of random parameters, and the built-in ones."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from core.files import expand_user
from core.schema import Strict, load_named, without_removed

Range = tuple[float, float]
# Largest zoom, factor and exponent. Beyond it, coordinates and grey values leave the range of numbers.
LARGEST_FACTOR = 100
# Fields of earlier versions → the ranges with which they did nothing.
REMOVED_RANGES = {"depth_gain_range": [1, 1], "speckle_range": [0, 0]}
INTENSITY_RANGES = ("brightness_range", "contrast_range", "gamma_range")


def _zoom_pair(value: Any) -> Any:
    """Read a single zoom z as Keras does: the range [1 - z, 1 + z]."""
    return (1 - value, 1 + value) if isinstance(value, int | float) else value


class Augmentation(Strict):
    """Ranges of the random parameters, named as in Keras's ImageDataGenerator.

    The geometry has exactly that generator's meaning: ``shear_range`` is in **degrees**, and the two axes
    zoom independently. Pixels from outside the image take the value of the nearest border pixel.
    """

    # Converts the defaults to float too, so that equal ranges have equal JSON.
    model_config = ConfigDict(validate_default=True)

    rotation_range: float = Field(0, ge=0, le=180, description="rotation in degrees, drawn from [-r, r]")
    width_shift_range: float = Field(
        0, ge=0, lt=1, description="shift as a share of the width, drawn from [-r, r]"
    )
    height_shift_range: float = Field(
        0, ge=0, lt=1, description="shift as a share of the height, drawn from [-r, r]"
    )
    shear_range: float = Field(0, ge=0, lt=90, description="shear in degrees, drawn from [-r, r]")
    zoom_range: Annotated[Range, BeforeValidator(_zoom_pair)] = Field(
        (1, 1), description="zoom factors, drawn for each axis independently; above 1 shows more of the image"
    )
    horizontal_flip: bool = Field(default=False, description="mirror left to right, half of the time")
    brightness_range: Range = Field((1, 1), description="factors on the grey value")
    contrast_range: Range = Field((1, 1), description="factors on the distance from mid-grey (127.5)")
    gamma_range: Range = Field((1, 1), description="exponents on the grey value scaled to [0, 1]")

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_versions(cls, data: Any) -> Any:
        """Drop ranges of earlier versions that changed nothing."""
        return without_removed(data, REMOVED_RANGES) if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _ranges_are_ordered(self) -> Augmentation:
        for name in ("zoom_range", *INTENSITY_RANGES):
            low, high = getattr(self, name)
            if not 1 / LARGEST_FACTOR <= low <= high <= LARGEST_FACTOR:
                numbers = f"two numbers from {1 / LARGEST_FACTOR:g} to {LARGEST_FACTOR}"
                raise ValueError(f"{name} must be {numbers}, the smaller first, not {low}, {high}")
        return self


AUGMENTATIONS = {
    # Table 1 of the paper (Nikmah et al. 2024).
    "paper": Augmentation(rotation_range=20, shear_range=0.2, zoom_range=(0.8, 1.2)),
    "none": Augmentation(),
    "strong": Augmentation(
        rotation_range=20,
        width_shift_range=0.1,
        height_shift_range=0.1,
        shear_range=10,
        zoom_range=(0.8, 1.2),
        horizontal_flip=True,
        brightness_range=(0.8, 1.2),
        contrast_range=(0.8, 1.2),
        gamma_range=(0.8, 1.25),
    ),
}


def load_augmentation(name: str) -> Augmentation:
    """Return a built-in augmentation by name, or read one from a JSON file.

    Args:
        name: name of a built-in augmentation, or path of a JSON file, with ``~`` for the home folder.

    Raises:
        UserError: there is no such augmentation or file, or the file is not a valid augmentation.
    """
    return load_named(str(expand_user(name)), AUGMENTATIONS, Augmentation, what="augmentation")
