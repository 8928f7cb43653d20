"""The embedded models: what they must be to teach."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hub_datasets import images
from paths import ROOT
from visit import REAL

from core.bundle.card import render
from core.bundle.folder import open_bundle, read_manifest
from core.bundle.limitations import warnings
from core.bundle.manifest import CARD, MODEL, SPLIT, TEST_IMAGES, TEST_SET, WEIGHTS
from core.data.known_tables import KNOWN
from core.data.provenance import BUSI_CITATION
from core.escape import markdown
from core.evaluation.predictions import row_probabilities
from core.images.decode import decode
from core.inference.classifier import Classifier
from core.recipe import RECIPES
from core.serving import catalog


@pytest.mark.parametrize("name", catalog.embedded())
def test_the_card_of_an_embedded_model_is_current(name: str) -> None:
    folder = catalog.FOLDER / name
    command = f"python -m core.bundle.card models/{name}"
    assert (folder / CARD).read_text() == render(read_manifest(folder)), f"run {command}"


@pytest.mark.parametrize("name", ["phantom", "phantom-without-augmentation"])
def test_an_embedded_model_is_whole_small_and_says_what_it_is(name: str) -> None:
    folder = catalog.FOLDER / name
    bundle = open_bundle(folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 4_000_000
    assert bundle.manifest.data.simulated
    assert bundle.manifest.protocol == "clean"
    assert any("simulated" in warning for warning in warnings(bundle.manifest))
    assert len(bundle.test_images()) == bundle.manifest.metrics.images


def test_the_model_of_real_images_is_whole_small_and_gives_none_of_them_away() -> None:
    folder = catalog.FOLDER / REAL
    bundle = open_bundle(folder)
    manifest = bundle.manifest
    assert (folder / MODEL).stat().st_size <= 16_000_000
    assert not any(bundle.has(name) for name in (TEST_IMAGES, WEIGHTS))
    assert (manifest.protocol, manifest.recipe) == ("clean", RECIPES["recommended"])
    assert manifest.recipe.weights == "imagenet"
    assert {run.hold_out for run in manifest.held_out} == {"device", "source"}
    (warning,) = warnings(manifest)
    assert "no patient ids" in warning
    # Of test images not even a fingerprint is here.
    split = bundle.table(SPLIT)
    assert set(split.loc[split["fingerprint"] != "", "set"]) <= {"train", "validation"}


@pytest.mark.busi
@pytest.mark.busbra
def test_the_stored_predictions_come_out_again_from_the_images(busi: Path, busbra: Path) -> None:
    bundle = open_bundle(catalog.FOLDER / REAL)
    classifier, names = Classifier(bundle), bundle.manifest.class_names
    rows = bundle.table(TEST_SET).to_dict("records")
    for row in rows:
        source, file = row["file"].split("/", 1)
        pixels = decode(({"busi": busi, "busbra": busbra}[source] / file).read_bytes(), file).pixels
        probabilities = classifier.classify(pixels).probabilities
        assert probabilities == pytest.approx(row_probabilities(row, names), abs=1e-4), row["file"]
    assert {row["source"] for row in rows} == {"busi", "busbra"}


def test_the_card_the_readme_and_the_licence_name_what_the_model_was_made_from() -> None:
    card = render(open_bundle(catalog.FOLDER / REAL).manifest)
    texts = [" ".join((ROOT / name).read_text().split()) for name in ("README.md", "LICENSE")]
    for citation in (BUSI_CITATION, KNOWN[0].citation):
        assert citation is not None
        assert markdown(citation) in card
        assert all(citation in text for text in texts)
    assert all("Apache License" in text for text in [card, *texts]), "the licence of the ImageNet weights"
    assert "Licence of the data: busi\\: not stated; busbra\\: use, copy" in card


@pytest.mark.busbra
def test_the_licence_has_the_whole_notice_of_busbra(busbra: Path) -> None:
    notice, licence = (
        " ".join(path.read_text().split()) for path in (busbra / "LICENSE.txt", ROOT / "LICENSE")
    )
    assert notice in licence


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("missing", "missing is neither a folder nor a ZIP"),
        ("", "Missing argument 'DATA'"),
        ("clinic", "--hold-out source needs two values"),
    ],
)
def test_all_models_stay_where_new_ones_cannot_be_trained(tmp_path: Path, data: str, said: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "train_cli.py").symlink_to(ROOT / "train_cli.py")
    kept = [tmp_path / "models" / name / MODEL for name in catalog.embedded()]
    for file in kept:
        file.parent.mkdir(parents=True)
        file.touch()
    for name, content in images("clinic/{label}/{number}.png").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    binaries = Path(sys.executable).parent
    arguments = ["-o", f"{binaries.parent}/.dev", f"VENV={binaries.parent}", f"DATA={data}"]
    made = subprocess.run(
        ["make", *arguments, "models"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (made.returncode, said in " ".join(made.stderr.split())) == (2, True), made.stderr
    assert all(file.is_file() for file in kept)
    assert "--recipe recommended" in made.stdout
    assert "train phantom" not in made.stdout, "the teaching models would be replaced first"


def test_the_demo_is_no_toy_problem() -> None:
    metrics = open_bundle(catalog.FOLDER / "phantom").manifest.metrics
    assert metrics.accuracy is not None
    assert 0.80 <= metrics.accuracy.value <= 0.93
    confusion = np.array(metrics.confusion_matrix)
    assert np.count_nonzero(confusion - np.diag(np.diag(confusion))) >= 3


def test_the_two_differ_in_their_augmentation_alone() -> None:
    recipes = [
        open_bundle(catalog.FOLDER / name).manifest.recipe.model_dump()
        for name in ("phantom", "phantom-without-augmentation")
    ]
    assert {field for field in recipes[0] if recipes[0][field] != recipes[1][field]} == {"augmentation"}
