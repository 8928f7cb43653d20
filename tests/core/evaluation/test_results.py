"""Results as files hold them: version 1 calls some fields differently."""

import json

import pytest

from core.errors import UserError
from core.evaluation.results import AgainstClass, Interval, Metrics, PositiveClassMetrics
from core.schema import parse

HALF = Interval(value=0.5, low=0.25, high=0.75)


def test_files_call_images_pictures() -> None:
    pair = AgainstClass(images=3, auc=HALF)
    assert json.loads(pair.model_dump_json()) == {
        "pictures": 3,
        "auc": {"value": 0.5, "low": 0.25, "high": 0.75},
    }
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


def test_a_field_that_files_have_is_not_forgotten() -> None:
    assert "pictures" in Metrics.model_json_schema()["properties"]
    assert "pictures" in PositiveClassMetrics.model_json_schema()["properties"]
