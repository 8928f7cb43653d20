"""Classify images, clips and folders of both."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from core.data import left_out
from core.data.frame_folders import find_clips
from core.data.listing import utf8_name
from core.data.masks import NAMED_LIKE_A_MASK, find_masks
from core.images import crop
from core.images.content import look
from core.images.decode import named
from core.images.limits import LOCAL, ImageError
from core.images.local import FrameReader, check_frame_choice, count_frames, frame_numbers
from core.inference.clip_summary import summarise
from core.inference.examine import seen_views, view
from core.inference.prediction_table import SEEN_COLUMNS, tabulate, tabulate_seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.inference.classifier import Classifier, Prediction
    from core.inference.examine import View
    from core.inference.image_search import Search
    from core.progress import Progress

ALL = "all"
"""Choice of every frame of a clip; also what stands in the place of a frame's number where they are one."""
ONE_LESION = "The frames of a clip show one lesion: count the clip once, by its row `all`."


class Predictions(NamedTuple):
    """Predictions for images and clips.

    Attributes:
        table: one row per image or chosen frame of a clip, and one for the clip after all of its frames, with
            ``file``, ``frame`` (its number from 1; empty for an image, ``ALL`` for the clip), ``crop``
            (X,Y,W,H; empty without any, and for a clip whose frames differ in it), the columns of
            ``prediction_columns`` (``possible`` holds lists of class names), ``seen_in_training`` and
            ``seen_by`` (training or validation image that it matches, and by what; see
            ``core.bundle.training_overlap.Seen``), ``warning`` (on a frame around the ultrasound image),
            ``notes`` (what decoding changed, such as the range of grey values), and ``problem`` (why there
            is no prediction; the rest of the row is empty).
        masks: number of segmentation masks in folders, which have no row.
        named_like_masks: files in folders that look like images, but are named like masks of other images;
            they have no row.
        left_out: number of other files in folders by what they are; see ``core.data.left_out``.
    """

    table: pd.DataFrame
    masks: int
    named_like_masks: list[str]
    left_out: Counter[str]


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
    frame: str = ALL,
    cropping: crop.Choice = crop.NONE,
) -> Predictions:
    """Classify images and clips; a segmentation mask or a blank image gets no prediction.

    One image is in memory at a time, or one clip with one of its frames.

    Args:
        classifier: classifier of a bundle.
        search: files to classify.
        progress: function that reports the steps.
        frame: frames of clips; see ``core.images.local.frame_numbers``. With ``ALL``, each clip is summed
            up, and so are frames of a clip in files of their own.
        cropping: crop of every image and frame; one that it does not fit gets no prediction.

    Raises:
        UserError: the choice of frames is none.
    """
    check_frame_choice(frame)
    images: list[_Image] = []
    for done, path in enumerate(search.files, 1):
        images += _images(path, frame)
        progress("Counting frames", done, len(search.files))
    files = _Files(classifier, search, images, cropping)
    with closing(FrameReader()) as reader:
        for number in range(len(images)):
            files.read(number, reader)
            progress("Classifying", number + 1, len(images))
    return files.result(whole_clips=frame == ALL)


def without_frames(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of images and clips, without those of frames that a clip sums up."""
    whole = bool((table["frame"] == ALL).any())
    return table[table["frame"].isin(["", ALL])] if whole else table


def _images(path: Path, choice: str) -> list[_Image]:
    """Return the chosen frames of a file; files of one image have no others to choose."""
    try:
        frames = count_frames(path)
        with named(str(path), LOCAL):
            numbers = frame_numbers(choice, frames) if frames > 1 else [0]
    except ImageError as error:
        return [_Image(path, problem=utf8_name(str(error)))]
    return [_Image(path, number, frames) for number in numbers]


class _Files:
    """What is known of each file while files are read one after the other."""

    def __init__(
        self, classifier: Classifier, search: Search, images: Sequence[_Image], cropping: crop.Choice
    ) -> None:
        self._classifier, self._images, self._cropping = classifier, images, cropping
        self._names = [utf8_name(image.path.as_posix()) for image in images]
        self._inside = [image.path not in search.given for image in images]
        self._left_out = Counter(search.left_out)
        self._facts: dict[int, tuple[int, int, str]] = {}
        self._problems: dict[int, str] = {}
        self._boxes: dict[Path, crop.Choice] = {}
        self._views: dict[int, tuple[View, str]] = {}
        self._predictions: dict[int, Prediction] = {}

    def read(self, number: int, reader: FrameReader) -> None:
        """Read an image, and classify it unless it is black and white only or blank."""
        path, frame, frames, problem = self._images[number]
        if problem:
            self._problems[number] = problem
            return
        try:
            pixels, notes = reader.read(path, frame)
        except ImageError as error:
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
        # A viewer's window is the same around all frames of a clip.
        cropping = self._boxes.get(path, self._cropping)
        try:
            viewed = view(pixels, self._classifier.bundle.manifest.shared_frames, cropping)
        except ImageError as error:
            self._problems[number] = f"{utf8_name(str(path))} {error}"
            return
        if frames > 1 and viewed.box is not None:
            self._boxes.setdefault(path, viewed.box)
        self._views[number] = viewed._replace(pixels=np.empty(0, np.uint8)), " ".join(notes)
        self._predictions[number] = self._classifier.classify(viewed.pixels).without_arrays()

    def result(self, *, whole_clips: bool) -> Predictions:
        """Return the predictions once every image has been read.

        Args:
            whole_clips: whether to sum up clips, of which all frames have been read.
        """
        kinds = self._kinds()
        masks = {number for number, (kind, _) in kinds.items() if kind == "mask"}
        named = [number for number in masks if kinds[number][1] == NAMED_LIKE_A_MASK]
        table = self._table([number for number in range(len(self._names)) if number not in masks])
        return Predictions(
            self._with_clips(table) if whole_clips else table.reset_index(drop=True),
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
            dtype=object,  # where no file has frames, the numbers of a folder's come later
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
        return table[columns]

    def _with_clips(self, table: pd.DataFrame) -> pd.DataFrame:
        """Add a row for each clip after those of its frames, and number frames in files of their own."""
        manifest = self._classifier.bundle.manifest
        names = manifest.class_names
        thresholds = [manifest.decision.conformal_threshold_of(name) for name in names]
        added = []
        for name, frames in self._clips(table):
            predictions = {
                number: self._predictions[row]
                for number, row in enumerate(frames)
                if row in self._predictions
            }
            if not predictions:
                continue
            if self._images[frames[0]].frames == 1:
                table.loc[frames, "frame"] = range(1, len(frames) + 1)
            summary = summarise(predictions, thresholds)
            row = tabulate([summary.prediction], names).set_axis([max(frames) + 0.5])
            of_frames = table.loc[frames]
            seen = of_frames[of_frames["seen_in_training"] != ""].head(1)
            for column in SEEN_COLUMNS:
                row[column] = next(iter(seen[column]), "")
            crops = set(of_frames.loc[of_frames["problem"] == "", "crop"])
            row["crop"] = crops.pop() if len(crops) == 1 else ""
            row["warning"] = next(filter(None, of_frames["warning"]), "")
            added.append(row.assign(file=name, frame=ALL, notes=summary.describe(), problem=""))
        return pd.concat([table, *added]).sort_index().reset_index(drop=True)

    def _clips(self, table: pd.DataFrame) -> list[tuple[str, list[int]]]:
        """Return name and rows of each clip: frames of one file, or in files of their own."""
        rows = list(table.index)
        several = [row for row in rows if self._images[row].frames > 1]
        clips = [(name, list(of_file)) for name, of_file in groupby(several, self._names.__getitem__)]
        alone = [row for row in rows if row in self._predictions and self._images[row].frames == 1]
        found = find_clips(
            [self._names[row] for row in alone],
            [self._facts[row][:2] for row in alone],
            [self._views[row][0].whole.fingerprint for row in alone],
        )
        clips += [(clip.name, [alone[position] for position in clip.files]) for clip in found]
        return clips
