"""The page on the paper, as the app shows it."""

import pytest

from core.errors import UserError
from core.paper.page import read_page


def test_it_has_no_links_to_files_and_keeps_those_to_the_web(tmp_path) -> None:
    path = tmp_path / "PAPER.md"
    path.write_text("# Title\n\nA [page](RESULTS.md#here) and [the web](https://example.org/a).\n", "utf-8")
    assert read_page(path) == "A page and [the web](https://example.org/a)."


def test_the_real_page_is_there() -> None:
    assert "Where it contradicts itself" in read_page()


def test_a_missing_page_is_named(tmp_path) -> None:
    with pytest.raises(UserError, match=r"PAPER\.md cannot be read"):
        read_page(tmp_path / "PAPER.md")
