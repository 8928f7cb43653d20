"""Classify in a browser: the rectangle of a crop, by mouse, by touch and by keyboard alone."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from browser import IN_CHROMIUM, painted, settled, visitor
from layout_shift import SIZES
from playwright.sync_api import Locator, Page, expect
from visit import FIRST, png

from core.data.duplicates.common_frames import on_a_scanner_screen
from core.data.phantom.simulate import simulate

pytestmark = IN_CHROMIUM
# Of the uploaded screen, and of one arrow key: a hundredth of the longer side.
WIDTH, HEIGHT, STEP = 1024, 768, 10


def upload_screen(page: Page, address: str) -> None:
    pixels = simulate("malignant", np.random.default_rng(3)).image
    screen = on_a_scanner_screen(np.repeat(pixels[..., np.newaxis], 3, axis=2), share=0.6)
    page.goto(f"{address}/classify?model={FIRST}")
    page.locator("input[type=file]").set_input_files(
        {"name": "screen.png", "mimeType": "image/png", "buffer": png(screen)}
    )
    expect(page.get_by_role("heading", name="Predicted class")).to_be_visible()
    painted(page)


def rectangle(page: Page) -> Locator:
    return page.get_by_role("application")


def box(page: Page) -> list[int]:
    """Width, height, left and top of the rectangle, as its name says."""
    name = rectangle(page).get_attribute("aria-label")
    assert name
    return [int(number) for number in re.findall(r"\d+", name)]


def corners(places: list[Locator]) -> list[tuple[float, float]]:
    """Top left corner of each place; the heading is as wide as its words."""
    boxes = [place.bounding_box() for place in places]
    return [(one["x"], one["y"]) for one in boxes if one]


def cropped(page: Page, width: int, height: int, left: int, top: int) -> None:
    """Expect the page to be about a crop: its rectangle, its numbers, its prediction, and the table."""
    place = f"{width} × {height} pixels, {left} from the left and {top} from the top"
    expect(rectangle(page)).to_have_accessible_name(f"Crop: {place}")
    expect(page.get_by_text(f"Cropped to {place}.")).to_be_visible()
    card = page.get_by_role("img", name=f"Crop, {width} × {height} as the network saw it: ")
    expect(card).to_be_visible()
    predicted = (card.get_attribute("alt") or "").rsplit(": ", 1)[1].rsplit(" ", 1)[0]
    expect(page.get_by_role("heading", name=f"Predicted class: {predicted}")).to_be_visible()
    # Until the page has run, Streamlit keeps those that were replaced, and hides them.
    labels = [page.get_by_label(name, exact=True) for name in ("Width", "Height", "Left", "Top")]
    numbers = [label.filter(visible=True) for label in labels]
    for number, value in zip(numbers, (width, height, left, top), strict=True):
        expect(number).to_have_value(str(value))


def mouse(page: Page, points: list[tuple[float, float]]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def touch(page: Page, points: list[tuple[float, float]]) -> None:
    client = page.context.new_cdp_session(page)
    for kind, touched in [
        ("touchStart", points[:1]),
        *(("touchMove", [point]) for point in points[1:]),
        ("touchEnd", []),
    ]:
        given = {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in touched]}
        client.send("Input.dispatchTouchEvent", given)


def drag(page: Page, by: Callable[[Page, list[tuple[float, float]]], None], *points: tuple[int, int]) -> None:
    """Drag from point to point of the image, pixels of the image."""
    shown = page.locator("[data-handle]").first.locator("xpath=../..").bounding_box()
    assert shown
    scale = shown["width"] / WIDTH
    by(page, [(shown["x"] + x * scale, shown["y"] + y * scale) for x, y in points])


@pytest.mark.slow
@pytest.mark.parametrize(("size", "by"), [("desktop", mouse), ("phone", touch)])
def test_a_rectangle_is_drawn_moved_and_resized_and_the_prediction_follows(
    browser, address, size, by
) -> None:
    width, height = SIZES[size]
    phone = size == "phone"
    with visitor(browser, viewport={"width": width, "height": height}, has_touch=phone) as page:
        upload_screen(page, address)
        page.get_by_test_id("stCheckbox").filter(has_text="Crop").click()
        expect(rectangle(page)).to_have_accessible_name(
            f"Crop: {WIDTH} × {HEIGHT} pixels, 0 from the left and 0 from the top"
        )
        expect(page.get_by_role("img", name="Proposed crop as the network saw it")).to_be_visible()
        painted(page)
        page.get_by_text("Upload images; see").scroll_into_view_if_needed()
        places = [
            page.get_by_role("heading", name="Predicted class"),
            page.get_by_role("application").locator("xpath=../.."),
        ]
        before = corners(places)
        drag(page, by, (300, 200), (350, 300), (700, 600))
        w, h, x, y = box(page)
        assert [w, h, x, y] == pytest.approx([400, 400, 300, 200], abs=6)
        if phone:
            page.get_by_text("Controls", exact=True).click()
        cropped(page, w, h, x, y)
        if phone:
            page.get_by_text("Controls", exact=True).click()
        drag(page, by, (500, 400), (450, 380), (400, 350))
        assert box(page) == pytest.approx([w, h, x - 100, y - 50], abs=6)
        w, h, x, y = box(page)
        drag(page, by, (x + w, y + h), (x + w - 50, y + h), (x + w - 100, y + h - 40))
        assert box(page) == pytest.approx([w - 100, h - 40, x, y], abs=6)
        w, h, x, y = box(page)
        drag(page, by, (x, y + h // 2), (5000, 0))  # beyond its other edge
        assert box(page) == [32, h, x + w - 32, y]
        if phone:
            page.get_by_text("Controls", exact=True).click()
        cropped(page, *box(page))
        settled(page)
        # Nothing has moved but the rectangle.
        assert corners(places) == before
        main = page.get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
        page.get_by_role("button", name="Reset").click()
        expect(rectangle(page)).to_have_accessible_name(re.compile(f"^Crop: {WIDTH} × {HEIGHT} pixels"))
        expect(page.get_by_text("Frame around the image.", exact=True)).to_be_visible()


def test_an_image_is_cropped_by_keyboard_alone(session, address) -> None:
    upload_screen(session, address)
    session.get_by_label("Crop", exact=True).focus()
    session.keyboard.press("Space")
    expect(rectangle(session)).to_be_visible()
    painted(session)
    rectangle(session).focus()
    for key in ["Shift+ArrowLeft"] * 2 + ["Shift+ArrowUp", "ArrowRight", "ArrowDown", "ArrowDown"]:
        session.keyboard.press(key)  # the last one is at the edge
    cropped(session, WIDTH - 2 * STEP, HEIGHT - STEP, STEP, STEP)
    # On to the numbers, as they stand on the page, and back.
    session.keyboard.press("Tab")
    left = session.get_by_label("Left", exact=True)
    expect(left).to_be_focused()
    session.keyboard.type("200")
    session.keyboard.press("Enter")
    cropped(session, WIDTH - 200, HEIGHT - STEP, 200, STEP)
    expect(left).to_be_focused()
    session.keyboard.press("Shift+Tab")
    expect(rectangle(session)).to_be_focused()
    session.get_by_role("button", name="Crop it").press("Enter")
    expect(session.get_by_text("Frame around the image")).to_have_count(0)
    assert box(session)[0] < WIDTH - 200
