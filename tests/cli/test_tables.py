"""Tables for the terminal, from the reports in docs/results."""

import re

import pandas as pd
import pytest
from paths import ROOT
from rich.console import Console

from core.cli.tables import (
    audit_table,
    comparison_tables,
    describe_predictions,
    differences_table,
    metrics_table,
    positive_table,
    search_tables,
    spread_table,
)
from core.evaluation.protocol_comparison import KIND_NAMES, ProtocolComparison
from core.experiments.cross_validation_report import CrossValidation
from core.experiments.run_difference import RunComparison
from core.experiments.search_report import SearchReport
from core.schema import Model

RESULTS = ROOT / "docs" / "results"


def read(model: type[Model], name: str) -> Model:
    return model.model_validate_json((RESULTS / f"{name}.json").read_bytes())


def rows(*tables) -> list[str]:
    console = Console(width=200, color_system=None)
    with console.capture() as shown:
        for table in tables:
            console.print(table)
    return [" ".join(re.sub(r"[│┃┆|]", " ", line).split()) for line in shown.get().splitlines()]


@pytest.fixture(scope="module")
def folds() -> CrossValidation:
    return read(CrossValidation, "honest_cross_validation")


def test_metrics_have_their_intervals(folds: CrossValidation) -> None:
    shown = rows(metrics_table(folds.pooled, "All folds"))
    assert shown[0] == f"All folds: {folds.pooled.images} images"
    accuracy, malignant = folds.pooled.accuracy, folds.pooled.per_class["malignant"].sensitivity
    assert accuracy is not None
    assert malignant is not None
    assert f"Accuracy {accuracy.value:.3f} {accuracy.low:.3f} – {accuracy.high:.3f}" in shown
    assert (
        f"Sensitivity for malignant {malignant.value:.3f} {malignant.low:.3f} – {malignant.high:.3f}" in shown
    )
    without = folds.pooled.model_copy(update={"auc": None})
    assert "AUC, one versus rest does not apply" in rows(metrics_table(without, "All folds"))


def test_the_positive_class_has_both_thresholds(folds: CrossValidation) -> None:
    assert folds.positive is not None
    assert folds.operating_point is not None
    shown = rows(positive_table(folds.positive, folds.operating_point))
    assert shown[0] == "Positive class: malignant"
    named = [re.sub(r" \d\.\d{3} .*", "", line) for line in shown]
    for title in (
        "Accuracy, malignant from probability 0.5 on",
        "AUC, malignant against all others",
        "AUC, malignant against benign alone",
        "Sensitivity at specificity 0.90, optimistic: threshold chosen on these images",
        "Sensitivity at the threshold chosen on the validation set",
        "Specificity at the threshold chosen on the validation set",
    ):
        assert title in named
    alone = rows(positive_table(folds.positive.model_copy(update={"at_specificity": None}), None))
    assert not any("threshold" in line for line in alone)


def test_the_spread_has_a_row_for_each_metric(folds: CrossValidation) -> None:
    spread = folds.spread["macro_f1"]
    numbers = (spread.mean, spread.standard_deviation, spread.min, spread.max)
    assert "Macro F1 " + " ".join(f"{number:.3f}" for number in numbers) in rows(spread_table(folds.spread))


def test_protocols_stand_beside_their_differences_and_kinds_have_their_names() -> None:
    comparison = read(ProtocolComparison, "protocols_busi_xception_150")
    shown = rows(*comparison_tables(comparison))
    assert "paper naive clean naive - clean paper - naive paper - clean" in shown
    (accuracy,) = (line for line in shown if line.startswith("Accuracy "))
    paper, gap = (
        comparison.protocols["paper"].metrics["accuracy"],
        comparison.differences[0].metrics["accuracy"],
    )
    assert paper is not None
    assert f"{paper.mean:.3f} ± {paper.standard_deviation:.3f}" in accuracy
    assert f"{100 * gap.mean:+.1f} ± {100 * gap.standard_deviation:.1f}" in accuracy
    for name in KIND_NAMES.values():
        assert any(line.startswith(name) for line in shown)
    once = comparison.model_copy(update={"repeats": 1})
    assert any(
        line.startswith("Value, 95 % confidence interval below") for line in rows(*comparison_tables(once))
    )


def test_runs_stand_beside_their_differences() -> None:
    comparison = read(RunComparison, "honest_versions")
    shown = rows(differences_table(comparison))
    pair = comparison.differences[0]
    assert f"{pair.minuend} - {pair.subtrahend}" in shown[2]
    (macro_f1,) = (line for line in shown if line.startswith("Macro F1"))
    assert macro_f1.endswith(f"{100 * pair.metrics['macro_f1'].value:+.1f}")
    assert not any("log" in line.lower() for line in shown)


def test_a_search_has_a_row_for_each_configuration_and_their_mean() -> None:
    report = read(SearchReport, "search_epochs")
    shown = rows(*search_tables(report))
    for name, one in report.configurations.items():
        assert any(line.startswith(f"{name} {one.metrics['macro_f1'].value:.3f}") for line in shown)
    last = list(report.configurations.values())[-1]
    assert last.difference is not None
    gap = last.difference["macro_f1"]
    assert any(line.startswith(f"{gap.low:+.3f} to {gap.high:+.3f}") for line in shown)
    assert any(line.startswith(f"ensemble of all {report.ensemble['macro_f1'].value:.3f}") for line in shown)


def test_an_audit_shows_flags_that_some_file_has() -> None:
    summary = pd.DataFrame(
        {"class": ["benign", "all"], "images": [3, 3], "conflicting labels": [1, 1], "blank": [0, 0]}
    )
    shown = rows(audit_table(summary, "data"))
    assert "images 3 3" in shown
    assert "flag: conflicting labels 1 1" in shown
    assert not any("blank" in line for line in shown)


def test_a_prediction_comes_with_every_reason_for_doubt() -> None:
    sure = {
        "predicted_class": "benign",
        "frame": "",
        "crop": "",
        "p_benign": 0.9,
        "p_malignant": 0.1,
        "possible": ["benign"],
        "unlike_training": False,
        "seen_in_training": "",
        "warning": "",
        "seen_by": "",
    }
    doubtful = {
        "possible": ["benign", "malignant"],
        "unlike_training": True,
        "seen_in_training": "benign (1).png",
        "warning": "The ultrasound image fills 30% of this image.",
        "seen_by": "mirror image",
    }
    images = [sure, sure | doubtful, sure | {"possible": []}, sure | {"crop": "8,0,90,60"}]
    table = pd.DataFrame(images).assign(file=["a.png", "b.png", "c.png", "d.png"])
    assert describe_predictions(table) == [
        "a.png: benign 90%",
        (
            "b.png: benign 90%; not sure: benign or malignant possible; out of distribution; "
            "in the training or validation set as benign (1).png (mirror image); "
            "The ultrasound image fills 30% of this image"
        ),
        "c.png: benign 90%; not sure: none possible",
        "d.png: benign 90%; cropped to 8,0,90,60",
    ]


def test_a_class_whose_name_has_a_semicolon_is_one_class() -> None:
    row = {
        "file": "a.png",
        "predicted_class": "a; b",
        "frame": "",
        "crop": "",
        "p_a; b": 0.9,
        "p_c": 0.1,
        "possible": ["a; b"],
    }
    table = pd.DataFrame(
        [row | {"unlike_training": False, "seen_in_training": "", "seen_by": "", "warning": ""}]
    )
    assert describe_predictions(table) == ["a.png: a; b 90%"]
