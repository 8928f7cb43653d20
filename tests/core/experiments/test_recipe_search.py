"""Recipes compared on validation sets alone."""

import json
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
from reading import request_for

from core.errors import UserError
from core.experiments import recipe_search
from core.experiments.data_source import DataRequest
from core.experiments.request import Request, prepare
from core.experiments.search_plan import read_plan
from core.experiments.search_report import SearchReport
from core.recipe import RECIPES

# With this seed, the first of four folds can be split, and another cannot.
SEED = 7
PLAN = {
    "recipe": {
        "backbone": "tiny",
        "head": "average",
        "fine_tune": "all",
        "preprocessing": {"image_size": 32},
        "epochs": 1,
        "batch_size": 32,
    },
    "configurations": {"plain": {}, "mirrored": {"flip_averaging": True, "keep": "last"}},
}


@pytest.mark.slow
def test_a_search_measures_every_configuration_on_validation_images_and_goes_on(
    phantoms: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN))
    recipes = read_plan(plan)
    request = request_for(phantoms, tmp_path / "search.json", recipes["plain"].recipe, weights="imagenet")

    partial = tmp_path / "search.json.partial"

    def interrupt(what: str, *_: object) -> None:
        if what.startswith("Epoch") and (partial / "1-2").exists():
            raise KeyboardInterrupt

    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        recipe_search.search(request, plan, 2, interrupt, said.append)
    # Fold by fold: when the first is done, every configuration has seen the same images.
    so_far = json.loads((partial / "report.json").read_text())
    assert (so_far["finished"], so_far["folds"]) == (1, 2)
    assert list(so_far["configurations"]) == ["plain", "mirrored"]
    assert not list((partial / "1-1").glob("*.h5"))
    request = request._replace(resume=True)
    other = tmp_path / "other.json"
    other.write_text(json.dumps(PLAN | {"configurations": {"plain": {"dropout": 0.5}}}))
    for wrong, tried, folds, message in (
        (request._replace(seed=1), plan, 2, "another seed"),
        (request, other, 2, "another recipe"),
        (request, plan, 3, "another split"),
    ):
        with pytest.raises(UserError, match=message):
            recipe_search.search(wrong, tried, folds, interrupt, said.append)
    said.clear()
    report = recipe_search.search(request, plan, 2, lambda *_: None, said.append)
    assert not any("Protocol clean" in sentence for sentence in said[:3])  # what was done is not repeated
    assert SearchReport.model_validate_json(request.output.read_bytes()) == report
    assert not partial.exists()
    splits = [prepare(request, lambda *_: None).split("clean", seed=0, fold=(k, 2)) for k in range(2)]
    validated = [set(split.loc[split["set"] == "validation", "file"]) for split in splits]
    assert report.predictions == sum(map(len, validated))
    assert report.images == len(set.union(*validated))
    assert list(report.configurations) == ["plain", "mirrored"]
    plain, mirrored = report.configurations.values()
    assert plain.difference is None
    assert mirrored.recipe.flip_averaging is True
    gap = mirrored.metrics["log_loss"].value - plain.metrics["log_loss"].value
    assert mirrored.difference["log_loss"].value == pytest.approx(gap)
    assert report.ensemble["log_loss"].value < max(one.metrics["log_loss"].value for one in (plain, mirrored))


@pytest.mark.slow
def test_what_cannot_be_trained_is_refused_before_the_first_training(phantoms: Path, tmp_path: Path) -> None:
    plan, few = tmp_path / "plan.json", tmp_path / "few"
    request = request_for(phantoms, tmp_path / "search.json", RECIPES["recommended"], weights="imagenet")
    said: list[str] = []

    def search(request: Request, folds: int, **changes: object) -> None:
        plan.write_text(json.dumps(PLAN | {"configurations": {"plain": {}, "odd": changes}}))
        recipe_search.search(request, plan, folds, lambda *_: None, said.append)

    for changes, message in (
        ({"fine_tune": "conv9"}, r"'odd' in the plan cannot be trained: tiny has no layer 'conv9'"),
        ({"backbone": "xception", "weights": "none"}, "'odd' in the plan .* --image-size 71 or more"),
    ):
        with pytest.raises(UserError, match=message):
            search(request, 2, **changes)
    # Ten images of a class in four folds: without two of the folds, seven are too few for eighths.
    shutil.copytree(phantoms, few)
    for path in sorted((few / "normal").glob("*.png"), key=lambda path: path.name.replace("_mask", ""))[20:]:
        path.unlink()
    request = request._replace(data=DataRequest((str(few),)), seed=SEED)
    prepared = prepare(request, lambda *_: None)
    prepared.split("clean", seed=SEED, fold=(0, 4))
    with pytest.raises(UserError, match="'normal' has 7"):
        search(request, 4)
    assert not any(sentence.startswith("Fold") for sentence in said)
    assert not (tmp_path / "search.json.partial").exists()
