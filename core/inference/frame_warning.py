"""The warning about a frame around an ultrasound image, which a model has not learned, and how to crop it.

6 of BUSI's 780 images get it, and 4 of BUS-BRA's 1,875: most of what they have besides the ultrasound image
is black. What a frame costs and a crop brings back: docs/RESULTS.md, "A frame around the image".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.images import crop

if TYPE_CHECKING:
    from core.data.shared_frames import Located
    from core.images.frame import Box

# Smallest share of an image that its ultrasound image fills without a warning, where the rest is black.
LEAST_CONTENT = 0.75
WORDS = (
    "The ultrasound image fills {share} of this image; the rest is a frame or margin "
    "that the training images do not share. Crop to the ultrasound image and classify it again."
)
"""The warning; ``share`` is the share of the image that the ultrasound image fills."""


def frame_warning(located: Located) -> str:
    """Return sentences on the frame around an ultrasound image, and what to do; empty where there is no need.

    Args:
        located: the image, in which the frames of the model's training images were recognised: the model has
            learned to take no notice of these.
    """
    if not _is_unknown_frame(located):
        return ""
    return WORDS.format(share=f"{located.share:.0%}")


def proposed_crop(located: Located) -> Box | None:
    """Return the rectangle to crop to where there is a warning, or None; see ``frame_warning``.

    An ultrasound image of less than ``crop.SMALLEST`` pixels is none.
    """
    _, _, width, height = crop.to_corner(located.box)
    return located.box if _is_unknown_frame(located) and min(width, height) >= crop.SMALLEST else None


def _is_unknown_frame(located: Located) -> bool:
    return located.frame is None and (located.framed or located.share < LEAST_CONTENT)
