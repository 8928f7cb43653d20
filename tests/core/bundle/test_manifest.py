"""The content of bundle.json: what is accepted, and what a training spec knows."""

import base64
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bundles import make_bundle
from subsets import measured_subsets

from core.augmentation.ranges import AUGMENTATIONS
from core.bundle.folder import BundleError, open_bundle, read_manifest
from core.bundle.manifest import (
    MANIFEST,
    TEST_IMAGES,
    Decision,
    DomainLimit,
    TrainingSpec,
)
from core.data.plausibility import ImplausibleGroups
from core.data.shared_frames import SharedFrame
from core.errors import UserError
from core.images.frame import Box
from core.schema import parse


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_bundle(tmp_path / "bundle")
    return tmp_path / "bundle"


def rewrite(folder: Path, **changes) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 99}, "schema version 99.*update the program"),
        ({"schema_version": None}, "no valid schema version"),
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
def test_metrics_that_do_not_fit_the_classes_are_refused(folder: Path, field: str, value, message) -> None:
    metrics = read_manifest(folder).model_dump(mode="json")["metrics"]
    rewrite(folder, metrics=metrics | {field: value})
    with pytest.raises(BundleError, match=message):
        open_bundle(folder)


def test_shared_frames_are_stored_where_there_are_any(folder: Path, tmp_path: Path) -> None:
    assert "shared_frames" not in (folder / MANIFEST).read_text(encoding="utf-8")
    pattern = base64.b64encode(bytes(1024)).decode()
    frame = SharedFrame(width=100, height=80, box=Box(10, 70, 20, 90), pattern=pattern)
    make_bundle(tmp_path / "framed", shared_frames=(frame,))
    assert read_manifest(tmp_path / "framed").shared_frames == (frame,)
    rewrite(folder, shared_frames=[frame.model_dump(mode="json") | {"height": 60}])
    with pytest.raises(BundleError, match="does not lie within its frame"):
        open_bundle(folder)


@pytest.mark.parametrize("field", ["name", "class_names"])
def test_a_spec_refuses_what_its_manifest_would_refuse_at_the_end(folder: Path, field: str) -> None:
    manifest = read_manifest(folder).model_dump(mode="json")
    spec = {name: manifest[name] for name in TrainingSpec.model_fields if name in manifest}
    parse(TrainingSpec, spec, what="the spec")
    too_much = {"name": "x" * 101, "class_names": [str(number) for number in range(101)]}
    with pytest.raises(UserError, match=field):
        parse(TrainingSpec, spec | {field: too_much[field]}, what="the spec")


def test_groups_that_look_wrong_are_written_and_read_and_plausible_ones_are_no_field(folder: Path) -> None:
    plausible = read_manifest(folder)
    assert plausible.implausible_groups is None
    assert "implausible_groups" not in plausible.model_dump(mode="json")
    rewrite(folder, implausible_groups={"images": 40, "large_group": 9, "conflicting": 0, "duplicates": 0})
    groups = read_manifest(folder).implausible_groups
    assert groups == ImplausibleGroups(images=40, large_group=9, conflicting=0, duplicates=0)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe"])
def test_a_file_that_is_not_a_json_object_is_refused(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(BundleError, match="is not a JSON object"):
        read_manifest(folder)


def test_labels_are_indices_into_the_class_names(folder: Path) -> None:
    manifest = read_manifest(folder)
    rows = pd.DataFrame({"class": ["normal", "benign", "normal"]})
    np.testing.assert_array_equal(manifest.labels(rows), [2, 0, 2])


def test_only_the_papers_protocol_augments_validation_images(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest.validation_augmentation == AUGMENTATIONS["none"]
    paper = manifest.model_copy(update={"protocol": "paper"})
    assert paper.validation_augmentation == manifest.recipe.augmentation != AUGMENTATIONS["none"]


def test_a_file_that_is_left_out_is_not_listed(folder: Path) -> None:
    manifest = read_manifest(folder)
    smaller = manifest.without([TEST_IMAGES])
    assert set(manifest.files) - set(smaller.files) == {TEST_IMAGES}
    (folder / MANIFEST).write_text(smaller.to_json())
    assert not open_bundle(folder).has(TEST_IMAGES)


def test_metrics_of_subsets_are_stored_and_an_empty_field_is_not(tmp_path: Path) -> None:
    found = measured_subsets(3)
    make_bundle(tmp_path / "with", subsets=found)
    assert read_manifest(tmp_path / "with").subsets == found
    make_bundle(tmp_path / "without")
    assert "subsets" not in json.loads((tmp_path / "without" / MANIFEST).read_text())
    assert read_manifest(tmp_path / "without").subsets == ()


def test_an_earlier_bundles_domain_limit_is_its_distance_threshold(folder: Path) -> None:
    decision = read_manifest(folder).decision
    assert "domain" not in decision.model_dump()
    (limit,) = decision.domain_limits
    assert limit == DomainLimit(score="nearest", threshold=decision.distance_threshold, factor=1, level=0.99)
    assert limit.rule == "the distance that 99 % of the validation images do not exceed"
    new = DomainLimit(score="mahalanobis", threshold=30.5, factor=1.5, level=0.95)
    assert new.rule == "1.5 times the distance that 95 % of the validation images do not exceed"
    changed = decision.model_copy(update={"domain": (new,)})
    assert Decision.model_validate_json(changed.model_dump_json()).domain_limits == (new,)
