"""Photographs and microscope images, which the packages scikit-image and scikit-learn ship."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.data.outside.motif import Motif, views
from core.data.outside.packages import folder_of
from core.images.frame import to_grey
from core.images.local import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.data.outside.motif import Pixels

_FILES = {
    "scikit-image": (
        "skimage",
        "data",
        (
            *("astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "coffee.png"),
            *("coins.png", "grass.png", "gravel.png", "horse.png", "hubble_deep_field.jpg", "ihc.png"),
            *("microaneurysms.png", "moon.png", "motorcycle_left.png", "page.png", "retina.jpg"),
            *("rocket.jpg", "text.png"),
        ),
    ),
    "scikit-learn": ("sklearn", "datasets/images", ("china.jpg", "flower.jpg")),
}


def motifs() -> list[Motif]:
    """Return a motif for each photograph of the packages that are installed; three images each."""
    found = []
    for package, (module, inside, names) in _FILES.items():
        if (folder := folder_of(module)) is not None:
            found += [
                Motif("photographs", f"{package}, {name}", partial(_images, folder / inside / name))
                for name in names
            ]
    return found


def _images(path: Path) -> Iterator[Pixels]:
    whole, crop, grey = views(read_file(path).pixels)
    yield whole
    yield crop
    yield np.repeat(to_grey(grey)[..., np.newaxis], 3, axis=2)  # grey like an ultrasound image
