"""Whether the near-duplicate groups of a data set are plausible; if not, what the usual causes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from core.data.groups import grouped_images
from core.data.written_names import examples
from core.schema import Strict

if TYPE_CHECKING:
    import pandas as pd

# Fewest images of a data set that is judged: of ten images, one pair is a fifth.
MIN_IMAGES = 20
# Shares of the images from which on groups look wrong: images in one group, images with a near-duplicate of
# another class, images with a near-duplicate. BUSI has 0.01, 0.02 and 0.44.
LARGE_GROUP = 0.1
MANY_CONFLICTING = 0.2
MANY_DUPLICATES = 2 / 3
# Fewest images of a group that looks wrong; BUSI's largest group has 7.
MIN_LARGE_GROUP = 8

_FRAME = "a frame or text that all images share (crop it)"
_FILMS = "frames of films (give patient ids with --groups, so that a patient stays in one set)"
_CAUSES_OF_LARGE_GROUP = f"Usual causes: {_FRAME}; {_FILMS}; one image saved many times (keep one)."
_CAUSES_OF_CONFLICTING = (
    "The protocol clean leaves these images out. Usual causes: the same images in two class folders (remove "
    f"them from the wrong one); {_FRAME}."
)
_CAUSES_OF_DUPLICATES = (
    f"Usual causes: augmented images beside their originals (remove them); {_FILMS}; {_FRAME}."
)
_LOOK = "Look at the groups: audit --output DIR draws them in groups.html."
_MOST = 1_000_000_000  # images; a bundle has fewer, the audit of a folder may not
_Count = Annotated[int, Field(ge=0, le=_MOST)]


class ImplausibleGroups(Strict):
    """Numbers of images of a data set whose near-duplicate groups look wrong; 0 what does not."""

    images: int = Field(ge=MIN_IMAGES, le=_MOST)
    large_group: _Count = Field(description="images in the largest near-duplicate group")
    conflicting: _Count = Field(description="images with a near-duplicate of another class")
    duplicates: _Count = Field(description="images with a near-duplicate, where nothing else looks wrong")

    def findings(self) -> list[str]:
        """Return what looks wrong, a clause each."""
        of = f"of {self.images} images"
        clauses = (
            (self.large_group, f"one near-duplicate group holds {self.large_group} {of}"),
            (self.conflicting, f"{self.conflicting} {of} have a near-duplicate of another class"),
            (self.duplicates, f"{self.duplicates} {of} have a near-duplicate"),
        )
        return [clause for number, clause in clauses if number]


class Plausibility(NamedTuple):
    """What looks wrong about the near-duplicate groups of a data set.

    Attributes:
        implausible: the numbers; None where the groups are plausible.
        warnings: sentences: what was found with examples, what the usual causes are, and what to do.
    """

    implausible: ImplausibleGroups | None
    warnings: tuple[str, ...]


def check_groups(table: pd.DataFrame) -> Plausibility:
    """Check whether the near-duplicate groups of a data set are plausible; a small data set always is.

    Args:
        table: table as for ``core.data.groups.grouped_images``; its groups are not joined with patient ids.
    """
    images = grouped_images(table)
    count = len(images)
    if count < MIN_IMAGES:
        return Plausibility(None, ())
    by_group = images.groupby("group")
    size, classes = by_group["file"].transform("size"), by_group["class"].transform("nunique")
    largest = images["group"] == images["group"][size.idxmax()]
    large_group = _files(images[largest], max(LARGE_GROUP * count, MIN_LARGE_GROUP))
    conflicting = _files(images[classes > 1], MANY_CONFLICTING * count)
    # Those of a large group and those in conflict are near-duplicates anyway.
    duplicates = [] if large_group or conflicting else _files(images[size > 1], MANY_DUPLICATES * count)
    found = [
        (large_group, _CAUSES_OF_LARGE_GROUP),
        (conflicting, _CAUSES_OF_CONFLICTING),
        (duplicates, _CAUSES_OF_DUPLICATES),
    ]
    listed = [one for one in found if one[0]]
    if not listed:
        return Plausibility(None, ())
    numbers = ImplausibleGroups(
        images=count,
        large_group=len(large_group),
        conflicting=len(conflicting),
        duplicates=len(duplicates),
    )
    sentences = [
        f"{clause.capitalize()}: {examples(files)}. {causes}"
        for clause, (files, causes) in zip(numbers.findings(), listed, strict=True)
    ]
    return Plausibility(numbers, (*sentences[:-1], f"{sentences[-1]} {_LOOK}"))


def _files(images: pd.DataFrame, fewest: float) -> list[str]:
    """Return the files of images where there are so many of them; else none."""
    return list(images["file"]) if len(images) >= fewest else []
