"""Cross-validation over sources: each is tested by a network that was trained on the others."""

from pathlib import Path

import pandas as pd
import pytest
from reading import request_for, silent

from core.bundle.folder import open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.data.lesion_area import SIZES
from core.data.phantom import dataset as phantom_dataset
from core.errors import UserError
from core.experiments.cross_validation import cross_validate
from core.experiments.cross_validation_report import REPORT, CrossValidation
from core.experiments.data_source import DataRequest
from core.recipe import Recipe

RECIPE = Recipe(
    backbone="tiny",
    head="average",
    fine_tune="all",
    preprocessing={"image_size": 32},
    epochs=1,
    batch_size=16,
    sampling="balanced",
)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another hospital without normal images, and a table with two machines."""
    folder = tmp_path_factory.mktemp("elsewhere")
    phantom_dataset.write_dataset(folder, counts={"benign": 33, "malignant": 30}, seed=7)
    files = sorted(path for path in folder.rglob("*.png") if "_mask" not in path.name)
    rows = [
        {
            "file": path.relative_to(folder.parent).as_posix(),
            "label": path.parent.name,
            "device": "AB"[number % 2],
        }
        for number, path in enumerate(files)
    ]
    pd.DataFrame(rows).to_csv(folder / "table.csv", index=False)
    return folder


def test_each_source_is_held_out_in_turn(phantoms: Path, elsewhere: Path, tmp_path: Path) -> None:
    said: list[str] = []
    data = DataRequest((str(phantoms), str(elsewhere)), tables=(elsewhere / "table.csv",))
    request = request_for(phantoms, tmp_path / "held-out", RECIPE)._replace(data=data)
    report = cross_validate(request, 5, silent, said.append, hold_out="source")
    assert report == CrossValidation.model_validate_json((tmp_path / "held-out" / REPORT).read_text())
    assert report.hold_out == "source"
    home, away = phantoms.name, elsewhere.name
    by_name = {fold.name: fold for fold in report.per_fold}
    assert set(by_name) == {home, away}
    assert by_name[home].class_names == ("benign", "malignant")
    assert by_name[away].class_names == ("benign", "malignant", "normal")
    assert any(f"normal images of {home} are not tested" in sentence for sentence in said)
    table = pd.read_parquet(tmp_path / "held-out" / OUT_OF_FOLD)
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
        bundle = open_bundle(tmp_path / "held-out" / f"fold-{number}")
        assert bundle.manifest.class_names == fold.class_names
        assert set(bundle.table("test_set.parquet")["source"]) == {fold.name}
        assert fold.name not in set(bundle.table("split.csv").query("set == 'train'")["source"])


def test_an_own_split_is_no_set_of_folds(phantoms: Path, tmp_path: Path) -> None:
    request = request_for(phantoms, tmp_path / "folds", RECIPE)._replace(split="own")
    with pytest.raises(UserError, match="give a table with a column fold, or --hold-out"):
        cross_validate(request, 5, silent, silent)
