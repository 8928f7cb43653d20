"""A clip of a visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from core.images.clip import Clip


class InputClip(NamedTuple):
    """A clip as it was sent, whose frames have all been decoded once; of these only small copies are kept.

    Attributes:
        clip: the clip.
        frames: number of frames.
        usable: numbers of the frames that show something, from 0, ascending; at least one.
        thumbnails: of each usable frame a small copy as a ``data:`` URL.
        seconds: time of each frame from the start of the clip, rising; empty where it is not known.
    """

    clip: Clip
    frames: int
    usable: tuple[int, ...]
    thumbnails: tuple[str, ...]
    seconds: tuple[float, ...] = ()

    def thumbnail(self, number: int) -> str:
        """Return the small copy of a usable frame."""
        return self.thumbnails[self.usable.index(number)]
