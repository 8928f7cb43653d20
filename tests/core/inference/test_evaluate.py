"""Metrics of a bundle on its own predictions and on other images. tests/cli evaluates trained networks."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bundles import CLASSES, make_bundle
from PIL import Image
from reading import indexed, silent
from readings import add_readings

from core.bundle.folder import Bundle, add_file, open_bundle
from core.bundle.limitations import warnings
from core.bundle.manifest import OUT_OF_FOLD, SPLIT, TEST_SET
from core.data.reader import Reading, read_folder
from core.errors import UserError
from core.evaluation.metrics import INTERVALS, evaluate
from core.evaluation.predictions import class_indices, probability_matrix
from core.evaluation.results import Metrics
from core.inference.classifier import Classifier
from core.inference.evaluate import (
    COUNTED_AS_INDEPENDENT,
    EvaluationReport,
    compare_radiologists,
    current_metrics,
    evaluate_data,
    evaluate_out_of_fold,
    evaluate_test_set,
)
from core.inference.seen_images import SeenCounts


def evaluated(
    bundle: Path, images: Path, groups: Path | None = None, tables: tuple[Path, ...] = ()
) -> EvaluationReport:
    """Return the report of a bundle on the images of a folder."""
    data = read_folder(images, Reading(tables, known_classes=CLASSES))
    classifier = Classifier(open_bundle(bundle))
    return evaluate_data(classifier, data, silent, name=images.name, groups=[groups] if groups else [])


def expected(table: pd.DataFrame, threshold: float | None):
    return evaluate(
        class_indices(table["true_class"], CLASSES),
        probability_matrix(table, CLASSES),
        table["group"],
        class_names=CLASSES,
        positive_class="malignant",
        threshold=threshold,
        seed=0,
    )


def test_the_test_set_is_measured_at_the_operating_point(tmp_path: Path) -> None:
    manifest = make_bundle(tmp_path / "bundle")
    bundle = open_bundle(tmp_path / "bundle")
    report = evaluate_test_set(bundle)
    assert report.metrics == expected(bundle.table(TEST_SET), manifest.decision.operating_threshold)
    assert report.positive is not None
    assert report.positive.against_rest.auc == report.metrics.per_class["malignant"].auc
    assert (report.bundle, report.data, report.left_out) == (manifest.name, None, 0)
    assert list(report.notes) == warnings(manifest)


def test_a_test_set_is_measured_by_machine_category_and_size_and_beside_its_radiologists(
    tmp_path: Path,
) -> None:
    make_bundle(tmp_path / "bundle", fill=add_readings)
    bundle = open_bundle(tmp_path / "bundle")
    report = evaluate_test_set(bundle)
    measured = {one.label: one.as_predicted.images for one in report.subsets}
    sizes = (
        "lesion 10 % of the image or more",
        "lesion 5 to 10 % of the image",
        "lesion under 5 % of the image",
    )
    assert measured == {
        **dict(zip(("machine A", "machine B"), (24, 12), strict=True)),
        **dict(zip(("BI-RADS 2", "BI-RADS 3", "BI-RADS 4", "BI-RADS 5"), (8, 12, 12, 4), strict=True)),
        **dict.fromkeys(sizes, 8),
    }
    table = bundle.table(TEST_SET)
    on_a = next(one for one in report.subsets if one.label == "machine A")
    threshold = bundle.manifest.decision.operating_threshold
    assert on_a.as_predicted == expected(table[table["device"] == "A"], threshold)
    assert report.radiologists == compare_radiologists(bundle)
    assert report.radiologists is not None
    assert (report.radiologists.images, report.radiologists.groups) == (36, 36)
    assert report.radiologists.model_auc.value == report.metrics.per_class["malignant"].auc.value
    assert EvaluationReport.model_validate_json(report.model_dump_json()) == report
    make_bundle(tmp_path / "plain")
    plain = evaluate_test_set(open_bundle(tmp_path / "plain"))
    assert (plain.subsets, plain.radiologists) == ((), None)
    assert not {"subsets", "radiologists"} & set(json.loads(plain.model_dump_json()))


def test_a_folder_with_a_table_is_measured_by_its_columns(tmp_path: Path, images: Path) -> None:
    files = sorted(str(path.relative_to(images)) for path in images.glob("*/*).png"))
    rows = {"file": files, "label": [file.split("/")[0] for file in files], "machine": list("AB") * 4}
    pd.DataFrame(rows).to_csv(images / "labels.csv", index=False)
    make_bundle(tmp_path / "bundle")
    report = evaluated(tmp_path / "bundle", images, tables=(images / "labels.csv",))
    measured = {one.label: one.as_predicted.images for one in report.subsets}
    assert measured == {"machine A": 3, "machine B": 3, "lesion 10 % of the image or more": 1}


def test_out_of_fold_predictions_have_no_operating_point(tmp_path: Path) -> None:
    make_bundle(tmp_path / "bundle")
    table = open_bundle(tmp_path / "bundle").table(TEST_SET).assign(fold=1)
    table.to_parquet(tmp_path / OUT_OF_FOLD, index=False)
    add_file(tmp_path / "bundle", tmp_path / OUT_OF_FOLD)
    assert evaluate_out_of_fold(open_bundle(tmp_path / "bundle")) == expected(table, None)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two images of each class, a third of an unknown one, and a mask."""
    rng = np.random.default_rng(1)
    for name in (*CLASSES, "cyst"):
        (tmp_path / "elsewhere" / name).mkdir(parents=True)
        for number in (1, 2):
            pixels = rng.integers(0, 256, (40, 40)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "elsewhere" / name / f"{name} ({number}).png")
    mask = Image.fromarray(np.full((40, 40), 255, np.uint8))
    mask.save(tmp_path / "elsewhere" / "benign" / "benign (1)_mask.png")
    return tmp_path / "elsewhere"


def make_bundle_that_knows(images: Path, file: str, bundle: Path) -> None:
    """Write a bundle with one image of a folder in its split."""
    index = indexed(images)
    seen = index[index["file"] == file].iloc[0]

    def knows_one(folder: Path) -> None:
        split = pd.read_csv(folder / SPLIT)
        split.loc[0, ["sha256", "fingerprint"]] = seen[["sha256", "fingerprint"]].to_numpy()
        split.to_csv(folder / SPLIT, index=False)

    make_bundle(bundle, fill=knows_one)


def test_a_folder_is_classified_without_unknown_classes_and_training_images(
    tmp_path: Path, images: Path
) -> None:
    make_bundle_that_knows(images, "malignant/malignant (1).png", tmp_path / "bundle")
    report = evaluated(tmp_path / "bundle", images)
    assert (report.data, report.left_out, report.unknown_classes) == ("elsewhere", 1, ("cyst",))
    one = SeenCounts(same_pixels=1, near_duplicates=0, mirror_images=0, same_group=0)
    assert report.left_out_by == one
    assert json.loads(report.model_dump_json())["left_out_by"] == one.model_dump()
    assert report.metrics.images == 5
    assert report.metrics.per_class["malignant"].support == 1
    assert report.pointing_game is not None
    # All of the image is the lesion.
    assert (report.pointing_game.images, report.pointing_game.random_hits) == (1, 1)
    (large,) = report.subsets
    assert (large.column, large.label) == ("lesion_area", "lesion 10 % of the image or more")
    assert large.as_predicted.images == 1
    # The one that was seen has a patient, of whom there are two more images.
    files = sorted(str(path.relative_to(images)) for path in images.glob("*/*).png"))
    same = ("malignant/malignant (1).png", "malignant/malignant (2).png", "benign/benign (2).png")
    ids = ["P" if file in same else file for file in files]
    pd.DataFrame({"file": files, "group": ids}).to_csv(tmp_path / "groups.csv", index=False)
    report = evaluated(tmp_path / "bundle", images, tmp_path / "groups.csv")
    assert (report.left_out, report.metrics.images) == (3, 3)
    assert report.left_out_by == one.model_copy(update={"same_group": 2})


def test_an_evaluation_warns_of_groups_that_look_wrong_and_of_many_seen_images(
    tmp_path: Path, images: Path
) -> None:
    for number in range(16):
        pixels = Image.open(images / "benign" / "benign (2).png").resize((40 + number, 40))
        pixels.save(images / "benign" / f"again {number}.png")
    make_bundle(tmp_path / "bundle")
    remarks = evaluated(tmp_path / "bundle", images).remarks
    assert any("have a side of less than 64 pixels" in remark for remark in remarks)
    assert remarks[-1].startswith("Warning: One near-duplicate group holds 17 of 24 images: ")
    make_bundle_that_knows(images, "benign/benign (2).png", tmp_path / "knowing")
    report = evaluated(tmp_path / "knowing", images)
    seen = "Warning: 77% of the images were in the model's training or validation set."
    assert any(remark.startswith(seen) for remark in report.remarks)
    for name in CLASSES[1:]:
        for file in (images / name).iterdir():
            file.unlink()
    (images / "benign" / "benign (1)_mask.png").unlink()
    (images / "benign" / "benign (1).png").unlink()
    with pytest.raises(UserError, match=r"\(2 with the same pixels, 15 near-dup.* Usual causes: "):
        evaluated(tmp_path / "knowing", images)


def test_files_have_the_keys_of_version_1(tmp_path: Path, images: Path) -> None:
    make_bundle(tmp_path / "bundle")
    report = evaluated(tmp_path / "bundle", images)
    content = json.loads(report.model_dump_json())
    assert list(content) == [
        *("bundle", "data", "left_out", "pointing_game", "not_read", "independence", "notes", "remarks"),
        *("metrics", "positive", "subsets"),
    ]
    assert set(content["pointing_game"]) == {"images", "value", "low", "high", "random_hits"}
    again = EvaluationReport.model_validate(content)
    assert again == report.model_copy(update={"unknown_classes": ()})
    # Files from before there were metrics of the positive class, and before a report said this.
    del content["positive"], content["independence"]
    assert EvaluationReport.model_validate(content).positive is None


def test_a_folder_without_a_new_image_of_a_known_class_is_refused(tmp_path: Path, images: Path) -> None:
    make_bundle(tmp_path / "bundle")
    for name in CLASSES:
        for file in (images / name).iterdir():
            file.unlink()
    with pytest.raises(
        UserError,
        match=r"no image to evaluate: 0 are training .* 2 are of classes other .*; --map \S+=CLASS says what",
    ):
        evaluated(tmp_path / "bundle", images)


def test_patients_of_the_data_count_as_groups(tmp_path: Path, images: Path) -> None:
    make_bundle(tmp_path / "bundle")
    without = evaluated(tmp_path / "bundle", images)
    assert without.independence == f"No patient ids: {COUNTED_AS_INDEPENDENT}"
    assert without.metrics.groups == without.metrics.images == 6
    for file in list(images.glob("*/*).png")):
        (file.parent / file.stem).mkdir()
        file.rename(file.parent / file.stem / file.name)
    apart = evaluated(tmp_path / "bundle", images).independence
    assert "unless they are near-duplicates or in one sub-folder." in apart
    for file in list(images.glob("*/*/*).png")):
        file.rename(file.parent.parent / file.name)
    files = sorted(str(path.relative_to(images)) for path in images.glob("*/*).png"))
    groups = pd.DataFrame({"file": files, "group": [Path(file).parent.name for file in files]})
    groups.to_csv(tmp_path / "groups.csv", index=False)
    grouped = evaluated(tmp_path / "bundle", images, tmp_path / "groups.csv")
    assert (grouped.metrics.images, grouped.metrics.groups, grouped.independence) == (6, 3, None)
    widths = [report.metrics.accuracy.high - report.metrics.accuracy.low for report in (without, grouped)]
    assert widths[1] > 1.2 * widths[0]
    groups.iloc[1:].to_csv(tmp_path / "groups.csv", index=False)
    with pytest.raises(UserError, match="misses 1 of 8 images"):
        evaluated(tmp_path / "bundle", images, tmp_path / "groups.csv")


def test_metrics_of_an_earlier_version_are_computed_anew(tmp_path: Path) -> None:
    make_bundle(tmp_path / "bundle")
    bundle = open_bundle(tmp_path / "bundle")
    stored = bundle.manifest.metrics
    threshold = bundle.manifest.decision.operating_threshold
    present = expected(bundle.table(TEST_SET), threshold)

    def holding(metrics: Metrics) -> Bundle:
        return Bundle(bundle.folder, bundle.manifest.model_copy(update={"metrics": metrics}))

    earlier = stored.model_copy(update={"intervals": None})
    assert current_metrics(holding(earlier)) == present
    own = stored.model_copy(update={"intervals": INTERVALS, "images": 7})
    assert current_metrics(holding(own)) == own
