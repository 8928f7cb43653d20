"""Names of backbones: Keras's own are taken, and near misses are named."""

import keras
import pytest

from core.backbone_names import KERAS_BACKBONES, NAMES
from core.errors import UserError
from core.recipe import RECIPES


def test_every_classification_network_of_keras_has_a_name() -> None:
    functions = {name for name, value in vars(keras.applications).items() if callable(value)}
    assert set(KERAS_BACKBONES.values()) == functions
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", ["ResNet50V2", "resnet50v2", "resnet50_v2"])
def test_a_backbone_is_named_as_keras_does_or_in_lower_case(name: str) -> None:
    assert RECIPES["paper"].overridden(backbone=name).backbone == "resnet50_v2"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("resnet", "did you mean resnet50"), ("qqq", "give a network of keras.applications by its name")],
)
def test_an_unknown_one_is_refused_with_what_is_near(name: str, remedy: str) -> None:
    with pytest.raises(UserError, match=remedy):
        RECIPES["paper"].overridden(backbone=name)
