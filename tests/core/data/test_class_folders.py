from pathlib import Path

import pytest

from core.data.class_folders import ClassFolders, is_safe_name
from core.errors import UserError


@pytest.mark.parametrize("name", ["benign", "normal, benign", "BI-RADS 4", "größe", "a.b"])
def test_names_of_classes(name: str) -> None:
    assert is_safe_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", ".x", "a/b", "a\\b", "a\nb", "x" * 151])
def test_names_that_no_folder_may_have(name: str) -> None:
    assert not is_safe_name(name)


def test_each_set_has_its_classes(tmp_path: Path) -> None:
    folders = ClassFolders(tmp_path, ["train", "valid", "dev"])
    assert folders.has_sets
    assert folders.make("train", "a") == tmp_path / "train/a"
    assert folders.make("valid", "a") == folders.make("dev", "a") == tmp_path / "val/a"
    assert (tmp_path / "val/a").is_dir()


@pytest.mark.parametrize(
    "sets", [[], [""], ["train"], ["train", "Training"], ["train", "other"], ["train", ""]]
)
def test_without_two_sets_there_are_classes_alone(tmp_path: Path, sets: list[str]) -> None:
    folders = ClassFolders(tmp_path, sets)
    assert not folders.has_sets
    assert folders.make("train", "a") == tmp_path / "a"


def test_two_classes_of_one_name_on_the_disk_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()  # as a disk that ignores case answers for a, after A
    with pytest.raises(UserError, match="'a' and another class have the same folder name on this disk"):
        ClassFolders(tmp_path, []).make("", "a")
