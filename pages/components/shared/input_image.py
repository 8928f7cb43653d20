"""An image of a visitor: uploaded, pasted, photographed, simulated or an example."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self

from core.data.image_facts import pixel_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


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
    """

    name: str
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]
    sha256: str
    simulated: bool = False
    true_class: str | None = None

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
