"""Cross-validation over sources: each is tested by a network that was trained on the others."""

from pathlib import Path

import pandas as pd
import pytest
from reading import request_for, silent

from core.bundle.folder import open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.data import folds
from core.data.lesion_size import SIZES
from core.errors import UserError
from core.experiments.cross_validation import cross_validate
from core.experiments.cross_validation_report import REPORT, CrossValidation
from core.experiments.data_source import DataRequest
from core.experiments.request import prepare
from core.recipe import Recipe

pytestmark = pytest.mark.xdist_group("held-out")


@pytest.mark.slow
def test_each_source_is_held_out_in_turn(held_out, phantoms: Path, elsewhere: Path) -> None:
    report, folder = held_out.report, held_out.request.output
    assert report == CrossValidation.model_validate_json((folder / REPORT).read_text())
    assert report.hold_out == "source"
    assert [each.held_out for each in report.domain.best.networks] == [fold.name for fold in report.per_fold]
    home, away = phantoms.name, elsewhere.name
    by_name = {fold.name: fold for fold in report.per_fold}
    assert set(by_name) == {home, away}
    assert by_name[home].class_names == ("benign", "malignant")
    assert by_name[away].class_names == ("benign", "malignant", "normal")
    assert any(f"normal images of {home} are not tested" in sentence for sentence in held_out.said)
    table = pd.read_parquet(folder / OUT_OF_FOLD)
    assert set(table["source"]) == {home, away}
    of_home = table[table["source"] == home]
    assert set(of_home["true_class"]) == {"benign", "malignant"}
    assert (of_home["p_normal"] == 0).all()
    assert set(table.loc[table["source"] == away, "device"]) == {"A", "B"}
    measured = {(one.column, one.value): one for one in report.subsets}
    sizes = {value for column, value in measured if column == "lesion_area"}
    assert sizes <= set(SIZES)
    assert sizes
    by_size = {("lesion_area", size) for size in sizes}
    assert set(measured) == {("source", home), ("source", away), ("device", "A"), ("device", "B"), *by_size}
    lesions = table[table["true_class"] != "normal"]["lesion_area"]
    assert ((lesions > 0) & (lesions < 0.6)).all()
    assert sum(measured[one].as_predicted.images for one in by_size) == len(lesions)
    assert measured["source", away].among_present is not None
    for number, fold in enumerate(report.per_fold, start=1):
        bundle = open_bundle(folder / f"fold-{number}")
        assert bundle.manifest.class_names == fold.class_names
        assert set(bundle.table("test_set.parquet")["source"]) == {fold.name}
        assert fold.name not in set(bundle.table("split.csv").query("set == 'train'")["source"])


def test_an_own_split_is_no_set_of_folds(phantoms: Path, tmp_path: Path) -> None:
    request = request_for(phantoms, tmp_path / "folds", Recipe())._replace(split="own")
    with pytest.raises(UserError, match="give a table with a column fold, or --hold-out"):
        cross_validate(request, 5, silent, silent)


@pytest.mark.slow
@pytest.mark.busi
@pytest.mark.busbra
def test_the_machines_of_busbra_and_busi_are_four_sources(busi: Path, busbra: Path, tmp_path: Path) -> None:
    request = request_for(busi, tmp_path / "run", Recipe())
    prepared = prepare(request._replace(data=DataRequest((str(busi), str(busbra)))), silent)
    index, groups = prepared.index, prepared.groups
    found = {fold.name: fold for fold in folds.by_value(index, groups, "device")}
    assert {name: int(fold.test.sum()) for name, fold in found.items()} == {
        "GE Logiq 5 @10-12MHz": 809,
        "GE Logiq 7 @10-14MHz": 902,
        "busi": 780,
        "other": 164,
    }
    assert found["other"].joined == ("Toshiba Aplio 300 @12-14 MHz", "U-Systems @10-14MHz")
    for name, fold in found.items():
        split = folds.split(index, groups, fold, seed=0, duplicate_groups=prepared.duplicate_groups)
        sets = split.table.groupby("group")["set"].agg(set)
        assert not any({"train", "test"} <= each or {"train", "validation"} <= each for each in sets)
        assert split.class_names == (("benign", "malignant") if name == "busi" else prepared.class_names)
