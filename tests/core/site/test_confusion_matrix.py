import json

import numpy as np
import pandas as pd
import pytest
from bundles import make_bundle
from paths import ROOT

from core.bundle.folder import open_bundle
from core.bundle.manifest import TEST_SET
from core.site import confusion_matrix
from core.site.classify import Origin

ORIGIN = Origin("phantom", "")


def made(folder):
    files = confusion_matrix.files(open_bundle(folder), ORIGIN)
    return files, json.loads(files["charts/confusion-matrix.json"])


@pytest.fixture(scope="module")
def phantom():
    return made(ROOT / "models" / "phantom")


def test_three_views_of_two_rules_with_all_images_in_their_cells(phantom):
    files, content = phantom
    assert [rule["name"] for rule in content["rules"]] == ["most probable class", "operating point"]
    assert set(content["rules"][0]["views"]) == {"counts", "row shares", "column shares"}
    matrix = open_bundle(ROOT / "models" / "phantom").manifest.metrics.confusion_matrix
    for row, column in np.ndindex(3, 3):
        images = content["rules"][0]["cells"][row][column]["images"]
        assert len(images) == min(matrix[row][column], 36)
        assert all(f"images/{number}.png" in files for number, _ in images)
        assert all(f"images/{number}-{column}.png" in files for number, _ in images)
    assert content["start"] == [1, 0]  # missed malignant images
    assert content["images"]["0"].startswith("True class: benign. Probabilities: ")


def test_no_file_of_an_image_bears_a_name_of_the_data(phantom):
    files, _ = phantom
    for name, content in files.items():
        assert not name.startswith("images/") or name[7:].replace("-", "").removesuffix(".png").isdigit()
        assert b"phantom_" not in content, name


def test_of_a_large_cell_the_most_probable_images_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(confusion_matrix, "_MOST_IMAGES", 2)
    make_bundle(tmp_path / "tiny")
    files, content = made(tmp_path / "tiny")
    cells = [cell for row in content["rules"][0]["cells"] for cell in row]
    assert max(len(cell["images"]) for cell in cells) <= 2
    assert any(cell["words"].endswith(" Shown: 2 of them.") for cell in cells)
    shown = {
        f"images/{number}.png"
        for rule in content["rules"]
        for row in rule["cells"]
        for cell in row
        for number, _ in cell["images"]
    }
    assert shown == {name for name in files if name.startswith("images/") and "-" not in name}


def test_a_class_without_test_images_and_no_positive_class_are_no_trouble(tmp_path):
    def forget(folder):
        table = pd.read_parquet(folder / TEST_SET)
        table[table["true_class"] == "benign"].to_parquet(folder / TEST_SET)

    make_bundle(tmp_path / "one", fill=forget, positive_class=None)
    files, content = made(tmp_path / "one")
    page = files["confusion-matrix.html"].decode()
    assert len(content["rules"]) == 1
    assert "No operating point: the model has no positive class" in page
    assert "All images are of one class: there is nothing to rank." in page
    assert "No trade-off: it needs a positive class" in page
