from pathlib import Path

import pytest

from core.augmentation.ranges import AUGMENTATIONS
from core.errors import UserError
from core.recipe import RECIPES, Recipe, load_recipe


def test_only_the_paper_recipe_ignores_the_backbones_own_scaling(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"backbone": "xception", "epochs": 3}')
    assert load_recipe("paper").overridden(backbone="xception").input_scaling == "unit"
    assert load_recipe(str(file)).input_scaling == "backbone"


def test_a_stored_recipe_reads_back_as_itself() -> None:
    recipe = RECIPES["paper"].overridden(image_size=224, augmentation=AUGMENTATIONS["strong"])
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert recipe.preprocessing.image_size == 224


def test_a_backbone_that_has_imagenet_weights_gets_them_unless_told() -> None:
    assert RECIPES["paper"].overridden(backbone="tiny").weights == "none"
    assert Recipe(backbone="tiny").weights == "none"
    assert RECIPES["paper"].weights == "imagenet"
    assert Recipe(backbone="tiny").overridden(backbone="xception").weights == "imagenet"
    assert Recipe(backbone="tiny").overridden(backbone="xception", weights="none").weights == "none"
    # Random weights that somebody chose stay.
    assert Recipe(backbone="xception", weights="none").overridden(backbone="densenet121").weights == "none"


def test_a_recipe_file_names_an_augmentation(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"augmentation": "strong"}')
    assert load_recipe(str(file)).augmentation == AUGMENTATIONS["strong"]
    file.write_text('{"augmentation": "strogn"}')
    with pytest.raises(UserError, match=r"augmentation: .*'strogn' is neither paper, none, strong"):
        load_recipe(str(file))


def test_unknown_names_say_what_exists() -> None:
    with pytest.raises(UserError, match="neither paper"):
        load_recipe("papr")
    with pytest.raises(UserError, match="image_size"):
        RECIPES["paper"].overridden(image_size=3)
    with pytest.raises(
        UserError, match=r"^the recipe is not valid: mask_loss 0.5 trains the base, .* --fine-tune all or a"
    ):
        Recipe(fine_tune="all", mask_loss=0.5).overridden(fine_tune="none")


def test_what_was_recommended_before_is_kept_under_its_name() -> None:
    recipe = load_recipe("honest")
    assert (recipe.name, recipe.backbone) == ("honest", "xception")
    assert recipe != RECIPES["recommended"]


def test_a_recipe_of_earlier_versions_loses_its_unused_field_and_says_which_it_was() -> None:
    before = {"name": "recommended", "backbone": "tiny", "soft_label_share": 0.5}
    assert Recipe.model_validate(before) == Recipe(name="honest", backbone="tiny")
    changed = before | {"name": "recommended, changed"}
    assert Recipe.model_validate(changed).name == "honest, changed"
    assert Recipe.model_validate(before | {"name": "own"}).name == "own"
    assert Recipe(name="recommended", backbone="tiny").name == "recommended"


def test_a_setting_that_no_longer_exists_is_dropped_where_it_did_nothing_and_else_refused() -> None:
    ranges = {"rotation_range": 20, "speckle_range": [0, 0], "depth_gain_range": [1, 1]}
    before = {"backbone": "tiny", "ema_momentum": 0.0, "augmentation": ranges}
    assert Recipe.model_validate(before) == Recipe(backbone="tiny", augmentation={"rotation_range": 20})
    for setting in ({"ema_momentum": 0.9}, {"augmentation": ranges | {"speckle_range": [0, 0.1]}}):
        with pytest.raises(ValueError, match="is a setting that this version no longer has; leave it out"):
            Recipe.model_validate(before | setting)


def test_classes_are_balanced_once() -> None:
    with pytest.raises(UserError, match="give one of the two"):
        Recipe(class_weight="balanced").overridden(sampling="balanced")
    assert Recipe(class_weight="balanced").overridden(sampling="balanced", class_weight="none")
