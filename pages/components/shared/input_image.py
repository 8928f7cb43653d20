"""An image of a visitor: uploaded, pasted, photographed, simulated, an example, or a frame of a clip."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self

from core.data.image_facts import pixel_hash
from core.inference.examine import cropped

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from core.images.frame import Box
    from core.images.pixels import Decoded
    from pages.components.shared.input_clip import InputClip


@dataclass(frozen=True)
class InputImage:
    """A decoded image.

    Attributes:
        name: file name, or the name of a simulated image.
        pixels: uint8 [H, W, 3], RGB.
        notes: what decoding had to change, a sentence each.
        sha256: hash of the pixels; of a frame, hash of the clip and its number.
        simulated: whether it is a simulated phantom.
        true_class: label of an example; None where it is not known.
        clip: the clip that it is a frame of, or None.
        frame: number of the frame in the clip, from 0.
        crop: rectangle of ``original`` whose pixels these are, or None for a whole image.
        original: the image that it is a crop of, or None for a whole image.
    """

    name: str
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]
    sha256: str
    simulated: bool = False
    true_class: str | None = None
    clip: InputClip | None = None
    frame: int = 0
    crop: Box | None = None
    original: Self | None = None

    @property
    def whole(self) -> Self:
        """The image that it is a crop of, or itself."""
        return self.original or self

    @property
    def title(self) -> str:
        """Its name, with the word that it is a crop."""
        return f"{self.name}, cropped" if self.crop else self.name

    @property
    def source(self) -> str:
        """Hash of what was sent: of the clip, or of the pixels of the whole image."""
        return self.whole.sha256 if self.clip is None else self.clip.clip.sha256

    @property
    def source_as_shown(self) -> str:
        """The same with the crop: what the predictions for all frames of a clip belong to."""
        return f"{self.source} {self.crop}" if self.crop else self.source

    @property
    def size(self) -> int:
        """What it takes in memory: pixels, and for each three bytes of a clip another one."""
        return self.whole.pixels.size // 3 + (0 if self.clip is None else self.clip.clip.size // 3)

    def cropped(self, box: Box) -> Self:
        """Return the crop of the whole image to a rectangle, whose pixels are a view.

        Raises:
            ImageError: see ``core.inference.examine.cropped``.
        """
        pixels = cropped(self.whole.pixels, box)
        return replace(self.whole, pixels=pixels, sha256=pixel_hash(pixels), crop=box, original=self.whole)

    @classmethod
    def of(
        cls,
        name: str,
        pixels: NDArray[np.uint8],
        notes: tuple[str, ...] = (),
        *,
        simulated: bool = False,
        true_class: str | None = None,
    ) -> Self:
        """Build an image from its pixels, with their hash."""
        return cls(name, pixels, notes, pixel_hash(pixels), simulated, true_class)

    @classmethod
    def of_clip(cls, clip: InputClip, number: int, frame: Decoded) -> Self:
        """Build the image of a frame of a clip; two clips may have the same frame, so its hash is of both."""
        name = f"{clip.clip.name}, frame {number + 1} of {clip.frames}"
        sha256 = hashlib.sha256(f"{clip.clip.sha256} {number}".encode()).hexdigest()
        return cls(name, frame.pixels, frame.notes, sha256, clip=clip, frame=number)


# Streamlit's caches tell images apart by their content.
BY_CONTENT: dict[str | type[Any], Callable[[Any], Any]] = {InputImage: attrgetter("sha256")}
