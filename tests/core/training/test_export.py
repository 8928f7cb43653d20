"""A finished training becomes a bundle whose numbers come from its ONNX graph."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from specs import tiny_spec
from visit import png

from core.bundle import known_images
from core.bundle.card import render
from core.bundle.folder import open_bundle
from core.bundle.manifest import CARD, HISTORY, TEST_SET, VALIDATION, TrainingSpec
from core.bundle.tables import EpochRow
from core.data.data_set import ImageFolders
from core.data.image_facts import read_image
from core.errors import UserError
from core.evaluation.predictions import probability_columns, probability_matrix
from core.inference.classifier import Classifier
from core.training import export, fit, onnx
from core.training.workspace import Workspace

CLASSES = ("a", "b")
COUNTS = {"train": 6, "validation": 4, "test": 4}
MASKED = "test 1.png"
SPEC = tiny_spec({"epochs": 1, "preprocessing": {"image_size": 32}}, name="exported", precision="bfloat16")


def finished(folder) -> tuple[Workspace, pd.DataFrame]:
    """A workspace in which an epoch was recorded; that it trained nothing does not matter here."""
    random, rows = np.random.default_rng(0), []
    for part, count in COUNTS.items():
        for number in range(count):
            file = f"{part} {number}.png"
            (folder / file).write_bytes(png(random.integers(0, 256, (40, 40, 3), dtype=np.uint8)))
            rows.append({"file": file, "class": CLASSES[number % 2], "kind": "image", "group": len(rows)})
            rows[-1] |= {
                "set": part,
                "sha256": f"{len(rows):064}",
                "fingerprint": "",
                "image": "",
                "source": "",
                "device": "ABC"[number // 2],
            }
    # A fifth of an image is a lesion.
    mask = Image.new("L", (40, 40))
    mask.paste(255, (0, 0, 40, 8))
    mask.save(folder / "mask.png")
    rows.append({**rows[-1], "file": "mask.png", "kind": "mask", "image": MASKED, "set": "left out"})
    split = pd.DataFrame(rows)
    workspace, network = Workspace(folder / "run.partial"), fit.initial_network(SPEC)
    # Embeddings as small as those of a random MobileNetV2, which float16 cannot hold.
    network.base.layers[-2].gamma.assign(1e-9 * np.ones(64))
    workspace.begin(SPEC, split)
    validation = split.loc[split["set"] == "validation", ["file"]].assign(
        epoch=1, true_class=["a", "b"] * 2, **dict.fromkeys(probability_columns(CLASSES), 0.5)
    )
    workspace.record(
        EpochRow(1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, "train"),
        validation,
        keep="best",
        save_network=network.model.save_weights,
        save_checkpoint=network.model.save_weights,
    )
    return workspace, split


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    workspace, split = finished(folder)
    manifest = export.export(
        workspace, SPEC, split, ImageFolders.of(folder), folder / "runs" / "new", lambda *_: None
    )
    bundle = open_bundle(folder / "runs" / "new")
    assert bundle.manifest == manifest
    return folder, bundle


def test_the_bundle_takes_the_place_of_the_workspace(exported) -> None:
    folder, bundle = exported
    assert not (folder / "run.partial").exists()
    manifest = bundle.manifest
    assert {name: getattr(manifest, name) for name in TrainingSpec.model_fields} == dict(SPEC)
    assert manifest.counts == {name: {"a": count // 2, "b": count // 2} for name, count in COUNTS.items()}
    assert (manifest.best_epoch, len(bundle.table(HISTORY)), len(bundle.table(VALIDATION))) == (1, 1, 4)
    assert (bundle.folder / CARD).read_text() == render(manifest)
    assert "for b of at least 0.95 on the validation set" in manifest.decision.operating_rule


def test_the_test_set_is_measured_by_machine_and_lesion_size(exported) -> None:
    _, bundle = exported
    table = bundle.table(TEST_SET).set_index("file")
    assert table.loc[MASKED, "lesion_area"] == 0.2
    assert table["lesion_area"].isna().sum() == COUNTS["test"] - 1
    assert [(one.column, one.value, one.as_predicted.images) for one in bundle.manifest.subsets] == [
        ("device", "A", 2),
        ("device", "B", 2),
        ("lesion_area", "lesion 10 % of the image or more", 1),
    ]
    truth = table.query("device == 'A'")["true_class"]
    hits = probability_matrix(table.query("device == 'A'"), CLASSES).argmax(axis=1)
    assert bundle.manifest.subsets[0].as_predicted.accuracy.value == (np.array(CLASSES)[hits] == truth).mean()


def test_stored_probabilities_are_those_of_the_classifier(exported) -> None:
    _, bundle = exported
    table, images = bundle.table(TEST_SET), bundle.test_images()
    predictions = Classifier(bundle).classify_batch([images[sha256] for sha256 in table["sha256"]])
    again = [list(prediction.probabilities.values()) for prediction in predictions]
    np.testing.assert_allclose(again, probability_matrix(table, CLASSES), atol=1e-4)


def test_flags_of_the_test_images_are_those_of_the_classifier(exported) -> None:
    _, bundle = exported
    images = bundle.test_images()
    predictions = Classifier(bundle).classify_batch(
        [images[name] for name in bundle.table(TEST_SET)["sha256"]]
    )
    found = bundle.manifest.flagged_at_home
    assert found.images == COUNTS["test"]
    assert found.rate.value == np.mean([prediction.unlike_training for prediction in predictions])
    said = f"Of this model's own 4 test images this flags {found.rate.in_words('.1%')}"
    assert said in render(bundle.manifest)


def test_the_card_says_how_often_the_nearest_image_of_another_group_has_the_same_class(exported) -> None:
    _, bundle = exported
    images, embeddings = bundle.embedded_images()
    found = bundle.manifest.neighbours
    assert (found.images, found.groups, found.known) == (4, 4, 10)  # every image is a group
    rows = embeddings.astype(float)
    cosines = rows @ rows.T / np.outer(np.linalg.norm(rows, axis=1), np.linalg.norm(rows, axis=1))
    np.fill_diagonal(cosines, -2)
    tested, classes = (images["set"] == "test").to_numpy(), images["class"].to_numpy()
    assert found.same_class.value == (classes[cosines.argmax(axis=1)] == classes)[tested].mean()
    assert known_images.describe_agreement(bundle.manifest) in render(bundle.manifest)


def test_training_images_are_in_the_training_domain_however_small_their_embeddings_are(exported) -> None:
    folder, bundle = exported
    embeddings = bundle.training_embeddings()
    assert len(embeddings) == COUNTS["train"]
    images, of_all = bundle.embedded_images()
    assert (of_all[: len(embeddings)] == embeddings).all()
    assert (of_all.max(axis=1) > 0).all()
    assert images["set"].value_counts().to_dict() == {name: COUNTS[name] for name in ("train", "test")}
    assert (images["sha256"].tail(COUNTS["test"]).to_numpy() == bundle.table(TEST_SET)["sha256"]).all()
    assert 0 < embeddings.max() < 1e-7
    classifier = Classifier(bundle)
    seen = [read_image(folder / f"train {number}.png") for number in range(COUNTS["train"])]
    assert not any(prediction.unlike_training for prediction in classifier.classify_batch(seen))
    assert classifier.classify(np.zeros((40, 40, 3), np.uint8)).unlike_training


def test_embeddings_that_are_all_zero_are_no_bundle(tmp_path) -> None:
    workspace, split = finished(tmp_path)
    weights = workspace.best_weights(1)
    network = fit.initial_network(SPEC)
    network.model.load_weights(weights)
    network.base.layers[-2].gamma.assign(np.zeros(64))
    network.model.save_weights(weights)
    with pytest.raises(UserError, match="embeddings of the training images are all zero"):
        export.export(workspace, SPEC, split, ImageFolders.of(tmp_path), tmp_path / "new", lambda *_: None)
    assert workspace.exists


def test_a_graph_that_differs_from_keras_is_no_bundle(tmp_path, monkeypatch) -> None:
    workspace, split = finished(tmp_path)
    monkeypatch.setattr(onnx, "PARITY", -1.0)
    with pytest.raises(onnx.ExportError, match="no bundle was written"):
        export.export(workspace, SPEC, split, ImageFolders.of(tmp_path), tmp_path / "new", lambda *_: None)
    assert not (tmp_path / "new").exists()
    assert workspace.exists
