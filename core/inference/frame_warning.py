"""The warning about an image that is mostly frame, which a model has not learned to look past.

Of BUSI's 780 images, 6 have less than 75 % of their area in the rectangle that ``core.images.frame`` finds,
and so have 4 of BUS-BRA's 1,875: most of the rest is black. On a scanner's screen of 4:3, an image at 85 % of
the height has less unless it is 1.4 times as wide as high.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from core.data.shared_frames import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.data.shared_frames import SharedFrame

# Smallest share of an image that its ultrasound image fills without a warning.
LEAST_CONTENT = 0.75


def frame_warning(pixels: NDArray[np.uint8], frames: Sequence[SharedFrame]) -> str:
    """Return sentences on the frame around an ultrasound image, and what to do; empty where there is no need.

    Args:
        pixels: uint8 [H, W, 3], RGB, 0–255.
        frames: frames of the model's training images, of which the model has learned to take no notice.
    """
    located = locate(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8), frames)
    if located.frame is not None or located.share >= LEAST_CONTENT:
        return ""
    return (
        f"The ultrasound image fills {located.share:.0%} of this image; the rest is a frame that the "
        "training images do not have. Crop to the ultrasound image and classify it again."
    )
