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
    " brightness or compression, or cropped by a few percent, but hardly any that were mirrored, turned,"
    " inverted or in a wide frame."
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
    MeasuredChange("augmented (paper)", found=0.9987, false=0.0000),
    MeasuredChange("augmented (strong)", found=0.9846, false=0.0000),
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
    measured_on = (
        f"Near-duplicates are found by their pixels, as measured on {IMAGES:,} images of BUSI, each changed"
        " and searched for among all."
    )
    sentences = [measured_on]
    found = [one for one in CHANGES if one.found >= ENOUGH]
    if found:
        least = _percent(min(one.found for one in found))
        names = "; ".join(one.name for one in found)
        sentences.append(f"After each of these changes, at least {least} were found: {names}.")
    sentences += [*_fewer(), _false(), _merged()]
    return " ".join(sentences)


def summarise() -> str:
    """Return the sentences of ``describe`` without the changes that hide nothing."""
    many = sum(one.found >= ENOUGH for one in CHANGES)
    first = (
        f"Near-duplicates are also found after each of {many} changes that were tried on BUSI's images,"
        f" such as {CHANGES[0].name}."
        if many
        else "Near-duplicates were found after none of the changes of BUSI's images that were measured."
    )
    return " ".join(
        [first, *_fewer(), "See docs/RESULTS.md, or measure it on these images with --self-test."]
    )


def _fewer() -> list[str]:
    missed = [f"{one.name} ({_percent(one.found)})" for one in CHANGES if one.found < ENOUGH]
    return [f"Fewer were found after: {'; '.join(missed)}."] if missed else []


def _false() -> str:
    worst = max(CHANGES, key=lambda change: change.false)
    if not worst.false:
        return "None matched another image instead."
    return f"At most {_percent(worst.false)} matched another image instead ({worst.name})."


def _merged() -> str:
    worst = max(FRAMES, key=lambda frame: frame.merged)
    if not worst.merged:
        return "With one frame around all images, none was grouped with a different image."
    return (
        f"With one frame around all images, at most {worst.merged:,} were grouped with a different image"
        f" ({worst.name})."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
