"""Results as files hold them: version 1 calls some fields differently."""

import json

import pytest

from core.errors import UserError
from core.evaluation.results import AgainstClass, Interval
from core.schema import parse

HALF = Interval(value=0.5, low=0.25, high=0.75)


def test_images_were_called_pictures_in_earlier_files() -> None:
    pair = AgainstClass(images=3, auc=HALF)
    written = {"images": 3, "auc": {"value": 0.5, "low": 0.25, "high": 0.75}}
    assert json.loads(pair.model_dump_json()) == written
    assert parse(AgainstClass, {"pictures": 3, "auc": written["auc"]}, what="it") == pair
    assert AgainstClass.model_validate_json(pair.model_dump_json()) == pair
    assert parse(AgainstClass, {"images": 3, "auc": None}, what="it").images == 3


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"value": 0.5, "low": 0.25}, "high"),
        ({"value": 0.5, "low": 0.25, "high": float("nan")}, "high"),
        ({"value": 0.5, "low": 0.25, "high": 0.75, "width": 0.5}, "width"),
    ],
)
def test_an_interval_has_three_finite_numbers(content: dict[str, float], field: str) -> None:
    with pytest.raises(UserError, match=f"it is not valid: {field}"):
        parse(Interval, content, what="it")
