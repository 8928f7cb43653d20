"""Report of the self-test of the search for near-duplicates, with confidence intervals."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from core.data.duplicates.self_test import FamilyOutcome, run_self_test
from core.data.groups import grouped_images
from core.data.patients import find_patients
from core.data.provenance import DataSource
from core.errors import UserError
from core.evaluation.intervals import effective_size, proportion
from core.evaluation.results import Interval, Share
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from core.data.audit import Audit
    from core.data.data_set import DataSet
    from core.data.duplicates.self_test import ChangeOutcome, FrameOutcome
    from core.progress import Progress

INTERVAL = (
    "95 %, the wider of Wilson's score interval and Jeffreys' at each end; a near-duplicate group counts as"
    " one image"
)
_LIBRARIES = ("faiss-cpu", "numpy", "opencv-python-headless")


class ChangeResult(Strict):
    """How often a changed image was found."""

    name: str
    wanted: Share | None = Field(description="smallest share that must be found")
    found: Interval = Field(description="share whose best match is the original or in its group")
    false: Interval = Field(description="share whose best match is in another group")


class FrameResult(Strict):
    """What one frame around all images does."""

    name: str
    found: Interval = Field(description="share whose best match is the original or in its group")
    false: Interval = Field(description="share whose best match is in another group")
    merged: int = Field(ge=0, description="images grouped with one of another group, if all have the frame")
    seen_without: Interval = Field(
        description="share of framed images with a match among images of other groups without the frame"
    )
    seen_with: Interval = Field(description="the same among images of other groups with the frame")


class PatientResult(Strict):
    """How often near-duplicate groups join patients, in data with patient ids."""

    images: int = Field(ge=1, description="images with a patient id, tested or not")
    patients: int = Field(ge=1)
    joined: int = Field(ge=0, description="images in a group with an image of another patient")
    groups: tuple[tuple[str, ...], ...] = Field(
        (), description="files of these groups, to be looked at; earlier versions did not name them"
    )


class DuplicatesReport(Strict):
    """What the search for near-duplicates finds in a data set that was changed in known ways."""

    data: DataSource
    created: str
    versions: dict[str, str]
    images: int = Field(ge=2, description="usable images of the data")
    tested: int = Field(ge=2, description="images that were changed, drawn at random where they are fewer")
    groups: int = Field(ge=2, description="groups of the tested images")
    changes: tuple[ChangeResult, ...]
    frames: tuple[FrameResult, ...]
    families: FamilyOutcome
    patients: PatientResult | None = Field(description="null where the data has no patient ids")
    interval: str = Field(description="how the intervals were computed")


def measure_duplicates(
    data: DataSet, audit: Audit, progress: Progress, *, tables: Sequence[Path] = ()
) -> DuplicatesReport:
    """Test the search for near-duplicates on the images of a data set.

    Args:
        data: data set.
        audit: its audit.
        progress: function that reports each step.
        tables: tables of patient ids, as a training takes them.

    Raises:
        UserError: there are fewer than two groups of usable images.
        ImageError: an image that the audit could read cannot be read any more.
    """
    images = grouped_images(audit.table)
    if images["group"].nunique() < 2:  # noqa: PLR2004
        raise UserError(
            f"{audit.source.name} has fewer than two usable images that differ; the self-test needs more."
        )
    outcome = run_self_test([data.folders.path(file) for file in images["file"]], progress)
    groups = outcome.groups
    return DuplicatesReport(
        data=audit.source,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
        images=len(images),
        tested=len(outcome.tested),
        groups=len(np.unique(groups)),
        changes=tuple(_change(change, groups) for change in outcome.changes),
        frames=tuple(_frame(frame, groups) for frame in outcome.frames),
        families=outcome.families,
        patients=_patients(data, images["file"], images["group"].to_numpy(np.int64), tables),
        interval=INTERVAL,
    )


def _change(outcome: ChangeOutcome, groups: NDArray[np.int64]) -> ChangeResult:
    return ChangeResult(
        name=outcome.name,
        wanted=outcome.wanted,
        found=_share(outcome.found, groups),
        false=_share(outcome.false, groups),
    )


def _frame(outcome: FrameOutcome, groups: NDArray[np.int64]) -> FrameResult:
    first_half = groups[outcome.first_half]
    return FrameResult(
        name=outcome.name,
        found=_share(outcome.found, groups),
        false=_share(outcome.false, groups),
        merged=int(outcome.merged.sum()),
        seen_without=_share(outcome.seen_without, first_half),
        seen_with=_share(outcome.seen_with, first_half),
    )


def _share(hits: NDArray[np.bool_], groups: NDArray[np.int64]) -> Interval:
    return proportion(float(hits.mean()), effective_size(groups))


def _patients(
    data: DataSet, files: pd.Series, groups: NDArray[np.int64], tables: Sequence[Path]
) -> PatientResult | None:
    """Count the images that share a group with another patient's."""
    index = data.files.set_index("file").loc[files].reset_index().assign(kind="image")
    patients = find_patients(data, index, tables)
    with_ids = [name for name, source in patients.sources.items() if source.patient_ids]
    known = index["source"].isin(with_ids) & (patients.ids != "")
    if not known.any():
        return None
    # An id counts within its source.
    ids = (index["source"] + "/" + patients.ids)[known]
    joined = ids.groupby(groups[known]).transform("nunique") > 1
    files = index["file"][known][joined].groupby(groups[known][joined]).agg(tuple)
    return PatientResult(
        images=len(ids), patients=ids.nunique(), joined=int(joined.sum()), groups=tuple(files)
    )
