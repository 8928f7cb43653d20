"""Home: the example that needs no network, and the way on."""

import json
import shutil

import numpy as np
import pandas as pd
from visit import FIRST, MODELS, SECOND, changed, words

from core.bundle.manifest import MANIFEST, MODEL, TEST_IMAGES, TEST_SET
from core.paper import measured


def median(label: str) -> pd.Series:
    """The test image whose true class has the median probability, found in another way."""
    table = pd.read_parquet(MODELS / label / TEST_SET)
    of_truth = np.array([row[f"p_{row['true_class']}"] for row in table.to_dict("records")])
    above, below = (of_truth > of_truth[:, None]).sum(1), (of_truth < of_truth[:, None]).sum(1)
    return table[np.abs(above - below) <= (len(table) + 1) % 2].iloc[0]


def test_home_shows_the_example_and_the_protocols_without_a_network(app, monkeypatch, tmp_path) -> None:
    folder = shutil.copytree(MODELS / SECOND, tmp_path / "garbled")
    (folder / MODEL).write_bytes(b"not a network")
    changed(folder, tmp_path / "sealed")
    monkeypatch.setenv("MODEL", str(tmp_path / "sealed"))
    app.run()
    assert not app.exception
    assert not app.error
    text, row = words(app), median(SECOND)
    assert f"the true class is **{row['true_class']}**" in text
    assert f"from the test set of sealed, {row['file']}" in text
    assert "The prediction is stored in the bundle" in text
    assert "BUSI publishes no patient ids" in text
    charts = [chart.proto.alt for chart in app.get("plotly_chart")]
    clean = measured.read_comparison(150).protocols["clean"].metrics["accuracy"]
    assert any(f"clean {clean.mean:.1%} ({clean.low:.1%}" in alt and "reports 90%" in alt for alt in charts)
    assert any(alt.startswith("The workflow in") for alt in charts)


def test_a_model_without_images_leaves_the_embedded_example(app, monkeypatch, tmp_path) -> None:
    folder = changed(MODELS / SECOND, tmp_path / "bare", drop=(TEST_IMAGES,))
    monkeypatch.setenv("MODEL", str(folder))
    text = words(app.run())
    assert "bare was published without test images" in text
    assert f"from the test set of {FIRST}, {median(FIRST)['file']}" in text


def test_a_split_from_a_file_is_called_so(app, monkeypatch, tmp_path) -> None:
    folder = shutil.copytree(MODELS / SECOND, tmp_path / "published")
    content = json.loads((folder / MANIFEST).read_text())
    numbers = {"not_named": 0, "taken_out": 0, "test_copied": 4, "test_contradictory": 0}
    content |= {"protocol": "naive", "given_split": {"file": "official_split.csv", **numbers}}
    (folder / MANIFEST).write_text(json.dumps(content))
    monkeypatch.setenv("MODEL", str(folder))
    text = words(app.run())
    assert "protocol naive, split from official_split.csv" in text
    assert "read from the file official_split.csv and used unchanged" in text
    assert "4 of the 89 test images have near-duplicates in training" in text


def test_a_model_may_have_the_name_of_the_embedded_one(app, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("MODEL", str(changed(MODELS / SECOND, tmp_path / FIRST)))
    text = words(app.run())
    assert not app.exception
    assert f"from the test set of {FIRST}, {median(SECOND)['file']}" in text


def test_upload_yours_leads_to_classify(app) -> None:
    app.run()
    next(button for button in app.button if button.label == "Upload yours").click().run()
    assert app.title[0].value == "Classify"
