"""The crop on the static page Classify: by mouse, by keys, by numbers; its prediction is the app's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browser import IN_CHROMIUM
from image_files import encoded
from paths import ROOT
from PIL import Image
from playwright.sync_api import expect
from sites import choose, rows, settled

from core.bundle.folder import open_bundle
from core.data.phantom.simulate import simulate
from core.images import crop
from core.images.frame import Box
from core.inference.classifier import Classifier

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [*IN_CHROMIUM, pytest.mark.slow]
PIXELS = simulate("malignant", np.random.default_rng(3)).image
HEIGHT, WIDTH = PIXELS.shape


@pytest.fixture
def cropping(classify_page: Page) -> Page:
    choose(classify_page, {"image.png": encoded(Image.fromarray(PIXELS))})
    classify_page.click("#crop")
    expect(classify_page.locator("#rectangle")).to_be_visible()
    return classify_page


def shown(page: Page) -> list[int]:
    """Width, height, left and top of the rectangle, as its name says."""
    name = page.locator("#rectangle").get_attribute("aria-label")
    assert name
    return [int(number) for number in re.findall(r"\d+", name)]


def test_the_prediction_for_a_typed_crop_is_that_of_the_app(cropping: Page) -> None:
    for name, value in (("width", 300), ("height", 200), ("left", 40), ("top", 30)):
        cropping.fill(f"#crop-{name}", str(value))
        cropping.keyboard.press("Enter")
    expect(cropping.locator("#comparison")).to_contain_text("Crop, 300 × 200")
    settled(cropping)
    (row,) = rows(cropping)
    assert row["crop"] == "40,30,300,200"
    pixels = np.repeat(PIXELS[..., np.newaxis], 3, axis=2)
    inside = crop.from_corner(40, 30, 300, 200).crop(pixels)
    expected = Classifier(open_bundle(ROOT / "models" / "phantom")).classify(np.ascontiguousarray(inside))
    for name, probability in expected.probabilities.items():
        assert row[f"p_{name}"] == pytest.approx(probability, abs=1e-5)
    cropping.click("#crop")
    expect(cropping.locator("#map-line")).to_contain_text("cell")
    cropping.click("#no-map")
    expect(cropping.locator("#map-line")).to_contain_text(
        f"cropped to 300 × 200 of {WIDTH} × {HEIGHT} pixels"
    )
    cropping.click("#crop")
    cropping.click("#crop-reset")
    settled(cropping)
    assert rows(cropping)[0]["crop"] == ""


def test_keys_move_and_resize_it(cropping: Page) -> None:
    step = max(1, round(max(WIDTH, HEIGHT) / 100))
    cropping.locator("#rectangle").focus()
    for _ in range(5):
        cropping.keyboard.press("Shift+ArrowLeft")
        cropping.keyboard.press("Shift+ArrowUp")
    cropping.keyboard.press("ArrowRight")
    assert shown(cropping) == [WIDTH - 5 * step, HEIGHT - 5 * step, step, 0]
    expect(cropping.locator("#comparison")).to_contain_text("Crop, ")
    settled(cropping)
    assert rows(cropping)[0]["crop"] == f"{step},0,{WIDTH - 5 * step},{HEIGHT - 5 * step}"


def test_the_mouse_draws_moves_and_resizes_it(cropping: Page) -> None:
    layers = cropping.locator("#crop-layers").bounding_box()
    assert layers

    def drag(start: tuple[float, float], end: tuple[float, float]) -> None:
        for place, act in ((start, cropping.mouse.down), (end, cropping.mouse.up)):
            cropping.mouse.move(
                layers["x"] + place[0] * layers["width"], layers["y"] + place[1] * layers["height"]
            )
            act()

    drag((0.25, 0.25), (0.75, 0.75))
    width, height, left, top = shown(cropping)
    assert [width / WIDTH, height / HEIGHT] == pytest.approx([0.5, 0.5], abs=0.02)
    drag((0.5, 0.5), (0.6, 0.5))  # inside: it moves
    assert shown(cropping)[:2] == [width, height]
    assert (shown(cropping)[2] - left) / WIDTH == pytest.approx(0.1, abs=0.02)
    drag((0.85, 0.75), (0.95, 0.9))  # its corner
    assert shown(cropping)[0] > width
    assert shown(cropping)[2:] == [left + shown(cropping)[2] - left, top]
    settled(cropping)


def test_a_crop_without_an_ultrasound_image_is_refused_and_the_prediction_stays(classify_page: Page) -> None:
    page = classify_page
    padded = np.pad(PIXELS, ((0, 0), (0, 200)))
    choose(page, {"padded.png": encoded(Image.fromarray(padded))})
    before = page.locator("#predicted").inner_text()
    page.click("#crop")
    page.fill("#crop-left", str(WIDTH + 20))
    page.keyboard.press("Enter")
    expect(page.locator("#map-line")).to_contain_text("shows no ultrasound image; choose another.")
    assert page.locator("#predicted").inner_text() == before
    assert rows(page)[0]["crop"] == ""


BOXES = """async ([size, boxes]) => {
    const { Rectangles } = await import("/page/crop_editor.js");
    const rectangles = new Rectangles(...size);
    return boxes.map((box) => rectangles.inside(box));
}"""


def test_a_rectangle_is_clamped_as_in_python(browser) -> None:
    from page_modules import page_with

    random = np.random.default_rng(0)
    boxes = [Box(*(int(edge) for edge in random.integers(-50, 400, 4))) for _ in range(200)]
    for width, height in ((300, 200), (20, 300), (31, 31)):
        with page_with(browser, []) as page:
            found = page.evaluate(BOXES, [[width, height, crop.SMALLEST], [box._asdict() for box in boxes]])
        assert [Box(**one) for one in found] == [crop.clamp(box, width, height) for box in boxes]
