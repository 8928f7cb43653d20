"""What all pages of the site share: head, navigation, the line at the bottom, and the policy for requests."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from core.bundle.limitations import NOT_A_DEVICE_IN_SHORT
from core.escape import html

if TYPE_CHECKING:
    from collections.abc import Sequence

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; "
    "style-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy of every page. A worker from a file has the headers of that file alone, of which a
plain server sends none; one from a blob inherits the page's policy, so the page makes its worker from one."""

NOT_A_DEVICE = NOT_A_DEVICE_IN_SHORT.replace("*", "")
NEEDS_SERVER = "This page needs a web server. In its folder, run"
SERVE = "python -m http.server --bind 127.0.0.1"
CANNOT_LOAD = (
    "The page cannot be loaded whole. Check the connection, and load it again. "
    "Its server must send .js files as JavaScript."
)
NEEDS_SCRIPTS = "This page needs JavaScript: allow it for this address."


class SitePage(NamedTuple):
    """A page of the site.

    Attributes:
        file: name of its file.
        title: title, in the navigation too.
        purpose: what a visitor does on it.
    """

    file: str
    title: str
    purpose: str


CLASSIFY = SitePage(
    "index.html",
    "Classify",
    "Choose images; see the model's probabilities and which regions influenced them",
)
TRAINING_CURVES = SitePage(
    "training-curves.html", "Training curves", "Follow accuracy and loss epoch by epoch"
)
CONFUSION_MATRIX = SitePage(
    "confusion-matrix.html", "Confusion matrix", "See which classes the model confuses"
)
ABOUT = SitePage("about.html", "About", "What the model is, and how far its numbers hold")
PAGES = (CLASSIFY, TRAINING_CURVES, CONFUSION_MATRIX, ABOUT)


def page(
    active: SitePage,
    body: str,
    *,
    model: str,
    modules: Sequence[str] = (),
    policy: str = POLICY,
) -> bytes:
    """Return a page of the site as HTML.

    Args:
        active: the page.
        body: HTML of what stands below the title; names in it are escaped.
        model: name of the model, as plain text.
        modules: ES modules of the page beside ``page.js``, in the order in which they run.
        policy: its Content-Security-Policy.
    """
    links = "\n".join(map(partial(_link, active), PAGES))
    loaded = "\n".join(f'<script type="module" src="{name}"></script>' for name in ("page.js", *modules))
    text = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{html(active.title)} · Breast ultrasound</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="page.css">
<script defer src="opened.js"></script>
{loaded}
</head>
<body>
<a class="skip" href="#main">Skip to the page</a>
<nav aria-label="Pages">
<ul>
{links}
</ul>
<p class="model"><span>Model</span> {html(model)}</p>
</nav>
<main id="main" tabindex="-1">
<h1>{html(active.title)}</h1>
<p class="caption">{html(active.purpose)}</p>
<p class="needs-server" id="needs-server" hidden>{NEEDS_SERVER} <code>{SERVE}</code> and open
<code>http://localhost:8000</code>.</p>
<p class="error" id="cannot-load" hidden>{CANNOT_LOAD}</p>
<noscript><p class="error">{NEEDS_SCRIPTS}</p></noscript>
{body}
</main>
<footer><p>{NOT_A_DEVICE}</p></footer>
</body>
</html>
"""
    return text.encode()


def _link(active: SitePage, each: SitePage) -> str:
    current = ' aria-current="page"' if each == active else ""
    return f'<li><a href="{each.file}"{current}>{html(each.title)}</a></li>'
