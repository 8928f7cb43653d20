"""Find which file of the data a name in a table means, however the name is written."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

_DRIVE = re.compile(r"[A-Za-z]:(?=[/\\])")
_ENDING = re.compile(r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,5}$")
# Longer paths are compared by their ends. A path of 2,000 folders has 2,000 ends.
_MAX_PARTS = 32
_EXAMPLES = 3
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")

_Parts = tuple[str, ...]


class Ambiguous(NamedTuple):
    """Several files that one written name may mean.

    Attributes:
        files: the files, at least two.
    """

    files: tuple[str, ...]

    def words(self) -> str:
        """Return the files for an error message, such as "'a/1.png' or 'b/1.png'"."""
        return examples(self.files, "or")


def match_names(
    written: Sequence[str], files: Sequence[str], folder_names: Collection[str] = ()
) -> list[str | Ambiguous | None]:
    """Return the file that each written name means.

    A name that equals a file means this file. Else backslashes, drive letters, ``./`` and the Unicode form do
    not count, and a name means the file with which it shares the longest end of the path: a bare name, some
    of the folders, or folders above the data, such as an absolute path. Where nothing fits, it is tried
    without the ending of the files, then without case and blanks, then without the zeros in front of numbers,
    which spreadsheets drop. A name does not mean a file in another folder where the data has the folder that
    it names.

    Args:
        written: N names as they stand in a table.
        files: paths of the files, relative to the data folder, with slashes.
        folder_names: names of the data folder, which may stand before a path.

    Returns:
        N files, each an element of ``files``; ``Ambiguous`` where several fit equally well; None where none
        fits.
    """
    exact = set(files)
    found: dict[str, str | Ambiguous | None] = {name: name if name in exact else None for name in written}
    for fold in (_composed, _folded, _unpadded):
        for with_ending in (True, False):
            open_names = [name for name, file in found.items() if file is None and name]
            if open_names:
                ends = _Ends(files, folder_names, fold, with_ending=with_ending)
                found |= {name: ends.match(name) for name in open_names}
    return [found[name] for name in written]


def match_files(
    written: Sequence[str], images: Sequence[str], files: Sequence[str], folder_names: Collection[str] = ()
) -> list[str | Ambiguous | None]:
    """Return the file that each written name means, where a name may fit an image and its masks.

    Args:
        written: N names as they stand in a table.
        images: those of the files that are images; of several files that fit, the only image is meant.
        files: paths of all files, images among them.
        folder_names: names of the data folder, as for ``match_names``.

    Returns:
        N files, as from ``match_names``.
    """
    are_images = set(images)
    found = match_names(written, files, folder_names)
    for number, one in enumerate(found):
        if isinstance(one, Ambiguous):
            two = list(islice((file for file in one.files if file in are_images), 2))
            found[number] = two[0] if len(two) == 1 else one
    return found


def examples(names: Iterable[str], last: str = "and") -> str:
    """Return three names as examples for an error message, such as "'a.png', 'b.png', 'c.png' and 7 more".

    Args:
        names: names; one that comes again counts once.
        last: word before the last of them.
    """
    every = list(dict.fromkeys(names))
    shown = [f"{name!r:.120}" for name in every[:_EXAMPLES]]
    if len(every) > _EXAMPLES:
        shown.append(f"{len(every) - _EXAMPLES} more")
    return f" {last} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def first_few(texts: Sequence[str], most: int) -> list[str]:
    """Return the first texts, and as one more how many others there are, such as "7 more"."""
    more = len(texts) - most
    return [*texts[:most], f"{more} more"] if more > 0 else list(texts)


class _Ends:
    """The files of the data by each end of their paths.

    Args:
        files: paths of the files.
        folder_names: names of the data folder.
        fold: function that returns a part of a path as it is compared.
        with_ending: whether the ending of a file counts.
    """

    def __init__(
        self,
        files: Sequence[str],
        folder_names: Collection[str],
        fold: Callable[[str], str],
        *,
        with_ending: bool,
    ) -> None:
        self._fold = fold
        self._folder_names = {fold(name) for name in folder_names}
        self._folders: set[str] = set()
        self._whole: dict[_Parts, list[str]] = {}
        self._ends: dict[_Parts, list[str]] = {}
        self._ambiguous: dict[int, Ambiguous] = {}
        for file in dict.fromkeys(files):
            parts = _parts(file if with_ending else _ENDING.sub("", file), fold)
            self._folders.update(map(_folded, parts[:-1]))
            self._whole.setdefault(parts, []).append(file)
            for start in range(max(len(parts) - _MAX_PARTS, 0), len(parts)):
                self._ends.setdefault(parts[start:], []).append(file)

    def match(self, name: str) -> str | Ambiguous | None:
        parts = _parts(name, self._fold)
        starts = range(max(len(parts) - _MAX_PARTS, 0), len(parts))
        below = (parts[start + 1 :] for start in starts if parts[start] in self._folder_names)
        for path in (parts, *below):
            if path in self._whole:
                return self._one_of(self._whole[path])
        for start in starts:
            end = parts[start:]
            if end in self._ends:
                if start > 0 and _folded(parts[start - 1]) in self._folders:
                    return None  # it names a folder of the data in which there is no such file
                return self._one_of(self._whole.get(end, self._ends[end]))
        return None

    def _one_of(self, files: list[str]) -> str | Ambiguous:
        if len(files) == 1:
            return files[0]
        # A thousand names may mean the same thousand files.
        if id(files) not in self._ambiguous:
            self._ambiguous[id(files)] = Ambiguous(tuple(files))
        return self._ambiguous[id(files)]


def _parts(path: str, fold: Callable[[str], str]) -> _Parts:
    """Return the folders and the name of a path, whichever system wrote it."""
    parts: list[str] = []
    for part in _DRIVE.sub("", path, count=1).replace("\\", "/").split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(fold(part))
    return tuple(parts)


def _composed(part: str) -> str:
    return part if part.isascii() else unicodedata.normalize("NFC", part)


def _folded(part: str) -> str:
    return _composed(" ".join(part.casefold().split()))


def _unpadded(part: str) -> str:
    return _ZEROS.sub("", _folded(part))
