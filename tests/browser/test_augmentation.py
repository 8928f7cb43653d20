"""Augmentation in a browser: the grid at every size, the key that draws again, the address, the downloads."""

import re
from functools import partial

import pytest
from browser import IN_CHROMIUM, press, settled, visitor
from layout_shift import MOST_SHIFT, MOST_SIZES, SIZES, WATCH
from playwright.sync_api import expect

from core.augmentation.keras_code import keras_program
from core.augmentation.ranges import AUGMENTATIONS, load_augmentation

pytestmark = IN_CHROMIUM


@pytest.mark.slow
def test_a_key_draws_again_and_the_address_is_the_view(browser, address, tmp_path) -> None:
    with visitor(browser, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{address}/augmentation")
        expect(page.get_by_role("img", name=re.compile(r"^Draw 16: "))).to_be_attached()
        first = page.get_by_role("img", name=re.compile(r"^Draw 1: ")).get_attribute("alt")
        settled(page)
        press(page, "d", partial(expect(page).to_have_url, re.compile(r"seed=1\b")))
        expect(page.get_by_role("img", name=first)).to_have_count(0)
        presets = page.locator(".st-key-preset").get_by_role("radio").all()
        assert len({preset.bounding_box()["y"] for preset in presets}) == 1  # in one row
        page.get_by_role("radio", name="strong", exact=True).click()
        expect(page).to_have_url(re.compile(r"horizontal_flip=true"))
        page.get_by_role("tab", name="Side by side").click()
        expect(page.get_by_role("img", name=re.compile("^Difference of draw 1"))).to_be_visible()
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as coming:
            page.get_by_role("button", name="JSON for training").click()
        coming.value.save_as(tmp_path / coming.value.suggested_filename)
        assert load_augmentation(str(tmp_path / "augmentation.json")) == AUGMENTATIONS["strong"]
        with page.expect_download() as coming:
            page.get_by_role("button", name="Program for TensorFlow").click()
        assert coming.value.path().read_text() == keras_program(AUGMENTATIONS["strong"])
        drawn = page.get_by_text(re.compile("^Draw 1: .* pixels changed")).inner_text()
        link = page.url
    with visitor(browser, viewport={"width": 390, "height": 844}) as page:
        page.goto(link)
        expect(page.get_by_text(drawn, exact=True)).to_be_visible()
        assert page.url.split("?")[1] in link


@pytest.mark.parametrize("size", MOST_SIZES)
def test_numbers_come_to_the_pointer_and_predictions_go_while_the_grid_stays(browser, address, size) -> None:
    width, height = SIZES[size]
    with visitor(browser, viewport={"width": width, "height": height}) as page:
        page.add_init_script(WATCH)
        page.goto(f"{address}/augmentation")
        cards = page.get_by_role("list", name="The original and its draws").get_by_role("listitem")
        expect(cards).to_have_count(17)
        settled(page)
        expect(cards.first).to_be_in_viewport(ratio=1)
        place = cards.first.bounding_box()
        page.evaluate("window.shift = 0")
        numbers = cards.nth(1).get_by_text(re.compile("^Draw 1: rotation"))
        expect(numbers).to_have_css("opacity", "0")
        cards.nth(1).focus()
        expect(numbers).to_have_css("opacity", "1")
        if size == "phone":
            page.get_by_text("Controls").click()
        page.get_by_text("Predictions", exact=True).click()
        expect(page).to_have_url(re.compile("predict=false"))
        expect(page.get_by_text("Predictions are off.")).to_be_visible()
        expect(cards.nth(16)).to_have_text(re.compile("^Draw 16Draw 16: rotation"))
        settled(page)
        assert page.evaluate("window.shift") <= MOST_SHIFT
        if size == "desktop":  # the line above the grid takes a second line on a narrow screen
            assert cards.first.bounding_box() | {"height": 0} == place | {"height": 0}
            expect(cards.nth(16)).to_be_in_viewport(ratio=1)
