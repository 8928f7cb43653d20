"""Reasons not to trust a prediction: what a conformal set says."""

import pytest

from core.inference.reasons import IMPROBABLE, UNSURE, of_set


@pytest.mark.parametrize(("possible", "reason"), [(0, IMPROBABLE), (1, None), (2, UNSURE), (3, UNSURE)])
def test_a_set_of_one_class_is_sure(possible, reason) -> None:
    assert of_set(possible) == reason
