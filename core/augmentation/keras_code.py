"""An augmentation as a short Python program for TensorFlow's ImageDataGenerator."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from core.augmentation.ranges import AUGMENTATIONS, INTENSITY_RANGES

if TYPE_CHECKING:
    from core.augmentation.ranges import Augmentation

_HEAD = Template('''\
"""Augment an image with TensorFlow's ImageDataGenerator: python $file IMAGE [FOLDER]

Needs: tensorflow, scipy, pillow. Writes 16 augmented images to FOLDER (default: the working directory) and
prints the parameters of each as JSON. To train, call generator.flow_from_directory(DATA, target_size=...,
batch_size=...). The grey values are not scaled; add rescale=1 / 255 if your network expects that.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from tensorflow.keras.preprocessing.image import ImageDataGenerator

''')
_INTENSITY = Template("""\
# ImageDataGenerator has no contrast or gamma, and its brightness_range first stretches each
# image's grey values to 0-255. This function replaces them; it runs after the geometry.
RANGES = {
    "brightness": $brightness,  # factors
    "contrast": $contrast,  # factors on the distance from mid-grey
    "gamma": $gamma,  # exponents
}
rng = np.random.default_rng(0)
intensity = {}


def apply_intensity(image):
    intensity.update({name: rng.uniform(*ends) for name, ends in RANGES.items()})
    grey = np.clip(127.5 + intensity["contrast"] * (image * intensity["brightness"] - 127.5), 0, 255)
    return 255 * (grey / 255) ** intensity["gamma"]


""")
_BODY = Template("""\
NAMES = ("theta", "tx", "ty", "shear", "zx", "zy", "flip_horizontal")
generator = ImageDataGenerator(
    rotation_range=$rotation,  # degrees
    width_shift_range=$width,  # share of the width; Keras 3 moves the image up and down
    height_shift_range=$height,  # share of the height; Keras 3 moves the image sideways
    shear_range=$shear,  # degrees, not radians
    zoom_range=$zoom,  # factors, drawn for each axis independently
    horizontal_flip=$flip,
    fill_mode="nearest",$intensity
)
image = np.asarray(Image.open(sys.argv[1]).convert("RGB"), np.float32)
folder = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
folder.mkdir(parents=True, exist_ok=True)
for number in range(1, 17):
    drawn = generator.get_random_transform(image.shape, seed=number)
    changed = generator.standardize(generator.apply_transform(image.copy(), drawn))
    Image.fromarray(np.rint(changed).astype(np.uint8)).save(folder / f"draw-{number}.png")
    print(json.dumps({name: float(drawn[name]) for name in NAMES}$record))
""")


def keras_program(augmentation: Augmentation, file: str = "augmentation.py") -> str:
    """Return the source of a program that augments images as ``core.augmentation.transform`` does.

    Args:
        augmentation: ranges of the augmentation.
        file: file name of the program, for its first line.
    """
    intensity = {name.removesuffix("_range"): getattr(augmentation, name) for name in INTENSITY_RANGES}
    has_intensity = any(
        getattr(augmentation, name) != getattr(AUGMENTATIONS["none"], name) for name in INTENSITY_RANGES
    )
    parts = [_HEAD.substitute(file=file)]
    if has_intensity:
        parts.append(_INTENSITY.substitute(intensity))
    parts.append(
        _BODY.substitute(
            rotation=augmentation.rotation_range,
            width=augmentation.width_shift_range,
            height=augmentation.height_shift_range,
            shear=augmentation.shear_range,
            zoom=list(augmentation.zoom_range),
            flip=augmentation.horizontal_flip,
            intensity="\n    preprocessing_function=apply_intensity," if has_intensity else "",
            record=" | intensity" if has_intensity else "",
        )
    )
    return "".join(parts)
