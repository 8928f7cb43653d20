"""Networks whose graph could not be written are refused before they are trained."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest

from core.errors import UserError
from core.recipe import Recipe
from core.training import graph_size, network


def recipe(backbone: str, side: int, **fields: object) -> Recipe:
    return Recipe(backbone=backbone, weights="none", preprocessing={"image_size": side}, **fields)


def test_a_network_past_protobufs_limit_is_refused_before_its_head_is_built() -> None:
    with pytest.raises(
        UserError, match=r"tiny .* 4096 units has 4.3 GB .*2.1 GB; .* --image-size 704 or less"
    ):
        network.build(recipe("tiny", 1024, hidden_units=4096), 3)


@pytest.mark.parametrize(
    ("backbone", "side"), [("tiny", 160), pytest.param("mobilenet_v2", 250, marks=pytest.mark.slow)]
)
def test_the_size_that_is_named_is_the_largest_that_works(backbone: str, side: int, monkeypatch) -> None:
    built = network.build(recipe(backbone, 96), 3).model
    monkeypatch.setattr(graph_size, "MAX_WEIGHT_BYTES", 4 * built.count_params())
    assert network.build(recipe(backbone, 96), 3).model.count_params() == built.count_params()
    with pytest.raises(UserError, match="give --head average, or --image-size 96 or less"):
        network.build(recipe(backbone, side), 3)
    network.build(recipe(backbone, side, head="average"), 3)
    monkeypatch.setattr(graph_size, "MAX_WEIGHT_BYTES", 1000)
    with pytest.raises(UserError, match="give --head average\\."):
        network.build(recipe(backbone, side), 3)
