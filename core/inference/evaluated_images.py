"""Classify the images of a data set for an evaluation, and compare each with its lesion masks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from threadpoolctl import threadpool_limits

from core import worker_processes
from core.data.image_facts import read_image
from core.data.lesion_area import lesion_area
from core.errors import UserError
from core.evaluation import pointing_game
from core.images.preprocessing import fit
from core.worker_processes import LostProcessError, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.evaluation.pointing_game import Pointing
    from core.images.preprocessing import Preprocessing
    from core.inference.classifier import Classifier, Prediction

    Read = Callable[[Sequence["ImageFiles"]], Iterator[NDArray[np.uint8]]]

_TASK_FILES = 32  # that a decode process reads at a time


class ImageFiles(NamedTuple):
    """The files of an image: its own, and those of its lesion masks."""

    image: Path
    masks: tuple[Path, ...]


class EvaluatedImage(NamedTuple):
    """What an evaluation takes from an image.

    Attributes:
        probabilities: calibrated probability of each class.
        pointing: where the saliency map of the predicted class peaks; None without lesion masks.
        area: share of the image that its lesions fill; NaN where it is not known.
    """

    probabilities: list[float]
    pointing: Pointing | None
    area: float


def evaluate_images(
    classifier: Classifier, images: Sequence[ImageFiles], progress: Callable[[int, int], None]
) -> list[EvaluatedImage]:
    """Classify images on all cores of this machine, and compare them with their lesion masks.

    Args:
        classifier: classifier of a bundle, whose network has one thread.
        images: files of N images.
        progress: called with the number of images that are done and of all.

    Returns:
        N images, in the same order.

    Raises:
        UserError: an image cannot be read, or a process that reads images ended.
    """
    tasks = [images[start : start + _TASK_FILES] for start in range(0, len(images), _TASK_FILES)]
    found: list[EvaluatedImage] = []

    def receive(files: Sequence[ImageFiles], read: Read) -> list[EvaluatedImage]:
        try:
            fitted = list(read(files))
        except LostProcessError as error:
            raise UserError(
                f"the process that read {files[0].image} to {files[-1].image} ended ({error}); run the "
                "command again."
            ) from None
        predictions = classifier.classify_fitted(fitted)
        return [_evaluate(classifier, *each) for each in zip(files, predictions, strict=True)]

    work = partial(fit_images, preprocessing=classifier.preprocessing)
    processes = min(usable_cores() + 1, len(tasks))
    with threadpool_limits(1):  # each core has its own work
        for of_task in worker_processes.in_order(tasks, work, receive, processes=processes):
            found += of_task
            progress(len(found), len(images))
    return found


def fit_images(files: Sequence[ImageFiles], preprocessing: Preprocessing) -> Iterator[NDArray[np.uint8]]:
    """Yield the network input of each image, uint8 [S, S, 3]: the work of a decode process.

    Raises:
        ImageError: an image cannot be read.
    """
    for each in files:
        yield fit(read_image(each.image), preprocessing)


def _evaluate(classifier: Classifier, files: ImageFiles, prediction: Prediction) -> EvaluatedImage:
    lesions = list(map(read_image, files.masks))
    saliency = prediction.saliency[list(prediction.probabilities).index(prediction.predicted_class)]
    return EvaluatedImage(
        list(prediction.probabilities.values()),
        pointing_game.point(saliency, lesions, classifier.preprocessing),
        lesion_area(lesions),
    )
