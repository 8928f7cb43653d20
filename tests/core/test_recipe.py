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
    assert RECIPES["compact"].overridden(backbone="xception").weights == "imagenet"
    assert RECIPES["compact"].overridden(backbone="xception", weights="none").weights == "none"
    assert RECIPES["compact"].overridden(backbone="tiny").weights == "none"
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
        RECIPES["compact"].overridden(fine_tune="none")


def test_the_earlier_name_of_the_recommended_recipe_still_works() -> None:
    assert load_recipe("honest") == RECIPES["recommended"]


def test_a_file_of_an_earlier_version_is_read_under_the_present_name(tmp_path) -> None:
    # So that a training begun with it is resumed, whose own record is read in the same way.
    file = tmp_path / "recipe.json"
    file.write_text('{"name": "honest", "backbone": "tiny"}')
    recipe = load_recipe(str(file))
    assert recipe.name == "recommended"
    assert recipe.overridden(epochs=3).name == "recommended, changed"
    assert Recipe(name="honest, changed").name == "recommended, changed"
    assert Recipe(name="honest, smaller").name == "honest, smaller"


def test_classes_are_balanced_once() -> None:
    with pytest.raises(UserError, match="give one of the two"):
        RECIPES["compact"].overridden(sampling="balanced")
    assert RECIPES["compact"].overridden(sampling="balanced", class_weight="none").sampling == "balanced"
