import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bundles import make_bundle
from PIL import Image

from core.bundle import BundleError, open_bundle, picture_table, read_manifest
from core.classifier import Classifier, cosine_distance
from core.errors import UserError
from core.manifest import EMBEDDINGS, HISTORY, MANIFEST, MODEL, SPLIT, TEST_IMAGES, TEST_SET, WEIGHTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_bundle(tmp_path / "bundle")
    return tmp_path / "bundle"


def rewrite(folder: Path, **changes) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | changes))


def test_a_whole_bundle_opens_and_its_tables_fit_together(folder: Path) -> None:
    bundle = open_bundle(folder)
    test = bundle.table(TEST_SET)
    assert set(test["sha256"]) == set(bundle.test_pictures())
    assert set(test["file"]) <= set(bundle.table(SPLIT)["file"])
    assert len(bundle.training_embeddings()) == (bundle.table(SPLIT)["part"] == "train").sum()


@pytest.mark.parametrize("name", [MODEL, EMBEDDINGS, HISTORY, TEST_SET, SPLIT])
def test_a_missing_or_changed_file_is_named(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BundleError, match=name):
        open_bundle(folder)
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"lacks {name}"):
        open_bundle(folder)


def test_a_copy_without_weights_and_test_pictures_is_whole(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / TEST_IMAGES).unlink()
    bundle = open_bundle(folder)
    assert bundle.test_pictures() == {}
    assert not bundle.has(WEIGHTS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 99}, "schema version 99"),
        ({"schema_version": None}, "schema version None"),
        ({"class_names": ["benign"]}, "class_names"),
        ({"class_names": ["a", "a", "b"]}, "named twice"),
        ({"positive_class": "cyst"}, "'cyst'"),
        ({"files": {"../../etc/passwd": {"size": 1, "sha256": "0" * 64}}}, "unknown file"),
        ({"files": {}}, "does not list"),
        ({"surprise": 1}, "surprise"),
        ({"parameters": -1}, "parameters"),
    ],
)
def test_a_manifest_that_is_not_valid_is_refused(folder: Path, changes: dict, message: str) -> None:
    rewrite(folder, **changes)
    with pytest.raises(BundleError, match=message):
        open_bundle(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe"])
def test_what_is_no_manifest_is_refused(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(BundleError, match="is not a JSON object"):
        read_manifest(folder)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a model bundle"):
        open_bundle(tmp_path)


def test_files_that_are_not_listed_are_ignored(folder: Path) -> None:
    (folder / "extra.pkl").write_bytes(b"danger")
    assert "extra.pkl" not in open_bundle(folder).manifest.files


def test_embeddings_are_never_unpickled(folder: Path) -> None:
    bundle = open_bundle(folder)
    np.save(folder / EMBEDDINGS, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.training_embeddings()


def test_a_table_without_its_columns_is_refused(folder: Path) -> None:
    bundle = open_bundle(folder)
    pd.DataFrame({"file": ["x"]}).to_parquet(folder / TEST_SET)
    with pytest.raises(BundleError, match="no column 'sha256'"):
        bundle.table(TEST_SET)
    (folder / TEST_SET).write_bytes(b"no parquet")
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.table(TEST_SET)


def test_names_that_look_like_numbers_stay_text(folder: Path) -> None:
    bundle = open_bundle(folder)
    table = bundle.table(SPLIT)
    table["file"], table["class"] = "007", "NA"
    table.to_csv(folder / SPLIT, index=False)
    again = bundle.table(SPLIT)
    assert set(again["file"]) == {"007"}
    assert set(again["class"]) == {"NA"}


def test_stored_pictures_are_lossless() -> None:
    rng = np.random.default_rng(0)
    grey = np.repeat(rng.integers(0, 256, (9, 9, 1), dtype=np.uint8), 3, axis=2)
    colour = rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    table = picture_table(["a", "b"], [grey, colour])
    for png, picture in zip(table["png"], (grey, colour), strict=True):
        assert (np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) == picture).all()


def test_a_network_with_other_outputs_is_refused(folder: Path) -> None:
    bundle = open_bundle(folder)
    (folder / MODEL).write_bytes(b"no network")
    with pytest.raises(UserError, match="not a network that ONNX Runtime can load"):
        Classifier(bundle)


def test_a_prediction_carries_what_the_bundle_decides(folder: Path) -> None:
    classifier = Classifier.from_bundle(folder)
    known = next(iter(classifier.bundle.test_pictures().values()))
    prediction = classifier.classify(known)
    assert list(prediction.probabilities) == list(classifier.bundle.manifest.class_names)
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert prediction.probabilities[prediction.predicted_class] == max(prediction.probabilities.values())
    threshold = classifier.bundle.manifest.decision.conformal_threshold
    assert prediction.possible == tuple(
        name for name, share in prediction.probabilities.items() if 1 - share <= threshold
    )
    assert (prediction.saliency >= 0).all()
    assert classifier.classify_batch([]) == []


def test_cosine_distance_to_the_nearest_row() -> None:
    training = np.array([[1.0, 0.0], [0.0, 2.0]])
    distance = cosine_distance(np.array([[3.0, 0.0], [1.0, 1.0], [-1.0, -1.0]]), training)
    np.testing.assert_allclose(distance, [0, 1 - 2**-0.5, 1 + 2**-0.5], atol=1e-6)
