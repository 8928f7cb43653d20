import os
from pathlib import Path

import pytest
from image_files import two_classes, write_noise
from reading import silent

from core.data.provenance import DataSource, combine
from core.errors import UserError
from core.experiments.data_source import DataRequest, resolve


def source(data: Path | str) -> DataSource:
    """Return what is known of a data set."""
    return combine(resolve(DataRequest((str(data),)), silent).sources)


def test_busi_is_known_by_its_names(tmp_path: Path) -> None:
    for name, count in (("benign", 437), ("malignant", 210), ("normal", 133)):
        (tmp_path / name).mkdir()
        for number in range(1, count + 1):
            (tmp_path / name / f"{name} ({number}).png").touch()
            (tmp_path / name / f"{name} ({number})_mask.png").touch()
    write_noise(tmp_path / "benign" / "benign (1).png")
    found = source(tmp_path)
    assert "Al-Dhabyani" in (found.citation or "")
    assert not found.patient_ids
    (tmp_path / "benign" / "benign (1).png").unlink()
    assert source(tmp_path).name == tmp_path.name


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="or the word phantom"):
        source(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["x" * 250, "ä" * 120], ids=["long", "many bytes"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    two_classes(folder)
    shown = source(folder).name
    assert shown == (name if len(name) <= 200 else f"{'x' * 199}…")


def test_a_folder_whose_name_is_in_another_encoding_is_named_too(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    two_classes(folder)
    assert source(folder).name == "\\udcff"
