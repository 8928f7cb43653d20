"""All images outside the training domain, about half of them for choosing and half for measuring."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.data.halves import hash_of, measures
from core.data.outside import documents, patterns, photographs, scans, viewers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from core.data.outside.motif import Kind, Pixels

FRAMED = 60
"""Number of breast ultrasound images that are put into a viewer's frame."""


class OutsideImage(NamedTuple):
    """An image outside the training domain.

    Attributes:
        pixels: uint8 [H, W, 3], RGB, of any size.
        kind: kind of the image.
        origin: where it comes from; images of one origin are near-duplicates, and in one half.
        measuring: whether it measures a score and its threshold; else it may choose them.
    """

    pixels: Pixels
    kind: Kind
    origin: str
    measuring: bool


def outside_images(home: Mapping[str, Callable[[], Pixels]], seed: int = 0) -> Iterator[OutsideImage]:
    """Yield the images one by one, the same for one seed.

    Half and frame of a breast ultrasound image depend on seed and name alone: two lists may share images, and
    no image chooses for one list what it measures for the other.

    The packages' images are there where they are installed; see ``packages.missing``.

    Args:
        home: name of a breast ultrasound image → function that reads it, uint8 [H, W, 3]; up to ``FRAMED`` of
            them are put into a frame.
        seed: random seed of what is drawn, and of the halves.
    """
    chosen = sorted(home, key=lambda name: hash_of(seed, name))[:FRAMED]
    motifs = [
        *scans.motifs(),
        *photographs.motifs(),
        *patterns.motifs(seed),
        *documents.motifs(seed),
        *viewers.motifs({name: home[name] for name in chosen}, seed),
    ]
    for motif in motifs:
        measuring = measures(seed, motif.origin)
        for pixels in motif.images():
            yield OutsideImage(pixels, motif.kind, motif.origin, measuring)
