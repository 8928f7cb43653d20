"""Tell by its name which image a segmentation mask belongs to.

A name is read as words and numbers, in any case and with any separators. A mask has a word for mask in its
name or in the name of its folder; what is left without that word must be the name of an image beside it, or
in the folder's twin: ``1_mask_2.png`` and ``1.png``, ``mask_0001-l.png`` and ``bus_0001-l.png``,
``masks/benign/1.png`` and ``images/benign/1.jpg``.
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    Words = tuple[str, ...]
    Place = tuple[Words, ...]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# In names of files, anywhere, and of folders.
_MASK_WORDS = _words(
    "mask masks maske masken masque masques msk groundtruth gt gts seg segs segmentation segmentations "
    "segmented segmentierung label labels annotation annotations annot annots"
)
# At the end of a file's name alone, or within a folder of masks: elsewhere they may describe an image.
_LESION_WORDS = _words(
    "lesion lesions läsion laesion tumor tumors tumour tumours other others roi rois contour contours "
    "outline outlines"
)
_IMAGE_FOLDERS = _words(
    "image images img imgs picture pictures photo photos bild bilder original originals orig raw"
)
_IMAGE_WORDS = _IMAGE_FOLDERS | _words("us bus ultrasound bmode rf input inputs data scan scans frame frames")
# In names of folders: what kind of file is in them.
_FILE_WORDS = _words("dataset files png jpg jpeg bmp tif tiff dicom dcm")
# Of more names that read alike, such as one in each of a thousand folders, only so many are tried for a mask.
_MOST_ALIKE = 200
_MARKS = _MASK_WORDS | _LESION_WORDS
_WORD = re.compile(r"ground[\W_]*truths?|[^\W\d_]+|\d+", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])")


class Name(NamedTuple):
    """The name of a file, read.

    Attributes:
        file: the file's path.
        folders: words of each folder that not all files are in.
        words: words and numbers of the name without its ending.
    """

    file: str
    folders: Place
    words: Words


def mask_owners(files: Iterable[str]) -> dict[str, str]:
    """Return the image that each mask belongs to, by names alone.

    Args:
        files: paths of image files, with slashes. A file is a mask only if its image is among them.

    Returns:
        Mask → image. The mask of a mask belongs to the image.
    """
    return owners_of(read_names(files))


def owners_of(names: Sequence[Name], images: Collection[str] | None = None) -> dict[str, str]:
    """Return ``mask_owners`` of names that have been read.

    Args:
        names: names of image files.
        images: those of the files that can be images; default: all.
    """
    marked = [name for name in names if is_mask_folder(name) or not _MARKS.isdisjoint(name.words)]
    if not marked:
        return {}
    candidates = _Candidates(
        [name for name in names if images is None or name.file in images],
        # Of a million images, few have a name that a mask's may mean.
        wanted={
            words
            for name in marked
            for inside in (False, True)
            for words, _ in _as_mask(name.words, in_mask_folder=inside)
        },
        mask_folders=any(map(is_mask_folder, names)),
    )
    owners = {name.file: owner for name in marked if (owner := candidates.owner(name)) is not None}
    for mask in tuple(owners):
        seen = {mask}
        while (image := owners[mask]) in owners and image not in seen:  # the mask of a mask
            seen.add(image)
            owners[mask] = owners[image]
    return {mask: image for mask, image in owners.items() if image not in owners}


def may_have_owner(file: str) -> bool:
    """Return whether a word for masks is in the name of a file or of its folders, as it is for every mask."""
    *folders, _ = file.split("/")
    return not _MARKS.isdisjoint(_read_stem(file)) or any(
        not _MASK_WORDS.isdisjoint(_read_folder(folder)) for folder in folders
    )


def names_a_mask(file: str) -> bool:
    """Return whether a file is named like a mask. It is one only if the image it belongs to exists."""
    words = _read_stem(file)
    last = next((word for word in reversed(words) if not word.isdigit()), "")
    return last in _MASK_WORDS or (len(words) > 1 and words[0] in _MASK_WORDS)


def is_mask_folder(name: Name) -> bool:
    """Return whether a file lies in a folder that is named like one of masks."""
    return bool(_mask_folders(name.folders))


def read_names(files: Iterable[str]) -> list[Name]:
    """Read the names of files; the folders that all of them are in say nothing and are left out."""
    files = list(files)
    parents = [file.split("/")[:-1] for file in files]
    shared = 0
    if parents:
        first, last = min(parents), max(parents)
        while shared < min(len(first), len(last)) and first[shared] == last[shared]:
            shared += 1
    return [
        Name(file, tuple(map(_read_folder, folders[shared:])), _read_stem(file))
        for file, folders in zip(files, parents, strict=True)
    ]


def place(name: Name) -> Place:
    """Return the folders of an image without the words for images: those of twin folders are equal."""
    return _without(name.folders, _IMAGE_WORDS)


class _Candidates:
    """Images by place and words, where the words are wanted."""

    def __init__(self, names: Sequence[Name], wanted: Collection[Words], *, mask_folders: bool) -> None:
        # By level, place (None for any) and words.
        self._found: dict[tuple[int, Place | None, Words], list[Name]] = {}
        for name in names:
            here = place(name)
            # Wherever an image lies, its mask may be in one folder of all masks.
            anywhere = mask_folders and not is_mask_folder(name) and _MASK_WORDS.isdisjoint(name.words)
            for level, words in enumerate(_as_image(name.words)):
                if words is not None and words in wanted:
                    self._found.setdefault((level, here, words), []).append(name)
                    if anywhere:
                        self._found.setdefault((level, None, words), []).append(name)

    def owner(self, mask: Name) -> str | None:
        """Return the image that a file is the mask of, or None."""
        here = place(mask)
        for folder, in_mask_folder in ((here, False), *((twin, True) for twin in _twins(mask.folders))):
            for words, loose in _as_mask(mask.words, in_mask_folder=in_mask_folder):
                for level in range(3 if loose else 2):
                    if found := self._one(mask, self._found.get((level, folder, words), ())):
                        return found
        if not any(_MASK_WORDS.issuperset(mask.folders[number]) for number in _mask_folders(mask.folders)):
            return None
        folder = _without_folders(mask.folders, _MASK_WORDS)
        for words, loose in _as_mask(mask.words, in_mask_folder=True):
            for level in range(3 if loose else 2):
                above = [
                    name
                    for name in self._found.get((level, None, words), ())[:_MOST_ALIKE]
                    if _is_above(folder, other := _without_folders(name.folders, _IMAGE_FOLDERS))
                    or _is_above(other, folder)
                ]
                if found := self._one(mask, above):
                    return found
        return None

    @staticmethod
    def _one(mask: Name, found: Sequence[Name]) -> str | None:
        """Return the image among those that could be meant, or None where it is not clear."""
        others = [name for name in found[:_MOST_ALIKE] if name.file != mask.file]
        if len(others) > 1:
            stem = _stem(mask.file).rpartition("/")[2]
            others = [name for name in others if _stem(name.file).rpartition("/")[2] in stem] or others
        if len({_stem(name.file) for name in others}) > 1:
            folder = mask.file.rpartition("/")[0]
            others = [name for name in others if name.file.rpartition("/")[0] == folder]
        return others[0].file if len({_stem(name.file) for name in others}) == 1 else None


def _is_above(folder: Place, other: Place) -> bool:
    return other[: len(folder)] == folder


def _as_image(words: Words) -> tuple[Words, Words | None, Words | None]:
    """Return how an image's name may recur in that of its mask.

    It recurs whole, without a word for images, or without the word it begins with.
    """
    bare = (
        words if _IMAGE_WORDS.isdisjoint(words) else tuple(word for word in words if word not in _IMAGE_WORDS)
    )
    loose = len(words) > 1 and not words[0].isdigit() and words[0] not in _MASK_WORDS
    return words, bare if len(bare) < len(words) else None, words[1:] if loose else None


def _as_mask(words: Words, *, in_mask_folder: bool) -> Iterator[tuple[Words, bool]]:
    """Yield the names that the image of a mask may have, and whether a word may stand before each."""
    if in_mask_folder:
        yield words, True
    end = len(words)
    while end and words[end - 1].isdigit():
        end -= 1
    marks = {position for position, word in enumerate(words) if word in _MASK_WORDS}
    loose = in_mask_folder or bool(marks)
    if in_mask_folder:
        marks |= {position for position, word in enumerate(words) if word in _LESION_WORDS}
    elif end > 1 and words[end - 1] in _LESION_WORDS:
        marks.add(end - 1)
    if not marks:
        return
    yield tuple(word for position, word in enumerate(words) if position not in marks), loose
    if end < len(words) and end - 1 in marks:  # the number is that of the mask
        yield tuple(word for position, word in enumerate(words[:end]) if position not in marks), loose


def _twins(folders: Place) -> Iterator[Place]:
    """Yield the places of the images whose masks may lie in the folders."""
    named = _mask_folders(folders)
    for number in named:
        bare = tuple(word for word in folders[number] if word not in _MASK_WORDS)
        yield _without((*folders[:number], bare, *folders[number + 1 :]), _IMAGE_WORDS)
    if len(named) > 1:
        yield _without(folders, _MASK_WORDS | _IMAGE_WORDS)


@lru_cache(maxsize=4096)
def _mask_folders(folders: Place) -> tuple[int, ...]:
    """Return the positions of the folders that are named like one of masks, with none of images within."""
    images = [number for number, words in enumerate(folders) if words and _IMAGE_FOLDERS.issuperset(words)]
    first = images[-1] + 1 if images else 0
    return tuple(n for n in range(first, len(folders)) if not _MASK_WORDS.isdisjoint(folders[n]))


@lru_cache(maxsize=4096)
def _without(folders: Place, words: frozenset[str]) -> Place:
    bare = (tuple(word for word in folder if word not in words) for folder in folders)
    return tuple(folder for folder in bare if folder)


@lru_cache(maxsize=4096)
def _without_folders(folders: Place, words: frozenset[str]) -> Place:
    return tuple(folder for folder in folders if not words.issuperset(folder))


def _read(text: str) -> Words:
    found = _WORD.findall(_CAMEL.sub(" ", unicodedata.normalize("NFC", text)).casefold())
    if "truth" in text.casefold():
        found = ["groundtruth" if word.startswith("ground") and "truth" in word else word for word in found]
    return tuple(found)


_read_folder = lru_cache(maxsize=4096)(_read)


def _read_stem(file: str) -> Words:
    stem = _stem(file).rpartition("/")[2]
    words = _read(stem)
    return (*words[:-1], "mask") if stem.lower().endswith(".b") else words


def _stem(file: str) -> str:
    return os.path.splitext(file)[0]  # noqa: PTH122 - Path.stem would drop the folder


def names_masks(folder: str) -> bool:
    """Return whether a folder name says that masks are in it and nothing else, such as ``Ground truth``."""
    words = set(_read_folder(folder))
    return not words.isdisjoint(_MASK_WORDS) and all(word in _MARKS or word.isdigit() for word in words)


def names_images(folder: str) -> bool:
    """Return whether a folder name says that images are in it and nothing else, such as ``Raw images``."""
    words = set(_read_folder(folder))
    return bool(words) and words <= _IMAGE_WORDS | _FILE_WORDS
