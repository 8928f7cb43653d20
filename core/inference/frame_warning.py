"""The warning about a frame around an ultrasound image, which a model has not learned to ignore.

It stands on 6 of BUSI's 780 images and on 4 of BUS-BRA's 1,875: most of what they have besides the ultrasound
image is black. Of the 76 test images of ``models/busi-compact``, 60 are predicted correctly; with a white
border of 3 %, 52, and in the white window of a viewer, 43. It stands on all of these.
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

# Smallest share of an image that its ultrasound image fills without a warning, where the rest is black.
LEAST_CONTENT = 0.75


def frame_warning(pixels: NDArray[np.uint8], frames: Sequence[SharedFrame]) -> str:
    """Return sentences on the frame around an ultrasound image, and what to do; empty where there is no need.

    Args:
        pixels: uint8 [H, W, 3], RGB, 0–255.
        frames: frames of the model's training images, of which the model has learned to take no notice.
    """
    located = locate(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8), frames)
    if located.frame is not None or not (located.framed or located.share < LEAST_CONTENT):
        return ""
    return (
        f"The ultrasound image fills {located.share:.0%} of this image; the rest is a frame that the "
        "training images do not have. Crop to the ultrasound image and classify it again."
    )
