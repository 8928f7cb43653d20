"""Folds by value and as published, on an index written by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data import folds
from core.errors import UserError


def index_of(**columns: list) -> tuple[pd.DataFrame, np.ndarray]:
    """An index of images, and each image's patient as its group."""
    table = pd.DataFrame(columns)
    count = len(table)
    table["file"] = [f"{source}/{number}.png" for number, source in enumerate(table["source"])]
    table["image"] = table["file"]
    hashes = [f"{number:064x}" for number in range(count)]
    table = table.assign(kind="image", sha256=hashes, fingerprint="").rename(columns={"label": "class"})
    return table, np.asarray(columns.get("patient", range(count)))


@pytest.fixture
def hospitals() -> tuple[pd.DataFrame, np.ndarray]:
    """180 images at home, of three classes; 240 elsewhere, of two classes and three machines."""
    home, away = 180, 240
    labels = ["benign", "malignant", "normal"] * (home // 3) + ["benign", "malignant"] * (away // 2)
    machines = [""] * home + ["A"] * 120 + ["B"] * 110 + ["C"] * 10
    return index_of(source=["home"] * home + ["away"] * away, label=labels, device=machines)


def test_each_source_is_tested_by_a_network_of_the_others_classes(hospitals) -> None:
    index, groups = hospitals
    away, home = folds.by_value(index, groups, "source")
    assert (away.name, home.name) == ("away", "home")
    elsewhere = folds.split(index, groups, away, seed=0, duplicate_groups=groups)
    assert elsewhere.class_names == ("benign", "malignant", "normal")
    sets = elsewhere.table["set"]
    assert set(sets[index["source"] == "away"]) == {"test"}
    at_home = sets[index["source"] == "home"].value_counts()
    assert set(at_home.index) == {"train", "validation"}
    assert 18 <= at_home["validation"] <= 27  # about an eighth
    at_home = folds.split(index, groups, home, seed=0, duplicate_groups=groups)
    assert at_home.class_names == ("benign", "malignant")
    assert at_home.untested == {"normal": 60}
    assert (at_home.table["set"][index["source"] == "home"] == "test").sum() == 120
    assert folds.describe(home, at_home) == [
        "60 normal images of home are not tested: no other data set has the class to train on."
    ]


def test_small_values_are_joined_and_a_source_without_the_column_is_a_value(hospitals) -> None:
    index, groups = hospitals
    found = {fold.name: int(fold.test.sum()) for fold in folds.by_value(index, groups, "Device")}
    # C alone is too small to measure anything.
    assert found == {"A": 120, "home": 180, "other": 120}
    other = folds.by_value(index, groups, "device")[-1]
    sentences = folds.describe(other, folds.split(index, groups, other, seed=0, duplicate_groups=groups))
    assert sentences == ["other stands for B and C, so that no fold has fewer than 50 patients."]


def test_a_patient_in_two_folds_is_named_and_left_out_of_training(hospitals) -> None:
    index, groups = hospitals
    groups = groups.copy()
    groups[300] = groups[180]  # one machine A, the other of B and C
    first, *_, second = folds.by_value(index, groups, "device")
    for fold, tested, shared in ((first, 180, 300), (second, 300, 180)):
        split = folds.split(index, groups, fold, seed=0, duplicate_groups=groups)
        assert split.table["set"].iloc[tested] == "test"
        assert split.table["set"].iloc[shared] == "left out"
        assert split.shared == (index["file"].iloc[shared],)
        assert index["file"].iloc[shared] in folds.describe(fold, split)[-1]


@pytest.mark.parametrize(
    ("column", "message"),
    [("nothing", "no column? 'nothing'; give source or one of device"), ("weight", "'weight'")],
)
def test_a_column_that_is_not_there_is_named(hospitals, column: str, message: str) -> None:
    with pytest.raises(UserError, match=message.replace("no column?", "no table of the data has a column")):
        folds.by_value(*hospitals, column)


def test_one_source_cannot_be_held_out() -> None:
    index, groups = index_of(source=["home"] * 120, label=["benign", "malignant"] * 60)
    with pytest.raises(
        UserError, match=r"needs two values with at least 50 patients each .*; found home \(120\)"
    ):
        folds.by_value(index, groups, "source")


def test_a_value_that_is_called_other_is_not_what_stands_for_several(hospitals) -> None:
    index, groups = hospitals
    index["device"] = index["device"].replace({"A": "other"})
    found = {fold.name: fold.joined for fold in folds.by_value(index, groups, "device")}
    assert found == {"home": (), "other": (), "other values": ("B", "C")}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([f"serial number {number % 60}" for number in range(120)], "has 60 values, .* room for 50"),
        (["A" * 201] * 60 + ["B"] * 60, "name or value of 201 characters, AAAA"),
    ],
)
def test_a_column_that_no_report_has_room_for_is_refused_before_the_first_training(values, message) -> None:
    index, groups = index_of(source=["home"] * 120, label=["benign", "malignant"] * 60, device=values)
    with pytest.raises(UserError, match=message):
        folds.by_value(index, groups, "device")


def test_data_sets_that_the_tables_do_not_list_are_named(hospitals, tmp_path: Path) -> None:
    index, groups = hospitals
    listed = index.loc[index["source"] == "away", ["file"]]
    table = tmp_path / "folds.csv"
    listed.assign(fold=[f"{1 + number % 3}.0" for number in range(len(listed))]).to_csv(table, index=False)
    found = folds.as_published(
        [folds.read(table)], index, groups, seed=4, folder_names=["home", "away"], left_out=()
    )
    assert [fold.name for fold in found] == ["1", "2", "3"]
    assert folds.describe_drawn(found, 4) == [
        "The tables list no folds of home: they are drawn with seed 4, and other seeds draw others."
    ]


def test_two_sources_of_one_class_each_leave_nothing_to_learn() -> None:
    index, groups = index_of(source=["a"] * 60 + ["b"] * 60, label=["benign"] * 60 + ["malignant"] * 60)
    with pytest.raises(UserError, match="without a the training images are all of class malignant"):
        folds.split(
            index, groups, folds.by_value(index, groups, "source")[0], seed=0, duplicate_groups=groups
        )


def published(path: Path, index: pd.DataFrame, numbers: list) -> Path:
    rows = index[index["source"] == "away"]
    table = pd.DataFrame({"ID": rows["file"].str.removesuffix(".png"), "kFold": numbers, "valid_1": 1})
    table.to_csv(path, index=False)
    return path


def test_published_folds_stay_and_other_sources_get_drawn_ones(hospitals, tmp_path: Path) -> None:
    index, groups = hospitals
    numbers = np.arange(240) % 5 + 1
    file = folds.read(published(tmp_path / "folds.csv", index, list(numbers)))
    options = {"seed": 0, "folder_names": (), "left_out": ()}
    found = folds.as_published([file], index, groups, **options)
    assert [fold.name for fold in found] == ["1", "2", "3", "4", "5"]
    for number, fold in enumerate(found, start=1):
        np.testing.assert_array_equal(fold.test[180:], numbers == number)
        at_home = index[:180][fold.test[:180]]
        assert at_home["class"].value_counts().to_dict() == {"benign": 12, "malignant": 12, "normal": 12}
        split = folds.split(index, groups, fold, seed=0, duplicate_groups=groups)
        assert (split.table["set"] == "test").sum() == 48 + 36
    assert np.sum([fold.test for fold in found], axis=0).tolist() == [1] * len(index)


def test_an_image_without_a_fold_is_named(hospitals, tmp_path: Path) -> None:
    index, groups = hospitals
    path = published(tmp_path / "folds.csv", index, list(np.arange(240) % 2))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("away/200,")))
    with pytest.raises(UserError, match=r"folds\.csv has no fold for 'away/200\.png'"):
        folds.as_published([folds.read(path)], index, groups, seed=0, folder_names=(), left_out=())


def test_a_table_without_folds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sets.csv"
    path.write_text("file,set\na.png,train\n")
    with pytest.raises(UserError, match="it needs the columns file and fold"):
        folds.read(path)
