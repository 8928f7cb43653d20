"""Classify image files and folders of images."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import pandas as pd

from core.bundle.training_overlap import seen_in_training
from core.data import left_out, near_duplicates
from core.data.index import pixel_hash, read_decoded
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
from core.data.mask_names import mask_owners
from core.data.masks import NAMED_LIKE_A_MASK, find_masks
from core.errors import UserError
from core.images.content import BLACK_AND_WHITE, BLANK, look
from core.images.decode import EXTENSIONS
from core.images.formats import READABLE, Format
from core.images.limits import ImageError
from core.inference.prediction_table import tabulate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.images.formats import Kind
    from core.inference.classifier import Classifier, Prediction
    from core.progress import Progress

PROBLEMS = {
    BLACK_AND_WHITE: "is black and white only; it looks like a segmentation mask",
    BLANK: "is blank; no prediction is made",
}
_PROBLEMS = {
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
        table: one row per image with ``file``, the columns of ``prediction_columns`` (``possible`` holds
            lists of class names), ``seen_in_training`` (training or validation image that the file equals or
            duplicates), ``notes`` (what decoding changed, such as the range of grey values), and ``problem``
            (why there is no prediction; the rest of the row is empty).
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


def predict(classifier: Classifier, search: Search, progress: Progress) -> Predictions:
    """Classify image files; a segmentation mask or a blank image gets no prediction.

    One image is in memory at a time.

    Args:
        classifier: classifier of a bundle.
        search: files to classify.
        progress: function that reports the steps.
    """
    files = _Files(classifier, search)
    for number in range(len(search.files)):
        files.read(number)
        progress("Classifying", number + 1, len(search.files))
    return files.result()


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
            others[_PROBLEMS[problem]] += 1
        elif kind == IMAGE and (form in READABLE or path.suffix.lower() in EXTENSIONS):
            found.append(path)
        elif noun := left_out.name_of(Format(form, cast("Kind", kind))):
            others[noun] += 1
    return sorted(found), others


class _Files:
    """What is known of each file while files are read one after the other."""

    def __init__(self, classifier: Classifier, search: Search) -> None:
        self._classifier, self._search = classifier, search
        self._names = [utf8_name(path.as_posix()) for path in search.files]
        self._inside = [path not in search.given for path in search.files]
        # Only what is no mask by its name is classified at once: the looks of all files decide on the others.
        self._perhaps = mask_owners(self._of_folders())
        self._left_out = Counter(search.left_out)
        self._skipped: set[int] = set()
        self._facts: dict[int, tuple[int, int, str]] = {}
        self._problems: dict[int, str] = {}
        self._hashes: dict[int, tuple[str, str, str]] = {}
        self._predictions: dict[int, Prediction] = {}

    def read(self, number: int, *, mask_possible: bool = True) -> None:
        """Read a file, and classify it unless it may be a mask."""
        path, inside = self._search.files[number], self._inside[number]
        try:
            pixels, notes = read_decoded(path)
        except ImageError as error:
            if error.reason == VIDEO and inside:
                self._skipped.add(number)
                self._left_out["GIF video"] += 1
            else:
                self._problems[number] = utf8_name(str(error))
            return
        height, width = pixels.shape[:2]
        looks = look(pixels)
        self._facts[number] = (width, height, looks)
        if looks:
            self._problems[number] = f"{utf8_name(str(path))} {PROBLEMS[looks]}."
        elif not (mask_possible and inside and self._names[number] in self._perhaps):
            self._hashes[number] = (pixel_hash(pixels), near_duplicates.fingerprint(pixels), " ".join(notes))
            # Without its arrays: those of ten thousand images would take gigabytes.
            prediction = self._classifier.classify(pixels)
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
        for number in rows:
            if number not in self._predictions and number not in self._problems:
                self.read(number, mask_possible=False)
        return Predictions(
            self._table(rows),
            len(masks) - len(named),
            [self._names[number] for number in sorted(named)],
            self._left_out,
        )

    def _of_folders(self) -> list[str]:
        return [name for name, inside in zip(self._names, self._inside, strict=True) if inside]

    def _kinds(self) -> dict[int, tuple[str, str]]:
        """Return kind and reason of each file from a folder."""
        numbers = [number for number, inside in enumerate(self._inside) if inside]
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
            [(self._names[number], self._problems.get(number, "")) for number in rows],
            index=list(rows),
            columns=["file", "problem"],
        )
        known = pd.DataFrame(
            [self._hashes[number] for number in read], index=read, columns=["sha256", "fingerprint", "notes"]
        )
        predicted = tabulate(
            [self._predictions[number] for number in read], bundle.manifest.class_names
        ).set_axis(read)
        known["seen_in_training"] = seen_in_training(bundle, known) if read else []
        texts = known[["notes", "seen_in_training"]].astype(object).reindex(rows, fill_value="")
        table = files.join(texts).join(predicted)
        table["possible"] = [cell if isinstance(cell, list) else [] for cell in table["possible"]]
        columns = ["file", *predicted.columns, "seen_in_training", "notes", "problem"]
        return table[columns].reset_index(drop=True)
