"""The test images of a bundle, stored as PNG files in a table and decoded one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.images.limits import BoundedReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def largest_png(side: int) -> int:
    """Return the most bytes that a PNG file of an RGB image needs, 8 bits a channel, side S in pixels."""
    rows = side * (1 + 3 * side)
    return rows + rows // 100 + 2**16  # what zlib and the other chunks may add, with room to spare


class StoredImages(Mapping[str, NDArray[np.uint8]]):
    """Images of one size, uint8 [S, S, 3], by the sha256 of the original.

    Only the PNG files are held: a few kilobytes of them may decode to megabytes each.
    """

    def __init__(
        self, pngs: Iterable[tuple[str, bytes]], side: int, problem: Callable[[], Exception]
    ) -> None:
        """Check the size of each image, before its pixels are decoded.

        Args:
            pngs: sha256 of the original and PNG file of each image.
            side: side S, pixels.
            problem: function that returns the error to raise where a file is not a PNG image of this size.
        """
        self._pngs, self._side, self._problem = dict(pngs), side, problem
        for png in self._pngs.values():
            try:
                self._open(png).close()
            except Exception as error:
                raise problem() from error

    def __getitem__(self, sha256: str) -> NDArray[np.uint8]:
        """Decode an image."""
        png = self._pngs[sha256]
        try:
            with self._open(png) as image:
                return np.asarray(image.convert("RGB"))
        except Exception as error:
            raise self._problem() from error

    def __contains__(self, sha256: object) -> bool:
        """Return whether an image is stored, without decoding it."""
        return sha256 in self._pngs

    def __iter__(self) -> Iterator[str]:
        """Iterate over the hashes, in the order of the table."""
        return iter(self._pngs)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._pngs)

    def _open(self, png: bytes) -> Image.Image:
        # Readers of other formats, Ghostscript among them, are an attack surface that no bundle needs.
        image = Image.open(BoundedReader(png), formats=("PNG",))
        if image.size != (self._side, self._side):
            raise ValueError(image.size)
        return image
