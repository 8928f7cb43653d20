"""Limits by held-out source from the bundles of a cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, VALIDATION
from core.evaluation.calibration import LEAST_LOGIT
from core.evaluation.held_out import LabelledLogits, measure_sources
from core.evaluation.predictions import class_indices, probability_columns, probability_matrix
from core.experiments.cross_validation_report import all_classes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from core.evaluation.limits import HeldOutLimits
    from core.experiments.cross_validation_report import NamedFold


def measure_limits(table: pd.DataFrame, folders: Sequence[Path], folds: Sequence[NamedFold]) -> HeldOutLimits:
    """Choose limits for each held-out source on the others, and measure them on it.

    Args:
        table: the pooled test predictions, as ``out_of_fold.parquet`` has them.
        folders: folders of the folds' bundles, in the order of the folds; the table counts them from 1.
        folds: the folds, each of them a source.
    """
    bundles = [open_bundle(folder) for folder in folders]
    manifests = [bundle.manifest for bundle in bundles]
    class_names = all_classes(manifests)
    names = [str(fold.name) for fold in folds]
    temperatures = np.array([manifest.decision.temperature for manifest in manifests])
    predictions = _logits(table, class_names)
    # The stored probabilities are those of the logits divided by the temperature of their fold.
    scaled = predictions._replace(
        logits=np.where(
            predictions.logits > LEAST_LOGIT,
            predictions.logits * temperatures[table["fold"] - 1][:, np.newaxis],
            LEAST_LOGIT,
        )
    )
    home = {}
    for name, bundle in zip(names, bundles, strict=True):
        by_epoch, split = bundle.table(VALIDATION), bundle.table(SPLIT)
        rows = by_epoch[by_epoch["epoch"] == bundle.manifest.best_epoch]
        rows = rows.merge(split[["file", "group"]], on="file")
        columns = probability_columns(class_names)
        # A network gives no probability to a class that it does not have.
        home[name] = _logits(
            rows.reindex(columns=[*rows, *set(columns) - set(rows)], fill_value=0.0), class_names
        )
    return measure_sources(
        scaled,
        np.array([names[number - 1] for number in table["fold"]], object),
        home,
        class_names,
        positive_class=next((one.positive_class for one in manifests if one.positive_class), None),
        joined={name: fold.joined for name, fold in zip(names, folds, strict=True)},
        seed=manifests[0].seed,
    )


def _logits(table: pd.DataFrame, class_names: tuple[str, ...]) -> LabelledLogits:
    """Return the logarithms of a table's probabilities."""
    with np.errstate(divide="ignore"):
        logits = np.log(probability_matrix(table, class_names))
    truth = class_indices(table["true_class"], class_names)
    return LabelledLogits(truth, np.maximum(logits, LEAST_LOGIT), table["group"].to_numpy())
