"""The app in a process of its own, and Chromium to look at it with."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from paths import ROOT
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from playwright.sync_api import expect, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, WebSocketRoute

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
"""Marks of tests in Chromium, which run one after the other."""
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
IMAGES = "/media/"  # where Streamlit serves them
COMPLETE = "[...document.images].every(image => image.complete)"
# Those of Streamlit's media files and of data: URLs, in the components' shadow roots too.
MISSING = f"""(() => {{
    const all = root => [...root.querySelectorAll('*')].flatMap(
        node => node.shadowRoot ? [node, ...all(node.shadowRoot)] : [node])
    return all(document)
        .filter(node => node instanceof HTMLImageElement)
        .filter(image => image.src.includes('{IMAGES}') || image.src.startsWith('data:image'))
        .filter(image => !(image.complete && image.naturalWidth))
        .map(image => image.src.slice(0, 200))
}})()"""
# Milliseconds after which something never comes, on a busy machine too.
PATIENCE = 300_000
expect.set_options(timeout=PATIENCE)


@contextlib.contextmanager
def serve(
    said: list[str] | None = None, *, listen: str | None = "127.0.0.1", **environment: str
) -> Iterator[str]:
    """Start the app on a free port, yield its address when it answers, and stop it.

    ``said`` gets every line that it writes. It listens on the address ``listen``, or where it likes.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if name != "MODEL"}
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", "streamlit_app.py"),
            *("--server.headless", "true", "--server.port", str(port)),
            *(() if listen is None else ("--server.address", listen)),
            *("--server.fileWatcherType", "none"),
        ],
        cwd=ROOT,
        env=inherited | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = [] if said is None else said
    started = threading.Event()

    def hear() -> None:  # for as long as it runs: a pipe that nobody reads from would stop it
        for line in server.stdout or ():
            said.append(line)
            if "URL:" in line:
                started.set()
        started.set()

    listener = threading.Thread(target=hear)
    listener.start()
    try:
        started.wait()
        if server.poll() is not None:
            raise RuntimeError("the app did not start:\n" + "".join(said))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
        listener.join()


def server_of(address: str) -> Path:
    """Return where Linux tells about the process that was started for an address."""
    port = address.rsplit(":", 1)[1].encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if port in (process / "cmdline").read_bytes().split(b"\0"):
                return process
    raise LookupError(address)


@contextlib.contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """Start Chromium without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *options])
        yield browser
        browser.close()


@contextlib.contextmanager
def visitor(browser: Browser, **options: Any) -> Iterator[Page]:
    """Open a fresh session and yield its page.

    Raises:
        AssertionError: On leaving, when an error stands in the console, a request left this machine, or a
            image on the page is not there.
    """
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    wrong: list[str] = []

    def complain(message: Any) -> None:
        url = message.location["url"]
        words = f"{message.text} {url}"
        # From a deep link Streamlit looks for its server beside the page first, and then finds it.
        # And it drops the images and downloads of a run that the next one replaces, whether they were fetched
        # or not: what counts is what stands there at the end.
        dropped = IMAGES in words or "Download Button source error - 404" in words
        if message.type == "error" and "/_stcore/" not in url and not dropped:
            wrong.append(words)

    page.on("console", complain)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.extend([request.url] if _leaves(request.url) else []))
    try:
        yield page
        assert not wrong, "\n".join(wrong)
        with contextlib.suppress(PlaywrightTimeoutError):  # they may be on their way
            page.wait_for_function(f"{MISSING}.length === 0", timeout=10_000)
        # One that Streamlit dropped and then had again stays broken until the next run: not ours to mend.
        missing = [
            url for url in page.evaluate(MISSING) if url.startswith("data:") or not page.request.get(url).ok
        ]
        assert not missing, "\n".join(missing)
    finally:
        context.close()


class SlowNetwork:
    """A connection between a page and the server that can hold back what the server sends."""

    def __init__(self, page: Page) -> None:
        """Take over the connection of a page that is not yet open."""
        self._page = page
        self._held: list[bytes] | None = None
        self._since: Callable[[ForwardMsg], bool] | None = None
        self._finished = False
        page.route_web_socket(re.compile("/_stcore/stream"), self._connect)

    def hold(self, since: Callable[[ForwardMsg], bool]) -> None:
        """Hold back the first message that ``since`` is true for, and all after it."""
        self._since, self._finished = since, False

    def wait_for_run(self) -> None:
        """Wait until the end of a run of the script is among the messages that are held back."""
        end = time.monotonic() + PATIENCE / 1000
        while not self._finished:
            assert time.monotonic() < end
            self._page.wait_for_timeout(20)  # the messages come while Playwright waits for something

    def deliver(self) -> None:
        """Send the page what was held back, and from now on everything."""
        held, self._held, self._since = self._held or [], None, None
        for message in held:
            self._socket.send(message)

    def _connect(self, socket: WebSocketRoute) -> None:
        self._socket, server = socket, socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(self._receive)

    def _receive(self, message: bytes) -> None:
        read = ForwardMsg.FromString(message)
        if self._held is None and self._since is not None and self._since(read):
            self._held = []
        if self._held is None:
            self._socket.send(message)
        else:
            self._held.append(message)
            self._finished |= (
                read.HasField("script_finished") and read.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            )


def settled(page: Page) -> None:
    """Wait until the script has run."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def pictured(page: Page) -> None:
    """Wait until the script has run and the images have come."""
    settled(page)
    page.wait_for_function(COMPLETE)


def painted(page: Page) -> None:
    """Wait until every chart near the window stands as well: a key that is pressed before is lost.

    And until the browser has loaded the code of every widget: before, a placeholder stands there.
    """
    settled(page)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    # One question for all of them: a chart that was counted may be gone when it is asked.
    charts = page.get_by_test_id("stPlotlyChart")
    expect(charts.filter(has_not=page.locator(".main-svg"))).to_have_count(0)
    settled(page)


def press(page: Page, key: str, taken: Callable[..., None]) -> None:
    """Press a key until the page has taken it, as a person would: a new page of Streamlit may miss one.

    ``taken`` raises an AssertionError unless the page has taken it within ``timeout`` milliseconds.
    """
    for _ in range(10):
        page.keyboard.press(key)
        with contextlib.suppress(AssertionError):
            return taken(timeout=10_000)
        settled(page)  # a slow machine may still have been at it
        with contextlib.suppress(AssertionError):
            return taken(timeout=1_000)
    return taken()


def _leaves(url: str) -> bool:
    return url.startswith(("http:", "https:", "ws:")) and "//127.0.0.1:" not in url
