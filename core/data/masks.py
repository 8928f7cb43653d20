"""Find the segmentation masks among image files, by their names and by what they look like."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from core.data.mask_names import is_mask_folder, names_a_mask, owners_of, place, read_names
from core.images.content import BLACK_AND_WHITE as BLACK_AND_WHITE_LOOK
from core.images.content import BLANK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.data.mask_names import Name, Place, Words

# Why a file is no ordinary image or mask; '' where it is one.
MASK_WITHOUT_IMAGE = "mask without image"
BLACK_AND_WHITE = "black and white"
NAMED_LIKE_A_MASK = "named like a mask"
_NONE: Mapping[str, str] = MappingProxyType({})


def find_masks(table: pd.DataFrame, owners: Mapping[str, str] = _NONE) -> pd.DataFrame:
    """Tell the masks among image files, and the image that each belongs to.

    What is black and white only is a mask, whatever its name; what a table or its name makes the mask of an
    image is one, whatever it looks like: a crop or a drawing over the image would be a near-duplicate of it.

    Args:
        table: one row per image file: ``file`` (path with slashes), ``width`` and ``height`` (pixels; NaN
            where the file cannot be read), ``look`` (see ``core.images.content.look``; '' where unknown).
        owners: mask → image, as a table of the data set names them.

    Returns:
        A table with the same index: ``kind`` (``image`` or ``mask``), ``image`` (the image that a mask
        belongs to; the file itself of an image, and of a mask whose image is missing or not known) and
        ``reason``, one of

        - ``mask without image``: a mask by name and look, whose image is missing;
        - ``black and white``: a mask by look alone, and no image is like it;
        - ``named like a mask``: the file looks like an image. It is a mask where the image that its name
          belongs to exists, else an image;
        - empty: an ordinary image or mask. A blank file that belongs to no image is an image here.
    """
    files, looks = list(table["file"]), dict(zip(table["file"], table["look"], strict=True))
    readable = dict(zip(files, table["width"].notna(), strict=True))
    images = {file for file in files if looks[file] != BLACK_AND_WHITE_LOOK}
    named = {mask: image for mask, image in owners.items() if mask in looks}
    names = read_names(files)
    found = {mask: image for mask, image in owners_of(names, images).items() if mask not in named}
    found |= {mask: image for mask, image in named.items() if image in images}
    found |= _owners_by_look(
        [name for name in names if name.file not in found and name.file not in named], table, looks
    )
    rows = []
    for name in names:
        file, look = name.file, looks[name.file]
        like_a_mask = file in named or names_a_mask(file)
        if file in found:
            reason = NAMED_LIKE_A_MASK if readable[file] and not look else ""
            rows.append(("mask", found[file], reason))
        elif look == BLACK_AND_WHITE_LOOK:
            like_a_mask = like_a_mask or is_mask_folder(name)
            rows.append(("mask", file, MASK_WITHOUT_IMAGE if like_a_mask else BLACK_AND_WHITE))
        elif file in named or (look == BLANK and (like_a_mask or is_mask_folder(name))):
            rows.append(("mask", file, MASK_WITHOUT_IMAGE))
        else:
            rows.append(("image", file, NAMED_LIKE_A_MASK if like_a_mask and readable[file] else ""))
    return pd.DataFrame(rows, table.index, ["kind", "image", "reason"])


def _owners_by_look(names: Sequence[Name], table: pd.DataFrame, looks: Mapping[str, str]) -> dict[str, str]:
    """Return the image of each black-and-white file that has its size and nearly its name, if it is clear.

    A blank file belongs to an image only if their names are equal but for the ending.
    """
    if not any(looks[name.file] for name in names):
        return {}
    sizes = dict(zip(table["file"], zip(table["width"], table["height"], strict=True), strict=True))
    asked = {
        name.file: [(sizes[name.file], *key) for key in _keys_by_look(name, look)]
        for name in names
        if (look := looks[name.file])
    }
    images: dict[tuple[object, ...], set[str]] = {key: set() for keys in asked.values() for key in keys}
    for name in names:
        if not looks[name.file]:
            here, words, size = place(name), name.words, sizes[name.file]
            shared = [key for key in (words[:-1], words[1:]) if any(map(str.isdigit, key))]
            for where, key in ((here, words), (None, words), *((here, key) for key in shared)):
                if (found := images.get((size, where, key))) is not None:
                    found.add(name.file)
    owners = {}
    for file, keys in asked.items():
        owner = next((next(iter(images[key])) for key in keys if len(images[key]) == 1), None)
        if owner is not None:
            owners[file] = owner
    return owners


def _keys_by_look(name: Name, look: str) -> Iterator[tuple[Place | None, Words]]:
    """Yield the places (None for any) and words that the image of a file with a look may have."""
    here, words = place(name), name.words
    yield here, words
    if look != BLANK:
        yield None, words
        yield from ((here, part) for part in (words[:-1], words[:-2], words[1:]) if part)
