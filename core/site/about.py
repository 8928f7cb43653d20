"""The page About: the model card, licences, and what leaves the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from core.bundle import card
from core.escape import html
from core.site import runtime, words
from core.site.shell import ABOUT, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

    from core.bundle.folder import Bundle
    from core.site.classify import Origin
    from core.site.files import Files

PRIVACY = (
    f"{words.PRIVACY} The source of each page shows its policy. The server that it comes from learns that it "
    "was opened, as with every page."
)
_PROGRAMS = (
    f'ONNX Runtime Web {runtime.VERSION}, MIT licence, <a href="ort/{runtime.LICENCE}">its text</a>, runs '
    "the network. Plotly, MIT licence, draws the charts."
)


def files(bundle: Bundle, origin: Origin) -> Files:
    """Return the files of the page."""
    commit = f" at commit <code>{html(origin.commit)}</code>" if origin.commit else ""
    body = f"""\
<link rel="stylesheet" href="charts.css">
<div class="card-text">
{as_html(card.render(bundle.manifest))}
<h3>What leaves your browser</h3>
<p>{PRIVACY}</p>
<h3>Programs</h3>
<p>{_PROGRAMS}</p>
<p class="caption">Model {html(origin.model)}{commit}.</p>
</div>"""
    return {ABOUT.file: page(ABOUT, body, model=origin.model)}


def as_html(text: str) -> str:
    """Return a model card, Markdown with metadata at its head, as HTML without the metadata.

    HTML in it stays text, and images stay links to nowhere: names in it come from strangers.
    """
    parser = MarkdownIt("js-default", {"html": False, "linkify": False}).disable("image")
    parser.add_render_rule("table_open", lambda *_: _SCROLLS)
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    tokens = parser.parse(text.split("\n---\n", 1)[1])
    _lower(tokens)
    return str(parser.renderer.render(tokens, parser.options, {}))


_SCROLLS = '<div class="scroll" role="region" tabindex="0" aria-label="Table"><table>\n'


def _lower(tokens: Sequence[Token]) -> None:
    """Put the headings of the card one level lower: the page has a title of its own."""
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{int(token.tag[1:]) + 1}"
