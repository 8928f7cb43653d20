"""Recipes compared on validation parts alone."""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest

from core import search
from core.errors import UserError
from core.phantom import dataset as phantom_dataset
from core.request import Request, prepare

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


def test_a_search_measures_every_configuration_on_validation_pictures_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "phantoms"
    phantom_dataset.write_dataset(folder, counts={"benign": 40, "malignant": 30, "normal": 25})
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN))
    recipes = search.read_plan(plan)
    request = Request(
        str(folder), tmp_path / "search.json", recipes["plain"], "imagenet", None, None, 0, False, ""
    )

    def interrupt(what: str, *_: object) -> None:
        if what.startswith("Epoch") and (tmp_path / "search.json.partial" / "2-1.parquet").exists():
            raise KeyboardInterrupt

    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        search.search(request, plan, 2, interrupt, said.append)
    # Fold by fold: when the first is done, every configuration has seen the same pictures.
    assert not (tmp_path / "search.json.partial" / "1-2.parquet").exists()
    said.clear()
    report = search.search(request._replace(resume=True), plan, 2, lambda *_: None, said.append)
    assert not any("Protocol clean" in sentence for sentence in said[:3])  # what was done is not repeated
    assert json.loads(request.output.read_text()) == report
    assert not (tmp_path / "search.json.partial").exists()
    splits = [prepare(request, lambda *_: None).split("clean", seed=0, fold=(k, 2)) for k in range(2)]
    assert report["pictures"] == sum((split["part"] == "validation").sum() for split in splits)
    assert list(report["configurations"]) == ["plain", "mirrored"]
    plain, mirrored = report["configurations"].values()
    assert plain["difference"]["macro_f1"]["value"] == 0
    assert mirrored["recipe"]["flip_averaging"] is True
    gap = mirrored["figures"]["log_loss"]["value"] - plain["figures"]["log_loss"]["value"]
    assert mirrored["difference"]["log_loss"]["value"] == pytest.approx(gap)
    assert report["ensemble"]["log_loss"]["value"] < max(
        one["figures"]["log_loss"]["value"] for one in (plain, mirrored)
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{}", "is not valid"),
        ('{"recipe": {}, "configurations": {}}', "configurations"),
        ('{"recipe": {}, "configurations": {"fast": {"epochs": 0}}}', "'fast' in the plan .* epochs"),
    ],
)
def test_a_wrong_plan_is_named_with_its_field(tmp_path: Path, content: str | None, message: str) -> None:
    plan = tmp_path / "plan.json"
    if content is not None:
        plan.write_text(content)
    with pytest.raises(UserError, match=message):
        search.read_plan(plan)
