import os
from pathlib import Path

import pytest

from core.errors import UserError
from core.experiments import data_source


def silent(what: str, done: int, total: int) -> None:
    """A progress that nobody watches."""


def test_busi_is_known_by_its_names(tmp_path: Path) -> None:
    for name, count in (("benign", 437), ("malignant", 210), ("normal", 133)):
        (tmp_path / name).mkdir()
        for number in range(1, count + 1):
            (tmp_path / name / f"{name} ({number}).png").touch()
            (tmp_path / name / f"{name} ({number})_mask.png").touch()
    found = data_source.resolve(str(tmp_path), silent)
    assert "Al-Dhabyani" in (found.data.citation or "")
    assert not found.data.patient_ids
    (tmp_path / "benign" / "benign (1).png").unlink()
    assert data_source.resolve(str(tmp_path), silent).data.name == tmp_path.name


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="or the word phantom"):
        data_source.resolve(str(tmp_path / "nothing"), silent)


@pytest.mark.parametrize("name", ["x" * 250, "ä" * 120], ids=["long", "many bytes"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    shown = data_source.resolve(str(folder), silent).data.name
    assert shown == (name if len(name) <= 200 else f"{'x' * 199}…")


def test_the_root_of_the_disk_and_names_in_other_encodings_are_named_too(tmp_path: Path) -> None:
    assert data_source.resolve(tmp_path.anchor, silent).data.name == "data"
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    assert data_source.resolve(str(folder), silent).data.name == "\\udcff"
