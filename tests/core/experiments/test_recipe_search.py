"""Recipes compared on validation sets alone."""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest

from core.data.phantom import dataset as phantom_dataset
from core.errors import UserError
from core.experiments import recipe_search
from core.experiments.recipe_search import SearchReport
from core.experiments.request import Request, prepare

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


def test_a_search_measures_every_configuration_on_validation_images_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "phantoms"
    phantom_dataset.write_dataset(folder, counts={"benign": 40, "malignant": 30, "normal": 25})
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN))
    recipes = recipe_search.read_plan(plan)
    request = Request(
        str(folder), tmp_path / "search.json", recipes["plain"], "imagenet", None, None, 0, False, ""
    )

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
    validated = [set(split.loc[split["part"] == "validation", "file"]) for split in splits]
    assert report.predictions == sum(map(len, validated))
    assert report.images == len(set.union(*validated))
    assert list(report.configurations) == ["plain", "mirrored"]
    plain, mirrored = report.configurations.values()
    assert plain.difference is None
    assert mirrored.recipe.flip_averaging is True
    gap = mirrored.metrics["log_loss"].value - plain.metrics["log_loss"].value
    assert mirrored.difference["log_loss"].value == pytest.approx(gap)
    assert report.ensemble["log_loss"].value < max(one.metrics["log_loss"].value for one in (plain, mirrored))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{}", "is not valid"),
        ('{"recipe": {}, "configurations": {}}', "configurations"),
        ('{"recipe": {}, "configurations": {"fast": {"epochs": 0}}}', "'fast' in the plan .* epochs"),
        (
            '{"recipe": {"fine_tun": "all"}, "configurations": {"own": {}}}',
            "'recipe' in the plan .* fine_tun",
        ),
        ('{"recipe": {"weights": "a.h5"}, "configurations": {"own": {}}}', "'own' .* 'a.h5'.* --weights"),
    ],
)
def test_a_wrong_plan_is_named_with_its_field(tmp_path: Path, content: str | None, message: str) -> None:
    plan = tmp_path / "plan.json"
    if content is not None:
        plan.write_text(content)
    with pytest.raises(UserError, match=message):
        recipe_search.read_plan(plan)
