"""Clips on Classify: one lesion among the visitor's images, opened frame by frame."""

import json

import numpy as np
import pytest
from clips import animation, joined, sweep, video
from dicoms import dicom
from image_files import encoded
from PIL import Image
from visit import FIRST, MODELS, cards, go, png, send, words

from core.images.clip import Clip
from core.inference.classifier import Classifier
from pages.components.shared import images
from pages.components.shared.keys import Key, numbered

pytestmark = pytest.mark.usefixtures("link_to_phantom")
FRAMES = sweep(8)
LOOP = video([0 * FRAMES[0], *FRAMES])


def upload(app, files: dict[str, bytes]) -> None:
    app.file_uploader[0].set_value([(name, data, "") for name, data in files.items()]).run()
    assert not app.exception


def figure(app) -> dict:
    (shown,) = [one.proto for one in app.get("plotly_chart") if one.proto.id.endswith(f"-{Key.FRAME_CHART}")]
    return {**json.loads(shown.spec), "alt": shown.alt}


def test_a_clip_is_one_image_and_shows_its_frames_and_that_they_are_one_lesion(app, upload) -> None:
    go(app, "pages/classify.py")
    upload_all = {"loop.mp4": LOOP, upload[0]: png(upload[1])}
    app.file_uploader[0].set_value([(name, data, "") for name, data in upload_all.items()]).run()
    assert not app.exception
    assert [card["note"] for card in cards(app, Key.STRIP)] == ["9 frames", ""]
