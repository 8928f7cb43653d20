"""Clips: the frames of one examination, in one file or in a file each, decoded one at a time from memory."""

from __future__ import annotations

import hashlib
from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple, Self

from PIL import Image

from core.images import clip_decoder
from core.images.decode import decode, named
from core.images.formats import DICOM, HEAD_BYTES, VIDEOS, identify
from core.images.limits import (
    CLIP,
    CLIP_FRAMES,
    CLIP_PIXELS,
    UPLOAD,
    BoundedReader,
    ImageError,
    check_bytes,
    different_sizes,
    too_many_clip_pixels,
    too_many_files,
    too_many_frames,
)
from core.images.pixels import ClipFrame

if TYPE_CHECKING:
    from collections.abc import Generator


ANIMATIONS = ("GIF", "WebP")
VIDEO_EXTENSIONS = (".mp4", ".m4v", ".avi")
"""Usual endings of the videos: what has one of them, its owner takes for a clip, whatever it is."""


def is_clip(data: bytes) -> bool:
    """Return whether a file has frames: a video, or an animation or DICOM file of several images."""
    form = identify(data[:HEAD_BYTES])
    if form.name in VIDEOS:
        return True
    with suppress(Exception):  # what cannot be read is refused by the decoder of images, with the reason
        if form == DICOM:
            from core.images import dicom  # noqa: PLC0415 - importing pydicom takes 0.25 s

            return dicom.count_frames(BoundedReader(data), UPLOAD) > 1
        if form.name == "GIF":
            with Image.open(BoundedReader(data), formats=["GIF"]) as image:
                return bool(getattr(image, "is_animated", False))
        # The extended header of WebP has a bit for it.
        return form.name == "WebP" and data[12:16] == b"VP8X" and bool(data[20] & 2)
    return False


class Clip(NamedTuple):
    """A clip as it was sent. A clip of one frame is an image, which ``read`` decodes like any other.

    Attributes:
        name: name for messages.
        files: one file with all frames, or a file for each frame.
        sha256: hash of the file; of frames in files of their own, hash of the hashes of these.
    """

    name: str
    files: tuple[bytes, ...]
    sha256: str

    @classmethod
    def of(cls, name: str, *files: bytes) -> Self:
        """Build a clip from its files, in order."""
        hashes = [hashlib.sha256(file) for file in files]
        of_all = hashes[0] if len(hashes) == 1 else hashlib.sha256(b"".join(one.digest() for one in hashes))
        return cls(name, files, of_all.hexdigest())

    @property
    def size(self) -> int:
        """Size of its files, bytes."""
        return sum(map(len, self.files))

    def frames(self, first: int = 0, stop: int | None = None) -> Generator[ClipFrame]:
        """Decode frames, one at a time; close the iterator when no more are wanted.

        Args:
            first: number of the first frame, from 0.
            stop: number of the frame before which to stop; None for all.

        Raises:
            ImageError: the clip exceeds ``CLIP``, ``CLIP_FRAMES`` or ``CLIP_PIXELS``, takes too long, has
                frames of different sizes, or cannot be read; what was decoded up to there has been returned.
        """
        with named(self.name, CLIP):
            if len(self.files) > CLIP_FRAMES:
                raise too_many_files(len(self.files))
            check_bytes(self.size, CLIP)
            decoded = self._decoded(first, stop)
            size, pixels = None, 0
            with closing(decoded):
                for number, frame in enumerate(decoded, first):
                    if number >= CLIP_FRAMES:
                        raise too_many_frames()
                    if size not in {None, frame.pixels.shape}:
                        raise different_sizes()
                    size = frame.pixels.shape
                    pixels += size[0] * size[1]
                    if pixels > CLIP_PIXELS:
                        raise too_many_clip_pixels()
                    yield frame
            if size is None and not first:
                raise ImageError("has no frames; save or export it again.", "damaged")

    def _decoded(self, first: int, stop: int | None) -> Generator[ClipFrame]:
        if len(self.files) == 1:
            yield from clip_decoder.decode_frames(self.files[0], first, stop)
            return
        for number, file in enumerate(self.files[first:stop], first + 1):
            yield ClipFrame(*decode(file, f"frame {number}"))
