"""Read the images of files up to the network's input, a few at a time: the work of a decode process."""

from __future__ import annotations

from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.data import left_out
from core.data.listing import utf8_name
from core.data.parallel_reading import describe_ended
from core.images.content import look
from core.images.limits import ImageError
from core.images.local import ALL, read_frames
from core.images.preprocessing import fit
from core.inference.examine import view
from core.worker_processes import LostProcessError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.data.shared_frames import SharedFrame
    from core.images import crop
    from core.images.local import LocalFrame
    from core.images.preprocessing import Preprocessing
    from core.inference.examine import View
    from core.worker_processes import WorkerProcess

# Images are handed over in batches of so many, or of so many bytes of network input.
_MOST_IMAGES = 32
_MOST_BYTES = 32 * 2**20


class Reading(NamedTuple):
    """How files are read for a network.

    Attributes:
        preprocessing: preprocessing to the network input.
        shared_frames: frames that the model's training images share.
        frame: frames of clips; see ``core.images.local.frame_numbers``.
        cropping: crop of every image; of a clip, all frames have that of the first one that has any.
    """

    preprocessing: Preprocessing
    shared_frames: tuple[SharedFrame, ...]
    frame: str
    cropping: crop.Choice

    @classmethod
    def of(cls, bundle: Bundle, frame: str, cropping: crop.Choice) -> Reading:
        """Return how files are read for the network of a bundle."""
        manifest = bundle.manifest
        return cls(manifest.recipe.preprocessing, manifest.shared_frames, frame, cropping)


class ListedFile(NamedTuple):
    """A file to classify.

    Attributes:
        path: its path; bytes that are no UTF-8 are surrogates, as the system's functions take them.
        inside: whether it was found in a folder. One that was given by its own path is no mask by its name.
    """

    path: str
    inside: bool

    @property
    def name(self) -> str:
        """Path of the file as UTF-8, with slashes."""
        return utf8_name(Path(self.path).as_posix())


class ReadImage(NamedTuple):
    """An image of a file, or a file that cannot be read.

    Attributes:
        place: place of the file among those that were read together, from 0.
        file: the file.
        frame: number of the frame, from 0; None where the file has no other.
        size: width and height, pixels; None where it cannot be read.
        look: what it is like where it can be no ultrasound image; see ``core.images.content``.
        viewed: what the network sees, without pixels; None where there is nothing to classify.
        fitted: network input, uint8 [S, S, 3]; None where there is nothing to classify.
        notes: sentences on what decoding changed.
        problem: why there is no prediction, or ''.
        reason: category of an error in reading; see ``core.images.limits.ImageError``.
    """

    place: int
    file: ListedFile
    frame: int | None = None
    size: tuple[int, int] | None = None
    look: str = ""
    viewed: View | None = None
    fitted: NDArray[np.uint8] | None = None
    notes: str = ""
    problem: str = ""
    reason: str = ""


def read_images(files: Sequence[ListedFile], reading: Reading) -> Iterator[list[ReadImage]]:
    """Read the chosen frames of files, and yield them in batches of at most 32 images.

    A clip that cannot be decoded to its end counts as one file that cannot be read: an image that says so
    comes after the frames that could be read.

    Args:
        files: the files.
        reading: how they are read.
    """
    batch: list[ReadImage] = []
    for place, file in enumerate(files):
        for image in _read(place, file, reading):
            batch.append(image)
            if _is_full(batch):
                yield batch
                batch = []
    if batch:
        yield batch


def read_images_apart(
    files: Sequence[ListedFile], reader: WorkerProcess[list[ListedFile], list[ReadImage]]
) -> Iterator[list[ReadImage]]:
    """Yield what ``read_images`` does, but read each file in another process.

    Where a file ends that process, that file alone cannot be read.

    Args:
        files: the files.
        reader: process whose work is ``read_images``.
    """
    batch: list[ReadImage] = []
    for place, file in enumerate(files):
        try:
            for image in _read_twice(file, reader):
                batch.append(image._replace(place=place))
                if _is_full(batch):  # the batches of one process, by which networks round
                    yield batch
                    batch = []
        except LostProcessError as error:
            batch.append(ended_its_process(place, file, error))
    if batch:
        yield batch


def _read_twice(
    file: ListedFile, reader: WorkerProcess[list[ListedFile], list[ReadImage]]
) -> Iterator[ReadImage]:
    """Yield the images of a file, which is read once more where the process ends before the first of them.

    The system may have ended it, for want of memory.

    Raises:
        LostProcessError: the process ended again, or later.
    """
    begun = False
    try:
        for image in chain.from_iterable(reader.messages([file])):
            begun = True
            yield image
    except LostProcessError:
        if begun:
            raise
        yield from chain.from_iterable(reader.messages([file]))


def ended_its_process(place: int, file: ListedFile, error: LostProcessError) -> ReadImage:
    """Return what stands for a file that ended the process that read it."""
    return ReadImage(place, file, problem=describe_ended(file.name, error), reason="lost process")


def _is_full(batch: Sequence[ReadImage]) -> bool:
    size = sum(image.fitted.nbytes for image in batch if image.fitted is not None)
    return len(batch) >= _MOST_IMAGES or size >= _MOST_BYTES


def _read(place: int, file: ListedFile, reading: Reading) -> Iterator[ReadImage]:
    try:
        with closing(read_frames(Path(file.path), reading.frame)) as frames:
            for frame in frames:
                image = _prepare(place, file, frame, reading)
                # A viewer's window is the same around all frames of a clip.
                if image.viewed is not None and image.viewed.box is not None:
                    reading = reading._replace(cropping=image.viewed.box)
                yield image
    except ImageError as error:
        yield ReadImage(place, file, problem=utf8_name(str(error)), reason=error.reason)


def _prepare(place: int, file: ListedFile, frame: LocalFrame, reading: Reading) -> ReadImage:
    height, width = frame.pixels.shape[:2]
    looks = look(frame.pixels)
    number = None if frame.alone else frame.number
    image = ReadImage(place, file, number, (width, height), looks)
    if looks:
        others = "" if frame.alone or reading.frame == ALL else " Choose another frame with --frame."
        return image._replace(problem=f"{file.name} {left_out.REFUSED[looks]}{others}")
    try:
        viewed = view(frame.pixels, reading.shared_frames, reading.cropping)
    except ImageError as error:
        return image._replace(problem=f"{file.name} {error}")
    return image._replace(
        viewed=viewed._replace(pixels=np.empty(0, np.uint8)),
        fitted=fit(viewed.pixels, reading.preprocessing),
        notes=" ".join(frame.notes),
    )
