import pytest

from core.data.litter import is_litter


@pytest.mark.parametrize(
    "name",
    [".DS_Store", "._1.png", ".ipynb_checkpoints", "__MACOSX", "Thumbs.db", "thumbs.db", "Desktop.ini"],
)
def test_what_systems_leave_is_litter(name: str) -> None:
    assert is_litter(name)


@pytest.mark.parametrize("name", ["1.png", "benign", "thumbs", "_1.png", "MACOSX", "desktop.ini.png", "…"])
def test_everything_else_is_data(name: str) -> None:
    assert not is_litter(name)
