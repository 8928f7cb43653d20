"""Limits by held-out source from the bundles of a cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, VALIDATION
from core.evaluation.calibration import LEAST_LOGIT
from core.evaluation.held_out import LabelledLogits, choose_limits, measure_sources
from core.evaluation.predictions import class_indices, probability_matrix
from core.experiments.cross_validation_report import all_classes, positive_class_of, with_all_classes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.bundle.manifest import Manifest
    from core.evaluation.limits import HeldOutLimits, Limits
    from core.experiments.cross_validation_report import NamedFold


class _Run(NamedTuple):
    """The test predictions of a run, as of uncalibrated networks.

    Attributes:
        predictions: N images.
        sources: name of the fold of each, [N].
        class_names: classes of all folds together.
        positive_class: the positive class, or None.
    """

    predictions: LabelledLogits
    sources: NDArray[Any]
    class_names: tuple[str, ...]
    positive_class: str | None


def measure_limits(table: pd.DataFrame, folders: Sequence[Path], folds: Sequence[NamedFold]) -> HeldOutLimits:
    """Choose limits for each held-out source on the others, and measure them on it.

    Args:
        table: the pooled test predictions, as ``out_of_fold.parquet`` has them.
        folders: folders of the folds' bundles, in the order of the folds; the table counts them from 1.
        folds: the folds, each of them a source.
    """
    bundles = [open_bundle(folder) for folder in folders]
    names = [str(fold.name) for fold in folds]
    run = _pooled(table, [bundle.manifest for bundle in bundles], names)
    return measure_sources(
        run.predictions,
        run.sources,
        {name: _at_home(bundle, run.class_names) for name, bundle in zip(names, bundles, strict=True)},
        run.class_names,
        classes={name: bundle.manifest.class_names for name, bundle in zip(names, bundles, strict=True)},
        positive_class=run.positive_class,
        joined={name: fold.joined for name, fold in zip(names, folds, strict=True)},
        seed=bundles[0].manifest.seed,
    )


def choose_without(table: pd.DataFrame, folders: Sequence[Path], tested: Collection[str]) -> Limits:
    """Choose limits on all held-out sources, for a network that will be tested on some of their images.

    Args:
        table: the pooled test predictions, as ``out_of_fold.parquet`` has them.
        folders: folders of the folds' bundles, in the order of the folds.
        tested: SHA-256 of the images that the limits will be measured on; no image of their groups chooses.
    """
    run = _pooled(table, [open_bundle(folder).manifest for folder in folders], list(map(str, folders)))
    groups = set(table["group"][table["sha256"].isin(tested)])
    choosing = ~table["group"].isin(groups).to_numpy()
    positive = None if run.positive_class is None else run.class_names.index(run.positive_class)
    return choose_limits(run.predictions.rows(choosing), run.sources[choosing], positive, run.class_names)


def _pooled(table: pd.DataFrame, manifests: Sequence[Manifest], names: Sequence[str]) -> _Run:
    class_names = all_classes(manifests)
    predictions = _logits(table, class_names)
    temperatures = np.array([manifest.decision.temperature for manifest in manifests])
    # The stored probabilities are those of the logits divided by the temperature of their fold.
    scaled = predictions.logits * temperatures[table["fold"] - 1][:, np.newaxis]
    return _Run(
        predictions._replace(logits=np.where(predictions.logits > LEAST_LOGIT, scaled, LEAST_LOGIT)),
        np.array([names[number - 1] for number in table["fold"]], object),
        class_names,
        positive_class_of(manifests),
    )


def _at_home(bundle: Bundle, class_names: tuple[str, ...]) -> LabelledLogits:
    """Return a network's predictions for its validation images at the kept epoch."""
    by_epoch, split = bundle.table(VALIDATION), bundle.table(SPLIT)
    rows = by_epoch[by_epoch["epoch"] == bundle.manifest.best_epoch]
    rows = rows.merge(split[["file", "group"]], on="file")
    return _logits(with_all_classes(rows, class_names), class_names)


def _logits(table: pd.DataFrame, class_names: tuple[str, ...]) -> LabelledLogits:
    """Return the logarithms of a table's probabilities."""
    with np.errstate(divide="ignore"):
        logits = np.log(probability_matrix(table, class_names))
    truth = class_indices(table["true_class"], class_names)
    return LabelledLogits(truth, np.maximum(logits, LEAST_LOGIT), table["group"].to_numpy())
