"""Which changes hide a near-duplicate, as ``audit --self-test`` measured on BUSI.

The numbers are those of docs/results/near_duplicates_busi.json; tests/support/near_duplicate_tables.py writes
them anew.
"""

from __future__ import annotations

from typing import NamedTuple


class MeasuredChange(NamedTuple):
    """Shares of changed images, 0–1.

    Attributes:
        name: name of the change, from ``core.data.duplicates.changes``.
        found: share whose best match is the original or a near-duplicate of it.
        false: share whose best match is another image.
    """

    name: str
    found: float
    false: float


class MeasuredFrame(NamedTuple):
    """What a frame around all images does.

    Attributes:
        name: name of the frame, from ``core.data.duplicates.common_frames``.
        merged: number of images that it groups with an image of another group.
    """

    name: str
    merged: int


FOUND_AT_FIRST = (
    "The groups come from an earlier version of the search. It found images saved again with another size,"
    " brightness or compression, or cropped slightly, but none that were mirrored, turned, inverted or"
    " framed."
)
"""What the first search found, by which the images of older bundles were grouped."""

ENOUGH = 0.9
"""Share found from which on a change is said to be recognised."""

# Written by tests/support/near_duplicate_tables.py.
IMAGES = 780
CHANGES: tuple[MeasuredChange, ...] = (
    MeasuredChange("mirrored left to right", found=1.0000, false=0.0000),
    MeasuredChange("upside down", found=1.0000, false=0.0000),
    MeasuredChange("turned by 90°", found=1.0000, false=0.0000),
    MeasuredChange("turned by 180°", found=1.0000, false=0.0000),
    MeasuredChange("rotated by 10°, edge pixels repeated", found=0.9987, false=0.0000),
    MeasuredChange("rotated by 10°, black corners", found=0.9962, false=0.0000),
    MeasuredChange("cropped by 10–20 %", found=0.9962, false=0.0000),
    MeasuredChange("cropped by 10–20 % at each side", found=0.8769, false=0.0000),
    MeasuredChange("inverted grey values", found=1.0000, false=0.0000),
    MeasuredChange("letterboxed in white", found=1.0000, false=0.0000),
    MeasuredChange("half the size, JPEG quality 40", found=1.0000, false=0.0000),
    MeasuredChange("mirrored and rotated by 15°", found=0.9987, false=0.0000),
    MeasuredChange("other brightness and contrast, speckle noise", found=1.0000, false=0.0000),
    MeasuredChange("augmentation paper", found=0.9987, false=0.0000),
    MeasuredChange("augmentation strong", found=0.9821, false=0.0000),
    MeasuredChange("augmentation wide", found=0.9551, false=0.0000),
)
FRAMES: tuple[MeasuredFrame, ...] = (
    MeasuredFrame("white border of 3 %", merged=0),
    MeasuredFrame("white border of 5 %", merged=0),
    MeasuredFrame("scanner's screen, image 85 % high", merged=0),
    MeasuredFrame("scanner's screen, image 60 % high", merged=0),
    MeasuredFrame("white window of a viewer", merged=0),
)
# End of what it writes.


def describe() -> str:
    """Return sentences on which changes count as near-duplicates, and which were measured not to be found."""
    found = [one for one in CHANGES if one.found >= ENOUGH]
    missed = [f"{one.name} ({_percent(one.found)})" for one in CHANGES if one.found < ENOUGH]
    measured_on = (
        "Near-duplicates are found by their pixels. This was measured on "
        f"{IMAGES:,} images of BUSI, each changed in one way and searched for among all."
    )
    sentences = [measured_on]
    if found:
        least = _percent(min(one.found for one in found))
        names = "; ".join(one.name for one in found)
        sentences.append(f"After each of these changes, at least {least} were found: {names}.")
    if missed:
        sentences.append(f"Fewer were found after: {'; '.join(missed)}.")
    false = max(CHANGES, key=lambda change: change.false)
    if false.false:
        sentences.append(f"At most {_percent(false.false)} matched another image instead ({false.name}).")
    else:
        sentences.append("None matched another image instead.")
    worst = max(FRAMES, key=lambda frame: frame.merged)
    merged = f"at most {worst.merged:,} were" if worst.merged else "none was"
    sentences.append(
        f"With one frame around all images, {merged} grouped with a different image"
        f"{f' ({worst.name})' if worst.merged else ''}."
    )
    return " ".join(sentences)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
