"""Training of one network: what is refused and resumed. tests/cli starts whole trainings."""

from pathlib import Path

import numpy as np
import pytest
from bundles import make_bundle
from reading import indexed, request_for, silent

from core.augmentation.ranges import AUGMENTATIONS
from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT
from core.errors import UserError
from core.experiments.cross_validation import cross_validate
from core.experiments.protocols import compare
from core.experiments.recipe_search import search
from core.experiments.request import Request, prepare
from core.experiments.train import train, train_bundle, train_workspace
from core.inference.classifier import Classifier
from core.recipe import Recipe
from core.training.workspace import SPEC, Workspace

RECIPE = Recipe(
    backbone="tiny",
    head="average",
    fine_tune="all",
    preprocessing={"image_size": 32},
    epochs=3,
    batch_size=16,
)


def request(data: Path, output: Path, **fields: object) -> Request:
    return request_for(data, output, RECIPE)._replace(**fields)


@pytest.mark.slow
def test_a_training_keeps_the_precision_in_which_it_began(phantoms: Path, tmp_path: Path) -> None:
    recipe = RECIPE.model_copy(update={"precision": "auto", "epochs": 1})
    prepared = prepare(request(phantoms, tmp_path / "bundle", recipe=recipe), silent)
    spec, split = prepared.spec("bundle", "clean", seed=0), prepared.split("clean", seed=0)
    workspace, said = Workspace(tmp_path / "run"), []

    def work() -> str:
        said.clear()
        trained = train_workspace(prepared, spec, split, workspace, silent, said.append)
        assert trained == workspace.spec() == spec.model_copy(update={"precision": trained.precision})
        return trained.precision

    here = work()
    elsewhere = "bfloat16" if here == "float32" else "float32"
    assert len([line for line in said if line.startswith(f"Training in {here}: ")]) == 1
    assert work() == here
    assert not any("Training in" in line for line in said)
    begun = workspace.folder / SPEC
    begun.write_text(begun.read_text().replace(f'"precision": "{here}"', f'"precision": "{elsewhere}"'))
    assert work() == elsewhere
    assert f"Training in {elsewhere}, in which it began; on this machine {here} would be faster." in said


@pytest.mark.slow
def test_a_pretrained_network_that_pip_brought_is_trained_and_opens(phantoms: Path, tmp_path: Path) -> None:
    recipe = Recipe(
        backbone="efficientnet_lite0",
        head="average",
        preprocessing={"image_size": 64},
        augmentation=AUGMENTATIONS["none"],  # the base sees every image once
        epochs=2,
        learning_rate=0.01,
    )
    said: list[str] = []
    output = tmp_path / "lite0"
    manifest = train(
        request(phantoms, output, recipe=recipe, weights="imagenet"), "clean", silent, said.append
    )
    assert "The efficientnet_lite0 base starts from ImageNet weights." in said
    history = open_bundle(output).table("history.csv")
    assert history["accuracy"].iloc[-1] > history["accuracy"].iloc[0]
    assert manifest.metrics.auc.value > 0.8  # of images that it has not seen
    prediction = Classifier(open_bundle(output)).classify(np.zeros((90, 90, 3), np.uint8))
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_a_finished_bundle_is_only_checked(phantoms: Path, tmp_path: Path) -> None:
    output = tmp_path / "bundle"
    prepared = prepare(request(phantoms, output), silent)
    spec, split = prepared.spec("bundle", "clean", seed=0), prepared.split("clean", seed=0)

    def with_split(folder: Path) -> None:
        split.to_csv(folder / SPLIT, index=False)

    manifest = make_bundle(output, fill=with_split, **spec.model_dump(exclude={"seed", "precision"}))
    assert train_bundle(prepared, spec, split, output, silent, silent) == manifest
    for other in (spec.model_copy(update={"seed": 1}), spec.model_copy(update={"protocol": "naive"})):
        with pytest.raises(UserError, match=r"another (seed|protocol)"):
            train_bundle(prepared, other, split, output, silent, silent)
    with pytest.raises(UserError, match="another split"):
        train_bundle(prepared, spec, split.assign(set="train"), output, silent, silent)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_weights_that_were_trained_on_test_images_are_refused(phantoms: Path, tmp_path: Path) -> None:
    def knows_all(folder: Path) -> None:
        index = indexed(phantoms).assign(set="train", group=0)
        index[["file", "class", "kind", "group", "set", "sha256", "fingerprint"]].to_csv(
            folder / "split.csv", index=False
        )

    make_bundle(tmp_path / "donor", fill=knows_all)
    asked = request(phantoms, tmp_path / "bundle", weights=str(tmp_path / "donor"))
    commands = (
        lambda: train(asked, "clean", silent, silent),
        lambda: cross_validate(asked, 2, silent, silent),
        lambda: compare(asked, repeats=1, whole=False, progress=silent, say=silent),
        lambda: search(asked, plan, 2, silent, silent),
    )
    plan = tmp_path / "plan.json"
    plan.write_text('{"recipe": {"backbone": "tiny", "weights": "imagenet"}, "configurations": {"one": {}}}')
    for command in commands:
        with pytest.raises(UserError, match=r"donor was trained on .* images or on their near-duplicates"):
            command()
    assert {path.name for path in tmp_path.iterdir()} == {"donor", "plan.json"}


def test_the_protocol_paper_takes_no_published_split(phantoms: Path, tmp_path: Path) -> None:
    asked = request(phantoms, tmp_path / "bundle", split=tmp_path / "split.csv")
    with pytest.raises(UserError, match="give --split with --protocol clean or naive"):
        train(asked, "paper", silent, silent)
