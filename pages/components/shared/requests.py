"""Decode and classify untrusted files for many visitors at once."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.images import clip as images_clip
from core.images import decode as images_decode
from core.images.limits import CLIP_BYTES, ImageError
from core.images.pixels import ClipFrame, Decoded
from core.inference import memory
from core.inference.work_queue import CPU_QUEUE, QueueFullError, WorkQueue
from core.serving import event_log
from core.worker_processes import usable_cores
from pages.components.shared import open_models

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from numpy.typing import NDArray
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from core.images.clip import Clip
    from core.inference.classifier import Prediction


def keep_uploads_in_memory() -> None:
    """Keep Starlette, which Streamlit serves with, from writing uploads over a megabyte to the disk."""
    MultiPartParser.spool_max_size = 2 * CLIP_BYTES


_DECODERS = WorkQueue(slots=usable_cores(), max_waiting=20)
"""Queue of processes that decode clips; each has a clip and some frames in memory."""


class _Wait:
    """Says how many requests are ahead, as long as one waits for them."""

    def __init__(self) -> None:
        # Made where it is needed: an empty one would move what stands below, at some runs and not at others.
        self._place: DeltaGenerator | None = None

    def show(self, ahead: int) -> None:
        """Show the number of requests ahead."""
        self._place = self._place or st.empty()
        self._place.info(
            f"The server is busy: {ahead} request{'s' if ahead > 1 else ''} ahead of yours. "
            "It will start automatically.",
            icon=":material/hourglass_top:",
        )

    def end(self) -> None:
        """Take it away."""
        if self._place is not None:
            self._place.empty()
            self._place = None


def decode(data: bytes, name: str) -> Decoded:
    """Decode an upload in the work queue: a large one takes half a gigabyte for a second.

    Args:
        data: content of the file.
        name: printable name; see ``core.images.decode.file_name``.

    Raises:
        ImageError: see ``core.images.decode.decode``; also when the queue is full.
    """
    with _logged(name), CPU_QUEUE.slot():
        decoded = images_decode.decode(data, name)
    return Decoded(_compact(decoded.pixels), decoded.notes)


def is_clip(data: bytes, name: str) -> bool:
    """Return whether a file has frames, in the work queue: the header of a DICOM file may be large.

    Raises:
        ImageError: the queue is full.
    """
    with _logged(name), CPU_QUEUE.slot():
        return images_clip.is_clip(data)


def frames(clip: Clip, first: int = 0, stop: int | None = None) -> Generator[ClipFrame]:
    """Decode frames of a clip in the work queue, in which it waits anew for each.

    While other visitors' clips take all processes, it shows how many requests are ahead.

    Args:
        clip: the clip, with a printable name.
        first: number of the first frame, from 0.
        stop: number of the frame before which to stop; None for all.

    Raises:
        ImageError: see ``core.images.clip.Clip.frames``; also when the queue is full.
    """
    wait = _Wait()
    with _logged(clip.name), _DECODERS.slot(wait.show), closing(clip.frames(first, stop)) as decoded:
        wait.end()
        while True:
            with CPU_QUEUE.slot():
                frame = next(decoded, None)
            if frame is None:
                return
            yield frame._replace(pixels=_compact(frame.pixels))


@contextmanager
def _logged(name: str) -> Iterator[None]:
    """Log that an upload is refused, or that the queue is full, which is an ImageError as well."""
    try:
        yield
    except ImageError as error:
        event_log.image_refused(error.reason)
        raise
    except QueueFullError as error:
        event_log.busy()
        raise ImageError(f"{name} was skipped. {error}", "busy") from None


def release(uploads: Sequence[UploadedFile]) -> None:
    """Free the bytes of decoded files, which Streamlit would keep until the session ends."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for upload in uploads:
            context.uploaded_file_mgr.remove_file(context.session_id, upload.file_id)


def classify(model: open_models.Model, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
    """Classify images in the work queue, and show how many requests are ahead.

    Raises:
        QueueFullError: the queue is full; a button to try again has been drawn.
    """
    wait, start = _Wait(), time.monotonic()
    try:
        predictions = open_models.classifier(model).classify_batch(images, waiting=wait.show)
    except QueueFullError:
        st.button("Try again", icon=":material/refresh:")
        raise
    wait.end()
    memory.release_memory()
    event_log.classified(len(images), time.monotonic() - start)
    return predictions


def _compact(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the same pixels; a grey image keeps one channel in memory, broadcast to three."""
    grey = np.array(pixels[..., :1])
    return np.broadcast_to(grey, pixels.shape) if (pixels == grey).all() else pixels
