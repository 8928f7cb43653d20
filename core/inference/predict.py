"""Classify images, clips and folders of both: into parts on the disk, and from these into rows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.data.listing import utf8_name
from core.errors import UserError
from core.files import NO_SPACE, names_device, why
from core.images import crop
from core.images.limits import NOT_READ
from core.images.local import ALL, CANNOT_OPEN, check_frame_choice
from core.inference.classify_files import ClassifiedImage, classify_in_processes
from core.inference.image_search import find_images
from core.inference.prediction_parts import PART_PATTERN, PredictionParts, PredictionRequest
from core.inference.prediction_rows import PredictionRows
from core.inference.read_images import Reading
from core.progress import LISTING, one_step
from core.work_folder import work_folder

if TYPE_CHECKING:
    from core.inference.classifier import Classifier
    from core.progress import Progress, Say

ONE_LESION = "The frames of a clip show one lesion: count the clip once, by its row `all`."
_BLOCK = 2**20  # bytes
_ROUNDS = 3  # times that a part is made where its files can be read only later

# Parts, the numbers of those to classify, how files are read, and a function that is told which frame of a
# clip has been classified → the images of each task of these parts, in order.
Classify = Callable[
    [PredictionParts, Sequence[int], Reading, Callable[[str], None]], Generator[list[ClassifiedImage]]
]


@contextmanager
def prediction_folder(output: Path, say: Say, *, resume: bool) -> Iterator[Path]:
    """Yield the folder for an unfinished prediction, which is removed once the block has written the output.

    Where the block fails, it stays if a part is finished or the work went on. With a device as output
    nothing can go on.

    Args:
        output: file or device that the block writes.
        say: function that shows the user a message.
        resume: whether to continue unfinished work.

    Raises:
        UserError: see ``core.work_folder.work_folder``; or ``resume`` with a device.
    """
    if names_device(output):
        if resume:
            raise UserError(f"nothing to resume: {output} is no file; leave out --resume.")
        with TemporaryDirectory() as temporary, _full_disk_named(Path(temporary)):
            yield Path(temporary) / "parts"
        return
    with work_folder(output, say, resume=resume) as folder, _full_disk_named(folder):
        try:
            yield folder
        except BaseException:
            # Going on begins with a folder that is somebody's work, if only a training's of the same name.
            if not resume and not any(folder.glob(PART_PATTERN)):
                shutil.rmtree(folder, ignore_errors=True)
            raise
        _remove(folder, say)


def _remove(folder: Path, say: Say) -> None:
    """Remove a folder that is no longer needed, or a link to it, without which nothing is lost."""
    try:
        shutil.rmtree(folder.resolve())
        if folder.is_symlink():
            folder.unlink()
    except OSError as error:
        say(f"{folder} cannot be removed: {why(error)}; it is not needed any more.")


@contextmanager
def _full_disk_named(folder: Path) -> Iterator[None]:
    """Name the folder of the work in the error of a full disk, where a library names no file."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE and error.filename is None:
            raise OSError(error.errno, error.strerror, str(folder)) from error
        raise


def predict(
    classifier: Classifier,
    paths: Sequence[Path],
    folder: Path,
    progress: Progress,
    frame: str = ALL,
    cropping: crop.Choice = crop.NONE,
    classify: Classify | None = None,
) -> PredictionRows:
    """Classify images and clips; a segmentation mask or a blank image gets no prediction.

    Memory does not grow with the number of images until all are classified; then their names are read.

    Args:
        classifier: classifier of a bundle, whose network has one thread.
        paths: images, clips and folders of them.
        folder: folder of the unfinished work. Where a prediction was begun in it, that one goes on: with the
            files that it listed, those that its finished parts lack.
        progress: function that reports the steps.
        frame: frames of clips; see ``core.images.local.frame_numbers``. With ``ALL``, each clip is summed
            up, and so are frames of a clip in files of their own.
        cropping: crop of every image and frame; one that it does not fit gets no prediction.
        classify: function that classifies files; None for the cores of this machine.

    Raises:
        UserError: the choice of frames is none, a path does not exist, the folder holds another prediction,
            or a folder of images has gone while they are classified.
    """
    check_frame_choice(frame)
    bundle = classifier.bundle
    names = bundle.manifest.class_names
    request = PredictionRequest(
        bundle_sha256=bundle.manifest_sha256(),
        paths=tuple(utf8_name(str(path)) for path in paths),
        frame=frame,
        crop=cropping if isinstance(cropping, str) else crop.write(cropping),
        current_folder="" if all(map(Path.is_absolute, paths)) else utf8_name(str(Path.cwd())),
    )
    if folder.exists():
        parts = PredictionParts(folder, names)
        parts.check_same(request)
    else:
        with one_step(progress, LISTING):
            found = find_images(paths)
        parts = PredictionParts.begin(folder, request, found, names)
    reading = Reading.of(bundle, frame, cropping)
    folders = [path for path in paths if utf8_name(str(path)) in parts.folders]
    classify = classify or partial(_classify_here, classifier)
    _classify_missing(parts, reading, classify, folders, progress)
    thresholds = bundle.manifest.decision.conformal_thresholds_of(names)
    return PredictionRows(parts, thresholds, sum_up_clips=frame == ALL)


def _classify_here(
    classifier: Classifier,
    parts: PredictionParts,
    numbers: Sequence[int],
    reading: Reading,
    frame_done: Callable[[str], None],
) -> Generator[list[ClassifiedImage]]:
    count = sum(map(parts.tasks_of, numbers))
    return classify_in_processes(classifier, reading, parts.tasks(numbers), count, frame_done)


class _ReadableLaterError(Exception):
    """A file could not be read, and can be read by now; the text is its name."""


def _classify_missing(
    parts: PredictionParts, reading: Reading, classify: Classify, folders: Sequence[Path], progress: Progress
) -> None:
    for _ in range(_ROUNDS):
        unstable = _classify_once(parts, reading, classify, folders, progress)
        if not unstable:
            return
    raise UserError(
        f"{unstable} could not be read at first, but could later, {_ROUNDS} times; check its disk or "
        f"network, and run the command again, with --resume if there is {parts.folder}."
    )


def _classify_once(
    parts: PredictionParts, reading: Reading, classify: Classify, folders: Sequence[Path], progress: Progress
) -> str:
    """Finish the missing parts, but those with a file that can be read by now; return its name, or ''."""
    missing = parts.missing()
    done = parts.files - sum(map(parts.files_of, missing))

    def frame_done(which: str) -> None:  # of a long clip, this is all that moves
        progress(f"Classifying: {which}", done, parts.files)

    def finished(count: int) -> Iterator[list[ClassifiedImage]]:
        nonlocal done
        readable = ""
        for found in islice(results, count):
            unread = [each.image.file for each in found if each.image.reason in {CANNOT_OPEN, NOT_READ}]
            if unread:
                _check_still_there(folders, parts.folder)
                readable = next((file.name for file in unread if _is_readable(file.path)), readable)
            done += len({each.image.place for each in found})
            progress("Classifying", done, parts.files)
            yield found
        if readable:
            raise _ReadableLaterError(readable)

    unstable = ""
    with closing(classify(parts, missing, reading, frame_done)) as results:  # else an error keeps it at work
        for number in missing:
            try:
                parts.write(number, finished(parts.tasks_of(number)))
            except _ReadableLaterError as error:
                unstable = str(error)
    return unstable


def _check_still_there(folders: Sequence[Path], work: Path) -> None:
    """Refuse to count the files of a whole folder as unreadable, such as one of a network that is lost.

    Raises:
        UserError: a folder is gone, or empty.
    """
    for folder in folders:
        try:
            with os.scandir(folder) as entries:  # where a disk was mounted, an empty folder stays
                there = any(entries)
        except OSError:
            there = False
        if not there:
            raise UserError(
                f"{folder} has gone since the command began; when it is back, run the command again, with "
                f"--resume if there is {work}."
            )


def _is_readable(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            while file.read(_BLOCK):
                pass
    except OSError:
        return False
    return True
