"""The graph of ``model.onnx`` in ONNX Runtime, with limits, since it may come from an untrusted source."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnxruntime

from core.bundle.folder import BundleError
from core.inference import memory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Fixed, so that the outputs of an image do not depend on the number of images beside it.
BATCH = 16
# So many pixels need about 1 GB in the largest backbones: 16 images of 256 pixels, or one of 1024.
_BATCH_PIXELS = 16 * 256**2
OUTPUTS = ("probabilities", "saliency", "embedding")
# An untrusted graph may allocate any memory and never end.
MAX_MEMORY = 4 * 2**30  # bytes, of all networks of this process together
_TRIAL_TIMEOUT = 60  # seconds
_FATAL_ONLY = 4  # the log of ONNX Runtime would repeat names from the graph


class Outputs(NamedTuple):
    """Outputs of the graph for N images.

    Attributes:
        probabilities: float32 [N, C], calibrated.
        saliency: float32 [N, C, h, w], not negative, not normalised (HiResCAM, Draelos and Carin 2020).
        embedding: float32 [N, D], spatial mean of the last feature map.
    """

    probabilities: NDArray[np.float32]
    saliency: NDArray[np.float32]
    embedding: NDArray[np.float32]


class Graph:
    """The graph of ``model.onnx``. Safe for threads."""

    def __init__(self, model: Path) -> None:
        """Load a graph.

        Args:
            model: path of the ONNX file.

        Raises:
            BundleError: ONNX Runtime cannot load it, it has weights in other files, or an output is missing.
        """
        what = f"{model.name} of {model.absolute().parent.name}"
        try:
            self._session = session(model)
        except Exception as error:
            raise BundleError(
                f"{what} is not a network that ONNX Runtime can load with all its weights inside the file; "
                "pull or train it again."
            ) from error
        memory.release_memory()
        names = {output.name for output in self._session.get_outputs()}
        if not names.issuperset(OUTPUTS):
            raise BundleError(f"{what} lacks the output {min(set(OUTPUTS) - names)}; train it again.")

    def run(self, images: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> Outputs:
        """Return the outputs for images at input size, uint8 [N, S, S, 3] with N of at least 1."""
        options, size = _run_options(), batch_size(len(images[0]))
        parts = [
            self._session.run(
                OUTPUTS, {"image": np.asarray(images[start : start + size], np.float32)}, options
            )
            for start in range(0, len(images), size)
        ]
        return Outputs(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def trial_run(self, side: int) -> Outputs:
        """Return the outputs for one black image.

        Args:
            side: side S of the network input, pixels.

        Raises:
            Exception: any error of ONNX Runtime, or the graph has not ended after a minute.
        """
        options = _run_options()
        timer = threading.Timer(_TRIAL_TIMEOUT, setattr, (options, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            return Outputs(
                *self._session.run(OUTPUTS, {"image": np.zeros((1, side, side, 3), np.float32)}, options)
            )
        finally:
            timer.cancel()


def batch_size(side: int) -> int:
    """Return how many images of a side, pixels, fit the memory arena together, 1 to 16."""
    return max(1, min(BATCH, _BATCH_PIXELS // side**2))


def session(model: Path) -> onnxruntime.InferenceSession:
    """Load a graph with the settings of every network; raises any error of ONNX Runtime."""
    # An untrusted graph could make it fold constants for ever, beyond the timeout; ours are folded already.
    return onnxruntime.InferenceSession(
        model, _settings(), providers=["CPUExecutionProvider"], disabled_optimizers=["ConstantFolding"]
    )


def _settings() -> onnxruntime.SessionOptions:
    memory.limit_malloc_cache()
    _share_memory_arena()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL_ONLY
    options.add_session_config_entry("session.use_env_allocators", "1")
    # Spinning threads would take the cores from the rest of the app.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Weights in other files, which have no hash, are looked for where no file can be.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    return options


@cache
def _share_memory_arena() -> None:
    """Register one memory arena of limited size for all networks of this process."""
    arena = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(arena, onnxruntime.OrtArenaCfg({"max_mem": MAX_MEMORY}))


def _run_options() -> onnxruntime.RunOptions:
    options = onnxruntime.RunOptions()
    options.log_severity_level = _FATAL_ONLY
    return options
