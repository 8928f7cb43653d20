"""The pages of a site that classify nothing, and a visitor who sees what their policy blocks."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from browser import PATIENCE

from core.site import about, charts, confusion_matrix, training_curves
from core.site.classify import Origin
from core.site.files import own_files, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from core.bundle.folder import Bundle
    from core.site.files import Files

WATCH = """
    window.blocked = []
    document.addEventListener("securitypolicyviolation", (event) => {
        blocked.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`)
    })
"""


def write_pages(bundle: Bundle, folder: Path, name: str) -> Path:
    """Write the pages about a bundle's training and results into a new folder, without what classifies."""
    origin = Origin(name, "")
    files: Files = {
        **own_files(".css", ".js", ".svg"),
        "sw.js": b"",
        **charts.script(),
        **training_curves.files(bundle, origin),
        **confusion_matrix.files(bundle, origin),
        **about.files(bundle, origin),
    }
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(read(content))
    return folder


@contextlib.contextmanager
def guest(browser: Browser, **options: Any) -> Iterator[Page]:
    """Open a fresh session and yield its page.

    Raises:
        AssertionError: on leaving, when the console has an error, the policy has blocked anything, or a
            request went to another address than the first.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(WATCH)
    page = context.new_page()
    wrong: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
    try:
        yield page
        assert not wrong, "\n".join(wrong)
        assert not page.evaluate("() => blocked")
        assert len({host for host in hosts if not host.startswith("data:")}) == 1, hosts
    finally:
        context.close()
