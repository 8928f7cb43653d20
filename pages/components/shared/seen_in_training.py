"""What is said of an image that a model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.training_overlap import MIRROR_IMAGE, NEAR_DUPLICATE, SAME_PIXELS
from pages.components.shared.text import escape_markdown

if TYPE_CHECKING:
    from core.bundle.training_overlap import Seen

ICON = "content_copy"
_BY = {
    SAME_PIXELS: "The training data has this image",
    NEAR_DUPLICATE: "The training data has a near-duplicate of this image",
    MIRROR_IMAGE: "The training data has a mirror image of this image",
}


def details(seen: Seen) -> str:
    """Return which training image it is, as a sentence in Markdown."""
    return f"{_BY[seen.by]}: {escape_markdown(seen.file)}."
