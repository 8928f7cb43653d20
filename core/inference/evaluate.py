"""The metrics of a bundle on its own test set or on another folder of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from core.bundle.manifest import OUT_OF_FOLD, TEST_SET
from core.bundle.training_overlap import seen_in_training
from core.data.groups import assign_groups
from core.data.index import build_index, read_image
from core.errors import UserError
from core.evaluation import pointing_game, positive_class
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import class_indices, probability_matrix

if TYPE_CHECKING:
    from pathlib import Path

    from core.bundle.folder import Bundle
    from core.inference.classifier import Classifier
    from core.progress import Progress

_BATCH = 16


class Assessment(NamedTuple):
    """The figures of a bundle on some images.

    Attributes:
        metrics: what ``core.evaluation.results.Metrics`` validates.
        positive: what ``positive_class.measure`` returns; None where there is no positive class.
        left_out: images not counted because they are, or nearly are, training or validation images.
        unknown_classes: sub-folders that name no class of the bundle; their images are not counted.
        pointing: how often the saliency of the predicted class peaks in the lesion, where there are masks.
    """

    metrics: dict[str, Any]
    positive: dict[str, Any] | None
    left_out: int
    unknown_classes: tuple[str, ...]
    pointing: pointing_game.Score | None


def on_test_part(bundle: Bundle) -> Assessment:
    """Compute the figures anew from the probabilities stored for the bundle's test set."""
    table = bundle.table(TEST_SET)
    names = bundle.manifest.class_names
    stored = probability_matrix(table, names)
    return Assessment(*_figures(bundle, table["true_class"], stored, table["group"]), 0, (), None)


def on_out_of_fold(bundle: Bundle) -> dict[str, Any]:
    """Compute the figures of the pooled out-of-fold predictions, as ``cross_validation.json`` gives them.

    They have no operating point: each fold chose its own threshold, and the bundle knows but one of them.

    Returns:
        What ``core.evaluation.results.Metrics`` validates.
    """
    table = bundle.table(OUT_OF_FOLD)
    stored = probability_matrix(table, bundle.manifest.class_names)
    return _evaluate(bundle, table["true_class"], stored, table["group"]) | {"operating_point": None}


def on_folder(classifier: Classifier, folder: Path, progress: Progress) -> Assessment:
    """Classify the images of a folder with one sub-folder per class. Masks take no part.

    Raises:
        UserError: the folder is not usable, or no image of a class that the bundle knows remains.
    """
    bundle = classifier.bundle
    names = bundle.manifest.class_names
    index = build_index(folder, lambda done, count: progress("Reading images", done, count), min_classes=1)
    groups = assign_groups(index)
    images = index[index["kind"] == "image"].assign(group=groups[index["kind"] == "image"])
    known = images["class"].isin(names)
    seen = pd.Series([bool(file) for file in seen_in_training(bundle, images)], index=images.index)
    counted = images[known & ~seen]
    unknown = tuple(sorted(set(images.loc[~known, "class"])))
    if counted.empty:
        raise UserError(
            f"{folder} has no image to evaluate: {int((known & seen).sum())} are training or validation "
            f"images of the bundle, and {int((~known).sum())} are of classes other than {', '.join(names)}."
        )
    masks = index[index["kind"] == "mask"].groupby("image")["file"].agg(list)
    rows: list[list[float]] = []
    throws: list[pointing_game.Throw | None] = []
    for start in range(0, len(counted), _BATCH):
        files = counted["file"].iloc[start : start + _BATCH]
        answers = classifier.classify_batch([read_image(folder / file) for file in files])
        for file, answer in zip(files, answers, strict=True):
            rows.append(list(answer.probabilities.values()))
            lesions = [read_image(folder / mask) for mask in masks.get(file, [])]
            saliency = answer.saliency[names.index(answer.predicted_class)]
            throws.append(pointing_game.throw(saliency, lesions, classifier.preprocessing))
        progress("Classifying", len(rows), len(counted))
    figures = _figures(bundle, counted["class"], np.array(rows), counted["group"])
    return Assessment(
        *figures, int((known & seen).sum()), unknown, pointing_game.score(throws, counted["group"])
    )


def _figures(
    bundle: Bundle, true_class: pd.Series, stored: Any, groups: pd.Series
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    manifest = bundle.manifest
    return _evaluate(bundle, true_class, stored, groups), positive_class.measure(
        class_indices(true_class, manifest.class_names),
        stored,
        groups,
        class_names=manifest.class_names,
        positive_class=manifest.positive_class,
        seed=manifest.seed,
    )


def _evaluate(bundle: Bundle, true_class: pd.Series, stored: Any, groups: pd.Series) -> dict[str, Any]:
    manifest = bundle.manifest
    return evaluate(
        class_indices(true_class, manifest.class_names),
        stored,
        groups,
        class_names=manifest.class_names,
        positive_class=manifest.positive_class,
        threshold=manifest.decision.operating_threshold,
        seed=manifest.seed,
    )
