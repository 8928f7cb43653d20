"""What an address says of a set and of the answers to it; whatever else stands there is refused."""

import pytest

from core.errors import UserError
from core.schema import parse
from core.serving import result_link
from core.serving.result_link import Answers, Settings

SET = "0123abcd"


def test_settings_come_back_and_what_is_not_named_is_the_default() -> None:
    assert result_link.read_settings({}) == Settings(seed=1, images=20, limit=0)
    chosen = Settings(seed=9_999, images=40, limit=60)
    assert result_link.read_settings(result_link.write_settings(chosen)) == chosen
    assert result_link.read_settings({"seed": "007", "model": "mine"}).seed == 7


@pytest.mark.parametrize("name", ["seed", "images", "limit"])
@pytest.mark.parametrize(
    "value", ["", "-1", "10000", "21", "1e3", " 20", "20\n", "\uff12\uff10", "9" * 5000, "<b>", "nan"]
)
def test_another_value_is_refused_with_one_sentence_that_does_not_repeat_it(name, value) -> None:
    if (name, value) == ("seed", "21"):
        return
    with pytest.raises(UserError, match=f"^The address is not valid: {name} must be ") as caught:
        result_link.read_settings({name: value})
    assert len(str(caught.value)) < 150


def test_answers_come_back_to_a_tenth_of_a_second() -> None:
    answers = Answers(classes=(0, None, 8), seconds=(0.04, 12.34, 99_999))
    text = result_link.write_result(SET, answers)
    assert text == f"{SET}.109.00003fzzz"
    found = result_link.read_result(text, SET, 3, 9)
    assert found.classes == answers.classes
    assert found.seconds == (0, 12.3, 4665.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        f"{SET}.123",
        f"{SET}.12.00a00b00c",
        f"{SET}.123.00a00b",
        f"{SET}.123.00a00b00",
        f"{SET}.124.00a00b00c",
        f"{SET}.1\u06613.00a00b00c",
        f"{SET}.123.00A00b00c",
        f"{SET}.123.00a00b00c\n",
        f"{SET}.{'1' * 100_000}.{'0' * 300_000}",
        "<script>.123.00a00b00c",
    ],
    ids=range(12),
)
def test_a_damaged_result_is_refused_with_one_sentence(text) -> None:
    with pytest.raises(UserError, match=r"^The result in this address is damaged\. "):
        result_link.read_result(text, SET, 3, 3)


def test_a_result_of_another_set_is_refused() -> None:
    with pytest.raises(UserError, match="is of other images"):
        result_link.read_result(f"{'f' * 8}.123.00a00b00c", SET, 3, 3)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        {"classes": [], "seconds": []},
        {"classes": [0, 9], "seconds": [1, 1]},
        {"classes": [0], "seconds": [1, 1]},
        {"classes": [0], "seconds": [-1]},
        {"classes": [0], "seconds": [float("nan")]},
        {"classes": [0] * 41, "seconds": [1] * 41},
    ],
)
def test_what_no_script_of_the_page_sends_is_refused(sent) -> None:
    with pytest.raises(UserError, match="the answers"):
        parse(Answers, sent, what="the answers")


def test_a_class_has_the_letter_that_no_other_class_begins_with() -> None:
    assert result_link.keys(["benign", "Malignant", "normal"]) == ["b", "m", "n"]
    assert result_link.keys(["benign", "BI-RADS 3", "cyst", "3 or 4", ""]) == ["", "", "c", "", ""]
