"""The choice of a model by the image, and warnings outside its training domain."""

import pytest

from core.data.provenance import BUSI, PHANTOM_DATA
from core.serving import routing

BOTH = {"phantom": True, "busi": False, "other": False}


@pytest.mark.parametrize(
    ("models", "simulated", "chosen"),
    [
        (BOTH, True, "phantom"),
        (BOTH, False, "busi"),
        ({"phantom": True}, False, "phantom"),
        ({}, True, None),
    ],
)
def test_the_first_model_of_the_kind_is_chosen_or_else_the_first(models, simulated, chosen) -> None:
    assert routing.choose_model(models, simulated=simulated) == chosen


def test_the_choice_is_explained_where_there_was_one() -> None:
    assert routing.routing_note(BOTH) == "Simulated images are classified by phantom, uploaded ones by busi."
    assert routing.choice_reason(BOTH, "a.png", simulated=False) == (
        "a.png is classified by busi, which was trained on real images (every upload is treated as real)."
    )
    assert routing.choice_reason(BOTH, "a.png", simulated=True) == (
        "a.png is classified by phantom, which was trained on simulated images."
    )
    for models in ({}, {"phantom": True}, {"busi": False, "other": False}):
        assert routing.routing_note(models) is None
        assert routing.choice_reason(models, "a.png", simulated=True) is None


def test_images_outside_the_training_domain_are_named() -> None:
    assert routing.domain_warning(PHANTOM_DATA, simulated=True) is None
    assert routing.domain_warning(PHANTOM_DATA, simulated=False) == (
        "This model saw only simulated images; its prediction is not meaningful here. Uploads are treated as "
        "real images."
    )
    assert routing.domain_warning(BUSI, simulated=True) == (
        "This model saw only real images; its prediction is not meaningful here."
    )
    assert routing.domain_warning_for_several(BUSI, [False, False]) is None
    assert routing.domain_warning_for_several(BUSI, [True, False, True]) == (
        "2 of these 3 images are outside the training domain: this model saw only real images."
    )
