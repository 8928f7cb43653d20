"""Home: the example that needs no network, and the way on."""

import json
import shutil

import numpy as np
import pandas as pd
from visit import FIRST, MODELS, REAL, SECOND, arrive, cards, changed, png, words

from core.bundle.manifest import MANIFEST, MODEL, TEST_IMAGES, TEST_SET
from core.data.image_facts import pixel_hash
from core.data.phantom.simulate import simulate
from core.paper import measured
from pages.components.shared import data_folder


def median(label: str) -> pd.Series:
    """The malignant test image with the median probability of its class, found in another way."""
    table = pd.read_parquet(MODELS / label / TEST_SET).query("true_class == 'malignant'")
    values = table["p_malignant"].to_numpy()
    above, below = (values > values[:, None]).sum(1), (values < values[:, None]).sum(1)
    return table[np.abs(above - below) <= (len(table) + 1) % 2].iloc[0]


def read(app) -> None:
    """Run the page, and again when the data folder has been read."""
    app.run()
    data_folder.indexed(data_folder.setting()).future.result(60)
    app.run()


def example(app) -> dict:
    """The card of the example that stands on the page."""
    (proto,) = [one.proto for one in app.get("bidi_component") if "-example of " in one.proto.id]
    (card,) = json.loads(proto.json)["cards"]
    return card


def test_home_shows_a_lesion_with_what_influenced_the_prediction(app) -> None:
    app.run()
    assert not app.exception
    card, row = example(app), median(FIRST)
    assert card["label"] == "True class: malignant"
    assert card["note"] == f"Simulated image from the test set of {FIRST}, {row['file']}"
    assert "with the saliency map of malignant" in card["alt"]
    text = words(app)
    table = pd.read_parquet(MODELS / FIRST / TEST_SET).query("true_class == 'malignant'")
    right = int((table["p_malignant"] > table[["p_benign", "p_normal"]].max(axis=1)).sum())
    assert "This prediction is **correct**." in text
    assert f"Of the {len(table)} malignant test images {FIRST} classifies {right} correctly" in text
    assert f"**{len(table) - right} wrongly**" in text
    assert "not a hand-picked one" in text
    app.toggle[0].set_value(False).run()
    assert "saliency" not in example(app)["alt"]


def test_home_shows_the_example_and_the_protocols_without_a_network(app, monkeypatch, tmp_path) -> None:
    folder = shutil.copytree(MODELS / SECOND, tmp_path / "garbled")
    (folder / MODEL).write_bytes(b"not a network")
    changed(folder, tmp_path / "sealed")
    monkeypatch.setenv("MODEL", str(tmp_path / "sealed"))
    app.run()
    assert not app.exception
    assert not app.error
    card, row = example(app), median(SECOND)
    assert card["note"] == f"Simulated image from the test set of sealed, {row['file']}"
    assert "saliency" not in card["alt"]
    text = words(app)
    assert "The prediction is stored in the bundle" in text
    assert "BUSI publishes no patient ids" in text
    charts = [chart.proto.alt for chart in app.get("plotly_chart")]
    clean = measured.read_comparison(150).protocols["clean"].metrics["accuracy"]
    assert any(f"clean {clean.mean:.1%} ({clean.low:.1%}" in alt and "reports 90%" in alt for alt in charts)
    assert f"**{clean.mean:.0%}** where neither happens" in text
    assert any(alt.startswith("The workflow in") for alt in charts)


def test_one_network_under_two_labels_has_each_its_own_name_on_every_visit(
    app, monkeypatch, tmp_path
) -> None:
    assert f"of {FIRST}, " in example(app.run())["note"]
    monkeypatch.setenv("MODEL", str(shutil.copytree(MODELS / FIRST, tmp_path / "renamed")))
    for _ in range(2):
        visitor = arrive().run()
        assert not visitor.exception
        assert "of renamed, " in example(visitor)["note"]


def test_a_model_without_images_leaves_the_embedded_example(app, monkeypatch, tmp_path) -> None:
    folder = changed(MODELS / SECOND, tmp_path / "bare", drop=(TEST_IMAGES,))
    monkeypatch.setenv("MODEL", str(folder))
    assert "bare was published without test images" in words(app.run())
    assert example(app)["note"].endswith(f"from the test set of {FIRST}, {median(FIRST)['file']}")


def test_an_example_that_was_not_found_is_found_once_the_data_folder_has_it(
    app, monkeypatch, tmp_path
) -> None:
    file, pixels = median(SECOND)["file"], simulate("malignant", np.random.default_rng(3)).image
    draft = changed(MODELS / SECOND, tmp_path / "draft", drop=(TEST_IMAGES,))
    table = pd.read_parquet(draft / TEST_SET)
    # Another processor than that which the model was trained on simulates other pixels.
    table.loc[table["file"] == file, "sha256"] = pixel_hash(np.stack([pixels] * 3, axis=-1))
    table.to_parquet(draft / TEST_SET, index=False)
    folder = changed(draft, tmp_path / "bare")
    shutil.copytree(folder, tmp_path / "other name")
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MODEL", str(folder))
    for _ in range(2):
        assert "bare was published without test images" in words(app.run())
    (tmp_path / "data" / "one.png").write_bytes(png(pixels))
    read(app)
    assert example(app)["note"] == f"Simulated image from the test set of bare, {file}"
    assert "with the saliency map" in example(app)["alt"]
    # Its content is the same, and so is what is known of it, but for its name.
    monkeypatch.setenv("MODEL", str(tmp_path / "other name"))
    assert example(arrive().run())["note"] == f"Simulated image from the test set of other name, {file}"


def test_every_page_has_a_card_with_a_preview(app) -> None:
    app.run()
    for title in (
        "Classify",
        "Augmentation",
        "Training curves",
        "Confusion matrix",
        "You against the model",
        "Data audit",
    ):
        (card,) = cards(app, f"preview {title}")
        assert card["source"].startswith("data:image/")
        assert card["alt"]


def test_real_images_come_first_where_the_data_folder_has_them(app, busi, monkeypatch, tmp_path) -> None:
    row = median(REAL)
    (tmp_path / "data").mkdir()
    shutil.copyfile(busi / row["file"].removeprefix("busi/"), tmp_path / "data" / "one.png")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    read(app)
    assert not app.exception
    assert example(app)["note"] == f"Image from the test set of {REAL}, {row['file']}"
    assert "with the saliency map" in example(app)["alt"]
    app.run()
    assert example(app)["note"] == f"Image from the test set of {REAL}, {row['file']}"
    # A model that the visitor chose has its own example.
    other = arrive()
    other.query_params["model"] = FIRST
    assert example(other.run())["note"].endswith(f"from the test set of {FIRST}, {median(FIRST)['file']}")


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
    app.run()
    assert not app.exception
    assert example(app)["note"].endswith(f"from the test set of {FIRST}, {median(SECOND)['file']}")


def test_the_main_button_leads_to_classify(app) -> None:
    app.run()
    next(button for button in app.button if button.label == "Classify your images").click().run()
    assert app.title[0].value == "Classify"
