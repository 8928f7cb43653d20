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
