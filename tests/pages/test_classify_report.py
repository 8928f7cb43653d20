"""Classify: the report on the selected image, as it is made when somebody asks for it."""

import html

import numpy as np
import pytest
from bundles import make_bundle
from clips import sweep, video
from dicoms import PATIENT, dicom
from streamlit.runtime.media_file_manager import MediaFileManager
from visit import FIRST, MODELS, findings, go, number, png, send, words

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT
from core.data.image_facts import pixel_hash
from core.inference.classifier import Classifier
from core.inference.similar import SimilarImages
from pages.components.shared.keys import Key

pytestmark = pytest.mark.usefixtures("link_to_phantom")
CLASSIFY, NAME = "pages/classify.py", "Unnameable_1970"


@pytest.fixture
def report(monkeypatch):
    """What the button would download: Streamlit asks for it outside of the page's run."""
    asked = []
    register = MediaFileManager.add_deferred

    def note(manager, make, *arguments, **options):
        asked.append(make)
        return register(manager, make, *arguments, **options)

    monkeypatch.setattr(MediaFileManager, "add_deferred", note)
    return lambda *, named=False: html.unescape(asked[-1 if named else -2]())


def test_it_says_what_the_page_says_of_the_selected_image(app, upload, report) -> None:
    go(app, CLASSIFY)
    send(app, upload[0], png(upload[1]))
    assert not app.exception
    text = report()
    bundle = open_bundle(MODELS / FIRST)
    prediction = Classifier(bundle).classify(upload[1])
    assert f"Predicted class: {prediction.predicted_class}" in text
    assert all(f"{probability:.1%}" in text for probability in prediction.probabilities.values())
    for one in SimilarImages(bundle).nearest(prediction):
        assert one.file.rpartition("/")[2] in text
    for title in findings(app):
        assert title.removeprefix("Checks passed") in text
    assert f"Model: {FIRST}, a local folder, without a commit" in text
    assert pixel_hash(upload[1]) in text
    assert "At home, on its 89 test images" in text
    assert "Measured at home only" in text
    assert "Not a medical device." in text
    next(button for button in app.button if button.label == "Simulated 3").click().run()
    assert pixel_hash(upload[1]) not in report()
    assert "True class: " in report()


def test_the_name_of_the_file_stands_in_it_only_if_asked_for(app, upload, report) -> None:
    go(app, CLASSIFY)
    send(app, f"{NAME}.png", png(upload[1]))
    assert NAME not in report()
    assert f"File: {NAME}.png" in report(named=True)
    labels = ["Download report", "With file name"]
    buttons = [one.proto for one in app.get("download_button") if one.proto.label in labels]
    assert [one.label for one in buttons] == labels
    assert NAME not in str(buttons)


def test_nothing_of_the_header_of_a_dicom_file_stands_in_it(app, report) -> None:
    go(app, CLASSIFY)
    pixels = np.random.default_rng(0).integers(0, 4000, (90, 120), dtype=np.uint16)
    send(app, f"{NAME}.dcm", dicom(pixels, "MONOCHROME1", BitsStored=12, HighBit=11))
    assert not app.error
    note = "inverted grey values"
    assert note in words(app)
    text = report()
    for secret in (PATIENT, NAME, note, "MONOCHROME", "DICOM"):
        assert secret not in text
    assert "Decoding changed it; the app says how." in text


def test_it_has_the_crop_and_what_all_frames_of_a_clip_say(app, report) -> None:
    go(app, CLASSIFY)
    send(app, f"{NAME}.mp4", video(sweep(6)))
    assert "With and without the crop" not in report()
    app.toggle(key=Key.CROPPING).set_value(True).run()
    number(app, "Width").set_value(100).run()
    assert not app.exception
    text = report()
    assert "Breast-ultrasound prediction: a crop of a frame of a clip" in text
    assert "With and without the crop" in text
    assert "The crop, 100 × " in text
    assert "One lesion, not 6. More frames make the prediction no surer." in text
    assert f"Predicted class of the clip: {app.header[0].value.removeprefix('Predicted class: ')}." in text
    assert "dashed: frame 1, shown above." in text
    assert NAME not in text


def test_without_similar_images_there_is_a_report_all_the_same(
    app, upload, report, monkeypatch, tmp_path
) -> None:
    make_bundle(tmp_path / "frail", seed=77)
    monkeypatch.setenv("MODEL", str(tmp_path / "frail"))
    del app.query_params["model"]
    go(app, CLASSIFY)
    send(app, upload[0], png(upload[1]))
    (tmp_path / "frail" / SPLIT).unlink()
    assert "There is no known image to compare with." in report()
