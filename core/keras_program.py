"""An augmentation as a short Python program that runs with TensorFlow's own ImageDataGenerator."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.recipe import Augmentation

_HEAD = Template('''\
"""Augment a picture with TensorFlow's own ImageDataGenerator: python $file PICTURE [FOLDER]

Needs: tensorflow, scipy, pillow. Writes 16 draws into FOLDER (here, if none is named) and prints what was
drawn for each, as JSON. To train, call generator.flow_from_directory(DATA, target_size=..., batch_size=...).
It does not scale the grey values; add rescale=1 / 255 if your network expects that.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from tensorflow.keras.preprocessing.image import ImageDataGenerator

''')
_TONE = Template("""\
# ImageDataGenerator knows neither contrast nor gamma, and its brightness_range first stretches each picture's
# grey values to 0-255. So these three are a function of our own, which runs after the geometry.
BRIGHTNESS, CONTRAST, GAMMA = $brightness, $contrast, $gamma
rng = np.random.default_rng(0)
tone = {}


def change_tone(picture):
    brightness, contrast, gamma = (rng.uniform(*ends) for ends in (BRIGHTNESS, CONTRAST, GAMMA))
    tone.update(brightness=brightness, contrast=contrast, gamma=gamma)
    grey = np.clip(127.5 + contrast * (picture * brightness - 127.5), 0, 255)
    return 255 * (grey / 255) ** gamma


""")
_BODY = Template("""\
NAMES = ("theta", "tx", "ty", "shear", "zx", "zy", "flip_horizontal")
generator = ImageDataGenerator(
    rotation_range=$rotation,  # degrees
    width_shift_range=$width,  # a share; Keras 3 moves the picture up and down by it
    height_shift_range=$height,  # a share; Keras 3 moves the picture sideways by it
    shear_range=$shear,  # degrees, not radians
    zoom_range=$zoom,  # factors, drawn for each axis on its own
    horizontal_flip=$flip,
    fill_mode="nearest",$tone
)
picture = np.asarray(Image.open(sys.argv[1]).convert("RGB"), np.float32)
folder = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
folder.mkdir(parents=True, exist_ok=True)
for number in range(1, 17):
    drawn = generator.get_random_transform(picture.shape, seed=number)
    changed = generator.standardize(generator.apply_transform(picture.copy(), drawn))
    Image.fromarray(np.rint(changed).astype(np.uint8)).save(folder / f"draw-{number}.png")
    print(json.dumps({name: float(drawn[name]) for name in NAMES}$record))
""")


def keras_program(augmentation: Augmentation, file: str = "augmentation.py") -> str:
    """Return the source of a program that draws from these ranges as ``core.augmentation`` does.

    Args:
        augmentation: the ranges.
        file: how the program calls itself in its first line.
    """
    tone = (augmentation.brightness_range, augmentation.contrast_range, augmentation.gamma_range)
    has_tone = tone != ((1, 1),) * 3
    parts = [_HEAD.substitute(file=file)]
    if has_tone:
        parts.append(_TONE.substitute(brightness=tone[0], contrast=tone[1], gamma=tone[2]))
    parts.append(
        _BODY.substitute(
            rotation=augmentation.rotation_range,
            width=augmentation.width_shift_range,
            height=augmentation.height_shift_range,
            shear=augmentation.shear_range,
            zoom=list(augmentation.zoom_range),
            flip=augmentation.horizontal_flip,
            tone="\n    preprocessing_function=change_tone," if has_tone else "",
            record=" | tone" if has_tone else "",
        )
    )
    return "".join(parts)
