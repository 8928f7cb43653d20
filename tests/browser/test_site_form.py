"""The static page Classify for everybody: axe, keyboard alone, a phone, and names that try to be markup."""

from __future__ import annotations

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import IN_CHROMIUM, visitor
from hostile_names import CLASSES, FOLDER, HOST, make_hostile_bundle
from image_files import encoded
from PIL import Image
from playwright.sync_api import Page, expect
from sites import choose, csv_rows, opened, served, settled, write_site

from core.data.phantom.simulate import simulate

pytestmark = [*IN_CHROMIUM, pytest.mark.slow]
IMAGES = {
    f"{label}.png": encoded(Image.fromarray(simulate(label, np.random.default_rng(9)).image))
    for label in ("benign", "malignant", "normal")
}
BAD = ("serious", "critical")


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary']}"
        for each in found
        if each["impact"] in BAD
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=str)
def test_axe_finds_nothing_serious(scheme, size, browser, phantom_site) -> None:
    viewport = {"width": size[0], "height": size[1]}
    # Axe is a script of another origin, which the page's own policy would block.
    options = {"color_scheme": scheme, "viewport": viewport, "bypass_csp": True}
    with served(phantom_site) as address, visitor(browser, **options) as page:
        opened(page, address)
        assert violations(page) == []
        choose(page, {**IMAGES, "notes.txt": b"text"})
        assert violations(page) == []
        page.click("#crop")
        page.locator("details").first.locator("summary").click()
        assert violations(page) == []


def test_nothing_is_wider_than_a_phone(browser, phantom_site) -> None:
    with served(phantom_site) as address, visitor(browser, viewport={"width": 390, "height": 844}) as page:
        opened(page, address)
        choose(page, IMAGES)
        page.click("#crop")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_the_keyboard_alone_is_enough(classify_page: Page) -> None:
    page = classify_page
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id"))
    assert {"files", "camera"} <= set(reached)
    choose(page, IMAGES)
    page.locator("#strip button").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("malignant.png")
    # The strip was drawn again; the focus has not moved.
    assert page.evaluate("() => document.activeElement.getAttribute('aria-pressed')") == "true"
    page.locator("#opacity").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#opacity").input_value() == "65"


def test_names_never_become_markup(browser, tmp_path) -> None:
    bundle = tmp_path / FOLDER
    make_hostile_bundle(bundle)
    file = f"<img src=https://{HOST}/i onerror=alert(1)> =1+1.png"
    with served(write_site(bundle, tmp_path / "site")) as address, visitor(browser) as page:
        opened(page, address)
        choose(page, {file: IMAGES["benign.png"]})
        settled(page)
        assert page.locator("main b, main i, main img:not(#examples img), main a[href*=evil]").count() == 0
        assert page.locator("nav b, nav i, nav img, nav a[href*=evil]").count() == 0
        expect(page.locator("#bars .name").nth(0)).to_have_text(" ".join(CLASSES[0].split()))
        expect(page.locator("#table th[scope=row]")).to_have_text(file.rsplit("/", maxsplit=1)[-1].strip())
        (row,) = csv_rows(page)
        assert not any((value or "").startswith(("=", "+", "-", "@")) for value in row.values())
        assert not any(key.startswith(("=", "+", "-", "@")) for key in row)
