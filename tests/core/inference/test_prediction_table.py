"""Predictions that leave the app."""

import csv
import hashlib
import io
import json

import pytest
from visit import FIRST, MODELS

from core.bundle.manifest import MANIFEST
from core.bundle.training_overlap import MIRROR_IMAGE, Seen
from core.images.crop import from_corner
from core.inference.classifier import Classifier
from core.inference.prediction_table import (
    Origin,
    PredictedImage,
    join_classes,
    tabulate_images,
    to_csv,
    to_json,
)


def test_every_row_says_which_model_gave_it(upload) -> None:
    classifier = Classifier.from_bundle(MODELS / FIRST)
    prediction = classifier.classify(upload[1])
    digest = hashlib.sha256((MODELS / FIRST / MANIFEST).read_bytes()).hexdigest()
    images = [
        PredictedImage("a, b.png", "1" * 64, prediction, None),
        PredictedImage(
            "c.png",
            "2" * 64,
            prediction._replace(possible=("benign", "normal")),
            Seen("train 7.png", MIRROR_IMAGE),
            "Crop it.",
            ("A.", "B."),
            crop=from_corner(40, 30, 500, 400),
        ),
    ]
    names = classifier.bundle.manifest.class_names
    table = tabulate_images(images, names, Origin("ann/model", "c0ffee", digest))
    as_csv = list(csv.DictReader(io.StringIO(to_csv(table))))
    as_json = json.loads(to_json(table))
    for from_csv, from_json, image in zip(as_csv, as_json, images, strict=True):
        assert from_csv["file"] == from_json["file"] == image.file
        for row in (from_csv, from_json):
            assert (row["model"], row["commit"], row["bundle_sha256"]) == ("ann/model", "c0ffee", digest)
            assert float(row["p_malignant"]) == pytest.approx(prediction.probabilities["malignant"])
    assert as_csv[1]["possible"] == "benign; normal"
    assert as_json[1]["possible"] == ["benign", "normal"]
    assert [row["warning"] for row in as_json] == ["", "Crop it."]
    for rows in (as_csv, as_json):
        assert [(row["seen_in_training"], row["seen_by"]) for row in rows] == [
            ("", ""),
            ("train 7.png", "mirror image"),
        ]
    assert [row["notes"] for row in as_csv] == ["", "A. B."]
    for rows in (as_csv, as_json):
        assert [row["crop"] for row in rows] == ["", "40,30,500,400"]


@pytest.mark.parametrize(
    "names", [["a; b"], ["a", "b"], ["a\\", "b"], ["a\\; b"], [" a", "; "], ["a;b", "c"], []]
)
def test_joined_classes_can_be_told_apart_whatever_their_names(names) -> None:
    joined = join_classes(names)
    # As docs/TRAINING.md describes the column.
    read, escaped = [""], False
    for character in joined:
        if not escaped and character == ";":
            read.append("")
            continue
        escaped = character == "\\" and not escaped
        read[-1] += "" if escaped else character
    read = [read[0], *(name[1:] for name in read[1:])] if joined else []
    assert read == names
