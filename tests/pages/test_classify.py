"""Classify: from an upload to a prediction, and reasons not to trust it."""

import hashlib
import shutil

import cv2
import numpy as np
import pytest
from visit import FIRST, MODELS, changed, go, png, send, words

from core.augmentation.ranges import AUGMENTATIONS
from core.bundle.manifest import MANIFEST, SPLIT
from core.bundle.tables import read_csv
from core.data import near_duplicates
from core.data.image_facts import pixel_hash
from core.inference.augmented import predict_augmented
from core.inference.classifier import Classifier
from core.inference.occlusion import occlusion_map
from core.inference.overlay import peak
from pages.components.shared import images


@pytest.fixture
def app(app):
    """A visitor who came by a link to the model of phantoms: it classifies uploads too, for it was chosen."""
    app.query_params["model"] = FIRST
    return app


def test_classify_says_what_to_do_first(app) -> None:
    go(app, "pages/classify.py")
    assert "Upload one or several images" in app.info[0].value


def test_an_upload_is_classified_and_follows_to_the_augmentation(app, upload) -> None:
    name, pixels = upload
    go(app, "pages/classify.py")
    send(app, name, png(pixels))
    assert not app.exception
    text = words(app)
    assert "Predicted class: " in text
    assert "Calibrated probabilities: " in text
    assert "The last feature map has 6 × 6 cells." in text
    app.switch_page("pages/augmentation.py").run()
    assert f"**{name}**, unchanged" in words(app)
    app.switch_page("pages/classify.py").run()
    assert "Predicted class: " in words(app)


def test_the_saliency_of_every_class_can_be_seen(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    classifier = Classifier.from_bundle(MODELS / FIRST)
    saliency = classifier.classify(upload[1]).saliency
    for name, of_class in zip(classifier.bundle.manifest.class_names, saliency, strict=True):
        app.segmented_control(key="class").set_value(name).run()
        assert not app.exception
        strongest = peak(of_class)
        expected = (
            f"The strongest cell for {name} is in row {strongest.row} of 6, column {strongest.column} of 6"
            if strongest
            else f"No cell raised the score of {name}."
        )
        assert expected in words(app)


def test_several_images_make_a_table_and_the_newest_is_shown(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    for label in ("Benign", "Normal"):
        next(button for button in app.button if button.label == label).click().run()
    table = app.dataframe[0].value
    assert list(table["file"]) == [upload[0], "simulated benign 1", "simulated normal 1"]
    digest = hashlib.sha256((MODELS / FIRST / MANIFEST).read_bytes()).hexdigest()
    assert (table[["model", "bundle_sha256"]] == [FIRST, digest]).all(axis=None)
    probabilities = table.filter(like="p_").sum(axis=1)
    assert np.allclose(probabilities, 1, atol=1e-5)
    picker = app.selectbox(key="image picker")
    assert picker.value == 2
    picker.set_value(0).run()
    assert app.session_state["image"] == pixel_hash(upload[1])
    next(button for button in app.button if button.label == "Remove all").click().run()
    assert app.info


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("notes.png", b"no image at all", "notes.png is not a PNG, JPEG, BMP, TIFF, WebP or DICOM image"),
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
    assert "Predicted class: " in words(app)
    assert not app.error


def test_classify_says_when_not_to_trust_the_prediction(app, upload, monkeypatch, tmp_path) -> None:
    folder = tmp_path / "wary"
    shutil.copytree(MODELS / FIRST, folder)
    split = read_csv(folder / SPLIT)
    row = split.index[split["set"] == "train"][0]
    split.loc[row, ["sha256", "fingerprint"]] = (
        pixel_hash(upload[1]),
        near_duplicates.fingerprint(upload[1]),
    )
    split.to_csv(folder / SPLIT, index=False)
    changed(folder, tmp_path / "bundle", distance_threshold=0, conformal_threshold=1)
    monkeypatch.setenv("MODEL", str(tmp_path / "bundle"))
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    titles = [warning.proto.title for warning in app.warning]
    assert {"Seen in training", "Out of distribution", "Not sure"} <= set(titles)
    assert split.loc[row, "file"] in words(app)


def test_occlusion_is_one_click_and_names_its_square(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    app.segmented_control(key="map").set_value("Occlusion").run()
    assert not app.exception
    assert "A grey square of 12 × 12 pixels" in words(app)
    classifier = Classifier.from_bundle(MODELS / FIRST)
    drop = occlusion_map(classifier, upload[1], lambda _done, _count: None).drop
    name = classifier.classify(upload[1]).predicted_class
    strongest = peak(drop[classifier.bundle.manifest.class_names.index(name)])
    assert f"(row {strongest.row}, column {strongest.column} of 16)" in words(app)


def test_stability_under_augmentation_is_counted_on_request_as_the_linked_page_draws_it(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    assert "Stable under augmentation" not in words(app)
    app.button(key="stability").click().run()
    assert not app.exception
    classifier = Classifier.from_bundle(MODELS / FIRST)
    first = classifier.classify(upload[1]).predicted_class
    draws = predict_augmented(classifier, upload[1], AUGMENTATIONS["paper"], seed=0)
    same = sum(one.prediction.predicted_class == first for one in draws)
    assert f"Stable under augmentation: {same} of 16 agree." in words(app)
    links = [one.proto.label for one in app.get("page_link")]
    assert links.count("See the images") == 1
    app.switch_page("pages/augmentation.py").run()
    assert f"Under 16 draws: {first} {same}" in words(app)
    app.switch_page("pages/classify.py").run()
    assert f"Stable under augmentation: {same} of 16 agree." in words(app)
    next(button for button in app.button if button.label == "Benign").click().run()
    assert "Stable under augmentation" not in words(app)


def test_a_photograph_is_classified(app, upload) -> None:
    go(app, "pages/classify.py")
    app.segmented_control(key="from").set_value("Camera").run()
    app.camera_input[0].set_value(("photograph.jpg", png(upload[1]), "image/jpeg")).run()
    assert not app.exception
    assert app.dataframe[0].value["file"].tolist() == ["photograph 1.jpg"]


def test_many_wrong_files_and_too_many_images_are_said_in_few_sentences(app, monkeypatch) -> None:
    monkeypatch.setattr(images, "MAX_IMAGES", 2)
    go(app, "pages/classify.py")
    uploader = app.file_uploader[0]
    uploader.set_value(
        [(f"{number}.png", b"no image", "image/png") for number in range(9)]
        + [(f"grey {n}.png", png(np.full((40, 40, 3), 40 * n, np.uint8)), "image/png") for n in range(1, 6)]
    ).run()
    assert not app.exception
    sentences = [error.value for error in app.error]
    assert len(sentences) == 7
    assert sentences[5].startswith("4 more files")
    assert "3 images, from grey 3" in sentences[6]
    assert len(app.dataframe[0].value) == 2


def test_burned_in_annotations_are_noted(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    assert not app.info
    marked = upload[1].copy()
    marked[95:106, 200] = marked[100, 195:206] = 255
    marked[90:111, 190:195] = marked[90:111, 206:211] = 0
    cv2.putText(marked, "RT UOQ", (30, 280), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 2)
    send(app, "marked.png", png(marked))
    assert app.info[0].value.startswith("Calipers and letters seem to be burned into this image.")


def test_a_segmentation_mask_is_pointed_out(app) -> None:
    go(app, "pages/classify.py")
    mask = np.zeros((60, 60, 3), np.uint8)
    mask[20:40, 20:40] = 255
    send(app, "mask.png", png(mask))
    assert "Looks like a segmentation mask" in [warning.proto.title for warning in app.warning]
    assert not app.exception
