"""The warning about an image that is mostly frame, which a model has not learned to look past.

Of BUSI's 780 images, 6 have less than 75 % of their area in the rectangle that ``core.images.frame`` finds,
and so have 4 of BUS-BRA's 1,875: most of the rest is black. On a scanner's screen of 4:3, an image at 85 % of
the height has less unless it is 1.4 times as wide as high.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.data.shared_frames import Located

# Smallest share of an image that its ultrasound image fills without a warning.
LEAST_CONTENT = 0.75


def frame_warning(located: Located) -> str:
    """Return sentences on the frame around an ultrasound image, and what to do; empty where there is no need.

    Args:
        located: the image, in which the frames of the model's training images were recognised: the model has
            learned to take no notice of these.
    """
    if located.frame is not None or located.share >= LEAST_CONTENT:
        return ""
    return (
        f"The ultrasound image fills {located.share:.0%} of this image; the rest is a frame or margin "
        "that the training images do not share. Crop to the ultrasound image and classify it again."
    )
