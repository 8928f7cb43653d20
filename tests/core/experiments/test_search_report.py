"""The report of a search: one data set among the classes it has, and the mean of the logits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reading import request_for, silent

from core.evaluation.predictions import probability_columns
from core.experiments import search_report
from core.experiments.request import prepare
from core.experiments.search_folds import SearchFolds
from core.recipe import Recipe

pytestmark = pytest.mark.xdist_group("held-out")
CLASSES = ("benign", "malignant", "normal")


def predictions(seed: int, fold: int) -> pd.DataFrame:
    """30 images at home, of three classes, and 20 elsewhere, of two."""
    rng = np.random.default_rng(100 * seed + fold)
    truth = [*CLASSES * 10, *CLASSES[:2] * 10]
    logits = rng.normal(size=(50, 3))
    logits[range(50), [CLASSES.index(name) for name in truth]] += 1
    table = pd.DataFrame(
        np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), columns=probability_columns(CLASSES)
    )
    table = table.assign(
        file=[f"{fold}-{number}.png" for number in range(50)],
        true_class=truth,
        group=[100 * fold + number for number in range(50)],
        source=["home"] * 30 + ["away"] * 20,
        fold=fold,
        seconds=60.0,
    )
    # The first fold has no malignant image elsewhere.
    return table[(fold > 1) | (table["source"] == "home") | (table["true_class"] == "benign")]


def test_sources_are_measured_among_their_classes_and_paired(phantoms: Path, tmp_path: Path) -> None:
    prepared = prepare(request_for(phantoms, tmp_path / "out", Recipe()), silent)
    searched = {
        name: search_report.Searched(Recipe(), seed, [predictions(seed, fold) for fold in (1, 2)])
        for name, seed in (("first", 0), ("second", 1))
    }
    report = search_report.summarise(prepared, SearchFolds([pd.DataFrame()] * 2, CLASSES, "what"), searched)
    assert (report.predictions, report.finished, report.folds) == (90, 2, 2)
    first, second = report.configurations.values()
    assert (first.seconds, second.seed) == (120, 1)
    away = second.sources["away"]
    assert away.class_names == ("benign", "malignant")
    assert first.sources["home"].class_names == CLASSES
    assert first.sources["away"].difference is None
    gap = away.metrics["auc"].value - first.sources["away"].metrics["auc"].value
    assert away.difference["auc"].value == pytest.approx(gap)
    # Among two classes the AUC is that of the odds, whatever the third class got.
    table = predictions(1, 2).query("source == 'away'")
    odds = (table["p_malignant"] / table["p_benign"]).to_numpy()
    is_malignant = (table["true_class"] == "malignant").to_numpy()
    wins = (odds[is_malignant][:, None] > odds[~is_malignant][None]).mean()
    assert away.auc_by_fold == (None, pytest.approx(wins))
    # Two networks whose errors are independent are better together.
    for metric, sign in (("log_loss", 1), ("auc", -1)):
        alone = [one.metrics[metric].value * sign for one in (first, second)]
        assert report.ensemble[metric].value * sign < min(alone)
    assert set(report.ensemble_sources) == {"home", "away"}
