"""Who may see the app."""

import pytest

from pages.components.shared.access import is_allowed

LOOPBACK = (None, "127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1")
ELSEWHERE = ("192.168.1.7", "::ffff:192.168.1.7", "fe80::1%eth0", "2001:db8::1", "unknown", "")


@pytest.mark.parametrize("visitor", LOOPBACK)
def test_this_computer_is_let_in(visitor) -> None:
    assert is_allowed(None, visitor, "http://localhost:8501/classify")


@pytest.mark.parametrize("visitor", ELSEWHERE)
def test_others_are_not_unless_whoever_started_the_app_says_so(visitor) -> None:
    assert not is_allowed(None, visitor, "http://192.168.1.5:8501/classify")
    assert not is_allowed(None, visitor, None)
    assert is_allowed("192.168.1.5", visitor, "http://192.168.1.5:8501/classify")


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("https://busi.streamlit.app/~/+/classify", True),
        ("https://streamlit.app.example.com/", False),
        ("https://notstreamlit.app/", False),
        ("https://example.com/busi.streamlit.app", False),
    ],
)
def test_visitors_of_the_platform_are(page, allowed) -> None:
    assert is_allowed(None, "10.0.0.1", page) == allowed
