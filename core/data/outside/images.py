"""All images outside the training domain, half of them for choosing and half for measuring."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, NamedTuple

from core.data.outside import documents, patterns, photographs, scans, viewers
from core.data.outside.motif import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from core.data.outside.motif import Kind, Motif, Pixels

FRAMED = 60
"""Number of breast ultrasound images that are put into a viewer's frame."""
Half = Literal["choosing", "measuring"]


class OutsideImage(NamedTuple):
    """An image outside the training domain.

    Attributes:
        pixels: uint8 [H, W, 3], RGB, of any size.
        kind: kind of the image.
        origin: where it comes from; images of one origin are near-duplicates, and in one half.
        half: whether it may choose a score and its threshold, or measures them.
    """

    pixels: Pixels
    kind: Kind
    origin: str
    half: Half


def outside_images(home: Mapping[str, Callable[[], Pixels]], seed: int = 0) -> Iterator[OutsideImage]:
    """Yield the images one by one, the same for one seed.

    The packages' images are there where they are installed; see ``packages.missing``.

    Args:
        home: name of a breast ultrasound image → function that reads it, uint8 [H, W, 3]; up to ``FRAMED`` of
            them are put into a frame.
        seed: random seed of what is drawn, and of the halves.
    """
    chosen = sorted(home, key=lambda name: _hash(seed, name))[:FRAMED]
    motifs = [
        *scans.motifs(),
        *photographs.motifs(),
        *patterns.motifs(seed),
        *documents.motifs(seed),
        *viewers.motifs({name: home[name] for name in chosen}, seed),
    ]
    halves = split_halves(motifs, seed)
    for motif in motifs:
        for pixels in motif.images():
            yield OutsideImage(pixels, motif.kind, motif.origin, halves[motif.origin])


def split_halves(motifs: Sequence[Motif], seed: int) -> dict[str, Half]:
    """Return the half of each origin: within each kind every other, ordered by a hash of seed and origin."""
    found: dict[str, Half] = {}
    for kind in KINDS:
        origins = sorted(
            (motif.origin for motif in motifs if motif.kind == kind), key=lambda name: _hash(seed, name)
        )
        found |= {name: "measuring" if place % 2 else "choosing" for place, name in enumerate(origins)}
    return found


def _hash(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode()).digest()
