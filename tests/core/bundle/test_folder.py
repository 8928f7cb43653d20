import io
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bundles import make_bundle
from PIL import Image

from core.bundle.folder import Bundle, BundleError, open_bundle, read_manifest
from core.bundle.manifest import (
    EMBEDDINGS,
    HISTORY,
    MANIFEST,
    MODEL,
    SPLIT,
    TEST_IMAGES,
    TEST_SET,
    VALIDATION,
    WEIGHTS,
    Manifest,
    TrainingSpec,
)
from core.bundle.tables import image_table
from core.errors import UserError
from core.inference.classifier import Classifier, cosine_distance
from core.schema import parse


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
    assert set(test["sha256"]) == set(bundle.test_images())
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


def test_a_copy_without_weights_and_test_images_is_whole(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / TEST_IMAGES).unlink()
    bundle = open_bundle(folder)
    assert bundle.test_images() == {}
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
        ({"best_epoch": 4}, "past the last"),
    ],
)
def test_a_manifest_that_is_not_valid_is_refused(folder: Path, changes: dict, message: str) -> None:
    rewrite(folder, **changes)
    with pytest.raises(BundleError, match=message):
        open_bundle(folder)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("confusion_matrix", [[1, 0, 0], [1], [0, 0, 1]], "confusion matrix"),
        ("confusion_matrix", [[1, 0], [0, 1]], "confusion matrix"),
        ("per_class", {}, "per class"),
    ],
)
def test_figures_that_do_not_fit_the_classes_are_refused(folder: Path, field: str, value, message) -> None:
    metrics = read_manifest(folder).model_dump(mode="json")["metrics"]
    rewrite(folder, metrics=metrics | {field: value})
    with pytest.raises(BundleError, match=message):
        open_bundle(folder)


@pytest.mark.parametrize("field", ["name", "class_names"])
def test_a_job_refuses_what_its_bundle_would_refuse_at_the_end(folder: Path, field: str) -> None:
    manifest = read_manifest(folder).model_dump(mode="json")
    spec = {name: manifest[name] for name in TrainingSpec.model_fields}
    parse(TrainingSpec, spec, what="the spec")
    too_much = {"name": "x" * 101, "class_names": [str(number) for number in range(101)]}
    with pytest.raises(UserError, match=field):
        parse(TrainingSpec, spec | {field: too_much[field]}, what="the spec")


def test_messages_name_the_folder_but_not_where_it_is(folder: Path, monkeypatch) -> None:
    opened = open_bundle(folder)

    def said(call) -> str:
        with pytest.raises(BundleError) as caught:
            call()
        return str(caught.value)

    (folder / MODEL).write_bytes(b"no network")
    messages = [said(lambda: Classifier(opened)), said(lambda: open_bundle(folder))]
    (folder / MODEL).unlink()
    messages.append(said(lambda: open_bundle(folder)))
    for content in ('{"schema_version": 1}', '{"schema_version": 2}', "", " " * 2**23):
        (folder / MANIFEST).write_text(content)
        messages.append(said(lambda: open_bundle(folder)))
    (folder / MANIFEST).unlink()
    monkeypatch.chdir(folder)
    messages.append(said(lambda: open_bundle(Path())))
    for message in messages:
        assert "bundle" in message
        assert str(folder.parent) not in message
        assert "ONNXRuntimeError" not in message


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
    table["file"], table["sha256"] = "007", "NA"
    table.to_csv(folder / SPLIT, index=False)
    again = bundle.table(SPLIT)
    assert set(again["file"]) == {"007"}
    assert set(again["sha256"]) == {"NA"}


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        (TEST_SET, "true_class", "cyst"),
        (TEST_SET, "sha256", 7),
        (TEST_SET, "group", np.inf),
        (TEST_SET, "p_benign", 1.5),
        (TEST_SET, "p_benign", np.nan),
        (TEST_SET, "p_benign", "likely"),
        (VALIDATION, "epoch", "first"),
        (TEST_IMAGES, "png", "text"),
        (SPLIT, "class", "cyst"),
        (SPLIT, "fingerprint", "AAAA"),
        (SPLIT, "fingerprint", "*" * 1368),
        (HISTORY, "loss", ""),
        (HISTORY, "loss", np.inf),
        (HISTORY, "epoch", 1),
        (HISTORY, "epoch", [1, 3, 5]),
    ],
)
def test_a_table_with_a_strange_value_is_refused(folder: Path, name: str, column: str, value) -> None:
    bundle = open_bundle(folder)
    table = bundle.table(name)
    table[column] = value
    write = table.to_csv if name.endswith(".csv") else table.to_parquet
    write(folder / name, index=False)
    with pytest.raises(BundleError, match=name):
        bundle.table(name)


def test_a_table_without_rows_is_refused(folder: Path) -> None:
    bundle = open_bundle(folder)
    bundle.table(TEST_SET)[:0].to_parquet(folder / TEST_SET)
    with pytest.raises(BundleError, match="no valid values"):
        bundle.table(TEST_SET)


def test_pandas_notes_in_a_parquet_file_are_not_followed(folder: Path) -> None:
    bundle = open_bundle(folder)
    before = bundle.table(TEST_SET)
    notes = {b"pandas": b'{"index_columns": [{"kind": "x"}], "columns": 3}'}
    pq.write_table(pa.Table.from_pandas(before).replace_schema_metadata(notes), folder / TEST_SET)
    pd.testing.assert_frame_equal(bundle.table(TEST_SET), before)


@pytest.mark.parametrize(("size", "kind"), [((64, 64), "PNG"), ((32, 32), "BMP"), ((32, 32), "GIF")])
def test_a_test_image_is_a_png_of_the_input_size(folder: Path, size: tuple[int, int], kind: str) -> None:
    bundle = open_bundle(folder)
    file = io.BytesIO()
    Image.new("L", size).save(file, kind)
    table = bundle.table(TEST_IMAGES)
    table["png"] = file.getvalue()
    table.to_parquet(folder / TEST_IMAGES)
    with pytest.raises(BundleError, match="not a PNG image of 32 × 32"):
        bundle.test_images()


def test_stored_images_are_lossless() -> None:
    rng = np.random.default_rng(0)
    grey = np.repeat(rng.integers(0, 256, (9, 9, 1), dtype=np.uint8), 3, axis=2)
    colour = rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    table = image_table(["a", "b"], [grey, colour])
    for png, image in zip(table["png"], (grey, colour), strict=True):
        assert (np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) == image).all()


def test_a_network_with_other_outputs_is_refused(folder: Path) -> None:
    bundle = open_bundle(folder)
    (folder / MODEL).write_bytes(b"no network")
    with pytest.raises(UserError, match="not a network that ONNX Runtime can load"):
        Classifier(bundle)


@pytest.mark.parametrize("location", ["weights.bin", "../bundle/weights.bin"])
def test_a_network_with_weights_in_another_file_is_refused(
    folder: Path, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = open_bundle(folder)
    model = onnx.load(folder / MODEL)
    tensor = model.graph.initializer[0]
    (folder / "weights.bin").write_bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    (folder / MODEL).write_bytes(model.SerializeToString())
    onnxruntime.InferenceSession(folder / MODEL)  # left to itself it takes them
    monkeypatch.chdir(folder)
    with pytest.raises(BundleError, match="all its weights inside the file"):
        Classifier(bundle)


@pytest.mark.parametrize(
    "embeddings",
    [
        np.zeros((0, 3)),
        np.ones(3),
        np.ones((2001, 3)),
        np.array([[1, np.nan, 1]]),
        np.array([["a", "b", "c"]]),
        np.ones((4, 5)),
    ],
    ids=["none", "a row", "too many", "not finite", "text", "another width"],
)
def test_embeddings_that_no_image_can_be_compared_with_are_refused(folder: Path, embeddings) -> None:
    bundle = open_bundle(folder)
    np.save(folder / EMBEDDINGS, embeddings)
    with pytest.raises(BundleError, match=EMBEDDINGS):
        Classifier(bundle)


def test_embeddings_with_a_header_that_promises_too_much_are_refused(folder: Path) -> None:
    bundle = open_bundle(folder)
    with (folder / EMBEDDINGS).open("wb") as file:
        header = {"descr": "<f2", "fortran_order": False, "shape": (2000, 2**40)}
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.training_embeddings()


@pytest.mark.parametrize("what", ["size", "classes", "not finite"])
def test_a_network_that_does_not_fit_its_manifest_is_refused(folder: Path, what: str) -> None:
    bundle = open_bundle(folder)
    Classifier(bundle)
    data = bundle.manifest.model_dump(mode="json")
    if what == "size":
        data["recipe"]["preprocessing"]["image_size"] = 64
    elif what == "classes":
        data["class_names"].append("cyst")
        data["metrics"]["per_class"]["cyst"] = data["metrics"]["per_class"]["normal"]
        data["metrics"]["confusion_matrix"] = np.eye(4, dtype=int).tolist()
    else:
        model = onnx.load(folder / MODEL)
        flat = next(tensor for tensor in model.graph.initializer if tensor.name == "flat")
        flat.raw_data = np.full(9, np.nan, np.float32).tobytes()
        onnx.save(model, folder / MODEL)
    with pytest.raises(BundleError, match="does not fit"):
        Classifier(Bundle(folder, parse(Manifest, data, what="the manifest")))


def test_a_prediction_carries_what_the_bundle_decides(folder: Path) -> None:
    classifier = Classifier.from_bundle(folder)
    known = next(iter(classifier.bundle.test_images().values()))
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
