"""Tables of the self-test of the search for near-duplicates, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from core import escape
from core.data.duplicates.common_frames import MOST_MERGED

if TYPE_CHECKING:
    from core.evaluation.results import Interval
    from core.experiments.duplicates_report import DuplicatesReport


def self_test_tables(report: DuplicatesReport) -> list[Table]:
    """Return two tables: what was found of changed images, and what common frames do."""
    changes = Table(
        "Change of an image",
        "Found",
        "Wanted",
        "False",
        title=f"{report.tested:,} images of {escape.terminal(report.data.name)}, each changed in one way",
        title_justify="left",
        caption="Found: the best match among the unchanged images is the original or a near-duplicate of it. "
        "False: it is another image. Wanted: what this project demands on BUSI. In brackets: 95 % confidence "
        "interval.",
        caption_justify="left",
    )
    for change in report.changes:
        wanted = "" if change.wanted is None else f"{change.wanted * 100:.0f} %"
        changes.add_row(change.name, _share(change.found), wanted, _share(change.false))
    most = round(MOST_MERGED * report.tested)
    frames = Table(
        "Frame",
        "Found",
        f"Merged (wanted: at most {most})",
        "False, unframed",
        "False, framed",
        title=f"The same {report.tested:,} images, all in the same frame",
        title_justify="left",
        caption="Found: as above. Merged: images in a group with an image of another group, because of the "
        "frame. False: the images are parted into two halves without near-duplicates of each other; so many "
        "framed images of one half match an unframed, or a framed, image of the other.",
        caption_justify="left",
    )
    for frame in report.frames:
        false = _share(frame.seen_without), _share(frame.seen_with)
        frames.add_row(frame.name, _share(frame.found), f"{frame.merged:,}", *false)
    return [changes, frames]


def self_test_sentences(report: DuplicatesReport) -> list[str]:
    """Return what the tables leave out: large groups, and patients that groups join."""
    families, patients = report.families, report.patients
    drawn = f"{report.tested:,} of the {report.images:,} images were drawn at random, to save time."
    sentences = [] if report.tested == report.images else [drawn]
    sentences.append(
        f"{families.families} images were saved {2 * families.copies} times each, half of them mirrored and "
        f"rotated: they form {families.groups} groups, and {families.families} are wanted."
    )
    if patients is not None:
        sentences.append(
            f"{patients.joined:,} of {patients.images:,} unchanged images of {patients.patients:,} patients "
            "are in a group with an image of another patient."
        )
    return sentences


def _share(interval: Interval) -> str:
    value, low, high = (100 * number for number in (interval.value, interval.low, interval.high))
    return f"{value:.1f} % ({low:.1f}–{high:.1f})"
