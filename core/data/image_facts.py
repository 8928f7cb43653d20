"""Read every image of a data set once: what it is, its pixel hash and fingerprint, and what is left out."""

from __future__ import annotations

import hashlib
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from core.data.duplicates.fingerprint import content_fingerprint
from core.data.listing import IMAGE, VIDEO
from core.data.masks import BLACK_AND_WHITE, MASK_WITHOUT_IMAGE, NAMED_LIKE_A_MASK, find_masks
from core.data.parallel_reading import read_each
from core.data.shared_frames import MAX_FRAMES, FrameSearch, locate, thumbnail
from core.images.content import look
from core.images.frame import to_grey
from core.images.limits import ImageError
from core.images.local import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from core.data.data_set import DataSet
    from core.data.shared_frames import Located, SharedFrame

UNREADABLE = "unreadable"
BLANK = "blank"
OUTSIDE_CLASSES = "outside the class folders"
NO_CLASS = "in a folder that is no class"
UNLABELLED = "no label in the table"
NOT_AN_IMAGE = "not an image"
# Smallest shorter side of a usable image, pixels; in BUSI it is at least 190.
TINY_SIDE = 64
MANY = 1000
"""Number of files from which it is worth starting processes."""
_ROWS = 4096  # of facts that are turned into columns at a time
_TYPES = {"sha256": "str", "width": "float", "height": "float", "fingerprint": "str"} | dict.fromkeys(
    ("look", "framed", "notes"), "str"
)


class ImageFacts(NamedTuple):
    """Facts about the pixels of an image.

    Attributes:
        sha256: ``pixel_hash`` of the image.
        width: width of the image, pixels.
        height: height of the image, pixels.
        fingerprint: ``core.data.duplicates.fingerprint`` of the image; '' for one with a ``look``.
        look: ``core.images.content.look`` of the image.
        framed: whether the ultrasound image lies within a frame of the image's ``own``, or within one that
            is ``shared`` with others of the set; else empty, also with a ``look``.
        notes: what decoding changed, such as the range of grey values, as sentences; or ''.
    """

    sha256: str
    width: int
    height: int
    fingerprint: str
    look: str
    framed: Literal["", "own", "shared"]
    notes: str


def pixel_hash(pixels: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of an image's shape and RGB pixels, uint8 [H, W, 3], as 64 hex digits."""
    shape = "×".join(map(str, pixels.shape)).encode()
    digest = hashlib.sha256(shape)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read the pixels of an image file, uint8 [H, W, 3] RGB.

    Raises:
        ImageError: the file cannot be read.
    """
    return read_file(path).pixels


class _Read(NamedTuple):
    """Facts about an image, and its thumbnail as ``core.data.shared_frames`` makes it."""

    facts: ImageFacts
    thumbnail: NDArray[np.uint8]


class FactsRead(NamedTuple):
    """Facts about image files, as columns: each text as an object of its own would take twice the memory.

    Attributes:
        table: one row per file that can be read, by its position among the files, with the columns of
            ``ImageFacts``.
        errors: position of each other file → its error.
        shared_frames: the given frames first, then those that the images share.
    """

    table: pd.DataFrame
    errors: dict[int, ImageError]
    shared_frames: tuple[SharedFrame, ...]


def read_facts(
    paths: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
    frames: Sequence[SharedFrame] = (),
    *,
    processes: int = 1,
) -> FactsRead:
    """Read images in parallel and return their facts and the frames that they share.

    Images of a size with a shared frame are read again once it is found.

    Args:
        paths: N image files.
        progress: called with the number of files read and of all files to read, which grows by those that
            are read again.
        frames: frames to recognise, apart from those of these images.
        processes: number of processes that read; with 1, threads of this process do.
    """
    search = FrameSearch()
    columns = _Columns()
    with closing(read_each(paths, partial(_read_all, frames=frames), processes=processes)) as outcomes:
        for number, outcome in enumerate(outcomes):
            columns.add(number, outcome)
            if isinstance(outcome, _Read) and not outcome.facts.look and outcome.facts.framed != "shared":
                search.add(number, outcome.facts.width, outcome.facts.height, outcome.thumbnail)
            if progress:
                progress(number + 1, len(paths))
    table, errors = columns.table(), columns.errors
    found = search.frames(lambda number: to_grey(read_image(Path(paths[number]))))
    frames = (*frames, *found)[:MAX_FRAMES]
    sizes = {(frame.width, frame.height) for frame in found}
    sizes_of = zip(table["width"], table["height"], strict=True)
    again = table.index[(table["look"] == "") & np.array([size in sizes for size in sizes_of], bool)].tolist()
    if again:
        columns = _Columns()
        files = [paths[number] for number in again]
        with closing(read_each(files, partial(_read_all, frames=frames), processes=processes)) as outcomes:
            for done, (number, outcome) in enumerate(zip(again, outcomes, strict=True), start=len(paths) + 1):
                columns.add(number, outcome)
                if progress:
                    progress(done, len(paths) + len(again))
        table = pd.concat([table.drop(index=again), columns.table()]).sort_index()
        errors |= columns.errors
    return FactsRead(table, errors, frames)


class _Columns:
    """Facts of images, added one by one, as columns."""

    def __init__(self) -> None:
        self.errors: dict[int, ImageError] = {}
        self._tables: list[pd.DataFrame] = []
        self._numbers: list[int] = []
        self._facts: list[ImageFacts] = []

    def add(self, number: int, outcome: _Read | ImageError) -> None:
        if isinstance(outcome, ImageError):
            self.errors[number] = outcome
            return
        self._numbers.append(number)
        self._facts.append(outcome.facts)
        if len(self._facts) == _ROWS:
            self._store()

    def table(self) -> pd.DataFrame:
        self._store()
        return pd.concat(self._tables)

    def _store(self) -> None:
        rows = pd.DataFrame(self._facts, self._numbers, list(ImageFacts._fields))
        self._tables.append(rows.astype(_TYPES))
        self._numbers, self._facts = [], []


def _read_all(paths: Sequence[str], frames: Sequence[SharedFrame]) -> Iterator[list[_Read | ImageError]]:
    yield [_read(Path(path), frames) for path in paths]


def _read(path: Path, frames: Sequence[SharedFrame]) -> _Read | ImageError:
    try:
        pixels, notes = read_file(path)
    except ImageError as error:
        return error
    height, width = pixels.shape[:2]
    looks, grey = look(pixels), to_grey(pixels)
    fingerprint = ""
    framed: Literal["", "own", "shared"] = ""
    if not looks:  # all masks resemble each other, and so do blank images
        located = locate(grey, frames)
        fingerprint, framed = content_fingerprint(located.content), _framed(located)
    facts = ImageFacts(pixel_hash(pixels), width, height, fingerprint, looks, framed, " ".join(notes))
    return _Read(facts, thumbnail(grey))


def _framed(located: Located) -> Literal["", "own", "shared"]:
    if located.frame is not None:
        return "shared"
    return "own" if located.framed else ""


class FilesRead(NamedTuple):
    """The files of a data set, once they have been read.

    Attributes:
        table: ``DataSet.files`` with the columns of ``ImageFacts`` (missing or empty where the file is not
            read), ``kind`` (``image``, ``mask`` or ``other``), ``image`` (the image that a mask belongs to,
            else the file itself), ``problem`` (why the file is left out, or a mask stands alone; else empty),
            ``reason`` (a sentence on it, where there is more to say), and ``named_like_mask`` (whether a name
            calls an image a mask).
        shared_frames: the frames by which fingerprints were computed: those that were given, and those that
            the images share.
    """

    table: pd.DataFrame
    shared_frames: tuple[SharedFrame, ...]


def read_files(
    data: DataSet,
    progress: Callable[[int, int], None] | None = None,
    frames: Sequence[SharedFrame] = (),
    *,
    processes: int = 1,
) -> FilesRead:
    """Read every image of a data set, and say of each file what it is.

    Args:
        data: data set.
        progress: called with the number of files read and of all files.
        frames: frames to recognise, such as those of a bundle that the images are compared with.
        processes: number of processes that read at least ``MANY`` files; else threads of this process do.
    """
    table = data.files.copy()
    readable = (table["content"] == IMAGE) & (table["problem"] == "")
    files = table.loc[readable, "file"]
    paths = [str(data.folders.path(file)) for file in files]
    read = read_facts(paths, progress, frames, processes=processes if len(paths) >= MANY else 1)
    read.table.index = files.index[read.table.index]
    for column in ImageFacts._fields:
        missing = np.nan if column in {"width", "height"} else ""
        table[column] = read.table.pop(column).reindex(table.index, fill_value=missing)
    errors = {files.index[number]: error for number, error in read.errors.items()}
    table.loc[list(errors), "problem"] = [
        VIDEO if error.reason == VIDEO else UNREADABLE for error in errors.values()
    ]
    # Named as in every table, not by its place on the disk.
    reasons = [str(error).replace(paths[number], files.iloc[number]) for number, error in read.errors.items()]
    table["reason"] = pd.Series(reasons, list(errors), dtype="str").reindex(table.index, fill_value="")
    table["kind"], table["image"] = "other", table["file"]
    # Unreadable ones as well: the mask of such an image is not without one.
    found = find_masks(table.loc[readable, ["file", "width", "height", "look"]], data.owners)
    table.loc[readable, ["kind", "image"]] = found[["kind", "image"]]
    _say_what_is_left_out(table, found["reason"], data.labelled)
    classes = dict(zip(table["file"], table["class"], strict=True))
    masks = table["kind"] == "mask"
    table.loc[masks, "class"] = [classes[image] for image in table.loc[masks, "image"]]
    return FilesRead(table, read.shared_frames)


def _say_what_is_left_out(table: pd.DataFrame, mask_reasons: pd.Series, labelled: Collection[str]) -> None:
    """Fill in the column ``problem`` where it is empty, and ``named_like_mask``."""

    def mark(rows: pd.Series, problem: str) -> None:
        table.loc[rows & (table["problem"] == ""), "problem"] = problem

    table["named_like_mask"] = (mask_reasons == NAMED_LIKE_A_MASK).reindex(table.index, fill_value=False)
    image = table["kind"] == "image"
    # A crop of an image or a drawing over it does not show where its lesion is.
    grey = ~image & table["named_like_mask"]
    table.loc[grey, "image"] = table.loc[grey, "file"]
    for reason in (MASK_WITHOUT_IMAGE, BLACK_AND_WHITE, NAMED_LIKE_A_MASK):
        mark(~image & (mask_reasons == reason).reindex(table.index, fill_value=False), reason)
    mark(table["content"] == VIDEO, VIDEO)
    mark(image & (table["look"] == BLANK), BLANK)
    mark(image & (table["no_class"] != ""), NO_CLASS)
    mark(image & (table["class"] == "") & table["source"].isin(labelled), UNLABELLED)
    mark(image & (table["class"] == ""), OUTSIDE_CLASSES)
    mark((table["kind"] == "other") & (table["content"] != IMAGE), NOT_AN_IMAGE)
