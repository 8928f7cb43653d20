"""Predictions of a bundle's network: probabilities, conformal set, saliency, distance to training images."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.bundle.folder import Bundle, BundleError, open_bundle
from core.bundle.manifest import MANIFEST, MODEL
from core.evaluation.conformal import prediction_set
from core.images.preprocessing import fit
from core.images.statistics import statistics
from core.inference.domain_scores import DOMAIN_SCORES, STATISTICS_SCORE
from core.inference.onnx_graph import Graph, Outputs, TimeLimitError
from core.inference.work_queue import CPU_QUEUE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.evaluation.domain_results import DomainScoreName
    from core.images.preprocessing import Preprocessing

# Predictions in a row that may miss the time limit before the network is taken out of service.
_MAX_LATE = 3


class OutOfServiceError(BundleError):
    """The network is out of service for good, since its predictions did not end in time."""


class Prediction(NamedTuple):
    """The prediction for one image.

    Attributes:
        probabilities: class name → calibrated probability.
        possible: conformal set, in class order; a size other than 1 means "not sure".
        saliency: float32 [C, h, w], at least 0, on the grid of the last feature map.
        distances: name of a domain score → distance to the training images, at least 0, in the order of the
            bundle's limits.
        unlike_training: whether the image is out of distribution: a distance is above its limit.
        image: network input, uint8 [S, S, 3].
        embedding: spatial mean of the last feature map, float32 [D].
    """

    probabilities: dict[str, float]
    possible: tuple[str, ...]
    saliency: NDArray[np.float32]
    distances: dict[DomainScoreName, float]
    unlike_training: bool
    image: NDArray[np.uint8]
    embedding: NDArray[np.float32]

    @property
    def distance(self) -> float:
        """Distance by the first of the bundle's domain scores."""
        return next(iter(self.distances.values()))

    @property
    def predicted_class(self) -> str:
        """Class with the highest probability."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    def without_arrays(self) -> Prediction:
        """Return the prediction without its arrays: those of ten thousand images would take gigabytes."""
        nothing = np.empty(0, np.float32)
        return self._replace(saliency=nothing, image=np.empty(0, np.uint8), embedding=nothing)


class Classifier:
    """A bundle's network with its preprocessing and decision thresholds. Safe for threads."""

    def __init__(self, bundle: Bundle, threads: int = 0) -> None:
        """Load the network of a verified bundle and try it on one black image.

        Args:
            bundle: bundle whose files are verified.
            threads: number of threads of one prediction; 0 for one on each core.

        Raises:
            BundleError: the network cannot be loaded, or its outputs do not fit the rest of the bundle.
        """
        self.bundle = bundle
        self._graph = Graph(bundle.folder / MODEL, threads)
        self._late = 0  # predictions in a row that did not end in time
        self._problem: str | None = None
        training = bundle.training_embeddings()
        side, count = self.preprocessing.image_size, len(bundle.manifest.class_names)
        what = f"{MODEL} of {bundle.folder.name}"
        misfit = f"{what} does not fit {MANIFEST} and its embeddings; pull or train it again."
        limits = bundle.manifest.decision.domain_limits
        by_name = {limit.score: training for limit in limits}
        if STATISTICS_SCORE in by_name:
            by_name[STATISTICS_SCORE] = bundle.training_statistics()
        try:
            self._scores = {name: DOMAIN_SCORES[name](rows) for name, rows in by_name.items()}
            outputs = self._graph.trial_run(side)
            width = training.shape[1]
            fits = outputs.probabilities.shape[1] == count and outputs.embedding.shape[1] == width
        except Exception as error:
            raise BundleError(misfit) from error
        if not fits:
            raise BundleError(misfit)

    @classmethod
    def from_bundle(cls, folder: Path) -> Classifier:
        """Verify the bundle in a folder and load its network.

        Args:
            folder: folder of the bundle.

        Raises:
            BundleError: the folder is not a valid bundle.
        """
        return cls(open_bundle(folder))

    @property
    def preprocessing(self) -> Preprocessing:
        """Preprocessing of images to the network input."""
        return self.bundle.manifest.recipe.preprocessing

    @property
    def problem(self) -> str | None:
        """Why the network is out of service for good, as a sentence, or None while it serves."""
        return self._problem

    def classify(self, image: NDArray[np.uint8], waiting: Callable[[int], None] | None = None) -> Prediction:
        """Classify one image, uint8 [H, W, 3] of any size; see ``classify_batch``."""
        return self.classify_batch([image], waiting)[0]

    def classify_batch(
        self, images: Sequence[NDArray[np.uint8]], waiting: Callable[[int], None] | None = None
    ) -> list[Prediction]:
        """Classify images, once the queue has a free slot.

        Args:
            images: N images, each uint8 [H, W, 3] of any size.
            waiting: function of the number of requests ahead; see ``work_queue.WorkQueue.slot``.

        Raises:
            QueueFullError: the queue is full.
            BundleError: an output of the network is not valid, or it has not ended in time.
            OutOfServiceError: it has not ended in time again and again.
        """
        if not images:
            return []
        with CPU_QUEUE.slot(waiting):
            return self._predict([fit(image, self.preprocessing) for image in images])

    def classify_fitted(
        self, images: Sequence[NDArray[np.uint8]], waiting: Callable[[int], None] | None = None
    ) -> list[Prediction]:
        """Classify images that are preprocessed already, without cropping or padding them a second time.

        Args:
            images: N images at input size, uint8 [S, S, 3] each.
            waiting: as for ``classify_batch``.

        Raises:
            QueueFullError: the queue is full.
            BundleError: see ``classify_batch``.
        """
        if len(images) == 0:
            return []
        with CPU_QUEUE.slot(waiting):
            return self._predict(images)

    def _predict(self, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
        outputs = self._run(images)
        decision, names = self.bundle.manifest.decision, self.bundle.manifest.class_names
        distances = self._distances(outputs.embedding, images)
        limits = {limit.score: limit.threshold for limit in decision.domain_limits}
        possible = prediction_set(outputs.probabilities, decision.conformal_thresholds_of(names))
        return [
            Prediction(
                probabilities=dict(zip(names, probabilities.tolist(), strict=True)),
                possible=tuple(name for name, is_possible in zip(names, classes, strict=True) if is_possible),
                saliency=saliency,
                distances=each,
                unlike_training=any(distance > limits[name] for name, distance in each.items()),
                image=image,
                embedding=embedding,
            )
            for probabilities, classes, saliency, each, image, embedding in zip(
                *(outputs.probabilities, possible, outputs.saliency, distances, images, outputs.embedding),
                strict=True,
            )
        ]

    def _distances(
        self, embeddings: NDArray[np.float32], images: Sequence[NDArray[np.uint8]]
    ) -> list[dict[DomainScoreName, float]]:
        """Return the distance of each image by each domain score."""
        found = {
            name: score(
                np.stack([statistics(image) for image in images]) if name == STATISTICS_SCORE else embeddings
            )
            for name, score in self._scores.items()
        }
        return [{name: float(values[row]) for name, values in found.items()} for row in range(len(images))]

    def _run(self, images: Sequence[NDArray[np.uint8]]) -> Outputs:
        """Run the network, and take it out of service where it keeps a processor busy again and again."""
        if self._problem:
            raise OutOfServiceError(self._problem)
        try:
            outputs = self._graph.run(images)
        except TimeLimitError as error:
            self._late += 1
            if error.ended and self._late < _MAX_LATE:
                raise
            why = (
                f"{self._late} predictions in a row did not end in time"
                if error.ended
                else "one cannot be stopped"
            )
            self._problem = (
                f"{MODEL} of {self.bundle.folder.name} is out of service, since {why}; use another model."
            )
            raise OutOfServiceError(self._problem) from None
        self._late = 0
        return outputs
