import json
import shutil

import graphs
import onnx
import pytest
from bundles import make_bundle
from paths import ROOT

from core.bundle.folder import BundleError
from core.bundle.manifest import HISTORY, MANIFEST, MODEL, TEST_IMAGES, TEST_SET, VALIDATION, WEIGHTS
from core.errors import UserError
from core.site import refusals

REAL = {"name": "clinic", "simulated": False, "patient_ids": True, "citation": None}


def of_clinic(licence):
    return {"data": {**REAL, "licence": licence}}


@pytest.mark.parametrize("name", ["phantom", "phantom-without-augmentation", "busi-busbra"])
def test_every_embedded_model_may_be_published(name):
    bundle = refusals.check(ROOT / "models" / name)
    assert bundle.manifest.name == name
    why = refusals.why_no_images(bundle)
    assert (why is None) == name.startswith("phantom")
    assert why is None or why.startswith("The page shows no test images: BUSI, ")


def test_a_network_of_61_mb_is_refused_and_weights_that_no_visitor_loads_are_not(tmp_path):
    make_bundle(tmp_path / "large", fill=lambda folder: enlarge(folder, 61 * 10**6))
    with pytest.raises(
        UserError, match=r"large is too large for phones: .* have 61 MB, where 60 MB are allowed"
    ):
        refusals.check(tmp_path / "large")
    make_bundle(tmp_path / "weights", fill=lambda folder: (folder / WEIGHTS).write_bytes(bytes(61 * 10**6)))
    refusals.check(tmp_path / "weights")


def enlarge(folder, size):
    model = onnx.load(folder / MODEL)
    model.doc_string = "x" * size
    onnx.save(model, folder / MODEL)


def test_a_licence_that_forbids_is_named(tmp_path):
    make_bundle(tmp_path / "theirs", **of_clinic("CC-BY-NC-ND-4.0"))
    with pytest.raises(
        UserError, match=r"theirs may not be published: the licence of clinic, 'CC-BY-NC-ND-4\.0'"
    ):
        refusals.check(tmp_path / "theirs")


def test_images_are_left_out_with_the_reason(tmp_path):
    make_bundle(tmp_path / "silent", **of_clinic(None))
    make_bundle(tmp_path / "open", **of_clinic("CC-BY-4.0"))
    make_bundle(tmp_path / "bare", fill=lambda folder: (folder / TEST_IMAGES).unlink())
    assert "it names no licence" in refusals.why_no_images(refusals.check(tmp_path / "silent"))
    assert refusals.why_no_images(refusals.check(tmp_path / "open")) is None
    assert "the bundle has none" in refusals.why_no_images(refusals.check(tmp_path / "bare"))


@pytest.mark.parametrize("name", [MODEL, HISTORY, VALIDATION, TEST_SET, TEST_IMAGES])
def test_a_changed_file_is_refused(bundle, name):
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(BundleError, match=name):
        refusals.check(bundle)


@pytest.mark.parametrize("name", [MODEL, HISTORY, VALIDATION, TEST_SET, TEST_IMAGES])
def test_a_file_that_is_something_else_is_refused_though_its_hash_is_right(tmp_path, name):
    make_bundle(tmp_path / "hostile", fill=lambda folder: (folder / name).write_bytes(b"<script>"))
    with pytest.raises(BundleError, match=name):
        refusals.check(tmp_path / "hostile")


@pytest.mark.parametrize("name", [VALIDATION, TEST_SET])
def test_a_table_that_does_not_fit_the_classes_is_refused(tmp_path, other, name):
    make_bundle(
        tmp_path / "misfit",
        class_names=("a", "b", "c"),
        fill=lambda folder: shutil.copy(other / name, folder / name),
    )
    with pytest.raises(BundleError, match=name):
        refusals.check(tmp_path / "misfit")


def test_a_graph_that_asks_for_all_memory_is_refused(tmp_path):
    def change(folder):
        model = onnx.load(folder / MODEL)
        graphs.claim_sixteen_gigabytes(model)
        onnx.save(model, folder / MODEL)

    make_bundle(tmp_path / "greedy", fill=change)
    with pytest.raises(BundleError, match=f"{MODEL} of greedy does not fit"):
        refusals.check(tmp_path / "greedy")


def test_what_is_no_bundle_is_refused(tmp_path):
    (tmp_path / MANIFEST).write_text(json.dumps({"schema_version": 99}), encoding="utf-8")
    with pytest.raises(BundleError, match="update the program"):
        refusals.check(tmp_path)
