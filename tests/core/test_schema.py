from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from core.errors import UserError
from core.schema import Strict, load_named, parse, read_json


class Point(Strict):
    x: float = Field(ge=0)
    images: int = Field(1, alias="pictures")


def test_earlier_names_of_fields_are_read_and_not_written() -> None:
    assert parse(Point, b'{"x": 1, "pictures": 2}', what="a point") == Point(x=1, images=2)
    assert parse(Point, {"x": 1, "images": 2}, what="a point") == Point(x=1, images=2)
    assert Point(x=1, images=2).model_dump() == {"x": 1, "images": 2}
    with pytest.raises(ValidationError, match="frozen"):
        Point(x=1).x = 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"x": -1}, "a point is not valid: x: Input should be greater than or equal to 0."),
        ({"x": 1, "y": 2}, "a point is not valid: y: Extra inputs are not permitted."),
        ({"x": float("nan")}, "a point is not valid: x: Input should be a finite number."),
        (b"no JSON", "a point is not valid: Invalid JSON"),
        (b'{"x":' * 100_000, "a point is not valid: Invalid JSON: recursion limit exceeded"),
        ([], "a point is not valid: Input should be"),
    ],
)
def test_the_first_wrong_field_is_named_in_one_sentence(data: object, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(Point, data, what="a point")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_json_of_a_stranger_is_read_or_refused_with_a_value_error() -> None:
    assert read_json(b'{"x": [1, null]}') == {"x": [1, None]}
    for text in ("[" * 100_000, '{"x":' * 100_000, "", b"\xff"):
        with pytest.raises(ValueError, match="line 1"):
            read_json(text)


def test_a_name_comes_before_a_file(tmp_path: Path) -> None:
    built_in = {"origin": Point(x=0)}
    path = tmp_path / "mine.json"
    path.write_text('{"x": 3}')
    assert load_named("origin", built_in, Point, what="point") == Point(x=0)
    assert load_named(str(path), built_in, Point, what="point") == Point(x=3)
    with pytest.raises(UserError, match=r"^point 'orign' is neither origin nor an existing JSON file\.$"):
        load_named("orign", built_in, Point, what="point")
    path.write_text('{"x": -3}')
    with pytest.raises(UserError, match=r"^point .*mine\.json is not valid: x: "):
        load_named(str(path), built_in, Point, what="point")
