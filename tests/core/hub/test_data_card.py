"""The licence in the card of a data set."""

import pytest

from core.hub.data_card import licence


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({}, None),
        ({"license": None}, None),
        ({"license": "cc-by-4.0"}, "cc-by-4.0"),
        ({"license": ["mit", "cc0-1.0"]}, "mit, cc0-1.0"),
        ({"license": "other", "license_name": "busi-terms"}, "busi-terms"),
        ({"license": ["other"], "license_name": "busi-terms"}, "busi-terms"),
        ({"license": "other"}, "other"),
        ({"license": "other", "license_name": {"a": "b"}}, None),
        ({"license": 3}, "3"),
        ({"license": 4.0}, "4.0"),
        ({"license": True}, None),
        ({"license": {"a": "b"}}, None),
        ({"license": [1, {"a": "b"}, None, ["mit"]]}, "1"),
        ({"license": "long " * 5000}, f"{('long ' * 40)[:199]}…"),
    ],
)
def test_whatever_a_card_says_gives_a_short_text_or_none(card, said):
    assert licence(card) == said
