"""The command line as a newcomer meets it: a process of its own, on phantoms."""

import csv
import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import event_files
import numpy as np
import pandas as pd
import pytest
from command_line import run, start, succeed
from PIL import Image

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, TEST_SET, VALIDATION, WEIGHTS
from core.bundle.tables import read_csv
from core.data.phantom import dataset as phantom_dataset
from core.evaluation.predictions import probability_matrix
from core.inference.classifier import Classifier
from core.recipe import RECIPES, kept_epoch

# All in one worker, which trains the shared bundle once.
pytestmark = pytest.mark.xdist_group("cli")
RECIPE = ["--backbone", "tiny", "--fine-tune", "all", "--image-size", 48, "--epochs", 4, "--batch-size", 16]


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    phantom_dataset.write_dataset(folder, counts={"benign": 40, "malignant": 30, "normal": 25})
    return folder


@pytest.fixture(scope="module")
def trained(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "trained"
    finished = succeed("train", phantoms, "--output", folder, *RECIPE)
    assert "Protocol clean:" in finished.stderr
    assert "The tiny base starts from random weights." in finished.stderr
    assert "Accuracy" in finished.stdout
    return folder


def test_a_training_leaves_one_whole_bundle(trained: Path) -> None:
    bundle = open_bundle(trained)
    assert [path.name for path in trained.parent.iterdir()] == ["trained"]
    assert bundle.manifest.protocol == "clean"
    assert bundle.manifest.recipe.backbone == "tiny"
    assert bundle.manifest.positive_class == "malignant"
    assert len(bundle.table("history.csv")) == 4
    assert sum(bundle.manifest.counts["test"].values()) == bundle.manifest.metrics.images
    assert "Not a medical device" in (trained / "README.md").read_text()
    assert bundle.manifest.recipe.name == "paper, changed"
    # The folder that the data or the bundle lies in is nobody's business.
    for file in ("bundle.json", "README.md"):
        assert str(trained.parent) not in (trained / file).read_text()


def test_stored_probabilities_come_from_the_stored_images(trained: Path) -> None:
    classifier = Classifier.from_bundle(trained)
    table = classifier.bundle.table(TEST_SET)
    images = classifier.bundle.test_images()
    answers = classifier.classify_batch([images[sha256] for sha256 in table["sha256"]])
    again = np.array([list(answer.probabilities.values()) for answer in answers])
    stored = probability_matrix(table, classifier.bundle.manifest.class_names)
    np.testing.assert_allclose(again, stored, atol=1e-4)


def test_the_validation_table_has_the_historys_hit_rate(trained: Path) -> None:
    bundle = open_bundle(trained)
    names = bundle.manifest.class_names
    history = bundle.table("history.csv").set_index("epoch")
    assert bundle.manifest.best_epoch == kept_epoch(bundle.table("history.csv"), "best")
    for epoch, rows in bundle.table(VALIDATION).groupby("epoch"):
        guessed = np.array(names)[probability_matrix(rows, names).argmax(axis=1)]
        assert (guessed == rows["true_class"]).mean() == pytest.approx(history.loc[epoch, "val_accuracy"])


def test_a_killed_training_goes_on_as_if_nothing_had_happened(trained: Path, phantoms: Path) -> None:
    folder = trained.parent.parent / "killed" / "trained"
    logs = trained.parent.parent / "logs"
    arguments = ["train", phantoms, "--output", folder, *RECIPE, "--tensorboard", logs]
    process = start(*arguments)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Epoch 3/4"):
            process.kill()
            break
    process.wait()
    refused = run(*arguments)
    assert refused.returncode == 2
    assert "add --resume" in refused.stderr
    other = run(*arguments, "--resume", "--learning-rate", "0.01")
    assert (other.returncode, "another recipe" in other.stderr) == (2, True)
    finished = succeed(*arguments, "--resume")
    assert "Going on after epoch" in finished.stderr
    assert "starts from" not in finished.stderr
    resumed, whole = (read_csv(path / "history.csv") for path in (folder, trained))
    columns = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    np.testing.assert_allclose(resumed[columns], whole[columns], atol=1e-3)
    # The event files hold every epoch once, the killed run's too.
    tags = {"train": ("loss", "accuracy", "learning_rate"), "validation": ("val_loss", "val_accuracy")}
    for room, names in tags.items():
        points = event_files.scalars(logs / "trained" / room)
        for name in names:
            tag = f"epoch_{name.removeprefix('val_')}"
            steps, values = zip(*(point[1:] for point in points if point[0] == tag), strict=True)
            assert steps == (1, 2, 3, 4)
            np.testing.assert_allclose(values, resumed[name], rtol=1e-6)


def test_cached_features_train_like_the_whole_network(phantoms: Path, tmp_path: Path) -> None:
    still = tmp_path / "still.json"
    # Too little to change a pixel, but not "none": every batch goes through the whole network.
    still.write_text(json.dumps({"rotation_range": 1e-9}))
    recipe = ["--backbone", "tiny", "--image-size", 48, "--epochs", 2, "--batch-size", 16]
    cached = succeed("train", phantoms, "--output", tmp_path / "cached", *recipe, "--augmentation", "none")
    # A bundle's own split table is a split file, and gives the same split again.
    given = ["--split", tmp_path / "cached" / SPLIT]
    whole = succeed(
        "train", phantoms, "--output", tmp_path / "whole", *recipe, "--augmentation", still, *given
    )
    assert "read from the file split.csv, and its test set taken as it stands" in whole.stderr
    splits = [open_bundle(tmp_path / name).table(SPLIT) for name in ("cached", "whole")]
    pd.testing.assert_frame_equal(*splits)
    found = open_bundle(tmp_path / "whole").manifest.given_split
    assert (found.file, found.removed, found.leaked) == ("split.csv", 0, 0)
    assert cached.stderr.count("Computing features of the train images") == 1
    assert "Computing features of the train images" not in whole.stderr
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    histories = [read_csv(tmp_path / name / "history.csv")[columns] for name in ("cached", "whole")]
    np.testing.assert_allclose(*histories, atol=1e-3)


def test_the_paper_protocol_trains_on_masks_augments_validation_and_warns(
    phantoms: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "paper"
    recipe = ["--backbone", "tiny", "--image-size", 48, "--epochs", 2, "--batch-size", 16]
    arguments = ["--protocol", "paper", "--positive-class", "benign"]
    finished = succeed("train", phantoms, "--output", folder, *recipe, *arguments)
    manifest = open_bundle(folder).manifest
    assert manifest.positive_class == "benign"
    assert "for benign" in manifest.decision.operating_rule
    split = open_bundle(folder).table("split.csv")
    assert set(split.loc[split["kind"] == "mask", "part"]) == {"train", "validation", "test"}
    # With a frozen base the features of unchanged validation images would be computed once.
    assert "Computing features" not in finished.stderr
    assert "too high" in finished.stdout.replace("\n", " ")
    assert "too high" in (folder / "README.md").read_text().replace("\n", " ")


def test_evaluate_leaves_out_what_the_model_was_trained_on(
    trained: Path, phantoms: Path, tmp_path: Path
) -> None:
    own = succeed("evaluate", trained, "--output", tmp_path / "own.json")
    manifest = open_bundle(trained).manifest
    figures = json.loads((tmp_path / "own.json").read_text())
    assert figures["metrics"]["accuracy"]["value"] == pytest.approx(manifest.metrics.accuracy.value)
    assert "95 % interval" in own.stdout
    malignant = figures["metrics"]["per_class"]["malignant"]
    assert figures["positive"]["against_rest"]["auc"] == pytest.approx(malignant["auc"])
    assert "AUC, malignant against normal alone" in own.stdout
    assert "Sensitivity at the threshold chosen on validation" in own.stdout
    succeed("evaluate", trained, phantoms, "--output", tmp_path / "all.json")
    everything = json.loads((tmp_path / "all.json").read_text())
    pointing = everything["saliency_peak_in_lesion"]
    assert 0 < pointing["pictures"] <= everything["metrics"]["pictures"]
    assert 0 < pointing["chance"] < 0.5
    parts = manifest.counts
    assert everything["left_out"] >= sum(parts["train"].values()) + sum(parts["validation"].values())
    assert everything["left_out"] + everything["metrics"]["pictures"] == 95


def test_evaluate_on_a_folder_with_some_of_the_classes(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    phantom_dataset.write_dataset(folder, seed=5, counts={"benign": 6, "malignant": 6})
    (folder / "cyst").mkdir()
    Image.effect_noise((60, 60), 40).save(folder / "cyst" / "1.png")
    finished = succeed("evaluate", trained, folder, "--output", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())["metrics"]
    assert report["pictures"] == 12
    assert report["per_class"]["normal"]["sensitivity"] is None
    assert "does not apply" in finished.stdout
    assert "left out: cyst" in finished.stdout
    shutil.rmtree(folder / "cyst")
    shutil.rmtree(folder / "benign")
    succeed("evaluate", trained, folder, "--output", tmp_path / "one.json")
    one = json.loads((tmp_path / "one.json").read_text())
    assert one["metrics"]["auc"] is None
    assert any("no patient ids" in note for note in one["notes"])


def test_predict_knows_training_images_and_loses_nothing_to_a_bad_file(
    trained: Path, phantoms: Path, tmp_path: Path
) -> None:
    split = open_bundle(trained).table("split.csv")
    known = split.loc[split["part"] == "train", "file"].iloc[0]
    smaller = Image.open(phantoms / known)
    smaller.resize((smaller.width * 2 // 3, smaller.height * 2 // 3)).save(tmp_path / "copy.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    table = tmp_path / "out" / "predictions.csv"
    finished = run("predict", trained, phantoms / known, tmp_path, "--output", table)
    assert finished.returncode == 2
    assert "1 of 3 files could not be read" in finished.stderr
    assert "proves nothing" in finished.stdout
    assert "Not a medical device" in finished.stdout
    again = run("predict", trained, phantoms / known, "--output", table)
    assert (again.returncode, "exists already" in again.stderr) == (2, True)
    with table.open() as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file)}
    assert rows[Path(known).name]["seen_in_training"] == known
    assert rows["copy.png"]["seen_in_training"]
    assert "is not a PNG" in rows["broken.png"]["problem"]
    shares = [float(rows["copy.png"][f"p_{name}"]) for name in ("benign", "malignant", "normal")]
    assert sum(shares) == pytest.approx(1, abs=1e-5)


def test_predict_passes_over_label_masks_in_folders(trained: Path, phantoms: Path, tmp_path: Path) -> None:
    finished = succeed("predict", trained, phantoms / "normal", "--output", tmp_path / "normal.csv")
    assert "25 segmentation masks were passed over" in finished.stdout
    assert not pd.read_csv(tmp_path / "normal.csv")["file"].str.contains("_mask").any()


def test_an_interrupt_says_how_to_go_on(phantoms: Path, tmp_path: Path) -> None:
    process = start("train", phantoms, "--output", tmp_path / "x", *RECIPE)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Epoch 1/4"):
            process.send_signal(signal.SIGINT)
            break
    rest = process.stderr.read()
    process.wait()
    assert process.returncode == 130
    assert "goes on with --resume" in rest
    assert "Traceback" not in rest


def test_train_publish_pull_and_train_further(trained: Path, phantoms: Path, tmp_path: Path, hub) -> None:
    os.environ["HF_TOKEN"] = hub.tokens["write"]
    pushed = succeed("push", trained, "ann/phantoms", "--tag", "v1")
    assert "MODEL=ann/phantoms@v1" in pushed.stdout
    again = succeed("push", trained, "ann/phantoms", "--tag", "v1")
    assert "holds this bundle already" in again.stdout
    pulled = Path(succeed("pull", "ann/phantoms@v1").stdout.strip())
    assert (pulled / "model.onnx").read_bytes() == (trained / "model.onnx").read_bytes()
    assert not (pulled / WEIGHTS).exists()
    succeed("evaluate", "ann/phantoms@v1")
    further = succeed(
        *["train", phantoms, "--output", tmp_path / "further", *RECIPE, "--epochs", 1],
        *["--weights", "ann/phantoms@v1", "--push-to", "ann/further", "--private", "--hide-file-names"],
    )
    assert "hash prefixes in place of file names" in further.stderr
    assert "its base and its head" in further.stderr
    leaking = run(
        *["train", phantoms, "--output", tmp_path / "leaking", *RECIPE],
        *["--weights", "ann/phantoms@v1", "--seed", 1],
    )
    assert (leaking.returncode, "was trained on" in leaking.stderr) == (2, True)
    assert open_bundle(tmp_path / "further").manifest.recipe.weights.startswith("ann/phantoms@")
    assert "MODEL=ann/further@" in further.stdout
    for finished in (pushed, again, further):
        assert hub.tokens["write"] not in finished.stdout + finished.stderr


@pytest.fixture(autouse=True)
def _no_token() -> Iterator[None]:
    yield
    os.environ.pop("HF_TOKEN", None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "missing", "--output", "{tmp}/x"], "missing is neither a folder nor a ZIP"),
        (["train", "{tmp}", "--output", "{tmp}/x"], "at least two are needed"),
        (["train", "phantom"], "Missing option '--output'"),
        (["train", "phantom", "--output", "{tmp}"], "exists already"),
        (["train", "phantom", "--output", "{tmp}/x", "--resume"], "nothing to resume"),
        (["train", "phantom", "--output", "{tmp}/x", "--epochs", "ten"], "Invalid value for '--epochs'"),
        (["train", "phantom", "--output", "{tmp}/x", "--epochs", "0"], "epochs: Input should be greater"),
        (["train", "phantom", "--output", "{tmp}/x", "--augmentation", "heavy"], "augmentation 'heavy'"),
        (["train", "phantom", "--output", "{tmp}/x", "--recipe", "{tmp}/no.json"], "neither paper"),
        (["train", "{data}", "--output", "{tmp}/x", "--groups", "{tmp}/no.csv"], "cannot be read"),
        (["train", "{data}", "--output", "{tmp}/x", "--weights", "{tmp}/no.h5"], "does not exist"),
        (
            ["train", "{data}", "--output", "{tmp}/x", "--backbone", "resnet"],
            "should be 'inception_resnet_v2', 'xc",
        ),
        (
            ["train", "{data}", "--output", "{tmp}/x", "--backbone", "tiny", "--fine-tune", "nix"],
            "no layer 'nix' to train from; give --fine-tune all, none, or one of its layers, such as conv2d,",
        ),
        (
            ["train", "phantom", "--output", "{tmp}/x", "--protocol", "dirty"],
            "Invalid value for '--protocol'",
        ),
        (["evaluate", "{tmp}"], "is not a model bundle"),
        (["evaluate", "not a name"], "names no model"),
        (["predict", "{tmp}", "{tmp}/none.png"], "does not exist"),
        (["push", "{tmp}", "user/repo"], "is not a model bundle"),
        (["push", "{tmp}/no", "user/repo"], "There is no folder no"),
        (["pull", "user/repo@../x"], "names no model"),
        (["nonsense"], "No such command"),
        (["train", "--nonsense"], "No such option"),
        (["train", "phantom", "--output", "{tmp}/x", "--push-to", "nobody"], "is not USER/REPO"),
        (["train", "phantom", "--output", "{tmp}/x", "--push-to", "ann/x"], "needs a token"),
        (["train", "{data}", "--output", "{tmp}/x", "--positive-class", "cyst"], "there is no class 'cyst'"),
        (["train", "{data}", "--output", "{tmp}/x", "--seed", "4294967296"], "Invalid value for '--seed'"),
        (["train", "{data}", "--output", "{tmp}/" + 101 * "x"], "name: String should have at most 100"),
        (["train", "{tmp}/a[/b]", "--output", "{tmp}/x"], "a[/b] is neither a folder nor a ZIP"),
        (["train", "phantom", "--output", "{tmp}/x", "--tag", "v1"], "go with --push-to"),
        (["train", "phantom", "--output", "{tmp}/x", "--hide-file-names"], "go with --push-to"),
    ],
    ids=lambda value: "-".join(value)[:40] if isinstance(value, list) else "",
)
def test_mistakes_are_one_line_on_stderr(
    arguments: list[str], message: str, phantoms: Path, tmp_path: Path
) -> None:
    finished = run(*(text.format(tmp=tmp_path, data=phantoms) for text in arguments))
    assert finished.returncode == 2
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr
    assert [line for line in finished.stderr.splitlines() if line.startswith("Error: ")] == (
        finished.stderr.splitlines()[-1:]
    )
    assert not (tmp_path / "x").exists()


def test_weights_that_cannot_be_downloaded_name_the_ways_out(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    # This recipe's own backbone has no such weights, but the one that is asked for has.
    arguments = ["--recipe", "compact", "--backbone", "mobilenet_v2"]
    finished = run("train", phantoms, "--output", tmp_path / "x", *arguments)
    assert finished.returncode == 2
    assert "Traceback" not in finished.stderr
    message = finished.stderr.splitlines()[-1]
    for way_out in (
        "ImageNet weights of mobilenet_v2",
        "--weights FILE",
        "--weights BUNDLE",
        "--weights none",
    ):
        assert way_out in message


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "push", "pull"])
def test_help_shows_an_example(command: str) -> None:
    shown = succeed(command, "--help").stdout
    assert f"python train_cli.py {command} " in shown
    if command == "train":  # what is not given depends on the recipe
        for name, recipe in RECIPES.items():
            for value in (recipe.fine_tune, recipe.epochs, recipe.learning_rate, recipe.precision):
                assert f"{name}: {value}" in shown


@pytest.mark.slow
def test_the_word_phantom_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    succeed("train", "phantom", "--output", tmp_path / "demo", *RECIPE)
    manifest = open_bundle(tmp_path / "demo").manifest
    assert manifest.data.simulated
    assert sum(manifest.counts["test"].values()) == 90
    assert "simulated images" in (tmp_path / "demo" / "README.md").read_text()


@pytest.mark.slow
@pytest.mark.busi
@pytest.mark.weights
def test_busi_with_xception(busi: Path, xception_weights: Path, tmp_path: Path) -> None:
    succeed(
        *[
            "train",
            busi,
            "--output",
            tmp_path / "busi",
            "--backbone",
            "xception",
            "--weights",
            xception_weights,
        ],
        *["--image-size", 96, "--augmentation", "none", "--epochs", 2],
    )
    manifest = open_bundle(tmp_path / "busi").manifest
    assert manifest.data.name.startswith("BUSI")
    assert manifest.grouping == "near-duplicates only"
    assert manifest.metrics.accuracy.value > 0.6
    predictions = tmp_path / "predictions.csv"
    succeed("predict", tmp_path / "busi", busi / "benign" / "benign (1).png", "--output", predictions)
    assert pd.read_csv(predictions)["predicted_class"].isin(manifest.class_names).all()
