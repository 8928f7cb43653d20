"""The service worker of a static page: offline whole, and never in the way of what the server has now."""

from __future__ import annotations

import re
import shutil
import threading
from typing import TYPE_CHECKING

import pytest
from browser import IN_CHROMIUM, visitor
from playwright.sync_api import expect
from sites import kept, opened, served

if TYPE_CHECKING:
    from http.server import SimpleHTTPRequestHandler
    from pathlib import Path


pytestmark = [*IN_CHROMIUM, pytest.mark.slow]


def changed(site: Path) -> None:
    """Give a site another version, with other words on its first page."""
    index, worker = site / "index.html", site / "sw.js"
    index.write_text(index.read_text().replace("Drop images here", "Drop new images here"))
    worker.write_text(re.sub(r'VERSION = "\w+"', 'VERSION = "new"', worker.read_text()))


def test_a_new_version_is_shown_when_the_page_is_loaded_again(browser, phantom_site, tmp_path) -> None:
    site = shutil.copytree(phantom_site, tmp_path / "site")
    with visitor(browser) as page:
        with served(site) as address:
            opened(page, address)
            kept(page)
            changed(site)
            tab = page.context.new_page()  # for which the browser has fresh files of the old version
            tab.goto(address)
            expect(tab.locator(".invitation")).to_have_text("Drop new images here")
            tab.close()
            page.reload()
            expect(page.locator(".invitation")).to_have_text("Drop new images here")
            expect(page.locator("body[data-ready]")).to_be_attached()
            page.evaluate("""async () => {
                const isOld = (name) => !name.endsWith(" new");
                const moment = () => new Promise((resolve) => setTimeout(resolve, 50));
                while ((await caches.keys()).some(isOld)) await moment();
            }""")
            kept(page)
        opened(page, address)  # nobody answers there any more
        expect(page.locator(".invitation")).to_have_text("Drop new images here")


def test_another_page_at_the_same_address_is_shown(browser, phantom_site, tmp_path) -> None:
    site = shutil.copytree(phantom_site, tmp_path / "site")
    with served(site) as address, visitor(browser) as page:
        opened(page, address)
        kept(page)
        shutil.rmtree(site)
        site.mkdir()
        (site / "index.html").write_text("<!doctype html><link rel=icon href=data:,><h1>Other project</h1>")
        page.reload()
        expect(page.get_by_role("heading")).to_have_text("Other project")
        assert not page.evaluate("caches.keys()")
        assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


def test_a_server_that_fails_does_not_take_the_page_away(browser, phantom_site) -> None:
    failing = False

    def answered(request: SimpleHTTPRequestHandler) -> bool:
        if failing:
            request.send_error(503)
        return failing

    with served(phantom_site, answered=answered) as address, visitor(browser) as page:
        opened(page, address)
        kept(page)
        failing = True
        opened(page, address)


def test_pages_of_a_server_that_redirects_them_open_again(browser, phantom_site) -> None:
    def answered(request: SimpleHTTPRequestHandler) -> bool:
        """Redirect about.html to about, and index.html to the folder, as some servers do."""
        name, _, ending = request.path.rpartition(".")
        if ending == "html":
            request.send_response(308)
            request.send_header("Location", name.removesuffix("index"))
            request.send_header("Content-Length", "0")
            request.end_headers()
        elif not name and not request.path.endswith("/"):
            request.path += ".html"
        return ending == "html"

    with served(phantom_site, answered=answered) as address, visitor(browser) as page:
        opened(page, address)
        kept(page)
        for name, title in (("", "Classify"), ("index.html", "Classify"), ("about.html", "About")):
            page.goto(address + name)
            expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_two_sites_of_a_server_keep_their_files_both(browser, phantom_site, tmp_path) -> None:
    one = shutil.copytree(phantom_site, tmp_path / "www" / "one")
    changed(shutil.copytree(one, tmp_path / "www" / "two"))
    with visitor(browser) as page:
        with served(tmp_path / "www") as address:
            for name in ("one/", "two/"):
                opened(page, address + name)
                kept(page)
        for name in ("one/", "two/"):  # nobody answers there any more
            opened(page, address + name)


def test_whoever_is_faster_than_the_service_worker_has_the_page_offline_too(browser, phantom_site) -> None:
    ready = threading.Event()

    def answered(request: SimpleHTTPRequestHandler) -> bool:
        if request.path == "/about.html":  # which the service worker alone asks for
            ready.wait()
        return False

    with served(phantom_site, answered=answered) as address, visitor(browser) as page:
        opened(page, address)
        ready.set()
        kept(page)
