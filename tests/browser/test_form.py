"""The form of every page: the main object is whole in the first screen. Page tests prove that it stays."""

import re

import pytest
from browser import IN_CHROMIUM, MISSING, painted, visitor
from layout_shift import MOST_SIZES, SIZES
from playwright.sync_api import Page, expect

pytestmark = IN_CHROMIUM
PAGES = (
    *("", "classify", "augmentation", "training_curves", "confusion_matrix", "you_against_the_model"),
    "data_audit",
)
HIGHEST = 420  # pixels from the top of a phone's screen at which the main object begins

# Elements that reach beyond the page's right edge and that nothing scrolls or hides.
CUT = """() => {
  const main = document.querySelector('[data-testid="stMain"]')
  const right = main.getBoundingClientRect().right
  const scrolls = (node) => {
    for (let up = node.parentElement; up && up !== main; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") return true
    return false
  }
  return [...main.querySelectorAll("*")]
    .filter((node) => node.getClientRects().length && node.getBoundingClientRect().right > right + 1)
    .filter((node) => !scrolls(node)).map((node) => node.outerHTML.slice(0, 200))
}"""


def open_page(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/{name}")
    expect(page.get_by_test_id("stMain").get_by_text(re.compile("Model .+ · macro F1"))).to_be_visible()
    main_object = page.locator(".st-key-main_object").first
    expect(main_object).to_be_visible()
    painted(page)
    # Streamlit fetches the code of some elements late.
    expect(main_object.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(main_object.locator(".cards:empty")).to_have_count(0)


def seen_of(page: Page) -> dict[str, float]:
    """The part of the main object that stands in the first screen."""
    box = page.locator(".st-key-main_object").first.bounding_box()
    size = page.viewport_size
    assert box
    assert size
    return {
        "top": box["y"],
        "width": box["width"],
        "height": min(box["y"] + box["height"], size["height"]) - box["y"],
    }


@pytest.mark.parametrize("size", MOST_SIZES)
def test_the_main_object_comes_first_and_nothing_is_cut_or_broken(browser, address, size) -> None:
    width, height = SIZES[size]
    with visitor(browser, viewport={"width": width, "height": height}) as page:
        for name in PAGES:
            open_page(page, address, name)
            seen = seen_of(page)
            if size == "desktop":
                beside_navigation = page.get_by_test_id("stMain").bounding_box()
                assert beside_navigation
                share = seen["width"] * seen["height"] / (beside_navigation["width"] * height)
                assert share >= 0.5, f"{name}: {share:.0%}"
            if size == "phone":
                assert seen["top"] <= HIGHEST, name
                assert seen["height"] >= height / 3, name
            assert not page.evaluate(CUT), name
            assert not page.evaluate(MISSING), name
