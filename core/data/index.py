"""The index of a data set: one row per image that takes part, with class, pixel hash and fingerprint."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple, cast

from core.data import data_set, image_facts
from core.data.class_names import why_no_class
from core.data.frame_folders import find_clips
from core.data.image_facts import (
    BLANK,
    NO_CLASS,
    OUTSIDE_CLASSES,
    TINY_SIDE,
    UNLABELLED,
    UNREADABLE,
    read_files,
)
from core.data.listing import IMAGE, PROBLEMS, VIDEO
from core.data.masks import BLACK_AND_WHITE, MASK_WITHOUT_IMAGE, NAMED_LIKE_A_MASK
from core.data.written_names import examples
from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from core.data.data_set import DataSet
    from core.data.shared_frames import SharedFrame

COLUMNS = (
    *("file", "source", "class", "kind", "image", "set", "patient"),
    *("sha256", "width", "height", "fingerprint", "notes"),
)
MIN_CLASSES = 2
# Share of a class's images that may be left out before a training stops.
MAX_LEFT_OUT = 0.1
_SHOWN_NAMES = 3
_NUMBERS = {1: "one is", 2: "two are"}
_COUNTED = (UNREADABLE, VIDEO, BLANK)
# Other problems → what the files are, for one and for several.
_OTHERS = {
    MASK_WITHOUT_IMAGE: ("mask without its image is", "masks without their images are"),
    NAMED_LIKE_A_MASK: (
        "grey-scale image that is named like a mask of another is",
        "grey-scale images that are named like masks of others are",
    ),
    UNLABELLED: ("image without a label in the table is", "images without a label in the table are"),
    OUTSIDE_CLASSES: ("image outside the class folders is", "images outside the class folders are"),
}


class Index(NamedTuple):
    """The images of a data set.

    Attributes:
        table: one row per image and mask that take part, with ``COLUMNS`` and the further columns of tables:
            ``kind`` (``image`` or ``mask``) and ``image`` (the image that a mask belongs to; else the file
            itself).
        left_out: one row per other file that is an image, a video or a mask: ``file``, ``class``, ``problem``
            and ``reason`` as in ``core.data.image_facts.read_files``.
        remarks: sentences on what is left out, small or within a frame.
        shared_frames: the frames that do not count in fingerprints, as ``read_files`` returns them.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    remarks: tuple[str, ...]
    shared_frames: tuple[SharedFrame, ...]


def build_index(
    data: DataSet,
    progress: Callable[[int, int], None] | None = None,
    *,
    training: bool = True,
    allow_missing: bool = False,
    frames: Sequence[SharedFrame] = (),
    processes: int = 1,
) -> Index:
    """Read every image of a data set and return the index.

    Args:
        data: data set.
        progress: called with the number of files read and of all files.
        training: whether at least two classes are needed, and a class that loses too many images stops it.
        allow_missing: whether a class may lose more than ``MAX_LEFT_OUT`` of its images.
        frames: frames to recognise, apart from those that the images share.
        processes: number of processes that read many images.

    Raises:
        UserError: the data set has too few classes, images in folders that cannot be classes, or entries
            that no training can use; or a class loses too many images.
    """
    table, shared_frames = read_files(data, progress, frames, processes=processes)
    images = (table["kind"] == "image") & (table["problem"] == "")
    if training:
        for file, problem in table.loc[table["problem"].isin(PROBLEMS), ["file", "problem"]].to_numpy():
            raise UserError(f"{file} {PROBLEMS[problem]}.")
    if sentence := _describe_misplaced(table):
        raise UserError(" ".join([sentence, *data.remarks]))
    found = sorted(set(table.loc[images, "class"]))
    needed = MIN_CLASSES if training else 1
    if len(found) < needed:
        raise _too_few(data, table, found, needed)
    if training and all(map(str.isdigit, found)):
        options = " ".join(f"--map {name}=CLASS" for name in found)
        raise UserError(f"the classes are the numbers {', '.join(found)}; say what they mean: {options}.")
    masks = (table["kind"] == "mask") & (table["sha256"] != "")
    owned = masks & (table["problem"] == "") & table["image"].isin(table.loc[images, "file"])
    # The protocol paper alone uses these, as images.
    alone = masks & (table["image"] == table["file"]) & table["class"].isin(found)
    used = images | owned | alone
    left_out = table[~images & (table["problem"] != "") & (table["problem"] != image_facts.NOT_AN_IMAGE)]
    if training and not allow_missing:
        _check_losses(table, images)
    further = [name for name in data.files if name not in data_set.COLUMNS]
    return Index(
        table.loc[used, [*COLUMNS, *further]].astype({"width": int, "height": int}).reset_index(drop=True),
        left_out[["file", "class", "problem", "reason"]].reset_index(drop=True),
        tuple(describe_problems(table)),
        shared_frames,
    )


def describe_notes(table: pd.DataFrame) -> str:
    """Return a sentence on the images that decoding changed, with one as an example; empty without any.

    Args:
        table: table of images with ``file`` and ``notes``.
    """
    changed = table[table["notes"].fillna("") != ""]
    if changed.empty:
        return ""
    first = changed.iloc[0]
    return describe_changed(len(changed), first["file"], first["notes"])


def describe_changed(count: int, file: str, notes: str) -> str:
    """Return a sentence on the number of images that decoding changed, and on one of them."""
    images = "1 image was" if count == 1 else f"{count} images were"
    return f"{images} changed when read, such as {file}: {notes}"


def describe_problems(table: pd.DataFrame) -> list[str]:
    """Return sentences on the images that are left out, by class and reason, on tiny and on framed ones.

    Args:
        table: table from ``core.data.image_facts.read_files``.
    """
    used = (table["kind"] == "image") & (table["problem"] == "")
    clips = _describe_clips(table, used)
    table = table.drop(columns=["sha256", "fingerprint"])  # each choice of rows would copy them
    sentences = [sentence] if (sentence := _describe_misplaced(table)) else []
    image = table["content"].isin([IMAGE, VIDEO])
    for name, rows in table[image & (table["kind"] != "mask") & (table["class"] != "")].groupby("class"):
        if rows["problem"].isin(_COUNTED).any():
            sentences.append(_describe_lost(str(name), rows))
    for name, rows in table[image & (table["class"] != "")].groupby("class"):
        grey = rows[rows["problem"] == BLACK_AND_WHITE]
        if len(grey):
            count = len(grey) + int(((rows["kind"] == "image") & (rows["problem"] == "")).sum())
            sentences.append(
                f"{len(grey)} of {count} images of {name} are black and white only; they look like masks and "
                f"are left out: {examples(grey['file'])}."
            )
    for problem, (one, several) in _OTHERS.items():
        if len(rows := table[table["problem"] == problem]):
            what = one if len(rows) == 1 else several
            sentences.append(f"{len(rows)} {what} left out: {examples(rows['file'])}.")
    if len(named := table[table["named_like_mask"] & (table["kind"] == "image")]):
        what = (
            "grey-scale image is named like a mask and used as an image"
            if len(named) == 1
            else "grey-scale images are named like masks and used as images"
        )
        sentences.append(f"{len(named)} {what}: {examples(named['file'])}.")
    sentences += _describe_frames(table[used])
    if clips:
        sentences.append(clips)
    tiny = table[used & (table[["width", "height"]].min(axis=1) < TINY_SIDE)]
    if len(tiny):
        sentences.append(
            f"{len(tiny)} of {int(used.sum())} images have a side of less than {TINY_SIDE} pixels: "
            f"{examples(tiny['file'])}."
        )
    return sentences


def _describe_clips(table: pd.DataFrame, used: pd.Series) -> str:
    """Return sentences on folders whose images look like one clip, but have several sizes, or ''."""
    images = table.loc[used, ["file", "width", "height"]]
    sizes = list(zip(images["width"].astype(int), images["height"].astype(int), strict=True))
    # Not as a list: of a million images it would take 1.4 GB.
    fingerprints = cast("Sequence[str]", table.loc[used, "fingerprint"].array)
    return find_clips(list(images["file"]), sizes, fingerprints).describe()


def _describe_frames(images: pd.DataFrame) -> list[str]:
    """Return sentences on the images within a frame of their own, and on those within a shared one."""
    sentences = []
    for kind, frame in (
        ("own", "a frame around the ultrasound image"),
        ("shared", "the same frame as others"),
    ):
        framed = images.loc[images["framed"] == kind, "file"]
        if len(framed):
            have = "has" if len(framed) == 1 else "have"
            sentences.append(
                f"{len(framed)} of {len(images)} images {have} {frame}: {examples(framed)}. The "
                "search for near-duplicates ignores it."
            )
    return sentences


def _describe_lost(name: str, files: pd.DataFrame) -> str:
    """Return a sentence on the files of a class that are not read, of which there are some."""
    lost = files[files["problem"].isin(_COUNTED)]
    counted = ", ".join(f"{len(same)} {problem}" for problem, same in lost.groupby("problem", sort=False))
    reason = next(filter(None, lost["reason"]), f"such as {lost['file'].iloc[0]}.")
    return f"{len(lost)} of {len(files)} files of {name} were not read: {counted}; {reason}"


def _describe_misplaced(table: pd.DataFrame) -> str:
    """Return a sentence on images in folders that cannot be classes, or ''."""
    misplaced = table.loc[table["problem"] == NO_CLASS, "no_class"]
    if misplaced.empty:
        return ""
    first = misplaced.iloc[0]
    names = list(dict.fromkeys(table.loc[(table["no_class"] != "") & (table["kind"] != "other"), "no_class"]))
    verb = "is no class" if len(names) == 1 else "are no classes"
    if len(names) > _SHOWN_NAMES:
        names[_SHOWN_NAMES:] = [f"{len(names) - _SHOWN_NAMES} more"]
    why = why_no_class(first)
    what_to_do = (
        f"remove it, map it with --map {shlex.quote(first)}=CLASS, or give the table of labels with --table"
        if why or not first
        else "give each as DATA of its own, or the table of labels with --table"
    )
    why = why or ("has folders of classes in it" if first else "")
    every = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{every} {verb}{f': {first} {why}' if why else ''}; {what_to_do}."


def _too_few(data: DataSet, table: pd.DataFrame, found: list[str], needed: int) -> UserError:
    where = " and ".join(map(str, data.folders.by_source.values()))
    count = f"one class ({found[0]})" if found else "no class"
    loose = table[table["problem"] == OUTSIDE_CLASSES]
    advice = "give a folder with one sub-folder per class, or the table of labels with --table"
    if len(loose) and not found:
        advice = (
            f"{len(loose)} images lie in no class folder, and their names ({examples(loose['file'])}) "
            f"contain no class; {advice}"
        )
    return UserError(
        f"{where} has images of {count}, but at least {_NUMBERS[needed]} needed: "
        f"{' '.join([advice + '.', *data.remarks, *describe_problems(table)])}".rstrip()
    )


def _check_losses(table: pd.DataFrame, images: pd.Series) -> None:
    """Refuse a training if a class loses more than ``MAX_LEFT_OUT`` of its images."""
    lost = table["problem"].isin([UNREADABLE, BLANK]) & (table["kind"] != "mask")
    for name in sorted(set(table.loc[lost, "class"]) - {""}):
        of_class = table["class"] == name
        count, usable = int((lost & of_class).sum()), int((images & of_class).sum())
        if count > MAX_LEFT_OUT * (count + usable):
            sentence = _describe_lost(name, table[of_class & (lost | images)])
            raise UserError(
                f"{sentence.rstrip('.')}. More than a tenth of a class is missing: repair or remove the "
                "files, or add --allow-missing to train without them."
            )
