"""Every page in every state, from the entry point, with Streamlit's own test client and real bundles."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import dataset, duplicates, phantom
from core.bundle import read_manifest, seal
from core.classifier import Classifier
from core.hub_push import push
from core.manifest import MODEL, SPLIT, TEST_IMAGES, TEST_SET
from core.overlay import peak
from core.recipe import AUGMENTATIONS
from core.tables import read_csv

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "models"
FIRST, SECOND = "phantom", "phantom-without-augmentation"
TITLES = {
    "streamlit_app.py": "Breast ultrasound classifier",
    "pages/classify.py": "Classify",
    "pages/augmentation.py": "Augmentation",
    "pages/training_curves.py": "Training curves",
    "pages/confusion_matrix.py": "Confusion matrix",
}
PAGES = list(TITLES)


@pytest.fixture
def app(monkeypatch):
    """A visitor who has just opened the home page of an app with the embedded models."""
    monkeypatch.delenv("MODEL", raising=False)
    return AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)


@pytest.fixture
def upload():
    pixels = phantom.simulate("malignant", np.random.default_rng(5)).picture
    return "upload_1.png", np.repeat(pixels[..., np.newaxis], 3, axis=2)


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def go(app: AppTest, page: str) -> AppTest:
    app.run()
    return app if page == PAGES[0] else app.switch_page(page).run()


def send(app: AppTest, name: str, data: bytes) -> AppTest:
    app.file_uploader[0].upload(name, data)
    return app.run()


def words(app: AppTest) -> str:
    """All that stands on the page, as a reader without pictures gets it."""
    kinds = ("title", "subheader", "markdown", "caption", "warning", "error", "info", "metric")
    parts = []
    for kind in kinds:
        for element in getattr(app, kind):
            parts += [str(getattr(element, field, "")) for field in ("title", "label", "value", "body")]
    return "\n".join(parts).replace("\\", "")


def changed(folder: Path, copy: Path, *, drop: tuple[str, ...] = (), **decision: float) -> Path:
    """Copy a bundle, apply the function's changes, and seal it again."""
    shutil.copytree(folder, copy)
    for name in drop:
        (copy / name).unlink()
    fields = read_manifest(copy).model_dump(exclude={"files", "schema_version"})
    fields["decision"] |= decision
    seal(copy, **fields)
    return copy


@pytest.mark.parametrize("page", PAGES)
def test_every_page_names_its_model_and_says_what_it_is_worth(app, page) -> None:
    go(app, page)
    assert not app.exception
    assert app.title[0].value == TITLES[page]
    text = words(app)
    pictures = read_manifest(MODELS / FIRST).metrics.pictures
    assert f"Model **{FIRST}** · local folder · protocol clean · {pictures} test pictures" in text
    assert "trained on simulated pictures" in text
    assert "Not a medical device" in text
    assert not app.error


def test_the_model_follows_from_page_to_page(app) -> None:
    app.run()
    app.sidebar.selectbox[0].select(SECOND).run()
    for page in PAGES[1:]:
        app.switch_page(page).run()
        assert f"Model **{SECOND}**" in words(app)
        assert app.query_params["model"] == SECOND


def test_a_link_names_the_model_and_an_unknown_one_is_ignored(app) -> None:
    app.query_params["model"] = SECOND
    assert f"Model **{SECOND}**" in words(app.run())
    other = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    other.query_params["model"] = "/etc"
    assert f"Model **{FIRST}**" in words(other.run())


def test_classify_says_what_to_do_first(app) -> None:
    go(app, "pages/classify.py")
    assert "Upload one or several pictures" in app.info[0].value


def test_an_upload_is_classified_and_follows_to_the_augmentation(app, upload) -> None:
    name, pixels = upload
    go(app, "pages/classify.py")
    send(app, name, png(pixels))
    assert not app.exception
    text = words(app)
    assert "Most probable: " in text
    assert "Probabilities, calibrated: " in text
    assert "cells, drawn as they are" in text
    app.switch_page("pages/augmentation.py").run()
    assert f"**{name}**, unchanged" in words(app)
    app.switch_page("pages/classify.py").run()
    assert "Most probable: " in words(app)


def test_the_saliency_of_every_class_can_be_seen(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    classifier = Classifier.from_bundle(MODELS / FIRST)
    saliency = classifier.classify(upload[1]).saliency
    for name, of_class in zip(classifier.bundle.manifest.class_names, saliency, strict=True):
        app.segmented_control[0].set_value(name).run()
        assert not app.exception
        strongest = peak(of_class)
        expected = (
            f"The strongest for {name} is in row {strongest.row} of 6, column {strongest.column} of 6"
            if strongest
            else f"None of them raised the score of {name}."
        )
        assert expected in words(app)


def test_several_pictures_make_a_table_and_the_newest_is_shown(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    for label in ("Benign", "Normal"):
        next(button for button in app.button if button.label == label).click().run()
    table = app.dataframe[0].value
    assert list(table["picture"]) == [upload[0], "simulated benign 1", "simulated normal 1"]
    probabilities = table.filter(like="p_").sum(axis=1)
    assert np.allclose(probabilities, 1, atol=1e-5)
    picker = app.selectbox(key="picture picker")
    assert picker.value == 2
    picker.set_value(0).run()
    assert app.session_state["picture"] == dataset.pixel_hash(upload[1])
    next(button for button in app.button if button.label == "Remove all").click().run()
    assert app.info


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("notes.png", b"no picture at all", "notes.png is no PNG, JPEG, BMP, TIFF or WebP picture"),
        ("empty.png", b"", "empty.png is empty"),
    ],
)
def test_a_wrong_upload_is_refused_with_a_sentence_and_the_next_one_works(
    app, upload, name, data, sentence
) -> None:
    go(app, "pages/classify.py")
    send(app, name, data)
    assert not app.exception
    assert sentence in words(app)
    send(app, upload[0], png(upload[1]))
    assert "Most probable: " in words(app)
    assert not app.error


def test_a_file_name_is_not_read_as_markdown(app, upload) -> None:
    go(app, "pages/augmentation.py")
    send(app, "**[x](http:evil)**.png", png(upload[1]))
    assert any(r"\[x\]" in caption.value for caption in app.caption)


def test_classify_says_when_the_answer_proves_little(app, upload, monkeypatch, tmp_path) -> None:
    folder = tmp_path / "wary"
    shutil.copytree(MODELS / FIRST, folder)
    split = read_csv(folder / SPLIT)
    row = split.index[split["part"] == "train"][0]
    split.loc[row, ["sha256", "fingerprint"]] = (
        dataset.pixel_hash(upload[1]),
        duplicates.fingerprint(upload[1]),
    )
    split.to_csv(folder / SPLIT, index=False)
    changed(folder, tmp_path / "bundle", distance_threshold=0, conformal_threshold=1)
    monkeypatch.setenv("MODEL", str(tmp_path / "bundle"))
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    titles = [warning.proto.title for warning in app.warning]
    assert {"Seen in training", "Unlike the training data", "Not sure"} <= set(titles)
    assert split.loc[row, "file"] in words(app)


def test_presets_move_the_sliders_and_the_draws(app) -> None:
    go(app, "pages/augmentation.py")
    assert app.slider(key="shear_range").value == 0.2
    assert "0.2 is 0.2 degrees" in words(app)
    assert sum("rotation" in caption.value for caption in app.caption) == 11
    app.button(key="preset none").click().run()
    assert sum(caption.value == "unchanged" for caption in app.caption) == 11
    app.button(key="preset strong").click().run()
    strong = AUGMENTATIONS["strong"]
    assert app.slider(key="zoom_range").value == strong.zoom_range
    assert app.toggle(key="horizontal_flip").value is True
    assert "preset **strong**" in words(app)
    app.slider(key="rotation_range").set_value(90.0).run()
    assert "your own ranges" in words(app)
    assert not app.exception


def test_drawing_again_draws_others_and_the_sliders_stay_over_pages(app) -> None:
    go(app, "pages/augmentation.py")
    before = words(app)
    next(button for button in app.button if button.label == "Draw again").click().run()
    assert words(app) != before
    app.slider(key="rotation_range").set_value(45.0).run()
    app.switch_page("pages/classify.py").run()
    app.switch_page("pages/augmentation.py").run()
    assert app.slider(key="rotation_range").value == 45


def test_the_curves_name_the_best_epoch_and_the_papers(app) -> None:
    go(app, "pages/training_curves.py")
    manifest = read_manifest(MODELS / FIRST)
    text = words(app)
    assert f"holds epoch **{manifest.best_epoch}** of" in text
    assert "can be inferred" in text
    tables = [frame.value for frame in app.dataframe]
    assert len(tables[0]) == manifest.recipe.epochs
    assert tables[1]["val_accuracy"].tolist()[-1] == 0.8975


def test_every_cell_of_the_matrix_shows_its_pictures(app) -> None:
    go(app, "pages/confusion_matrix.py")
    manifest = read_manifest(MODELS / FIRST)
    for row, true_class in enumerate(manifest.class_names):
        app.selectbox(key="true class").select(true_class)
        for column, predicted in enumerate(manifest.class_names):
            app.selectbox(key="predicted class").select(predicted).run()
            assert not app.exception
            count = manifest.metrics.confusion_matrix[row][column]
            assert f"**{count}** of {sum(manifest.metrics.confusion_matrix[row])} {true_class}" in words(app)
            pictures = app.image
            assert len(pictures) == min(count, 12)
    app.segmented_control(key="show").set_value("Row shares").run()
    assert not app.exception


def test_a_bundle_without_test_pictures_still_shows_the_rest(app, monkeypatch, tmp_path) -> None:
    folder = changed(MODELS / FIRST, tmp_path / "bare", drop=(TEST_IMAGES,))
    monkeypatch.setenv("MODEL", str(folder))
    go(app, "pages/confusion_matrix.py")
    assert not app.exception
    assert "leaves out" in app.info[0].value
    cell = app.dataframe[-1].value
    assert len(cell)
    assert not app.image


@pytest.mark.parametrize("page", PAGES)
def test_a_broken_bundle_is_named_and_the_embedded_model_shown(app, monkeypatch, tmp_path, page) -> None:
    broken = shutil.copytree(MODELS / FIRST, tmp_path / "broken")
    data = bytearray((broken / TEST_SET).read_bytes())
    data[100] ^= 1
    (broken / TEST_SET).write_bytes(data)
    monkeypatch.setenv("MODEL", str(broken))
    go(app, page)
    assert not app.exception
    assert app.error[0].proto.title.replace("\\", "") == "broken cannot be used"
    assert "is not the file that bundle.json lists" in app.error[0].value.replace("\\", "")
    assert f"Model **{FIRST}**" in words(app)


def test_a_network_that_cannot_be_loaded_is_noticed_where_it_is_needed(app, monkeypatch, tmp_path) -> None:
    folder = shutil.copytree(MODELS / FIRST, tmp_path / "garbled")
    (folder / MODEL).write_bytes(b"not a network")
    changed(folder, tmp_path / "sealed")
    monkeypatch.setenv("MODEL", str(tmp_path / "sealed"))
    go(app, "pages/classify.py")
    assert "is not a network that ONNX Runtime can load" in words(app)
    assert f"Model **{FIRST}**" in words(app)
    app.switch_page("pages/training_curves.py").run()
    assert "Model **sealed**" in words(app)


def test_a_folder_that_was_trained_anew_is_read_anew(app, monkeypatch, tmp_path) -> None:
    folder = shutil.copytree(MODELS / FIRST, tmp_path / "mine")
    monkeypatch.setenv("MODEL", str(folder))
    app.run()
    fields = read_manifest(folder).model_dump(exclude={"files", "schema_version"})
    seal(folder, **fields | {"protocol": "naive"})
    assert "protocol naive" in words(app.run())
    assert "leaks" in words(app)


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_a_model_of_the_hub_shows_its_commit_and_its_absence_is_explained(app, hub, monkeypatch) -> None:
    push(MODELS / FIRST, "ann/demo", token=hub.tokens["write"])
    monkeypatch.setenv("MODEL", "ann/demo, ann/absent")
    app.run()
    assert "Model **ann/demo** · commit " in words(app)
    app.sidebar.selectbox[0].select("ann/absent").run()
    assert "ann/absent cannot be used" in words(app)
    assert f"Model **{FIRST}**" in words(app)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert not app.exception


WALK = """
import json, sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("streamlit_app.py", default_timeout=60).run()
seen = []
for page in json.loads(sys.argv[1]):
    if page != "streamlit_app.py":
        app.switch_page(page).run()
    for button in [button for button in app.button if button.label == "Benign"]:
        button.click().run()
    seen.append({"exceptions": len(app.exception), "errors": [error.value for error in app.error]})
print(json.dumps({"pages": seen, "modules": sorted({name.split(".")[0] for name in sys.modules})}))
"""


def walk(folder: Path) -> dict:
    """Open every page, and classify a picture, in a fresh process."""
    arguments = [sys.executable, "-c", WALK, json.dumps(PAGES)]
    run = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def test_the_app_imports_neither_tensorflow_nor_scikit_learn(monkeypatch) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    walked = walk(ROOT)
    assert [page["exceptions"] for page in walked["pages"]] == [0] * len(PAGES)
    assert "onnxruntime" in walked["modules"]
    assert not {"tensorflow", "keras", "sklearn"} & set(walked["modules"])


def test_without_any_model_every_page_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    for name in ("streamlit_app.py", "pages", "core"):
        (tmp_path / name).symlink_to(ROOT / name)
    walked = walk(tmp_path)
    for page in walked["pages"]:
        assert page["exceptions"] == 0
        assert "There is no model" in page["errors"][0]


def test_the_figures_of_the_table_are_those_of_the_manifest() -> None:
    for label in (FIRST, SECOND):
        manifest = read_manifest(MODELS / label)
        table = pd.read_parquet(MODELS / label / TEST_SET)
        assert len(table) == manifest.metrics.pictures
