"""Classify image files and folders of images."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import pandas as pd

from core.data import left_out
from core.data.listing import (
    BAD_NAME,
    IMAGE,
    LINKED_FOLDER,
    OUTSIDE_LINK,
    UNREADABLE_FOLDER,
    VIDEO,
    content_of,
    utf8_name,
    walk,
)
from core.data.masks import NAMED_LIKE_A_MASK, find_masks
from core.errors import UserError
from core.images import crop
from core.images.content import look
from core.images.decode import EXTENSIONS
from core.images.formats import READABLE, Format
from core.images.limits import ImageError
from core.images.local import count_frames, frame_numbers, read_file
from core.inference.examine import seen_views, view
from core.inference.prediction_table import SEEN_COLUMNS, tabulate, tabulate_seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.images.formats import Kind
    from core.inference.classifier import Classifier, Prediction
    from core.inference.examine import View
    from core.progress import Progress

_NOUNS = {
    LINKED_FOLDER: "link to a folder",
    UNREADABLE_FOLDER: "folder that cannot be opened",
    BAD_NAME: "file with a name that is not UTF-8",
}
_NOTHING = np.empty(0, np.float32), np.empty(0, np.uint8)


class Search(NamedTuple):
    """The image files among paths.

    Attributes:
        files: files to classify.
        given: those that were given by their own path, which are no masks because of their name.
        left_out: number of other files by what they are; see ``core.data.left_out``.
    """

    files: list[Path]
    given: frozenset[Path]
    left_out: Counter[str]


class Predictions(NamedTuple):
    """Predictions for image files.

    Attributes:
        table: one row per image, or chosen frame of a DICOM file, with ``file``, ``frame`` (its number from
            1; empty in a file of one), ``crop`` (X,Y,W,H; empty without any), the columns of
            ``prediction_columns`` (``possible`` holds lists of class names), ``seen_in_training`` and
            ``seen_by`` (training or validation image that the file matches, and by what; see
            ``core.bundle.training_overlap.Seen``), ``warning`` (on a frame around the ultrasound image),
            ``notes`` (what decoding changed, such as the range of grey values), and ``problem`` (why there is
            no prediction; the rest of the row is empty).
        masks: number of segmentation masks in folders, which have no row.
        named_like_masks: files in folders that look like images, but are named like masks of other images;
            they have no row.
        left_out: number of other files in folders by what they are; see ``core.data.left_out``.
    """

    table: pd.DataFrame
    masks: int
    named_like_masks: list[str]
    left_out: Counter[str]


def find_images(paths: Sequence[Path]) -> Search:
    """Find image files by their content.

    Args:
        paths: files, whatever they are, and folders, which are searched recursively without litter.

    Raises:
        UserError: a path does not exist, or a folder has no image.
    """
    files: list[Path] = []
    given: set[Path] = set()
    others: Counter[str] = Counter()
    for path in paths:
        if not path.exists():
            raise UserError(f"{path} does not exist; give image files or folders.")
        if not path.is_dir():
            files.append(path)
            given.add(path)
            continue
        inside, passed_over = _search(path)
        if not inside:
            what = left_out.describe(passed_over)
            raise UserError(f"{path} contains no image ({', '.join(READABLE)}). {what}".rstrip())
        files += inside
        others += passed_over
    return Search(files, frozenset(given), others)


class _Image(NamedTuple):
    """An image to read: frame ``frame``, from 0, of ``frames`` in a file; or why there is none."""

    path: Path
    frame: int = 0
    frames: int = 1
    problem: str = ""


def predict(
    classifier: Classifier,
    search: Search,
    progress: Progress,
    frame: str = "first",
    cropping: crop.Choice = crop.NONE,
) -> Predictions:
    """Classify image files; a segmentation mask or a blank image gets no prediction.

    One image is in memory at a time.

    Args:
        classifier: classifier of a bundle.
        search: files to classify.
        progress: function that reports the steps.
        frame: frames of DICOM files with several; see ``core.images.local.frame_numbers``.
        cropping: crop of every image; one that it does not fit gets no prediction.

    Raises:
        UserError: the choice of frames is none.
    """
    images = [image for path in search.files for image in _images(path, frame)]
    files = _Files(classifier, search, images, cropping)
    for number in range(len(images)):
        files.read(number)
        progress("Classifying", number + 1, len(images))
    return files.result()


def _images(path: Path, choice: str) -> list[_Image]:
    """Return the chosen frames of a file; files of one image have no others to choose."""
    try:
        frames = count_frames(path)
        numbers = frame_numbers(choice, frames) if frames > 1 else [0]
    except ImageError as error:
        return [_Image(path, problem=utf8_name(str(error)))]
    return [_Image(path, number, frames) for number in numbers]


def _search(folder: Path) -> tuple[list[Path], Counter[str]]:
    """Return the image files below a folder, sorted, and the number of other files by what they are."""
    found: list[Path] = []
    others: Counter[str] = Counter()
    columns = ["file", "content", "format", "problem"]
    for file, content, name, problem in walk(folder).files[columns].itertuples(index=False, name=None):
        path = folder / file
        # A link that leaves the folder is the user's own here.
        kind, form = content_of(path) if problem == OUTSIDE_LINK else (content, name)
        if problem not in {"", OUTSIDE_LINK}:
            others[_NOUNS[problem]] += 1
        elif kind == IMAGE and (form in READABLE or path.suffix.lower() in EXTENSIONS):
            found.append(path)
        elif noun := left_out.name_of(Format(form, cast("Kind", kind))):
            others[noun] += 1
    return sorted(found), others


class _Files:
    """What is known of each file while files are read one after the other."""

    def __init__(
        self, classifier: Classifier, search: Search, images: Sequence[_Image], cropping: crop.Choice
    ) -> None:
        self._classifier, self._images, self._cropping = classifier, images, cropping
        self._names = [utf8_name(image.path.as_posix()) for image in images]
        self._inside = [image.path not in search.given for image in images]
        self._left_out = Counter(search.left_out)
        self._skipped: set[int] = set()
        self._facts: dict[int, tuple[int, int, str]] = {}
        self._problems: dict[int, str] = {}
        self._views: dict[int, tuple[View, str]] = {}
        self._predictions: dict[int, Prediction] = {}

    def read(self, number: int) -> None:
        """Read a file, and classify it unless it is black and white only or blank."""
        (path, frame, frames, problem), inside = self._images[number], self._inside[number]
        if problem:
            self._problems[number] = problem
            return
        try:
            pixels, notes = read_file(path, frame)
        except ImageError as error:
            if error.reason == VIDEO and inside:
                self._skipped.add(number)
                self._left_out[left_out.GIF_VIDEO] += 1
            else:
                self._problems[number] = utf8_name(str(error))
            return
        height, width = pixels.shape[:2]
        looks = look(pixels)
        self._facts[number] = (width, height, looks)
        if looks:
            others = (
                f" It is frame {frame + 1} of {frames}; choose others with --frame." if frames > 1 else ""
            )
            self._problems[number] = f"{utf8_name(str(path))} {left_out.REFUSED[looks]}{others}"
            return
        try:
            viewed = view(pixels, self._classifier.bundle.manifest.shared_frames, self._cropping)
        except ImageError as error:
            self._problems[number] = f"{utf8_name(str(path))} {error}"
            return
        # Without their arrays: those of ten thousand images would take gigabytes.
        self._views[number] = viewed._replace(pixels=_NOTHING[1]), " ".join(notes)
        prediction = self._classifier.classify(viewed.pixels)
        self._predictions[number] = prediction._replace(saliency=_NOTHING[0], image=_NOTHING[1])

    def result(self) -> Predictions:
        """Return the predictions once every file has been read."""
        kinds = self._kinds()
        masks = {number for number, (kind, _) in kinds.items() if kind == "mask"}
        named = [number for number in masks if kinds[number][1] == NAMED_LIKE_A_MASK]
        rows = [
            number
            for number in range(len(self._names))
            if number not in masks and number not in self._skipped
        ]
        return Predictions(
            self._table(rows),
            len(masks) - len(named),
            [self._names[number] for number in sorted(named)],
            self._left_out,
        )

    def _kinds(self) -> dict[int, tuple[str, str]]:
        """Return kind and reason of each file from a folder, which only the looks of all files tell."""
        # A file of several frames is a film, and no mask.
        numbers = [
            number
            for number, inside in enumerate(self._inside)
            if inside and self._images[number].frames == 1
        ]
        unknown = (float("nan"), float("nan"), "")
        listed = pd.DataFrame(
            [(self._names[number], *self._facts.get(number, unknown)) for number in numbers],
            columns=["file", "width", "height", "look"],
        )
        found = find_masks(listed)
        return dict(zip(numbers, zip(found["kind"], found["reason"], strict=True), strict=True))

    def _table(self, rows: Sequence[int]) -> pd.DataFrame:
        bundle = self._classifier.bundle
        read = [number for number in rows if number in self._predictions]
        files = pd.DataFrame(
            [
                (
                    self._names[number],
                    self._images[number].frame + 1 if self._images[number].frames > 1 else "",
                    self._problems.get(number, ""),
                )
                for number in rows
            ],
            index=list(rows),
            columns=["file", "frame", "problem"],
        )
        known = pd.DataFrame(
            [
                (crop.write(viewed.box), viewed.examined.warning, notes)
                for viewed, notes in map(self._views.__getitem__, read)
            ],
            index=read,
            columns=["crop", "warning", "notes"],
        )
        predicted = tabulate(
            [self._predictions[number] for number in read], bundle.manifest.class_names
        ).set_axis(read)
        found = seen_views(bundle, [self._views[number][0] for number in read])
        known = known.join(tabulate_seen(found).set_axis(read))
        texts = known.astype(object).reindex(rows, fill_value="")
        table = files.join(texts).join(predicted)
        table["possible"] = [cell if isinstance(cell, list) else [] for cell in table["possible"]]
        columns = ["file", "frame", "crop", *predicted.columns, *SEEN_COLUMNS, "warning", "notes", "problem"]
        return table[columns].reset_index(drop=True)
