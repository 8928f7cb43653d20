"""Trainings of one network on phantoms."""

import json
import re
from pathlib import Path

import event_files
import numpy as np
import pandas as pd
import pytest
from command_line import TRAINED, refuse, run, start, succeed, succeed_alone
from disks import enlarge, small_disk

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, TEST_SET, VALIDATION
from core.bundle.tables import read_csv
from core.evaluation.predictions import probability_matrix
from core.inference.classifier import Classifier
from core.recipe import kept_epoch
from core.serving.catalog import FOLDER

pytestmark = pytest.mark.xdist_group("cli")


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


@pytest.mark.slow
def test_a_killed_training_goes_on_as_if_nothing_had_happened(trained: Path, phantoms: Path) -> None:
    folder = trained.parent.parent / "killed" / "trained"
    logs = trained.parent.parent / "logs"
    arguments = ["train", phantoms, "--output", folder, *TRAINED, "--tensorboard", logs]
    process = start(*arguments)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Epoch 3/4"):
            for more in ([], ["--resume"]):
                assert "another command is working in" in refuse(*arguments, *more)
            process.kill()
            break
    process.wait()
    assert "add --resume" in refuse(*arguments)
    changed = "another recipe (learning_rate was 0.001 and is now 0.01); give the same options"
    assert changed in refuse(*arguments, "--resume", "--learning-rate", "0.01")
    finished = succeed_alone(*arguments, "--resume")
    assert "Continuing after epoch" in finished.stderr
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


@pytest.mark.slow
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
    assert "The split was read from the file split.csv" in whole.stderr
    splits = [open_bundle(tmp_path / name).table(SPLIT) for name in ("cached", "whole")]
    pd.testing.assert_frame_equal(*splits)
    found = open_bundle(tmp_path / "whole").manifest.given_split
    assert (found.file, found.removed, found.leaked) == ("split.csv", 0, 0)
    assert cached.stderr.count("Computing features of the train images") == 1
    assert "Computing features of the train images" not in whole.stderr
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    histories = [read_csv(tmp_path / name / "history.csv")[columns] for name in ("cached", "whole")]
    np.testing.assert_allclose(*histories, atol=1e-3)


@pytest.mark.slow
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
    assert set(split.loc[split["kind"] == "mask", "set"]) == {"train", "validation", "test"}
    # With a frozen base the features of unchanged validation images would be computed once.
    assert "Computing features" not in finished.stderr
    assert "too high" in finished.stdout.replace("\n", " ")
    assert "too high" in (folder / "README.md").read_text().replace("\n", " ")


@pytest.mark.slow
def test_weights_that_cannot_be_downloaded_name_the_ways_out(
    phantoms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    arguments = ["--backbone", "mobilenet_v2"]
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


@pytest.mark.slow
@pytest.mark.usefixtures("empty_cache")
def test_the_word_phantom_is_enough(tmp_path: Path) -> None:
    succeed("train", "phantom", "--output", tmp_path / "demo", *TRAINED)
    manifest = open_bundle(tmp_path / "demo").manifest
    assert manifest.data.simulated
    # The same images and split as those of the embedded model.
    assert manifest.counts == open_bundle(FOLDER / "phantom").manifest.counts
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "missing is neither a folder nor a ZIP"),
        (["{tmp}"], "contains no images"),
        (["phantom", "--output", "{tmp}"], "exists already"),
        (["phantom", "--resume"], "nothing to resume"),
        (["phantom", "--epochs", "ten"], "Invalid value for '--epochs'"),
        (["phantom", "--epochs", 0], "epochs: Input should be greater"),
        (["phantom", "--augmentation", "heavy"], "augmentation 'heavy'"),
        (["phantom", "--recipe", "{tmp}/no.json"], "neither paper"),
        (["{data}", "--groups", "{tmp}/no.csv"], "cannot be read"),
        (["{data}", "--weights", "{tmp}/no.h5"], "does not exist"),
        (["{data}", "--backbone", "resnet"], "'resnet' is no backbone; did you mean resnet50"),
        (
            ["{data}", "--backbone", "tiny", "--fine-tune", "nix"],
            "no layer 'nix' to train from; give --fine-tune all, none, or one of its layers, such as conv2d,",
        ),
        (["phantom", "--protocol", "dirty"], "Invalid value for '--protocol'"),
        (["phantom", "--push-to", "nobody"], "is not USER/REPO"),
        (["phantom", "--push-to", "ann/x"], "needs a token"),
        (["{data}", "--positive-class", "cyst"], "there is no class 'cyst'"),
        (["{data}", "--seed", 4294967296], "Invalid value for '--seed'"),
        (
            ["{data}", "--output", "{tmp}/" + 101 * "x"],
            "more than 80 characters; choose a shorter --output",
        ),
        (
            ["{data}", "--output", "/dev/null/x", *TRAINED],
            "because /dev/null is not a folder; choose another",
        ),
        (["{tmp}/a[/b]"], "a[/b] is neither a folder nor a ZIP"),
        (["phantom", "--tag", "v1"], "require --push-to"),
        (["phantom", "--hide-file-names"], "require --push-to"),
    ],
    ids=lambda value: "-".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_mistakes_are_one_line_on_stderr(
    arguments: list[object], message: str, phantoms: Path, tmp_path: Path
) -> None:
    assert message in refuse(
        "train",
        "--output",
        tmp_path / "x",
        *(str(text).format(tmp=tmp_path, data=phantoms) for text in arguments),
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_full_disk_is_one_sentence_and_the_training_can_be_resumed(phantoms: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    arguments = ["train", phantoms, "--output", disk / "x", *TRAINED]
    # Too small for the images, for any weights, for two checkpoints; large enough.
    stages = {
        400: r"\.new-images-\w+\.cache\.npy",
        3000: r"space-for\.weights\.h5",
        8000: r"\.new-checkpoint-2\.weights\.h5",
    }
    with small_disk(disk, 400):
        for kilobytes, file in stages.items():
            enlarge(disk, kilobytes)
            finished = run(*arguments, *(["--resume"] if kilobytes > 400 else []))
            assert finished.returncode == 2
            assert re.fullmatch(
                rf"Error: {disk}/x\.partial/{file}: No space left on device; free some disk space, and add "
                r"--resume to continue\.",
                finished.stderr.splitlines()[-1],
            )
            assert finished.stderr.count("No space") == 1
        enlarge(disk, 20_000)
        finished = succeed_alone(*arguments, "--resume")
        assert "Continuing after epoch 1 of 4." in finished.stderr
        assert len(open_bundle(disk / "x").table("history.csv")) == 4
