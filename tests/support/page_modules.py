"""The static page's modules in Chromium, with images for them, on a server of their own."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, Page

MODULES = ROOT / "core" / "site" / "page"


@contextlib.contextmanager
def page_with(browser: Browser, files: Sequence[bytes]) -> Iterator[Page]:
    """Open an empty page that can import "/page/NAME.js" and fetch "/file/NUMBER".

    Args:
        browser: Chromium.
        files: what "/file/0", "/file/1", … return.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, name = self.path[1:].partition("/")
            if kind == "file":
                self._send(files[int(name)], "application/octet-stream")
            elif kind == "page" and (module := MODULES / name).is_file():
                self._send(module.read_bytes(), "text/javascript")
            else:
                self._send(b"<!DOCTYPE html><title>Modules</title>", "text/html")

        def _send(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        page = browser.new_page()
        try:
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            yield page
        finally:
            page.close()
            server.shutdown()
            thread.join()
