import io

import numpy as np
from paths import ROOT
from PIL import Image

from core.bundle.folder import open_bundle
from core.bundle.manifest import TEST_SET
from core.site.examples import examples


def test_there_is_one_of_each_class_as_the_network_saw_it():
    bundle = open_bundle(ROOT / "models" / "phantom")
    found, files = examples(bundle)
    assert [one["class"] for one in found] == list(bundle.manifest.class_names)
    images, table = bundle.test_images(), bundle.table(TEST_SET)
    for one in found:
        pixels = np.asarray(Image.open(io.BytesIO(files[one["file"]])).convert("RGB"))
        (sha256,) = [key for key in images if (images[key] == pixels).all()]
        true = table.loc[table["sha256"] == sha256, "true_class"]
        assert list(true) == [one["class"]]


def test_a_bundle_without_images_that_may_be_shown_has_none():
    assert examples(open_bundle(ROOT / "models" / "busi-busbra")) == ([], {})
