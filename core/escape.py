"""Names of strangers as plain text: in Markdown, in Plotly's labels, on a terminal.

Names of classes, files, models and data sets come from bundles, folders and visitors. Each place that reads
markup has one function here; ``core.csv_table`` serves CSV files.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape

# Shown as nothing. Links, e-mail addresses, emoji and icons are found in the text that is left once
# backslashes are gone, so these need it: in a host name browsers ignore it, and a copied address still works.
_JOINER = "\u2060"
_FOUND_LATER = re.compile(
    r"https?://|www(?=\.)|(?<=[-.\w+])@(?=[-\w]+\.)|(?<!\d):(?=[\w+/-]+:)", re.IGNORECASE
)
# At the start of a line a list or a heading may begin.
_MARKDOWN = re.compile(r"(?=[\\`*_\[\]<>#|~$:&])|^(?=[-+=])|^(\d{1,9})(?=[.)])")
_BACKTICKS = re.compile(r"`+")
# Plotly reads tags and entities, templates (%{…}), and mathematics between dollar signs.
_PLOTLY = {ord(character): f"&#{ord(character)};" for character in "&<>$%"}
_LONGEST_LABEL = 24  # characters; labels that leave no room for the plot make Plotly fail
# Controls, text direction and other invisible codes, lone surrogates, line and paragraph separators.
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


def visible(text: str) -> str:
    """Return a name as one line of visible characters, without terminal or text direction codes."""
    shown = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    return " ".join(shown.split())


def shorten(name: str, longest: int = 40) -> str:
    """Cut the middle out of a long name: its beginning, and its ending, tell it from others.

    Args:
        name: the name.
        longest: number of characters that it may have.
    """
    if len(name) <= longest:
        return name
    half = (longest - 1) // 2
    return f"{name[:half]}…{name[-half:]}"


def html(text: str) -> str:
    """Return HTML that shows a text as it is, on one line, between tags or as the value of an attribute."""
    return escape(visible(text))


def markdown(text: str) -> str:
    """Return Markdown that shows a text as it is, on one line.

    It holds in GitHub's dialect, which the Hub renders, and in Streamlit's, and nothing in the text becomes a
    link.
    """
    joined = _FOUND_LATER.sub(lambda found: found[0] + _JOINER, visible(text))
    return _MARKDOWN.sub(r"\1\\", joined)


def markdown_code(text: str) -> str:
    """Return Markdown that shows a text as inline code, on one line."""
    line = visible(text)
    fence = "`" * (1 + _longest_run(line))
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{line}{space}{fence}"


def markdown_block(text: str) -> str:
    """Return Markdown that shows a text as a block of code of one line."""
    line = visible(text)
    fence = "`" * max(3, 1 + _longest_run(line))
    return f"{fence}\n{line}\n{fence}"


def plotly(text: str) -> str:
    """Return a label, title or hover text that Plotly shows as it is, on one line, cut where it is too long.

    Different names may be cut to the same label, so it is no category of an axis.
    """
    line = visible(text)
    if len(line) > _LONGEST_LABEL:
        line = f"{line[: _LONGEST_LABEL - 1]}…"
    return line.translate(_PLOTLY)


def terminal(text: str) -> str:
    r"""Return a text on one line, with codes that a terminal would obey as escapes, such as \x1b."""
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in _INVISIBLE else c for c in text
    )


def _longest_run(line: str) -> int:
    """Return the number of backticks in the longest run of them."""
    return max(map(len, _BACKTICKS.findall(line)), default=0)
