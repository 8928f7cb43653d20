"""Similar images and the report in a browser: by keyboard alone to the panel and to one printed page."""

import re
from pathlib import Path

import pytest
from browser import IN_CHROMIUM, painted, settled
from playwright.sync_api import Page, expect
from reports import full_report, plain_report

from core.inference.report import render

pytestmark = IN_CHROMIUM
PAPERS = ("A4", "Letter")
NAME = "example 2 of phantom"


def printed(page: Page, paper: str) -> int:
    """The number of pages that a browser prints, without the backgrounds that it leaves out by default."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format=paper, print_background=False)))


def downloaded(page: Page, file: Path, button: str = "Download report") -> str:
    """The report, downloaded to a file by the Enter key."""
    with page.expect_download() as coming:
        page.get_by_role("button", name=button).press("Enter")
    assert coming.value.suggested_filename == "report.html"
    coming.value.save_as(file)
    return file.read_text(encoding="utf-8")


def test_by_keyboard_alone_one_sees_similar_images_and_gets_a_report_of_one_page(
    session, address, tmp_path: Path
) -> None:
    session.goto(f"{address}/classify?model=phantom")
    examples = session.get_by_role("group", name="Examples").get_by_role("button")
    expect(examples).to_have_count(6)
    settled(session)
    examples.nth(1).press("Enter")
    expect(session.get_by_role("heading", name="Predicted class")).to_be_visible()
    painted(session)
    session.get_by_test_id("stExpander").locator("summary").press("Enter")
    similar = session.get_by_role("list", name="Test images, the most similar first").get_by_role("listitem")
    expect(similar).to_have_count(3)
    expect(similar.first).to_contain_text("This image. 0.000")
    expect(session.get_by_text("Similar means that this network")).to_be_visible()
    expect(session).to_have_url(re.compile("similar=true"))
    known = similar.nth(1).inner_text().rpartition("· ")[2].strip()
    painted(session)
    file = tmp_path / "report.html"
    assert NAME not in downloaded(session, file)
    session.keyboard.press("Tab")
    expect(session.get_by_role("button", name="With file name")).to_be_focused()
    assert NAME in downloaded(session, file, "With file name")
    session.goto(file.as_uri())
    expect(session.get_by_text("Not a medical device.")).to_be_visible()
    expect(session.get_by_text(known)).to_be_visible()
    assert {paper: printed(session, paper) for paper in PAPERS} == dict.fromkeys(PAPERS, 1)


@pytest.mark.slow
@pytest.mark.parametrize("make", [full_report, plain_report], ids=["everything", "an image alone"])
def test_a_report_with_hostile_names_is_one_page_and_light(browser, tmp_path: Path, make) -> None:
    file = tmp_path / "report.html"
    file.write_text(render(make(tmp_path / "hostile")), encoding="utf-8")
    asked: list[str] = []
    page = browser.new_page(color_scheme="dark", viewport={"width": 390, "height": 844})
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.on("console", lambda message: asked.append(message.text))
    page.goto(file.as_uri())
    assert [url for url in asked if not url.startswith("data:image/png")] == [file.as_uri()]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every(image => image.naturalWidth)")
    assert {paper: printed(page, paper) for paper in PAPERS} == dict.fromkeys(PAPERS, 1)
    page.close()
