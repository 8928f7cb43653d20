"""Find the images and clips among files and folders, by their content."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, cast

from core.data import left_out
from core.data.listing import (
    BAD_NAME,
    IMAGE,
    LINKED_FOLDER,
    OUTSIDE_LINK,
    UNREADABLE_FOLDER,
    content_of,
    walk,
)
from core.errors import UserError
from core.images.clip import VIDEO_EXTENSIONS
from core.images.decode import EXTENSIONS
from core.images.formats import READABLE, VIDEOS, Format

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.images.formats import Kind

_NOUNS = {
    LINKED_FOLDER: "link to a folder",
    UNREADABLE_FOLDER: "folder that cannot be opened",
    BAD_NAME: "file with a name that is not UTF-8",
}


class Search(NamedTuple):
    """The images and clips among paths.

    Attributes:
        files: files to classify.
        given: those that were given by their own path, which are no masks because of their name.
        folders: folders that were given.
        left_out: number of other files by what they are; see ``core.data.left_out``.
    """

    files: list[Path]
    given: frozenset[Path]
    folders: tuple[Path, ...]
    left_out: Counter[str]


def find_images(paths: Sequence[Path]) -> Search:
    """Find images and clips by their content.

    Args:
        paths: files, whatever they are, and folders, which are searched recursively without litter. What is
            named twice counts once.

    Raises:
        UserError: a path does not exist, or a folder has no image.
    """
    check_paths(paths)
    files: list[Path] = []
    given: set[Path] = set()
    others: Counter[str] = Counter()
    for path in paths:
        if not path.is_dir():
            files.append(path)
            given.add(path)
            continue
        inside, passed_over = _search(path)
        if not inside:
            what = left_out.describe(passed_over)
            formats = f"image ({', '.join(READABLE)}) and no clip ({', '.join(VIDEOS)})"
            raise UserError(f"{path} contains no {formats}. {what}".rstrip())
        files += inside
        others += passed_over
    folders = tuple(path for path in paths if path not in given)
    return Search(list(dict.fromkeys(files)), frozenset(given), folders, others)


def check_paths(paths: Sequence[Path]) -> None:
    """Check that paths exist.

    Raises:
        UserError: one does not.
    """
    for path in paths:
        if not path.exists():
            raise UserError(f"{path} does not exist; give image files or folders.")


def _search(folder: Path) -> tuple[list[Path], Counter[str]]:
    """Return the images and clips below a folder, sorted, and the number of other files by what they are."""
    found: list[Path] = []
    others: Counter[str] = Counter()
    columns = ["file", "content", "format", "problem"]
    for file, content, name, problem in walk(folder).files[columns].itertuples(index=False, name=None):
        path = folder / file
        # A link that leaves the folder is the user's own here.
        kind, form = content_of(path) if problem == OUTSIDE_LINK else (content, name)
        if problem not in {"", OUTSIDE_LINK}:
            others[_NOUNS[problem]] += 1
        elif (
            form in VIDEOS
            or (kind == IMAGE and (form in READABLE or path.suffix.lower() in EXTENSIONS))
            or path.suffix.lower() in VIDEO_EXTENSIONS
        ):
            found.append(path)
        elif noun := left_out.name_of(Format(form, cast("Kind", kind))):
            others[noun] += 1
    return sorted(found), others
