"""Frames that the images of a set share: the window of a viewer, the screen of a scanner.

In images of one size, pixels that are the same in nearly all of them belong to the frame; what varies is the
ultrasound image. Such a frame is found even where its text or lines touch the tissue, and once it is stored
in a bundle, it is recognised in a single image.
"""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, NamedTuple

import cv2
import numpy as np
from pydantic import AfterValidator, Field, model_validator

from core.images.frame import Box, find_content, to_grey
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

SIDE = 32  # of a thumbnail and of a pattern
MAX_FRAMES = 100
_FINE_SIDE = 256  # of the images from which the rectangle is found
_FEWEST = 8  # images of one size with different content that tell a frame from chance
_MOST = 48  # images of one size that are compared; more would change nothing
_FINE_MOST = 24
# Smallest share of images in which a pixel of a frame is the same, and its largest difference, grey values.
_SAME, _TOLERANCE = 0.9, 6
# Smallest share of a thumbnail in which two images with different content differ.
_DIFFERENT = 0.05
# A rectangle with more of the image has no frame around it; one with less is no ultrasound image.
_MOST_CONTENT, _LEAST_CONTENT = 0.95, 0.05
# Largest grey value of a margin that is black, and the smallest share of other pixels in a frame: deep tissue
# may be as black as a margin, with faint echoes in at most 0.09 of it (BUSI and phantoms).
_BLACK, _LIT = 16, 0.1
# Smallest share of a pattern that an image with the frame has: numbers and names on a screen change.
_RECOGNISED = 0.9
# Share of a row or column that varies inside the ultrasound image: text that changes is narrower.
_VARYING = 0.3
_NOT_STATIC = -1


def _pattern(text: str) -> str:
    try:
        size = len(base64.b64decode(text, validate=True))
    except binascii.Error:
        size = 0
    if size != SIDE * SIDE:
        raise ValueError(f"the pattern of a frame is not Base64 text of {SIDE * SIDE} bytes")
    return text


class SharedFrame(Strict):
    """A frame that images of one size share. It holds nothing of a single image.

    Attributes:
        width: width of the images, pixels.
        height: height of the images, pixels.
        box: rectangle of the ultrasound image: top, bottom, left, right, in pixels; bottom and right are not
            part of it.
        pattern: the frame in 32 × 32 grey values, halved to 0–127, -1 where the images differ; int8 as
            Base64 text.
    """

    width: Annotated[int, Field(ge=1, le=100_000)]
    height: Annotated[int, Field(ge=1, le=100_000)]
    box: Box
    pattern: Annotated[str, Field(max_length=1368), AfterValidator(_pattern)]

    @model_validator(mode="after")
    def _is_inside(self) -> SharedFrame:
        top, bottom, left, right = self.box
        if not (0 <= top < bottom <= self.height and 0 <= left < right <= self.width):
            raise ValueError("the ultrasound image does not lie within its frame")
        return self

    def is_around(self, grey: Grey) -> bool:
        """Return whether an image, uint8 [H, W], has this frame."""
        return grey.shape == (self.height, self.width) and self._fits(thumbnail(grey))

    def _fits(self, thumb: Grey) -> bool:
        pattern = np.frombuffer(base64.b64decode(self.pattern), np.int8).reshape(SIDE, SIDE).astype(np.int16)
        static = pattern != _NOT_STATIC
        same = np.abs(thumb // 2 - pattern) <= _TOLERANCE // 2
        # A stranger's pattern may have nothing static, which every image would have.
        return bool(
            static.any() and np.count_nonzero(same & static) >= _RECOGNISED * np.count_nonzero(static)
        )


class Located(NamedTuple):
    """Where the ultrasound image lies in an image.

    Attributes:
        content: grey values of the ultrasound image, uint8 [h, w].
        box: its rectangle.
        frame: the shared frame around it, or None.
        share: its share of the image's area, 0–1.
        framed: whether there is a frame around it, more than black margins or tissue that is black.
    """

    content: Grey
    box: Box
    frame: SharedFrame | None
    share: float
    framed: bool


def locate(pixels: NDArray[np.uint8], frames: Iterable[SharedFrame] = ()) -> Located:
    """Find the ultrasound image within its frames: a shared one first, then the image's own.

    Args:
        pixels: uint8 [H, W, 3] RGB or [H, W] grey, 0–255, of any size.
        frames: frames to recognise.
    """
    grey = to_grey(pixels)
    frame = next((one for one in frames if one.is_around(grey)), None)
    outer = Box.whole(grey) if frame is None else frame.box
    box = find_content(outer.crop(grey)).within(outer)
    content = box.crop(grey)
    lit = np.count_nonzero(grey > _BLACK) - np.count_nonzero(content > _BLACK)
    share, outside = box.area / grey.size, grey.size - box.area
    return Located(content, box, frame, share, share < _MOST_CONTENT and bool(lit >= _LIT * outside))


def thumbnail(grey: Grey) -> Grey:
    """Return the thumbnail of an image, uint8 [32, 32], by which frames are found and recognised.

    Args:
        grey: uint8 [H, W], 0–255.
    """
    return _shrunk(grey, SIDE)


class FrameSearch:
    """The search for frames that images share. It holds the thumbnails of at most 48 images of each size."""

    def __init__(self) -> None:
        self._by_size: dict[tuple[int, int], list[tuple[int, Grey]]] = defaultdict(list)

    def add(self, number: int, width: int, height: int, thumb: Grey) -> None:
        """Add the thumbnail of an image, unless it resembles one of its size or there are enough of them.

        Args:
            number: number of the image.
            width: its width, pixels.
            height: its height, pixels.
            thumb: its thumbnail, uint8 [32, 32].
        """
        known = self._by_size[width, height]
        if len(known) < _MOST and all(_differ(thumb, other) for _, other in known):
            known.append((number, thumb))

    def frames(self, read: Callable[[int], Grey]) -> tuple[SharedFrame, ...]:
        """Return the frames that the images share, at most one for each size.

        Args:
            read: function that returns an image, uint8 [H, W], by its number. It is called for at most 24
                images of a size whose thumbnails show a frame.
        """
        found = []
        for (width, height), known in self._by_size.items():
            if len(known) < _FEWEST or _varying_box(np.stack([thumb for _, thumb in known])) is None:
                continue
            fine = np.stack([_shrunk(read(number), _FINE_SIDE) for number, _ in known[:_FINE_MOST]])
            if (box := _varying_box(fine)) is None:
                continue
            frame = SharedFrame(
                width=width,
                height=height,
                box=_enlarged(box, width, height),
                pattern=_static_pattern(np.stack([thumb for _, thumb in known])),
            )
            found.append(frame)
        return tuple(found)


def _shrunk(grey: Grey, side: int) -> Grey:
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _differ(one: Grey, other: Grey) -> bool:
    return int(np.count_nonzero(cv2.absdiff(one, other) > _TOLERANCE)) >= _DIFFERENT * one.size


def _static(images: Grey) -> tuple[NDArray[np.bool_], Grey]:
    """Return which pixels are the same in nearly all images, bool [S, S], and their medians, uint8 [S, S].

    Args:
        images: N images, uint8 [N, S, S].
    """
    median = np.median(images, axis=0).astype(np.uint8)
    near = np.stack([cv2.absdiff(image, median) <= _TOLERANCE for image in images])
    return near.mean(axis=0) >= _SAME, median


def _varying_box(images: Grey) -> Box | None:
    """Return the rectangle in which N images, uint8 [N, S, S], differ; None without a frame."""
    varying = (~_static(images)[0]).astype(np.uint8)
    count, regions, facts, _ = cv2.connectedComponentsWithStats(varying, connectivity=8)
    if count == 1:
        return None
    content = regions == 1 + int(facts[1:, cv2.CC_STAT_AREA].argmax())
    rows, columns = (_filled(np.count_nonzero(content, axis=axis)) for axis in (1, 0))
    box = Box(*rows, *columns)
    return box if _LEAST_CONTENT <= box.area / varying.size <= _MOST_CONTENT else None


def _filled(counts: NDArray[np.int64]) -> tuple[int, int]:
    lines = np.flatnonzero(counts >= _VARYING * counts.max())
    return int(lines[0]), int(lines[-1]) + 1


def _enlarged(box: Box, width: int, height: int) -> Box:
    """Return a rectangle of the square as one of images of a size, rounded outwards."""
    down, right = height / _FINE_SIDE, width / _FINE_SIDE
    return Box(
        int(box.top * down),
        min(height, int(np.ceil(box.bottom * down))),
        int(box.left * right),
        min(width, int(np.ceil(box.right * right))),
    )


def _static_pattern(thumbs: Grey) -> str:
    static, median = _static(thumbs)
    levels = np.where(static, median // 2, _NOT_STATIC).astype(np.int8)
    return base64.b64encode(levels.tobytes()).decode()
