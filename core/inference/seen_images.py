"""Images of a data set that a model has seen in training, which an evaluation leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from pydantic import Field

from core.bundle.training_overlap import MIRROR_IMAGE, NEAR_DUPLICATE, SAME_PIXELS, seen_in_training
from core.data.plausibility import MIN_IMAGES
from core.schema import Strict

if TYPE_CHECKING:
    from core.bundle.folder import Bundle

SAME_GROUP = "the same group"
# Share of the images from which on the seen ones are many.
MANY_SEEN = 0.2


class SeenCounts(Strict):
    """Numbers of images that a model has seen in training, by reason; each image counts once."""

    same_pixels: int = Field(ge=0, description="training or validation images")
    near_duplicates: int = Field(ge=0, description="near-duplicates of these")
    mirror_images: int = Field(ge=0, description="near-duplicates of their mirror images")
    same_group: int = Field(ge=0, description="other images of the same patients or sub-folders")

    @property
    def total(self) -> int:
        """Number of images, whatever the reason."""
        return self.same_pixels + self.near_duplicates + self.mirror_images + self.same_group

    def described(self) -> str:
        """Return the numbers that are not 0, such as "3 with the same pixels, 1 near-duplicate"."""
        parts = (
            (self.same_pixels, "with the same pixels", "with the same pixels"),
            (self.near_duplicates, "near-duplicate", "near-duplicates"),
            (self.mirror_images, "mirror image", "mirror images"),
            (self.same_group, "in one group with these", "in one group with these"),
        )
        return ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in parts if number)

    def cause(self) -> str:
        """Return a sentence on why a model has usually seen so many images, and what to do."""
        if self.same_pixels >= self.near_duplicates + self.mirror_images:
            return "The data has images of the model's training data."
        return (
            "Usual causes: the model's training data, saved again with other settings; a frame or text that "
            "these images share with the training images (crop it). predict names the training image of each."
        )

    def warning(self, images: int) -> str:
        """Return sentences where the model has seen a fifth or more of the images; else ''.

        Args:
            images: number of all images; fewer than 20 are not judged.
        """
        if images < MIN_IMAGES or self.total < MANY_SEEN * images:
            return ""
        return (
            f"Warning: {self.total / images:.0%} of the images were in the model's training or validation "
            f"set. {self.cause()}"
        )


def find_seen_images(bundle: Bundle, images: pd.DataFrame, *, grouped: bool) -> pd.Series:
    """Return why a model knows each image: a ``Match``, ``SAME_GROUP``, or '' where it is new.

    Args:
        bundle: bundle of the model.
        images: table of N images with ``sha256``, ``fingerprint`` and ``group``.
        grouped: whether images in one group with a seen image are not new either.

    Returns:
        Reasons, text [N], with the index of the images.
    """
    reasons = pd.Series([seen.by if seen else "" for seen in seen_in_training(bundle, images)], images.index)
    if grouped:
        related = (reasons == "") & images["group"].isin(images["group"][reasons != ""])
        reasons[related] = SAME_GROUP
    return reasons


def count_seen(reasons: pd.Series) -> SeenCounts | None:
    """Count the reasons from ``find_seen_images``; None where every image is new."""
    counts = reasons[reasons != ""].value_counts()
    if counts.empty:
        return None
    return SeenCounts(
        same_pixels=counts.get(SAME_PIXELS, 0),
        near_duplicates=counts.get(NEAR_DUPLICATE, 0),
        mirror_images=counts.get(MIRROR_IMAGE, 0),
        same_group=counts.get(SAME_GROUP, 0),
    )
