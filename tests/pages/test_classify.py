"""Classify: from an upload to a prediction, and reasons not to trust it."""

import base64
import hashlib
import io
import json
import shutil

import cv2
import numpy as np
import pytest
from held_out import held_out_run
from PIL import Image
from visit import FIRST, MODELS, REAL, cards, changed, findings, go, offer, png, send, words

from core.augmentation.ranges import AUGMENTATIONS
from core.bundle.held_out_run import HeldOutFold
from core.bundle.manifest import MANIFEST, SPLIT
from core.bundle.tables import read_csv
from core.data.duplicates.common_frames import on_a_scanner_screen
from core.data.duplicates.fingerprint import fingerprint
from core.data.image_facts import pixel_hash
from core.data.phantom.simulate import CLASSES
from core.data.provenance import BUSI
from core.figures.style import class_colours
from core.inference.augmented import predict_augmented
from core.inference.classifier import Classifier
from core.inference.occlusion import occlusion_map
from core.inference.overlay import peak
from pages.components.shared.keys import Key

pytestmark = pytest.mark.usefixtures("link_to_phantom")


def predicted(app) -> str:
    """The predicted class, which the page names in large letters."""
    return app.header[0].value.removeprefix("Predicted class: ")


def test_classify_says_what_to_do_first(app) -> None:
    app.query_params["model"] = REAL  # it has no test images
    go(app, "pages/classify.py")
    assert app.file_uploader[0].label == ("Upload images (at most 20 MB each) or clips (100 MB, 600 frames)")
    assert app.file_uploader[0].help.endswith("Nothing is written to disk.")  # and nobody counts
    assert "Or paste an image" in json.dumps([one.proto.json for one in app.get("bidi_component")])
    shown = [cards(app, f"simulated example {number}")[0] for number in (1, 2, 3)]
    assert [card["alt"] for card in shown] == [
        f"simulated example {number}, its class not yet shown" for number in (1, 2, 3)
    ]
    assert not any(name in str({**card, "source": ""}) for card in shown for name in CLASSES)
    assert not app.dataframe


def test_an_upload_is_classified_and_follows_to_the_augmentation(app, upload) -> None:
    name, pixels = upload
    go(app, "pages/classify.py")
    send(app, name, png(pixels))
    assert not app.exception
    text = words(app)
    assert predicted(app) in Classifier.from_bundle(MODELS / FIRST).bundle.manifest.class_names
    assert "Calibrated probabilities: " in text
    assert "The last feature map has 6 × 6 cells." in text
    assert "Measured at home only, never on images from elsewhere." in text
    app.switch_page("pages/augmentation.py").run()
    assert f"unchanged image, **{name}**" in words(app)
    app.switch_page("pages/classify.py").run()
    assert predicted(app)


def test_the_image_as_uploaded_can_be_seen(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    assert cards(app, Key.LARGE_IMAGE)[0]["alt"].startswith(
        f"{upload[0]} as the network saw it, with the saliency"
    )
    app.segmented_control(key="map").set_value("None").run()
    assert not app.exception
    (card,) = cards(app, Key.LARGE_IMAGE)
    assert card["alt"] == upload[0]
    height, width = upload[1].shape[:2]
    _, _, data = card["source"].partition("base64,")
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (width, height)
    assert f"{upload[0]} as uploaded, {width} × {height} pixels." in words(app)
    assert app.slider(key="opacity").disabled


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
    for label in ("Simulated 1", "Simulated 2"):
        next(button for button in app.button if button.label == label).click().run()
    table = app.dataframe[0].value
    assert list(table["file"]) == [upload[0], "simulated example 1", "simulated example 2"]
    digest = hashlib.sha256((MODELS / FIRST / MANIFEST).read_bytes()).hexdigest()
    assert (table[["model", "bundle_sha256"]] == [FIRST, digest]).all(axis=None)
    probabilities = table.filter(like="p_").sum(axis=1)
    assert np.allclose(probabilities, 1, atol=1e-5)
    strip = cards(app, "strip")
    assert [card["label"] for card in strip] == list(table["predicted_class"])
    assert [card["detail"] for card in strip] == list(table["file"])
    colours = class_colours(Classifier.from_bundle(MODELS / FIRST).bundle.manifest.class_names)
    assert [card["colour"] for card in strip] == [colours[name] for name in table["predicted_class"]]
    assert cards(app, Key.LARGE_IMAGE)[0]["key"] == strip[2]["key"]
    app.session_state["image"] = pixel_hash(upload[1])
    app.run()
    assert cards(app, Key.LARGE_IMAGE)[0]["alt"].startswith(upload[0])
    assert predicted(app) == table["predicted_class"].iloc[0]
    next(button for button in app.button if button.label == "Remove all").click().run()
    assert not app.dataframe


def test_classify_says_when_not_to_trust_the_prediction(app, upload, monkeypatch, tmp_path) -> None:
    folder = tmp_path / "wary"
    shutil.copytree(MODELS / FIRST, folder)
    split = read_csv(folder / SPLIT)
    row = split.index[split["set"] == "train"][0]
    split.loc[row, ["sha256", "fingerprint"]] = (
        pixel_hash(upload[1]),
        fingerprint(upload[1]),
    )
    split.to_csv(folder / SPLIT, index=False)
    changed(folder, tmp_path / "bundle", data=BUSI, distance_threshold=0, conformal_threshold=1)
    offer(app, monkeypatch, tmp_path / "bundle")
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    assert {"Seen in training", "Out of distribution", "Not sure"} <= set(findings(app))
    assert app.dataframe[0].value["checks"].tolist() == ["Seen in training, Out of distribution, Not sure"]
    assert f"The training data has this image: {split.loc[row, 'file']}." in words(app)
    send(app, "smaller.png", png(cv2.resize(upload[1], (200, 150))))
    assert f"The training data has a near-duplicate of this image: {split.loc[row, 'file']}." in words(app)
    assert list(app.dataframe[0].value["seen_by"]) == ["the same pixels", "near-duplicate"]


def test_what_sets_are_worth_elsewhere_stands_beside_them(app, upload, monkeypatch, tmp_path) -> None:
    changed(MODELS / FIRST, tmp_path / "bundle", held_out=(held_out_run(Alpha=0.93, Beta=0.84),))
    offer(app, monkeypatch, tmp_path / "bundle")
    go(app, "pages/classify.py")
    said = words(send(app, upload[0], png(upload[1])))
    beta = "On Beta, the worst of 2 held-out sources,"
    assert f"{beta} sets made in this way had the true class of 74% of the images." in said
    assert f"{beta} prediction sets that were made in the same way" in said
    assert "The measured networks are not this one" in said


def test_a_fold_of_a_held_out_run_says_what_it_was_tested_on(app, upload, monkeypatch, tmp_path) -> None:
    fold = HeldOutFold(column="source", name="Beta")
    changed(MODELS / FIRST, tmp_path / "bundle", held_out_fold=fold)
    offer(app, monkeypatch, tmp_path / "bundle")
    go(app, "pages/classify.py")
    said = words(send(app, upload[0], png(upload[1])))
    assert "Trained without Beta, and measured on it alone." in said
    assert "at home only" not in said


def test_an_image_on_a_screen_is_outside_the_training_domain(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, "screen.png", png(on_a_scanner_screen(upload[1], share=0.6)))
    assert not app.exception
    assert "Frame around the image" in findings(app)
    assert "Crop to the ultrasound image and classify it again." in words(app)


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
    next(button for button in app.button if button.label == "Simulated 1").click().run()
    assert "Stable under augmentation" not in words(app)


def test_burned_in_annotations_are_noted(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, upload[0], png(upload[1]))
    assert "Burned-in annotations" not in findings(app)
    marked = upload[1].copy()
    marked[95:106, 200] = marked[100, 195:206] = 255
    marked[90:111, 190:195] = marked[90:111, 206:211] = 0
    cv2.putText(marked, "RT UOQ", (30, 280), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 2)
    send(app, "marked.png", png(marked))
    assert "Burned-in annotations" in findings(app)
    assert "Calipers and letters seem to be burned into this image." in words(app)


def test_what_decoding_changed_stands_beside_every_prediction(app, upload) -> None:
    go(app, "pages/classify.py")
    send(app, "deep.png", png(upload[1][..., 0].astype(np.uint16) * 16))
    note = "were scaled to 0–255"
    assert note in app.dataframe[0].value["notes"].iloc[0]
    for page in ("pages/classify.py", "pages/augmentation.py"):
        app.switch_page(page).run()
        assert any(note in caption.value for caption in app.caption), page
