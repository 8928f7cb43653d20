"""The rows of a finished prediction, in order: without masks, and with a row for each clip."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from core.data import left_out
from core.data.frame_folders import find_clips
from core.data.mask_names import may_have_owner
from core.data.masks import NAMED_LIKE_A_MASK, find_masks
from core.evaluation.predictions import probability_columns
from core.images.limits import CLIP_FRAMES, too_many_files
from core.images.local import ALL
from core.inference.classifier import Prediction
from core.inference.clip_summary import summarise
from core.inference.prediction_table import SEEN_COLUMNS, prediction_columns, tabulate

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from core.inference.prediction_parts import PredictionParts

_FACTS = ("file", "inside", "frame", "width", "height", "look", "reason", "predicted_class")


class _Clip(NamedTuple):
    """Name and rows of a clip, and why there is no prediction for it, or ''."""

    name: str
    rows: tuple[int, ...]
    problem: str = ""


class PredictionRows:
    """Rows of images, of chosen frames of clips, and one for each clip after all of its frames.

    Attributes:
        count: number of rows of images and frames.
        masks: number of segmentation masks in folders, which have no row.
        named_like_masks: files in folders that look like images, but are named like masks of other images;
            they have no row.
        left_out: number of other files in folders by what they are; see ``core.data.left_out``.
        remark: sentences on folders that look like a clip, but have files of several sizes, or ''.
    """

    def __init__(self, parts: PredictionParts, thresholds: Sequence[float], *, sum_up_clips: bool) -> None:
        """Find the masks and the clips among finished parts.

        Args:
            parts: parts, all finished.
            thresholds: conformal threshold of each class.
            sum_up_clips: whether to sum up clips, and frames of a clip in files of their own.
        """
        self._parts, self._thresholds = parts, thresholds
        facts = pd.concat([parts.read(number, _FACTS) for number in parts.numbers], ignore_index=True)
        self._dropped, self.left_out = _without_image(facts, parts.left_out)
        masks, self.named_like_masks = _masks(facts, ~self._dropped)
        self.masks = int(masks.sum()) - len(self.named_like_masks)
        self._dropped |= masks
        self._clips: list[_Clip] = []
        self.remark = ""
        if sum_up_clips:
            self._clips, self.remark = _find_clips(parts, facts, ~self._dropped)
        self.count = int((~self._dropped).sum())
        # Frames in files of their own are numbered by their clip.
        self._numbers = np.where(facts["frame"] < 0, -1, facts["frame"]).astype(np.int32)
        for clip in self._clips:
            if facts.loc[clip.rows[0], "frame"] < 0:
                self._numbers[list(clip.rows)] = range(len(clip.rows))

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield tables of rows, those of a part at a time, in the order of the files.

        They have ``file``, ``frame`` (its number from 1; empty for an image, ``ALL`` for a clip), ``crop``
        (X,Y,W,H; empty without any, and for a clip whose frames differ in it), the columns of
        ``prediction_columns`` (``possible`` holds lists of class names), ``seen_in_training`` and ``seen_by``
        (training or validation image that it matches, and by what; see
        ``core.bundle.training_overlap.Seen``), ``warning`` (on a frame around the ultrasound image),
        ``notes`` (what decoding changed, such as the range of grey values), and ``problem`` (why there is no
        prediction; the rest of the row is empty).
        """
        clip_of = {row: clip for clip in self._clips for row in clip.rows}
        last_rows = {max(clip.rows): clip for clip in self._clips}
        waiting: dict[int, dict[str, Any]] = {}  # rows of clips that later parts complete
        first = 0
        for number in self._parts.numbers:
            table = self._parts.read(number)
            table.index = pd.RangeIndex(first, first + len(table))
            first += len(table)
            added = []
            for row in table.index:
                if row in clip_of and not clip_of[row].problem:
                    waiting[row] = table.loc[row].to_dict()
                if row in last_rows:
                    clip = last_rows[row]
                    frames = [waiting.pop(one) for one in clip.rows if one in waiting]
                    if clip.problem or not all(frame["problem"] for frame in frames):
                        added.append(self._row_of_clip(clip, frames, row + 0.5))
            kept = table[~self._dropped[table.index]]
            yield pd.concat([self._finish(kept), *added]).sort_index().reset_index(drop=True)

    def _finish(self, table: pd.DataFrame) -> pd.DataFrame:
        names = self._parts.class_names
        table = table.assign(
            frame=pd.Series(
                ["" if number < 0 else int(number) + 1 for number in self._numbers[table.index]],
                table.index,
                dtype=object,
            ),
            distance=[
                distances[0]["distance"] if len(distances) else None for distances in table["distances"]
            ],
            possible=pd.Series([list(names) for names in table["possible"]], table.index, dtype=object),
        )
        return table[_columns(names)]

    def _row_of_clip(self, clip: _Clip, frames: Sequence[Mapping[str, Any]], place: float) -> pd.DataFrame:
        names = self._parts.class_names
        cells: dict[str, object] = {"file": clip.name, "frame": ALL, "notes": "", "problem": clip.problem}
        if clip.problem:
            cells |= dict.fromkeys(["crop", *SEEN_COLUMNS, "warning"], "") | {"possible": []}
            return pd.DataFrame([cells], index=[place], columns=_columns(names))
        predictions = {
            number: _prediction(frame, names) for number, frame in enumerate(frames) if not frame["problem"]
        }
        summary = summarise(predictions, self._thresholds, len(frames))
        cells |= _of_frames(pd.DataFrame(frames))
        cells["notes"] = f"{summary.describe()} {cells['notes']}".strip()
        return tabulate([summary.prediction], names).set_axis([place]).assign(**cells)[_columns(names)]


def _columns(names: Sequence[str]) -> list[str]:
    further = [*SEEN_COLUMNS, "warning", "notes", "problem"]
    return ["file", "frame", "crop", *prediction_columns(names), *further]


def _without_image(facts: pd.DataFrame, counts: Counter[str]) -> tuple[NDArray[np.bool_], Counter[str]]:
    """Return which rows are files of folders that archives add beside their images, and all such counts."""
    counts = counts.copy()
    dropped = facts["inside"] & facts["reason"].isin(left_out.WITHOUT_IMAGE)
    for reason, count in facts.loc[dropped, "reason"].value_counts().items():
        counts[left_out.WITHOUT_IMAGE[str(reason)]] += count
    return dropped.to_numpy(bool, copy=True), counts


def _masks(facts: pd.DataFrame, kept: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which rows are masks among images from folders, and those that only their names call so."""
    is_mask = np.zeros(len(facts), bool)
    # A file of several frames is a film, and no mask.
    listed = facts[kept & facts["inside"] & (facts["frame"] < 0)]
    # Of a million names, what they are read as would take gigabytes.
    if not (listed["look"] != "").any() and not any(map(may_have_owner, listed["file"])):
        return is_mask, []
    readable = listed["width"] >= 0
    found = find_masks(
        listed[["file", "look"]].assign(
            width=listed["width"].where(readable), height=listed["height"].where(readable)
        )
    )
    is_mask[listed.index[found["kind"] == "mask"]] = True
    named = is_mask[listed.index] & (found["reason"] == NAMED_LIKE_A_MASK).to_numpy()
    return is_mask, list(listed["file"][named])


def _find_clips(
    parts: PredictionParts, facts: pd.DataFrame, kept: NDArray[np.bool_]
) -> tuple[list[_Clip], str]:
    """Return the clips, and sentences on folders that are nearly one."""
    several = facts["file"][kept & (facts["frame"] >= 0)]
    clips = [
        _Clip(name, tuple(row for row, _ in rows))
        for name, rows in groupby(several.items(), lambda item: item[1])
    ]
    alone = facts[kept & (facts["frame"] < 0) & facts["predicted_class"].notna()]
    rows = alone.index.to_numpy()
    sizes = list(zip(alone["width"].to_numpy(), alone["height"].to_numpy(), strict=True))
    found = find_clips(list(alone["file"]), sizes, parts.fingerprints(rows))
    for name, files in found.clips:
        problem = f"{name} {too_many_files(len(files))}" if len(files) > CLIP_FRAMES else ""
        clips.append(_Clip(name, tuple(int(rows[position]) for position in files), problem))
    return clips, found.describe()


def _prediction(row: Mapping[str, Any], names: Sequence[str]) -> Prediction:
    nothing = np.empty(0, np.float32)
    return Prediction(
        probabilities={
            name: row[column] for name, column in zip(names, probability_columns(names), strict=True)
        },
        possible=tuple(row["possible"]),
        saliency=nothing,
        distances={each["score"]: each["distance"] for each in row["distances"]},
        unlike_training=bool(row["unlike_training"]),
        image=np.empty(0, np.uint8),
        embedding=nothing,
    )


def _of_frames(frames: pd.DataFrame) -> dict[str, str]:
    """Return what else is known of a clip by the rows of its frames."""
    seen = frames[frames["seen_in_training"] != ""]
    crops = set(frames.loc[frames["problem"] == "", "crop"])
    return {
        **{column: next(iter(seen[column]), "") for column in SEEN_COLUMNS},
        "crop": crops.pop() if len(crops) == 1 else "",
        **{column: next(filter(None, frames[column]), "") for column in ("warning", "notes")},
    }
