"""Names of classes as data sets write them: what is the same class, and what cannot be one."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from core.data.mask_names import names_images, names_masks
from core.data.set_names import set_of_name
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

KNOWN = ("benign", "malignant", "normal")
_AUGMENTED = ("augment", "augmented", "augmentation", "augmentations", "aug")


def key_of(name: str) -> str:
    """Return what two spellings of a class have in common.

    Case, blanks, underscores and the Unicode form (macOS parts letters from their accents) do not count.
    """
    return " ".join(unicodedata.normalize("NFC", name).replace("_", " ").casefold().split())


def names_augmented(name: str) -> bool:
    """Return whether a folder name says that the images in it are augmented copies."""
    return any(word in _AUGMENTED for word in key_of(name).replace("-", " ").split())


def why_no_class(name: str) -> str:
    """Return why a folder cannot be a class, as the end of a sentence; empty where it can."""
    if set_of_name(name):
        return "names a set of a split"
    if names_masks(name):
        return "names segmentation masks or labels"
    if names_images(name):
        return "says only that images are in it"
    if names_augmented(name):
        return "names augmented copies, which would be tested on beside their originals"
    return ""


class ClassMap:
    """The class that a name in the data means: equal names in any case, and those that the user maps."""

    def __init__(self, mapping: Mapping[str, str] | None = None, known: Iterable[str] = ()) -> None:
        """Take the user's mapping.

        Args:
            mapping: name in the data → class, as ``--map`` gives them.
            known: names of classes whose spelling is kept, such as those of a model.
        """
        self._map = {key_of(name): " ".join(target.split()) for name, target in (mapping or {}).items()}
        self._spelling = {key_of(name): name for name in (*KNOWN, *known)}
        self._named = {key for key in (*self._map, *self._spelling) if not key.isdigit()}
        self.used: set[str] = set()

    def class_of(self, name: str) -> str:
        """Return the class that a name means; the first spelling of a new class is kept."""
        key = key_of(name)
        if key in self._map:
            self.used.add(key)
            name = self._map[key]
            key = key_of(name)
        return self._spelling.setdefault(key, " ".join(unicodedata.normalize("NFC", name).split()))

    def is_known(self, name: str) -> bool:
        """Return whether a name is a well-known class, one of a model, or one that the user maps."""
        key = key_of(name)
        return key in self._map or key in self._spelling

    def is_named(self, name: str) -> bool:
        """Return whether a folder of this name must be a class: a well-known or mapped one, and no number."""
        return key_of(name) in self._named

    def word_in(self, words: Sequence[str]) -> str | None:
        """Return the only known class among the words of a file name, or None."""
        found = {self.class_of(word) for word in words if self.is_known(word)}
        return found.pop() if len(found) == 1 else None

    def check_used(self, names: Iterable[str]) -> None:
        """Refuse a mapping of a name that the data do not have.

        Args:
            names: names of classes in the data.

        Raises:
            UserError: a mapped name does not occur.
        """
        # Numbers may have been explained to an archive of arrays, whose classes have names now.
        if unused := sorted(name for name in set(self._map) - self.used if not name.isdigit()):
            raise UserError(
                f"--map names {unused[0]!r}, which is no class of the data; its classes are "
                f"{', '.join(sorted(names))}."
            )
