"""Pooled predictions and the spread over the folds. The command trains folds in tests/cli."""

import json

import numpy as np
import pandas as pd
import pytest

from core.bundle.folder import open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.evaluation.predictions import class_indices, probability_matrix
from core.experiments.cross_validation_report import SPREAD_OF, CrossValidation, summarise
from core.inference.evaluate import evaluate_out_of_fold


def summarised(run) -> tuple[CrossValidation, pd.DataFrame]:
    bundles = [open_bundle(run / fold) for fold in ("fold-1", "fold-2")]
    table = bundles[0].table(OUT_OF_FOLD)
    manifests = [bundle.manifest for bundle in bundles]
    return summarise(table, manifests, left_out=3, command="cross-validate"), table


def test_pooled_metrics_are_those_of_all_predictions(make_run) -> None:
    run = make_run("run")
    report, table = summarised(run)
    names = report.class_names
    hits = probability_matrix(table, names).argmax(axis=1) == class_indices(table["true_class"], names)
    assert report.pooled.images == len(table) == 24
    assert report.pooled.accuracy is not None
    assert report.pooled.accuracy.value == hits.mean()
    assert report.pooled.operating_point is None
    # The app has the bundle alone, and computes them anew.
    assert evaluate_out_of_fold(open_bundle(run / "fold-2")) == report.pooled
    assert report.positive is not None
    assert report.positive.against_rest.auc == report.pooled.per_class["malignant"].auc


def test_each_image_is_predicted_with_the_threshold_of_its_own_fold(make_run) -> None:
    run = make_run("run")
    bundles = [open_bundle(run / fold) for fold in ("fold-1", "fold-2")]
    manifests = [
        bundle.manifest.model_copy(
            update={
                "decision": bundle.manifest.decision.model_copy(update={"operating_threshold": threshold})
            }
        )
        for bundle, threshold in zip(bundles, (0.0, 1.0), strict=True)
    ]
    point = summarise(bundles[0].table(OUT_OF_FOLD), manifests, left_out=0, command="").operating_point
    assert point is not None
    assert point.sensitivity is not None
    assert point.specificity is not None
    # All of one fold and none of the other, which hold as many images of each class.
    assert (point.thresholds, point.sensitivity.value, point.specificity.value) == ((0, 1), 0.5, 0.5)


def test_without_a_positive_class_there_is_no_operating_point(make_run) -> None:
    report, _ = summarised(make_run("run", positive_class=None))
    assert report.operating_point is report.positive is None


def test_the_spread_is_that_of_the_folds_and_what_is_written_is_read_again(make_run) -> None:
    report, _ = summarised(make_run("run"))
    assert set(report.spread) == set(SPREAD_OF)
    for metric, spread in report.spread.items():
        values = [getattr(fold.metrics, metric).value for fold in report.per_fold]
        assert (spread.mean, spread.min, spread.max) == (np.mean(values), min(values), max(values))
        assert spread.standard_deviation == pytest.approx(np.std(values, ddof=1))
    assert [fold.fold for fold in report.per_fold] == [1, 2]
    assert CrossValidation.model_validate_json(report.model_dump_json()) == report
    assert json.loads(report.model_dump_json())["pooled"]["images"] == 24
