"""Predictions as a pipeline of Ray Data: actors have the network, and a process beside them that decodes."""

from __future__ import annotations

import logging
import os
import pickle
import queue
import threading
import time
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import ray
from ray.data import ActorPoolStrategy, DataContext

from core.bundle.folder import open_bundle
from core.bundle.manifest import MANIFEST, MODEL
from core.cluster.machine_facts import find_facts, probe_in
from core.cluster.node_checks import NodeChecks, wait_for_check
from core.cluster.resources import Resources
from core.cluster.session import HeadWatch
from core.errors import UserError
from core.images.local import CANNOT_OPEN
from core.inference.classifier import Classifier
from core.inference.classify_files import classify_images, without_broken_clips
from core.inference.prediction_parts import PredictionParts
from core.inference.read_images import read_images, read_images_apart
from core.worker_processes import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from core.bundle.folder import Bundle
    from core.inference.classify_files import ClassifiedImage
    from core.inference.read_images import ListedFile, ReadImage, Reading
    from core.progress import Progress

    Batch = dict[str, np.ndarray[Any, Any]]

# Ray Data joins decoding and network in one actor where both take the same of a machine.
_CPUS = 0.5
_TASKS = 4  # of files that one task of Ray decodes: its result is 20 MB at 224 pixels
_SAMPLE = 20  # listed files that are compared on each machine before anything starts
_POLL = 0.5  # seconds
_ADDED_BY_RAY = "\nFailed to apply UDF"  # begins what Ray Data writes behind the sentence of an error


class RayClassifier:
    """What classifies the files of a prediction on the cluster that is connected."""

    def __init__(self, bundle: Bundle, progress: Progress) -> None:
        """Classify nothing yet.

        Args:
            bundle: bundle in a folder that all machines see.
            progress: function that reports each step.
        """
        self._bundle, self._progress = bundle, progress

    def __call__(
        self,
        parts: PredictionParts,
        numbers: Sequence[int],
        reading: Reading,
        _frame_done: Callable[[str], None],
        /,
    ) -> Generator[list[ClassifiedImage]]:
        """Yield the images of each task of some parts, in order; see ``core.inference.predict.Classify``.

        Raises:
            UserError: a machine cannot take part, an image cannot be opened on one, or the head is lost.
        """
        if not numbers:
            return
        folder, bundle = parts.folder.absolute(), self._bundle.folder.absolute()
        tasks = [(number, place) for number in numbers for place in range(parts.tasks_of(number))]
        with probe_in(folder) as probe:
            files = [bundle / MANIFEST, bundle / MODEL, *_sample(parts, tasks)]
            checks = NodeChecks(find_facts(files, folder, probe, self._progress), Resources())
            checks.wait(self._progress)
            pipeline = _pipeline(parts, tasks, folder, self._bundle, reading, [checks.shared])
            for images in _followed(_by_task(pipeline, len(tasks)), checks):
                _check_opened(images)
                yield without_broken_clips(images)


def _pipeline(
    parts: PredictionParts,
    tasks: Sequence[tuple[int, int]],
    folder: Path,
    bundle: Bundle,
    reading: Reading,
    facts: list[Any],
) -> ray.data.Dataset:
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    decode = partial(
        _decode,
        tasks=np.array(tasks, np.int32),
        folder=str(folder),
        current=str(Path.cwd()),
        class_names=parts.class_names,
        reading=reading,
        facts=facts,
    )
    cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
    blocks = -(-len(tasks) // _TASKS)
    return (
        # Not ray.data.range: it would wait for a whole free CPU, and a small node has none beside an actor.
        ray.data.from_items(list(range(len(tasks))), override_num_blocks=blocks)
        .map_batches(decode, batch_size=None, num_cpus=_CPUS)
        .map_batches(
            _Network,
            fn_constructor_args=[str(bundle.folder.absolute()), parts.bundle_sha256, facts],
            batch_size=None,
            num_cpus=_CPUS,
            compute=ActorPoolStrategy(min_size=1, max_size=cores),
        )
    )


def _decode(
    batch: Batch,
    tasks: np.ndarray[Any, Any],
    folder: str,
    current: str,
    class_names: tuple[str, ...],
    reading: Reading,
    facts: list[Any],
) -> Iterator[Batch]:
    """Read the files of tasks, and yield their images as they come; facts are those of ``NodeChecks``."""
    wait_for_check(facts[0])
    parts = _parts(folder, class_names)
    reader = _reader(current, pickle.dumps(reading))
    for task in batch["item"]:
        files = parts.task(*tasks[task].tolist())
        for images in read_images_apart(files, reader):
            yield _row(task, images)
        yield _row(task, [])  # so that a task is complete when another one begins


@lru_cache(maxsize=1)
def _parts(folder: str, class_names: tuple[str, ...]) -> PredictionParts:
    return PredictionParts(Path(folder), class_names)


@lru_cache(maxsize=1)
def _reader(current: str, reading: bytes) -> WorkerProcess[list[ListedFile], list[ReadImage]]:
    """Keep a process that decodes: what ends it does not end that of Ray, which would begin it for ever."""
    read = pickle.loads(reading)  # noqa: S301 - our own
    return WorkerProcess(partial(_read_from, current=current, reading=read))


def _read_from(files: list[ListedFile], current: str, reading: Reading) -> Iterator[list[ReadImage]]:
    """Read files whose paths are those of the command, in its current folder."""
    with suppress(OSError):  # a machine without this folder cannot open the files, which is told of each
        os.chdir(current)
    yield from read_images(files, reading)


class _Network:
    """The actor that has the network; it is opened with the first images, so that its errors have a cause."""

    def __init__(self, bundle: str, sha256: str, facts: list[Any]) -> None:
        self._bundle, self._sha256, self._facts = Path(bundle), sha256, facts

    def __call__(self, batch: Batch) -> Iterator[Batch]:
        for task, images in zip(batch["task"], batch["images"], strict=True):
            yield _row(task, classify_images(self._classifier, pickle.loads(images)))  # noqa: S301 - our own

    @cached_property
    def _classifier(self) -> Classifier:
        wait_for_check(self._facts[0])
        return Classifier(_open_same(self._bundle, self._sha256), threads=1)


def _open_same(folder: Path, sha256: str) -> Bundle:
    """Open a bundle again, maybe hours after the command did.

    Raises:
        UserError: by now the folder holds another one.
    """
    bundle = open_bundle(folder)
    if bundle.manifest_sha256() != sha256:
        raise UserError(f"{folder} holds another model than when the command began; begin again.")
    return bundle


def _row(task: int, images: Sequence[Any]) -> Batch:
    return {"task": np.array([task]), "images": np.array([pickle.dumps(images)], object)}


def _by_task(pipeline: ray.data.Dataset, count: int) -> Iterator[list[ClassifiedImage]]:
    """Yield the images of each task, which come in order."""
    found: list[ClassifiedImage] = []
    task = 0
    for row in pipeline.iter_rows():
        if row["task"] == task + 1:
            yield found
            found, task = [], task + 1
        if row["task"] != task:
            raise RuntimeError(f"the images of task {row['task']} came after those of task {task}")
        found += pickle.loads(row["images"])  # noqa: S301 - our own
    if task != count - 1:
        raise RuntimeError(f"the images of {count} tasks end with task {task}")
    yield found


def _followed(
    results: Iterator[list[ClassifiedImage]], checks: NodeChecks
) -> Iterator[list[ClassifiedImage]]:
    """Yield results that another thread takes, while the head of the cluster answers, and check new nodes.

    Raises:
        UserError: raised by a task, or the head is lost.
    """
    taken: queue.Queue[list[ClassifiedImage] | Exception | None] = queue.Queue(maxsize=16)

    def take() -> None:
        try:
            for result in results:
                taken.put(result)
            taken.put(None)
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            taken.put(error)

    threading.Thread(target=take, daemon=True).start()
    head = HeadWatch()
    asked = time.monotonic()
    while True:
        if time.monotonic() - asked >= _POLL:
            if head.answers():
                checks.begin()
            asked = time.monotonic()
        try:
            result = taken.get(timeout=_POLL)
        except queue.Empty:
            continue
        if result is None:
            return
        if isinstance(result, Exception):
            raise _user_error_of(result)
        yield result


def _user_error_of(error: BaseException) -> BaseException:
    """Return the ``UserError`` that made a task fail, or else the error itself."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, UserError):
            return UserError(str(cause.args[0] if cause.args else cause).partition(_ADDED_BY_RAY)[0])
        cause = getattr(cause, "cause", None) or cause.__cause__
    return error


def _sample(parts: PredictionParts, tasks: Sequence[tuple[int, int]]) -> list[Path]:
    """Return listed files, spread over all, as far as this machine can open them."""
    chosen = np.unique(np.linspace(0, len(tasks) - 1, _SAMPLE).astype(int))
    found = [Path(parts.task(*tasks[place])[0].path).absolute() for place in chosen]
    return [path for path in found if os.access(path, os.R_OK) and path.is_file()]


def _check_opened(images: Sequence[ClassifiedImage]) -> None:
    """Refuse to count a file as unreadable that another machine does not see.

    Raises:
        UserError: there is one.
    """
    for each in images:
        if each.image.reason == CANNOT_OPEN and os.access(each.image.file.path, os.R_OK):
            raise UserError(
                f"a machine of the cluster cannot open {each.image.file.name}, and this one can; put the "
                "images on storage that all machines see, and add --resume."
            )
