"""The models on offer: those of the setting, or the embedded ones."""

import pytest
from bundles import make_bundle

from core.data.provenance import BUSI, PHANTOM_DATA
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


def test_embedded_bundles_of_real_images_come_first(tmp_path) -> None:
    make_bundle(tmp_path / "a", data=PHANTOM_DATA)
    make_bundle(tmp_path / "z", data=BUSI)
    assert list(catalog.embedded(tmp_path)) == ["z", "a"]
    assert catalog.choose(catalog.embedded(tmp_path)) == "z"
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "bundle.json").touch()  # nobody knows what it was trained on
    assert catalog.teaching(tmp_path) == {"a": str(tmp_path / "a")}


def test_the_first_preference_on_offer_is_chosen() -> None:
    labels = {"a": "A", "b": "B"}
    assert catalog.choose(labels, None, "b") == "b"
    assert catalog.choose(labels, "x", "y") == "a"
    assert catalog.choose({}, "a") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ann/tiny", True),
        ("ann/tiny@v1", True),
        (f"ann/tiny@{'0a' * 20}", False),
        ("./folder", False),
        ("no model at all", False),
    ],
)
def test_a_tag_or_branch_of_the_hub_is_not_pinned(name, expected) -> None:
    assert catalog.is_unpinned(name) is expected


def test_a_blank_setting_means_the_embedded_models() -> None:
    assert [catalog.is_embedded(setting) for setting in (None, " , ", "ann/tiny")] == [True, True, False]
    assert list(catalog.embedded()) == ["busi-busbra", "phantom", "phantom-without-augmentation"]
