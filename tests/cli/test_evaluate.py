"""Evaluation and prediction with a trained bundle."""

import json
import shutil
from pathlib import Path

import pytest
from bundles import make_bundle
from command_line import FOLDED, TRAINED, call, refuse, succeed
from image_files import two_classes, write_noise
from PIL import Image
from readings import add_readings

from core.bundle.folder import open_bundle
from core.bundle.limitations import NO_OPERATING_POINT
from core.data.phantom import dataset as phantom_dataset

pytestmark = pytest.mark.xdist_group("cli")


@pytest.mark.slow
def test_evaluate_leaves_out_what_the_model_was_trained_on(
    trained: Path, phantoms: Path, tmp_path: Path
) -> None:
    own = succeed("evaluate", trained, "--output", tmp_path / "own.json")
    manifest = open_bundle(trained).manifest
    figures = json.loads((tmp_path / "own.json").read_text())
    assert figures["metrics"]["accuracy"]["value"] == pytest.approx(manifest.metrics.accuracy.value)
    assert "95 % confidence interval" in own.stdout
    malignant = figures["metrics"]["per_class"]["malignant"]
    assert figures["positive"]["against_rest"]["auc"] == pytest.approx(malignant["auc"])
    assert "AUC, malignant against normal alone" in own.stdout
    assert "Sensitivity at the threshold chosen on the validation set" in own.stdout
    on_all = succeed("evaluate", trained, phantoms, "--output", tmp_path / "all.json").stdout
    everything = json.loads((tmp_path / "all.json").read_text())
    skipped = (
        f"{everything['left_out']} images skipped because of the model's training and validation images: "
    )
    assert skipped in on_all
    reasons, counts = everything["left_out_by"], manifest.counts
    assert sum(reasons.values()) == everything["left_out"]
    assert reasons["same_pixels"] == sum((*counts["train"].values(), *counts["validation"].values()))
    assert "The data has images of the model's training data." in on_all
    assert "Pointing game: the saliency map peaks inside the lesion in" in on_all
    assert f"Results written to {tmp_path / 'all.json'}." in on_all
    pointing = everything["pointing_game"]
    assert 0 < pointing["images"] <= everything["metrics"]["images"]
    assert 0 < pointing["random_hits"] < 0.5
    parts = manifest.counts
    assert everything["left_out"] >= sum(parts["train"].values()) + sum(parts["validation"].values())
    assert everything["left_out"] + everything["metrics"]["images"] == 95


def test_a_model_without_a_positive_class_says_that_it_has_no_operating_point(tmp_path: Path) -> None:
    make_bundle(tmp_path / "neutral", positive_class=None)
    two_classes(tmp_path / "data")
    (tmp_path / "data" / "a").rename(tmp_path / "data" / "benign")
    for data in ([], [tmp_path / "data"]):
        assert NO_OPERATING_POINT in call("evaluate", tmp_path / "neutral", *data).stdout
    make_bundle(tmp_path / "tiny")
    assert "No operating point" not in call("evaluate", tmp_path / "tiny").stdout


def test_evaluate_measures_machines_categories_and_lesion_sizes_beside_the_radiologists(
    tmp_path: Path,
) -> None:
    make_bundle(tmp_path / "tiny", fill=add_readings)
    shown = call("evaluate", tmp_path / "tiny", "--output", tmp_path / "report.json").stdout
    for name in ("machine A", "machine B", "BI-RADS 5", "lesion under"):
        assert name in shown
    assert "Radiologists' BI-RADS on the same 36 images: AUC " in " ".join(shown.split())
    assert "how the lesions were chosen, these data do not say." in " ".join(shown.split())
    report = json.loads((tmp_path / "report.json").read_text())
    assert len(report["subsets"]) == 9
    assert report["radiologists"]["images"] == 36


@pytest.mark.slow
def test_trainings_without_a_positive_class_say_it_too(tmp_path: Path) -> None:
    for number in range(40):
        write_noise(tmp_path / "data" / "ab"[number % 2] / f"{number}.png", number)
    train = succeed("train", tmp_path / "data", "--output", tmp_path / "x", *TRAINED, "--epochs", 1)
    folds = succeed("cross-validate", tmp_path / "data", "--output", tmp_path / "y", *FOLDED, "--epochs", 1)
    assert NO_OPERATING_POINT in train.stdout
    assert folds.stdout.count(NO_OPERATING_POINT) == 1


@pytest.mark.slow
def test_evaluate_on_a_folder_with_some_of_the_classes(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    phantom_dataset.write_dataset(folder, seed=5, counts={"benign": 6, "malignant": 6})
    (folder / "cyst").mkdir()
    Image.effect_noise((60, 60), 40).save(folder / "cyst" / "1.png")
    finished = succeed("evaluate", trained, folder, "--output", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())["metrics"]
    assert report["images"] == 12
    assert report["per_class"]["normal"]["sensitivity"] is None
    assert "does not apply" in finished.stdout
    assert "Skipped, not classes of this model: cyst." in finished.stdout
    assert "images of one patient were counted as independent" in " ".join(finished.stdout.split())
    files = sorted(str(path.relative_to(folder)) for path in folder.glob("*/*.png"))
    rows = ["file,group", *(f"{file},{Path(file).parent}" for file in files)]
    (tmp_path / "groups.csv").write_text("\n".join(rows))
    grouped = succeed(
        *("evaluate", trained, folder, "--groups", tmp_path / "groups.csv", "--output", tmp_path / "g.json")
    )
    assert "counted as independent." not in " ".join(grouped.stdout.split("Note on the model")[0].split())
    found = json.loads((tmp_path / "g.json").read_text())
    assert found["metrics"]["groups"] <= 2 < report["groups"]
    assert found["independence"] is None
    assert "--groups is about DATA" in refuse("evaluate", trained, "--groups", tmp_path / "groups.csv")
    shutil.rmtree(folder / "cyst")
    shutil.rmtree(folder / "benign")
    succeed("evaluate", trained, folder, "--output", tmp_path / "one.json")
    one = json.loads((tmp_path / "one.json").read_text())
    assert one["metrics"]["auc"] is None
    assert any("no patient ids" in note for note in one["notes"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "{tmp}"], "is not a model bundle"),
        (["evaluate", "not a name"], "is not a model"),
        (["predict", "{tmp}", "{tmp}/none.png"], "does not exist"),
    ],
    ids=lambda value: "-".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_mistakes_are_one_line_on_stderr(arguments: list[object], message: str, tmp_path: Path) -> None:
    assert message in refuse(*(str(text).format(tmp=tmp_path) for text in arguments))
    assert not list(tmp_path.iterdir())
