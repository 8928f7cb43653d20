"""The README's images, from the running app, run by ``make screenshots``."""

from __future__ import annotations

import sys

from browser import CHROMIUM, MISSING, chromium, serve, settled, visitor
from paths import ROOT
from playwright.sync_api import Page, expect

PAGES = (
    *("home", "classify", "augmentation", "training_curves", "confusion_matrix", "you_against_the_model"),
    "data_audit",
)
WIDTH = 1440
TALLEST = 1600


def classify(page: Page) -> None:
    """Fill the page with simulated images."""
    for number in (1, 2, 3):
        if number > 1:
            page.get_by_role("button", name="Add images").click()
        page.get_by_role("button", name=f"Simulated {number}", exact=True).click()
        expect(page.get_by_role("img", name=f"simulated example {number} as the network")).to_be_visible()
        page.keyboard.press("Escape")
        settled(page)


def main() -> None:
    """Write docs/screenshot-*.png, one for each page, light."""
    if CHROMIUM is None:
        sys.exit("There is no Chromium on this machine; install one first.")
    options = {"viewport": {"width": WIDTH, "height": 900}, "color_scheme": "light"}
    with serve() as address, chromium() as browser, visitor(browser, **options) as page:
        for name in PAGES:
            page.set_viewport_size({"width": WIDTH, "height": 900})
            page.goto(f"{address}/{'' if name == 'home' else name}?model=phantom")
            expect(page.get_by_test_id("stMain").get_by_text("Model phantom · ")).to_be_visible()
            settled(page)
            if name == "classify":
                classify(page)
            height = page.get_by_test_id("stMain").evaluate("element => element.scrollHeight")
            page.set_viewport_size({"width": WIDTH, "height": min(int(height), TALLEST)})
            settled(page)
            page.wait_for_function(f"{MISSING}.length === 0")
            page.screenshot(
                path=ROOT / "docs" / f"screenshot-{name.replace('_', '-')}.png", animations="disabled"
            )


if __name__ == "__main__":
    main()
