"""Read the images of a file, and classify each that can be an ultrasound image."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.data import left_out
from core.data.listing import utf8_name
from core.images.content import look
from core.images.decode import display_name
from core.images.limits import ImageError
from core.images.local import ALL, read_frames
from core.inference.examine import view

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.images import crop
    from core.images.local import LocalFrame
    from core.inference.classifier import Classifier, Prediction
    from core.inference.examine import View


class ReadImage(NamedTuple):
    """An image of a file, or a file that cannot be read.

    Attributes:
        name: path of the file as UTF-8, with slashes.
        frame: number of the frame, from 0; None where the file has no other.
        size: width and height, pixels; None where it cannot be read.
        look: what it is like where it can be no ultrasound image; see ``core.images.content``.
        viewed: what the network saw, without pixels; None without a prediction.
        prediction: prediction without arrays, or None.
        notes: sentences on what decoding changed.
        problem: why there is no prediction, or ''.
        reason: category of an error in reading; see ``core.images.limits.ImageError``.
    """

    name: str
    frame: int | None = None
    size: tuple[int, int] | None = None
    look: str = ""
    viewed: View | None = None
    prediction: Prediction | None = None
    notes: str = ""
    problem: str = ""
    reason: str = ""


def read_images(
    classifier: Classifier, path: Path, choice: str, cropping: crop.Choice, say: Callable[[str], None]
) -> list[ReadImage]:
    """Read the chosen frames of a file, and classify each unless it is black and white only or blank.

    A clip that cannot be decoded to its end is no clip: it is one file that cannot be read.

    Args:
        classifier: classifier of a bundle.
        path: the file.
        choice: frames of a clip; see ``core.images.local.frame_numbers``.
        cropping: crop of each image; of a clip, all frames have that of the first one that has any.
        say: function that is told which frame of a clip has been read.
    """
    name, images = utf8_name(path.as_posix()), []
    try:
        with closing(read_frames(path, choice)) as frames:
            for frame in frames:
                if not frame.alone:
                    say(f"{display_name(path.name)}, frame {frame.number + 1}")
                image = _classify(classifier, name, frame, cropping, chosen=choice != ALL)
                images.append(image)
                # A viewer's window is the same around all frames of a clip.
                if image.viewed is not None and image.viewed.box is not None:
                    cropping = image.viewed.box
    except ImageError as error:
        return [ReadImage(name, problem=utf8_name(str(error)), reason=error.reason)]
    return images


def _classify(
    classifier: Classifier, name: str, frame: LocalFrame, cropping: crop.Choice, *, chosen: bool
) -> ReadImage:
    height, width = frame.pixels.shape[:2]
    looks = look(frame.pixels)
    image = ReadImage(name, None if frame.alone else frame.number, (width, height), looks)
    if looks:
        others = "" if frame.alone or not chosen else " Choose another frame with --frame."
        return image._replace(problem=f"{name} {left_out.REFUSED[looks]}{others}")
    try:
        viewed = view(frame.pixels, classifier.bundle.manifest.shared_frames, cropping)
    except ImageError as error:
        return image._replace(problem=f"{name} {error}")
    return image._replace(
        viewed=viewed._replace(pixels=np.empty(0, np.uint8)),
        prediction=classifier.classify(viewed.pixels).without_arrays(),
        notes=" ".join(frame.notes),
    )
