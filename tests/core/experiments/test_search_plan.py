"""The plan of a search, and the entry of it that a message blames."""

import json
from pathlib import Path

import pytest

from core.errors import UserError
from core.experiments.search_plan import read_plan
from core.recipe import AUGMENTATIONS, Recipe

SHARED = {
    "backbone": "tiny",
    "fine_tune": "all",
    "preprocessing": {"image_size": 64, "fit": "letterbox"},
    "augmentation": "strong",
}
ROOT = Path(__file__).parents[3]


def plan_of(folder: Path, configurations: object, **changes: object) -> Path:
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"recipe": SHARED | changes, "configurations": configurations}))
    return plan


def recipes_of(plan: Path) -> dict[str, Recipe]:
    return {name: one.recipe for name, one in read_plan(plan).items()}


def test_a_change_of_a_group_keeps_the_fields_that_it_does_not_name(tmp_path: Path) -> None:
    shared = Recipe(**SHARED)
    recipes = recipes_of(
        plan_of(
            tmp_path,
            {
                "plain": {},
                "cropped": {"preprocessing": {"border_crop": 0.05}},
                "turned": {"augmentation": {"rotation_range": 5}},
                "paper": {"augmentation": "paper"},
            },
        )
    )
    assert recipes["plain"] == shared.model_copy(update={"name": "plain"})
    assert recipes["cropped"].preprocessing == shared.preprocessing.model_copy(update={"border_crop": 0.05})
    turned = AUGMENTATIONS["strong"].model_copy(update={"rotation_range": 5})
    assert recipes["turned"].augmentation == turned
    assert recipes["paper"].augmentation == AUGMENTATIONS["paper"]


def test_the_same_recipe_is_trained_with_several_seeds(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"first": {}, "second": {"seed": 1}})
    found = read_plan(plan)
    assert (found["first"].seed, found["second"].seed) == (None, 1)
    assert found["second"].recipe == found["first"].recipe.model_copy(update={"name": "second"})


def test_a_change_of_a_group_that_the_plan_leaves_out_changes_its_default(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(
        json.dumps({"recipe": {}, "configurations": {"own": {"augmentation": {"horizontal_flip": True}}}})
    )
    mirrored = AUGMENTATIONS["paper"].model_copy(update={"horizontal_flip": True})
    assert recipes_of(plan)["own"].augmentation == mirrored


@pytest.mark.parametrize(
    ("configurations", "changes", "message"),
    [
        ({}, {}, "configurations"),
        ({"": {}}, {}, "a configuration named ''.* a name of 1 to 60 characters"),
        ({" ": {}}, {}, "a configuration named ' '"),
        ({"n" * 61: {}}, {}, "a name of 1 to 60 characters"),
        ({"fast": {"epochs": 0}}, {}, "'fast' in the plan .* epochs"),
        ({"own": {}}, {"fine_tun": "all"}, "'recipe' in the plan .* fine_tun"),
        ({"own": {"preprocessing": {"fit": "crop"}}}, {}, "'own' .* preprocessing.fit"),
        ({"own": {"preprocessing": {"fit": "squash"}}}, {"preprocessing": {"image_size": 1}}, "'recipe' in"),
        ({"own": {"preprocessing": {"image_size": 1}}}, {"preprocessing": {"image_size": 2}}, "'own' in"),
        ({"own": {"augmentation": {"rotation_range": 1}}}, {"augmentation": "odd"}, "'recipe' in .*'odd'"),
        # What they share cannot be trained alone, and need not.
        (
            {"fast": {"fine_tune": "all", "epochs": 0}},
            {"fine_tune": "none", "mask_loss": 0.5},
            "'fast' in the plan .* epochs",
        ),
        ({"own": {"fine_tune": "none"}}, {"mask_loss": 0.5}, "'own' in the plan .* mask_loss"),
        ({"ensemble of all": {}}, {}, "'ensemble of all', which is the name of the mean of all"),
        ({"own": {"seed": -1}}, {}, "'own' in the plan .* seed"),
        ({"own": {}}, {"weights": "a.h5"}, "'own' .* 'a.h5'.* --weights"),
    ],
)
def test_a_wrong_plan_is_named_with_its_entry_and_field(
    tmp_path: Path, configurations: object, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_plan(plan_of(tmp_path, configurations, **changes))


@pytest.mark.parametrize(("content", "message"), [(None, "cannot be read"), ("{}", "is not valid")])
def test_a_file_that_is_no_plan_is_named(tmp_path: Path, content: str | None, message: str) -> None:
    plan = tmp_path / "plan.json"
    if content is not None:
        plan.write_text(content)
    with pytest.raises(UserError, match=f"plan.json.* {message}"):
        read_plan(plan)


@pytest.mark.parametrize("name", ["search_epochs", "search_learning_rate", "search_from_busi"])
def test_a_documented_plan_compares_different_recipes(name: str) -> None:
    recipes = recipes_of(ROOT / "docs" / "recipes" / f"{name}.json")
    assert len({recipe.model_dump_json(exclude={"name"}) for recipe in recipes.values()}) == len(recipes) > 1
    assert {recipe.backbone for recipe in recipes.values()} == {"efficientnet_lite0"}
