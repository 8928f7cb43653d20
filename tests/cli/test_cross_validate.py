"""Cross-validations on phantoms."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import FOLDED, TINY, refuse, start, succeed_alone

from core.bundle.folder import open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.bundle.tables import COLUMNS
from core.data.provenance import LESION_AREA
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import probability_columns, probability_matrix
from core.inference.evaluate import evaluate_out_of_fold

pytestmark = pytest.mark.xdist_group("cli")


@pytest.mark.slow
def test_out_of_fold_holds_each_counted_image_once(folded: Path) -> None:
    assert {path.name for path in folded.iterdir()} == {
        *("fold-1", "fold-2", "out_of_fold.parquet", "cross_validation.json")
    }
    assert [path.name for path in folded.parent.iterdir()] == ["folded"]
    table = pd.read_parquet(folded / OUT_OF_FOLD)
    bundle = open_bundle(folded / "fold-1")
    names = bundle.manifest.class_names
    assert list(table.columns) == [*COLUMNS[OUT_OF_FOLD], *probability_columns(names), LESION_AREA]
    split = bundle.table("split.csv")
    assert sorted(table["file"]) == sorted(split.loc[split["set"] != "left out", "file"])
    for number, rows in table.groupby("fold"):
        tested = open_bundle(folded / f"fold-{number}")
        assert tested.manifest.protocol == "clean"
        assert list(rows["file"]) == list(tested.table("test_set.parquet")["file"])
    assert table.groupby("group")["fold"].nunique().max() == 1


def test_every_fold_bundle_holds_the_whole_table(folded: Path) -> None:
    table = pd.read_parquet(folded / OUT_OF_FOLD)
    for fold in ("fold-1", "fold-2"):
        bundle = open_bundle(folded / fold)
        assert OUT_OF_FOLD in bundle.manifest.files
        pd.testing.assert_frame_equal(bundle.table(OUT_OF_FOLD), table)


def test_the_pooled_figures_are_those_of_the_table(folded: Path) -> None:
    table = pd.read_parquet(folded / OUT_OF_FOLD)
    content = json.loads((folded / "cross_validation.json").read_text())
    names = content["class_names"]
    expected = evaluate(
        [names.index(name) for name in table["true_class"]],
        probability_matrix(table, names),
        table["group"],
        class_names=names,
        positive_class="malignant",
        threshold=None,
        seed=content["seed"],
    )
    assert content["pooled"] == expected.model_dump(mode="json")
    # The app has the bundle alone, and measures anew.
    assert evaluate_out_of_fold(open_bundle(folded / "fold-2")) == expected
    interval = content["pooled"]["macro_f1"]
    assert interval["low"] < interval["value"] < interval["high"]
    folds = [fold["metrics"]["accuracy"]["value"] for fold in content["per_fold"]]
    spread = content["spread"]["accuracy"]
    assert spread["mean"] == pytest.approx(np.mean(folds))
    assert spread["standard_deviation"] == pytest.approx(np.std(folds, ddof=1))
    assert (spread["min"], spread["max"]) == (min(folds), max(folds))
    thresholds = np.array(content["operating_point"]["thresholds"])[table["fold"] - 1]
    positive = table["true_class"] == "malignant"
    called = table["p_malignant"] >= thresholds
    assert content["operating_point"]["sensitivity"]["value"] == pytest.approx(called[positive].mean())
    assert content["operating_point"]["specificity"]["value"] == pytest.approx((~called)[~positive].mean())
    # Measured in two ways: one class of many against the rest, and the class that is looked for.
    malignant = content["pooled"]["per_class"]["malignant"]
    assert content["positive"]["against_rest"]["auc"] == pytest.approx(malignant["auc"])
    assert content["positive"]["at_specificity"]["specificity"] >= 0.9
    assert set(content["positive"]["against"]) == {"benign", "normal"}
    assert content["left_out"] == 4
    assert content["command"].startswith("python train_cli.py cross-validate")


@pytest.mark.slow
def test_a_killed_cross_validation_goes_on_as_if_nothing_had_happened(
    folded: Path, phantoms: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folded"
    arguments = ["cross-validate", phantoms, "--output", folder, *FOLDED]
    process = start(*arguments)
    assert process.stderr is not None
    lines = iter(process.stderr)
    next(line for line in lines if line.startswith("Fold 2 of 2"))
    next(line for line in lines if line.startswith("Epoch 1/2"))
    process.kill()
    process.communicate()
    assert (tmp_path / "folded.partial" / "fold-1" / "bundle.json").is_file()
    assert "add --resume" in refuse(*arguments)
    assert "started with another seed" in refuse(*arguments, "--resume", "--seed", 1)
    finished = succeed_alone(*arguments, "--resume")
    assert "Continuing after epoch" in finished.stderr
    tables = [pd.read_parquet(path / OUT_OF_FOLD) for path in (folder, folded)]
    assert list(tables[0]["file"]) == list(tables[1]["file"])
    columns = ["p_benign", "p_malignant", "p_normal"]
    np.testing.assert_allclose(tables[0][columns], tables[1][columns], atol=1e-3)
    assert not (tmp_path / "folded.partial").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "{tmp}/x", *TINY, "--folds", 24], "a split into 24 needs"),
        (["--output", "{tmp}/x", "--folds", 1], "Invalid value for '--folds'"),
        (["--output", "{tmp}"], "exists already"),
        (["--output", "{tmp}/x", "--protocol", "paper"], "No such option"),
    ],
    ids=lambda value: "-".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_mistakes_are_one_line_on_stderr(
    arguments: list[object], message: str, phantoms: Path, tmp_path: Path
) -> None:
    assert message in refuse(
        "cross-validate", phantoms, *(str(text).format(tmp=tmp_path) for text in arguments)
    )
    assert not list(tmp_path.iterdir())
