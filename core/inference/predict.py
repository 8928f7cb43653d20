"""Classify images, clips and folders of both."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from core.data import left_out
from core.data.frame_folders import find_clips
from core.data.masks import NAMED_LIKE_A_MASK, find_masks
from core.images import crop
from core.images.limits import CLIP_FRAMES, too_many_files
from core.images.local import ALL, check_frame_choice
from core.inference.clip_summary import summarise
from core.inference.examine import seen_views
from core.inference.prediction_table import SEEN_COLUMNS, tabulate, tabulate_seen
from core.inference.read_images import read_images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.bundle.folder import Bundle
    from core.inference.classifier import Classifier
    from core.inference.image_search import Search
    from core.inference.read_images import ReadImage
    from core.progress import Progress

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
        remark: sentences on folders that look like a clip, but have files of several sizes, or ''.
    """

    table: pd.DataFrame
    masks: int
    named_like_masks: list[str]
    left_out: Counter[str]
    remark: str = ""


class _Clip(NamedTuple):
    """Name and rows of a clip, and why there is no prediction for it, or ''."""

    name: str
    rows: list[int]
    problem: str = ""


def predict(
    classifier: Classifier,
    search: Search,
    progress: Progress,
    frame: str = ALL,
    cropping: crop.Choice = crop.NONE,
) -> Predictions:
    """Classify images and clips; a segmentation mask or a blank image gets no prediction.

    One image is in memory at a time, or one clip with one of its frames. Each is decoded once.

    Args:
        classifier: classifier of a bundle.
        search: files to classify.
        progress: function that reports the steps.
        frame: frames of clips; see ``core.images.local.frame_numbers``. With ``ALL``, each clip is summed
            up, and so are frames of a clip in files of their own; their row has ``ALL`` for its frame.
        cropping: crop of every image and frame; one that it does not fit gets no prediction.

    Raises:
        UserError: the choice of frames is none.
    """
    check_frame_choice(frame)
    images: list[ReadImage] = []
    inside: list[bool] = []  # whether each comes from a folder
    others, count = Counter(search.left_out), len(search.files)
    for done, path in enumerate(search.files):

        def say(which: str, done: int = done) -> None:  # of a long clip, this is all that moves
            progress(f"Classifying: {which}", done, count)

        of_file, in_folder = read_images(classifier, path, frame, cropping, say), path not in search.given
        progress("Classifying", done + 1, count)
        if in_folder and (noun := left_out.WITHOUT_IMAGE.get(of_file[0].reason)):
            others[noun] += 1
            continue
        images += of_file
        inside += [in_folder] * len(of_file)
    masks, named = _masks(images, inside)
    table = _table(classifier.bundle, images, [row for row in range(len(images)) if row not in masks])
    remark = ""
    if frame == ALL:
        clips, remark = _clips(images, list(table.index))
        table = _with_clips(classifier.bundle, table, images, clips)
    return Predictions(
        table.reset_index(drop=True),
        len(masks) - len(named),
        [images[row].name for row in sorted(named)],
        others,
        remark,
    )


def without_frames(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of images and clips, without those of frames that a clip sums up."""
    whole = bool((table["frame"] == ALL).any())
    return table[table["frame"].isin(["", ALL])] if whole else table


def _masks(images: Sequence[ReadImage], inside: Sequence[bool]) -> tuple[set[int], list[int]]:
    """Return the masks among images from folders, and those that only their names call so."""
    # A file of several frames is a film, and no mask.
    rows = [row for row, image in enumerate(images) if inside[row] and image.frame is None]
    unknown = (float("nan"), float("nan"))
    listed = pd.DataFrame(
        [(images[row].name, *(images[row].size or unknown), images[row].look) for row in rows],
        columns=["file", "width", "height", "look"],
    )
    found = find_masks(listed)
    is_mask = dict(zip(rows, found["kind"] == "mask", strict=True))
    named = dict(zip(rows, found["reason"] == NAMED_LIKE_A_MASK, strict=True))
    masks = [row for row in rows if is_mask[row]]
    return set(masks), [row for row in masks if named[row]]


def _table(bundle: Bundle, images: Sequence[ReadImage], rows: Sequence[int]) -> pd.DataFrame:
    files = pd.DataFrame(
        [
            (image.name, "" if image.frame is None else image.frame + 1, image.notes, image.problem)
            for image in map(images.__getitem__, rows)
        ],
        index=list(rows),
        columns=["file", "frame", "notes", "problem"],
        dtype=object,  # where no file has frames, the numbers of a folder's come later
    )
    read, viewed, predictions = [], [], []
    for row in rows:
        image = images[row]
        if image.viewed is not None and image.prediction is not None:
            read.append(row)
            viewed.append(image.viewed)
            predictions.append(image.prediction)
    predicted = tabulate(predictions, bundle.manifest.class_names).set_axis(read)
    known = pd.DataFrame(
        [(crop.write(one.box), one.examined.warning) for one in viewed],
        index=read,
        columns=["crop", "warning"],
    ).join(tabulate_seen(seen_views(bundle, viewed)).set_axis(read))
    table = files.join(known.astype(object).reindex(rows, fill_value="")).join(predicted)
    table["possible"] = [cell if isinstance(cell, list) else [] for cell in table["possible"]]
    columns = ["file", "frame", "crop", *predicted.columns, *SEEN_COLUMNS, "warning", "notes", "problem"]
    return table[columns]


def _clips(images: Sequence[ReadImage], rows: Sequence[int]) -> tuple[list[_Clip], str]:
    """Return the clips, and sentences on folders that are nearly one."""
    several = [row for row in rows if images[row].frame is not None]
    clips = [_Clip(name, list(of_file)) for name, of_file in groupby(several, lambda row: images[row].name)]
    alone, sizes, fingerprints = [], [], []
    for row in rows:
        image = images[row]
        if image.frame is None and image.size is not None and image.viewed is not None:
            alone.append(row)
            sizes.append(image.size)
            fingerprints.append(image.viewed.whole.fingerprint)
    found = find_clips([images[row].name for row in alone], sizes, fingerprints)
    for name, files in found.clips:
        count = len(files)
        problem = f"{name} {too_many_files(count)}" if count > CLIP_FRAMES else ""
        clips.append(_Clip(name, [alone[position] for position in files], problem))
    return clips, found.describe()


def _with_clips(
    bundle: Bundle, table: pd.DataFrame, images: Sequence[ReadImage], clips: Sequence[_Clip]
) -> pd.DataFrame:
    """Add a row for each clip after those of its frames, and number frames in files of their own."""
    manifest = bundle.manifest
    names = manifest.class_names
    thresholds = manifest.decision.conformal_thresholds_of(names)
    added = []
    for clip in clips:
        frames = [images[row].prediction for row in clip.rows]
        predictions = {number: one for number, one in enumerate(frames) if one is not None}
        if not predictions:
            continue
        if images[clip.rows[0]].frame is None:
            table.loc[clip.rows, "frame"] = range(1, len(frames) + 1)
        place = max(clip.rows) + 0.5
        cells: dict[str, object] = {"file": clip.name, "frame": ALL, "notes": "", "problem": clip.problem}
        if clip.problem:
            cells |= dict.fromkeys(["crop", *SEEN_COLUMNS, "warning"], "")
            added.append(pd.DataFrame([{**cells, "possible": []}], index=[place]))
        else:
            summary = summarise(predictions, thresholds, len(frames))
            cells |= _of_frames(table.loc[clip.rows])
            cells["notes"] = f"{summary.describe()} {cells['notes']}".strip()
            added.append(tabulate([summary.prediction], names).set_axis([place]).assign(**cells))
    return pd.concat([table, *added]).sort_index()


def _of_frames(frames: pd.DataFrame) -> dict[str, str]:
    """Return what else is known of a clip by the rows of its frames."""
    seen = frames[frames["seen_in_training"] != ""]
    crops = set(frames.loc[frames["problem"] == "", "crop"])
    return {
        **{column: next(iter(seen[column]), "") for column in SEEN_COLUMNS},
        "crop": crops.pop() if len(crops) == 1 else "",
        **{column: next(filter(None, frames[column]), "") for column in ("warning", "notes")},
    }
