"""An augmentation as a short Python program that runs with TensorFlow's own ImageDataGenerator."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from core.augmentation.intensity import GRAIN_DEVIATION, GRAIN_REACH, GRAIN_X, GRAIN_Y
from core.augmentation.ranges import AUGMENTATIONS, INTENSITY_RANGES

if TYPE_CHECKING:
    from core.augmentation.ranges import Augmentation

_HEAD = Template('''\
"""Augment an image with TensorFlow's own ImageDataGenerator: python $file IMAGE [FOLDER]

Needs: tensorflow, scipy, pillow. Writes 16 draws into FOLDER (here, if none is named) and prints what was
drawn for each, as JSON. To train, call generator.flow_from_directory(DATA, target_size=..., batch_size=...).
It does not scale the grey values; add rescale=1 / 255 if your network expects that.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
${smoothing}from tensorflow.keras.preprocessing.image import ImageDataGenerator

''')
_TONE = Template("""\
# ImageDataGenerator knows no contrast, gamma, depth gain or speckle, and its brightness_range first stretches
# each image's grey values to 0-255. So these are a function of our own, which runs after the geometry.
RANGES = {
    "brightness": $brightness,  # factors
    "contrast": $contrast,  # factors on the distance from mid-grey
    "gamma": $gamma,  # exponents
    "depth_gain": $depth_gain,  # factors at the bottom; their inverses at the top
    "speckle": $speckle,  # standard deviations on white, which is 1
}
rng = np.random.default_rng(0)
tone = {}


def change_tone(image):
    tone.update({name: rng.uniform(*ends) for name, ends in RANGES.items()}, grain=int(rng.integers(2**32)))
    height, width = image.shape[:2]
    grey = np.clip(127.5 + tone["contrast"] * (image * tone["brightness"] - 127.5), 0, 255)
    grey = (grey / 255) ** tone["gamma"]
    grey = np.minimum(grey * tone["depth_gain"] ** np.linspace(-1, 1, height)[:, None, None], 1)
    # Random bytes, smoothed to the grain of speckle; then the standard deviation is 1 again.
    shape = (height + 2 * $reach, width + 2 * $reach)
    noise = np.random.default_rng(tone["grain"]).integers(0, 256, shape, np.uint8) - 127.5
    noise = gaussian_filter(noise, ($grain_y, $grain_x), radius=$reach)[$reach:-$reach, $reach:-$reach]
    noise /= $deviation
    return 255 * np.clip(grey + tone["speckle"] * np.sqrt(grey) * noise[..., None], 0, 1)


""")
_BODY = Template("""\
NAMES = ("theta", "tx", "ty", "shear", "zx", "zy", "flip_horizontal")
generator = ImageDataGenerator(
    rotation_range=$rotation,  # degrees
    width_shift_range=$width,  # a share; Keras 3 moves the image up and down by it
    height_shift_range=$height,  # a share; Keras 3 moves the image sideways by it
    shear_range=$shear,  # degrees, not radians
    zoom_range=$zoom,  # factors, drawn for each axis on its own
    horizontal_flip=$flip,
    fill_mode="nearest",$tone
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
    """Return the source of a program that draws from these ranges as ``core.augmentation.transform`` does.

    Args:
        augmentation: the ranges.
        file: how the program calls itself in its first line.
    """
    tone = {name.removesuffix("_range"): getattr(augmentation, name) for name in INTENSITY_RANGES}
    has_tone = any(
        getattr(augmentation, name) != getattr(AUGMENTATIONS["none"], name) for name in INTENSITY_RANGES
    )
    smoothing = "from scipy.ndimage import gaussian_filter\n" if has_tone else ""
    parts = [_HEAD.substitute(file=file, smoothing=smoothing)]
    if has_tone:
        grain = {"reach": GRAIN_REACH, "grain_x": GRAIN_X, "grain_y": GRAIN_Y, "deviation": GRAIN_DEVIATION}
        parts.append(_TONE.substitute(tone | grain))
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
