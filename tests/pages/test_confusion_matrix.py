"""Confusion matrix: cells and their images, the threshold, out-of-fold predictions, missing images."""

import shutil

import bundles
import numpy as np
import pandas as pd
import pytest
from visit import FIRST, MODELS, REAL, SECOND, arrive, cards, changed, go, offer, png, words

from core.bundle.folder import add_file, open_bundle, read_manifest
from core.bundle.limitations import NO_OPERATING_POINT
from core.bundle.manifest import MODEL, OUT_OF_FOLD, TEST_IMAGES, TEST_SET, VALIDATION
from core.bundle.tables import COLUMNS
from core.data.image_facts import pixel_hash
from core.data.phantom.simulate import simulate
from core.evaluation import confusion
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import probability_columns, probability_matrix
from core.inference.evaluate import current_metrics
from pages.components.shared.keys import Key

PAGE = "pages/confusion_matrix.py"
pytestmark = pytest.mark.usefixtures("link_to_phantom")


def images_of(app) -> list[dict]:
    """The cards of the cell's images."""
    assert not app.exception
    return cards(app, Key.CELL_IMAGES)


def names_of(app) -> list[str]:
    """Files of the images that can be seen, in order."""
    return [card["detail"].split(": ")[0] for card in images_of(app)]


def cell_of(table: pd.DataFrame, names, true_class: str, called: str) -> pd.DataFrame:
    """The rows of a cell by the most probable class, the surest first."""
    predicted = np.array(names)[probability_matrix(table, names).argmax(axis=1)]
    rows = table[(table["true_class"] == true_class) & (predicted == called)]
    return rows.sort_values(f"p_{called}", ascending=False)


def short(table: pd.DataFrame) -> list[str]:
    return [file.rsplit("/", 1)[1] for file in table["file"]]


def at(*parameters: str) -> str:
    """What a fresh visitor reads who comes by a link."""
    app = arrive()
    app.query_params["model"] = FIRST
    app.run().switch_page(PAGE)
    for parameter in parameters:
        name, value = parameter.split("=")
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return words(app)


@pytest.mark.slow
def test_every_cell_of_the_matrix_shows_its_images_the_surest_first(app) -> None:
    go(app, PAGE)
    manifest = read_manifest(MODELS / FIRST)
    table = pd.read_parquet(MODELS / FIRST / TEST_SET)
    for row, true_class in enumerate(manifest.class_names):
        app.selectbox(key="true").select(true_class)
        for column, called in enumerate(manifest.class_names):
            app.selectbox(key="called").select(called).run()
            assert not app.exception
            count = manifest.metrics.confusion_matrix[row][column]
            support = sum(manifest.metrics.confusion_matrix[row])
            assert f"**{count}** of {support} {true_class} images" in words(app)
            expected = cell_of(table, manifest.class_names, true_class, called)
            assert len(expected) == count
            assert names_of(app) == short(expected)[:12]
            assert {card["label"] for card in images_of(app)} <= {called}
            assert all(card["over"].startswith("data:image/png") for card in images_of(app))
    app.selectbox(key="numbers").select("column shares").run()
    assert not app.exception


def test_a_threshold_moves_the_matrix_and_a_link_restores_it(app) -> None:
    manifest, table = read_manifest(MODELS / FIRST), pd.read_parquet(MODELS / FIRST / TEST_SET)
    names = manifest.class_names
    truth = np.array([names.index(name) for name in table["true_class"]])
    assert "Decision rule: most probable class." in words(go(app, PAGE))
    for rule in ("operating point", "own threshold"):  # the slider comes with the rule that uses it
        assert not app.slider
        app.segmented_control(key="decision").set_value(rule).run()
    app.slider(key="threshold").set_value(0.25).run()
    moved = confusion.count(truth, confusion.decide(probability_matrix(table, names), 1, 0.25), 3)
    assert moved.tolist() != [list(row) for row in manifest.metrics.confusion_matrix]
    for text in (words(app), at("decision=own threshold", "threshold=0.25")):
        assert "malignant at a probability of 25.0% or more" in text
        assert f"**{np.trace(moved)}** of {len(table)}" in text
        assert f"**{moved[1, 0]}** of 25 malignant images" in text
    app.segmented_control(key="decision").set_value("operating point").run()
    sensitivity = current_metrics(open_bundle(MODELS / FIRST)).operating_point.sensitivity
    interval = f"{sensitivity.value:.1%} ({sensitivity.low:.1%} to {sensitivity.high:.1%})"
    assert f"Sensitivity for malignant: {interval}" in words(app)
    assert f"**{sensitivity.value:.1%}** :small[" in words(app)
    assert "malignant at a probability of 9.5% or more" in words(app)


def large_of(app) -> dict:
    """The card of the image that is open."""
    return cards(app, Key.ENLARGED_IMAGE)[0]


def test_a_link_opens_an_image_large_and_its_neighbours_follow(app) -> None:
    names = read_manifest(MODELS / FIRST).class_names
    cell = cell_of(pd.read_parquet(MODELS / FIRST / TEST_SET), names, "malignant", "benign")
    go(app, PAGE)
    app.query_params["large"] = cell["sha256"].iloc[0][:12]
    app.run()
    assert large_of(app)["label"] == "Predicted class: benign"
    assert large_of(app)["note"] == "True class: malignant"
    assert "with the saliency map of benign" in large_of(app)["alt"]
    assert next(one for one in app.segmented_control if "saliency of" in one.key).options == list(names)
    assert f"1 of {len(cell)}" in words(app)
    next(b for b in app.button if b.label == "Next").click().run()
    assert app.query_params["large"] == cell["sha256"].iloc[1][:12]
    assert large_of(app)["key"] == cell["sha256"].iloc[1]
    for _ in range(2):
        next(b for b in app.button if b.label == "Previous").click().run()
    assert large_of(app)["key"] == cell["sha256"].iloc[-1]
    app.query_params["large"] = "0"
    assert "1 of " not in words(app.run())


@pytest.mark.slow
def test_the_gallery_has_pages_and_room_for_a_whole_one_on_each(app) -> None:
    names = read_manifest(MODELS / FIRST).class_names
    cell = cell_of(pd.read_parquet(MODELS / FIRST / TEST_SET), names, "benign", "benign")
    go(app, PAGE)
    app.query_params["sheet"] = "4"
    app.selectbox(key="true").select("benign").run()
    assert "1–12 of 39" in words(app)
    assert "1–12 of 39" in at("true=benign", "called=benign")
    assert "37–39 of 39" in at("true=benign", "called=benign", "sheet=4")
    assert names_of(app) == short(cell)[:12]


def test_without_any_image_the_files_of_the_cell_stand_in_their_place(app, monkeypatch) -> None:
    offer(app, monkeypatch, MODELS / REAL)
    monkeypatch.delenv("DATA_DIR", raising=False)
    go(app, PAGE)
    assert not app.exception
    assert "None of these 3 images can be shown" in words(app)
    names = read_manifest(MODELS / REAL).class_names
    cell = cell_of(pd.read_parquet(MODELS / REAL / TEST_SET), names, "malignant", "benign")
    assert app.dataframe[0].value["file"].tolist() == cell["file"].tolist()
    assert not app.get("bidi_component")


def test_curves_calibration_and_the_papers_matrix_have_their_numbers_as_text(app) -> None:
    metrics = read_manifest(MODELS / FIRST).metrics
    go(app, PAGE)
    app.query_params["details"] = "ROC and precision-recall"
    rows = app.run().dataframe[-1].value.set_index("class")
    for name, figures in metrics.per_class.items():
        assert rows.loc[name, "AUC"].startswith(f"{figures.auc.value:.3f} ({figures.auc.low:.3f} to")
    error = metrics.expected_calibration_error
    calibration = at("details=Calibration")
    assert f"**{error.value:.3f}**" in calibration
    assert f"would show {error.perfect_mean:.3f} on average" in calibration
    assert "Measured at home only: on images of another hospital or machine it may be larger." in calibration
    papers = at("details=The paper's matrix")
    assert "Reconstructed, not printed in the paper" in papers
    assert "87 of 89 benign, 34 of 42 malignant and 20 of 26 normal" in papers


def test_images_that_the_bundle_leaves_out_are_looked_up_by_their_pixels(app, monkeypatch, tmp_path) -> None:
    bundle = open_bundle(MODELS / FIRST)
    table, images = bundle.table(TEST_SET), bundle.test_images()
    cell = cell_of(table, bundle.manifest.class_names, "malignant", "benign")
    data = tmp_path / "data" / "benign"
    data.mkdir(parents=True)
    # As if the images at input size were the originals; two of them are in the folder, under other names.
    for number, index in enumerate(cell.index[1:3]):
        image = images[table.loc[index, "sha256"]]
        table.loc[index, "sha256"] = pixel_hash(image)
        (data / f"other {number}.png").write_bytes(png(image))
    shutil.copytree(MODELS / FIRST, tmp_path / "copy")
    table.to_parquet(tmp_path / "copy" / TEST_SET)
    folder = changed(tmp_path / "copy", tmp_path / "bare", drop=(TEST_IMAGES,))
    offer(app, monkeypatch, folder)
    go(app, PAGE)
    assert not app.exception
    assert "None of these 6 images can be shown" in words(app)
    assert "set DATA_DIR" in words(app)
    assert not app.get("bidi_component")
    assert sorted(app.dataframe[0].value["file"]) == sorted(cell["file"])

    monkeypatch.setenv("DATA_DIR", str(tmp_path / "nowhere"))
    assert "DATA_DIR names no folder" in words(app.run())
    assert str(tmp_path) not in words(app)

    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    app.run()
    assert "4 of these 6 images cannot be shown" in words(app)
    assert names_of(app) == short(cell)[1:3]

    monkeypatch.delenv("DATA_DIR")
    assert not app.selectbox(key="true").select("normal").run().exception


@pytest.fixture
def folded(tmp_path):
    """A bundle with out-of-fold predictions, and an image of another fold by its hash.

    Its own fold is its test set; the validation set stands for the other one.
    """
    folder = shutil.copytree(MODELS / FIRST, tmp_path / "folded")
    bundle = open_bundle(folder)
    epochs = bundle.table(VALIDATION)
    other = epochs[epochs["epoch"] == bundle.manifest.best_epoch]
    other = other.merge(bundle.table("split.csv")[["file", "source", "sha256", "group"]], on="file")
    columns = [*COLUMNS[OUT_OF_FOLD], *probability_columns(bundle.manifest.class_names)]
    table = pd.concat([bundle.table(TEST_SET).assign(fold=1), other.assign(fold=2)], ignore_index=True)
    pixels = simulate("benign", np.random.default_rng(9)).image
    image = np.repeat(pixels[..., np.newaxis], 3, axis=2)
    table.loc[table.index[-1], "sha256"] = pixel_hash(image)
    table[columns].to_parquet(tmp_path / OUT_OF_FOLD)
    add_file(folder, tmp_path / OUT_OF_FOLD)
    return folder, {pixel_hash(image): image}


def test_out_of_fold_predictions_are_another_set(app, monkeypatch, tmp_path, folded) -> None:
    folder, images = folded
    offer(app, monkeypatch, folder)
    bundle = open_bundle(folder)
    names, pooled = bundle.manifest.class_names, bundle.table(OUT_OF_FOLD)
    own = bundle.table(TEST_SET)
    go(app, PAGE)
    assert f"** of {len(own)}\n" in words(app)
    app.query_params["details"] = "ROC and precision-recall"
    app.segmented_control(key="predictions").set_value("out of fold").run()
    assert not app.exception
    metrics = evaluate(
        [names.index(name) for name in pooled["true_class"]],
        probability_matrix(pooled, names),
        pooled["group"],
        class_names=names,
        positive_class="malignant",
        threshold=None,
        seed=bundle.manifest.seed,
    )
    accuracy = metrics.accuracy
    assert f"** of {len(pooled)}\n" in words(app)
    assert "predicted by a network that was not trained on it" in words(app)
    assert f"Accuracy: {accuracy.value:.1%} ({accuracy.low:.1%} to {accuracy.high:.1%})" in words(app)
    assert f"{metrics.per_class['benign'].auc.value:.3f}" in app.dataframe[-1].value["AUC"][0]
    # The bundle has the images of its own fold alone.
    cell = cell_of(pooled, names, "malignant", "benign")
    assert set(names_of(app)) == set(short(cell)) & set(short(own))
    assert "cannot be shown" in words(app)
    # What another fold's network predicted is not explained by this one, even where the image is at hand.
    stranger = next(iter(images))
    app.query_params["large"] = stranger[:12]
    assert "Neither the bundle nor the data folder has this image" in words(app.run())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "any name.png").write_bytes(png(images[stranger]))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    app.run()
    assert not app.exception
    assert "this prediction is from the network of another fold" in words(app)
    assert "The last feature map" not in words(app)
    app.query_params["large"] = own["sha256"].iloc[0][:12]
    assert "The last feature map has 6 × 6 cells" in words(app.run())


def test_without_a_network_or_a_positive_class_the_rest_is_shown(app, monkeypatch, tmp_path) -> None:
    shutil.copytree(MODELS / SECOND, tmp_path / "copy")
    (tmp_path / "copy" / MODEL).write_bytes(b"not a network")
    # Names of classes come from strangers.
    names = ("a*b", "recall", "precision")
    bundles.make_bundle(tmp_path / "neutral", class_names=names, positive_class=None)
    broken = changed(tmp_path / "copy", tmp_path / "broken")
    offer(app, monkeypatch, f"{broken}, {tmp_path / 'neutral'}")
    go(app, PAGE)
    assert not app.exception
    assert "is not a network that ONNX Runtime can load" in words(app)
    assert images_of(app)
    assert not any(card["over"] for card in images_of(app))
    app.sidebar.radio[0].set_value("neutral").run()
    assert not app.exception
    assert "No trade-off: " in words(app)
    assert NO_OPERATING_POINT in words(app)
    app.query_params["details"] = "Tables"
    columns = ["true class", "predicted a*b", "predicted recall", "predicted precision", "recall"]
    assert list(app.run().dataframe[0].value) == columns
    assert not app.slider


def test_the_table_has_as_many_images_as_the_manifest() -> None:
    for label in (FIRST, SECOND):
        assert len(pd.read_parquet(MODELS / label / TEST_SET)) == read_manifest(MODELS / label).metrics.images
