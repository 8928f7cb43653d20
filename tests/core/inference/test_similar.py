"""The nearest known images of a new one: against a search by brute force, and the new one among them."""

import numpy as np
import pandas as pd
import pytest
from bundles import COUNTS, as_before, make_bundle
from visit import FIRST, MODELS, REAL

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, TEST_SET
from core.bundle.tables import read_csv
from core.bundle.training_overlap import MIRROR_IMAGE, NEAR_DUPLICATE, SAME_PIXELS
from core.csv_table import to_csv
from core.data.image_facts import pixel_hash
from core.data.phantom.dataset import Entry, plan, render
from core.evaluation.predictions import row_probabilities
from core.inference.classifier import Classifier
from core.inference.domain_scores import Nearest
from core.inference.similar import OF_EACH_SET, SimilarImages


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.from_bundle(MODELS / FIRST)


def nothing(_sha256: str) -> None:
    return None


def test_the_nearest_of_each_set_are_those_of_a_search_by_brute_force(classifier, upload) -> None:
    bundle, prediction = classifier.bundle, classifier.classify(upload[1])
    found = SimilarImages(bundle).nearest(prediction)
    images, embeddings = bundle.embedded_images()
    split = bundle.table(SPLIT).set_index("sha256")
    new = prediction.embedding.astype(float)
    for name, of_set in (("test", found[:OF_EACH_SET]), ("train", found[OF_EACH_SET:])):
        nearest = {}  # by group
        for sha256, part, row in zip(images["sha256"], images["set"], embeddings.astype(float), strict=True):
            distance = 1 - new @ row / np.linalg.norm(new) / np.linalg.norm(row)
            group = split.loc[sha256, "group"]
            if part == name and distance < nearest.get(group, (3,))[0]:
                nearest[group] = distance, sha256
        expected = sorted(nearest.values())[:OF_EACH_SET]
        assert [one.sha256 for one in of_set] == [sha256 for _, sha256 in expected]
        np.testing.assert_allclose([one.distance for one in of_set], [d for d, _ in expected], atol=1e-5)
        for one in of_set:
            assert (one.set, one.file, one.true_class) == (name, *split.loc[one.sha256, ["file", "class"]])
    distance = Nearest(bundle.training_embeddings())(prediction.embedding[np.newaxis])[0]
    assert found[OF_EACH_SET].distance == prediction.distance == distance


def test_test_images_have_their_stored_prediction_and_training_images_none(classifier, upload) -> None:
    bundle = classifier.bundle
    stored = bundle.table(TEST_SET).set_index("sha256")
    for one in SimilarImages(bundle).nearest(classifier.classify(upload[1])):
        if one.set == "train":
            assert (one.probabilities, one.predicted_class) == (None, None)
            continue
        probabilities = row_probabilities(stored.loc[one.sha256], bundle.manifest.class_names)
        assert one.probabilities == probabilities
        assert one.predicted_class == max(probabilities, key=probabilities.get)


def test_of_a_group_there_is_the_nearest_image_alone(tmp_path) -> None:
    def grouped(folder) -> None:
        split = read_csv(folder / SPLIT)
        groups = split["group"].where(split["set"] != "train", split["group"] % 2)
        (folder / SPLIT).write_text(to_csv(split.assign(group=groups)), encoding="utf-8")

    make_bundle(tmp_path / "tiny", fill=grouped)
    classifier = Classifier.from_bundle(tmp_path / "tiny")
    prediction = classifier.classify(np.full((40, 40, 3), 90, np.uint8))
    found = SimilarImages(classifier.bundle).nearest(prediction)
    # Two groups of training images: there are more test images instead.
    assert [one.set for one in found] == ["test"] * 4 + ["train"] * 2
    split = classifier.bundle.table(SPLIT).set_index("sha256")
    assert len({split.loc[one.sha256, "group"] for one in found}) == len(found)
    assert found[4].distance == prediction.distance


def test_an_earlier_bundle_has_training_images_alone_and_an_unclear_one_none(tmp_path) -> None:
    make_bundle(tmp_path / "before", fill=as_before)
    classifier = Classifier.from_bundle(tmp_path / "before")
    prediction = classifier.classify(np.full((40, 40, 3), 90, np.uint8))
    found = SimilarImages(classifier.bundle).nearest(prediction)
    assert [one.set for one in found] == ["train"] * 2 * OF_EACH_SET
    assert found[0].distance == prediction.distance

    def a_row_more(folder) -> None:
        as_before(folder)
        split = pd.read_csv(folder / SPLIT)
        validation = split.index[split["set"] == "validation"][0]
        split.loc[validation, "set"] = "train"
        split.to_csv(folder / SPLIT, index=False)

    make_bundle(tmp_path / "unclear", fill=a_row_more)
    unclear = open_bundle(tmp_path / "unclear")
    assert len(unclear.training_embeddings()) == 3 * COUNTS["train"]
    assert SimilarImages(unclear).nearest(prediction) == []


def match_of(classifier, pixels, known=nothing):
    prediction, sha256 = classifier.classify(pixels), pixel_hash(pixels)
    similar = SimilarImages(classifier.bundle)
    found = similar.nearest(prediction)
    matched = similar.matched(found, pixels, sha256, prediction, known)
    assert [one._replace(match=None) for one in matched] == found
    return {one.file: one.match for one in matched if one.match}


def of_split(bundle, part: str) -> list[tuple[Entry, pd.Series]]:
    """The originals of the simulated data in a set that this machine simulates to the pixel."""
    rows = bundle.table(SPLIT).set_index("file")
    entries = {f"{one.label}/{one.label} ({one.number}).png": one for one in plan(0)}
    return [
        (entry, rows.loc[file])
        for file, entry in entries.items()
        if rows.loc[file, "set"] == part and entry.source is None
    ]


def test_a_test_image_of_the_bundle_is_recognised_as_itself(classifier) -> None:
    stored = classifier.bundle.test_images()
    sha256 = next(iter(stored))
    (file,) = classifier.bundle.table(TEST_SET).set_index("sha256").loc[[sha256], "file"]
    assert match_of(classifier, stored[sha256], stored.get) == {file: SAME_PIXELS}
    assert match_of(classifier, stored[sha256]) == {}


def test_training_images_are_recognised_by_their_fingerprints(classifier) -> None:
    bundle = classifier.bundle
    entry, row = of_split(bundle, "train")[3]
    pixels = np.repeat(render(0, entry).image[..., np.newaxis], 3, axis=2)
    file = str(row.name)
    expected = SAME_PIXELS if pixel_hash(pixels) == row["sha256"] else NEAR_DUPLICATE
    assert match_of(classifier, pixels) == {file: expected}
    brighter = np.clip(pixels * 1.1 + 4, 0, 255).astype(np.uint8)
    assert match_of(classifier, brighter) == {file: NEAR_DUPLICATE}


def test_a_mirror_image_is_called_so() -> None:
    # This network sees a mirror image as it sees the image.
    classifier = Classifier.from_bundle(MODELS / REAL)
    stored = open_bundle(MODELS / FIRST).test_images()
    pixels = stored[next(iter(stored))]
    similar = SimilarImages(classifier.bundle)
    prediction = classifier.classify(pixels)
    found = [one for one in similar.nearest(prediction) if one.set == "test"]
    matched = similar.matched(found, pixels, "", prediction, lambda _: pixels[:, ::-1])
    assert [one.match for one in matched] == [MIRROR_IMAGE] * len(found)
