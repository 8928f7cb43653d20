"""The app as Streamlit Community Cloud starts it: no address of its own, and options that it forces."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from browser import IN_CHROMIUM, PATIENCE, chromium, serve, settled
from playwright.sync_api import Browser, Page, Route, expect
from visit import png

pytestmark = IN_CHROMIUM
# As its documentation lists them.
FORCED = {
    "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "false",
    "STREAMLIT_RUNNER_FAST_RERUNS": "true",
    "STREAMLIT_SERVER_RUN_ON_SAVE": "true",
    "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "true",
}
NAME = "Anna_Mueller_1970"
HOST = "busi.streamlit.app"


class Visit(NamedTuple):
    """A browser elsewhere, and what it sends to other addresses than the app's, where nothing arrives."""

    page: Page
    sent: list[tuple[str, str]]


@pytest.fixture(scope="module")
def own_address() -> str:
    """An address of this machine at which a visitor comes from elsewhere, as the server sees it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: the system names the address that it would use
        except OSError:
            pytest.skip("this machine has no address but its own")
        address: str = probe.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("this machine has no address but its own")
    return address


@pytest.fixture(scope="module")
def browser(own_address: str) -> Iterator[Browser]:
    with chromium(f"--host-resolver-rules=MAP *.streamlit.app {own_address}") as browser:
        yield browser


@pytest.fixture
def elsewhere(browser: Browser, own_address: str) -> Iterator[Visit]:
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(PATIENCE)
    sent: list[tuple[str, str]] = []

    def answer(route: Route) -> None:
        sent.append((route.request.url, route.request.post_data or ""))
        route.fulfill(
            json={"url": "https://statistics.invalid/event"},
            headers={"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"},
        )

    ours = ("127.0.0.1", own_address, HOST)
    context.route(lambda url: url.startswith("http") and not any(f"//{one}:" in url for one in ours), answer)
    yield Visit(context.new_page(), sent)
    context.close()


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    """A certificate for the platform's domain, which browsers open over HTTPS alone."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine")
    key, own = tmp_path / "key.pem", tmp_path / "certificate.pem"
    request = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN={HOST}"
    command = [openssl, *request.split(), "-keyout", str(key), "-out", str(own)]
    subprocess.run(command, check=True, capture_output=True)
    return {"STREAMLIT_SERVER_SSL_CERT_FILE": str(own), "STREAMLIT_SERVER_SSL_KEY_FILE": str(key)}


@pytest.mark.slow
def test_an_upload_is_classified_and_the_statistics_say_nothing_of_it(elsewhere, certificate, upload) -> None:
    page, sent = elsewhere
    with serve(listen=None, **FORCED, **certificate) as address:
        page.goto(f"https://{HOST}:{address.rpartition(':')[2]}/classify")
        page.get_by_test_id("stFileUploader").get_by_test_id("stTooltipIcon").hover()
        expect(page.get_by_text("The platform of this app counts visits")).to_be_visible()
        file = {"name": f"{NAME}.png", "mimeType": "image/png", "buffer": png(upload[1])}
        with page.expect_request(lambda request: "pageProfile" in (request.post_data or "")):
            page.locator("input[type=file]").set_input_files(file)
            expect(page.get_by_role("heading", name="Predicted class")).to_be_visible()
        expect(page.get_by_alt_text(f"{NAME}.png as the network saw it")).to_be_visible()
        settled(page)
    assert {url.split("/")[2] for url, _ in sent} == {"data.streamlit.io", "statistics.invalid"}
    assert any("file_uploader" in body for _, body in sent)
    assert not [body for url, body in sent if NAME in url + body]


@pytest.mark.slow
def test_without_an_address_only_this_computer_is_let_in(elsewhere, own_address) -> None:
    page, sent = elsewhere
    with serve(listen=None) as address:
        for path in ("", "/classify"):
            page.goto(f"http://{own_address}:{address.rpartition(':')[2]}{path}")
            expect(page.get_by_text("Only the computer that runs this app may open it.")).to_be_visible()
            settled(page)
            expect(page.get_by_role("heading")).to_have_count(0)
        page.goto(address)
        expect(page.get_by_role("heading", name="Breast ultrasound classifier")).to_be_visible()
        # Neither the browser nor the server, which without a screen would ask for its own address.
        assert not sent


@pytest.mark.slow
def test_with_an_address_it_is_open(elsewhere, own_address) -> None:
    with serve(listen=own_address) as address:
        elsewhere.page.goto(f"http://{own_address}:{address.rpartition(':')[2]}")
        expect(elsewhere.page.get_by_role("heading", name="Breast ultrasound classifier")).to_be_visible()
