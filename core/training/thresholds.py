"""Decision thresholds of a trained network, chosen on its validation set or on held-out sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import log_softmax

from core.bundle.manifest import Decision, DomainLimit
from core.evaluation import calibration, conformal, held_out
from core.evaluation.domain_comparison import flag_rate
from core.evaluation.domain_results import COMBINATION, LEVEL, SCORES_OF
from core.evaluation.predictions import probability_matrix
from core.recipe import kept_epoch
from core.schema import parse

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from core.bundle.manifest import TrainingSpec
    from core.evaluation.domain_results import FlagRate
    from core.evaluation.limits import HeldOutLimits
    from core.inference.domain_scores import Features
    from core.training.workspace import Workspace

# Without a run with held-out sources, whose comparison of the scores would choose.
DOMAIN_SCORE, DOMAIN_FACTOR = COMBINATION, 1.5


def choose_thresholds(
    workspace: Workspace,
    spec: TrainingSpec,
    rows: pd.DataFrame,
    logits: NDArray[np.floating],
    temperature: float,
    probabilities: NDArray[np.floating],
    validation: Features,
    training: Features,
    embedding_scale: float,
) -> Decision:
    """Choose all thresholds of a network.

    Args:
        workspace: workspace with all epochs finished.
        spec: spec of the training.
        rows: rows of the split table for the N validation images.
        logits: logits of the kept epoch's network for them, float [N, C].
        temperature: temperature that the ONNX graph contains, from ``choose_temperature``.
        probabilities: calibrated, of its ONNX graph for them, float [N, C].
        validation: features of these images.
        training: features of training images, with the embeddings as they are stored.
        embedding_scale: factor from the stored embeddings to those of the network.
    """
    truth, names = spec.labels(rows), spec.class_names
    elsewhere = spec.held_out[0].limits if spec.held_out else None
    threshold, rule = None, "none: there is no positive class"
    if elsewhere is not None and elsewhere.limits.operating_threshold is not None:
        threshold = elsewhere.limits.operating_threshold
        rule = (
            "smallest threshold that gave networks trained without a source a sensitivity of 0.95 for "
            f"{spec.positive_class} on it"
        )
    elif spec.positive_class is not None:
        positive = names.index(spec.positive_class)
        threshold = calibration.operating_threshold(truth, probabilities, positive)
        rule = (
            f"largest threshold with a sensitivity for {spec.positive_class} of at least 0.95 on the"
            " validation set"
        )
    scores = _held_out_scores(workspace, spec, rows, logits, temperature if elsewhere else None)
    by_class = _conformal_thresholds(spec, rows, scores, elsewhere)
    domain_score, factor = DOMAIN_SCORE, DOMAIN_FACTOR
    if spec.held_out and (measured := spec.held_out[0].domain) is not None:
        domain_score, factor = measured.chosen, measured.best.factor
    limited = SCORES_OF[domain_score]
    distances = {name: validation.distances(name, training) for name in {"nearest", *limited}}
    units = {name: calibration.distance_threshold(distances[name], LEVEL) for name in limited}
    fields = {
        "temperature": temperature,
        "operating_threshold": threshold,
        "operating_rule": rule,
        "conformal_threshold": conformal.conformal_threshold(scores, rows["group"]),
        "conformal_thresholds": by_class,
        "distance_threshold": calibration.distance_threshold(distances["nearest"]),
        "domain": tuple(
            DomainLimit(score=name, threshold=factor * unit, factor=factor, level=LEVEL)
            for name, unit in units.items()
        ),
        "embedding_scale": embedding_scale,
    }
    return parse(Decision, fields, what="the decision of the network")


def flagged_at_home(decision: Decision, images: Features, training: Features, groups: ArrayLike) -> FlagRate:
    """Return how many of N test images the network's own limits of the training domain flag.

    Args:
        decision: thresholds of the network.
        images: features of the images.
        training: features of training images.
        groups: group labels [N].
    """
    flagged = [images.distances(limit.score, training) > limit.threshold for limit in decision.domain_limits]
    return flag_rate(np.any(flagged, axis=0), groups)


def choose_temperature(
    spec: TrainingSpec, true_class: NDArray[np.int64], logits: NDArray[np.floating]
) -> float:
    """Return the temperature of a network: that of held-out sources, or fitted to its validation images.

    Args:
        spec: spec of the training.
        true_class: of the validation images, int [N].
        logits: of the kept epoch's network for them, float [N, C].
    """
    if spec.held_out:
        return spec.held_out[0].limits.limits.temperature
    return calibration.fit_temperature(true_class, logits)


def _conformal_thresholds(
    spec: TrainingSpec, rows: pd.DataFrame, scores: NDArray[np.float64], elsewhere: HeldOutLimits | None
) -> dict[str, float] | None:
    truth, names, groups = spec.labels(rows), spec.class_names, rows["group"].to_numpy()
    if elsewhere is not None:
        return held_out.complete(elsewhere.limits, truth, scores, groups, names)
    by_class = conformal.class_thresholds(truth, scores, groups, len(names))
    return None if by_class is None else dict(zip(names, by_class, strict=True))


def _held_out_scores(
    workspace: Workspace,
    spec: TrainingSpec,
    rows: pd.DataFrame,
    logits: NDArray[np.floating],
    temperature: float | None,
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
        spec.labels(rows),
        by_epoch,
        rows["group"],
        choose=choose,
        seed=spec.seed,
        temperature=temperature,
    )
