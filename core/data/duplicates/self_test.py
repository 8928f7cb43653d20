"""Self-test of the search for near-duplicates: which changes of a data set's own images it sees through."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import Field

from core.data.duplicates.changes import CHANGES, compressed, cropped_slightly, mirrored_and_rotated, retoned
from core.data.duplicates.common_frames import FRAMES
from core.data.duplicates.fingerprint import fingerprint
from core.data.duplicates.search import find_near_duplicates, near_duplicate_groups
from core.images.local import read_file
from core.schema import Strict
from core.worker_processes import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.progress import Progress

    Hits = NDArray[np.bool_]
    Indices = NDArray[np.int64]
    Pixels = NDArray[np.uint8]

MOST_IMAGES = 1_000
"""Largest number of images that are tested; of more, so many are drawn."""

FAMILIES = 10
COPIES = 40
"""Near-duplicates of an image in each of two forms: more than a search for few neighbours can find."""

_SEED = 0


class ChangeOutcome(NamedTuple):
    """How often a changed image was found among N originals.

    Attributes:
        name: name of the change.
        wanted: smallest share that must be found, 0–1, or None.
        found: whether the best match of each changed image is its original, or in its group, bool [N].
        false: whether it is in another group, bool [N].
    """

    name: str
    wanted: float | None
    found: Hits
    false: Hits


class FrameOutcome(NamedTuple):
    """What one frame around all N images does.

    The images are divided into two halves by their groups, so that neither has a near-duplicate in the other.

    Attributes:
        name: name of the frame.
        found: whether the best match of each framed image among the originals is its original, or in its
            group, bool [N].
        false: whether it is in another group, bool [N].
        merged: whether each framed image is grouped with one of another group, when all have the frame,
            bool [N].
        first_half: indices of the M images of the first half.
        seen_without: whether each framed image of the first half has a match in the second, bool [M].
        seen_with: the same, with the frame around the second half as well, bool [M].
    """

    name: str
    found: Hits
    false: Hits
    merged: Hits
    first_half: Indices
    seen_without: Hits
    seen_with: Hits


class FamilyOutcome(Strict):
    """What happens to many near-duplicates of few images."""

    families: int = Field(ge=1, description="originals, of different groups")
    copies: int = Field(description="near-duplicates in either form: as it is, and mirrored and rotated")
    groups: int = Field(ge=1, description="groups that they all form")
    whole: int = Field(ge=0, description="families that are one group, without images of another")


class SelfTestOutcome(NamedTuple):
    """The result of a self-test.

    Attributes:
        tested: indices of the N images that were tested, among those given.
        groups: group of each, int64 [N].
        changes: outcome of each change.
        frames: outcome of each frame.
        families: outcome of many near-duplicates of few images.
    """

    tested: Indices
    groups: Indices
    changes: tuple[ChangeOutcome, ...]
    frames: tuple[FrameOutcome, ...]
    families: FamilyOutcome


def run_self_test(paths: Sequence[Path], progress: Progress, *, most: int = MOST_IMAGES) -> SelfTestOutcome:
    """Change images in known ways, and see whether the search for near-duplicates finds them.

    The same images give the same outcome: their order counts, and all random numbers have fixed seeds.

    Args:
        paths: readable image files; if there are more than ``most``, some are drawn.
        progress: function that reports each step.
        most: largest number of images that are tested.

    Raises:
        ImageError: a file cannot be read.
    """
    rng = np.random.default_rng(_SEED)
    count = len(paths)
    tested = np.sort(rng.choice(count, most, replace=False)) if count > most else np.arange(count)
    chosen = [paths[index] for index in tested.tolist()]
    prints = _in_parallel(_fingerprints, chosen, "Changing images", progress)
    originals, *others = (list(column) for column in zip(*prints, strict=True))
    groups = near_duplicate_groups(originals)
    stage, steps = "Searching for near-duplicates", len(others)
    changes, frames = [], []
    for step, (change, copies) in enumerate(zip(CHANGES, others, strict=False), start=1):
        changes.append(ChangeOutcome(change.name, change.wanted, *_matched(copies, originals, groups)))
        progress(stage, step, steps)
    for step, (frame, framed) in enumerate(
        zip(FRAMES, others[len(CHANGES) :], strict=True), start=1 + len(CHANGES)
    ):
        frames.append(_framed(frame.name, framed, originals, groups))
        progress(stage, step, steps)
    families = _families(chosen, groups, progress)
    return SelfTestOutcome(tested, groups, tuple(changes), tuple(frames), families)


def _in_parallel(
    work: Callable[[tuple[int, Path]], list[str]], paths: Sequence[Path], stage: str, progress: Progress
) -> list[list[str]]:
    outcomes = []
    with ThreadPoolExecutor(usable_cores()) as pool:
        for outcome in pool.map(work, enumerate(paths)):
            outcomes.append(outcome)
            progress(stage, len(outcomes), len(paths))
    return outcomes


def _fingerprints(numbered: tuple[int, Path]) -> list[str]:
    """Return the fingerprints of an image as it is, of each change of it, and of each frame around it."""
    number, path = numbered
    pixels = read_file(path).pixels
    # Each change has random numbers of its own, so that a further change leaves the others as they were.
    changed = [
        change.apply(pixels, np.random.default_rng([_SEED, number, position]))
        for position, change in enumerate(CHANGES)
    ]
    framed = [frame.apply(pixels) for frame in FRAMES]
    return [fingerprint(image) for image in (pixels, *changed, *framed)]


def _matched(copies: Sequence[str], originals: Sequence[str], groups: Indices) -> tuple[Hits, Hits]:
    """Return whether the best match of each copy is in the group of its original, and in another."""
    best = find_near_duplicates(copies, originals).reference
    matched, same = best >= 0, groups[best] == groups
    return matched & same, matched & ~same


def _framed(name: str, framed: Sequence[str], originals: Sequence[str], groups: Indices) -> FrameOutcome:
    first, second = np.flatnonzero(groups % 2 == 0), np.flatnonzero(groups % 2)
    searched = [framed[index] for index in first.tolist()]
    without, with_frame = (
        find_near_duplicates(searched, [reference[index] for index in second.tolist()]).reference >= 0
        for reference in (originals, framed)
    )
    merged = _mixed(near_duplicate_groups(framed), groups)
    return FrameOutcome(name, *_matched(framed, originals, groups), merged, first, without, with_frame)


def _mixed(found: Indices, groups: Indices) -> Hits:
    """Return whether the found group of each image has images of several true groups, bool [N]."""
    pairs = np.unique(np.stack([found, groups], axis=1), axis=0)
    return (np.bincount(pairs[:, 0]) > 1)[found]


def _families(paths: Sequence[Path], groups: Indices, progress: Progress) -> FamilyOutcome:
    first = np.unique(groups, return_index=True)[1]
    some = np.unique(np.linspace(0, len(first) - 1, min(FAMILIES, len(first))).astype(int))
    chosen = [paths[first[index]] for index in some]
    prints = _in_parallel(_family, chosen, "Making many near-duplicates of few images", progress)
    families = np.repeat(np.arange(len(prints)), 2 * COPIES)
    found = near_duplicate_groups([text for family in prints for text in family])
    parted, mixed = _mixed(families, found), _mixed(found, families)
    whole = np.unique(families[~(parted | mixed)])
    return FamilyOutcome(families=len(prints), copies=COPIES, groups=len(np.unique(found)), whole=len(whole))


def _family(numbered: tuple[int, Path]) -> list[str]:
    """Return the fingerprints of near-duplicates of an image: as it is, then mirrored and rotated."""
    number, path = numbered
    pixels = read_file(path).pixels
    rng = np.random.default_rng([_SEED, number])
    return [
        fingerprint(compressed(retoned(cropped_slightly(form, rng), rng), rng))
        for form in (pixels, mirrored_and_rotated(pixels, rng))
        for _ in range(COPIES)
    ]
