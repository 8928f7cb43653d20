"""The graph of ``model.onnx`` in ONNX Runtime, with limits, since it may come from an untrusted source."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future, wait
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnxruntime

from core.bundle.folder import BundleError
from core.inference import memory
from core.worker_processes import usable_cores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Fixed, so that the outputs of an image do not depend on the number of images beside it.
BATCH = 16
# Of a network with one thread, of which there may be several runs at once: on one core more images are no
# faster, and the arrays of each run take memory.
_BATCH_OF_ONE_THREAD = 4
# So many pixels need about 1 GB in the largest backbones: 16 images of 256 pixels, or one of 1024.
_BATCH_PIXELS = 16 * 256**2
OUTPUTS = ("probabilities", "saliency", "embedding")
# An untrusted graph may allocate any memory and never end.
MAX_MEMORY = 4 * 2**30  # bytes, of all networks of this process together; more with many cores
_MEMORY_OF_A_RUN = 5 * 2**28  # bytes; each core may have a run, and one may wait for a core
_TRIAL_TIMEOUT = 60  # seconds
# A run may take this many times as long as the trial run: other programs and visitors may keep the
# processors busy. The floor leaves time to a small network on a machine that stalls; the ceiling binds only a
# network that takes seconds for an image on an idle machine.
_SLOWDOWN = 50
_MIN_TIMEOUT, _MAX_TIMEOUT = 60, 3600  # seconds
_GRACE = 10  # seconds until a run that was told to end is left behind
_TOLERANCE = 1e-4  # of probabilities, in float32
_FATAL_ONLY = 4  # the log of ONNX Runtime would repeat names from the graph


class TimeLimitError(BundleError):
    """A run of the graph has not ended within its time limit.

    Attributes:
        ended: whether the run has ended since; a single endless operation cannot be stopped.
    """

    def __init__(self, message: str, *, ended: bool) -> None:
        super().__init__(message)
        self.ended = ended


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

    def __init__(self, model: Path, threads: int = 0) -> None:
        """Load a graph.

        Args:
            model: path of the ONNX file.
            threads: number of threads of one run; 0 for one on each core that this process may use.

        Raises:
            BundleError: ONNX Runtime cannot load it, it has weights in other files, or an output is missing.
        """
        self._most_images = _BATCH_OF_ONE_THREAD if threads == 1 else BATCH
        self._what = f"{model.name} of {model.absolute().parent.name}"
        try:
            self._session = session(model, threads)
        except Exception as error:
            raise BundleError(
                f"{self._what} is not a network that ONNX Runtime can load with all its weights inside the "
                "file; pull or train it again."
            ) from error
        memory.release_memory()
        names = {output.name for output in self._session.get_outputs()}
        if not names.issuperset(OUTPUTS):
            raise BundleError(f"{self._what} lacks the output {min(set(OUTPUTS) - names)}; train it again.")
        self._trial_seconds: float | None = None
        self._shapes: list[tuple[int, ...]] | None = None

    def run(self, images: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> Outputs:
        """Return the outputs for images at input size, after a trial run within a time limit.

        Args:
            images: uint8 [N, S, S, 3] with N of at least 1.

        Raises:
            BundleError: an output is not what ``Outputs`` says, or differs in shape from the trial run's.
            TimeLimitError: the graph has not ended in time.
        """
        parts, size = [], min(self._most_images, batch_size(len(images[0])))
        for start in range(0, len(images), size):
            batch = np.asarray(images[start : start + size], np.float32)
            outputs = self._run(batch, time_limit(self._trial_seconds, len(batch)))
            if fault := _fault(outputs, len(batch), self._shapes):
                raise BundleError(
                    f"{self._what} gave {fault} for an image, so there is no prediction; pull or train it "
                    "again."
                )
            parts.append(outputs)
        return Outputs(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def trial_run(self, side: int) -> Outputs:
        """Return the outputs for one black image, and measure the time that it takes.

        Args:
            side: side S of the network input, pixels.

        Raises:
            Exception: any error of ONNX Runtime, an output is not what ``Outputs`` says, or the graph has not
                ended after a minute.
        """
        start = time.monotonic()
        outputs = self._run(np.zeros((1, side, side, 3), np.float32), _TRIAL_TIMEOUT)
        self._trial_seconds = time.monotonic() - start
        if fault := _fault(outputs, 1, None):
            raise ValueError(fault)
        self._shapes = [output.shape[1:] for output in outputs]
        return outputs

    def _run(self, images: NDArray[np.float32], seconds: float | None) -> Outputs:
        """Run the graph in a thread of its own, which can be left behind where it does not end."""
        options, outcome = _run_options(), Future[Outputs]()

        def work() -> None:
            try:
                outcome.set_result(Outputs(*self._session.run(OUTPUTS, {"image": images}, options)))
            except Exception as error:  # noqa: BLE001 - raised again by ``outcome.result``
                outcome.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        if wait([outcome], seconds).done:
            return outcome.result()
        options.terminate = True  # heeded between two operations of the graph
        ended = bool(wait([outcome], _GRACE).done)
        raise TimeLimitError(
            f"{self._what} did not end within {seconds:.0f} seconds; try again, or use another model.",
            ended=ended,
        )


def time_limit(trial_seconds: float | None, images: int) -> float | None:
    """Return the seconds that a run may take; None, for no limit, where there was no trial run.

    Args:
        trial_seconds: duration of the trial run, of one image.
        images: number of images in the run, at least 1.
    """
    if trial_seconds is None:
        return None
    return min(max(_SLOWDOWN * trial_seconds * images, _MIN_TIMEOUT), _MAX_TIMEOUT)


def _fault(outputs: Outputs, count: int, shapes: list[tuple[int, ...]] | None) -> str | None:
    """Return what is wrong with the outputs for some images, or None.

    Args:
        outputs: outputs of an untrusted graph: anything.
        count: number of images.
        shapes: shape of each output for one image, or None where it is not known.
    """
    for position, (name, dimensions) in enumerate(zip(OUTPUTS, (2, 4, 2), strict=True)):
        values = outputs[position]
        if (
            not isinstance(values, np.ndarray)
            or values.dtype != np.float32
            or values.ndim != dimensions
            or len(values) != count
            or values.size == 0
            or (shapes is not None and values.shape[1:] != shapes[position])
        ):
            return f"an output {name!r} of an unexpected shape or type"
        if not np.isfinite(values).all():
            return f"an output {name!r} that is not finite"
    probabilities, saliency, _ = outputs
    if saliency.shape[1] != probabilities.shape[1]:
        return "an output 'saliency' of an unexpected shape or type"
    if saliency.min() < 0:
        return "an output 'saliency' below 0"
    if probabilities.min() < -_TOLERANCE or np.abs(probabilities.sum(axis=1) - 1).max() > _TOLERANCE:
        return "an output 'probabilities' that is below 0 or does not add up to 1"
    return None


def batch_size(side: int) -> int:
    """Return how many images of a side, pixels, fit the memory arena together, 1 to 16."""
    return max(1, min(BATCH, _BATCH_PIXELS // side**2))


def session(model: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """Load a graph with the settings of every network; raises any error of ONNX Runtime."""
    settings = _settings()
    settings.intra_op_num_threads = threads or _threads()
    # An untrusted graph could make it fold constants for ever, beyond the timeout; ours are folded already.
    return onnxruntime.InferenceSession(
        model, settings, providers=["CPUExecutionProvider"], disabled_optimizers=["ConstantFolding"]
    )


def _threads() -> int:
    """Return the number of cores that this process may use, or 0 for every physical core of the machine.

    ONNX Runtime knows only the latter: in a container with two of 64 cores its threads would be in each
    other's way.
    """
    cores = usable_cores()
    return cores if cores < (os.cpu_count() or 1) else 0


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
    most = max(MAX_MEMORY, (usable_cores() + 1) * _MEMORY_OF_A_RUN)
    arena = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(arena, onnxruntime.OrtArenaCfg({"max_mem": most}))


def _run_options() -> onnxruntime.RunOptions:
    options = onnxruntime.RunOptions()
    options.log_severity_level = _FATAL_ONLY
    return options
