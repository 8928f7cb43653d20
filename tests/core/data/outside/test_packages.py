"""Folders of packages that ship images, and the names of those that are missing."""

import sys

from core.data.outside import packages


def test_the_folder_of_a_package_is_found_without_importing_it() -> None:
    folder = packages.folder_of("skimage")
    assert folder is not None
    assert (folder / "data" / "coins.png").is_file()
    assert packages.folder_of("no_such_module") is None


def test_a_missing_package_is_named_as_pip_names_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "data_store", None)
    monkeypatch.setattr(packages, "folder_of", lambda module: None if module == "data_store" else "here")
    assert packages.missing() == ("pydicom-data",)
