"""Augmentation in a browser: the key that draws again, the address, and the downloads."""

import re
from functools import partial

import pytest
from browser import CHROMIUM, press, settled, visitor
from playwright.sync_api import expect

from core.augmentation.keras_code import keras_program
from core.augmentation.ranges import AUGMENTATIONS, load_augmentation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def test_a_key_draws_again_and_the_address_is_the_view(browser, address, tmp_path) -> None:
    with visitor(browser, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{address}/augmentation")
        expect(page.get_by_role("img", name=re.compile(r"^Draw 16: "))).to_be_attached()
        first = page.get_by_role("img", name=re.compile(r"^Draw 1: ")).get_attribute("alt")
        settled(page)
        press(page, "d", partial(expect(page).to_have_url, re.compile(r"seed=1\b")))
        expect(page.get_by_role("img", name=first)).to_have_count(0)
        page.get_by_role("button", name="strong", exact=True).click()
        expect(page).to_have_url(re.compile(r"horizontal_flip=true"))
        page.get_by_role("tab", name="Side by side").click()
        expect(page.get_by_role("img", name=re.compile("^Difference of draw 1"))).to_be_visible()
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
