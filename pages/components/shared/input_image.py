"""An image of a visitor: uploaded, pasted, photographed, simulated or an example."""

from __future__ import annotations

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


@dataclass(frozen=True)
class InputImage:
    """A decoded image.

    Attributes:
        name: file name, or the name of a simulated image.
        pixels: uint8 [H, W, 3], RGB.
        notes: what decoding had to change, a sentence each.
        sha256: hash of the pixels.
        simulated: whether it is a simulated phantom.
        true_class: label of an example; None where it is not known.
        crop: rectangle of ``original`` whose pixels these are, or None for a whole image.
        original: the image that it is a crop of, or None for a whole image.
    """

    name: str
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]
    sha256: str
    simulated: bool = False
    true_class: str | None = None
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


# Streamlit's caches tell images apart by their content.
BY_CONTENT: dict[str | type[Any], Callable[[Any], Any]] = {InputImage: attrgetter("sha256")}
