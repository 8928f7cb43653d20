import io

import numpy as np
from bundles import SIDE
from PIL import Image

from core.bundle.folder import open_bundle
from core.inference.classifier import Classifier
from core.inference.overlay import tint
from core.site.tested_images import Wanted, files


def read(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_images_and_saliency_are_those_of_the_app(bundle):
    opened = open_bundle(bundle)
    stored = opened.test_images()
    sha256 = list(stored)[3]
    found = files(opened, [Wanted(7, sha256, (0, 2))])
    assert set(found) == {"images/7.png", "images/7-0.png", "images/7-2.png"}
    assert read(found["images/7.png"]).shape == (SIDE, SIDE, 3)
    assert (read(found["images/7.png"]) == stored[sha256]).all()
    (prediction,) = Classifier(opened).classify_fitted([stored[sha256]])
    assert (read(found["images/7-2.png"]) == tint(prediction.saliency, 2, opacity=0.6, side=240)).all()


def test_without_images_no_network_is_loaded(bundle):
    opened = open_bundle(bundle)
    (bundle / "model.onnx").unlink()
    assert files(opened, []) == {}
