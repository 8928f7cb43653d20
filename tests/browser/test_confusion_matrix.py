"""Confusion matrix in a browser: cells, the gallery's pages, the large image, the slider, the address."""

import re

import pytest
from browser import IN_CHROMIUM, painted, visitor
from layout_shift import SIZES
from playwright.sync_api import Locator, Page, expect

from core.bundle.folder import read_manifest
from core.serving.catalog import FOLDER

pytestmark = IN_CHROMIUM
MANIFEST = read_manifest(FOLDER / "phantom")
NAMES, COUNTS = MANIFEST.class_names, MANIFEST.metrics.confusion_matrix
# What a visitor looks at, and what stands below it.
PLACES = (".st-key-matrix", ".st-key-main_object", "[role=tablist]")


@pytest.fixture
def address(address):
    return f"{address}/confusion_matrix?model=phantom"  # it has test images


def click(page: Page, row: int, column: int) -> None:
    painted(page)
    cells = page.locator(".js-plotly-plot").first.locator(".scatterlayer .point")
    cell = cells.nth(row * len(NAMES) + column)
    # The note at the bottom of the window must not lie over it.
    cell.evaluate("element => element.scrollIntoView({block: 'center'})")
    cell.click(force=True)


def shows(page: Page, row: int, column: int) -> None:
    count, support = COUNTS[row][column], sum(COUNTS[row])
    words = f"^{count} of {support} {NAMES[row]} images \\({count / support:.0%}\\)$"
    expect(page.get_by_text(re.compile(words))).to_be_visible()
    expect(page.get_by_role("combobox", name="Predicted class")).to_have_value(NAMES[column])


def cards_of(page: Page) -> Locator:
    return page.get_by_role("group", name="Images of the cell").get_by_role("button")


def places(page: Page) -> list[list[float]]:
    """Top and height of what a visitor looks at, whole pixels, in the page."""
    painted(page)
    return page.evaluate(
        """selectors => selectors.map(selector => {
            const box = document.querySelector(selector).getBoundingClientRect()
            const top = document.querySelector('[data-testid="stMain"]').scrollTop
            return [box.top + top, box.height].map(Math.round)
        })""",
        PLACES,
    )


def test_clicks_choose_cells_and_the_address_brings_them_back(session, address) -> None:
    session.goto(address)
    for row, column in ((0, 0), (1, 1), (0, 2)):
        click(session, row, column)
        shows(session, row, column)
    expect(session).to_have_url(re.compile("true=benign"))
    expect(session).to_have_url(re.compile("called=normal"))
    click(session, 2, 2)
    shows(session, 2, 2)
    expect(cards_of(session)).to_have_count(12)
    image = cards_of(session).filter(has=session.get_by_role("img", name="normal (162).png"))
    expect(image.locator("img.over")).to_be_attached()
    painted(session)  # the chart forgets the click on its cell
    image.focus()
    session.keyboard.press("Enter")
    dialog = session.get_by_role("dialog")
    large = dialog.get_by_role("img", name="as the network saw it")
    expect(large).to_have_attribute("alt", re.compile(r"normal \(162\)\.png"))
    session.goto(session.url)
    expect(large).to_have_attribute("alt", re.compile(r"normal \(162\)\.png"))
    dialog.get_by_role("button", name="Next").click()
    expect(large).not_to_have_attribute("alt", re.compile(r"normal \(162\)\.png"))
    dialog.get_by_role("button", name="Previous").click()
    expect(large).to_have_attribute("alt", re.compile(r"normal \(162\)\.png"))
    session.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(session).not_to_have_url(re.compile("large="))
    shows(session, 2, 2)


@pytest.mark.slow
def test_quick_arrow_keys_turn_the_large_image_and_its_card_gets_the_focus_back(session, address) -> None:
    session.goto(f"{address}&true=normal&called=normal")
    card = cards_of(session).nth(2)
    expect(card.locator("img.over")).to_be_attached()
    painted(session)
    card.focus()
    session.keyboard.press("Enter")
    dialog = session.get_by_role("dialog")
    expect(dialog.get_by_text("3 of 17")).to_be_visible()
    painted(session)
    for _ in range(4):  # none waits for the page
        session.keyboard.press("ArrowRight")
    # A server that is busy for long takes quick presses together.
    expect(dialog.get_by_text(re.compile("^[4-7] of 17"))).to_be_visible()
    painted(session)
    session.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(card).to_be_focused()


@pytest.mark.slow
def test_the_calibration_table_is_not_cut(browser, address) -> None:
    with visitor(browser, viewport={"width": 1440, "height": 900}) as page:
        page.goto(f"{address}&details=Calibration")
        table = page.get_by_test_id("stDataFrame").locator(".dvn-scroller")
        expect(table).to_be_attached()
        painted(page)
        assert table.evaluate("table => table.scrollWidth <= table.clientWidth")


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_another_cell_or_page_moves_nothing(browser, address, size) -> None:
    width, height = SIZES[size]
    with visitor(browser, viewport={"width": width, "height": height}) as page:
        page.goto(f"{address}&true=benign&called=benign")
        expect(cards_of(page)).to_have_count(12)
        # The network has been loaded, and the images are tinted.
        expect(cards_of(page).first.locator("img.over")).to_be_attached()
        before = places(page)
        page.get_by_role("button", name="Next page").click()
        expect(page.get_by_text("13–24 of 39")).to_be_visible()
        assert places(page) == before
        page.get_by_role("combobox", name="True class").click()
        page.get_by_role("option", name="malignant").click()
        shows(page, 1, 0)
        expect(cards_of(page)).to_have_count(6)
        assert places(page) == before
        cards_of(page).first.click()
        expect(page.get_by_role("dialog").get_by_role("img", name="as the network saw it")).to_be_visible()
        assert places(page) == before


def test_the_slider_comes_with_its_rule_and_moves_the_matrix_by_keyboard(session, address) -> None:
    session.goto(address)
    numbers = session.locator(".js-plotly-plot").first.locator(".scatterlayer .textpoint")
    expect(numbers).to_have_text([str(count) for row in COUNTS for count in row])
    before = places(session)
    slider = session.get_by_role("slider", name="Own threshold for malignant")
    expect(slider).to_have_count(0)
    session.get_by_role("radio", name="own threshold").click()
    expect(slider).to_be_visible()
    assert places(session) == before
    session.goto(f"{address}&decision=own+threshold&threshold=0.03")
    slider.focus()
    for _ in range(3):
        session.keyboard.press("ArrowLeft")
    # From 0 on every image is predicted as malignant.
    expect(numbers).to_have_text(
        [str(sum(row)) if name == "malignant" else "0" for row in COUNTS for name in NAMES]
    )
    expect(session).to_have_url(re.compile("threshold=0"))
