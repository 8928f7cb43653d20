"""Static pages of bundles on a plain server, and a visitor's way through the page Classify."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import threading
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from core.bundle.folder import open_bundle
from core.errors import UserError
from core.site.classify import Origin
from core.site.export import export
from core.site.runtime import runtime_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import FilePayload, Page

# Such as a static Space has them: it is shown in a frame of another address, and nobody may change headers.
HUB_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "public, max-age=300",
}


@cache
def runtime() -> dict[str, Path]:
    """Return the files of ONNX Runtime Web from the user's cache; a test is skipped without them."""
    try:
        return runtime_files()
    except UserError as error:
        pytest.skip(str(error))


def write_site(bundle: Path, folder: Path, name: str | None = None) -> Path:
    """Write the site of a bundle into a new folder."""
    export(open_bundle(bundle), Origin(name or bundle.name, ""), runtime(), folder)
    return folder


@contextlib.contextmanager
def served(
    folder: Path,
    asked: list[str] | None = None,
    answered: Callable[[SimpleHTTPRequestHandler], bool] = lambda _: False,
) -> Iterator[str]:
    """Serve a folder as a plain server of files does, and yield its address.

    ``asked`` gets the path of every request. ``answered`` may answer one itself, and says whether it has.
    """

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if asked is not None:
                asked.append(self.path)
            if not answered(self):
                super().do_GET()

        def end_headers(self) -> None:
            for name, value in HUB_HEADERS.items():
                self.send_header(name, value)
            super().end_headers()

        def copyfile(self, *given: Any) -> None:
            with contextlib.suppress(ConnectionError):  # a visitor may leave before the end
                super().copyfile(*given)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def opened(page: Page, address: str) -> Page:
    """Open a site and wait until its network runs."""
    page.goto(address)
    expect(page.locator("body[data-ready]")).to_be_attached()
    return page


def kept(page: Page) -> None:
    """Wait until the service worker keeps every file of the site."""
    page.evaluate("""async () => {
        const files = (await (await fetch("sw.js")).text()).match(/^const FILES = (.*)$/m)[1];
        for (const name of JSON.parse(files)) {
            const address = new URL(name, document.baseURI).href;
            while (!(await caches.match(address))) await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }""")


def payload(name: str, content: bytes) -> FilePayload:
    """Return a file for a visitor to choose."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def choose(page: Page, files: dict[str, bytes]) -> None:
    """Choose files and wait until each has a prediction, or a sentence why not."""
    page.set_input_files("#files", [payload(name, content) for name, content in files.items()])
    settled(page)


def settled(page: Page) -> None:
    """Wait until no image waits for its prediction."""
    expect(page.locator("body[data-waiting]")).to_have_count(0)


def downloaded(page: Page, kind: str) -> str:
    """Return the text of a download, csv or json."""
    with page.expect_download() as found:
        page.click(f"#{kind}")
    return found.value.path().read_text(encoding="utf-8")


def rows(page: Page) -> list[dict[str, Any]]:
    """Return the predictions as the page writes them to JSON."""
    return json.loads(downloaded(page, "json"))


def csv_rows(page: Page) -> Sequence[dict[str, str]]:
    """Return the predictions as the page writes them to CSV."""
    return list(csv.DictReader(io.StringIO(downloaded(page, "csv"))))


def titles(page: Page) -> list[str]:
    """Return the titles of the warnings about the selected image."""
    return [text.removesuffix(".") for text in page.locator("#checks strong").all_inner_texts()]
