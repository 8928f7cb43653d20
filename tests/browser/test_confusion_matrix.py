"""Confusion matrix in a browser: clicks on its cells, the slider by keyboard, the view in the address."""

import re

import pytest
from browser import CHROMIUM, pictured
from playwright.sync_api import Page, expect

from core.bundle.folder import read_manifest
from core.serving.catalog import FOLDER

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
MANIFEST = read_manifest(FOLDER / "phantom")
NAMES, COUNTS = MANIFEST.class_names, MANIFEST.metrics.confusion_matrix


@pytest.fixture
def address(address):
    return f"{address}/confusion_matrix"


def click(page: Page, row: int, column: int) -> None:
    pictured(page)
    cells = page.locator(".js-plotly-plot").first.locator(".scatterlayer .point")
    cell = cells.nth(row * len(NAMES) + column)
    # The note at the bottom of the window must not lie over it.
    cell.evaluate("element => element.scrollIntoView({block: 'center'})")
    cell.click(force=True)


def shows(page: Page, row: int, column: int) -> None:
    count, support = COUNTS[row][column], sum(COUNTS[row])
    words = f"^{count} of {support} {NAMES[row]} images .* are predicted as {NAMES[column]}"
    expect(page.get_by_text(re.compile(words))).to_be_visible()


def test_clicks_choose_cells_and_the_address_brings_them_back(session, address) -> None:
    session.goto(address)
    for row, column in ((0, 0), (1, 1), (0, 2)):
        click(session, row, column)
        shows(session, row, column)
    expect(session).to_have_url(re.compile("true=benign"))
    expect(session).to_have_url(re.compile("called=normal"))
    click(session, 2, 2)
    shows(session, 2, 2)
    pictured(session)
    image = session.get_by_role("button", name="normal (162).png", exact=True)
    image.focus()
    session.keyboard.press("Enter")
    dialog = session.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="as the network saw it")).to_be_visible()
    session.goto(session.url)
    expect(dialog.get_by_role("img", name="as the network saw it")).to_be_visible()
    session.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(session).not_to_have_url(re.compile("large="))
    shows(session, 2, 2)


def test_the_slider_moves_the_matrix_by_keyboard(session, address) -> None:
    session.goto(f"{address}?threshold=0.03")
    numbers = session.locator(".js-plotly-plot").first.locator(".scatterlayer .textpoint")
    expect(numbers).to_have_text([str(count) for row in COUNTS for count in row])
    session.get_by_role("slider", name="Own threshold for malignant").focus()
    for _ in range(3):
        session.keyboard.press("ArrowLeft")
    # From 0 on every image is predicted as malignant.
    expect(numbers).to_have_text(
        [str(sum(row)) if name == "malignant" else "0" for row in COUNTS for name in NAMES]
    )
    expect(session).to_have_url(re.compile("decision=own"))
