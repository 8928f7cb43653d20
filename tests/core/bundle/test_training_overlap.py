"""Images that a model has seen in training are found by their pixels, as near-duplicates and mirrored."""

import base64

import cv2
import numpy as np
import pandas as pd
import pytest
from visit import FIRST, MODELS

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT
from core.bundle.training_overlap import (
    MIRROR_IMAGE,
    NEAR_DUPLICATE,
    SAME_PIXELS,
    Match,
    Seen,
    find_seen,
    seen_in_training,
)
from core.data.duplicates.fingerprint import fingerprint
from core.data.image_facts import pixel_hash, read_image
from core.data.phantom.dataset import write_dataset

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
    found = seen_in_training(opened, known.assign(fingerprint=NOISE))
    assert found == [Seen(file, SAME_PIXELS) for file in known["file"]]


def test_a_near_duplicate_is_found_by_its_fingerprint(opened, known) -> None:
    found = seen_in_training(opened, known.assign(sha256="0" * 64))
    assert found == [Seen(file, NEAR_DUPLICATE) for file in known["file"]]


def test_an_image_with_other_pixels_and_another_fingerprint_is_new(opened) -> None:
    table = opened.table(SPLIT)
    test_hashes = table.loc[table["set"] == "test", "sha256"].head(20).tolist()
    images = pd.DataFrame({"sha256": test_hashes, "fingerprint": NOISE})
    assert seen_in_training(opened, images) == [None] * 20


@pytest.mark.parametrize(
    ("change", "by"),
    [
        (lambda pixels: pixels, SAME_PIXELS),
        (lambda pixels: cv2.resize(pixels, (200, 150)), NEAR_DUPLICATE),
        (lambda pixels: np.ascontiguousarray(pixels[:, ::-1]), MIRROR_IMAGE),
    ],
)
def test_a_match_says_by_what(upload, change, by: Match) -> None:
    """``find_seen`` takes any index and leaves out images without a fingerprint from the search."""

    def facts(pixels: np.ndarray) -> tuple[str, str]:
        return pixel_hash(pixels), fingerprint(pixels)

    columns = ["sha256", "fingerprint"]
    seen = pd.DataFrame([facts(upload[1])], columns=columns).assign(file="a.png")
    images = pd.DataFrame([("0" * 64, ""), facts(change(upload[1]))], columns=columns, index=[7, 3])
    assert find_seen(seen, images) == [None, Seen("a.png", by)]


def test_fingerprints_of_version_1_match_those_of_today(opened, tmp_path) -> None:
    write_dataset(tmp_path, counts={"benign": 12, "malignant": 12, "normal": 12})
    split = opened.table(SPLIT).set_index("file")
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*).png"))
    trained = [file for file in files if split.loc[file, "fingerprint"]]
    assert len(trained) > 20
    today = [fingerprint(read_image(tmp_path / file)) for file in trained]
    assert today != split.loc[trained, "fingerprint"].tolist()
    images = pd.DataFrame({"sha256": "0" * 64, "fingerprint": today})
    found = seen_in_training(opened, images)
    groups = [split.loc[one.file, "group"] if one else None for one in found]
    assert groups == split.loc[trained, "group"].tolist()
