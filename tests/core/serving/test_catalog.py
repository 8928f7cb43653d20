"""The models that an app offers."""

import pytest

from core.serving import catalog


def test_the_setting_names_folders_and_repositories(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b" / "a").mkdir(parents=True)
    setting = f" {tmp_path}/a , ann/model@v1,, {tmp_path}/b/a,{tmp_path}/a"
    assert catalog.offered(setting) == {
        "a": f"{tmp_path}/a",
        "ann/model@v1": "ann/model@v1",
        f"{tmp_path}/b/a": f"{tmp_path}/b/a",
    }
    assert catalog.offered("no model at all") == {"no model at all": "no model at all"}


@pytest.mark.parametrize("setting", [None, "", " , "])
def test_without_a_setting_the_embedded_bundles_are_offered(setting, tmp_path) -> None:
    for name in ("b", "a", "unfinished.partial"):
        (tmp_path / name).mkdir()
    for name in ("b", "a"):
        (tmp_path / name / "bundle.json").touch()
    assert list(catalog.offered(setting, tmp_path)) == ["a", "b"]


def test_the_first_wish_that_is_on_offer_is_chosen() -> None:
    labels = {"a": "A", "b": "B"}
    assert catalog.chosen(labels, None, "b") == "b"
    assert catalog.chosen(labels, "x", "y") == "a"
    assert catalog.chosen({}, "a") is None
