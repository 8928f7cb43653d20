"""You against the model: the radiologists beside both."""

import re

import pandas as pd
import pytest
from bundles import make_bundle
from readings import CATEGORIES, add_readings
from visit import cards, go, send_back, words

from core.bundle.manifest import TEST_IMAGES, TEST_SET
from pages.components.shared.keys import Key

PAGE = "pages/you_against_the_model.py"


def play(app) -> None:
    """Open the page and call every image malignant."""
    go(app, PAGE)
    send_back(app, Key.GAME, "finished", {"classes": [1] * 20, "seconds": [1.5] * 20})
    assert not app.exception


@pytest.fixture
def read_images(monkeypatch, tmp_path):
    """Makes a model whose test images have BI-RADS categories, but for those of a class."""

    def make(without: str = "") -> None:
        make_bundle(tmp_path / "read", fill=lambda folder: fill(folder, without))
        monkeypatch.setenv("MODEL", str(tmp_path / "read"))

    def fill(folder, without):
        add_readings(folder)
        table = pd.read_parquet(folder / TEST_SET)
        table.loc[table["true_class"] == without, "birads"] = ""
        table.assign(sha256=table["file"].map(lambda file: f"{file:>064}")).to_parquet(folder / TEST_SET)
        images = pd.read_parquet(folder / TEST_IMAGES)["png"].iloc[[0] * len(table)]
        pd.DataFrame(
            {"sha256": table["file"].map(lambda file: f"{file:>064}"), "png": list(images)}
        ).to_parquet(folder / TEST_IMAGES)

    return make


def test_the_radiologists_are_counted_where_not_every_image_has_a_category(app, read_images) -> None:
    read_images("normal")
    play(app)
    (reader,) = [one for one in app.dataframe[0].value["reader"] if one.startswith("Radiologists")]
    count = re.fullmatch(r"Radiologists, BI-RADS 4 and above, (\d+) of 20 images", reader)
    assert count
    assert 0 < int(count[1]) < 20


def test_the_radiologists_stand_beside_both_where_the_data_have_them(app, read_images) -> None:
    read_images()
    play(app)
    table = app.dataframe[0].value.set_index("reader")
    assert table.loc["Radiologists, BI-RADS 4 and above", "accuracy"] == "does not apply"
    assert re.match(r"\d+\.\d% \(", table.loc["Radiologists, BI-RADS 4 and above", "sensitivity"])
    assert "This is no contest" in words(app)
    shown = cards(app, Key.COMPARED_IMAGES)
    assert shown
    for card in shown:
        category = re.search(r"Radiologists: BI-RADS (\d)$", card["detail"])
        assert category
        assert category[1] in CATEGORIES[card["label"]]
