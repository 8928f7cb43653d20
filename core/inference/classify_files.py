"""Classify files: decode processes hand their images to the network, batch by batch."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from threadpoolctl import threadpool_limits

from core import worker_processes
from core.images.decode import display_name
from core.inference.examine import seen_views
from core.inference.read_images import ended_its_process, read_images
from core.worker_processes import LostProcessError, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from core.bundle.training_overlap import Seen
    from core.inference.classifier import Classifier, Prediction
    from core.inference.read_images import ListedFile, ReadImage, Reading

    Read = Callable[[Sequence[ListedFile]], Iterator[list[ReadImage]]]
    FrameDone = Callable[[str], None]

TASK_FILES = 32
"""Number of files of a task, which a decode process reads at a time."""


class ClassifiedImage(NamedTuple):
    """An image of a file with its prediction, if there is one.

    Attributes:
        image: the image, without the network's input.
        prediction: prediction without arrays, or None.
        seen: training or validation image that it matches, or None.
    """

    image: ReadImage
    prediction: Prediction | None = None
    seen: Seen | None = None


def classify_in_processes(
    classifier: Classifier,
    reading: Reading,
    tasks: Iterable[Sequence[ListedFile]],
    count: int,
    frame_done: FrameDone,
) -> Generator[list[ClassifiedImage]]:
    """Classify files on all cores of this machine, and yield the images of each task in order.

    One task more than there are cores is worked on at once, each by a decode process or by the network, so
    that no core waits while one hands images to the other. A single task is done in this process.

    Args:
        classifier: classifier of a bundle, whose network has one thread.
        reading: how the files are read.
        tasks: files, at most ``TASK_FILES`` each.
        count: number of tasks.
        frame_done: function that is told which frame of a clip has been classified.
    """
    lock = threading.Lock()

    def one_by_one(which: str) -> None:
        with lock:
            frame_done(which)

    def receive(files: Sequence[ListedFile], read: Read) -> list[ClassifiedImage]:
        return classify_files(classifier, files, read, one_by_one)

    work = partial(read_images, reading=reading)
    with threadpool_limits(1):  # each core has its own work
        yield from worker_processes.in_order(
            tasks, work, receive, processes=min(usable_cores() + 1, max(count, 1))
        )


def classify_files(
    classifier: Classifier,
    files: Sequence[ListedFile],
    read: Read,
    frame_done: FrameDone,
    *,
    again: bool = True,
) -> list[ClassifiedImage]:
    """Classify files as they are read.

    Where a file ends the process that reads it, that file alone has no prediction.

    Args:
        classifier: classifier of a bundle.
        files: files of one task.
        read: ``read_images`` in this process or in another.
        frame_done: function that is told which frame of a clip has been classified.
        again: whether each file is read once more where the process ends: another file may have ended it, or
            the system, for want of memory.
    """
    found: list[ClassifiedImage] = []
    try:
        for batch in read(files):
            found += classify_images(classifier, batch)
            if batch[-1].frame is not None:
                frame_done(f"{display_name(Path(batch[-1].file.name).name)}, frame {batch[-1].frame + 1}")
    except LostProcessError as error:
        if again:
            return [
                each._replace(image=each.image._replace(place=place))
                for place, file in enumerate(files)
                for each in classify_files(classifier, [file], read, frame_done, again=False)
            ]
        return [ClassifiedImage(ended_its_process(0, files[0], error))]
    return without_broken_clips(found)


def classify_images(classifier: Classifier, images: Sequence[ReadImage]) -> list[ClassifiedImage]:
    """Classify images that have been read; those with nothing to classify stay without a prediction."""
    fitted = [image.fitted for image in images if image.fitted is not None]
    predictions = iter([one.without_arrays() for one in classifier.classify_fitted(fitted)])
    seen = iter(seen_views(classifier.bundle, [image.viewed for image in images if image.viewed is not None]))
    return [
        ClassifiedImage(image)
        if image.viewed is None
        else ClassifiedImage(image._replace(fitted=None), next(predictions), next(seen))
        for image in images
    ]


def without_broken_clips(found: list[ClassifiedImage]) -> list[ClassifiedImage]:
    """Leave out the frames of files that could not be read to their end."""
    broken = {each.image.place for each in found if each.image.size is None}
    return [each for each in found if each.image.size is None or each.image.place not in broken]
