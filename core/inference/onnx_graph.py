"""The graph of ``model.onnx`` in ONNX Runtime, with bounds: it may come from a stranger."""

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

# A fixed size, so that an image's answer does not depend on how many others are asked for.
BATCH = 16
OUTPUTS = ("probabilities", "saliency", "embedding")
# A stranger's graph may ask for any memory and never end.
MAX_MEMORY = 4 * 2**30  # of all networks of this process together
_PATIENCE = 60  # seconds for a first answer
_SILENT = 4  # ONNX Runtime's own words would be in the log as they are, a stranger's names among them


class Outputs(NamedTuple):
    """What the graph says of N images.

    Attributes:
        probabilities: float32 [N, C], calibrated.
        saliency: float32 [N, C, h, w], not negative, not normalised (HiResCAM, Draelos and Carin 2020).
        embedding: float32 [N, D], spatial mean of the last feature map.
    """

    probabilities: NDArray[np.float32]
    saliency: NDArray[np.float32]
    embedding: NDArray[np.float32]


class Graph:
    """The graph of ``model.onnx`` alone. Calls from several threads are safe."""

    def __init__(self, model: Path) -> None:
        """Load a graph.

        Raises:
            BundleError: ONNX Runtime cannot load it, it keeps weights in other files, or its outputs are
                not the ones of a bundle.
        """
        what = f"{model.name} of {model.absolute().parent.name}"
        try:
            self._session = session(model)
        except Exception as error:
            raise BundleError(
                f"{what} is not a network that ONNX Runtime can load with all its weights inside the file; "
                "pull it again, or train it again."
            ) from error
        memory.release_memory()
        names = {output.name for output in self._session.get_outputs()}
        if not names.issuperset(OUTPUTS):
            raise BundleError(f"{what} lacks the output {min(set(OUTPUTS) - names)}; train it again.")

    def run(self, images: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> Outputs:
        """Answer for images at input size, uint8 [N, S, S, 3] with N of at least 1."""
        options = _run_options()
        parts = [
            self._session.run(
                OUTPUTS, {"image": np.asarray(images[start : start + BATCH], np.float32)}, options
            )
            for start in range(0, len(images), BATCH)
        ]
        return Outputs(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def try_out(self, side: int) -> Outputs:
        """Answer for one black image, float32 [1, S, S, 3].

        Raises:
            Exception: whatever a graph can go wrong with, or that it has not ended after a minute.
        """
        options = _run_options()
        alarm = threading.Timer(_PATIENCE, setattr, (options, "terminate", True))
        alarm.daemon = True
        alarm.start()
        try:
            return Outputs(
                *self._session.run(OUTPUTS, {"image": np.zeros((1, side, side, 3), np.float32)}, options)
            )
        finally:
            alarm.cancel()


def session(model: Path) -> onnxruntime.InferenceSession:
    """Load a graph the way every network is run; raises whatever ONNX Runtime raises."""
    # A stranger's constants could keep it folding for ever, where no alarm reaches; ours are folded already.
    return onnxruntime.InferenceSession(
        model, _settings(), providers=["CPUExecutionProvider"], disabled_optimizers=["ConstantFolding"]
    )


def _settings() -> onnxruntime.SessionOptions:
    memory.limit_malloc_cache()
    _bound_memory()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    options.add_session_config_entry("session.use_env_allocators", "1")
    # Threads that wait for work in a loop take the cores from the rest of the app.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Weights outside the file are looked for where no file can be: no hash vouches for them.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    return options


@cache
def _bound_memory() -> None:
    """Give all networks of this process one pool of memory with a lid."""
    pool = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(pool, onnxruntime.OrtArenaCfg({"max_mem": MAX_MEMORY}))


def _run_options() -> onnxruntime.RunOptions:
    options = onnxruntime.RunOptions()
    options.log_severity_level = _SILENT
    return options
