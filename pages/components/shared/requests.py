"""Decoding and classifying for visitors who come at once, from files that strangers send."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.images import decode as images_decode
from core.images.limits import MAX_BYTES, ImageError
from core.images.pixels import Decoded
from core.inference import memory
from core.inference.work_queue import CPU_QUEUE, QueueFullError
from core.serving import event_log
from pages.components.shared import open_models

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from core.inference.classifier import Prediction

# Starlette, which Streamlit serves with, would write uploads past its megabyte to the disk.
MultiPartParser.spool_max_size = 2 * MAX_BYTES


def decode(data: bytes, name: str) -> Decoded:
    """Decode an upload when it is this visitor's turn: a large one takes half a gigabyte for a second.

    Args:
        data: what was sent.
        name: fit to be shown; see ``core.images.decode.file_name``.

    Raises:
        ImageError: see ``core.images.decode.decode``; also when too many visitors wait.
    """
    try:
        with CPU_QUEUE.slot():
            decoded = images_decode.decode(data, name)
    except ImageError as error:
        event_log.image_refused(error.reason)
        raise
    except QueueFullError as error:
        event_log.busy()
        raise ImageError(f"{name} was left out. {error}", "busy") from None
    return Decoded(_lean(decoded.pixels), decoded.notes)


def release(uploads: Sequence[UploadedFile]) -> None:
    """Let the bytes of decoded files go, which Streamlit would keep until the session ends."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for upload in uploads:
            context.uploaded_file_mgr.remove_file(context.session_id, upload.file_id)


def classify(model: open_models.Model, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
    """Classify images when it is this visitor's turn, and say meanwhile how many are before.

    Raises:
        QueueFullError: too many visitors wait; a button to try again has been drawn.
    """
    place, start = st.empty(), time.monotonic()

    def tell(before: int) -> None:
        requests = "One request has" if before == 1 else f"{before} requests have"
        place.info(
            f"All processors are busy. {requests} to finish first, then yours goes on by itself.",
            icon=":material/hourglass_top:",
        )

    try:
        predictions = open_models.classifier(model).classify_batch(images, waiting=tell)
    except QueueFullError:
        st.button("Try again", icon=":material/refresh:")
        raise
    place.empty()
    memory.release_memory()
    event_log.classified(len(images), time.monotonic() - start)
    return predictions


def _lean(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the same pixels; of a grey image, which most are, one channel that stands for all three."""
    grey = np.array(pixels[..., :1])
    return np.broadcast_to(grey, pixels.shape) if (pixels == grey).all() else pixels
