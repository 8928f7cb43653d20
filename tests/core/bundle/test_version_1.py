"""A bundle that the program wrote at commit e8e36b1, and the strings of version 1 in current words."""

import shutil
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from paths import ROOT

from core.bundle import card
from core.bundle.folder import add_file, open_bundle, read_manifest
from core.bundle.manifest import HISTORY, MANIFEST, OUT_OF_FOLD, SPLIT, TEST_SET, VALIDATION
from core.bundle.version_1 import convert
from core.data.provenance import PHANTOM_DATA
from core.evaluation.predictions import row_probabilities
from core.inference.classifier import Classifier
from core.recipe import Recipe

FIXTURE = ROOT / "tests" / "support" / "fixtures" / "version_1"
OLD_WORDS = ("picture", "near-cop", "contradictory", "label mask")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.from_bundle(FIXTURE)


def test_it_opens_with_all_its_tables(classifier) -> None:
    bundle = classifier.bundle
    for name in (HISTORY, VALIDATION, TEST_SET, OUT_OF_FOLD, SPLIT):
        assert len(bundle.table(name)) > 0
    assert bundle.manifest.metrics.images == len(bundle.table(TEST_SET))
    assert bundle.manifest.given_split.file == "official.csv"


def test_its_test_images_are_classified_as_when_it_was_written(classifier) -> None:
    bundle = classifier.bundle
    images, names = bundle.test_images(), bundle.manifest.class_names
    for row in bundle.table(TEST_SET).to_dict("records"):
        prediction = classifier.classify(images[row["sha256"]])
        assert prediction.probabilities == pytest.approx(row_probabilities(row, names), abs=1e-4)


def test_its_strings_are_in_current_words(classifier) -> None:
    manifest = classifier.bundle.manifest
    assert "near-copies and patient ids" in (FIXTURE / MANIFEST).read_text()
    assert manifest.grouping == "near-duplicates and patient ids"
    assert manifest.recipe.name == "honest, changed"
    assert manifest.decision.operating_rule.endswith("of at least 0.95 on the validation set")


def test_its_card_is_rendered_in_current_words(classifier) -> None:
    manifest = classifier.bundle.manifest
    text = card.render(manifest)
    assert ModelCard(text).data.eval_results
    assert "Grouping: near-duplicates and patient ids." in text
    assert "Trained with soft labels, which later versions do not support" in text
    assert not [word for word in OLD_WORDS if word in text.lower()]


def test_its_command_names_no_paths() -> None:
    command = "python train_cli.py train data --output=Mueller_1970 --seed 1"
    assert (
        convert({"command": command})["command"] == "python train_cli.py train DATA --output=OUTPUT --seed 1"
    )


def test_it_stays_readable_when_a_file_is_added(tmp_path: Path) -> None:
    folder = shutil.copytree(FIXTURE, tmp_path / "copy")
    before = open_bundle(folder).manifest
    shutil.copy(folder / OUT_OF_FOLD, tmp_path)
    assert add_file(folder, tmp_path / OUT_OF_FOLD) == before == open_bundle(folder).manifest


@pytest.mark.parametrize("content", [{}, {"grouping": 3, "recipe": "paper", "decision": ["operating_rule"]}])
def test_what_it_does_not_know_is_left_to_the_validation(content) -> None:
    assert convert(content).items() >= content.items()


@pytest.mark.parametrize("content", [None, [], {"schema_version": 2}, {"schema_version": "1"}])
def test_another_version_is_not_converted(content) -> None:
    assert convert(content) == content


@pytest.mark.parametrize("field", ["ancestry", "precision"])
def test_fields_of_a_later_version_are_not_replaced(field) -> None:
    content = {"schema_version": 1, field: "known", "recipe": {}}
    assert convert(content) == content
    # Without a version it may be taken for no other one, either.
    assert convert({field: "known"}) == {field: "known", "schema_version": 1}


@pytest.mark.parametrize(
    ("weights", "unknown"), [("imagenet", ()), ("none", ()), ("mine.h5", ("mine.h5",)), ("a/b@c", ("a/b@c",))]
)
def test_what_its_starting_weights_had_seen_is_not_known(weights, unknown) -> None:
    ancestry = convert({"schema_version": 1, "recipe": {"weights": weights}})["ancestry"]
    assert ancestry == {"models": (), "images": 0, "unknown": unknown}


@pytest.mark.parametrize(("recipe", "precision"), [({"precision": "bfloat16"}, "bfloat16"), ({}, "float32")])
def test_its_precision_was_that_of_the_recipe(recipe, precision) -> None:
    assert convert({"schema_version": 1, "recipe": recipe})["precision"] == precision


def test_its_embeddings_were_stored_as_they_are() -> None:
    assert "embedding_scale" not in (FIXTURE / MANIFEST).read_text()
    assert read_manifest(FIXTURE).decision.embedding_scale == 1


def test_other_groupings_stay() -> None:
    assert convert({"grouping": "by ward"})["grouping"] == "by ward"


def test_the_earlier_citation_of_the_phantoms_is_translated() -> None:
    assert read_manifest(ROOT / "models" / "phantom").data == PHANTOM_DATA


def test_a_table_has_the_present_names_of_its_columns(classifier) -> None:
    assert ",part," in (FIXTURE / SPLIT).read_text().splitlines()[0]
    assert set(classifier.bundle.table(SPLIT)["set"]) >= {"train", "validation", "test"}


def test_a_setting_that_no_longer_exists_goes_and_the_name_says_so() -> None:
    ranges = {"rotation_range": 20.0, "speckle_range": [0.0, 0.06], "depth_gain_range": [1.0, 1.0]}
    for setting in ({"ema_momentum": 0.98}, {"augmentation": ranges}):
        content = {"recipe": {"name": "mine", "backbone": "tiny", "soft_label_share": 0.5} | setting}
        recipe = Recipe.model_validate(convert(content)["recipe"])
        assert recipe.name == "mine, and a setting that no longer exists"
    assert recipe.augmentation.rotation_range == 20
    unchanged = {"recipe": {"name": "mine", "ema_momentum": 0.0}}
    assert Recipe.model_validate(convert(unchanged)["recipe"]).name == "mine"
