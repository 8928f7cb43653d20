"""Home in a browser: a prediction at a glance, and the way on."""

import re

import pytest
from browser import IN_CHROMIUM, settled, visitor
from layout_shift import MOST_SIZES, SIZES
from playwright.sync_api import expect

pytestmark = IN_CHROMIUM


@pytest.mark.parametrize("size", MOST_SIZES)
def test_a_lesion_is_explained_in_the_first_screen_and_the_button_leads_on(browser, address, size) -> None:
    width, height = SIZES[size]
    with visitor(browser, viewport={"width": width, "height": height}) as page:
        page.goto(address)
        lesion = page.get_by_role("img", name=re.compile("true class malignant.*saliency map of malignant"))
        expect(lesion).to_be_visible()
        settled(page)
        box = lesion.bounding_box()
        assert box
        assert box["y"] + box["height"] <= height
        page.get_by_text("Show what influenced the prediction").click()
        plain = page.get_by_role("img", name=re.compile("true class malignant, as the network saw it$"))
        expect(plain).to_be_visible()
        settled(page)
        assert plain.bounding_box() == box
        page.get_by_role("button", name="Classify your images").click()
        expect(page.get_by_role("heading", name="Classify", exact=True)).to_be_visible()
