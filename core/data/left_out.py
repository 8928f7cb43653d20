"""Count what gets no prediction among the files of a folder or an upload, and say it in few words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.images.content import BLACK_AND_WHITE, BLANK
from core.images.formats import READABLE, VIDEOS, Format, convert_videos

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.images.content import Look

_SHOWN = 4
# Where the plural has its "s": "file of …", "link to …".
_END_OF_HEAD = re.compile(r"(?= (?:of|to|that|with) )|$")
# What an image is like that gets no prediction → the rest of a sentence that begins with its name.
REFUSED: dict[Look, str] = {
    BLACK_AND_WHITE: "is black and white only; it looks like a segmentation mask: no prediction is made.",
    BLANK: "is blank: no prediction is made.",
}
WITHOUT_IMAGE = {"no image": "DICOM file without an image"}
"""Reason of an ImageError → what a file of a folder is counted as: archives add directories and reports."""
# Tables, licences and empty files belong to a data set and are no loss.
_NO_LOSS = ("text", "empty")


def name_of(form: Format) -> str:
    """Return what a file that is not read is counted as, such as ``RAR archive``; '' if it can be read.

    Text and empty files return '' too: they are not worth a word.
    """
    if form.kind in _NO_LOSS or (form.kind == "image" and form.name in READABLE):
        return ""
    return form.describe().partition(" ")[2] or "file of an unknown format"


def describe(counts: Mapping[str, int]) -> str:
    """Return a sentence on files that are not read, or ''.

    Args:
        counts: number of files by what they are counted as, in the singular.
    """
    if not counts:
        return ""
    parts = [f"{number} {_plural(noun) if number > 1 else noun}" for noun, number in sorted(counts.items())]
    if len(parts) > _SHOWN:
        parts[_SHOWN:] = [f"{len(parts) - _SHOWN} other kinds of files"]
    videos = any(noun.endswith(" video") and noun.removesuffix(" video") not in VIDEOS for noun in counts)
    return f"Not read: {', '.join(parts)}{'; ' + convert_videos('others') if videos else '.'}"


def describe_skipped(masks: int, named_like_masks: Sequence[str], counts: Mapping[str, int]) -> str:
    """Return sentences on the files of folders that get no prediction, or ''.

    Args:
        masks: number of segmentation masks.
        named_like_masks: images that are named like masks of other images.
        counts: number of files that are not read; see ``describe``.
    """
    sentences = [f"{masks} segmentation mask{'s' if masks > 1 else ''} skipped."] if masks else []
    if named_like_masks:
        number, first = len(named_like_masks), named_like_masks[0]
        sentences.append(
            f"1 image skipped that is named like a mask of another: {first}."
            if number == 1
            else f"{number} images skipped that are named like masks of others, such as {first}."
        )
    return " ".join([*sentences, describe(counts)]).strip()


def _plural(noun: str) -> str:
    return _END_OF_HEAD.sub("s", noun, count=1)
