"""Classify: crops by numbers and by the proposal, and what the rest of the page says of them."""

import json
import shutil

import numpy as np
import pytest
from visit import FIRST, MODELS, cards, changed, findings, go, number, png, send, send_back, words

from core.bundle.manifest import SPLIT
from core.bundle.tables import read_csv
from core.data.duplicates.common_frames import on_a_scanner_screen
from core.data.duplicates.fingerprint import fingerprint
from core.data.image_facts import pixel_hash
from core.data.shared_frames import locate
from core.images.crop import to_corner, write
from core.inference.classifier import Classifier
from pages.components.shared.keys import Key, numbered

pytestmark = pytest.mark.usefixtures("link_to_phantom")
NUMBERS = ("Left", "Top", "Width", "Height")


def button(app, label: str):
    return next(one for one in app.button if one.label == label)


def numbers(app) -> list[int]:
    return [number(app, label).value for label in NUMBERS]


def type_box(app, left: int, top: int, width: int, height: int) -> None:
    for label, value in zip(NUMBERS, (left, top, width, height), strict=True):
        number(app, label).set_value(value)
        app.run()


def rectangle(app) -> dict:
    """What the rectangle was drawn from."""
    (drawn,) = [
        element.proto for element in app.get("bidi_component") if Key.CROP_RECTANGLE in element.proto.id
    ]
    return json.loads(drawn.json)


def row(app) -> dict:
    (one,) = app.dataframe[0].value.to_dict("records")
    return one


def opened(app, name: str, pixels: np.ndarray) -> None:
    go(app, "pages/classify.py")
    send(app, name, png(pixels))
    app.toggle(key=Key.CROPPING).set_value(True).run()
    assert not app.exception


def test_typed_numbers_crop_the_image_and_everything_follows(app, upload) -> None:
    name, pixels = upload
    opened(app, name, pixels)
    height, width = pixels.shape[:2]
    assert numbers(app) == rectangle(app)["box"] == [0, 0, width, height]
    assert [card["note"] for card in cards(app, Key.CROP_COMPARISON)] == ["Whole image"]
    type_box(app, 40, 30, 150, 120)
    assert not app.exception
    assert numbers(app) == rectangle(app)["box"] == [40, 30, 150, 120]
    classifier = Classifier.from_bundle(MODELS / FIRST)
    whole, crop = classifier.classify(pixels), classifier.classify(pixels[30:150, 40:190])
    shown = [(card["note"], card["label"]) for card in cards(app, Key.CROP_COMPARISON)]
    assert shown == [
        (what, f"{one.predicted_class} {one.probabilities[one.predicted_class]:.1%}")
        for what, one in (("Whole image", whole), ("Crop, 150 × 120", crop))
    ]
    assert app.header[0].value == f"Predicted class: {crop.predicted_class}"
    found = row(app)
    assert (found["crop"], found["sha256"]) == ("40,30,150,120", pixel_hash(pixels[30:150, 40:190]))
    assert found["p_benign"] == pytest.approx(crop.probabilities["benign"], abs=1e-6)
    assert "Cropped to 150 × 120 pixels, 40 from the left and 30 from the top." in words(app)
    # The crop stays when the rectangle is put away, and is what the maps and the other pages work on.
    app.toggle(key=Key.CROPPING).set_value(False).run()
    assert cards(app, Key.LARGE_IMAGE)[0]["alt"].startswith(f"{name}, cropped as the network saw it")
    app.segmented_control(key="map").set_value("None").run()
    assert f"{name} cropped to 150 × 120 pixels." in words(app)
    assert cards(app, Key.STRIP)[0]["detail"] == f"{name}, cropped"
    app.switch_page("pages/augmentation.py").run()
    assert "Cropped to 150 × 120 pixels" in words(app)
    app.switch_page("pages/classify.py").run()
    assert row(app)["crop"] == "40,30,150,120"


def test_a_click_of_a_page_that_has_not_heard_of_the_rectangle_leaves_it_alone(app, upload) -> None:
    """The browser sends all numbers with every click, those of the rectangle before as well."""
    opened(app, *upload)
    key = numbered(Key.CROP_RECTANGLE, pixel_hash(upload[1]))
    send_back(app, key, "drawn", [40, 30, 150, 120])
    before = app._tree.get_widget_states()
    send_back(app, key, "drawn", [60, 30, 100, 110])
    app._run(before)
    assert not app.exception
    assert numbers(app) == rectangle(app)["box"] == [60, 30, 100, 110]
    assert row(app)["crop"] == "60,30,100,110"


@pytest.mark.slow
def test_the_crop_is_taken_back(app, upload) -> None:
    opened(app, *upload)
    before = row(app)
    type_box(app, 40, 30, 150, 120)
    assert row(app) != before
    button(app, "Reset").click().run()
    assert not app.exception
    assert row(app) == before
    height, width = upload[1].shape[:2]
    assert numbers(app) == rectangle(app)["box"] == [0, 0, width, height]
    assert button(app, "Reset").disabled
    # Of rectangles that were tried, nothing is kept.
    assert [sha256 for _, sha256 in app.session_state["predicted"]] == [before["sha256"]]


@pytest.mark.slow
def test_a_rectangle_that_does_not_fit_is_cut_and_one_without_an_image_is_refused(app, upload) -> None:
    name, pixels = upload
    height, width = pixels.shape[:2]
    framed = on_a_scanner_screen(pixels, share=0.6)
    opened(app, name, pixels)
    number(app, "Left").set_value(width - 60).run()
    assert numbers(app) == [width - 60, 0, 60, height]
    send(app, "screen.png", png(framed))
    type_box(app, 10, 600, 40, 40)
    assert not app.exception
    (told,) = app.error
    assert "screen.png cropped to 10,600,40,40 is blank: no prediction is made." in told.value.replace(
        "\\", ""
    )
    drawn = rectangle(app)
    assert drawn["refused"]
    assert "is blank" in drawn["said"]
    # The last one that could be taken, also in the numbers.
    assert numbers(app) == drawn["box"] == [10, 600, 40, 168]
    type_box(app, 300, 200, 200, 200)
    assert not app.error


def test_a_frame_brings_a_proposal_with_both_predictions_taken_by_one_click(app, upload) -> None:
    framed = on_a_scanner_screen(upload[1], share=0.6)
    box = locate(framed).box
    classifier = Classifier.from_bundle(MODELS / FIRST)
    whole, crop = classifier.classify(framed), classifier.classify(box.crop(framed))
    go(app, "pages/classify.py")
    send(app, "screen.png", png(framed))
    assert row(app)["crop"] == ""
    told = [f"**{one.predicted_class}** {max(one.probabilities.values()):.1%}" for one in (whole, crop)]
    assert f"As it is: {told[0]}. Cropped: {told[1]}." in words(app)
    app.toggle(key=Key.CROPPING).set_value(True).run()
    assert [card["note"] for card in cards(app, Key.CROP_COMPARISON)] == ["Whole image", "Proposed crop"]
    button(app, "Crop it").click().run()
    assert not app.exception
    assert (row(app)["crop"], numbers(app)) == (write(box), list(to_corner(box)))
    assert app.header[0].value == f"Predicted class: {crop.predicted_class}"
    assert "Frame around the image" not in findings(app)
    button(app, "Reset").click().run()
    assert "Frame around the image" in findings(app)


@pytest.mark.slow
def test_a_crop_of_a_crop_lies_in_the_whole_image(app, upload) -> None:
    """A rectangle that leaves some of the frame: what is proposed for it is right on the whole image."""
    framed = on_a_scanner_screen(upload[1], share=0.6)
    box = locate(framed).box
    opened(app, "screen.png", framed)
    type_box(app, box.left - 100, box.top - 100, box.right - box.left + 160, box.bottom - box.top + 160)
    assert "Frame around the image" in findings(app)
    button(app, "Crop it").click().run()
    assert numbers(app) == pytest.approx(to_corner(box), abs=6)


@pytest.mark.slow
def test_each_image_has_a_crop_of_its_own_and_they_go_with_the_images(app, upload) -> None:
    name, pixels = upload
    framed = on_a_scanner_screen(pixels, share=0.6)
    opened(app, "screen.png", framed)
    button(app, "Crop it").click().run()
    left, top, width, height = numbers(app)
    # The very pixels of the crop, as an image of another name.
    send(app, name, png(framed[top : top + height, left : left + width]))
    table = app.dataframe[0].value
    assert list(table["file"]) == ["screen.png", name]
    assert list(table["crop"]) == [write(locate(framed).box), ""]
    assert table["sha256"].nunique() == 1
    assert numbers(app) == [0, 0, width, height]
    app.session_state["image"] = pixel_hash(framed)
    app.run()
    assert numbers(app) == [left, top, width, height]
    button(app, "Remove all").click().run()
    send(app, "screen.png", png(framed))
    assert row(app)["crop"] == ""


@pytest.mark.slow
def test_a_crop_of_a_training_image_has_been_seen(app, upload, monkeypatch, tmp_path) -> None:
    """Though a corner alone resembles nothing that the network was trained on."""
    folder = tmp_path / "knows"
    shutil.copytree(MODELS / FIRST, folder)
    split = read_csv(folder / SPLIT)
    row = split.index[split["set"] == "train"][0]
    split.loc[row, ["sha256", "fingerprint"]] = (pixel_hash(upload[1]), fingerprint(upload[1]))
    split.to_csv(folder / SPLIT, index=False)
    changed(folder, tmp_path / "bundle")
    monkeypatch.setenv("MODEL", str(tmp_path / "bundle"))
    del app.query_params["model"]
    opened(app, *upload)
    type_box(app, 0, 0, 60, 50)
    assert "Seen in training" in findings(app)
    assert list(app.dataframe[0].value["seen_in_training"]) == [split.loc[row, "file"]]
