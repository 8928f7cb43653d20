"""One recipe trained on every fold of the clean split: each image is predicted once, by a stranger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.bundle.folder import add_file, open_bundle
from core.bundle.manifest import OUT_OF_FOLD, TEST_SET
from core.bundle.tables import COLUMNS
from core.evaluation import positive_class
from core.evaluation.intervals import as_json, wilson_of_hits
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import class_indices, probability_columns, probability_matrix
from core.experiments.request import prepare, work_folder
from core.experiments.train import train_bundle
from core.files import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from core.bundle.manifest import Manifest
    from core.experiments.request import Request
    from core.progress import Progress, Say

REPORT = "cross_validation.json"
SPREAD_OF = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss", "brier_score")


def cross_validate(request: Request, folds: int, progress: Progress, say: Say) -> dict[str, Any]:
    """Train a network on each fold of the clean split and put their test predictions together.

    The folder ``request.output`` gets the bundles ``fold-1`` to ``fold-K``, the table
    ``out_of_fold.parquet``, which every one of these bundles holds too, and ``cross_validation.json``. It
    appears by one rename; until then the work stands in the folder with ``.partial`` added.

    Args:
        request: what to do.
        folds: their number K, 2 or more.
        progress: told of every step.
        say: told what the user should read before the training goes on.

    Returns:
        The content of ``cross_validation.json``.

    Raises:
        UserError: something the user can put right; what was finished before stays for ``resume``.
    """
    work = work_folder(request)
    prepared = prepare(request, progress)
    splits = [prepared.split("clean", seed=request.seed, fold=(k, folds)) for k in range(folds)]
    say(prepared.summary())
    folders = [work / f"fold-{number}" for number in range(1, folds + 1)]
    manifests = []
    for number, (split, folder) in enumerate(zip(splits, folders, strict=True), start=1):
        say(f"Fold {number} of {folds}.")
        spec = prepared.spec(f"{request.output.name}-fold-{number}", "clean", seed=request.seed)
        manifests.append(train_bundle(prepared, spec, split, folder, progress, say))
    table = out_of_fold(folders)
    table.to_parquet(work / OUT_OF_FOLD, index=False)
    for folder in folders:
        add_file(folder, work / OUT_OF_FOLD)
    report = summarise(table, manifests) | {"left_out": prepared.conflicting, "command": request.command}
    write_report(work / REPORT, report)
    work.rename(request.output)
    return report


def out_of_fold(folders: list[Path]) -> pd.DataFrame:
    """Put the test tables of the folds' bundles together, with the columns of ``out_of_fold.parquet``.

    Args:
        folders: of the bundles, in the order of the folds, which count from 1.
    """
    bundles = [open_bundle(folder) for folder in folders]
    tables = [bundle.table(TEST_SET).assign(fold=number) for number, bundle in enumerate(bundles, start=1)]
    columns = [*COLUMNS[OUT_OF_FOLD], *probability_columns(bundles[0].manifest.class_names)]
    return pd.concat(tables, ignore_index=True)[columns]


def summarise(table: pd.DataFrame, manifests: list[Manifest]) -> dict[str, Any]:
    """Measure the pooled predictions and the spread of the folds.

    Args:
        table: from ``out_of_fold``.
        manifests: of the folds' bundles.

    Returns:
        Numbers, lists and dictionaries. ``pooled`` is what ``results.Metrics`` validates, without an
        operating point: each fold chose its own threshold. ``operating_point`` calls each image by the
        threshold of its own fold; ``positive`` is what ``positive_class.measure`` returns of the pooled
        predictions, or None. The folds share training images, so their standard deviation is a
        spread and no standard error.
    """
    first = manifests[0]
    names = first.class_names
    chances = probability_matrix(table, names)
    truth = class_indices(table["true_class"], names)
    pooled = evaluate(
        truth,
        chances,
        table["group"],
        class_names=names,
        positive_class=first.positive_class,
        threshold=None,
        seed=first.seed,
    )
    figures = positive_class.measure(
        truth,
        chances,
        table["group"],
        class_names=names,
        positive_class=first.positive_class,
        seed=first.seed,
    )
    operating_point = None
    if first.positive_class is not None:
        thresholds = [manifest.decision.operating_threshold for manifest in manifests]
        called = chances[:, names.index(first.positive_class)] >= np.array(thresholds)[table["fold"] - 1]
        is_positive = (table["true_class"] == first.positive_class).to_numpy()

        def share(hits: Any, among: Any) -> dict[str, float] | None:
            return as_json(wilson_of_hits(hits[among], table["group"][among]))

        operating_point = {
            "thresholds": thresholds,
            "sensitivity": share(called, is_positive),
            "specificity": share(~called, ~is_positive),
        }
    per_fold = [
        {
            "fold": number,
            "best_epoch": manifest.best_epoch,
            "counts": manifest.counts,
            "metrics": manifest.metrics.model_dump(mode="json"),
        }
        for number, manifest in enumerate(manifests, start=1)
    ]
    return {
        "recipe": first.recipe.model_dump(mode="json"),
        "data": first.data.model_dump(mode="json"),
        "grouping": first.grouping,
        "class_names": list(names),
        "positive_class": first.positive_class,
        "seed": first.seed,
        "folds": len(manifests),
        "pooled": pooled,
        "operating_point": operating_point,
        "positive": figures,
        "per_fold": per_fold,
        "spread": {figure: _spread(manifests, figure) for figure in SPREAD_OF},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": first.versions,
    }


def _spread(manifests: list[Manifest], figure: str) -> dict[str, float]:
    values = np.array([getattr(manifest.metrics, figure).value for manifest in manifests])
    return {
        "mean": float(values.mean()),
        "standard_deviation": float(values.std(ddof=1)),
        "min": float(values.min()),
        "max": float(values.max()),
    }
