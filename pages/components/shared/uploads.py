"""Tell images and clips from masks, blank images and other files among uploads."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.data import frame_folders, left_out
from core.data.duplicates.fingerprint import fingerprint
from core.data.litter import is_litter
from core.data.mask_names import mask_owners
from core.data.masks import find_masks
from core.images.clip import VIDEO_EXTENSIONS
from core.images.content import look
from core.images.decode import EXTENSIONS
from core.images.formats import HEAD_BYTES, identify
from core.images.limits import ImageError
from pages.components.shared import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.images.content import Look
    from core.images.pixels import Decoded


class Outcome(NamedTuple):
    """What became of files that are no images.

    Attributes:
        problems: why files were refused, a sentence each.
        skipped: sentences on masks and other files that were skipped, and on folders that look like a clip
            but have files of several sizes, or ''.
    """

    problems: list[str]
    skipped: str


def read(
    files: Sequence[tuple[str, bytes]],
    add: Callable[[str, Decoded], None],
    add_clip: Callable[..., None],
    *,
    folder: bool,
) -> Outcome:
    """Decode files and add the images and clips among them, one at a time.

    Args:
        files: printable names, with slashes, and contents.
        add: function that takes the name of an image and its pixels.
        add_clip: function that takes the name of a clip and its file, or a file for each frame; it may raise
            an ImageError.
        folder: whether the files are those of a folder. What a visitor chose file by file is refused with a
            reason where it is no image, and is no mask because of its name alone.
    """
    kept = [(name, data) for name, data in files if not _is_litter(name, data, folder=folder)]
    if folder:
        kept.sort()  # a browser sends them in any order
    sorting = _Sorting(add, add_clip, [name for name, _ in kept], folder=folder)
    for name, data in kept:
        sorting.take(name, data)
    return sorting.finish(dict(kept))


class _Sorting:
    """What is known of the files while they are decoded one after the other."""

    def __init__(
        self,
        add: Callable[[str, Decoded], None],
        add_clip: Callable[..., None],
        names: Sequence[str],
        *,
        folder: bool,
    ) -> None:
        self._add, self._add_clip, self._folder = add, add_clip, folder
        # Only what is no mask by its name, and no frame, is added at once: the looks of all files decide on
        # the others.
        self._perhaps = set(mask_owners(names)) if folder else set()
        numbered = frame_folders.find_numbered(names) if folder else []
        self._held = {names[position] for one in numbered for position in one.files}
        self._facts: dict[str, tuple[int, int, Look]] = {}
        self._fingerprints: dict[str, str] = {}
        self._problems: list[str] = []
        self._others: Counter[str] = Counter()

    def take(self, name: str, data: bytes) -> None:
        """Decode a file, and add the image or the clip unless it may be a mask or a frame."""
        try:
            is_file_of_frames = requests.is_clip(data, name)
            noun = _other(name, data) if self._folder and not is_file_of_frames else None
            if noun is not None:
                self._others.update([noun] if noun else [])
                return
            if is_file_of_frames:
                self._add_clip(name, data)
                return
            decoded = requests.decode(data, name)
        except ImageError as error:
            noun = left_out.WITHOUT_IMAGE.get(error.reason) if self._folder else None
            if noun:
                self._others[noun] += 1
            else:
                self._problems.append(str(error))
            return
        height, width = decoded.pixels.shape[:2]
        seen = look(decoded.pixels)
        self._facts[name] = (width, height, seen)
        if seen or name in self._perhaps:
            return
        if name in self._held:
            self._fingerprints[name] = fingerprint(decoded.pixels)
        else:
            self._add(name, decoded)

    def finish(self, contents: Mapping[str, bytes]) -> Outcome:
        """Add what is no mask after all, join frames of a clip, and count the masks."""
        table = pd.DataFrame(
            [(name, *facts) for name, facts in self._facts.items()],
            columns=["file", "width", "height", "look"],
        )
        masks = 0
        named: list[str] = []
        for (name, (*_, seen)), (kind, image) in zip(
            self._facts.items(), find_masks(table)[["kind", "image"]].itertuples(index=False), strict=True
        ):
            if seen:
                # Of files that were chosen one by one, only the mask of another is skipped.
                if kind == "mask" and (self._folder or image != name):
                    masks += 1
                else:
                    self._problems.append(f"{name} {left_out.REFUSED[seen]}")
            elif name in self._perhaps:
                if kind == "mask":
                    named.append(name)
                else:
                    self._add_again(name, contents)
        remark = self._finish_numbered(contents)
        skipped = left_out.describe_skipped(masks, named, self._others)
        return Outcome(self._problems, " ".join(filter(None, [skipped, remark])))

    def _finish_numbered(self, contents: Mapping[str, bytes]) -> str:
        """Add files whose names differ in numbers, as clips or as images, and return what is to be said."""
        held = list(self._fingerprints)
        sizes = [self._facts[name][:2] for name in held]
        found = frame_folders.find_clips(held, sizes, list(self._fingerprints.values()))
        frames = {held[position] for clip in found.clips for position in clip.files}
        for name in held:
            if name not in frames:
                self._add_again(name, contents)
        for clip in found.clips:
            try:
                self._add_clip(clip.name, *(contents[held[position]] for position in clip.files))
            except ImageError as error:
                self._problems.append(str(error))
        return found.describe()

    def _add_again(self, name: str, contents: Mapping[str, bytes]) -> None:
        """Add an image that was decoded before; its pixels were not kept, to save memory."""
        try:
            self._add(name, requests.decode(contents[name], name))
        except ImageError as error:  # the queue may be full
            self._problems.append(str(error))


def _is_litter(name: str, data: bytes, *, folder: bool) -> bool:
    """Return whether a system left a file; the name of the uploaded folder itself does not count."""
    parts = re.split(r"[/\\]", name)[1 if folder else 0 :]
    return any(map(is_litter, parts)) and (folder or not identify(data[:HEAD_BYTES]).readable)


def _other(name: str, data: bytes) -> str | None:
    """Return what a file that is no image is counted as, '' for text, or None for an image.

    What has the ending of an image or clip but is none is refused by the decoder, with the reason.
    """
    form = identify(data[:HEAD_BYTES])
    endings = (*EXTENSIONS, *VIDEO_EXTENSIONS)
    return None if form.readable or name.lower().endswith(endings) else left_out.name_of(form)
