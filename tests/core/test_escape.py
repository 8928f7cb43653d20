"""Names of strangers stay text, whatever reads them."""

import re
from html.parser import HTMLParser

import pytest
from hostile_names import CLASSES, DATA, FILE, FOLDER, HOST, NAME
from markdown_it import MarkdownIt

from core.escape import html, markdown, markdown_block, markdown_code, plotly, terminal, visible

NAMES = [
    *CLASSES,
    DATA,
    FILE,
    FOLDER,
    NAME,
    "1. one",
    "12) twelve",
    "- dash",
    "= x",
    "a\n---\nb",
    "\\",
    "&lt;",
]
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# What readers of Markdown search for in the text that is left: mdast-util-gfm-autolink-literal, remark-emoji
# and Streamlit's icons. Its letters are those of ASCII.
LATER = (
    r"(https?://|www(?=\.))([-.\w]+)([^ \t\r\n]*)",
    r"(?:^|(?<=\s|[^\w\s]))([-.\w+]+)@([-\w]+(?:\.[-\w]+)+)",
    r"(?<!\d):[+\w-]+:",
    r":material/[a-z0-9_]+:",
)


@pytest.mark.parametrize("name", NAMES)
def test_markdown_shows_a_name_and_nothing_else(name: str) -> None:
    for text in (markdown(name), f"*it* {markdown(name)}, **{markdown(name)}**"):
        for token in READER.parse(text)[1].children:
            assert token.type in {
                "text",
                "text_special",
                "strong_open",
                "strong_close",
                "em_open",
                "em_close",
            }
    (shown,) = re.findall(r"<p>(.*)</p>", READER.render(f"{markdown(name)}"), re.DOTALL)
    plain = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert plain.replace("\u2060", "") == visible(name)
    for pattern in LATER:
        assert not re.search(pattern, plain, re.IGNORECASE | re.ASCII), pattern


@pytest.mark.parametrize("name", NAMES)
def test_html_shows_a_name_and_nothing_else(name: str) -> None:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs) -> None:
            assert tag == "p"
            found.extend(value for _, value in attrs)

        def handle_data(self, data) -> None:
            found.append(data)

    Reader().feed(f'<p title="{html(name)}">{html(name)}</p>')
    assert found == [visible(name)] * 2


@pytest.mark.parametrize("name", ["benign (1).png", "simulated B-mode phantoms", "2026-11-25 06.16.png"])
def test_an_ordinary_name_stays_as_it_is_in_markdown(name: str) -> None:
    assert markdown(name) == markdown(name).strip("\\") == name


@pytest.mark.parametrize("name", [*NAMES, "`", "``` x", "a ```` b"])
def test_code_ends_where_the_name_ends(name: str) -> None:
    (inline,) = READER.parse(f"{markdown_code(name)}")[1].children
    assert (inline.type, inline.content) == ("code_inline", visible(name))
    (block,) = READER.parse(markdown_block(name))
    assert (block.type, block.content) == ("fence", f"{visible(name)}\n")


@pytest.mark.parametrize("name", NAMES)
def test_plotly_finds_neither_tags_nor_templates_nor_mathematics(name: str) -> None:
    text = plotly(name)
    assert not set(text) & set("<>$%\n")
    decoded = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), text)
    assert decoded == visible(name) or (len(decoded) == 24 and visible(name).startswith(decoded[:-1]))


@pytest.mark.parametrize("name", [*NAMES, "a\tb\r\nc", "\udcff", "\u2028", "\x9b31m"])
def test_a_terminal_gets_no_codes(name: str) -> None:
    text = terminal(name)
    assert text.isprintable()
    assert text.encode().decode() == text
    assert terminal(text) == text


def test_nothing_is_lost_on_a_terminal() -> None:
    assert terminal("ü \x1b[31m\u202e") == "ü \\x1b[31m\\u202e"
    assert HOST in terminal(FILE)
