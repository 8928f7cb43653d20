"""Images that a model has seen in training are found by their pixels and as near-duplicates."""

import base64

import numpy as np
import pandas as pd
import pytest
from visit import FIRST, MODELS

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT
from core.bundle.training_overlap import seen_in_training

NOISE = base64.b64encode(np.random.default_rng(0).integers(0, 256, 1024, np.uint8).tobytes()).decode()


@pytest.fixture(scope="module")
def opened():
    return open_bundle(MODELS / FIRST)


@pytest.fixture(scope="module")
def known(opened) -> pd.DataFrame:
    """Training and validation images, which alone have fingerprints in a bundle."""
    split = opened.table(SPLIT)
    found = split[split["fingerprint"] != ""].head(20)
    assert set(found["set"]) <= {"train", "validation"}
    return found


def test_the_same_pixels_are_found_whatever_the_fingerprint(opened, known) -> None:
    assert seen_in_training(opened, known.assign(fingerprint=NOISE)) == known["file"].tolist()


def test_a_near_duplicate_is_found_by_its_fingerprint(opened, known) -> None:
    assert seen_in_training(opened, known.assign(sha256="0" * 64)) == known["file"].tolist()


def test_an_image_with_other_pixels_and_another_fingerprint_is_new(opened) -> None:
    table = opened.table(SPLIT)
    test_hashes = table.loc[table["set"] == "test", "sha256"].head(20).tolist()
    images = pd.DataFrame({"sha256": test_hashes, "fingerprint": NOISE})
    assert seen_in_training(opened, images) == [""] * 20
