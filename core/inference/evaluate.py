"""Metrics of a bundle on its own test set, on its out-of-fold predictions or on another folder of images."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from core.bundle.limitations import warnings
from core.bundle.manifest import OUT_OF_FOLD, TEST_SET
from core.data.groups import assign_groups, join_patients, joins_patients, joins_sub_folders
from core.data.index import build_index, describe_notes
from core.data.patients import find_patients
from core.data.plausibility import check_groups
from core.data.provenance import LESION_AREA, combine
from core.errors import UserError
from core.evaluation import metrics, pointing_game, positive_class, radiologists
from core.evaluation.pointing_game import PointingAccuracy
from core.evaluation.predictions import LabelledPredictions, class_indices
from core.evaluation.radiologists import Radiologists
from core.evaluation.results import Metrics, PositiveClassMetrics, SubsetMetrics
from core.evaluation.subsets import columns_of, measure_subsets
from core.inference.evaluated_images import ImageFiles, evaluate_images
from core.inference.seen_images import SeenCounts, count_seen, find_seen_images
from core.schema import Strict
from core.worker_processes import usable_cores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from core.bundle.folder import Bundle
    from core.data.data_set import DataSet
    from core.data.provenance import DataSource
    from core.inference.classifier import Classifier
    from core.progress import Progress

COUNTED_AS_INDEPENDENT = (
    "images of one patient were counted as independent, unless they are near-duplicates. If patients have "
    "several images here, the confidence intervals are too narrow."
)


class SkippedFile(Strict):
    """An image that was not evaluated."""

    file: str
    reason: str


class EvaluationReport(Strict):
    """Metrics of a bundle on some images, as ``train_cli.py evaluate`` writes them."""

    bundle: str = Field(description="name of the model")
    data: str | None = Field(description="name of the data; None for the bundle's own test set")
    left_out: int = Field(
        ge=0, description="images skipped as training or validation images, duplicates or of the same patient"
    )
    left_out_by: SeenCounts | None = Field(
        None,
        exclude_if=lambda reasons: reasons is None,
        description="the same images by reason; None where there are none, and in earlier reports",
    )
    unknown_classes: tuple[str, ...] = Field(
        (), exclude=True, description="classes of the data that are no class of the bundle; skipped"
    )
    pointing_game: PointingAccuracy | None = Field(
        alias="saliency_peak_in_lesion", description="of the predicted class; None without lesion masks"
    )
    not_read: tuple[SkippedFile, ...] = Field((), description="images that were skipped, with the reason")
    independence: str | None = Field(
        None,
        description="what the confidence intervals assume of the data; None where its patient ids are known, "
        "and for the bundle's own test set, of which the notes say it",
    )
    notes: tuple[str, ...] = Field(description="what limits the model's metrics")
    remarks: tuple[str, ...] = Field((), description="how the data were read, and what was left out of them")
    metrics: Metrics
    positive: PositiveClassMetrics | None = Field(None, description="None where there is no positive class")
    subsets: tuple[SubsetMetrics, ...] = Field(
        (),
        exclude_if=lambda subsets: not subsets,
        description="metrics of the images of each source, machine, BI-RADS category and lesion size",
    )
    radiologists: Radiologists | None = Field(
        None,
        exclude_if=lambda found: found is None,
        description="where the data have BI-RADS categories from 1 to 5 of enough images",
    )


def evaluate_test_set(bundle: Bundle) -> EvaluationReport:
    """Compute the metrics of the probabilities stored for the bundle's test set."""
    table = bundle.table(TEST_SET)
    return EvaluationReport(
        bundle=bundle.manifest.name,
        data=None,
        left_out=0,
        pointing_game=None,
        notes=tuple(warnings(bundle.manifest)),
        **_results(bundle, table, LabelledPredictions.from_table(table, bundle.manifest.class_names)),
    )


def current_metrics(bundle: Bundle) -> Metrics:
    """Return the metrics of the bundle's test set, with intervals of the present method.

    They are those of the manifest, unless an earlier version computed these by another method.
    """
    stored = bundle.manifest.metrics
    return stored if stored.intervals is not None else _metrics(bundle, _predictions(bundle, TEST_SET))


def evaluate_out_of_fold(bundle: Bundle) -> Metrics:
    """Compute the metrics of the pooled out-of-fold predictions, as ``cross_validation.json`` has them.

    They have no operating point: each fold chose its own threshold, and a bundle stores that of its fold.
    """
    metrics_of_all = _metrics(bundle, _predictions(bundle, OUT_OF_FOLD))
    return metrics_of_all.model_copy(update={"operating_point": None})


def compare_radiologists(bundle: Bundle, name: str = TEST_SET) -> Radiologists | None:
    """Compare radiologists and model on the images of a table that have a BI-RADS category from 1 to 5.

    Args:
        bundle: the bundle.
        name: ``TEST_SET`` or ``OUT_OF_FOLD``.

    Returns:
        None where the table has too few such images, or there is no positive class.
    """
    table = bundle.table(name)
    return _compare(bundle, table, LabelledPredictions.from_table(table, bundle.manifest.class_names))


def evaluate_data(
    classifier: Classifier, data: DataSet, progress: Progress, *, name: str, groups: Sequence[Path] = ()
) -> EvaluationReport:
    """Classify the images of a data set; segmentation masks are not classified.

    Args:
        classifier: classifier of the bundle, whose network has one thread.
        data: data set, read with the bundle's classes as known ones.
        progress: function that reports each step.
        name: name of the data in the report.
        groups: tables of patient ids, as ``core.data.groups.read_groups`` takes them. A patient of whom the
            model has seen an image is skipped.

    Raises:
        UserError: the data or a table is not usable, or no image of a class of the bundle remains.
    """
    bundle = classifier.bundle
    names = bundle.manifest.class_names
    built = build_index(
        data,
        lambda done, count: progress("Reading images", done, count),
        training=False,
        frames=bundle.manifest.shared_frames,
        processes=usable_cores(),
    )
    patients = find_patients(data, built.table, groups)
    index = built.table.assign(patient=patients.ids)
    source = combine(patients.sources)
    has_groups = joins_patients(patients.grouping)
    duplicate_groups = assign_groups(index)
    groups_of = join_patients(duplicate_groups, index)
    images = index[index["kind"] == "image"].assign(group=groups_of[index["kind"] == "image"])
    known = images["class"].isin(names)
    reasons = find_seen_images(bundle, images, grouped=has_groups)
    seen = reasons != ""
    counted, seen_counts = images[known & ~seen], count_seen(reasons[known])
    if counted.empty:
        also = " or of the same patients" if has_groups else ""
        how, cause = (f" ({seen_counts.described()})", f" {seen_counts.cause()}") if seen_counts else ("", "")
        others = sorted(set(images.loc[~known, "class"]))
        advice = (
            f" ({', '.join(others)}); --map {shlex.quote(others[0])}=CLASS says what one means"
            if others
            else ""
        )
        raise UserError(
            f"{name} has no image to evaluate: {int((known & seen).sum())} are training or validation "
            f"images of the bundle{also}{how}, and {int((~known).sum())} are of classes other than "
            f"{', '.join(names)}{advice}.{cause}"
        )
    masks = index[index["kind"] == "mask"].groupby("image")["file"].agg(list)
    path = data.folders.path
    files = [ImageFiles(path(file), tuple(map(path, masks.get(file, ())))) for file in counted["file"]]
    evaluated = evaluate_images(classifier, files, lambda done, count: progress("Classifying", done, count))
    predictions = LabelledPredictions(
        class_indices(counted["class"], names),
        np.array([each.probabilities for each in evaluated]),
        counted["group"].to_numpy(),
    )
    implausible = check_groups(index.assign(group=duplicate_groups)).warnings
    remarks = (
        *data.remarks,
        *built.remarks,
        patients.remark,
        describe_notes(index),
        *(f"Warning: {warning}" for warning in implausible),
        seen_counts.warning(int(known.sum())) if seen_counts else "",
    )
    return EvaluationReport(
        bundle=bundle.manifest.name,
        data=name,
        left_out=int((known & seen).sum()),
        left_out_by=seen_counts,
        unknown_classes=tuple(sorted(set(images.loc[~known, "class"]))),
        not_read=tuple(
            SkippedFile(file=file, reason=reason or problem)
            for file, problem, reason in built.left_out[["file", "problem", "reason"]].itertuples(index=False)
        ),
        remarks=tuple(filter(None, remarks)),
        independence=_independence(source, patients.grouping),
        pointing_game=pointing_game.accuracy([each.pointing for each in evaluated], counted["group"]),
        notes=tuple(warnings(bundle.manifest)),
        **_results(bundle, counted.assign(**{LESION_AREA: [each.area for each in evaluated]}), predictions),
    )


def _independence(source: DataSource, grouping: str) -> str | None:
    """Return what the intervals assume, where patients of a source are not known; else None."""
    unknown = source.without_patient_ids()
    if not unknown:
        return None
    which = "" if len(unknown) == len(source.each()) else f" of {' and '.join(unknown)}"
    exceptions = "near-duplicates or in one sub-folder" if joins_sub_folders(grouping) else "near-duplicates"
    return f"No patient ids{which}: {COUNTED_AS_INDEPENDENT.replace('near-duplicates', exceptions)}"


def _predictions(bundle: Bundle, name: str) -> LabelledPredictions:
    return LabelledPredictions.from_table(bundle.table(name), bundle.manifest.class_names)


def _options(bundle: Bundle) -> dict[str, Any]:
    return {name: getattr(bundle.manifest, name) for name in ("class_names", "positive_class", "seed")}


def _metrics(bundle: Bundle, predictions: LabelledPredictions) -> Metrics:
    threshold = bundle.manifest.decision.operating_threshold
    return metrics.evaluate(*predictions, threshold=threshold, **_options(bundle))


def _compare(bundle: Bundle, table: pd.DataFrame, predictions: LabelledPredictions) -> Radiologists | None:
    return radiologists.compare_table(table, predictions, **_options(bundle))


def _results(bundle: Bundle, table: pd.DataFrame, predictions: LabelledPredictions) -> dict[str, Any]:
    """Return the fields of a report that follow from predictions for the images of a table."""
    options, threshold = _options(bundle), bundle.manifest.decision.operating_threshold
    return {
        "metrics": _metrics(bundle, predictions),
        "positive": positive_class.measure(*predictions, **options),
        "subsets": measure_subsets(*predictions, columns_of(table), threshold=threshold, **options),
        "radiologists": _compare(bundle, table, predictions),
    }
