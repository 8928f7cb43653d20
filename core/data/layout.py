"""Read class, set and group of each image from its path: which folders are classes, and which are not."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from core.data.class_names import key_of, names_augmented, why_no_class
from core.data.mask_names import names_images, names_masks
from core.data.set_names import set_of_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.data.class_names import ClassMap

_WORDS = re.compile(r"[^\W\d_]+")


class Place(NamedTuple):
    """What the path of an image says of it.

    Attributes:
        class_name: its class, or empty where the path names none.
        set_name: its set in the data set's own split, one of ``core.data.splits.SETS``, or empty.
        group: sub-folder of the class that it lies in, such as a patient's or a video's; or empty.
        no_class: folder that stands where a class should be but cannot be one; or empty.
    """

    class_name: str
    set_name: str = ""
    group: str = ""
    no_class: str = ""


def find_root(files: Iterable[str], classes: ClassMap) -> str:
    """Return the folder around all images, which is no class: ``archive/BUSI``, or empty.

    Args:
        files: paths of images relative to the data folder, with slashes.
        classes: meaning of class names; a folder that is a known class is not entered.
    """
    folders = {PurePosixPath(parent).parts for parent in {file.rpartition("/")[0] for file in files}}
    root: list[str] = []
    while folders and all(len(parts) > len(root) + 1 for parts in folders):
        names = {parts[len(root)] for parts in folders}
        name = names.pop()
        if names or classes.is_known(name) or set_of_name(name) or names_masks(name):
            break
        root.append(name)
    return "/".join(root)


def arrange(files: Sequence[str], classes: ClassMap) -> list[Place]:
    """Find class, set and group of each image.

    Folders are read from the outside: ``{set}/{class}/{group}`` or ``{class}/{set}/{group}``, each with
    folders between them that only say what files they hold (``images``, ``masks``). Images outside class
    folders have the class that their name contains, such as ``benign (1).png``.

    Args:
        files: N paths of images and masks below the root, with slashes.
        classes: meaning of class names.

    Returns:
        N places.
    """
    # Of a million files few have different folders.
    parts_of = cache(lambda parent: _meaningful(PurePosixPath(parent).parts, classes))
    place_of = cache(lambda parts, set_name: _place(parts, set_name, classes))
    folders = [parts_of(file.rpartition("/")[0]) for file in files]
    stems = (PurePosixPath(file).stem for file in files)
    words = [classes.word_in(_WORDS.findall(unicodedata.normalize("NFC", stem))) for stem in stems]
    outer = {parts[0] for parts in folders if parts}
    if len(outer) == 1 and all(words) and not classes.is_known(*outer) and not why_no_class(*outer):
        folders = [parts[1:] for parts in folders]  # one folder around images whose names have the class
    # {class}/{set}: only where every class folder is divided that way.
    class_first = all(
        len(parts) > 1 and not _is_set(parts[0], classes) and _is_set(parts[1], classes) for parts in folders
    )
    places = []
    for file, parts, word in zip(files, folders, words, strict=True):
        set_name = ""
        if class_first:
            set_name, parts = set_of_name(parts[1]) or "", (parts[0], *parts[2:])  # noqa: PLW2901
        elif parts and _is_set(parts[0], classes):
            set_name, parts = set_of_name(parts[0]) or "", parts[1:]  # noqa: PLW2901
        if parts:
            places.append(place_of(parts, set_name))
        else:
            no_class = "" if word else PurePosixPath(file).parent.name
            places.append(Place(word or "", set_name, no_class=no_class))
    return places


def _place(parts: Sequence[str], set_name: str, classes: ClassMap) -> Place:
    name = parts[0]
    if not classes.is_known(name) and why_no_class(name):
        return Place("", set_name, no_class=name)
    if not classes.is_known(name) and any(map(classes.is_named, parts[1:])):
        return Place("", set_name, no_class=name)  # a hospital's or a patient's folder around classes
    inner = [folder for folder in parts[1:] if key_of(folder) != key_of(name)]
    copies = next((folder for folder in inner if names_augmented(folder)), "")
    return Place(classes.class_of(name), set_name, "/".join(inner), no_class=copies)


def _meaningful(parts: Sequence[str], classes: ClassMap) -> tuple[str, ...]:
    """Return the folders of a path without those that only say what files they hold."""
    return tuple(
        name for name in parts if classes.is_known(name) or not (names_images(name) or names_masks(name))
    )


def _is_set(name: str, classes: ClassMap) -> bool:
    return not classes.is_known(name) and set_of_name(name) is not None
