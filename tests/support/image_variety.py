"""Images of every kind that a check of images meets: in frames, as masks, blank, tiny, narrow and huge."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
import tissue
from screens import as_jpeg, light_screen, numbered_screen

from core.data.duplicates import common_frames
from core.data.phantom.simulate import CLASSES, simulate
from core.data.shared_frames import FrameSearch, thumbnail
from core.images.frame import to_grey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.data.shared_frames import SharedFrame

    Pixels = NDArray[np.uint8]

_FRAMES = {frame.name: frame.apply for frame in common_frames.FRAMES} | {
    "light screen": partial(light_screen, share=0.60),
    "black margin": lambda pixels: np.pad(pixels, ((60, 90), (40, 50), (0, 0))),
    "grey margin": lambda pixels: np.pad(pixels, ((30, 9), (7, 50), (0, 0)), constant_values=128),
    "corner of black": lambda pixels: np.pad(pixels, ((0, pixels.shape[0]), (0, pixels.shape[1]), (0, 0))),
}
_SIZES = (
    *((1, 1), (1, 400), (400, 1), (2, 2), (3, 500), (500, 3), (31, 33), (32, 32), (64, 64), (100, 3000)),
    *((3000, 100), (176, 176), (352, 352), (352, 528), (176, 400), (400, 176), (1056, 704), (1601, 1203)),
)
_MASKS: dict[str, tuple[list[tuple[int, int, int]], int]] = {
    "white": ([(255, 255, 255)], 0),
    "two lesions": ([(255, 255, 255), (255, 255, 255)], 0),
    "inverse": ([(0, 0, 0)], 255),
    "green and red": ([(0, 255, 0), (255, 0, 0)], 0),
    "label 1": ([(1, 1, 1)], 0),
    "labels 1 and 2": ([(1, 1, 1), (2, 2, 2)], 0),
    "labels 128 and 255": ([(128, 128, 128), (255, 255, 255)], 0),
    "palette": ([(128, 0, 0), (0, 128, 0)], 0),
    "black": ([], 0),
    "grey": ([], 90),
}


def shared_frames() -> tuple[SharedFrame, ...]:
    """Return the frame of a scanner's screens, as it is found in a set of images."""
    screens = [to_grey(_screen(seed)) for seed in range(9)]
    search = FrameSearch()
    for number, screen in enumerate(screens):
        search.add(number, screen.shape[1], screen.shape[0], thumbnail(screen))
    return search.frames(screens.__getitem__)


def images() -> dict[str, Pixels]:
    """Return some 180 images, uint8 [H, W, 3] RGB, by their names."""
    made: dict[str, Pixels] = {}
    for seed in range(9):
        pixels = _phantom(seed)
        made[f"phantom {seed}"] = pixels
        made[f"phantom {seed}, a tenth as bright"] = (pixels * 0.1).astype(np.uint8)
        made[f"phantom {seed}, a twentieth as bright"] = (pixels * 0.05).astype(np.uint8)
        made[f"phantom {seed}, coloured"] = (pixels * [0.9, 0.7, 0.4]).astype(np.uint8)
        made[f"speckle {seed}"] = tissue.image(seed, 200 + 37 * seed, 500 - 29 * seed)
        made[f"known screen {seed}"] = _screen(100 + seed)
        if seed % 3 == 0:
            framed = {name: np.ascontiguousarray(frame(pixels)) for name, frame in _FRAMES.items()}
            made |= {f"phantom {seed}, {name}": framed[name] for name in framed}
            made |= {f"phantom {seed}, {name}, JPEG": as_jpeg(framed[name]) for name in framed}
    for name, (colours, ground) in _MASKS.items():
        mask = _mask(colours, ground)
        made[f"mask {name}"] = mask
        made[f"mask {name}, JPEG"] = as_jpeg(mask)
        made[f"mask {name}, antialiased"] = cv2.resize(mask, (150, 120), interpolation=cv2.INTER_AREA)
    random = np.random.default_rng(0)
    for height, width in _SIZES:
        made[f"noise {height} × {width}"] = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    for mean, deviation in ((3, 1), (90, 3), (90, 30), (250, 4)):
        noise = np.clip(random.normal(mean, deviation, (240, 300, 1)), 0, 255)
        made[f"noise of {mean} ± {deviation}"] = noise.astype(np.uint8).repeat(3, axis=2)
    return made


def _phantom(seed: int) -> Pixels:
    image = simulate(CLASSES[seed % 3], np.random.default_rng(seed)).image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8)


def _screen(seed: int) -> Pixels:
    return numbered_screen(tissue.image(seed), 0.6, 7919 * seed)


def _mask(colours: list[tuple[int, int, int]], ground: int) -> Pixels:
    pixels = np.full((240, 300, 3), ground, np.uint8)
    for number, colour in enumerate(colours):
        cv2.ellipse(pixels, (80 + 120 * number, 120), (34, 50), 20, 0, 360, colour, -1)
    return pixels
