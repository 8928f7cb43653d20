"""ONNX Runtime answers for a picture: probabilities, saliency, distance to the training pictures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnxruntime

from core.bundle import Bundle, BundleError, open_bundle
from core.calibration import prediction_set
from core.images import fit
from core.manifest import EMBEDDINGS, MANIFEST, MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.recipe import Preprocessing

# A fixed size, so that a picture's answer does not depend on how many others are asked for.
BATCH = 16
OUTPUTS = ("probabilities", "saliency", "embedding")


class Outputs(NamedTuple):
    """What the graph says of N pictures.

    Attributes:
        probabilities: float32 [N, C], calibrated.
        saliency: float32 [N, C, h, w], not negative, not normalised (HiResCAM, Draelos and Carin 2020).
        embedding: float32 [N, D], spatial mean of the last feature map.
    """

    probabilities: NDArray[np.float32]
    saliency: NDArray[np.float32]
    embedding: NDArray[np.float32]


class Prediction(NamedTuple):
    """What the model says of one picture.

    Attributes:
        probabilities: class name → probability, calibrated.
        possible: the conformal set, classes in order; other than one class means "not sure".
        saliency: float32 [C, h, w], not negative; cells of the last feature map.
        distance: cosine distance to the nearest training picture, 0–2.
        unlike_training: the distance is above that of 99 % of the validation pictures.
        picture: uint8 [S, S, 3], what the network saw.
    """

    probabilities: dict[str, float]
    possible: tuple[str, ...]
    saliency: NDArray[np.float32]
    distance: float
    unlike_training: bool
    picture: NDArray[np.uint8]

    @property
    def predicted_class(self) -> str:
        """The most probable class."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


class Graph:
    """The graph of ``model.onnx`` alone. Calls from several threads are safe."""

    def __init__(self, model: Path) -> None:
        """Load a graph.

        Raises:
            BundleError: ONNX Runtime cannot load it, it keeps weights in other files, or its outputs are
                not the ones of a bundle.
        """
        what = f"{model.name} of {model.absolute().parent.name}"
        options = onnxruntime.SessionOptions()
        # Weights outside the file are looked for where no file can be: no hash vouches for them.
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise BundleError(
                f"{what} is not a network that ONNX Runtime can load with all its weights inside the file; "
                "pull it again, or train it again."
            ) from error
        names = {output.name for output in self._session.get_outputs()}
        if not names.issuperset(OUTPUTS):
            raise BundleError(f"{what} lacks the output {min(set(OUTPUTS) - names)}; train it again.")

    def run(self, pictures: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> Outputs:
        """Answer for pictures at input size, uint8 [N, S, S, 3] with N of at least 1."""
        parts = [
            self._session.run(OUTPUTS, {"image": np.asarray(pictures[start : start + BATCH], np.float32)})
            for start in range(0, len(pictures), BATCH)
        ]
        return Outputs(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


class Classifier:
    """A bundle's network with its preprocessing and its decisions."""

    def __init__(self, bundle: Bundle) -> None:
        """Load the network of a checked bundle, and answer for one black picture.

        Raises:
            BundleError: the network cannot be loaded, or its answer does not fit the rest of the bundle.
        """
        self.bundle = bundle
        self._graph = Graph(bundle.folder / MODEL)
        self._training = _unit_rows(bundle.training_embeddings())
        side, count = self.preprocessing.image_size, len(bundle.manifest.class_names)
        misfit = (
            f"{MODEL} of {bundle.folder.name} gives no answer that fits {MANIFEST} and {EMBEDDINGS}; "
            "pull it again, or train it again."
        )
        try:
            probabilities, saliency, embedding = self._graph.run(np.zeros((1, side, side, 3), np.uint8))
            fits = (
                probabilities.shape == (1, count)
                and saliency.ndim == 4  # noqa: PLR2004
                and saliency.shape[:2] == (1, count)
                and saliency.size > 0
                and embedding.shape == (1, self._training.shape[1])
                and all(np.isfinite(output).all() for output in (probabilities, saliency, embedding))
            )
        except Exception as error:
            raise BundleError(misfit) from error
        if not fits:
            raise BundleError(misfit)

    @classmethod
    def from_bundle(cls, folder: Path) -> Classifier:
        """Check the bundle in a folder and load its network.

        Raises:
            BundleError: the folder is no bundle that can be used.
        """
        return cls(open_bundle(folder))

    @property
    def preprocessing(self) -> Preprocessing:
        """How pictures are fitted to the input."""
        return self.bundle.manifest.recipe.preprocessing

    def classify(self, image: NDArray[np.uint8]) -> Prediction:
        """Answer for one picture, uint8 [H, W, 3] of any size."""
        return self.classify_batch([image])[0]

    def classify_batch(self, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
        """Answer for pictures, each uint8 [H, W, 3] of any size."""
        if not images:
            return []
        pictures = [fit(image, self.preprocessing) for image in images]
        outputs = self._graph.run(pictures)
        decision, names = self.bundle.manifest.decision, self.bundle.manifest.class_names
        distances = cosine_distance(outputs.embedding, self._training)
        possible = prediction_set(outputs.probabilities, decision.conformal_threshold)
        return [
            Prediction(
                probabilities=dict(zip(names, probabilities.tolist(), strict=True)),
                possible=tuple(name for name, is_possible in zip(names, classes, strict=True) if is_possible),
                saliency=saliency,
                distance=float(distance),
                unlike_training=bool(distance > decision.distance_threshold),
                picture=picture,
            )
            for probabilities, classes, saliency, distance, picture in zip(
                outputs.probabilities, possible, outputs.saliency, distances, pictures, strict=True
            )
        ]


def cosine_distance(embeddings: NDArray[np.floating], training: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the cosine distance, 0–2, of each row [N, D] to the nearest row of ``training`` [M, D]."""
    # Rounding can take the cosine of equal rows past 1.
    return np.clip(1 - (_unit_rows(embeddings) @ _unit_rows(training).T).max(axis=1), 0, 2)


def _unit_rows(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    rows = np.asarray(rows, np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
