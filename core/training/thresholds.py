"""Decision thresholds of a trained network, chosen on its validation set."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import log_softmax

from core.bundle.manifest import Decision, DomainLimit, DomainScoreName
from core.evaluation import calibration, conformal
from core.evaluation.predictions import probability_matrix
from core.inference.domain_scores import Nearest, Statistics
from core.recipe import kept_epoch
from core.schema import parse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.bundle.embeddings import StoredEmbeddings
    from core.bundle.manifest import TrainingSpec
    from core.inference.onnx_graph import Outputs
    from core.training.workspace import Workspace

# Chosen by ``core.experiments.domain_comparison``; docs/TRAINING.md says how.
DOMAIN_LEVEL, DOMAIN_FACTOR = 0.95, 1.5


class ImageStatistics(NamedTuple):
    """Statistics of images at input size, from ``core.images.statistics``.

    Attributes:
        training: of the M training images whose embeddings are stored, float32 [M, D].
        validation: of the N validation images, float32 [N, D].
    """

    training: NDArray[np.float32]
    validation: NDArray[np.float32]


def choose_thresholds(
    workspace: Workspace,
    spec: TrainingSpec,
    rows: pd.DataFrame,
    logits: NDArray[np.floating],
    temperature: float,
    outputs: Outputs,
    training: StoredEmbeddings,
    statistics: ImageStatistics,
) -> Decision:
    """Choose all thresholds of a network.

    Args:
        workspace: workspace with all epochs finished.
        spec: spec of the training.
        rows: rows of the split table for the N validation images.
        logits: logits of the kept epoch's network for them, float [N, C].
        temperature: temperature fitted to these logits, which the ONNX graph contains.
        outputs: outputs of its ONNX graph for them.
        training: stored embeddings of training images.
        statistics: statistics of these training images and of the validation images.
    """
    truth, names = spec.labels(rows), spec.class_names
    threshold, rule = None, "none: there is no positive class"
    if spec.positive_class is not None:
        positive = names.index(spec.positive_class)
        threshold = calibration.operating_threshold(truth, outputs.probabilities, positive)
        rule = (
            f"largest threshold with a sensitivity for {spec.positive_class} of at least 0.95 on the"
            " validation set"
        )
    # The scale of the stored embeddings cancels in their cosine.
    nearest = Nearest(training.values)(outputs.embedding)
    scores = _held_out_scores(workspace, spec, rows, logits)
    by_class = conformal.class_thresholds(truth, scores, rows["group"], len(names))
    fields = {
        "temperature": temperature,
        "operating_threshold": threshold,
        "operating_rule": rule,
        "conformal_threshold": conformal.conformal_threshold(scores, rows["group"]),
        "conformal_thresholds": None if by_class is None else dict(zip(names, by_class, strict=True)),
        "distance_threshold": calibration.distance_threshold(nearest),
        "domain": _domain_limits(nearest, Statistics(statistics.training)(statistics.validation)),
        "embedding_scale": training.scale,
    }
    return parse(Decision, fields, what="the decision of the network")


def _domain_limits(nearest: NDArray[np.float32], statistics: NDArray[np.float32]) -> tuple[DomainLimit, ...]:
    """Return the limits of the training domain, given both distances of the validation images."""
    by_name: dict[DomainScoreName, NDArray[np.float32]] = {"nearest": nearest, "statistics": statistics}
    return tuple(
        DomainLimit(
            score=name,
            threshold=DOMAIN_FACTOR * calibration.distance_threshold(distances, DOMAIN_LEVEL),
            factor=DOMAIN_FACTOR,
            level=DOMAIN_LEVEL,
        )
        for name, distances in by_name.items()
    )


def _held_out_scores(
    workspace: Workspace, spec: TrainingSpec, rows: pd.DataFrame, logits: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the conformal scores of the validation images, by epochs chosen without them."""
    keep = spec.recipe.keep
    kept = log_softmax(np.asarray(logits, np.float64), axis=1)
    epochs, by_epoch = [0], kept[np.newaxis]
    if keep != "last":
        table = workspace.validation_by_epoch()
        with np.errstate(divide="ignore"):
            found = np.log(probability_matrix(table, spec.class_names))
        by_epoch = found.reshape(-1, len(rows), len(spec.class_names))
        epochs = list(dict.fromkeys(table["epoch"]))
        # The paper's protocol augments validation images while it trains; the exported network sees them as
        # they are.
        by_epoch[epochs.index(kept_epoch(workspace.history(), keep))] = kept

    def choose(accuracies: NDArray[np.float64], losses: NDArray[np.float64]) -> int:
        history = pd.DataFrame({"epoch": epochs, "val_accuracy": accuracies, "val_loss": losses})
        return epochs.index(kept_epoch(history, keep))

    return conformal.held_out_scores(
        spec.labels(rows), by_epoch, rows["group"], choose=choose, seed=spec.seed
    )
